// Ensembles: models of other sizes, families and source vocabularies translate and score together;
// an error names what does not go together.
#include "line_fixture.h"

#include <math.h>

#include "base/path.h"
#include "text/tokenizer.h"
#include "model_fixture.h"

#define LINES 60

static char root[] = "/tmp/ingot-ensemble-XXXXXX";

// a, b: the same shape; small: other sizes, and its source vocabulary is another one; torch:
// another family; the others do not go with a.
typedef enum model_name { A, B, SMALL, TORCH, SWAPPED, LONGER, OTHER_END, MODELS } model_name;
static char directories[MODELS][64];

// ---- the models -------------------------------------------------------------

// Words w0, w1, …, of which `swap` and the next one change places; `extra` more words follow.
static ig_token_list words(int swap, int extra) {
  static char text[WORDS + 1][16];
  static const char *tokens[WORDS + 1];
  for (int i = 0; i < WORDS + extra; i++) {
    snprintf(text[i], sizeof text[i], "w%d", i == swap ? i + 1 : i == swap + 1 ? i - 1 : i);
    tokens[i] = text[i];
  }
  return (ig_token_list){tokens, (size_t)(WORDS + extra)};
}

static void make_model(model_name name, const ig_config *config, const ig_tokenizer *tokenizer) {
  ig_error err = {0};
  ig_model *model;
  if (ig_model_create(config, 3 + (uint64_t)name, &model, &err) != IG_OK ||
      ig_model_save(model, directories[name], "float32", &err) != IG_OK ||
      ig_tokenizer_save(tokenizer, directories[name], &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_model_free(model);
}

static ig_tokenizer *shared_tokenizer(int swap, int extra) {
  const ig_token_list list = words(swap, extra);
  ig_tokenizer *tokenizer;
  assert_int_equal(ig_tokenizer_from_tokens(&list, NULL, &tokenizer, NULL), IG_OK);
  return tokenizer;
}

// Half of the source words are unknown, so that ids differ.
static ig_tokenizer *other_source_tokenizer(void) {
  static const char *const source[] = {"w7",  "w3",  "w39", "w1",  "w0",  "w12",
                                       "w13", "w14", "w15", "w16", "w20", "w21"};
  const ig_token_list target = words(-2, 0);
  ig_tokenizer *tokenizer;
  assert_int_equal(
      ig_tokenizer_from_tokens(&(ig_token_list){source, sizeof source / sizeof *source}, &target,
                               &tokenizer, NULL),
      IG_OK);
  return tokenizer;
}

static ig_config config_for(const ig_tokenizer *tokenizer) {
  ig_config config = small_config(ig_tokenizer_source_size(tokenizer),
                                  ig_tokenizer_pad_id(tokenizer, IG_SIDE_TARGET));
  config.target_vocab_size = ig_tokenizer_target_size(tokenizer);
  config.shared_embedding = ig_tokenizer_shared(tokenizer);
  return config;
}

static void make_small(void) {
  ig_tokenizer *tokenizer = other_source_tokenizer();
  ig_config config = config_for(tokenizer);
  config.d_model = 24;
  config.encoder.layers = 1;
  config.decoder.layers = 3;
  config.encoder.self.heads = 2;
  config.positions.count = 30;
  make_model(SMALL, &config, tokenizer);
  ig_tokenizer_free(tokenizer);
}

// It starts from the end token, as what ingot trains does.
static void make_torch(const ig_tokenizer *tokenizer) {
  ig_config config = torch_config(
      (ig_torch_options){ig_tokenizer_source_size(tokenizer), 20, 2, 1, 2, 32, 0, false, NULL});
  config.pad_id = ig_tokenizer_pad_id(tokenizer, IG_SIDE_SOURCE);
  config.eos_id = config.bos_id = config.decoder_start_id = 0;
  make_model(TORCH, &config, tokenizer);
}

static int make_models(void **state) {
  (void)state;
  static const char *const names[MODELS] = {"a",       "b",      "small",    "torch",
                                            "swapped", "longer", "other-end"};
  if (!mkdtemp(root)) return -1;
  for (int m = 0; m < MODELS; m++)
    snprintf(directories[m], sizeof directories[m], "%s/%s", root, names[m]);
  for (int m = 0; m < MODELS; m++)
    if (ig_path_make_directories(directories[m], NULL) != IG_OK) return -1;
  ig_tokenizer *tokenizer = shared_tokenizer(-2, 0), *swapped = shared_tokenizer(17, 0),
               *longer = shared_tokenizer(-2, 1);
  ig_config config = config_for(tokenizer);
  make_model(A, &config, tokenizer);
  make_model(B, &config, tokenizer);
  make_model(SWAPPED, &config, swapped);
  config.eos_id = 5;
  make_model(OTHER_END, &config, tokenizer);
  config = config_for(longer);
  make_model(LONGER, &config, longer);
  make_torch(tokenizer);
  ig_tokenizer_free(tokenizer);
  ig_tokenizer_free(swapped);
  ig_tokenizer_free(longer);
  make_small();
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", root);
  return system(command);
}

static streams some_lines(void) {
  return (streams){.lines = random_lines(LINES, 16), .count = LINES, .target_count = LINES};
}

static ig_translator_options options_of(int beam, int n_best) {
  ig_translator_options o = ig_translator_options_default();
  o.beam_size = beam;
  o.n_best = n_best;
  o.max_length = 18;
  o.threads = 1;
  return o;
}

typedef struct together {
  ig_mean mean;
  int count;
  model_name models[4];
  double weights[4];
} together;

static ig_ensemble ensemble_of(const together *e, ig_ensemble_member members[4]) {
  for (int m = 0; m < e->count; m++)
    members[m] = (ig_ensemble_member){directories[e->models[m]], e->weights[m]};
  return (ig_ensemble){members, (size_t)e->count, e->mean};
}

static ig_status try_open(const together *e, const ig_translator_options *options,
                          ig_translator **out, ig_error *err) {
  ig_ensemble_member members[4];
  const ig_ensemble ensemble = ensemble_of(e, members);
  return ig_translator_open_ensemble(&ensemble, options, out, err);
}

static ig_translator *open_together(const together *e, ig_translator_options options) {
  ig_translator *t;
  ig_error err = {0};
  if (try_open(e, &options, &t, &err) != IG_OK) fail_msg("%s", err.message);
  return t;
}

static void run(ig_translator *t, streams *s) {
  ig_error err = {0};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = s};
  const ig_reporter reporter = {.message = keep_warning, .context = s};
  const ig_status status = s->targets ? ig_score_targets(t, &stream, read_target, &reporter, &err)
                                      : ig_translate_lines(t, &stream, &reporter, &err);
  if (status != IG_OK) fail_msg("%s", err.message);
  ig_translator_free(t);
}

static void expect_as(const together *e, const together *other, int beam) {
  streams found = some_lines(), expected = some_lines();
  run(open_together(e, options_of(beam, beam)), &found);
  run(open_together(other, options_of(beam, beam)), &expected);
  expect_same(&found, &expected);
  release(&found);
  release(&expected);
}

// ---- tests ------------------------------------------------------------------

static void test_the_same_model_twice_is_that_model(void **state) {
  (void)state;
  const together alone = {.count = 1, .models = {A}}, twice = {IG_MEAN_GEOMETRIC, 2, {A, A}, {0}},
                 four = {IG_MEAN_GEOMETRIC, 4, {A, A, A, A}, {0}};
  for (int beam = 1; beam <= 4; beam += 3) {
    expect_as(&twice, &alone, beam);
    expect_as(&four, &alone, beam);
  }
  streams found = some_lines(), expected = some_lines();  // the logarithm of a mean rounds
  run(open_together(&(together){IG_MEAN_ARITHMETIC, 3, {A, A, A}, {0}}, options_of(4, 4)), &found);
  run(open_together(&alone, options_of(4, 4)), &expected);
  assert_int_equal(found.written, expected.written);
  for (size_t k = 0; k < found.written; k++) {
    assert_true(fabs(strtod(found.out[k], NULL) - strtod(expected.out[k], NULL)) < 1e-5);
    assert_string_equal(strchr(found.out[k], '\t'), strchr(expected.out[k], '\t'));
  }
  release(&found);
  release(&expected);
}

static void test_a_model_without_weight_has_no_say(void **state) {
  (void)state;
  for (int mean = IG_MEAN_ARITHMETIC; mean <= IG_MEAN_GEOMETRIC; mean++) {
    expect_as(&(together){(ig_mean)mean, 2, {A, B}, {1, 0}}, &(together){.count = 1, .models = {A}},
              4);
    expect_as(&(together){(ig_mean)mean, 2, {A, SMALL}, {0, 0.3}},
              &(together){.count = 1, .models = {SMALL}}, 4);
    expect_as(&(together){(ig_mean)mean, 3, {A, SMALL, B}, {2, 0, 6}},
              &(together){(ig_mean)mean, 2, {A, B}, {0.25, 0.75}}, 4);
  }
}

// All kinds of members at the same time: sizes, source vocabularies, families, start tokens.
static const together mixed[2] = {{IG_MEAN_ARITHMETIC, 4, {A, SMALL, TORCH, B}, {3, 1, 2, 1}},
                                  {IG_MEAN_GEOMETRIC, 3, {SMALL, A, TORCH}, {0}}};

static void test_batches_and_threads_change_nothing(void **state) {
  (void)state;
  static const struct {
    int threads, workers, batch_tokens;
  } ways[] = {{1, 0, 1}, {1, 0, 64}, {2, 0, 2048}, {2, 1, 100}, {1, 3, 50}, {2, 2, 300}};
  for (int i = 0; i < 6; i++) {
    const together *e = &mixed[i % 2];
    const int beam = i < 2 ? 1 : 4;
    const char *const *targets = i < 4 ? NULL : some_lines().lines;
    streams expected = some_lines();
    expected.targets = targets;
    run(open_together(e, options_of(beam, targets ? 1 : beam)), &expected);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      streams found = some_lines();
      found.targets = targets;
      ig_translator_options o = options_of(beam, targets ? 1 : beam);
      o.threads = ways[w].threads;
      o.workers = ways[w].workers;
      o.batch_tokens = ways[w].batch_tokens;
      run(open_together(e, o), &found);
      expect_same(&found, &expected);
      release(&found);
    }
    release(&expected);
  }
}

