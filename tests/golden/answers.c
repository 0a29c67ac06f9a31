// Answers against those of transformers (tests/golden/answers/make_goldens.py), through the public
// interface: both kinds of post-processing, one question alone and all of them together.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ingot_answer.h"
#include "io/json.h"

enum { MOST_CASES = 16 };

typedef struct goldens {
  char directory[512];
  json_t *json;
} goldens;

static int open_goldens(void **state) {
  goldens *g = calloc(1, sizeof *g);
  assert_non_null(g);
  const char *root = getenv("INGOT_SOURCE");
  snprintf(g->directory, sizeof g->directory, "%s/tests/golden/answers", root ? root : ".");
  ig_error err;
  if (ig_json_load_in(g->directory, "expected.json", &g->json, &err) != IG_OK)
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

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  assert_non_null(text);
  return text;
}

static int int_of(const json_t *object, const char *key, int fallback) {
  const json_t *value = json_object_get(object, key);
  return value ? (int)json_integer_value(value) : fallback;
}

static ig_answerer *open_answerer(const goldens *g, ig_answerer_options options) {
  ig_error err;
  ig_answerer *answerer;
  options.max_length = int_of(g->json, "max_length", 0);
  options.stride = int_of(g->json, "stride", 0);
  const ig_ensemble ensemble = {.members = &(ig_ensemble_member){.directory = g->directory},
                                .count = 1};
  if (ig_answerer_open(&ensemble, &options, &answerer, &err) != IG_OK) fail_msg("%s", err.message);
  return answerer;
}

static size_t questions_of(const goldens *g, ig_question *questions) {
  const json_t *cases = json_object_get(g->json, "cases");
  const size_t count = json_array_size(cases);
  assert_in_range(count, 1, MOST_CASES);
  for (size_t i = 0; i < count; i++) {
    const json_t *c = json_array_get(cases, i);
    questions[i] = (ig_question){text_of(c, "question"), text_of(c, "context")};
  }
  return count;
}

typedef struct comparison {
  const char *kind;  // "pipeline" or "run_qa"
  size_t run;        // which options
  void (*compare)(const json_t *expected, const char *context, const ig_answers *found);
} comparison;

