// What a model's generation_config.json asks of the decoder, and what it may not say.
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

static void test_a_long_list_of_what_is_ignored_ends_in_time(void **state) {
  (void)state;
  char text[] =
      "{\"do_sample\": true, \"num_beam_groups\": 2, \"diversity_penalty\": 1, "
      "\"num_return_sequences\": 4, \"penalty_alpha\": 0.5,"
      "\"encoder_repetition_penalty\": 2, \"encoder_no_repeat_ngram_size\": 3, "
      "\"suppress_tokens\": [1], \"stop_strings\": \"x\"}";
  const ig_model m = model_of(text);
  ig_decode_options o;
  assert_int_equal(ig_decode_options_load(&m, &o, NULL), IG_OK);
  assert_string_equal(o.ignored,
                      "do_sample, num_beam_groups, diversity_penalty, num_return_sequences, "
                      "penalty_alpha, encoder_repetition_penalty");
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
      {"{\"eos_token_id\": [0, 1]}", "eos_token_id"},
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
      cmocka_unit_test(test_a_long_list_of_what_is_ignored_ends_in_time),
      cmocka_unit_test(test_what_is_wrong_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
