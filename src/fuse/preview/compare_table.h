// A table of coloured cells with a value for each tensor that is compared: a row is a layer, and a
// column is a weight within it.
#ifndef IG_FUSE_PREVIEW_COMPARE_TABLE_H
#define IG_FUSE_PREVIEW_COMPARE_TABLE_H
#include "fuse/preview/compare.h"

// The headings of the rows, or of the columns, each of them once. A layer's row has the first part
// of a tensor's name as its heading, up to the number of the layer; a column has the rest.
typedef struct ig_compare_labels {
  char **text;
  size_t count;
} ig_compare_labels;

// Where the items stand, whatever their values.
typedef struct ig_compare_table {
  const ig_page *page;
  const ig_comparison *items;
  size_t count;
  size_t *row, *column;  // (count)
  size_t *order;         // (count): the items by row, then by column
  ig_compare_labels rows, columns;
} ig_compare_table;  // ig_compare_table_free, also after a failure
ig_status ig_compare_table_open(const ig_page *page, const ig_comparisons *compared,
                                ig_compare_table *out, ig_error *err);
void ig_compare_table_free(ig_compare_table *table);

// What is shown: the colours go from blue for `least` to red for `most`, which is above it.
typedef struct ig_compare_values {
  const char *title, *explanation;
  const double *of_items;  // (count); NAN: none
  double least, most;
} ig_compare_values;
void ig_compare_table_draw(const ig_compare_table *table, const ig_compare_values *values);
#endif
