// Tiles of AMX: eight registers of sixteen rows of 64 bytes each.
#ifndef IG_KERNEL_X86_AMX_TILES_H
#define IG_KERNEL_X86_AMX_TILES_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum {
  TILE = 16,            // rows, and numbers of 32 bits in a row
  TILE_ROW_BYTES = 64,  // of a row
  TILE_BYTES = TILE * TILE_ROW_BYTES
};

// LDTILECFG's operand (Intel SDM vol. 1, 18.2) for palette 1.
typedef struct tile_configuration {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_configuration;

// What was stored is in memory from here on. The compiler does not know that loads of tiles read
// it (their asm in GCC 12 does not say so), and would leave stores out or put them off.
static inline void finish_stores(void) { __asm__ volatile("" ::: "memory"); }

// Tiles 0 to 5 have `rows` rows, 6 and 7, which hold B, all of them.
static inline void configure_tiles(size_t rows) {
  tile_configuration configuration = {.palette = 1};
  for (int i = 0; i < 8; i++) {
    configuration.row_bytes[i] = TILE_ROW_BYTES;
    configuration.rows[i] = i < 6 ? (uint8_t)rows : TILE;
  }
  finish_stores();
  _tile_loadconfig(&configuration);
}
#endif
