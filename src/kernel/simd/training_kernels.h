// Kernels that only training needs: dropout, cross-entropy, Adam. The .c file of an instruction set
// includes them after simd/row_kernels.h. Their formulas are in reference/kernels_reference.c.
#ifndef IG_KERNEL_SIMD_TRAINING_KERNELS_H
#define IG_KERNEL_SIMD_TRAINING_KERNELS_H

typedef struct philox_words {
  vec_int word[4];
} philox_words;

// Philox4x32-10 with one counter in each lane (constants: Salmon et al. 2011, table 2).
VEC_INLINE philox_words philox_lanes(const ig_dropout_row *row, uint32_t first) {
  const vec_int multiplier0 = vec_int_set(0xD2511F53u), multiplier1 = vec_int_set(0xCD9E8D57u);
  vec_int c0 = vec_int_add(vec_int_set(row->counter[0] + first), vec_int_lanes());
  vec_int c1 = vec_int_set(row->counter[1]), c2 = vec_int_set(row->counter[2]),
          c3 = vec_int_set(row->counter[3]);
  uint32_t key0 = row->key[0], key1 = row->key[1];
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    vec_int high0, low0, high1, low1;
    vec_int_multiply_wide(c0, multiplier0, &high0, &low0);
    vec_int_multiply_wide(c2, multiplier1, &high1, &low1);
    c0 = vec_int_xor(vec_int_xor(high1, c1), vec_int_set(key0));
    c2 = vec_int_xor(vec_int_xor(high0, c3), vec_int_set(key1));
    c1 = low1;
    c3 = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return (philox_words){{c0, c1, c2, c3}};
}

// A block of 128 elements takes 16 counters. Lane l of word w holds the bits of elements 16 w + l
// (low half) and 64 + 16 w + l (high half).
static void dropout(const ig_dropout_row *row, size_t n, const float *x, float *y) {
  const vec factor = vec_set(row->scale);
  const vec_int threshold = vec_int_set(row->threshold);
  for (size_t block = 0; block < n; block += 128) {
    for (uint32_t g = 0; g < 16; g += VEC_LANES) {
      philox_words words = philox_lanes(row, (uint32_t)(block / 128) * 16 + g);
#pragma GCC unroll 8
      for (size_t piece = 0; piece < 8; piece++) {
        size_t e = block + piece * 16 + g;
        if (e >= n) break;
        vec_int word = words.word[piece % 4];
        vec_mask dropped =
            vec_int_less(piece < 4 ? vec_int_low_half(word) : vec_int_high_half(word), threshold);
        vec kept = vec_multiply(load_some(x + e, n - e), factor);
        store_some(y + e, n - e, vec_select(dropped, vec_zero(), kept));
      }
    }
  }
}

static void cross_entropy(const ig_cross_entropy *args, size_t n, float *logits, float *loss,
                          float *nll) {
  size_t target = (size_t)args->target;
  float max = row_max(n, logits), e = args->label_smoothing, target_logit = logits[target];
  float mean = e == 0.0f ? max : row_sum(n, logits) / (float)n;
  float sum = row_exponentials(n, logits, max, logits);
  float log_sum = logf(sum);
  *nll = log_sum + (max - target_logit);
  *loss = (1.0f - e) * *nll + e * (log_sum + (max - mean));
  float uniform = e / (float)n * args->gradient_scale;
  const vec factor = vec_set(args->gradient_scale / sum), subtracted = vec_set(-uniform);
  float target_gradient = (logits[target] / sum - (1.0f - e)) * args->gradient_scale - uniform;
  FOR_VECTORS(i, left, n)
  store_some(logits + i, left, vec_fma(load_some(logits + i, left), factor, subtracted));
  logits[target] = target_gradient;
}

static void adam(const ig_adam *args, size_t n, float *weight, float *gradient, float *m,
                 float *v) {
  const vec rate = vec_set(args->learning_rate), beta2 = vec_set(args->beta2),
            eps = vec_set(args->eps);
  const vec rest1 = vec_set(1.0f - args->beta1), rest2 = vec_set(1.0f - args->beta2),
            correction2 = vec_set(args->correction2);
  const vec weight_decay = vec_set(args->weight_decay), decay = vec_set(args->decay),
            clip = vec_set(args->gradient_scale);
  FOR_VECTORS(i, left, n) {
    vec w = load_some(weight + i, left), m1 = load_some(m + i, left), v1 = load_some(v + i, left);
    vec g = vec_fma(weight_decay, w, vec_multiply(load_some(gradient + i, left), clip));
    m1 = vec_fma(rest1, vec_subtract(g, m1), m1);
    v1 = vec_fma(vec_multiply(rest2, g), g, vec_multiply(beta2, v1));
    vec step = vec_divide(vec_multiply(rate, m1), vec_fma(vec_sqrt(v1), correction2, eps));
    store_some(weight + i, left, vec_subtract(vec_multiply(decay, w), step));
    store_some(m + i, left, m1);
    store_some(v + i, left, v1);
    store_some(gradient + i, left, vec_zero());
  }
}
#endif
