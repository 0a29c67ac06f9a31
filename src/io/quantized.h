// Tensors that are stored as int8 with a scale for each row: NAME as I8 of shape (rows, …), and
// NAME_scale of shape (rows, 1) or (rows). A value is scale * q. Such a tensor looks like one of
// F32, whose values are computed when they are read; no others are kept in memory. Whoever wants
// the integers themselves finds them here.
#ifndef IG_IO_QUANTIZED_H
#define IG_IO_QUANTIZED_H
#include "io/safetensor.h"

typedef struct ig_quantized {
  ig_safetensor stored;  // I8, as it is in the file
  size_t rows, width;    // width: values of a row
  float *scales;         // (rows), finite, from 0 on
  size_t scale_bytes;    // of the scales in the file
} ig_quantized;

// What is appended to a tensor's name.
#define IG_QUANTIZED_SCALE "_scale"

// Values first .. first + count - 1. A row whose scale is 0 and that has other values than 0 is
// IG_ERROR_FORMAT.
ig_status ig_quantized_read(const ig_quantized *q, size_t first, size_t count, float *to,
                            ig_error *err);
// Bytes offset .. offset + size - 1 of the same values.
ig_status ig_quantized_read_bytes(const ig_quantized *q, size_t offset, size_t size, void *to,
                                  ig_error *err);
// The integers of rows first .. first + rows - 1, with the same check. -128 is
// IG_ERROR_UNSUPPORTED: products of int8 take -127 to 127.
ig_status ig_quantized_read_rows(const ig_quantized *q, size_t first, size_t rows, int8_t *to,
                                 ig_error *err);
#endif
