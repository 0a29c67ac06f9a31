// What a search is made of: values of parameters, recipes with values, the table and its front, the
// same path for any interruption; commands that print a number.
#define _XOPEN_SOURCE 700
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/command.h"
#include "base/fail.h"
#include "fuse/recipe/recipe_file.h"
#include "fuse/search/search_recipes.h"
#include "fuse/search/searched_recipe.h"

static void fine(ig_status status, const ig_error *err) {
  if (status != IG_OK) fail_msg("%s", err->message);
}

// ---- values -----------------------------------------------------------------

static void value_is(const ig_search_parameter *p, double at, double expected) {
  json_t *value = ig_search_space_value(p, at);
  assert_true(json_number_value(value) == expected);
  json_decref(value);
}

static void values_have_few_digits(void **state) {
  (void)state;
  const ig_search_parameter unit = {.name = "unit", .range = {0, 1}, .listed = NULL},
                            wide = {.name = "wide", .range = {-2000, 3000}, .listed = NULL},
                            thin = {.name = "thin", .range = {1, 1.002}, .listed = NULL};
  value_is(&unit, 1.0 / 3, 0.3333);
  value_is(&unit, 0, 0);
  value_is(&unit, 1, 1);
  value_is(&wide, 0.123456, -1382.7);
  value_is(&thin, 1.0 / 3, 1.0006667);
  json_t *listed = json_pack("[s, i, f]", "bleu", 7, 0.5);
  const ig_search_parameter list = {.name = "list", .range = {0}, .listed = listed};
  for (size_t i = 0; i < ig_search_space_checks(&list); i++) {
    json_t *value = ig_search_space_value(&list, ig_search_space_check(&list, i));
    assert_true(json_equal(value, json_array_get(listed, i)));
    json_decref(value);
  }
  json_decref(listed);
}

// ---- recipes ----------------------------------------------------------------

static const char recipe_text[] =
    "merge_method: task_arithmetic\n"
    "base_model: p\n"
    "models:\n"
    "  - {model: a, parameters: {weight: [{select: encoder, value: $x}, {value: $y}]}}\n"
    "  - {model: $which, parameters: {weight: 1}}\n"
    "search:\n"
    "  method: grid\n"
    "  parameters: {x: [0, 1], y: [-1, 3], which: {values: [b, c]}}\n"
    "  evaluations: 32\n";

static ig_recipe_file read_recipe(const char *text) {
  ig_recipe_file file;
  ig_error err = {0};
  fine(ig_recipe_file_parse(text, strlen(text), "r.yml", &file, &err), &err);
  return file;
}

static void names_become_values(void **state) {
  (void)state;
  ig_recipe_file file = read_recipe(recipe_text), made;
  ig_error err = {0};
  const ig_recipe *middle = &file.recipes[0];
  assert_non_null(middle->search);
  assert_string_equal(middle->modules[0].slices->sources[1].model, "c");
  json_t *values = json_pack("{s:f, s:f, s:s}", "x", 0.25, "y", -1.0, "which", "b");
  fine(ig_searched_recipe_make(middle->search, values, "r.yml", &made, &err), &err);
  assert_null(made.recipes[0].search);
  assert_string_equal(made.recipes[0].modules[0].slices->sources[1].model, "b");
  const json_t *weight = json_object_get(
      json_object_get(json_array_get(json_object_get(made.recipes[0].document, "models"), 0),
                      "parameters"),
      "weight");
  assert_true(json_real_value(json_object_get(json_array_get(weight, 0), "value")) == 0.25);
  assert_true(json_real_value(json_object_get(json_array_get(weight, 1), "value")) == -1);
  assert_null(json_object_get(made.recipes[0].document, "search"));
  json_decref(values);
  ig_recipe_file_free(&made);
  ig_recipe_file_free(&file);
}

static void ends_of_ranges_are_checked(void **state) {
  (void)state;
  const char *text =
      "merge_method: ties\nbase_model: p\nmodels:\n"
      "  - {model: a, parameters: {weight: 1,\n      density: $d}}\n"
      "search: {parameters: {d: [0.5, 1.5]}}\n";
  ig_recipe_file file;
  ig_error err = {0};
  assert_int_equal(ig_recipe_file_parse(text, strlen(text), "r.yml", &file, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "r.yml:5: models[0].parameters.density"));
  ig_recipe_file_free(&file);
}

