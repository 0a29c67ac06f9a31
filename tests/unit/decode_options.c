// What a model's own files ask of the decoder, and what they may not say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "decode/decode_options.h"

static ig_model model_of(char *generation_config) {
  ig_model m = {.generation_config = generation_config};
  m.config = (ig_config){.vocab_size = 101,
                         .target_vocab_size = 101,
                         .positions = {.count = 64},
                         .eos_id = 0,
                         .pad_id = 100,
                         .bos_id = -1,
                         .decoder_start_id = 100,
                         .forced_eos_id = 0};
  return m;
}

static void test_without_a_file(void **state) {
  (void)state;
  const ig_model m = model_of(NULL);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.beam_size, 1);
  assert_int_equal(o.sentence.max_length, 63);
  assert_int_equal(o.sentence.forced_eos, 0);
  assert_int_equal(o.start_id, 100);
  assert_int_equal(o.bad_words.count, 0);
  ig_decode_options_free(&o);
}

static void test_unbounded_positions(void **state) {
  (void)state;
  ig_model m = model_of(NULL);
  m.config.positions.count = 5000;
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.sentence.max_length, 511);
  m.config.positions.count = 0;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.sentence.max_length, 511);
}

static void test_every_key(void **state) {
  (void)state;
  char text[] =
      "{\"num_beams\": 6, \"max_length\": 40, \"min_length\": 5, \"length_penalty\": 0.5, "
      "\"early_stopping\": \"never\", \"no_repeat_ngram_size\": 3,"
      "\"repetition_penalty\": 1.25, \"renormalize_logits\": true, \"forced_bos_token_id\": 7, "
      "\"bad_words_ids\": [[100], [0], [3, 4]],"
      "\"eos_token_id\": [0], \"decoder_start_token_id\": 9, \"transformers_version\": \"4\"}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.beam_size, 6);
  assert_int_equal(o.sentence.max_length, 39);
  assert_int_equal(o.sentence.min_length, 4);
  assert_true(o.length_penalty == 0.5f && o.repetition_penalty == 1.25f);
  assert_int_equal(o.early_stopping, IG_EARLY_STOPPING_NEVER);
  assert_int_equal(o.no_repeat_ngram, 3);
  assert_true(o.renormalize);
  assert_int_equal(o.sentence.forced_bos, 7);
  assert_int_equal(o.sentence.forced_eos, -1);  // the file exists and does not force it
  assert_int_equal(o.start_id, 9);
  assert_int_equal(o.bad_words.count, 2);  // the end token cannot be banned
  assert_int_equal(o.bad_words.ids[0], 100);
  assert_int_equal(o.bad_words.ids[2], 4);
  ig_decode_options_free(&o);
}

static void test_new_tokens_win_over_lengths(void **state) {
  (void)state;
  char text[] =
      "{\"max_length\": 40, \"min_length\": 5, \"max_new_tokens\": 20, \"min_new_tokens\": 3}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.sentence.max_length, 20);
  assert_int_equal(o.sentence.min_length, 3);
  ig_decode_options_free(&o);
}

static void test_all_that_is_not_built_is_listed(void **state) {
  (void)state;
  char text[] =
      "{\"do_sample\": true, \"num_beams\": 2, \"num_beam_groups\": 2, \"diversity_penalty\": 1, "
      "\"num_return_sequences\": 4, \"penalty_alpha\": 0.5,"
      "\"encoder_repetition_penalty\": 2, \"encoder_no_repeat_ngram_size\": 3, "
      "\"forced_decoder_ids\": [[1, 2]], \"typical_p\": 0.5, "
      "\"force_words_ids\": [[1]], \"constraints\": [1], \"sequence_bias\": [1], "
      "\"exponential_decay_length_penalty\": [1, 2], \"remove_invalid_values\": true, "
      "\"guidance_scale\": 2, \"stop_strings\": \"x\", \"max_time\": 1, "
      "\"token_healing\": true, \"watermarking_config\": {\"a\": 1}, "
      "\"dola_layers\": \"low\", \"temperature\": 0.5}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_string_equal(
      o.ignored,
      "num_beam_groups, diversity_penalty, num_return_sequences, "
      "penalty_alpha, encoder_repetition_penalty, encoder_no_repeat_ngram_size, "
      "forced_decoder_ids, "
      "force_words_ids, constraints, sequence_bias, "
      "exponential_decay_length_penalty, remove_invalid_values, guidance_scale, "
      "stop_strings, max_time, token_healing, watermarking_config, dola_layers, do_sample");
  ig_decode_options_free(&o);
}

