// Answers that models generate against those of transformers
// (tests/golden/generated_answers/make_goldens.py), through the public interface: one question
// alone and all of them together, and what only the other kind of models can do.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer/answer_corpus.h"
#include "ingot_answer.h"
#include "io/json.h"
#include "model/files/load.h"

enum { MOST_CASES = 16 };

typedef struct goldens {
  char directory[400];
  json_t *json;
} goldens;

static int open_goldens(void **state) {
  goldens *g = calloc(1, sizeof *g);
  assert_non_null(g);
  const char *root = getenv("INGOT_SOURCE");
  snprintf(g->directory, sizeof g->directory, "%s/tests/golden", root ? root : ".");
  ig_error err;
  char folder[500];
  snprintf(folder, sizeof folder, "%s/generated_answers", g->directory);
  if (ig_json_load_in(folder, "expected.json", &g->json, &err) != IG_OK)
    fail_msg("%s", err.message);
  *state = g;
  return 0;
}

static int close_goldens(void **state) {
  goldens *g = *state;
  json_decref(g->json);
  free(g);
  return 0;
}

static const json_t *of(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  assert_non_null(value);
  return value;
}

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(of(object, key));
}

static int int_of(const json_t *object, const char *key) {
  return (int)json_integer_value(of(object, key));
}

static ig_status open_answerer(const goldens *g, const char *name,
                               const ig_answerer_options *options, ig_answerer **out,
                               ig_error *err) {
  char folder[500];
  snprintf(folder, sizeof folder, "%s/%s", g->directory, name);
  const ig_ensemble ensemble = {.members = &(ig_ensemble_member){.directory = folder}, .count = 1};
  return ig_answerer_open(&ensemble, options, out, err);
}

static ig_answerer *open_model(const goldens *g, const json_t *model, const json_t *run) {
  ig_answerer_options options = ig_answerer_options_default();
  options.max_length = int_of(model, "max_length");
  options.stride = int_of(g->json, "stride");
  options.max_answer_length = int_of(g->json, "max_answer_length");
  options.beam_size = int_of(run, "beam_size");
  options.n_best = (int)json_integer_value(json_object_get(run, "n_best"));
  const json_t *penalty = json_object_get(run, "length_penalty");
  if (penalty) options.length_penalty = (float)json_real_value(penalty);
  char name[100];
  snprintf(name, sizeof name, "generated_answers/%s", text_of(model, "name"));
  ig_answerer *answerer;
  ig_error err;
  if (open_answerer(g, name, &options, &answerer, &err) != IG_OK) fail_msg("%s", err.message);
  assert_true(ig_answerer_generates(answerer));
  return answerer;
}

// ---- the answers of transformers --------------------------------------------

static void compare_answer(const json_t *wanted, const char *context, const ig_answer *answer) {
  const int start = int_of(wanted, "start");
  assert_string_equal(answer->text, text_of(wanted, "text"));
  const double score = json_real_value(of(wanted, "score"));
  if (fabs(answer->score - score) > 1e-5 * (1 + fabs(score)))
    fail_msg("'%s': expected the score %g, found %g", answer->text, score, answer->score);
  assert_int_equal(answer->placed, start >= 0);
  assert_int_equal((int)answer->start_code, start >= 0 ? start : 0);
  assert_int_equal((int)answer->end_code, start >= 0 ? int_of(wanted, "end") : 0);
  if (start >= 0) assert_memory_equal(context + answer->begin, answer->text, strlen(answer->text));
}

static void compare_answers(const json_t *wanted, const char *context, const ig_answers *found) {
  assert_null(found->problem);
  assert_true(found->generated);
  assert_int_equal(found->count, json_array_size(wanted));
  for (size_t i = 0; i < found->count; i++)
    compare_answer(json_array_get(wanted, i), context, &found->list[i]);
  const bool answered = *text_of(json_array_get(wanted, 0), "text") != '\0';
  assert_int_equal(found->chosen, answered ? 0 : -1);
}

static size_t questions_of(const json_t *cases, ig_question *questions) {
  const size_t count = json_array_size(cases);
  assert_in_range(count, 1, MOST_CASES);
  for (size_t i = 0; i < count; i++) {
    const json_t *c = json_array_get(cases, i);
    questions[i] = (ig_question){text_of(c, "question"), text_of(c, "context")};
  }
  return count;
}

