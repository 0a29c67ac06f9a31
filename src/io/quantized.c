#include "io/quantized.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"

enum { PART = 8192 };  // integers that are read at a time

// The values from `first` on that are of one row, at most count.
static size_t count_of_row(const ig_quantized *q, size_t first, size_t count) {
  const size_t left = q->width - first % q->width;
  return left < count ? left : count;
}

static ig_status check_zeros(const ig_quantized *q, size_t first, size_t count, const int8_t *from,
                             ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (from[i] != 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: value %zu of %zu is %d, but the scale of its row is 0",
                     q->stored.file, q->stored.name, first + i + 1, q->stored.elements, from[i]);
  return IG_OK;
}

// Integers from `first` on; rows whose scale is 0 are checked.
static ig_status read_integers(const ig_quantized *q, size_t first, size_t count, int8_t *to,
                               ig_error *err) {
  IG_TRY(ig_file_read(q->stored.source, q->stored.file, q->stored.begin + first, to, count, err));
  for (size_t at = 0, n; at < count; at += n) {
    n = count_of_row(q, first + at, count - at);
    if (!(q->scales[(first + at) / q->width] > 0))
      IG_TRY(check_zeros(q, first + at, n, to + at, err));
  }
  return IG_OK;
}

// to = scale * from, row by row.
static void scale_integers(const ig_quantized *q, size_t first, size_t count, const int8_t *from,
                           float *to) {
  for (size_t at = 0, n; at < count; at += n) {
    n = count_of_row(q, first + at, count - at);
    const float scale = q->scales[(first + at) / q->width];
    for (size_t i = at; i < at + n; i++) to[i] = scale * (float)from[i];
  }
}

ig_status ig_quantized_read(const ig_quantized *q, size_t first, size_t count, float *to,
                            ig_error *err) {
  int8_t part[PART];
  for (size_t done = 0; done < count;) {
    const size_t n = count - done < PART ? count - done : PART;
    IG_TRY(read_integers(q, first + done, n, part, err));
    scale_integers(q, first + done, n, part, to + done);
    done += n;
  }
  return IG_OK;
}

ig_status ig_quantized_read_bytes(const ig_quantized *q, size_t offset, size_t size, void *to,
                                  ig_error *err) {
  float part[PART];
  char *at = to;
  while (size > 0) {
    const size_t first = offset / sizeof *part, skipped = offset % sizeof *part,
                 wanted = (skipped + size + sizeof *part - 1) / sizeof *part,
                 n = wanted < PART ? wanted : PART, most = n * sizeof *part - skipped,
                 bytes = size < most ? size : most;
    IG_TRY(ig_quantized_read(q, first, n, part, err));
    memcpy(at, (const char *)part + skipped, bytes);
    at += bytes;
    offset += bytes;
    size -= bytes;
  }
  return IG_OK;
}

ig_status ig_quantized_read_rows(const ig_quantized *q, size_t first, size_t rows, int8_t *to,
                                 ig_error *err) {
  const size_t count = rows * q->width;
  IG_TRY(read_integers(q, first * q->width, count, to, err));
  const int8_t *lowest = memchr(to, (unsigned char)INT8_MIN, count);
  if (!lowest) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: value %zu of %zu is -128, expected -127 to 127: run it as "
                 "another type (fp32)",
                 q->stored.file, q->stored.name, first * q->width + (size_t)(lowest - to) + 1,
                 q->stored.elements);
}