static void test_each_member_has_its_say(void **state) {
  (void)state;
  for (int mean = IG_MEAN_ARITHMETIC; mean <= IG_MEAN_GEOMETRIC; mean++) {
    const together all = {(ig_mean)mean, 3, {A, SMALL, TORCH}, {0}};
    streams whole = some_lines();
    run(open_together(&all, options_of(4, 1)), &whole);
    for (int left_out = 0; left_out < 3; left_out++) {
      together others = all;
      for (int m = 0; m < 3; m++) others.weights[m] = m != left_out;
      streams s = some_lines();
      run(open_together(&others, options_of(4, 1)), &s);
      int differing = 0;
      for (size_t k = 0; k < s.written; k++) differing += strcmp(s.out[k], whole.out[k]) != 0;
      assert_true(differing > 0);
      release(&s);
    }
    release(&whole);
  }
}

static double sum_of(const char *numbers) {
  double sum = 0;
  char *end;
  for (const char *p = numbers;; p = end) {
    const double value = strtod(p, &end);
    if (p == end) return sum;
    sum += value;
  }
}

// What the search found has the same score as a given target: both ways use the same start tokens
// and normalizers.
static void test_scores_agree_with_the_search(void **state) {
  (void)state;
  const char *const lines[] = {"3 4 5 0", "11 10 0", "32 33 34 35 36 0"};
  for (int mean = IG_MEAN_ARITHMETIC; mean <= IG_MEAN_GEOMETRIC; mean++) {
    const together e = {(ig_mean)mean, 3, {A, TORCH, B}, {1, 2, 1}};
    ig_translator_options o = options_of(4, 2);
    o.ids_in = o.ids_out = true;
    o.length_penalty = 0;
    o.max_length = 46;
    streams found = {.lines = lines, .count = 3};
    run(open_together(&e, o), &found);
    const char *targets[3];
    for (int k = 0; k < 3; k++) targets[k] = strchr(found.out[2 * k], '\t') + 1;
    streams scored = {.lines = lines, .targets = targets, .count = 3, .target_count = 3};
    run(open_together(&e, o), &scored);
    for (int k = 0; k < 3; k++)
      assert_true(fabs(sum_of(scored.out[k]) - strtod(found.out[2 * k], NULL)) < 1e-4);
    release(&scored);
    release(&found);
  }
}

