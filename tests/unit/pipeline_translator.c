// The translator on a small random model in a directory of its own: the same lines whatever the
// batches, threads and workers; clear errors.
#include "translator_fixture.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

#include "base/file.h"
#include "model/arch/marian_tokenizers.h"
#include "model/run/pack.h"
#include "pipeline/translate_model.h"

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

static ig_translator_options unsplit(void) {
  ig_translator_options o = options_of(1, 1);
  o.split_sentences = IG_SPLIT_SENTENCES_OFF;
  return o;
}

static void test_long_line_is_truncated_with_a_warning(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[] = {"w1", text};
  streams s = {.lines = lines, .count = 2};
  translate(unsplit(), &s);
  assert_non_null(strstr(s.warning, "line 2: 61 source tokens"));
  release(&s);
  ig_translator *t = open_with(unsplit());
  char *out;
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(ig_translate(t, lines[i], &out, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).truncated, i);
    assert_int_equal(ig_translator_stats(t).divided, 0);
    free(out);
  }
  ig_translator_free(t);
}

static void count_warnings(void *context, ig_level level, const char *text) {
  if (level != IG_LEVEL_WARNING) return;
  if (strstr(text, "source tokens, but the model has positions")) ++*(int *)context;
  if (strstr(text, "14 sentences longer than the model's positions and cut"))
    *(int *)context += 100;
  if (strstr(text, "14 sentences longer than the model's positions and translated in parts"))
    *(int *)context += 1000;
}

// A file of nothing but long lines does not flood the log; each stream begins anew.
static void test_many_long_lines_are_counted(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[14];
  for (int i = 0; i < 14; i++) lines[i] = text;
  for (int divided = 0; divided < 2; divided++) {
    ig_translator *t = open_with(divided ? options_of(1, 1) : unsplit());
    for (int again = 0; again < 2; again++) {
      int warnings = 0;
      streams s = {.lines = lines, .count = 14};
      const ig_reporter reporter = {.message = count_warnings, .context = &warnings};
      const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
      assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
      assert_int_equal(warnings, divided ? 1010 : 110);
      assert_int_equal(s.written, 14);
      release(&s);
    }
    assert_int_equal(ig_translator_stats(t).truncated, divided ? 0 : 28);
    assert_int_equal(ig_translator_stats(t).divided, divided ? 28 : 0);
    ig_translator_free(t);
  }
}

// Scoring truncates the source as translating does, and reports it too.
static void test_a_long_source_is_scored_with_a_warning(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 60; i++) strcat(text, "w3 ");
  const char *lines[] = {"w1", text}, *targets[] = {"w2", "w2"};
  streams s = {.lines = lines, .targets = targets, .count = 2, .target_count = 2};
  ig_translator *t = open_with(options_of(1, 1));
  const ig_reporter reporter = {.message = keep_warning, .context = &s};
  ig_error err = {0};
  if (ig_score_targets(t, &(ig_line_stream){.read = read_line, .write = write_line, .context = &s},
                       read_target, &reporter, &err) != IG_OK)
    fail_msg("%s", err.message);
  assert_non_null(strstr(s.warning, "line 2: 61 source tokens"));
  ig_translator_free(t);
  release(&s);
}

static void test_what_is_not_built_is_named(void **state) {
  (void)state;
  static const struct {
    const char *text, *named;
  } cases[] = {{"{\"do_sample\": false, \"num_beam_groups\": 1, \"temperature\": 0.6, "
                "\"suppress_tokens\": [], \"guidance_scale\": null}",
                NULL},
               {"{\"do_sample\": true}", "left out: do_sample"},
               {"{\"num_beam_groups\": 2, \"suppress_tokens\": [5]}",
                "left out: num_beam_groups, suppress_tokens"}};
  char path[256];
  snprintf(path, sizeof path, "%s/generation_config.json", directory);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *lines[] = {"w1"};
    streams s = {.lines = lines, .count = 1};
    assert_int_equal(ig_file_write(path, cases[i].text, strlen(cases[i].text), NULL), IG_OK);
    translate(options_of(1, 1), &s);
    if (cases[i].named ? !strstr(s.warning, cases[i].named) : *s.warning)
      fail_msg("%s: '%s'", cases[i].text, s.warning);
    release(&s);
  }
  unlink(path);
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

