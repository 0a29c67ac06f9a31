// Products of int8 values against whole numbers, of every shape that a kernel may treat by itself.
#ifndef INT8_PRODUCTS_H
#define INT8_PRODUCTS_H
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/int8.h"

static uint32_t random_state = 1;
static uint32_t next_random(void) {
  random_state = random_state * 1664525u + 1013904223u;
  return random_state >> 8;
}

typedef void (*multiply_function)(const ig_int8_tile *tile);

typedef struct int8_product {
  size_t rows, columns, depth, c_row;
  int8_t *a, *b;  // (rows, depth), (columns, depth)
  ig_int8_row *row;
  uint8_t *packed;
  float *scale, *bias, *c;  // c: (rows, c_row)
} int8_product;

static size_t filled_columns(size_t columns) {
  return (columns + IG_INT8_COLUMNS - 1) / IG_INT8_COLUMNS * IG_INT8_COLUMNS;
}

static int8_t draw_value(bool extreme) {
  const int value = (int)(next_random() % 255) - 127;
  return (int8_t)(extreme ? (value < 0 ? -127 : 127) : value);
}

static void pack(const int8_product *p) {
  memset(p->packed, 77, filled_columns(p->columns) * p->depth);
  for (size_t j = 0; j < p->columns; j++)
    for (size_t d = 0; d < p->depth; d++)
      p->packed[j / IG_INT8_COLUMNS * IG_INT8_COLUMNS * p->depth +
                (d / 4 * IG_INT8_COLUMNS + j % IG_INT8_COLUMNS) * 4 + d % 4] =
          (uint8_t)(p->b[j * p->depth + d] + IG_INT8_SHIFT);
}

static int8_product draw_product(size_t rows, size_t columns, size_t depth, bool extreme) {
  int8_product p = {.rows = rows, .columns = columns, .depth = depth, .c_row = columns + 3};
  p.a = malloc(rows * depth + 1);
  p.b = malloc(columns * depth + 1);
  p.row = malloc((rows + 1) * sizeof *p.row);
  p.packed = malloc(filled_columns(columns) * depth + 1);
  p.scale = malloc((filled_columns(columns) + 1) * sizeof(float));
  p.bias = malloc((columns + 1) * sizeof(float));
  p.c = malloc((rows * p.c_row + 1) * sizeof(float));
  for (size_t i = 0; i < rows * depth; i++) p.a[i] = draw_value(extreme);
  for (size_t i = 0; i < columns * depth; i++) p.b[i] = draw_value(extreme);
  for (size_t i = 0; i < rows; i++) {
    p.row[i] = (ig_int8_row){(float)(next_random() % 1000 + 1) * 1e-4f, 0};
    for (size_t d = 0; d < depth; d++) p.row[i].sum += p.a[i * depth + d];
  }
  for (size_t j = 0; j < filled_columns(columns); j++)
    p.scale[j] = (float)(next_random() % 1000 + 1) * 1e-5f;
  for (size_t j = 0; j < columns; j++) p.bias[j] = (float)(next_random() % 1000) * 1e-3f - 0.5f;
  pack(&p);
  return p;
}

static void free_product(int8_product *p) {
  free(p->a);
  free(p->b);
  free(p->row);
  free(p->packed);
  free(p->scale);
  free(p->bias);
  free(p->c);
}

static float expected(const int8_product *p, size_t i, size_t j, bool bias) {
  int64_t sum = 0;
  for (size_t d = 0; d < p->depth; d++) sum += p->a[i * p->depth + d] * p->b[j * p->depth + d];
  return fmaf((float)sum * p->row[i].scale, p->scale[j], bias ? p->bias[j] : 0.0f);
}

static bool product_is_right(multiply_function multiply, const int8_product *p, bool bias) {
  for (size_t i = 0; i < p->rows * p->c_row; i++) p->c[i] = 1234.5f;
  multiply(&(ig_int8_tile){.rows = p->rows,
                           .columns = p->columns,
                           .depth = p->depth,
                           .a = p->a,
                           .row = p->row,
                           .packed = p->packed,
                           .scale = p->scale,
                           .bias = bias ? p->bias : NULL,
                           .c = p->c,
                           .c_row = p->c_row});
  for (size_t i = 0; i < p->rows; i++)
    for (size_t j = 0; j < p->c_row; j++)
      if (p->c[i * p->c_row + j] != (j < p->columns ? expected(p, i, j, bias) : 1234.5f))
        return false;
  return true;
}

static bool products_are_right(multiply_function multiply) {
  bool right = true;
  for (size_t rows = 0; rows <= 67; rows += rows < 19 ? 1 : 3)
    for (size_t columns = 0; columns <= 50; columns += rows % 5 + 1) {
      const size_t depth = (rows + columns) % 4 * IG_INT8_DEPTH;
      int8_product p = draw_product(rows, columns, depth, columns % 2);
      right = product_is_right(multiply, &p, rows % 2) && right;
      free_product(&p);
    }
  // Sums that float32 has to round, and those that are the largest there are.
  int8_product deep = draw_product(5, 17, 4096, true);
  memset(deep.a, 127, 4096);
  memset(deep.b, 127, 4096);
  deep.row[0].sum = 127 * 4096;
  pack(&deep);
  right = product_is_right(multiply, &deep, true) && right;
  free_product(&deep);
  return right;
}
#endif