static void test_sampling(void **state) {
  (void)state;
  char text[] =
      "{\"do_sample\": true, \"temperature\": 0.5, \"top_p\": 0.75, \"typical_p\": 0.5, "
      "\"suppress_tokens\": [5, 0], \"begin_suppress_tokens\": [7], \"bad_words_ids\": [[1, 2]]}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_true(o.sampling.on && o.sampling.temperature == 0.5f && o.sampling.top_p == 0.75f);
  assert_int_equal(o.sampling.top_k, 50);  // transformers' default
  assert_string_equal(o.ignored, "typical_p");
  assert_int_equal(o.bad_words.count, 3);  // the end can be suppressed
  assert_int_equal(o.bad_words.ids[2], 5);
  assert_int_equal(o.bad_words.ids[3], 0);
  assert_int_equal(o.begin_suppressed.count, 1);
  assert_int_equal(o.begin_suppressed.ids[0], 7);
  ig_decode_options_free(&o);
  char wrong[] = "{\"suppress_tokens\": [101]}";
  const ig_model w = model_of(wrong);
  assert_int_equal(ig_decode_options_load(&w, &o, NULL), IG_ERROR_FORMAT);
}

static void test_lists_of_one_and_of_several(void **state) {
  (void)state;
  char text[] =
      "{\"num_beams\": [6], \"length_penalty\": [0.5], \"decoder_start_token_id\": [9], "
      "\"eos_token_id\": [0, 5, 6], \"forced_bos_token_id\": [7], "
      "\"forced_eos_token_id\": [5, 0], \"bad_words_ids\": [[0], [6], [8]]}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.beam_size, 6);
  assert_true(o.length_penalty == 0.5f);
  assert_int_equal(o.start_id, 9);
  for (int id = -1; id < 101; id++)
    assert_int_equal(ig_decode_options_ends(&o, id), id == 0 || id == 5 || id == 6);
  assert_int_equal(ig_decode_options_candidates(&o), 24);  // transformers: (1 + 3 ends) * 6 beams
  assert_int_equal(o.sentence.forced_bos, 7);
  assert_int_equal(o.sentence.forced_bos_alternatives.count, 0);
  assert_int_equal(o.sentence.forced_eos, 5);
  assert_int_equal(o.sentence.forced_eos_alternatives.count, 1);
  assert_int_equal(o.sentence.forced_eos_alternatives.ids[0], 0);
  assert_int_equal(o.bad_words.count, 1);  // no end token can be banned
  assert_int_equal(o.bad_words.ids[0], 8);
  ig_decode_options_free(&o);
}

static void test_lengths_beyond_all_bounds(void **state) {
  (void)state;
  char text[] = "{\"max_length\": 1e30, \"min_new_tokens\": -3}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_int_equal(o.sentence.max_length, 64);
  assert_int_equal(o.sentence.min_length, 0);
  ig_decode_options_free(&o);
}

static void test_what_is_wrong_is_named(void **state) {
  (void)state;
  static const struct {
    const char *text, *named;
  } cases[] = {
      {"{\"num_beams\": \"four\"}", "num_beams"},
      {"{\"bad_words_ids\": 3}", "bad_words_ids"},
      {"{\"bad_words_ids\": [[1], []]}", "bad_words_ids"},
      {"{\"bad_words_ids\": [[101]]}", "101"},
      {"{\"early_stopping\": 1}", "early_stopping"},
      {"{\"forced_eos_token_id\": 500}", "forced_eos_token_id"},
      {"{\"eos_token_id\": [0, 101]}", "eos_token_id: item 2"},
      {"{\"decoder_start_token_id\": [1, 2]}", "decoder_start_token_id"},
      {"{\"num_beams\": [4, 5]}", "num_beams"},
      {"{\"max_length\": 20.5}", "max_length"},
      {"[]", "object"},
      {"{\"eos_token_id\": [\"x\"]}", "eos_token_id"},
      {"{", "generation_config.json"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[128];
    strcpy(text, cases[i].text);
    const ig_model m = model_of(text);
    ig_decode_options o;
    ig_error err = {0};
    assert_int_not_equal(ig_decode_options_load(&m, &o, &err), IG_OK);
    if (!strstr(err.message, cases[i].named)) fail_msg("%s: %s", cases[i].text, err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_a_file),
      cmocka_unit_test(test_unbounded_positions),
      cmocka_unit_test(test_every_key),
      cmocka_unit_test(test_new_tokens_win_over_lengths),
      cmocka_unit_test(test_all_that_is_not_built_is_listed),
      cmocka_unit_test(test_sampling),
      cmocka_unit_test(test_lists_of_one_and_of_several),
      cmocka_unit_test(test_lengths_beyond_all_bounds),
      cmocka_unit_test(test_what_is_wrong_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
