// Arrays of texts: each has what the same translator gives of it alone, its numbers are those that
// lines and scoring have, and what is wrong with one text is that text's.
#include "translator_fixture.h"

#include <math.h>

#include "ingot_texts.h"

enum { TEXTS = 40 };

static ig_translations *run(ig_translator *t, const char *const *texts, size_t count,
                            ig_texts_options options) {
  ig_translations *found;
  ig_error err = {0};
  if (ig_translate_texts(t, texts, count, &options, &found, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_int_equal(found->count, count);
  return found;
}

// What the lines of a stream say of a translation: "score<TAB>log-probabilities<TAB>text".
static void expect_line(const char *line, const ig_translation *t) {
  char number[32], *end;
  snprintf(number, sizeof number, "%.6f", (double)t->score);
  assert_memory_equal(line, number, strlen(number));
  line = strchr(line, '\t') + 1;
  for (int i = 0; i < t->count; i++, line = end)
    assert_true(fabs(strtod(line, &end) - (double)t->log_probs[i]) < 1e-6);
  assert_int_equal(*line, '\t');
  assert_string_equal(line + 1, t->text);
}

// The same texts as a stream: the same texts, scores and log-probabilities.
static void as_lines(void **state) {
  (void)state;
  const char **lines = some_lines();
  lines[7] = "";
  static const struct { int beam, n_best; } cases[] = {{1, 1}, {4, 1}, {4, 3}};
  for (size_t c = 0; c < 3; c++) {
    ig_translator_options o = options_of(cases[c].beam, cases[c].n_best);
    ig_translator *t = open_with(o);
    ig_translations *found = run(t, lines, LINES, (ig_texts_options){.log_probs = true});
    o.score_columns = IG_SCORE_COLUMNS_TOKENS;
    streams s = {.lines = lines, .count = LINES};
    translate(o, &s);
    const size_t n = (size_t)cases[c].n_best;
    assert_int_equal(found->n_best, n);
    for (size_t i = 0; i < LINES; i++) {
      assert_int_equal(found->texts[i].status, IG_OK);
      assert_int_equal(found->texts[i].sentences, 1);
      assert_string_equal(found->texts[i].text, found->texts[i].translations[0].text);
      for (size_t k = 0; k < n; k++)
        expect_line(s.out[i * n + k], &found->texts[i].translations[k]);
    }
    release(&s);
    ig_translations_free(found);
    ig_translator_free(t);
  }
}

// The words of a line of ids, and of its log-probabilities, as numbers.
static int read_numbers(const char *line, double *out) {
  int count = 0;
  char *end;
  for (double value = strtod(line, &end); end != line; value = strtod(line = end, &end))
    out[count++] = value;
  return count;
}

// The ids are those that ids_out writes, and their log-probabilities those that scoring gives them.
static void ids_and_scoring(void **state) {
  (void)state;
  const char **lines = some_lines();
  ig_translator_options o = options_of(4, 1);
  o.length_penalty = 0.5F;
  ig_translator *t = open_with(o);
  ig_translations *found = run(t, lines, TEXTS, (ig_texts_options){.log_probs = true});
  o.ids_out = true;
  streams ids = {.lines = lines, .count = TEXTS};
  translate(o, &ids);
  double numbers[64];
  for (size_t i = 0; i < TEXTS; i++) {
    const ig_translation *best = found->texts[i].translations;
    assert_int_equal(read_numbers(ids.out[i], numbers), best->count);
    double sum = 0;
    for (int j = 0; j < best->count; j++) {
      assert_int_equal((int)numbers[j], best->ids[j]);
      sum += (double)best->log_probs[j];
    }
    if (best->count > 0)
      assert_true(fabs(sum / sqrt((double)best->count) - (double)best->score) < 1e-4);
  }
  ig_translations_free(found);
  // Without text: only the ids.
  ig_translator *without = open_with(o);
  found = run(without, lines, TEXTS, (ig_texts_options){.log_probs = false});
  for (size_t i = 0; i < TEXTS; i++) {
    assert_null(found->texts[i].text);
    assert_null(found->texts[i].translations[0].text);
    assert_null(found->texts[i].translations[0].log_probs);
    assert_int_equal(read_numbers(ids.out[i], numbers), found->texts[i].translations[0].count);
  }
  release(&ids);
  ig_translations_free(found);
  ig_translator_free(without);
  ig_translator_free(t);
}

// A blank text has a score of 0 where others have one, and no log-probabilities.
static void expect_blank(ig_translator *t, bool log_probs, bool scored) {
  const char *texts[] = {"w1", " "};
  ig_translations *found = run(t, texts, 2, (ig_texts_options){.log_probs = log_probs});
  for (int k = 0; k < found->n_best; k++) {
    const ig_translation *blank = &found->texts[1].translations[k];
    assert_true(scored ? blank->score == 0 : isnan(blank->score));
    assert_int_equal(isnan(found->texts[0].translations[k].score), isnan(blank->score));
    assert_true(!blank->log_probs && blank->count == 0);
  }
  ig_translations_free(found);
}

static void only_what_is_asked_for(void **state) {
  (void)state;
  const char *texts[] = {"w1 w2 w3", "w4"};
  ig_translator *greedy = open_with(options_of(1, 1)), *beams = open_with(options_of(4, 2));
  ig_translations *found = run(greedy, texts, 2, (ig_texts_options){.log_probs = false});
  assert_true(isnan(found->texts[0].translations[0].score));
  assert_null(found->texts[0].translations[0].log_probs);
  assert_null(found->texts[0].translations[0].alignment);
  ig_translations_free(found);
  found = run(greedy, texts, 2, (ig_texts_options){.log_probs = true});
  assert_true(found->texts[0].translations[0].score < 0);
  ig_translations_free(found);
  found = run(greedy, texts, 2, (ig_texts_options){.log_probs = false});  // of that call alone
  assert_null(found->texts[0].translations[0].log_probs);
  ig_translations_free(found);
  found = run(beams, texts, 2, (ig_texts_options){.log_probs = false});
  const ig_translation *two = found->texts[0].translations;
  assert_true(two[0].score < 0 && two[0].score >= two[1].score);
  ig_translations_free(found);
  expect_blank(greedy, false, false);
  expect_blank(greedy, true, true);
  expect_blank(beams, false, true);
  assert_int_equal(ig_translate_texts(beams, NULL, 0, NULL, &found, NULL), IG_OK);
  assert_int_equal(found->count, 0);
  ig_translations_free(found);
  ig_translator_free(beams);
  ig_translator_free(greedy);
}

// A text of several sentences: what ig_translate gives of it, and of each sentence what it has
// alone, also with log-probabilities, of which a line would have to be one sentence.
static void texts_of_sentences(void **state) {
  (void)state;
  static const char *const sentences[] = {"w1 w2", "w3 w4 four!", "w5 w6"};
  const char *texts[] = {"w7 w8", "w1 w2\n\nw3 w4 four!\r\nw5 w6", "", "w9"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  ig_translations *found =
      run(t, texts, 4, (ig_texts_options){.log_probs = true, .alignments = true});
  for (size_t i = 0; i < 4; i++) {
    char *whole;
    assert_int_equal(ig_translate(t, texts[i], &whole, NULL), IG_OK);
    assert_string_equal(found->texts[i].text, whole);
    free(whole);
  }
  assert_int_equal(found->texts[1].sentences, 3);
  ig_translations *alone =
      run(t, sentences, 3, (ig_texts_options){.log_probs = true, .alignments = true});
  int next = 0;
  for (size_t i = 0; i < 3; i++) {
    const ig_translation *in = &found->texts[1].translations[i],
                         *out = alone->texts[i].translations;
    assert_string_equal(in->text, out->text);
    assert_int_equal(in->count, out->count);
    assert_memory_equal(in->ids, out->ids, (size_t)in->count * sizeof(int));
    assert_memory_equal(in->log_probs, out->log_probs, (size_t)in->count * sizeof(float));
    assert_memory_equal(&in->score, &out->score, sizeof in->score);
    assert_int_equal(in->alignment->line, 2);
    assert_int_equal(in->alignment->ends_line, i == 2);
    assert_int_equal(in->alignment->source_positions[0], next);  // they go on
    next = in->alignment->source_positions[in->alignment->source_count - 2] + 1;
  }
  assert_int_equal(found->texts[2].sentences, 1);
  assert_int_equal(found->texts[2].translations[0].count, 0);
  assert_null(found->texts[2].translations[0].alignment);
  ig_translations_free(alone);
  ig_translations_free(found);
  ig_translator_free(t);
}

typedef struct expected_alignments {
  const ig_translations *found;
  size_t seen;
} expected_alignments;

static void expect_pieces(const char *const *found, const char *const *expected, int count) {
  for (int i = 0; i < count; i++) assert_string_equal(found[i], expected[i]);
}

// Each that the callback gets is that of the translation, in the order of the output.
static ig_status expect_alignment(void *context, const ig_token_alignment *a, ig_error *err) {
  (void)err;
  expected_alignments *e = context;
  const ig_translations *all = e->found;
  const size_t n = (size_t)all->n_best;
  const ig_token_alignment *b = all->texts[e->seen / n].translations[e->seen % n].alignment;
  e->seen++;
  if (a->target_count == 0) {
    assert_null(b);
    return IG_OK;
  }
  assert_int_equal(a->line, b->line);
  assert_int_equal(a->hypothesis, b->hypothesis);
  assert_int_equal(a->source_count, b->source_count);
  assert_int_equal(a->target_count, b->target_count);
  const size_t sources = (size_t)a->source_count, targets = (size_t)a->target_count;
  assert_memory_equal(a->source_ids, b->source_ids, sources * sizeof(int));
  assert_memory_equal(a->target_ids, b->target_ids, targets * sizeof(int));
  assert_memory_equal(a->source_positions, b->source_positions, sources * sizeof(int));
  assert_memory_equal(a->target_positions, b->target_positions, targets * sizeof(int));
  assert_memory_equal(a->links, b->links, targets * sizeof(int));
  assert_memory_equal(a->weights, b->weights, sources * targets * sizeof(float));
  expect_pieces(a->source_pieces, b->source_pieces, a->source_count);
  expect_pieces(a->target_pieces, b->target_pieces, a->target_count);
  return IG_OK;
}

static void alignments_of_a_callback(void **state) {
  (void)state;
  const char **lines = some_lines();
  lines[5] = "";
  lines[6] = "w1 w777 w2 w778";  // pieces that the vocabulary lacks
  ig_translator_options o = options_of(4, 2);
  ig_translator *t = open_with(o);
  ig_translations *found = run(t, lines, TEXTS, (ig_texts_options){.alignments = true});
  ig_translator_free(t);  // the results stay
  expected_alignments e = {.found = found};
  o.alignments = (ig_alignment_options){.write = expect_alignment, .context = &e};
  streams s = {.lines = lines, .count = TEXTS};
  translate(o, &s);
  assert_int_equal(e.seen, 2 * TEXTS);
  release(&s);
  ig_translations_free(found);
}

// The others are translated as without it.
static void refused_texts(void **state) {
  (void)state;
  const char *texts[] = {"w1 w2", "w3 w4 four! w5 \xff w6", "w7", "\xc3", "w8 w9"};
  const char *fine[] = {"w1 w2", "w7", "w8 w9"};
  ig_translator_options o = options_of(4, 1);
  o.strict = true;
  ig_translator *t = open_with(o);
  ig_translations *found = run(t, texts, 5, (ig_texts_options){.alignments = true}),
                  *expected = run(t, fine, 3, (ig_texts_options){.alignments = true});
  for (size_t i = 0; i < 5; i++) {
    const ig_translated_text *text = &found->texts[i];
    if (i % 2 == 0) {
      assert_int_equal(text->status, IG_OK);
      assert_null(text->message);
      assert_string_equal(text->text, expected->texts[i / 2].text);
      continue;
    }
    assert_int_equal(text->status, IG_ERROR_FORMAT);
    assert_non_null(strstr(text->message, "UTF-8"));
    assert_true(!text->text && !text->translations && text->sentences == 0);
  }
  const ig_translate_stats stats = ig_translator_stats(t);
  assert_int_equal(stats.sentences, 2 * 3);
  assert_int_equal(stats.lines, 5 + 3);
  ig_translations_free(expected);
  ig_translations_free(found);
  ig_translator_free(t);
  // Without `strict` they are read as they can be, and counted.
  o.strict = false;
  t = open_with(o);
  found = run(t, texts, 5, (ig_texts_options){.log_probs = false});
  for (size_t i = 0; i < 5; i++) assert_int_equal(found->texts[i].status, IG_OK);
  assert_int_equal(ig_translator_stats(t).repaired, 2);
  ig_translations_free(found);
  ig_translator_free(t);
}

static void write_glossary(char path[64], const char *text) {
  snprintf(path, 64, "%s/terms.tsv", directory);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

// Terms are looked for in UTF-8 alone: a text that is refused has none, and lacks none.
static void refused_texts_have_no_terms(void **state) {
  (void)state;
  const char *texts[] = {"w3 w1", "w3 \xff w3", "w3 \xf0"};
  char path[64];
  write_glossary(path, "w3\tw4\n");
  ig_translator_options o = options_of(4, 1);
  o.strict = true;
  o.glossary = path;
  ig_translator *t = open_with(o);
  ig_translations *found = run(t, texts, 3, (ig_texts_options){.log_probs = false});
  assert_int_equal(found->texts[0].status, IG_OK);
  for (size_t i = 1; i < 3; i++) assert_int_equal(found->texts[i].status, IG_ERROR_FORMAT);
  const ig_translate_stats stats = ig_translator_stats(t);
  assert_int_equal(stats.glossary_terms, 1);
  assert_int_equal(stats.missing_terms, 0);
  ig_translations_free(found);
  ig_translator_free(t);
}

static void refused_ids(void **state) {
  (void)state;
  const char *texts[] = {"5 6 0", "5 x", "7 0", "99999"};
  ig_translator_options o = options_of(1, 1);
  o.ids_in = o.ids_out = true;
  ig_translator *t = open_with(o);
  ig_translations *found = run(t, texts, 4, (ig_texts_options){.log_probs = true});
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(found->texts[i].status, i % 2 ? IG_ERROR_FORMAT : IG_OK);
  assert_non_null(strstr(found->texts[1].message, "found 'x'"));
  ig_translations_free(found);
  // Of a stream the line is an error, as before.
  streams s = {.lines = texts, .count = 4};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  ig_error err = {0};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 2: "));
  release(&s);
  ig_translator_free(t);
}

static void failing_calls(void **state) {
  (void)state;
  const char *texts[] = {"w1 w2", "w3", NULL};
  ig_interrupter *interrupter;
  ig_translations *found = (ig_translations *)texts;
  ig_error err = {0};
  assert_int_equal(ig_interrupter_create(&interrupter, NULL), IG_OK);
  ig_translator_options o = options_of(1, 1);
  o.interrupter = interrupter;
  ig_translator *t = open_with(o);
  assert_int_equal(ig_translate_texts(t, texts, 3, NULL, &found, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "text 3"));
  assert_null(found);
  ig_interrupt(interrupter);
  assert_int_equal(ig_translate_texts(t, texts, 2, NULL, &found, &err), IG_INTERRUPTED);
  assert_null(found);
  ig_interrupter_reset(interrupter);
  assert_int_equal(ig_translate_texts(t, texts, 2, NULL, &found, &err), IG_OK);
  ig_translations_free(found);
  ig_translator_free(t);
  ig_interrupter_free(interrupter);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_lines),
      cmocka_unit_test(ids_and_scoring),
      cmocka_unit_test(only_what_is_asked_for),
      cmocka_unit_test(texts_of_sentences),
      cmocka_unit_test(alignments_of_a_callback),
      cmocka_unit_test(refused_texts),
      cmocka_unit_test(refused_texts_have_no_terms),
      cmocka_unit_test(refused_ids),
      cmocka_unit_test(failing_calls),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
