// Messages of Protocol Buffers, as they are written (protobuf.dev/programming-guides/encoding): a
// field is a number and a kind, and then its value.
#ifndef IG_IO_PROTOBUF_H
#define IG_IO_PROTOBUF_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

// A message that grows. Where memory is out, it says so at its end (ig_protobuf_check), so that the
// functions that put values need not.
typedef struct ig_protobuf {
  uint8_t *bytes;
  size_t size, capacity;
  bool out_of_memory;
} ig_protobuf;  // all zero: empty; ig_protobuf_free

void ig_protobuf_put_integer(ig_protobuf *message, int field, uint64_t value);
void ig_protobuf_put_float(ig_protobuf *message, int field, float value);
void ig_protobuf_put_double(ig_protobuf *message, int field, double value);
void ig_protobuf_put_text(ig_protobuf *message, int field, const char *text);
// The other message as a field of this one; it is freed.
void ig_protobuf_put_message(ig_protobuf *message, int field, ig_protobuf *value);
ig_status ig_protobuf_check(const ig_protobuf *message, ig_error *err);
void ig_protobuf_free(ig_protobuf *message);
#endif