// What the sentences give one by one, with the gaps between them. NULL ends the sentences.
static char *join_alone(ig_translator *t, const char *const *sentences, const char *const *gaps) {
  char *joined = calloc(1, 4096), *out;
  for (size_t i = 0; sentences[i]; i++) {
    assert_int_equal(ig_translate(t, sentences[i], &out, NULL), IG_OK);
    assert_true(strlen(joined) + strlen(out) < 4000);
    strcat(joined, i ? gaps[i - 1] : "");
    strcat(joined, out);
    free(out);
  }
  return joined;
}

static void test_sentences_of_a_line_are_joined(void **state) {
  (void)state;
  static const char *const sentences[] = {"w1 w2 w3 two!", "w4 w5 w6 six!", "w7 w8", NULL};
  static const char *const gaps[] = {" ", " \t  "};
  const char *lines[] = {"w9 w9", " w1 w2 w3 two! w4 w5 w6 six! \t  w7 w8 ", "", "w1"};
  streams s = {.lines = lines, .count = 4};
  ig_translator_options o = options_of(2, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *joined = join_alone(t, sentences, gaps);
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  const size_t before = ig_translator_stats(t).sentences;
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 4);
  assert_string_equal(s.out[1], joined);
  assert_string_equal(s.out[2], "");
  assert_int_equal(ig_translator_stats(t).sentences - before, 6);
  assert_int_equal(ig_translator_stats(t).lines, 3 + 4);
  release(&s);
  ig_translator_free(t);
  free(joined);
}

// Off by the option, with ids, and with several translations: the line is one sentence.
static void test_what_is_not_split(void **state) {
  (void)state;
  const char *lines[] = {"w1 w2 w3 two! w4 w5 w6 six!"};
  ig_translator_options off = options_of(2, 1), ids = options_of(2, 1), best = options_of(2, 2);
  off.split_sentences = IG_SPLIT_SENTENCES_OFF;
  ids.ids_out = true;
  const ig_translator_options options[] = {off, ids, best, options_of(2, 1)};
  for (size_t i = 0; i < 4; i++) {
    streams s = {.lines = lines, .count = 1};
    ig_translator *t = open_with(options[i]);
    const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
    assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).sentences, i < 3 ? 1 : 2);
    assert_int_equal(ig_translator_stats(t).lines, 1);
    release(&s);
    s = (streams){.lines = lines, .targets = lines, .count = 1, .target_count = 1};
    assert_int_equal(ig_score_targets(t, &stream, read_target, NULL, NULL), IG_OK);
    assert_int_equal(ig_translator_stats(t).sentences, i < 3 ? 2 : 3);
    release(&s);
    ig_translator_free(t);
  }
  ig_translator_options o = options_of(1, 1);
  o.split_sentences = (ig_split_sentences)7;
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "split_sentences"));
}

// A text has lines of its own, which are kept; a line of a stream is one line.
static void test_line_breaks(void **state) {
  (void)state;
  static const char *const sentences[] = {"w1 w2", "w3 w4 four!", "w5 w6", NULL};
  static const char *const breaks[] = {"\n\n", "\r\n"}, *const spaces[] = {"  ", "  "};
  const char *lines[] = {"w1 w2\n\nw3 w4 four!\r\nw5 w6"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *kept = join_alone(t, sentences, breaks), *flat = join_alone(t, sentences, spaces), *out;
  assert_int_equal(ig_translate(t, lines[0], &out, NULL), IG_OK);
  assert_string_equal(out, kept);
  streams s = {.lines = lines, .count = 1};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 1);
  assert_string_equal(s.out[0], flat);
  release(&s);
  ig_translator_free(t);
  free(out);
  free(kept);
  free(flat);
}