static void test_lengths(void **state) {
  (void)state;
  for (int beam = 1; beam <= 4; beam += 3) {
    ig_translator_options o = options_of(beam, 1);
    o.min_length = o.max_length = 9;
    o.ids_out = true;
    streams s = some_lines();
    run(open_together(&mixed[0], o), &s);
    expect_length(&s, 9);
    release(&s);
  }
}

// Each source is divided into parts that its reader has positions for; all members together
// generate no further than the one with the fewest.
static void test_the_shortest_positions_count(void **state) {
  (void)state;
  char text[200] = "";
  for (int i = 0; i < 40; i++) strcat(text, "w3 ");
  const char *const lines[] = {"w1", text};
  const together e = {IG_MEAN_ARITHMETIC, 2, {A, SMALL}, {0}};
  streams s = {.lines = lines, .count = 2};
  run(open_together(&e, options_of(1, 1)), &s);
  assert_non_null(strstr(
      s.warning, "line 2: a sentence of 41 source tokens, but the model has positions for 30"));
  release(&s);
  ig_translator_options o = options_of(1, 1);
  ig_translator *t;
  ig_error err = {0};
  o.max_length = 31;
  assert_int_equal(try_open(&e, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "30"));
  o.max_length = 0;  // as long as all can
  o.min_length = 30;
  assert_int_equal(try_open(&e, &o, &t, &err), IG_OK);
  ig_translator_free(t);
}

