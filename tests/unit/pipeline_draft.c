// Translators with a draft: the same lines and scores for any batch, workers and threads, counts
// that add up and do not depend on them, and what a draft is refused for.
#include "line_fixture.h"

#include "base/path.h"
#include "model_fixture.h"
#include "text/tokenizer.h"

#define LINES 60

static char root[] = "/tmp/ingot-draft-XXXXXX";

// MODEL drafts for itself, too; SMALL has positions for fewer tokens than lines have; the others do
// not go with MODEL.
typedef enum model_name { MODEL, SMALL, SWAPPED, OTHER_END, RECURRENT, MODELS } model_name;
static char directories[MODELS][64];

// ---- the models -------------------------------------------------------------

// Words w0, w1, …, of which `swap` and the next one change places.
static ig_tokenizer *make_tokenizer(int swap) {
  static char text[WORDS][16];
  static const char *tokens[WORDS];
  for (int i = 0; i < WORDS; i++) {
    snprintf(text[i], sizeof text[i], "w%d", i == swap ? i + 1 : i == swap + 1 ? i - 1 : i);
    tokens[i] = text[i];
  }
  ig_tokenizer *tokenizer;
  assert_int_equal(
      ig_tokenizer_from_tokens(&(ig_token_list){tokens, WORDS}, NULL, &tokenizer, NULL), IG_OK);
  return tokenizer;
}

static void make_model(model_name name, const ig_config *config, const ig_tokenizer *tokenizer) {
  ig_error err = {0};
  ig_model *model = NULL;
  if (ig_path_make_directories(directories[name], &err) != IG_OK ||
      ig_model_create(config, 3, &model, &err) != IG_OK ||
      ig_model_save(model, directories[name], "float32", &err) != IG_OK ||
      ig_tokenizer_save(tokenizer, directories[name], &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_model_free(model);
}

static int make_models(void **state) {
  (void)state;
  if (!mkdtemp(root)) return -1;
  for (int m = 0; m < MODELS; m++)
    snprintf(directories[m], sizeof directories[m], "%s/%d", root, m);
  ig_tokenizer *tokenizer = make_tokenizer(-2), *swapped = make_tokenizer(17);
  const ig_config config = small_config(ig_tokenizer_source_size(tokenizer),
                                        ig_tokenizer_pad_id(tokenizer, IG_SIDE_TARGET));
  ig_config other = config;
  make_model(MODEL, &config, tokenizer);
  make_model(SWAPPED, &config, swapped);
  other.family = ig_family_find("marian_ssru");
  other.decoder.recurrent = true;
  make_model(RECURRENT, &other, tokenizer);
  other = config;
  other.eos_id = 5;
  make_model(OTHER_END, &other, tokenizer);
  other = config;
  other.d_model = 24;
  other.decoder.layers = 1;
  other.positions.count = 12;
  make_model(SMALL, &other, tokenizer);
  ig_tokenizer_free(tokenizer);
  ig_tokenizer_free(swapped);
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", root);
  return system(command);
}

// ---- translating ------------------------------------------------------------

static ig_translator_options greedy(void) {
  ig_translator_options o = ig_translator_options_default();
  o.beam_size = 1;
  o.max_length = 24;
  o.threads = 1;
  return o;
}

static ig_translate_stats translate_by(ig_translator *t, streams *s) {
  ig_error err = {0};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = s};
  const ig_reporter reporter = {.message = keep_warning, .context = s};
  if (ig_translate_lines(t, &stream, &reporter, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_translate_stats stats = ig_translator_stats(t);
  ig_translator_free(t);
  return stats;
}

static ig_translate_stats translate(const ig_translator_options *options, streams *s) {
  ig_translator *t;
  ig_error err = {0};
  if (ig_translator_open(directories[MODEL], options, &t, &err) != IG_OK)
    fail_msg("%s", err.message);
  return translate_by(t, s);
}

static streams some_lines(size_t count) {
  return (streams){.lines = random_lines(count, 32), .count = count};
}

// With the draft as without, in each way of running.
static void expect_same_lines(ig_translator_options options, model_name draft, size_t count) {
  static const struct {
    int threads, workers, batch_tokens, draft_tokens;
  } ways[] = {{1, 1, 1, 0}, {1, 1, 1, 2}, {2, 1, 1, 7}, {2, 2, 1, 0}, {2, 2, 40, 0}, {1, 1, 0, 0}};
  streams expected = some_lines(count), found = some_lines(count);
  translate(&options, &expected);
  options.draft = directories[draft];
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    options.threads = ways[i].threads;
    options.workers = ways[i].workers;
    options.batch_tokens = ways[i].batch_tokens;
    options.draft_tokens = ways[i].draft_tokens;
    const ig_translate_stats stats = translate(&options, &found);
    expect_same(&found, &expected);
    const size_t settled = stats.accepted_tokens + stats.draft_steps;
    assert_true(stats.accepted_tokens <= stats.drafted_tokens);
    assert_true(settled == 0 || settled == stats.target_tokens);
    if (ways[i].batch_tokens == 1) assert_true(settled > 0);
    release(&found);
  }
  release(&expected);
}

static void test_translations_are_those_without_a_draft(void **state) {
  (void)state;
  static const size_t counts[] = {1, 3, LINES};
  for (int i = 0; i < 3; i++) {
    expect_same_lines(greedy(), MODEL, counts[i]);
    expect_same_lines(greedy(), SMALL, counts[i]);
    expect_same_lines(greedy(), RECURRENT, counts[i]);
  }
}

static void test_so_are_those_of_every_option(void **state) {
  (void)state;
  ig_translator_options options = greedy();
  options.score_columns = IG_SCORE_COLUMNS_TOKENS;
  options.min_length = 9;
  options.no_repeat_ngram = 2;
  options.repetition_penalty = 1.2f;
  options.target_prefix = "w3 w4";
  expect_same_lines(options, MODEL, LINES);
  expect_same_lines(options, SMALL, LINES);
  options = greedy();
  options.max_length_factor = 1.3f;
  options.ids_out = true;
  options.type = "int8";
  expect_same_lines(options, MODEL, LINES);
}

static void test_counts_do_not_depend_on_workers(void **state) {
  (void)state;
  ig_translator_options options = greedy();
  options.draft = directories[SMALL];
  options.batch_tokens = 1;
  streams one = some_lines(LINES), two = some_lines(LINES);
  const ig_translate_stats a = translate(&options, &one);
  options.threads = options.workers = 2;
  const ig_translate_stats b = translate(&options, &two);
  assert_int_equal(a.drafted_tokens, b.drafted_tokens);
  assert_int_equal(a.accepted_tokens, b.accepted_tokens);
  assert_int_equal(a.draft_steps, b.draft_steps);
  release(&one);
  release(&two);
}

static void test_many_sentences_together_have_no_draft(void **state) {
  (void)state;
  ig_translator_options options = greedy();
  options.draft = directories[MODEL];
  streams s = some_lines(LINES);
  const ig_translate_stats stats = translate(&options, &s);
  assert_int_equal(stats.draft_steps, 0);
  assert_int_equal(stats.drafted_tokens, 0);
  release(&s);
}

// An engine's draft works for the translators that it fits, and the others do without.
static void test_an_engine_has_a_draft_for_all(void **state) {
  (void)state;
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directories[MODEL]},
                             .count = 1};
  ig_engine_options options = ig_engine_options_default();
  options.draft = directories[MODEL];
  options.threads = 1;
  ig_engine *engine;
  ig_error err = {0};
  if (ig_engine_open(&alone, &options, &engine, &err) != IG_OK) fail_msg("%s", err.message);
  for (int beam = 1; beam <= 2; beam++) {
    ig_translator_options own = greedy();
    own.beam_size = beam;
    own.batch_tokens = 1;
    streams expected = some_lines(LINES), found = some_lines(LINES);
    translate(&own, &expected);
    ig_translator *t;
    assert_int_equal(ig_translator_open_on(engine, &own, &t, NULL), IG_OK);
    const ig_translate_stats stats = translate_by(t, &found);
    expect_same(&found, &expected);
    assert_true((stats.draft_steps > 0) == (beam == 1));
    release(&found);
    release(&expected);
  }
  ig_engine_free(engine);
}

