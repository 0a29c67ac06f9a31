#include "io/protobuf.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/little_endian.h"

// How a field's value is stored.
enum { KIND_VARINT = 0, KIND_8_BYTES = 1, KIND_LENGTH = 2, KIND_4_BYTES = 5 };

static void put_bytes(ig_protobuf *m, const void *bytes, size_t size) {
  if (m->out_of_memory || size == 0) return;
  void *array = m->bytes;
  m->out_of_memory = ig_allocate_more(&array, &m->capacity, m->size + size, 1, NULL) != IG_OK;
  m->bytes = array;
  if (m->out_of_memory) return;
  memcpy(m->bytes + m->size, bytes, size);
  m->size += size;
}

// Seven bits a byte, the lowest first; the eighth says that more follow.
static void put_varint(ig_protobuf *m, uint64_t value) {
  uint8_t bytes[10];
  size_t count = 0;
  for (; value >= 0x80; value >>= 7) bytes[count++] = (uint8_t)(value | 0x80);
  bytes[count++] = (uint8_t)value;
  put_bytes(m, bytes, count);
}

static void put_key(ig_protobuf *m, int field, int kind) {
  put_varint(m, (uint64_t)(field << 3 | kind));
}

static void put_fixed(ig_protobuf *m, uint64_t bits, int count) {
  unsigned char bytes[8];
  ig_little_endian_write(bytes, bits, count);
  put_bytes(m, bytes, (size_t)count);
}

static void put_block(ig_protobuf *m, int field, const void *bytes, size_t size) {
  put_key(m, field, KIND_LENGTH);
  put_varint(m, size);
  put_bytes(m, bytes, size);
}

void ig_protobuf_put_integer(ig_protobuf *m, int field, uint64_t value) {
  put_key(m, field, KIND_VARINT);
  put_varint(m, value);
}

void ig_protobuf_put_float(ig_protobuf *m, int field, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, KIND_4_BYTES);
  put_fixed(m, bits, 4);
}

void ig_protobuf_put_double(ig_protobuf *m, int field, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_key(m, field, KIND_8_BYTES);
  put_fixed(m, bits, 8);
}

void ig_protobuf_put_text(ig_protobuf *m, int field, const char *text) {
  put_block(m, field, text, strlen(text));
}

void ig_protobuf_put_message(ig_protobuf *m, int field, ig_protobuf *value) {
  put_block(m, field, value->bytes, value->size);
  m->out_of_memory |= value->out_of_memory;
  ig_protobuf_free(value);
}

ig_status ig_protobuf_check(const ig_protobuf *m, ig_error *err) {
  return m->out_of_memory ? ig_fail(err, IG_ERROR_MEMORY, "out of memory") : IG_OK;
}

void ig_protobuf_free(ig_protobuf *m) {
  free(m->bytes);
  *m = (ig_protobuf){0};
}