// All questions at once, and each alone.
static void compare_runs(const goldens *g, ig_answerer *answerer, const comparison *c) {
  ig_question questions[MOST_CASES];
  ig_answers together[MOST_CASES], alone;
  ig_error err;
  const size_t count = questions_of(g, questions);
  if (ig_answerer_run(answerer, questions, count, together, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++) {
    const json_t *expected = json_array_get(
        json_object_get(json_array_get(json_object_get(g->json, "cases"), i), c->kind), c->run);
    c->compare(expected, questions[i].context, &together[i]);
    assert_int_equal(ig_answerer_run(answerer, &questions[i], 1, &alone, NULL), IG_OK);
    assert_int_equal(alone.count, together[i].count);
    assert_int_equal(alone.chosen, together[i].chosen);
    for (size_t j = 0; j < alone.count; j++)
      assert_memory_equal(&alone.list[j].score, &together[i].list[j].score, sizeof(double));
    ig_answers_free(&alone);
    ig_answers_free(&together[i]);
  }
}

// ---- the pipeline -----------------------------------------------------------

static void compare_pipeline(const json_t *expected, const char *context, const ig_answers *found) {
  const json_t *answers = json_object_get(expected, "answers");
  assert_null(found->problem);
  assert_int_equal(found->count, json_array_size(answers));
  for (size_t i = 0; i < found->count; i++) {
    const json_t *wanted = json_array_get(answers, i);
    const ig_answer *answer = &found->list[i];
    assert_string_equal(answer->text, text_of(wanted, "answer"));
    assert_int_equal((int)answer->start_code, int_of(wanted, "start", -1));
    assert_int_equal((int)answer->end_code, int_of(wanted, "end", -1));
    assert_true(fabs(answer->score - json_real_value(json_object_get(wanted, "score"))) < 1e-6);
    assert_memory_equal(context + answer->begin, answer->text, answer->end - answer->begin);
  }
}

static size_t runs_of(const goldens *g, const char *kind) {
  return json_array_size(
      json_object_get(json_array_get(json_object_get(g->json, "cases"), 0), kind));
}

static const json_t *options_of(const goldens *g, const char *kind, size_t run) {
  const json_t *first = json_array_get(json_object_get(g->json, "cases"), 0);
  return json_object_get(json_array_get(json_object_get(first, kind), run), "options");
}

static void as_the_pipeline(void **state) {
  const goldens *g = *state;
  for (size_t run = 0; run < runs_of(g, "pipeline"); run++) {
    const json_t *o = options_of(g, "pipeline", run);
    ig_answerer_options options = ig_answerer_options_default();
    options.n_best = int_of(o, "top_k", 0);
    options.max_answer_length = int_of(o, "max_answer_len", 0);
    options.no_answer = json_is_true(json_object_get(o, "handle_impossible_answer"));
    options.part_words = json_is_false(json_object_get(o, "align_to_words"));
    ig_answerer *answerer = open_answerer(g, options);
    compare_runs(g, answerer, &(comparison){"pipeline", run, compare_pipeline});
    ig_answerer_free(answerer);
  }
}

// ---- run_qa -----------------------------------------------------------------

static void compare_run_qa(const json_t *expected, const char *context, const ig_answers *found) {
  (void)context;
  const char *wanted = text_of(expected, "answer");
  const char *text = found->chosen >= 0 ? found->list[found->chosen].text : "";
  assert_string_equal(found->nothing_found ? "empty" : text, wanted);
  const double odds = json_real_value(json_object_get(expected, "null_odds"));
  assert_true(fabs(found->null_odds - odds) < 1e-5);
  const json_t *n_best = json_object_get(expected, "n_best");
  assert_int_equal(found->count, json_array_size(n_best));
  for (size_t i = 0; i < found->count; i++) {
    const json_t *one = json_array_get(n_best, i);
    assert_string_equal(found->list[i].text, text_of(one, "text"));
    const double probability = json_real_value(json_object_get(one, "probability"));
    assert_true(fabs(found->list[i].score - probability) < 1e-5);
  }
}

static void as_run_qa(void **state) {
  const goldens *g = *state;
  for (size_t run = 0; run < runs_of(g, "run_qa"); run++) {
    const json_t *o = options_of(g, "run_qa", run);
    ig_answerer_options options = ig_answerer_options_default();
    options.post_processing = IG_POST_PROCESSING_RUN_QA;
    options.n_best = int_of(o, "n_best_size", 0);
    options.max_answer_length = int_of(o, "max_answer_length", 0);
    options.no_answer = json_is_true(json_object_get(o, "version_2_with_negative"));
    options.null_threshold = json_number_value(json_object_get(o, "null_score_diff_threshold"));
    ig_answerer *answerer = open_answerer(g, options);
    compare_runs(g, answerer, &(comparison){"run_qa", run, compare_run_qa});
    ig_answerer_free(answerer);
  }
}

// ---- questions that cannot be asked -----------------------------------------

enum { MOST_ASKED = 9 };

static void problems(void **state) {
  const goldens *g = *state;
  ig_answerer *answerer = open_answerer(g, ig_answerer_options_default());
  const char *long_question = "who who who who who who who who who who who who who who who who who";
  const ig_question asked[MOST_ASKED] = {
      {"", "The city."},
      {"Who?", ""},
      {long_question, "The city of Lyon is near the old bridge in Lyon."},
      {"Who \xff?", "The city."},
      {"Who?", "The city."},
      // A context that cannot be read is none for the next question either.
      {"Who?", " \n"},
      {"Who?", " \n"},
      {"Who?", "A \x93town\x94."},
      {"Who?", "A \x93town\x94."}};
  ig_answers found[MOST_ASKED];
  ig_error err;
  if (ig_answerer_run(answerer, asked, MOST_ASKED, found, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_string_equal(found[0].problem, "the question has no tokens");
  assert_string_equal(found[1].problem, "the context has no tokens");
  assert_non_null(strstr(found[2].problem, "leave 4 of a window's 24 to the context"));
  assert_non_null(strstr(found[3].problem, "UTF-8"));
  assert_null(found[4].problem);
  assert_int_equal(found[4].count, 1);
  for (int i = 5; i < MOST_ASKED; i++) {
    assert_non_null(found[i].problem);
    assert_non_null(strstr(found[i].problem, i < 7 ? "the context has no tokens" : "UTF-8"));
    assert_int_equal(found[i].count, 0);
  }
  assert_int_equal((int)ig_answerer_stats(answerer).problems, MOST_ASKED - 1);
  for (int i = 0; i < MOST_ASKED; i++) ig_answers_free(&found[i]);
  ig_answerer_free(answerer);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_pipeline), cmocka_unit_test(as_run_qa),
                                     cmocka_unit_test(problems)};
  return cmocka_run_group_tests(tests, open_goldens, close_goldens);
}
