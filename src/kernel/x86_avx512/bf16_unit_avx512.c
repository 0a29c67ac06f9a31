// Products of operands rounded to bfloat16 with AVX-512.
#include "kernel/x86_avx512/vector_avx512.h"
#include "kernel/kernels.h"
#include "kernel/simd/vector_math.h"
#include "kernel/simd/bf16_halves.h"

#define BF16_ROWS 13
#define BF16_LINES 16
#include "kernel/simd/bf16_tiles.h"

// clang-format off
BF16_TILE(1) BF16_TILE(2) BF16_TILE(3) BF16_TILE(4) BF16_TILE(5) BF16_TILE(6) BF16_TILE(7)
BF16_TILE(8) BF16_TILE(9) BF16_TILE(10) BF16_TILE(11) BF16_TILE(12) BF16_TILE(13)
    // clang-format on
    static const bf16_tile_function bf16_tile_functions[BF16_ROWS] = {
        multiply_bf16_1_rows, multiply_bf16_2_rows,  multiply_bf16_3_rows,  multiply_bf16_4_rows,
        multiply_bf16_5_rows, multiply_bf16_6_rows,  multiply_bf16_7_rows,  multiply_bf16_8_rows,
        multiply_bf16_9_rows, multiply_bf16_10_rows, multiply_bf16_11_rows, multiply_bf16_12_rows,
        multiply_bf16_13_rows};

BF16_UNIT_OF_HALVES(ig_bf16_unit_avx512);
