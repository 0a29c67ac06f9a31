#include "nn/packed_columns.h"

#include <assert.h>
#include <string.h>

#include "nn/gemm_bf16.h"

// Where a column of a packed weight lies: `count` pieces of so many bytes, `step` bytes apart.
typedef struct column_pieces {
  char *first;
  size_t count, bytes, step;
} column_pieces;

bool ig_packed_columns_serve(ig_weight_layout layout) {
  return layout != IG_WEIGHT_LAYOUT_BFLOAT16_PARTS;
}

// Of elements of so many bytes in panels of the table's gemm_nr columns.
static column_pieces find_in_panels(const ig_kernels *kernels, size_t k, char *data, size_t bytes,
                                    size_t column, size_t place_in_panel) {
  const size_t width = kernels->gemm_nr;
  return (column_pieces){.first = data + (column / width * width * k + place_in_panel) * bytes,
                         .count = k,
                         .bytes = bytes,
                         .step = width * bytes};
}

static column_pieces find_column(const ig_kernels *kernels, size_t k, ig_packed packed,
                                 size_t column) {
  char *data = (char *)packed.data;
  const size_t width = kernels->gemm_nr;
  if (packed.layout == IG_WEIGHT_LAYOUT_FLOAT32_PANELS)
    return find_in_panels(kernels, k, data, sizeof(float), column, column % width);
  if (packed.layout == IG_WEIGHT_LAYOUT_BFLOAT16_PANELS)
    return find_in_panels(kernels, k, data, sizeof(uint16_t), column,
                          ig_gemm_bf16_place(column % width, width));
  assert(packed.layout == IG_WEIGHT_LAYOUT_INT8_PANELS);
  const size_t depth = ig_int8_filled_depth(k), of_panel = column % IG_INT8_COLUMNS;
  return (column_pieces){.first = data + (column - of_panel) * depth + of_panel * 4,
                         .count = depth / 4,
                         .bytes = 4,
                         .step = 4 * IG_INT8_COLUMNS};
}

void ig_packed_columns_copy(const ig_kernels *kernels, size_t k, ig_packed from, size_t column,
                            ig_packed to, size_t place) {
  const column_pieces source = find_column(kernels, k, from, column),
                      target = find_column(kernels, k, to, place);
  assert(from.layout == to.layout);
  // Sizes that the compiler knows make moves of the copies.
  for (size_t i = 0; source.bytes == 4 && i < source.count; i++)
    memcpy(target.first + i * target.step, source.first + i * source.step, 4);
  for (size_t i = 0; source.bytes == 2 && i < source.count; i++)
    memcpy(target.first + i * target.step, source.first + i * source.step, 2);
  if (from.scale) ((float *)to.scale)[place] = from.scale[column];
}
