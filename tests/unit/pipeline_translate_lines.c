// Lines through a translator: the same lines whatever the batches, threads and workers, in a
// stream, one by one, with a model in memory; and the scores of what was found.
#include "translator_fixture.h"

#include <math.h>

#include "model/arch/marian_tokenizers.h"
#include "model/run/pack.h"
#include "pipeline/translate_model.h"
#include "pipeline/translator.h"

static void test_batches_and_threads_change_nothing(void **state) {
  (void)state;
  static const struct {
    int threads, workers, batch_tokens;
  } ways[] = {{1, 0, 1},   {1, 0, 64}, {2, 0, 2048}, {2, 0, 40},
              {2, 1, 100}, {1, 3, 50}, {1, 1, 200},  {2, 2, 300}};
  for (int beam = 1; beam <= 4; beam += 3) {
    streams expected = {.lines = some_lines(), .count = LINES};
    translate(options_of(beam, beam), &expected);
    assert_int_equal(expected.written, LINES * (size_t)beam);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
      streams found = {.lines = some_lines(), .count = LINES};
      ig_translator_options o = options_of(beam, beam);
      o.threads = ways[i].threads;
      o.workers = ways[i].workers;
      o.batch_tokens = ways[i].batch_tokens;
      translate(o, &found);
      expect_same(&found, &expected);
      release(&found);
    }
    release(&expected);
  }
}

// How many lines had been answered when the last line was asked for.
static size_t answered;

static ig_status read_watched(void *context, const char **line, size_t *length, ig_error *err) {
  const streams *s = context;
  if (s->next + 1 == s->count) answered = s->written;
  return read_line(context, line, length, err);
}

static bool before_the_last(void *context) {
  const streams *s = context;
  return s->next + 1 != s->count;
}

static void test_what_is_read_is_answered_before_waiting(void **state) {
  (void)state;
  ig_error err;
  const char **lines = some_lines();
  ig_translator *t = open_with(options_of(1, 1));
  for (int asked = 0; asked < 2; asked++) {
    streams s = {.lines = lines, .count = 10};
    const ig_line_stream stream = {.read = read_watched,
                                   .write = write_line,
                                   .context = &s,
                                   .ready = asked ? before_the_last : NULL};
    assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_OK);
    assert_int_equal(s.written, 10);
    assert_int_equal(answered, asked ? 9 : 0);
    release(&s);
  }
  ig_translator_free(t);
}

static ig_status fail_to_read(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  const streams *s = context;
  return s->next == s->count ? IG_ERROR_IO : read_line(context, line, length, err);
}

static ig_status fail_to_write(void *context, const char *line, size_t length, ig_error *err) {
  (void)context, (void)line, (void)length, (void)err;
  return IG_ERROR_MEMORY;
}

static ig_status fail_with_words(void *context, const char *line, size_t length, ig_error *err) {
  (void)context, (void)line, (void)length;
  snprintf(err->message, sizeof err->message, "the disk is gone");
  return IG_ERROR_IO;
}

// A caller's function that gives a status and no message; and one that gives both.
static void test_functions_that_fail_in_silence(void **state) {
  (void)state;
  ig_translator *t = open_with(options_of(1, 1));
  const struct {
    ig_line_stream stream;
    ig_status status;
    const char *message;
  } cases[] = {{{.read = fail_to_read, .write = write_line}, IG_ERROR_IO, "read function failed"},
               {{.read = read_line, .write = fail_to_write}, IG_ERROR_MEMORY, "write function"},
               {{.read = read_line, .write = fail_with_words}, IG_ERROR_IO, "the disk is gone"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    streams s = {.lines = some_lines(), .count = 3};
    ig_line_stream stream = cases[i].stream;
    stream.context = &s;
    ig_error err = {0};
    assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), cases[i].status);
    assert_int_equal(err.status, cases[i].status);
    if (!strstr(err.message, cases[i].message)) fail_msg("%s", err.message);
    release(&s);
  }
  ig_translator_free(t);
}

static ig_interrupter *interrupter;

static ig_status interrupt_and_read(void *context, const char **line, size_t *length,
                                    ig_error *err) {
  ig_interrupt(interrupter);
  return read_line(context, line, length, err);
}

// The interrupter is seen before a line that was read is looked through for its sentences.
static void test_reading_ends_at_once(void **state) {
  (void)state;
  ig_error err = {0};
  assert_int_equal(ig_interrupter_create(&interrupter, &err), IG_OK);
  ig_translator_options o = options_of(1, 1);
  o.interrupter = interrupter;
  ig_translator *t = open_with(o);
  streams s = {.lines = some_lines(), .count = 3};
  const ig_line_stream stream = {.read = interrupt_and_read, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, &err), IG_INTERRUPTED);
  assert_int_equal(t->window.count, 0);
  assert_int_equal(s.next, 1);
  assert_int_equal(s.written, 0);
  release(&s);
  ig_translator_free(t);
  ig_interrupter_free(interrupter);
}

