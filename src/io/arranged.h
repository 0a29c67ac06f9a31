// Values of a tensor that do not lie in its file one after another: a transposed or sliced view of
// stored values, deflated ones, big-endian ones, quantised ones, or stored ones and a constant
// after them. They are put in order in memory when they are first read, and stay there until
// ig_arranged_free.
#ifndef IG_IO_ARRANGED_H
#define IG_IO_ARRANGED_H
#include <pthread.h>
#include <stddef.h>
#include "base/file.h"
#include "io/zip.h"

#define IG_ARRANGED_MAX_RANK 8

typedef struct ig_arranged {
  const ig_file *file;
  const char *path;      // for messages
  ig_zip_member stored;  // where the stored values are; its name is for messages
  size_t item;           // bytes of a stored value
  size_t swapped;        // bytes that are to be reversed together; 0: none
  size_t first;          // the stored value that the tensor begins with
  int rank;
  size_t shape[IG_ARRANGED_MAX_RANK], stride[IG_ARRANGED_MAX_RANK];  // strides count values
  size_t elements;
  // Not NULL: the stored values are integers of 8 or 16 bits; the tensor's are float32: the k-th
  // stored value / divisors[k / per_divisor].
  const float *divisors;
  size_t per_divisor;
  size_t filled;          // of the elements, the last ones, which are not stored:
  float filler;           // they are this number; where it is not 0, all values are float32
  unsigned char *values;  // NULL: not yet read
  pthread_mutex_t lock;   // of values
} ig_arranged;

// True if the tensor's values lie one after another.
bool ig_arranged_is_in_order(const ig_arranged *a);
// Copies, of the values put in order, `bytes` bytes from byte `offset` on. Thread-safe.
ig_status ig_arranged_read(ig_arranged *a, size_t offset, void *to, size_t bytes, ig_error *err);
void ig_arranged_free(ig_arranged *a);  // NULL is fine
void ig_arranged_end(ig_arranged *a);   // of one that the caller allocated
#endif