// Of the reports: how many were within the second line, and the last.
typedef struct line_reports {
  int within;
  double done, total;
} line_reports;

static void keep_reports(void *context, const ig_progress *progress) {
  line_reports *r = context;
  assert_true(progress->done >= r->done);
  r->done = progress->done;
  r->total = progress->total;
  r->within += r->done > 1 && r->done < 2;
}

// A line of more sentences than a window holds, among short ones: every sentence comes, in its
// order. Each is one of four, so that few need to be translated alone!
static void test_a_line_of_many_sentences(void **state) {
  (void)state;
  enum { SENTENCES = 20000 };
  static const char *const kinds[] = {"w1 one!", "w2 w3 two!", "w4 w5 w6 six!", "w7 ten!"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 3;
  ig_translator *t = open_with(o);
  char *alone[4], *text = malloc(SENTENCES * 16), *expected = malloc(SENTENCES * 32);
  for (int k = 0; k < 4; k++) assert_int_equal(ig_translate(t, kinds[k], &alone[k], NULL), IG_OK);
  size_t length = 0, expected_length = 0;
  for (int i = 0; i < SENTENCES; i++) {
    const char *gap = i == 0 ? "" : " ";
    length += (size_t)sprintf(text + length, "%s%s", gap, kinds[i * 7 / 5 % 4]);
    expected_length +=
        (size_t)sprintf(expected + expected_length, "%s%s", gap, alone[i * 7 / 5 % 4]);
  }
  const char *lines[] = {"w1 one!", text, "w7 ten!"};
  streams s = {.lines = lines, .count = 3};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  line_reports reports = {0};
  const ig_reporter reporter = {.progress = keep_reports, .context = &reports};
  assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
  assert_true(reports.within >= 2);  // it goes through three windows at least
  assert_true(reports.done == 3 && reports.total == 3);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[0], alone[0]);
  assert_true(strcmp(s.out[1], expected) == 0);
  assert_string_equal(s.out[2], alone[3]);
  release(&s);
  ig_translator_free(t);
  for (int k = 0; k < 4; k++) free(alone[k]);
  free(text);
  free(expected);
}

// 60 words for 47 positions: they are divided into clauses, of about a fourth of the positions,
// which are joined by the white space between them.
static void test_long_sentences_are_divided(void **state) {
  (void)state;
  enum { CLAUSES = 10 };
  char parts[CLAUSES][64], text[1024] = " ";
  const char *sentences[CLAUSES + 1] = {NULL}, *gaps[CLAUSES];
  for (int i = 0; i < CLAUSES; i++) {
    sprintf(parts[i], "w%d w2 w3 w4 w5 w%d%s", i, i + 5, i + 1 < CLAUSES ? "," : "");
    sentences[i] = parts[i];
    gaps[i] = i % 2 ? " " : "\t ";
    strcat(strcat(text, parts[i]), gaps[i]);
  }
  const char *lines[] = {"w1 w2", text, "w7"};
  ig_translator_options o = options_of(1, 1);
  o.min_length = o.max_length = 6;
  ig_translator *t = open_with(o);
  char *joined = join_alone(t, sentences, gaps);
  const ig_translate_stats before = ig_translator_stats(t);
  streams s = {.lines = lines, .count = 3};
  const ig_reporter reporter = {.message = keep_warning, .context = &s};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, &reporter, NULL), IG_OK);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[1], joined);
  assert_non_null(strstr(s.warning,
                         "line 2: a sentence of 61 source tokens, but the model has "
                         "positions for 48: it is translated in 10 parts"));
  assert_int_equal(ig_translator_stats(t).sentences - before.sentences, 2 + CLAUSES);
  assert_int_equal(ig_translator_stats(t).truncated, 0);
  release(&s);
  ig_translator_free(t);
  free(joined);
}

