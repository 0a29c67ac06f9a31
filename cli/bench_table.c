// Rows as text, CSV or JSON.
#include "bench_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingot.h"
#include "json.h"

static void print_model(const char *model) {
  char *name = model ? strdup(model) : NULL;
  ig_clean_text(name, false);
  if (name) printf("model %s\n", name);
  free(name);
}

void bench_table_begin(const bench_table *table) {
  if (table->format == BENCH_TEXT) {
    printf("ingot %s on %s, kernels: %s\n", ig_version(), table->cpu, table->isa);
    print_model(table->model);
  } else if (table->format == BENCH_CSV) {
    puts("version,cpu,isa,type,threads,model,group,name,m,n,k,value,unit,share_of_peak");
  } else {
    printf("{\"version\": ");
    cli_json_string(stdout, ig_version());
    printf(", \"cpu\": ");
    cli_json_string(stdout, table->cpu);
    printf(", \"isa\": ");
    cli_json_string(stdout, table->isa);
    printf(", \"model\": ");
    if (table->model) {
      cli_json_string(stdout, table->model);
    } else {
      fputs("null", stdout);
    }
    fputs(", \"rows\": [", stdout);
  }
}

// A field of RFC 4180: quoted, quotes doubled.
static void csv_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"') putchar('"');
    putchar(*text);
  }
  putchar('"');
}

static void print_text(const bench_table *table, const bench_row *row, const char *isa) {
  if (!table->group || strcmp(table->group, row->group) != 0) printf("\n%s\n", row->group);
  char shape[64] = "";
  if (row->n) {
    snprintf(shape, sizeof shape, "%zu x %zu x %zu", row->m, row->n, row->k);
  } else if (row->m) {
    snprintf(shape, sizeof shape, "%zu rows", row->m);
  }
  printf("  %-52s %-20s %-11s %-4s %3d thread%c %10.1f %-10s", row->name, shape, isa,
         row->type ? row->type : "", row->threads, row->threads == 1 ? ' ' : 's', row->value,
         row->unit);
  if (row->share >= 0) printf(" %4.0f%% of the peak", 100 * row->share);
  putchar('\n');
}

static void print_csv(const bench_table *table, const bench_row *row, const char *isa) {
  csv_string(ig_version());
  putchar(',');
  csv_string(table->cpu);
  printf(",%s,%s,%d,", isa, row->type ? row->type : "", row->threads);
  csv_string(table->model ? table->model : "");
  printf(",%s,", row->group);
  csv_string(row->name);
  printf(",%zu,%zu,%zu,%.6g,%s,", row->m, row->n, row->k, row->value, row->unit);
  if (row->share >= 0) printf("%.4f", row->share);
  putchar('\n');
}

static void print_json(const bench_table *table, const bench_row *row, const char *isa) {
  printf("%s\n  {\"group\": \"%s\", \"name\": ", table->group ? "," : "", row->group);
  cli_json_string(stdout, row->name);
  if (row->type) printf(", \"type\": \"%s\"", row->type);
  printf(
      ", \"isa\": \"%s\", \"threads\": %d, \"m\": %zu, \"n\": %zu, \"k\": %zu, \"value\": %.6g, "
      "\"unit\": \"%s\"",
      isa, row->threads, row->m, row->n, row->k, row->value, row->unit);
  if (row->share >= 0) printf(", \"share_of_peak\": %.4f", row->share);
  putchar('}');
}

void bench_table_row(bench_table *table, const bench_row *row) {
  const char *isa = row->isa ? row->isa : table->isa;
  static void (*const print[])(const bench_table *, const bench_row *, const char *) = {
      print_text, print_csv, print_json};
  print[table->format](table, row, isa);
  table->group = row->group;
  fflush(stdout);
}

void bench_table_end(const bench_table *table) {
  if (table->format == BENCH_JSON) puts("\n]}");
}
