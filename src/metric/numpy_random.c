#include "metric/numpy_random.h"

// ---- 128 bits -------------------------------------------------------------------------

typedef struct wide_integer {
  uint64_t low, high;
} wide_integer;

static wide_integer add_wide(wide_integer a, wide_integer b) {
  const uint64_t low = a.low + b.low;
  return (wide_integer){low, a.high + b.high + (low < a.low)};
}

static wide_integer multiply_words(uint64_t a, uint64_t b) {
  const uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32,
                 low = a0 * b0, middle = a1 * b0 + (low >> 32),
                 other = a0 * b1 + (middle & UINT32_MAX);
  return (wide_integer){other << 32 | (low & UINT32_MAX), a1 * b1 + (middle >> 32) + (other >> 32)};
}

// Modulo 2^128.
static wide_integer multiply_wide(wide_integer a, wide_integer b) {
  wide_integer out = multiply_words(a.low, b.low);
  out.high += a.high * b.low + a.low * b.high;
  return out;
}

// ---- PCG64 ----------------------------------------------------------------------------

static void step_state(ig_numpy_random *r) {
  static const wide_integer multiplier = {0x4385df649fccf645u, 0x2360ed051fc65da4u};
  const wide_integer state = {r->state[0], r->state[1]},
                     increment = {r->increment[0], r->increment[1]},
                     next = add_wide(multiply_wide(state, multiplier), increment);
  r->state[0] = next.low;
  r->state[1] = next.high;
}

uint64_t ig_numpy_random_u64(ig_numpy_random *r) {
  step_state(r);
  const uint64_t folded = r->state[1] ^ r->state[0];
  const unsigned turn = (unsigned)(r->state[1] >> 58);
  return folded >> turn | folded << (-turn & 63);
}

uint32_t ig_numpy_random_u32(ig_numpy_random *r) {
  r->has_half = !r->has_half;
  if (!r->has_half) return r->half;
  const uint64_t both = ig_numpy_random_u64(r);
  r->half = (uint32_t)(both >> 32);
  return (uint32_t)both;
}

// ---- SeedSequence ---------------------------------------------------------------------

enum { POOL = 4 };

static uint32_t hash_word(uint32_t value, uint32_t *constant, uint32_t factor) {
  value ^= *constant;
  *constant *= factor;
  value *= *constant;
  return value ^ value >> 16;
}

static uint32_t mix_words(uint32_t x, uint32_t y) {
  const uint32_t mixed = 0xca01f9ddu * x - 0x4973f715u * y;
  return mixed ^ mixed >> 16;
}

ig_numpy_random ig_numpy_random_seed(uint64_t seed) {
  const uint32_t entropy[POOL] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t pool[POOL], constant = 0x43b0d7e5u;
  uint64_t words[4] = {0};
  for (int i = 0; i < POOL; i++) pool[i] = hash_word(entropy[i], &constant, 0x931e8875u);
  for (int from = 0; from < POOL; from++)
    for (int to = 0; to < POOL; to++)
      if (from != to) pool[to] = mix_words(pool[to], hash_word(pool[from], &constant, 0x931e8875u));
  constant = 0x8b51f9ddu;
  for (int i = 0; i < 8; i++)
    words[i / 2] |= (uint64_t)hash_word(pool[i % POOL], &constant, 0x58f38dedu) << 32 * (i % 2);
  ig_numpy_random r = {.increment = {words[3] << 1 | 1, words[2] << 1 | words[3] >> 63}};
  step_state(&r);
  const wide_integer begun =
      add_wide((wide_integer){r.state[0], r.state[1]}, (wide_integer){words[1], words[0]});
  r.state[0] = begun.low;
  r.state[1] = begun.high;
  step_state(&r);
  return r;
}

// ---- what is drawn --------------------------------------------------------------------

// Lemire 2019, "Fast Random Integer Generation in an Interval".
uint32_t ig_numpy_random_choice(ig_numpy_random *r, uint32_t count) {
  if (count <= 1) return 0;
  uint64_t product = (uint64_t)ig_numpy_random_u32(r) * count;
  if ((uint32_t)product < count) {
    const uint32_t least = -count % count;
    while ((uint32_t)product < least) product = (uint64_t)ig_numpy_random_u32(r) * count;
  }
  return (uint32_t)(product >> 32);
}

bool ig_numpy_random_bit(ig_numpy_random *r, ig_numpy_random_bits *bits) {
  if (bits->left == 0) {
    bits->word = ig_numpy_random_u32(r);
    bits->left = 32;
  }
  const bool bit = bits->word & 1;
  bits->word >>= 1;
  bits->left--;
  return bit;
}