// Among sentences that fit, and with tokens that belong to each part: every word is translated.
static void test_no_word_of_a_long_sentence_is_lost(void **state) {
  (void)state;
  enum { WORDS_OF_A_LINE = 300 };
  char text[4096] = ">>de<< Wow! ";
  for (int i = 0; i < WORDS_OF_A_LINE; i++)
    sprintf(text + strlen(text), "w%d%s ", i % WORDS, i % 11 == 10 ? "," : "");
  strcat(text, "! Wow.");
  const char *lines[] = {text, "w1", text};
  ig_translator *t = open_with(options_of(2, 1));
  streams s = {.lines = lines, .count = 3};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s};
  assert_int_equal(ig_translate_lines(t, &stream, NULL, NULL), IG_OK);
  assert_int_equal(s.written, 3);
  assert_string_equal(s.out[0], s.out[2]);
  const ig_translate_stats stats = ig_translator_stats(t);
  assert_int_equal(stats.divided, 2);
  assert_int_equal(stats.truncated, 0);
  // Each sentence and each part has an end token, and in lines 1 and 3 a language token.
  const size_t tokens = 2 * (1 + WORDS_OF_A_LINE + 1 + 1) + 1;
  assert_int_equal(stats.source_tokens, tokens + stats.sentences + (stats.sentences - 1));
  assert_true(stats.sentences > 2 * (2 + WORDS_OF_A_LINE / 48));
  assert_true(stats.sentences < 2 * (2 + WORDS_OF_A_LINE / 6));
  release(&s);
  ig_translator_free(t);
}

static ig_engine *open_engine(ig_engine_options options) {
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  ig_engine *engine;
  ig_error err = {0};
  if (ig_engine_open(&alone, &options, &engine, &err) != IG_OK) fail_msg("%s", err.message);
  return engine;
}

typedef struct sharer {
  ig_translator *translator;
  streams found;
  ig_status status;
} sharer;

static void *translate_all(void *context) {
  sharer *s = context;
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &s->found};
  s->status = ig_translate_lines(s->translator, &stream, NULL, NULL);
  return NULL;
}

// Every third line by itself, as a server gets them; the others keep their place.
static void *translate_each(void *context) {
  sharer *s = context;
  for (size_t i = 0; i < s->found.count && s->status == IG_OK; i += 3)
    s->status = ig_translate(s->translator, s->found.lines[i], &s->found.out[i], NULL);
  return NULL;
}

// Streams with other options, and single lines beside whole streams, over one engine at the same
// time: each gets what it gets alone, whatever threads and workers the engine has.
static void test_translators_share_an_engine(void **state) {
  (void)state;
  enum { SHARERS = 4, KINDS = 2 };
  static const ig_engine_options engines[] = {
      {.threads = 1}, {.threads = 3}, {.threads = 2, .workers = 4}};
  const char **lines = some_lines();
  const ig_translator_options options[KINDS] = {options_of(2, 1), options_of(1, 1)};
  static streams expected[KINDS];
  for (int k = 0; k < KINDS; k++) {
    expected[k] = (streams){.lines = lines, .count = LINES};
    translate(options[k], &expected[k]);
  }
  for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
    ig_engine *engine = open_engine(engines[e]);
    static sharer sharers[SHARERS];
    pthread_t threads[SHARERS];
    for (int i = 0; i < SHARERS; i++) {
      sharers[i] = (sharer){.found = {.lines = lines, .count = LINES}};
      assert_int_equal(
          ig_translator_open_on(engine, &options[i % KINDS], &sharers[i].translator, NULL), IG_OK);
    }
    for (int i = 0; i < SHARERS; i++)
      assert_int_equal(
          pthread_create(&threads[i], NULL, i < 2 ? translate_all : translate_each, &sharers[i]),
          0);
    for (int i = 0; i < SHARERS; i++) {
      pthread_join(threads[i], NULL);
      assert_int_equal(sharers[i].status, IG_OK);
      for (size_t line = 0; line < LINES; line += i < 2 ? 1 : 3)
        assert_string_equal(sharers[i].found.out[line], expected[i % KINDS].out[line]);
      assert_int_equal(ig_translator_stats(sharers[i].translator).sentences,
                       i < 2 ? LINES : LINES / 3);
      ig_translator_free(sharers[i].translator);
      for (size_t line = 0; line < LINES; line++) free(sharers[i].found.out[line]);
    }
    ig_engine_free(engine);
  }
  for (int k = 0; k < KINDS; k++) release(&expected[k]);
}