// ---- errors -----------------------------------------------------------------

static void expect_error(model_name model, const ig_translator_options *options, ig_status status,
                         const char *part) {
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open(directories[model], options, &t, &err), status);
  assert_null(t);
  if (!strstr(err.message, part)) fail_msg("'%s' is not in '%s'", part, err.message);
}

static void test_what_does_not_fit_is_refused(void **state) {
  (void)state;
  ig_translator_options options = greedy();
  options.draft = directories[SWAPPED];
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "source id 19 is 'w18', but in ");
  options.draft = directories[OTHER_END];
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "sentences end with id 5");
  options.draft = directories[MODEL];
  expect_error(RECURRENT, &options, IG_ERROR_UNSUPPORTED, "its decoder is recurrent");
  options.draft = "/nowhere";
  expect_error(MODEL, &options, IG_ERROR_IO, "/nowhere");
  options.draft = directories[MODEL];
  options.beam_size = 3;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "draft: it drafts for greedy search");
  options.beam_size = 1;
  options.n_best = 2;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "n_best");
  options = greedy();
  options.draft = directories[MODEL];
  options.draft_tokens = 32;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "draft_tokens: expected at most 31");
  options.draft_tokens = -1;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "draft_tokens: expected 0 or more");
  options.draft_tokens = 2;
  options.draft = NULL;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "draft_tokens: there is no draft");
  options = greedy();
  options.draft = directories[MODEL];
  options.beam_size = 0;
  options.sampling.on = IG_SWITCH_ON;
  expect_error(MODEL, &options, IG_ERROR_ARGUMENT, "not for sampling");
}

static void test_several_models_have_no_draft(void **state) {
  (void)state;
  const ig_ensemble_member members[] = {{directories[MODEL], 1}, {directories[MODEL], 1}};
  const ig_ensemble two = {.members = members, .count = 2};
  ig_translator_options options = greedy();
  ig_translator *t;
  ig_error err = {0};
  options.draft = directories[MODEL];
  assert_int_equal(ig_translator_open_ensemble(&two, &options, &t, &err), IG_ERROR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "it drafts for one model"));
}

static void test_an_engine_without_a_draft_gives_none(void **state) {
  (void)state;
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directories[MODEL]},
                             .count = 1};
  ig_engine *engine;
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_engine_open(&alone, NULL, &engine, NULL), IG_OK);
  ig_translator_options options = greedy();
  options.draft = directories[MODEL];
  assert_int_equal(ig_translator_open_on(engine, &options, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "draft: the engine has none"));
  ig_engine_free(engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_translations_are_those_without_a_draft),
      cmocka_unit_test(test_so_are_those_of_every_option),
      cmocka_unit_test(test_counts_do_not_depend_on_workers),
      cmocka_unit_test(test_many_sentences_together_have_no_draft),
      cmocka_unit_test(test_an_engine_has_a_draft_for_all),
      cmocka_unit_test(test_what_does_not_fit_is_refused),
      cmocka_unit_test(test_several_models_have_no_draft),
      cmocka_unit_test(test_an_engine_without_a_draft_gives_none),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
