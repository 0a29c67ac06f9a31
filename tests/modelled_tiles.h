// A model of the tiles of AMX, so that what multiplies on them is tested on CPUs that lack them (it
// still takes AVX-512). It follows the operations that the Intel SDM, vol. 2, gives for LDTILECFG,
// TILEZERO, TILELOADD, TILESTORED, TDPBSUD and TDPBF16PS. A test includes this file, then the .c
// file that it is about. For negative controls, operands are changed over, or tiles are configured
// one row short.
#ifndef MODELLED_TILES_H
#define MODELLED_TILES_H
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void model_configure(const void *configuration);
static void model_zero(size_t tile);
static void model_load(size_t tile, const void *from, size_t stride);
static void model_store(size_t tile, void *to, size_t stride);
static void model_multiply_int8(size_t sum, size_t a, size_t b);
static void model_multiply_bf16(size_t sum, size_t a, size_t b);
static bool configured;

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbsud
#undef _tile_dpbf16ps
#define _tile_loadconfig model_configure
#define _tile_release() (configured = false)
#define _tile_zero model_zero
#define _tile_loadd model_load
#define _tile_stored model_store
#define _tile_dpbsud model_multiply_int8
#define _tile_dpbf16ps model_multiply_bf16
#include "kernel/x86_amx/tiles.h"

typedef struct modelled_tile {
  size_t rows, row_bytes;
  uint8_t bytes[16][64];
} modelled_tile;
static modelled_tile model[8];
static bool changed_over, one_short;

static void model_configure(const void *configuration) {
  const tile_configuration *c = configuration;
  assert_int_equal(c->palette, 1);
  for (size_t t = 0; t < 8; t++) {
    model[t] = (modelled_tile){c->rows[t], c->row_bytes[t], {{0}}};
    assert_in_range(model[t].rows, 1, 16);
    assert_in_range(model[t].row_bytes, 4, 64);
    model[t].rows -= one_short;
  }
  configured = true;
}

static void model_zero(size_t t) {
  assert_true(configured);
  memset(model[t].bytes, 0, sizeof model[t].bytes);
}

static void model_load(size_t t, const void *from, size_t stride) {
  model_zero(t);
  for (size_t i = 0; i < model[t].rows; i++)
    memcpy(model[t].bytes[i], (const uint8_t *)from + i * stride, model[t].row_bytes);
}

static void model_store(size_t t, void *to, size_t stride) {
  assert_true(configured);
  for (size_t i = 0; i < model[t].rows; i++)
    memcpy((uint8_t *)to + i * stride, model[t].bytes[i], model[t].row_bytes);
}

static int as_signed(uint8_t byte) { return byte < 128 ? byte : byte - 256; }

// Row i of A holds, for each row k of B, four values that belong to the four of each column of B.
static inline void model_multiply_int8(size_t sum, size_t a, size_t b) {
  assert_true(configured);
  assert_int_equal(model[a].row_bytes / 4, 16);
  for (size_t i = 0; i < model[sum].rows; i++)
    for (size_t j = 0; j < model[sum].row_bytes / 4; j++) {
      int32_t total;
      memcpy(&total, model[sum].bytes[i] + 4 * j, sizeof total);
      for (size_t k = 0; k < model[a].row_bytes / 4; k++)
        for (size_t q = 0; q < 4; q++) {
          const uint8_t x = model[a].bytes[i][4 * k + q], y = model[b].bytes[k][4 * j + q];
          total += changed_over ? x * as_signed(y) : as_signed(x) * y;
        }
      memcpy(model[sum].bytes[i] + 4 * j, &total, sizeof total);
    }
}

// What is too small for a normal float counts as zero.
static float model_flushed(float x) { return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x; }
static float model_bf16(const uint8_t *bytes) {
  uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 24;
  float x;
  memcpy(&x, &bits, sizeof x);
  return model_flushed(x);
}

// Row i of A holds, for each row k of B, two values that belong to the two of each column of B. The
// first ones and the second ones of all k are a chain of sums each.
static inline void model_multiply_bf16(size_t sum, size_t a, size_t b) {
  assert_true(configured);
  for (size_t i = 0; i < model[sum].rows; i++)
    for (size_t j = 0; j < model[sum].row_bytes / 4; j++) {
      float chains[2] = {0, 0}, total;
      for (size_t k = 0; k < model[a].row_bytes / 4; k++)
        for (size_t q = 0; q < 2; q++)
          chains[q] = model_flushed(fmaf(
              model_bf16(model[a].bytes[i] + 4 * k + 2 * q),
              model_bf16(model[b].bytes[k] + 4 * j + 2 * (changed_over ? 1 - q : q)), chains[q]));
      memcpy(&total, model[sum].bytes[i] + 4 * j, sizeof total);
      total = model_flushed(model_flushed(total) + model_flushed(chains[0] + chains[1]));
      memcpy(model[sum].bytes[i] + 4 * j, &total, sizeof total);
    }
}

// Whether `right` holds on the model, and on neither of the wrong ones.
static void expect_right_on_the_model_alone(bool (*right)(void)) {
  assert_true(right());
  assert_false(configured);
  changed_over = true;
  assert_false(right());
  changed_over = false;
  one_short = true;
  assert_false(right());
  one_short = false;
}
#endif