// An engine of ids alone has no tokenizer to share.
static void test_an_engine_of_ids_needs_ids(void **state) {
  (void)state;
  ig_engine *engine = open_engine((ig_engine_options){.threads = 1, .ids_only = true});
  ig_translator_options o = options_of(1, 1);
  ig_translator *t;
  ig_error err = {0};
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_null(t);
  assert_non_null(strstr(err.message, "tokenizer"));
  o.ids_in = true;
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_ERROR_ARGUMENT);
  o.ids_out = true;
  assert_int_equal(ig_translator_open_on(engine, &o, &t, &err), IG_OK);
  ig_translator_free(t);
  assert_int_equal(ig_translator_open_on(NULL, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_null(t);
  ig_engine_free(engine);
}

static void test_bad_options(void **state) {
  (void)state;
  ig_translator *t;
  ig_error err = {0};
  ig_translator_options o = options_of(1, 1);
  o.type = "int4";
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_UNSUPPORTED);
  o = options_of(1, 1);
  o.max_length = 49;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "48"));
  o = options_of(2, 3);
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  o = options_of(-1, 1);
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_int_equal(ig_translator_open("/nonexistent", &o, &t, &err), IG_ERROR_ARGUMENT);
  o = options_of(1, 1);
  assert_int_not_equal(ig_translator_open("/nonexistent", &o, &t, &err), IG_OK);
  // What the model's own file asks for is wrong: the message names the file, and a caller may ask
  // for something else.
  char path[256];
  snprintf(path, sizeof path, "%s/generation_config.json", directory);
  assert_int_equal(ig_file_write(path, "{\"num_beams\": 5000}", 19, &err), IG_OK);
  o.beam_size = 0;
  o.n_best = 0;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "generation_config.json: beam_size"));
  o.beam_size = 2;
  assert_int_equal(ig_translator_open(directory, &o, &t, &err), IG_OK);
  ig_translator_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_batches_and_threads_change_nothing),
      cmocka_unit_test(test_what_is_read_is_answered_before_waiting),
      cmocka_unit_test(test_blank_lines),
      cmocka_unit_test(test_long_line_is_truncated_with_a_warning),
      cmocka_unit_test(test_a_long_source_is_scored_with_a_warning),
      cmocka_unit_test(test_what_is_not_built_is_named),
      cmocka_unit_test(test_lengths),
      cmocka_unit_test(test_scores_agree_with_the_search),
      cmocka_unit_test(test_model_in_memory),
      cmocka_unit_test(test_single),
      cmocka_unit_test(test_sentences_of_a_line_are_joined),
      cmocka_unit_test(test_what_is_not_split),
      cmocka_unit_test(test_line_breaks),
      cmocka_unit_test(test_a_line_of_many_sentences),
      cmocka_unit_test(test_long_sentences_are_divided),
      cmocka_unit_test(test_no_word_of_a_long_sentence_is_lost),
      cmocka_unit_test(test_translators_share_an_engine),
      cmocka_unit_test(test_an_engine_of_ids_needs_ids),
      cmocka_unit_test(test_many_long_lines_are_counted),
      cmocka_unit_test(test_bad_options),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
