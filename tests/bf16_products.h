// Products of operands rounded to bfloat16 by a unit (kernel/bf16_unit.h) against the chains of
// fused multiply-adds that the contract names, which are written here once more, with guards around
// all that a unit writes.
#ifndef BF16_PRODUCTS_H
#define BF16_PRODUCTS_H
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/bf16.h"
#include "base/float_bits.h"
#include "kernel/bf16_unit.h"

enum { GUARD = 64, GUARD_BYTE = 0xA5, C_PAD = 3 };

// How the values of an operand lie.
typedef enum spread { SPREAD_DEPTHS, SPREAD_LINES, SPREAD_APART } spread;
enum { SPREADS = 3 };

typedef struct product_case {
  size_t m, n, k;
  spread a, b;
  bool accumulate;
  int exponent;  // of all values of A and B
} product_case;

typedef struct operand {
  float *x;
  size_t x_line, x_depth;
} operand;

static uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u; }

// Values in [-1, 1) times 2^exponent, and now and then what is hard to round: ties, zeros of both
// signs, the largest value below the next power of two.
static float draw(uint32_t *seed, int exponent) {
  static const uint32_t hard[] = {0x3f808000, 0x3f818000, 0xbf808001, 0x3f807fff,
                                  0x3fffffff, 0x80000000, 0x00000000, 0xbf7fffff};
  const uint32_t bits = next(seed) >> 8;
  const float x =
      bits % 8 == 0 ? ig_float_bits_to_float(hard[bits / 8 % 8]) : (float)bits / 8388608.0f - 1.0f;
  return ldexpf(x, exponent);
}

static operand make_operand(size_t lines, size_t k, spread kind, int exponent, uint32_t seed) {
  const size_t step = kind == SPREAD_APART ? 3 : 1;
  operand o = {.x = malloc((lines * k * step + 1) * sizeof(float))};
  assert_non_null(o.x);
  for (size_t i = 0; i < lines * k * step; i++) o.x[i] = draw(&seed, exponent);
  o.x_line = kind == SPREAD_LINES ? 1 : k * step;
  o.x_depth = kind == SPREAD_LINES ? lines : step;
  return o;
}

// Memory that is aligned for panels, between guards.
typedef struct guarded {
  char *memory, *data;
  size_t bytes;
} guarded;

static guarded make_guarded(size_t bytes) {
  guarded g = {.memory = malloc(bytes + 3 * GUARD), .bytes = bytes};
  assert_non_null(g.memory);
  memset(g.memory, GUARD_BYTE, bytes + 3 * GUARD);
  g.data = g.memory + GUARD + (GUARD - (uintptr_t)g.memory % GUARD) % GUARD;
  return g;
}

// Frees it; returns whether the guards are as they were.
static bool drop_guarded(guarded *g) {
  bool whole = true;
  for (const char *p = g->memory; p < g->data; p++) whole &= (unsigned char)*p == GUARD_BYTE;
  for (size_t i = 0; i < GUARD; i++) whole &= (unsigned char)g->data[g->bytes + i] == GUARD_BYTE;
  free(g->memory);
  return whole;
}

// ---- what the contract says -------------------------------------------------

static float flushed(float x) { return fabsf(x) < FLT_MIN ? copysignf(0.0f, x) : x; }
static float rounded(float x) { return ig_bf16_to_float(ig_bf16_from_float(flushed(x))); }

// Of the tiles of AMX, a step.
static float expected_step(const float x[IG_BF16_UNIT_DEPTH], const float y[IG_BF16_UNIT_DEPTH],
                           float sum) {
  float chains[2] = {0, 0};
  for (size_t p = 0; p < IG_BF16_UNIT_DEPTH; p++)
    chains[p % 2] = flushed(fmaf(x[p], y[p], chains[p % 2]));
  return flushed(flushed(sum) + flushed(chains[0] + chains[1]));
}

static float expected_element(const operand *a, size_t i, const operand *b, size_t j, size_t k,
                              bool by_value, float sum) {
  const size_t whole = (k + IG_BF16_UNIT_DEPTH - 1) / IG_BF16_UNIT_DEPTH * IG_BF16_UNIT_DEPTH;
  float x[IG_BF16_UNIT_DEPTH], y[IG_BF16_UNIT_DEPTH];
  for (size_t p = 0; p < whole; p++) {
    const size_t q = p % IG_BF16_UNIT_DEPTH;
    x[q] = p < k ? rounded(a->x[i * a->x_line + p * a->x_depth]) : 0.0f;
    y[q] = p < k ? rounded(b->x[j * b->x_line + p * b->x_depth]) : 0.0f;
    if (by_value)
      sum = flushed(fmaf(x[q], y[q], flushed(sum)));
    else if (q == IG_BF16_UNIT_DEPTH - 1)
      sum = expected_step(x, y, sum);
  }
  return sum;
}

