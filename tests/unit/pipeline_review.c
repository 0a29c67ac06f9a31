// Alignments by the library: one for each translation in the order of the output, with tokens,
// places and weights; a caller's error ends the work and leaves the lines.
#include "translator_fixture.h"

#include <math.h>

#include "pipeline/translator.h"

typedef struct kept_alignments {
  size_t count, fail_at;
  size_t line[8 * LINES];
  int hypothesis[8 * LINES], source_count[8 * LINES], target_count[8 * LINES];
} kept_alignments;

static ig_status keep_alignment(void *context, const ig_token_alignment *a, ig_error *err) {
  (void)err;
  kept_alignments *k = context;
  if (k->fail_at && k->count == k->fail_at) return IG_ERROR_IO;
  k->line[k->count] = a->line;
  k->hypothesis[k->count] = a->hypothesis;
  k->source_count[k->count] = a->source_count;
  k->target_count[k->count++] = a->target_count;
  for (int j = 0; j < a->target_count; j++) {
    const float *row = a->weights + (size_t)j * (size_t)a->source_count;
    double sum = 0;
    for (int i = 0; i < a->source_count; i++) sum += (double)row[i];
    assert_true(fabs(sum - 1) < 1e-5);
    assert_true(a->target_pieces[j] != NULL);
    assert_int_equal(a->links[j] < 0, a->target_positions[j] < 0);
    for (int i = 0; i < a->source_count; i++)
      if (a->links[j] >= 0 && a->source_positions[i] >= 0) assert_true(row[i] <= row[a->links[j]]);
  }
  // Each source ends with the end token, which has no place.
  if (a->source_count) assert_int_equal(a->source_positions[a->source_count - 1], -1);
  return IG_OK;
}

static ig_translator_options aligned_options(kept_alignments *k, int n_best, int batch_tokens) {
  ig_translator_options o = options_of(4, n_best);
  o.batch_tokens = batch_tokens;
  o.alignments = (ig_alignment_options){.write = keep_alignment, .context = k, .head = 2};
  return o;
}

static void each_translation(void **state) {
  (void)state;
  const char **lines = some_lines();
  lines[3] = "";
  for (int n_best = 1; n_best <= 2; n_best++) {
    kept_alignments k = {0};
    streams s = {.lines = lines, .count = LINES};
    translate(aligned_options(&k, n_best, 40), &s);
    assert_int_equal(k.count, n_best * LINES);
    for (size_t i = 0; i < k.count; i++) {
      assert_int_equal(k.line[i], i / (size_t)n_best + 1);
      assert_int_equal(k.hypothesis[i], i % (size_t)n_best);
      const bool blank = !*lines[k.line[i] - 1];
      assert_int_equal(k.source_count[i] == 0, blank);
      assert_int_equal(k.target_count[i] == 0, blank);
    }
    release(&s);
  }
}

static void caller_fails(void **state) {
  (void)state;
  kept_alignments k = {.fail_at = 5};
  streams s = {.lines = some_lines(), .count = LINES};
  ig_translator *t = open_with(aligned_options(&k, 1, 0));
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  ig_error err = {0};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "alignments: write"));
  assert_int_equal(s.written, LINES);
  release(&s);
  ig_translator_free(t);
}

// Positions begin anew in each stream, also where both have one line.
typedef struct first_places {
  int count, place[2];
} first_places;

static ig_status keep_first_place(void *context, const ig_token_alignment *a, ig_error *err) {
  (void)err;
  first_places *f = context;
  f->place[f->count++] = a->source_positions[0];
  return IG_OK;
}

static void streams_one_after_the_other(void **state) {
  (void)state;
  first_places f = {0};
  ig_translator_options o = options_of(1, 1);
  o.alignments = (ig_alignment_options){.write = keep_first_place, .context = &f};
  ig_translator *t = open_with(o);
  for (int i = 0; i < 2; i++) {
    char *out;
    assert_int_equal(ig_translate(t, "w1 w2 w3", &out, NULL), IG_OK);
    free(out);
  }
  assert_int_equal(f.count, 2);
  assert_true(f.place[0] == 0 && f.place[1] == 0);
  ig_translator_free(t);
}

static void refused(void **state) {
  (void)state;
  kept_alignments k = {0};
  ig_translator *t;
  ig_error err;
  ig_translator_options o = aligned_options(&k, 1, 0);
  o.alignments.head = -1;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o.alignments.head = 0;
  o.alignments.layer = 100;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o.alignments.layer = -100;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_translation), cmocka_unit_test(caller_fails),
      cmocka_unit_test(streams_one_after_the_other), cmocka_unit_test(refused)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