static void compare_run(ig_answerer *answerer, const json_t *cases, size_t run) {
  ig_question questions[MOST_CASES];
  ig_answers together[MOST_CASES], alone;
  ig_error err;
  size_t windows = 0;
  const size_t count = questions_of(cases, questions);
  if (ig_answerer_run(answerer, questions, count, together, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++) {
    const json_t *c = json_array_get(cases, i), *wanted = json_array_get(of(c, "runs"), run);
    windows += (size_t)int_of(c, "windows");
    compare_answers(wanted, questions[i].context, &together[i]);
    ig_answers_free(&together[i]);
  }
  assert_int_equal(ig_answerer_stats(answerer).windows, windows);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(ig_answerer_run(answerer, &questions[i], 1, &alone, NULL), IG_OK);
    compare_answers(json_array_get(of(json_array_get(cases, i), "runs"), run), questions[i].context,
                    &alone);
    ig_answers_free(&alone);
  }
}

static void as_transformers(void **state) {
  const goldens *g = *state;
  const json_t *models = of(g->json, "models"), *runs = of(g->json, "runs");
  assert_int_equal(json_array_size(models), 3);
  for (size_t m = 0; m < json_array_size(models); m++) {
    const json_t *model = json_array_get(models, m);
    for (size_t run = 0; run < json_array_size(runs); run++) {
      ig_answerer *answerer = open_model(g, model, json_array_get(runs, run));
      compare_run(answerer, of(model, "cases"), run);
      ig_answerer_free(answerer);
    }
  }
}

// ---- what is trained on -----------------------------------------------------

// The ids of a side of a pair as the golden has them.
static void compare_ids(const ig_corpus *corpus, ig_side side, size_t pair, const char *wanted) {
  char found[1024] = "";
  const size_t end = corpus->offsets[side][pair + 1];
  for (size_t i = corpus->offsets[side][pair]; i < end; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", *found ? " " : "",
             corpus->ids[side][i]);
  assert_string_equal(found, wanted);
}

static void compare_training(const ig_reading_options *options, const json_t *c) {
  const char *context = text_of(c, "context"), *text = text_of(c, "answer");
  const json_t *wanted = of(c, "training");
  const char *found = *text ? strstr(context, text) : NULL;
  const ig_squad_answer answer = {.text = text,
                                  .start = found ? (size_t)(found - context) : IG_SQUAD_NOWHERE,
                                  .begin = found ? (size_t)(found - context) : 0};
  ig_squad_question question = {.id = "a",
                                .text = text_of(c, "question"),
                                .context = context,
                                .answers = &answer,
                                .answer_count = *text != '\0'};
  const ig_squad squad = {.questions = &question, .count = 1};
  ig_corpus corpus;
  ig_answer_corpus_counts counts;
  assert_int_equal(ig_answer_corpus_make(options, &squad, &corpus, &counts, NULL), IG_OK);
  assert_int_equal(counts.problems + counts.absent, 0);
  assert_int_equal(corpus.pairs, json_array_size(wanted));
  for (size_t i = 0; i < corpus.pairs; i++) {
    compare_ids(&corpus, IG_SIDE_SOURCE, i, text_of(json_array_get(wanted, i), "source"));
    compare_ids(&corpus, IG_SIDE_TARGET, i, text_of(json_array_get(wanted, i), "target"));
  }
  ig_corpus_free(&corpus);
}

static void training(void **state) {
  const goldens *g = *state;
  const json_t *models = of(g->json, "models");
  size_t compared = 0;
  for (size_t m = 0; m < json_array_size(models); m++) {
    const json_t *model = json_array_get(models, m), *cases = of(model, "cases");
    char folder[500];
    snprintf(folder, sizeof folder, "%s/generated_answers/%s", g->directory,
             text_of(model, "name"));
    ig_tokenizer *tokenizer;
    assert_int_equal(ig_load_tokenizer(folder, &tokenizer, NULL), IG_OK);
    const ig_reading_options options = {.tokenizer = tokenizer,
                                        .max_length = int_of(model, "max_length"),
                                        .stride = int_of(g->json, "stride"),
                                        .prompts = true};
    for (size_t i = 0; i < json_array_size(cases); i++) {
      const json_t *c = json_array_get(cases, i);
      if (json_array_size(of(c, "training")) == 0) continue;
      compare_training(&options, c);
      compared++;
    }
    ig_tokenizer_free(tokenizer);
  }
  assert_int_equal(compared, 18);
}

// ---- passages ---------------------------------------------------------------