static void test_an_ensemble_is_shared(void **state) {
  (void)state;
  streams expected = some_lines();
  run(open_together(&mixed[0], options_of(3, 1)), &expected);
  ig_ensemble_member members[4];
  const ig_ensemble ensemble = ensemble_of(&mixed[0], members);
  const ig_engine_options engine_options = {.threads = 1};
  ig_engine *engine;
  assert_int_equal(ig_engine_open(&ensemble, &engine_options, &engine, NULL), IG_OK);
  const ig_translator_options o = options_of(3, 1), other_options = options_of(1, 1);
  ig_translator *t, *other;
  assert_int_equal(ig_translator_open_on(engine, &o, &t, NULL), IG_OK);
  assert_int_equal(ig_translator_open_on(engine, &other_options, &other, NULL), IG_OK);
  for (size_t i = 0; i < LINES; i += 7) {
    char *out;
    assert_int_equal(ig_translate(t, expected.lines[i], &out, NULL), IG_OK);
    assert_string_equal(out, expected.out[i]);
    free(out);
    assert_int_equal(ig_translate(other, expected.lines[i], &out, NULL), IG_OK);
    free(out);
  }
  ig_translator_free(other);
  ig_translator_free(t);
  ig_engine_free(engine);
  release(&expected);
}

static void test_target_vocabularies_must_be_one(void **state) {
  (void)state;
  static const struct {
    model_name other;
    bool ids;  // in and out: no tokenizer is read
    const char *named[4];
  } cases[] = {
      {SWAPPED, false, {"swapped: target id 19 is 'w18'", "a it is 'w17'"}},
      {LONGER, false, {"longer: target id 42 is 'w40'", "'<pad>'"}},
      {LONGER, true, {"longer: the model has 44 target ids", "has 43"}},
      {OTHER_END, false, {"other-end: sentences end with id 5", "with 0"}},
      {OTHER_END, true, {"other-end: sentences end with id 5", "with 0"}},
      {SWAPPED, true, {NULL}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_translator_options o = options_of(1, 1);
    o.ids_in = o.ids_out = cases[i].ids;
    ig_translator *t;
    ig_error err = {0};
    const together e = {IG_MEAN_ARITHMETIC, 3, {A, B, cases[i].other}, {0}};
    assert_int_equal(try_open(&e, &o, &t, &err), cases[i].named[0] ? IG_ERROR_ARGUMENT : IG_OK);
    for (int k = 0; cases[i].named[k]; k++)
      if (!strstr(err.message, cases[i].named[k]))
        fail_msg("'%s' is not in '%s'", cases[i].named[k], err.message);
    ig_translator_free(t);
  }
}

static void test_a_member_that_computes_nan_is_an_error(void **state) {
  (void)state;
  char broken[96];
  ig_model *model;
  ig_tokenizer *tokenizer = shared_tokenizer(-2, 0);
  ig_tensor_view embedding;
  snprintf(broken, sizeof broken, "%s/broken", root);
  assert_int_equal(ig_path_make_directories(broken, NULL), IG_OK);
  assert_int_equal(ig_model_load(directories[A], &model, NULL), IG_OK);
  assert_int_equal(ig_model_tensor(model, 0, &embedding, NULL), IG_OK);
  for (size_t i = 0; i < embedding.shape[0] * embedding.shape[1]; i++)
    embedding.values[i] = 3e38f;  // finite, or it would not load
  assert_int_equal(ig_model_save(model, broken, "float32", NULL), IG_OK);
  assert_int_equal(ig_tokenizer_save(tokenizer, broken, NULL), IG_OK);
  ig_tokenizer_free(tokenizer);
  ig_model_free(model);
  for (int i = 0; i < 4; i++) {
    const ig_ensemble_member members[] = {{directories[B], 0}, {broken, 0}};
    const ig_translator_options o = options_of(i < 2 ? 1 : 3, 1);
    ig_translator *t;
    ig_error err = {0};
    char *out;
    assert_int_equal(ig_translator_open_ensemble(
                         &(ig_ensemble){members, 2, i % 2 ? IG_MEAN_GEOMETRIC : IG_MEAN_ARITHMETIC},
                         &o, &t, &err),
                     IG_OK);
    assert_int_equal(ig_translate(t, "w1 w2", &out, &err), IG_ERROR_DIVERGED);
    ig_translator_free(t);
  }
}

static void test_bad_ensembles(void **state) {
  (void)state;
  static const double bad[] = {-1, NAN, INFINITY};
  const ig_ensemble_member members[] = {{directories[A], 1}, {directories[B], 1}},
                           nameless[] = {{directories[A], 1}, {NULL, 1}};
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open_ensemble(NULL, NULL, &t, &err), IG_ERROR_ARGUMENT);
  assert_int_equal(
      ig_translator_open_ensemble(&(ig_ensemble){NULL, 2, IG_MEAN_GEOMETRIC}, NULL, &t, &err),
      IG_ERROR_ARGUMENT);
  assert_int_equal(
      ig_translator_open_ensemble(&(ig_ensemble){members, 0, IG_MEAN_GEOMETRIC}, NULL, &t, &err),
      IG_ERROR_ARGUMENT);
  assert_int_equal(
      ig_translator_open_ensemble(&(ig_ensemble){nameless, 2, IG_MEAN_GEOMETRIC}, NULL, &t, &err),
      IG_ERROR_ARGUMENT);
  assert_int_equal(
      ig_translator_open_ensemble(&(ig_ensemble){members, 2, (ig_mean)7}, NULL, &t, &err),
      IG_ERROR_ARGUMENT);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(
        try_open(&(together){IG_MEAN_ARITHMETIC, 2, {A, B}, {1, bad[i]}}, NULL, &t, &err),
        IG_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "b: expected a finite number"));
    assert_null(t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_same_model_twice_is_that_model),
      cmocka_unit_test(test_a_model_without_weight_has_no_say),
      cmocka_unit_test(test_batches_and_threads_change_nothing),
      cmocka_unit_test(test_each_member_has_its_say),
      cmocka_unit_test(test_scores_agree_with_the_search),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_the_shortest_positions_count),
      cmocka_unit_test(test_an_ensemble_is_shared),
      cmocka_unit_test(test_target_vocabularies_must_be_one),
      cmocka_unit_test(test_a_member_that_computes_nan_is_an_error),
      cmocka_unit_test(test_bad_ensembles),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
