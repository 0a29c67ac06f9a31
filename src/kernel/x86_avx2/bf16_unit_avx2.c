// Products of operands rounded to bfloat16 with AVX2 + FMA.
#include "kernel/x86_avx2/vector_avx2.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/bf16_halves.h"

#define BF16_ROWS 4
#define BF16_LINES 8
#include "kernel/simd/bf16_tiles.h"

// clang-format off
BF16_TILE(1) BF16_TILE(2) BF16_TILE(3) BF16_TILE(4)
    // clang-format on
    static const bf16_tile_function bf16_tile_functions[BF16_ROWS] = {
        multiply_bf16_1_rows, multiply_bf16_2_rows, multiply_bf16_3_rows, multiply_bf16_4_rows};

BF16_UNIT_OF_HALVES(ig_bf16_unit_avx2);
