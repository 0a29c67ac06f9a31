// Columns of a packed weight, copied into another one. A column's products have the same bits
// wherever it lies, so a layer of a few of a weight's columns gives what the whole one gives there.
#ifndef IG_NN_PACKED_COLUMNS_H
#define IG_NN_PACKED_COLUMNS_H
#include "nn/nn.h"
#include "nn/weight_layout.h"

// Can columns of this layout be copied? Those in parts for a matrix unit cannot.
bool ig_packed_columns_serve(ig_weight_layout layout);
// Copies column `column` of `from` to column `place` of `to`. Both are packed alike, of k values a
// column.
void ig_packed_columns_copy(const ig_kernels *kernels, size_t k, ig_packed from, size_t column,
                            ig_packed to, size_t place);
#endif