// ---- a unit -----------------------------------------------------------------

static size_t parts(size_t x, size_t part) { return (x + part - 1) / part; }

static guarded pack_operand(const ig_product_unit *unit, ig_panel_kind kind, size_t lines, size_t k,
                            const operand *o) {
  const size_t edge = ig_product_unit_edge(unit, kind),
               panel = parts(k, unit->depth) * ig_product_unit_step(unit, kind);
  guarded packed = make_guarded(parts(lines, edge) * panel);
  for (size_t first = 0; first < lines; first += edge)
    unit->pack(&(ig_panel_source){.kind = kind,
                                  .count = lines - first < edge ? lines - first : edge,
                                  .depth = k,
                                  .x = o->x + first * o->x_line,
                                  .x_line = o->x_line,
                                  .x_depth = o->x_depth},
               packed.data + first / edge * panel);
  return packed;
}

// Returns what is wrong with a product, or NULL.
static const char *fault_of(const ig_product_unit *unit, const product_case *p) {
  const size_t c_row = p->n + C_PAD, steps = parts(p->k, unit->depth);
  operand a = make_operand(p->m, p->k, p->a, p->exponent, 1),
          b = make_operand(p->n, p->k, p->b, p->exponent, 2);
  guarded packed_a = pack_operand(unit, IG_PANEL_ROWS, p->m, p->k, &a),
          packed_b = pack_operand(unit, IG_PANEL_COLUMNS, p->n, p->k, &b),
          c = make_guarded(p->m * c_row * sizeof(float));
  float *values = (float *)(void *)c.data, *start = malloc(c.bytes);
  assert_non_null(start);
  uint32_t seed = 3;
  for (size_t i = 0; i < p->m * c_row; i++) start[i] = draw(&seed, 2 * p->exponent);
  memcpy(values, start, c.bytes);
  unit->multiply(&(ig_panel_product){.rows = p->m,
                                     .columns = p->n,
                                     .steps = steps,
                                     .a = packed_a.data,
                                     .b = packed_b.data,
                                     .a_panel = steps * unit->row_step,
                                     .b_panel = steps * unit->column_step,
                                     .c = values,
                                     .c_row = c_row,
                                     .accumulate = p->accumulate});
  const char *fault = NULL;
  for (size_t i = 0; i < p->m; i++)
    for (size_t j = 0; j < c_row; j++) {
      const float before = start[i * c_row + j],
                  want = j < p->n ? expected_element(&a, i, &b, j, p->k, unit->by_value,
                                                     p->accumulate ? before : 0)
                                  : before;
      if (memcmp(&values[i * c_row + j], &want, sizeof want) != 0)
        fault = j < p->n ? "another value" : "a value after the row";
    }
  const bool whole_a = drop_guarded(&packed_a), whole_b = drop_guarded(&packed_b);
  if (!whole_a || !whole_b) fault = "a write after the panels";
  if (!drop_guarded(&c)) fault = "a write after C";
  free(a.x);
  free(b.x);
  free(start);
  return fault;
}

// Returns the first fault among all shapes, or NULL.
static const char *first_fault(const ig_product_unit *unit, product_case *at) {
  static const size_t edges[] = {1, 2, 7, 13, 14, 15, 16, 17, 29, 31, 32, 33, 45, 64, 65};
  enum { EDGES = sizeof edges / sizeof *edges };
  for (size_t m = 0; m < EDGES; m++)
    for (size_t n = 0; n < EDGES; n++) {
      *at = (product_case){.m = edges[m],
                           .n = edges[n],
                           .k = 1 + (m * 37 + n * 11) % 100,
                           .a = (spread)(m % SPREADS),
                           .b = (spread)(n % SPREADS),
                           .accumulate = (m + n) % 2,
                           // -62: sums fall below the least normal float now and then
                           .exponent = (m + n) % 5 == 4 ? -62 : 0};
      const char *fault = fault_of(unit, at);
      if (fault) return fault;
    }
  *at = (product_case){.m = 101, .n = 203, .k = 307, .a = SPREAD_LINES, .accumulate = true};
  return fault_of(unit, at);
}
#endif