// ---- the table --------------------------------------------------------------

static void the_front_is_not_dominated(void **state) {
  (void)state;
  const double scores[][2] = {{1, 5}, {2, 4}, {2, 3}, {4, 1}, {1, 5}, {0, 0}};
  const bool front[] = {true, true, false, true, true, false};
  ig_search_objective objectives[2] = {{.name = "a", .weight = 1}, {.name = "b", .weight = 3}};
  const ig_search_space space = {.objectives = objectives, .objective_count = 2};
  ig_search_table t = {.space = &space};
  for (size_t i = 0; i < 6; i++) {
    json_t *values = json_pack("{s:i}", "x", (int)i);
    assert_int_equal(ig_search_table_add(&t, values, scores[i], NULL), IG_OK);
    json_decref(values);
  }
  ig_search_table_judge(&t);
  for (size_t i = 0; i < 6; i++) assert_int_equal(t.rows[i].in_front, front[i]);
  assert_int_equal(t.best, 0);  // (1 + 15) / 4, and the first of the two
  assert_true(t.rows[0].mean == 4);
  objectives[1].weight = 0.1;
  ig_search_table u = {.space = &space};
  json_t *values = json_pack("{s:i}", "x", 0);
  for (size_t i = 0; i < 6; i++)
    assert_int_equal(ig_search_table_add(&u, values, scores[i], NULL), IG_OK);
  ig_search_table_judge(&u);
  assert_int_equal(u.best, 3);
  json_decref(values);
  ig_search_table_free(&t);
  ig_search_table_free(&u);
}

// ---- the path ---------------------------------------------------------------

typedef struct scorer {
  int calls, most;  // after `most` calls it fails
  double end;       // of x, from which on recipes are impossible
} scorer;

// The best is x 0.8, y 0.1.
static ig_status score(void *context, const json_t *values, double *scores, bool *impossible,
                       ig_error *err) {
  scorer *s = context;
  if (s->calls == s->most) return IG_INTERRUPTED;
  s->calls++;
  *impossible = json_number_value(json_object_get(values, "x")) >= s->end;
  if (*impossible) return ig_fail(err, IG_ERROR_FORMAT, "too far at call %d", s->calls);
  const double x = json_number_value(json_object_get(values, "x")) - 0.8,
               y = json_number_value(json_object_get(values, "y")) - 0.1;
  scores[0] = -x * x - 3 * y * y;
  return IG_OK;
}

// *s: its calls are counted from 0.
static ig_status search(const ig_search_space *space, const char *path, scorer *s,
                        ig_search_table *table, ig_error *err) {
  s->calls = 0;
  const ig_reporter nobody = {0};
  const ig_search_recipes_args args = {.space = space,
                                       .label = "search",
                                       .identity = "one",
                                       .state_path = path,
                                       .reporter = &nobody,
                                       .interrupter = NULL,
                                       .score = score,
                                       .context = s};
  return ig_search_recipes(&args, table, err);
}

static ig_recipe_file read_search(void) {
  return read_recipe(
      "merge_method: task_arithmetic\nbase_model: p\nmodels:\n"
      "  - {model: a, parameters: {weight: $x}}\n  - {model: b, parameters: {weight: $y}}\n"
      "search: {parameters: {x: [0, 1], y: [0, 1]}, evaluations: 60, seed: 2}\n");
}

static void name_state(char path[]) {
  const int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  close(descriptor);
  unlink(path);
}

static void is_same_table(const ig_search_table *a, const ig_search_table *b) {
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->best, b->best);
  for (size_t i = 0; i < b->count; i++) {
    assert_true(json_equal(a->rows[i].values, b->rows[i].values));
    assert_true(a->rows[i].mean == b->rows[i].mean);
  }
}

