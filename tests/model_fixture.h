// What tests of running a model share: the options of a small one.
#ifndef IG_TESTS_MODEL_FIXTURE_H
#define IG_TESTS_MODEL_FIXTURE_H
#include "ingot.h"

// No forced end: its log-probability is set to 0, so that scoring would not agree with the search.
static inline ig_config small_config(int vocabulary, int pad) {
  return (ig_config){.family = "marian",
                     .vocab_size = vocabulary,
                     .target_vocab_size = vocabulary,
                     .d_model = 32,
                     .encoder_layers = 2,
                     .decoder_layers = 2,
                     .encoder_heads = 4,
                     .decoder_heads = 4,
                     .encoder_ffn = 48,
                     .decoder_ffn = 48,
                     .norm = IG_NORM_LAYER,
                     .norm_eps = 1e-5f,
                     .bias = true,
                     .logits_bias = true,
                     .activation = IG_ACTIVATION_SWISH,
                     .positions = IG_POSITIONS_HALVES,
                     .max_positions = 48,
                     .scale_embedding = true,
                     .shared_embedding = true,
                     .tied_output = true,
                     .pad_id = pad,
                     .eos_id = 0,
                     .bos_id = -1,
                     .decoder_start_id = pad,
                     .forced_eos_id = -1,
                     .init_std = 0.3f};
}
#endif
