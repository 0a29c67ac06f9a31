// ig_score_held_out: how well a model translates lines whose translations are known, and how
// probable it finds these.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "ingot_score.h"

// The stream of one scoring: sources are read from the options, translations are kept.
typedef struct held_out_stream {
  const ig_held_out_options *options;
  size_t read;
  char **translations;  // (options->count)
  size_t written;
  size_t targets;    // read
  double log_probs;  // of the references so far
} held_out_stream;

static ig_status read_source(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  held_out_stream *s = context;
  *line = NULL;
  if (s->read == s->options->count) return IG_OK;
  *line = s->options->sources[s->read++];
  *length = strlen(*line);
  return IG_OK;
}

static ig_status keep_translation(void *context, const char *line, size_t length, ig_error *err) {
  held_out_stream *s = context;
  char *copy = ig_allocate_copy(line, length, err);
  if (!copy) return IG_ERROR_MEMORY;
  s->translations[s->written++] = copy;
  return IG_OK;
}

static ig_status open_translator(const char *directory, const ig_held_out_options *o,
                                 ig_translator **out, ig_error *err) {
  ig_translator_options options = ig_translator_options_default();
  options.threads = o->threads;
  options.beam_size = o->beam_size;
  options.interrupter = o->interrupter;
  options.shortlist = o->shortlist;
  options.split_sentences =
      IG_SPLIT_SENTENCES_OFF;  // a line is compared with its reference as it is
  return ig_translator_open(directory, &options, out, err);
}

static void keep_stats(const ig_held_out_options *o, const ig_translator *translator) {
  if (o->stats) *o->stats = ig_translator_stats(translator);
}

static ig_status translate_sources(const char *directory, held_out_stream *s, ig_error *err) {
  ig_translator *translator;
  IG_TRY(open_translator(directory, s->options, &translator, err));
  const ig_line_stream lines = {.read = read_source, .write = keep_translation, .context = s};
  const ig_status status = ig_translate_lines(translator, &lines, NULL, err);
  keep_stats(s->options, translator);
  ig_translator_free(translator);
  return status;
}

// ---- the loss ---------------------------------------------------------------

static ig_status read_reference(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  held_out_stream *s = context;
  *line = NULL;
  if (s->targets == s->options->count) return IG_OK;
  *line = s->options->references[s->targets++];
  *length = strlen(*line);
  return IG_OK;
}

// A line is the log-probability of a reference.
static ig_status add_log_prob(void *context, const char *line, size_t length, ig_error *err) {
  held_out_stream *s = context;
  double value;
  char text[64];
  if (length < sizeof text) {
    memcpy(text, line, length);
    text[length] = '\0';
  }
  if (length >= sizeof text || !ig_number_parse(text, &value))
    return ig_fail(err, IG_ERROR_FORMAT, "line %zu: it has no log-probability", s->written + 1);
  s->log_probs += value;
  s->written++;
  return IG_OK;
}

static ig_status measure_loss(const char *directory, const ig_held_out_options *o, double *loss,
                              ig_error *err) {
  held_out_stream s = {.options = o};
  ig_translator *translator;
  IG_TRY(open_translator(directory, o, &translator, err));
  const ig_line_stream lines = {.read = read_source, .write = add_log_prob, .context = &s};
  const ig_status status = ig_score_targets(translator, &lines, read_reference, NULL, err);
  keep_stats(o, translator);
  const size_t tokens = ig_translator_stats(translator).target_tokens;
  ig_translator_free(translator);
  *loss = tokens ? -s.log_probs / (double)tokens : 0;
  return status;
}

// ---- scores -----------------------------------------------------------------

static ig_status score(const held_out_stream *s, const ig_score_options *by, double *value,
                       ig_error *err) {
  ig_score result = {0};
  const ig_status status = ig_score_lines(by, (const char *const *)s->translations,
                                          s->options->references, s->written, &result, err);
  *value = result.value;
  return status;
}

static ig_status score_all(const held_out_stream *s, double *value, ig_error *err) {
  const ig_held_out_options *o = s->options;
  if (!o->loss) IG_TRY(score(s, &o->score, value, err));
  for (size_t i = 0; i < o->other_count; i++)
    IG_TRY(score(s, &o->others[i], &o->other_scores[i], err));
  return IG_OK;
}

static ig_status check_score(const ig_score_options *score, ig_error *err) {
  if (score->reference_count <= 1) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "score.reference_count: expected 0 or 1, found %zu",
                 score->reference_count);
}

static ig_status check_others(const ig_held_out_options *o, ig_error *err) {
  if (o->other_count == 0) return IG_OK;
  IG_TRY(ig_fail_if_null(o->others, "others", err));
  IG_TRY(ig_fail_if_null(o->other_scores, "other_scores", err));
  for (size_t i = 0; i < o->other_count; i++) IG_TRY(check_score(&o->others[i], err));
  return IG_OK;
}

ig_held_out_options ig_held_out_options_default(void) { return (ig_held_out_options){0}; }

ig_status ig_score_held_out(void *options, const char *directory, double *value, ig_error *err) {
  const ig_held_out_options *o = options;
  IG_TRY(ig_fail_if_null(o, "options", err));
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(value, "score", err));
  IG_TRY(ig_fail_if_null(o->sources, "sources", err));
  IG_TRY(ig_fail_if_null(o->references, "references", err));
  IG_TRY(check_score(&o->score, err));
  IG_TRY(check_others(o, err));
  for (size_t i = 0; i < o->count; i++) {
    IG_TRY(ig_fail_if_null(o->sources[i], "sources: a line", err));
    IG_TRY(ig_fail_if_null(o->references[i], "references: a line", err));
  }
  double loss;
  if (o->loss) {
    IG_TRY(measure_loss(directory, o, &loss, err));
    *value = -loss;
    if (o->other_count == 0) return IG_OK;
  }
  held_out_stream s = {.options = o,
                       .translations = ig_allocate(o->count, sizeof *s.translations, err)};
  if (!s.translations) return IG_ERROR_MEMORY;
  ig_status status = translate_sources(directory, &s, err);
  if (status == IG_OK) status = score_all(&s, value, err);
  for (size_t i = 0; i < s.written; i++) free(s.translations[i]);
  free(s.translations);
  return status;
}