static void test_blank_lines(void **state) {
  (void)state;
  const char *lines[] = {"", "w1 w2", "  "};
  streams s = {.lines = lines, .count = 3};
  translate(options_of(1, 1), &s);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[0], "");
  assert_string_equal(s.out[2], "");
  release(&s);
  translate(options_of(2, 2), &s);
  assert_int_equal(s.written, 6);
  assert_string_equal(s.out[1], "0.000000\t");
  release(&s);
  ig_translator *t = open_with(options_of(2, 2));
  char *out;
  assert_int_equal(ig_translate(t, "", &out, NULL), IG_OK);
  assert_string_equal(out, "0.000000\t\n0.000000\t");
  free(out);
  ig_translator_free(t);
}

static void test_lengths(void **state) {
  (void)state;
  for (int beam = 1; beam <= 4; beam += 3) {
    ig_translator_options o = options_of(beam, 1);
    o.min_length = o.max_length = 9;
    o.ids_out = true;
    streams s = {.lines = some_lines(), .count = LINES};
    translate(o, &s);
    expect_length(&s, 9);
    release(&s);
  }
}

static void test_scores_agree_with_the_search(void **state) {
  (void)state;
  const char *lines[] = {"w1 w2 w3", "w9 w8", "w30 w31 w32 w33 w34"};
  ig_translator_options o = options_of(4, 2);
  o.ids_out = true;
  o.length_penalty = 0;
  o.max_length = 46;
  streams found = {.lines = lines, .count = 3};
  translate(o, &found);
  // Best of each: "score<TAB>ids"; scored with ids in and out.
  const char *sources[3], *targets[3];
  char source_text[3][64];
  double scores[3];
  ig_tokenizer *tokenizer;
  assert_int_equal(ig_tokenizer_load(directory, ig_marian_tokenizers, &tokenizer, NULL), IG_OK);
  for (int i = 0; i < 3; i++) {
    scores[i] = strtod(found.out[2 * i], NULL);
    targets[i] = strchr(found.out[2 * i], '\t') + 1;
    ig_ids ids = {0};
    assert_int_equal(ig_tokenizer_encode_source(tokenizer, lines[i], strlen(lines[i]), &ids, NULL),
                     IG_OK);
    source_text[i][0] = 0;
    for (size_t j = 0; j < ids.count; j++)
      snprintf(source_text[i] + strlen(source_text[i]), 64 - strlen(source_text[i]), "%d ",
               ids.ids[j]);
    sources[i] = source_text[i];
    ig_ids_free(&ids);
  }
  ig_tokenizer_free(tokenizer);
  o = options_of(1, 1);
  o.ids_in = o.ids_out = true;
  ig_translator *t = open_with(o);
  streams s = {.lines = sources, .targets = targets, .count = 3, .target_count = 3};
  ig_error err = {0};
  if (ig_score_targets(t, &(ig_line_stream){.read = read_line, .write = write_line, .context = &s},
                       read_target, NULL, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (int i = 0; i < 3; i++) {
    double sum = 0;
    char *end = s.out[i];
    for (const char *p = end;; p = end) {
      const double value = strtod(p, &end);
      if (p == end) break;
      sum += value;
    }
    assert_true(fabs(sum - scores[i]) < 1e-4);
  }
  release(&s);
  s.target_count = 2;
  assert_int_equal(
      ig_score_targets(t, &(ig_line_stream){.read = read_line, .write = write_line, .context = &s},
                       read_target, NULL, &err),
      IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "line 3"));
  ig_translator_free(t);
  release(&s);
  release(&found);
}

static void test_model_in_memory(void **state) {
  (void)state;
  const char **lines = some_lines();
  streams expected = {.lines = lines, .count = LINES};
  translate(options_of(2, 1), &expected);
  ig_model *model;
  ig_tokenizer *tokenizer;
  assert_int_equal(ig_model_load(directory, &model, NULL), IG_OK);
  assert_int_equal(ig_tokenizer_load(directory, ig_marian_tokenizers, &tokenizer, NULL), IG_OK);
  ig_pack_undo(model);  // as while it is trained
  char *out[LINES];
  const ig_translator_options o = options_of(2, 1);
  const ig_translate_model_args args = {.model = model, .tokenizer = tokenizer, .options = &o};
  assert_int_equal(ig_translate_model(&args, lines, LINES, out, NULL), IG_OK);
  for (int i = 0; i < LINES; i++) {
    assert_string_equal(out[i], expected.out[i]);
    free(out[i]);
  }
  ig_tokenizer_free(tokenizer);
  ig_model_free(model);
  release(&expected);
}

static void test_single(void **state) {
  (void)state;
  const char *lines[] = {"w5 w6 w7"};
  streams s = {.lines = lines, .count = 1};
  translate(options_of(3, 1), &s);
  ig_translator *t = open_with(options_of(3, 1));
  char *out;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(ig_translate(t, lines[0], &out, NULL), IG_OK);
    assert_string_equal(out, s.out[0]);
    free(out);
  }
  ig_translator_free(t);
  release(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batches_and_threads_change_nothing),
      cmocka_unit_test(test_what_is_read_is_answered_before_waiting),
      cmocka_unit_test(test_functions_that_fail_in_silence),
      cmocka_unit_test(test_reading_ends_at_once),
      cmocka_unit_test(test_blank_lines),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_scores_agree_with_the_search),
      cmocka_unit_test(test_model_in_memory),
      cmocka_unit_test(test_single),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
