// What tests of running a model share: the options of a small one.
#ifndef IG_TESTS_MODEL_FIXTURE_H
#define IG_TESTS_MODEL_FIXTURE_H
#include "model/arch/family.h"

// No forced end: its log-probability is set to 0, so that scoring would not agree with the search.
static inline ig_config small_config(int vocabulary, int pad) {
  ig_config c = {.family = ig_family_find("marian"),
                 .vocab_size = vocabulary,
                 .target_vocab_size = vocabulary,
                 .d_model = 32,
                 .encoder = {.layers = 2,
                             .self = {.heads = 4},
                             .feed_forward = {.inner = 48, .activation = IG_ACTIVATION_SWISH},
                             .norm = {.eps = 1e-5f}},
                 .decoder = {.layers = 2, .self = {.heads = 4}, .feed_forward = {.inner = 48}},
                 .positions = {.kind = IG_POSITION_HALVES, .count = 48},
                 .scale_embedding = true,
                 .shared_embedding = true,
                 .tied_output = true,
                 .logits_bias = true,
                 .pad_id = pad,
                 .eos_id = 0,
                 .bos_id = -1,
                 .decoder_start_id = pad,
                 .forced_eos_id = -1,
                 .init_std = 0.3f};
  ig_config_match_stacks(&c);
  ig_config_set_bias(&c, true);
  return c;
}

// The options of ig_config_torch as a value that a test may change.
static inline ig_config torch_config(ig_torch_options options) {
  ig_config *made = NULL;
  ig_error err = {0};
  if (ig_config_torch(&options, &made, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_config config = *made;
  ig_config_free(made);
  return config;
}
#endif
