// What tests of decoding share: a small model with random weights, and options that ask for nothing
// special.
#ifndef IG_TESTS_DECODE_FIXTURE_H
#define IG_TESTS_DECODE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decode/decode_options.h"
#include "model_fixture.h"

// Of up to 20 tokens.
static inline ig_decode_options plain_options(int beam, int vocabulary, int start, int eos) {
  return (ig_decode_options){.beam_size = beam,
                             .n_best = 1,
                             .length_penalty = 1,
                             .repetition_penalty = 1,
                             .start_id = start,
                             .eos_id = eos,
                             .vocab_size = vocabulary,
                             .sentence = {.max_length = 20, .forced_bos = -1, .forced_eos = -1}};
}

static inline ig_model *small_model(int vocabulary, int pad) {
  const ig_config config = small_config(vocabulary, pad);
  ig_model *model;
  ig_error err;
  if (ig_model_create(&config, 3, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}
#endif
