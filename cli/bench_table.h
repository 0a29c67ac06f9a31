// The table that `ingot bench` prints: one row for each figure, as soon as it is known.
#ifndef CLI_BENCH_TABLE_H
#define CLI_BENCH_TABLE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum bench_format { BENCH_TEXT, BENCH_CSV, BENCH_JSON } bench_format;

typedef struct bench_table {
  bench_format format;
  const char *cpu, *isa;
  const char *model;  // NULL: the machine alone
  const char *group;  // of the row before; NULL before the first
} bench_table;

typedef struct bench_row {
  const char *group;  // "machine", "product", "layer", "run"
  const char *name;
  const char *isa;   // NULL: the table's
  const char *type;  // of the weights: "fp32", "int8"; NULL: does not apply
  int threads;
  size_t m, n, k;  // 0: does not apply
  double value;
  const char *unit;
  double share;  // of the peak, 0 .. 1; negative: not known
} bench_row;

void bench_table_begin(const bench_table *table);
void bench_table_row(bench_table *table, const bench_row *row);
void bench_table_end(const bench_table *table);
#endif
