// What tests of decoding share: a small model with random weights, and options that ask for nothing
// special.
#ifndef IG_TESTS_DECODE_FIXTURE_H
#define IG_TESTS_DECODE_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "decode/choice.h"
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

// Hands logits (rows, V) to the choice as a product would: in blocks, the last one
// first, by all workers in turn, and the rows in two parts.
static inline void choose_from(ig_choice *choice, int rows, const float *logits) {
  const ig_gemm_reader reader = ig_choice_reader(choice);
  const size_t columns = (size_t)choice->size.vocabulary;
  float *c = malloc((size_t)rows * IG_LOGITS_BLOCK * sizeof *c);
  int number = 0;
  for (size_t end = (columns - 1) / IG_LOGITS_BLOCK + 1; end > 0; end--) {
    const size_t column = (end - 1) * IG_LOGITS_BLOCK, left = columns - column,
                 count = left < IG_LOGITS_BLOCK ? left : IG_LOGITS_BLOCK;
    for (int first = 0, last = (rows + 1) / 2; first < rows; first = last, last = rows) {
      for (int r = first; r < last; r++)
        memcpy(c + (size_t)(r - first) * IG_LOGITS_BLOCK, logits + (size_t)r * columns + column,
               count * sizeof *c);
      reader.read(reader.context, &(ig_gemm_block){.row = (size_t)first,
                                                   .rows = (size_t)(last - first),
                                                   .column = column,
                                                   .columns = count,
                                                   .c = c,
                                                   .c_row = IG_LOGITS_BLOCK,
                                                   .worker = number++ % choice->size.threads});
    }
  }
  free(c);
}

static inline ig_model *small_model(int vocabulary, int pad) {
  const ig_config config = small_config(vocabulary, pad);
  ig_model *model;
  ig_error err;
  if (ig_model_create(&config, 3, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}
#endif