static void passages(void **state) {
  const goldens *g = *state;
  ig_answerer_options options = ig_answerer_options_default();
  options.passages = true;
  options.max_length = 64;
  options.stride = 8;
  ig_answerer *answerer;
  assert_int_equal(open_answerer(g, "generated_answers/bart", &options, &answerer, NULL), IG_OK);
  const json_t *cases = of(json_array_get(of(g->json, "models"), 2), "cases");
  ig_question questions[MOST_CASES];
  ig_answers found[MOST_CASES];
  const size_t count = questions_of(cases, questions);
  assert_int_equal(ig_answerer_run(answerer, questions, count, found, NULL), IG_OK);
  // A sentence, a line, the window of an answer that the context does not have, and no answer.
  const ig_answer *a = found[1].list;
  assert_string_equal(a->passage, "A small boat goes down the river in the morning.");
  assert_int_equal(a->passage_begin, a->begin);
  assert_string_equal(found[4].list->passage, "Stones in the river are cold in the morning.");
  assert_int_equal(found[4].list->passage_end_code - found[4].list->passage_start_code, 44);
  assert_false(found[8].list->placed);
  assert_string_equal(found[8].list->passage, "The boat is cold.");
  assert_null(found[5].list->passage);
  for (size_t i = 0; i < count; i++) ig_answers_free(&found[i]);
  ig_answerer_free(answerer);
}

// ---- what is not asked, and what is refused ---------------------------------

static void problems(void **state) {
  const goldens *g = *state;
  ig_answerer *answerer;
  ig_answerer_options options = ig_answerer_options_default();
  options.max_length = 48;
  options.stride = 8;
  assert_int_equal(open_answerer(g, "generated_answers/t5", &options, &answerer, NULL), IG_OK);
  const ig_question asked[] = {{" \t", "The boat."},
                               {"Who?", "\n"},
                               {"Who \xff?", "The boat."},
                               {"Who reads a letter of the old captain?", "The boat."},
                               {"Who?", "The boat."}};
  static const char *const wanted[] = {"the question has no tokens", "the context has no tokens",
                                       "the question: ", "tokens beside it leave", NULL};
  enum { ASKED = sizeof asked / sizeof *asked };
  ig_answers found[ASKED];
  assert_int_equal(ig_answerer_run(answerer, asked, ASKED, found, NULL), IG_OK);
  for (int i = 0; i < ASKED; i++) {
    if (!wanted[i])
      assert_null(found[i].problem);
    else
      assert_non_null(strstr(found[i].problem, wanted[i]));
    ig_answers_free(&found[i]);
  }
  assert_int_equal((int)ig_answerer_stats(answerer).problems, ASKED - 1);
  ig_answerer_free(answerer);
}

static void expect_refusal(const goldens *g, const char *name, const ig_answerer_options *options,
                           const char *message) {
  ig_answerer *answerer;
  ig_error err;
  assert_int_equal(open_answerer(g, name, options, &answerer, &err), IG_ERROR_ARGUMENT);
  assert_null(answerer);
  if (!strstr(err.message, message)) fail_msg("expected '%s', found '%s'", message, err.message);
}

static void options_of_the_other_kind(void **state) {
  const goldens *g = *state;
  ig_answerer_options o = ig_answerer_options_default();
  o.post_processing = IG_POST_PROCESSING_RUN_QA;
  expect_refusal(g, "generated_answers/t5", &o, "post_processing: the model generates");
  o = ig_answerer_options_default();
  o.part_words = true;
  expect_refusal(g, "generated_answers/t5", &o, "part_words: the model generates");
  o = ig_answerer_options_default();
  o.null_threshold = 1;
  expect_refusal(g, "generated_answers/t5", &o, "null_threshold: the model generates");
  o = ig_answerer_options_default();
  o.n_best = 2;
  expect_refusal(g, "generated_answers/t5", &o, "n_best: expected 1 to the beam's size (1)");
  o = ig_answerer_options_default();
  o.beam_size = 2;
  expect_refusal(g, "answers", &o, "beam_size: the model is an encoder");
  o = ig_answerer_options_default();
  o.length_penalty = 1;
  expect_refusal(g, "answers", &o, "length_penalty: the model is an encoder");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_transformers), cmocka_unit_test(training),
                                     cmocka_unit_test(passages), cmocka_unit_test(problems),
                                     cmocka_unit_test(options_of_the_other_kind)};
  return cmocka_run_group_tests(tests, open_goldens, close_goldens);
}