// Returns how many of the recipes were impossible.
static int take_path(double end) {
  ig_recipe_file file = read_search();
  const ig_search_space *space = file.recipes[0].search;
  char path[] = "fuse_search.XXXXXX";
  ig_error err = {0};
  ig_search_table whole, parts;
  scorer s = {.most = 1000, .end = end};
  name_state(path);
  fine(search(space, path, &s, &whole, &err), &err);
  assert_int_equal(s.calls, (int)whole.count);
  assert_true(whole.rows[whole.best].mean > -0.01);
  unlink(path);
  s.most = 7;
  for (int again = 0; again < 9; again++) {
    const ig_status status = search(space, path, &s, &parts, &err);
    ig_search_table_free(&parts);
    if (status == IG_OK) break;
    assert_int_equal(s.calls, 7);
  }
  s.most = 0;
  fine(search(space, path, &s, &parts, &err), &err);
  is_same_table(&parts, &whole);
  int impossible = 0;
  for (size_t i = 0; i < whole.count; i++) {
    const double x = json_number_value(json_object_get(whole.rows[i].values, "x"));
    assert_int_equal(whole.rows[i].impossible != NULL, x >= end);
    impossible += x >= end;
  }
  unlink(path);
  ig_search_table_free(&whole);
  ig_search_table_free(&parts);
  ig_recipe_file_free(&file);
  return impossible;
}

static void stopped_anywhere_it_takes_the_same_path(void **state) {
  (void)state;
  assert_int_equal(take_path(2), 0);
}

// The best is next to what is impossible; the search goes on, and comes near it all the same.
static void what_is_impossible_counts_as_the_worst(void **state) {
  (void)state;
  assert_true(take_path(0.85) > 3);
}

static void one_recipe_must_be_possible(void **state) {
  (void)state;
  ig_recipe_file file = read_search();
  char path[] = "fuse_search.XXXXXX";
  ig_error err = {0};
  ig_search_table table;
  scorer s = {.most = 1000, .end = -1};
  name_state(path);
  assert_int_equal(search(file.recipes[0].search, path, &s, &table, &err), IG_ERROR_FORMAT);
  assert_int_equal(table.best, table.count);
  if (!strstr(err.message, "none of 60 recipes could be carried out; the first: too far at call 1"))
    fail_msg("%s", err.message);
  json_t *rows = ig_search_table_json(&table);
  const json_t *why = json_object_get(json_array_get(rows, 59), "impossible");
  assert_string_equal(json_string_value(why), "too far at call 60");
  json_decref(rows);
  unlink(path);
  ig_search_table_free(&table);
  ig_recipe_file_free(&file);
}

// ---- commands ---------------------------------------------------------------

static void a_command_says_what_it_wrote(void **state) {
  (void)state;
  char *output, line[64];
  ig_error err = {0};
  fine(ig_command_run("printf '%s\\n' first", "a b; c", NULL, &output, &err), &err);
  assert_string_equal(output, "first\na b; c\n");
  ig_command_last_line(output, line, sizeof line);
  assert_string_equal(line, "a b; c");
  free(output);
  assert_int_equal(ig_command_run("echo bad; exit 7;", "x", NULL, &output, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "exit code 7: 'bad'"));
  assert_null(output);
  assert_int_equal(ig_command_run("kill -9 $$;", "x", NULL, &output, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "signal 9"));
  fine(ig_command_run("head -c 5000000 /dev/zero | tr '\\0' 'x'; echo; echo 1.5; :", "", NULL,
                      &output, &err),
       &err);
  ig_command_last_line(output, line, sizeof line);
  assert_string_equal(line, "1.5");
  free(output);
  ig_command_last_line(" \n\t", line, sizeof line);
  assert_string_equal(line, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_have_few_digits),
      cmocka_unit_test(names_become_values),
      cmocka_unit_test(ends_of_ranges_are_checked),
      cmocka_unit_test(the_front_is_not_dominated),
      cmocka_unit_test(stopped_anywhere_it_takes_the_same_path),
      cmocka_unit_test(what_is_impossible_counts_as_the_worst),
      cmocka_unit_test(one_recipe_must_be_possible),
      cmocka_unit_test(a_command_says_what_it_wrote),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
