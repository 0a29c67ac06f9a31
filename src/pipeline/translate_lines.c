// Lines in, lines out: window after window is read, worked on and written.
#include "pipeline/translate_lines.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/report.h"
#include "pipeline/kept_translations.h"
#include "pipeline/translate_window.h"

static ig_status write_line(const ig_line_stream *stream, const char *text, size_t length,
                            ig_error *err) {
  const ig_status status = stream->write(stream->context, text, length, err);
  return status == IG_OK ? status : ig_fail_of_caller(status, "write", err);
}

// What a target's tokens have, or the n best of a line of one sentence. A text that needs nothing
// beside it is written as it is.
static ig_status write_single(ig_translator *t, const ig_stream_input *in,
                              const ig_window_sentence *s, ig_error *err) {
  const ig_output_format *format = &t->format;
  if (in->read_target) {
    IG_TRY(ig_output_line_scored(&t->output, format, s->log_probs,
                                 s->log_probs ? s->target.count : 0, err));
    return write_line(in->stream, t->output.text, t->output.length, err);
  }
  for (int k = 0; k < s->found_count; k++) {
    const char *text = s->found[k].text;
    if (text && !format->score && !format->token_scores) {
      IG_TRY(write_line(in->stream, text, strlen(text), err));
      continue;
    }
    IG_TRY(ig_output_line_translated(&t->output, format, &s->found[k], err));
    IG_TRY(write_line(in->stream, t->output.text, t->output.length, err));
  }
  return IG_OK;
}

// A line of several sentences is written with the last of them, which may come in a later window.
static ig_status write_sentence(ig_translator *t, const ig_stream_input *in,
                                ig_window_sentence *sentence, ig_error *err) {
  const ig_text_span *gap = &sentence->gap;
  const bool is_single = sentence->ends_line && t->line.sentences == 0;
  if (!is_single)
    IG_TRY(ig_whole_line_add(&t->line, t->window.text + gap->begin, gap->length,
                             sentence->found[0].text, err));
  const char *joined = is_single ? NULL : t->line.text;
  if (in->kept)
    IG_TRY(ig_kept_translations_add(in->kept, sentence, joined, err));
  else if (is_single)
    IG_TRY(write_single(t, in, sentence, err));
  else if (sentence->ends_line)
    IG_TRY(write_line(in->stream, joined, t->line.length, err));
  if (sentence->ends_line) ig_whole_line_clear(&t->line);
  return IG_OK;
}

// A blank sentence has an empty translation for each of the n best.
static ig_status make_blank(const ig_translator *t, ig_window_sentence *sentence, ig_error *err) {
  const ig_copied_text nothing = {
      .text = "", .length = 0, .score = ig_translator_has_scores(t) ? 0 : NAN};
  IG_TRY(ig_translation_copy(&t->format, &nothing, &sentence->found, err));
  sentence->found_count = t->format.n_best;
  return IG_OK;
}

// Writes the lines that the first `count` sentences of the window are or end.
static ig_status write_window(ig_translator *t, const ig_stream_input *in, size_t count,
                              ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    ig_window_sentence *sentence = &t->window.sentences[i];
    if (!sentence->found && !in->read_target) IG_TRY(make_blank(t, sentence, err));
    IG_TRY(write_sentence(t, in, sentence, err));
    t->stats.lines += sentence->ends_line;
  }
  return IG_OK;
}

// Keeps the first error of a window's.
static void keep_error(ig_status *first, ig_error *err, ig_status status, const ig_error *why) {
  if (*first != IG_OK || status == IG_OK) return;
  *first = status;
  if (err) *err = *why;
}

// Reads a window, works on it and writes it. Lines before the one that cannot be read, be encoded
// or be translated are written nevertheless.
static ig_status run_window(ig_translator *t, ig_stream_input *in, ig_error *err) {
  ig_error reading = {0}, working = {0}, writing = {0};
  ig_window_clear(&t->window);
  const ig_status read = ig_stream_input_fill(in, t, &reading);
  const bool scoring = in->read_target != NULL;
  t->progress.total = in->ended ? in->number : in->stream->total;
  const double begin = ig_clock_seconds();
  const ig_status worked = ig_translate_window(t, scoring, &working);
  ig_window_keep_pace(&t->window, ig_clock_seconds() - begin);
  const size_t finished = worked == IG_OK ? t->window.count : ig_window_finished(&t->window);
  ig_status status = IG_OK;
  keep_error(&status, err, write_window(t, in, finished, &writing), &writing);
  keep_error(&status, err, worked, &working);
  keep_error(&status, err, read, &reading);
  return status;
}

void ig_translate_lines_begin(ig_translator *t, ig_stream_input *in, const ig_reporter *reporter) {
  ig_whole_line_clear(&t->line);
  t->review.line = 0;
  t->keeps_refusals = in->kept != NULL;
  t->losses = (ig_losses){.reporter = reporter};
  in->sources = (ig_text_repair){.where = "line ", .reporter = reporter};
  in->targets = (ig_text_repair){.where = "target line ", .reporter = reporter};
  ig_stream_progress_begin(&t->progress, reporter, in->read_target ? "scoring" : "translating", 0);
}

ig_status ig_translate_lines_windows(ig_translator *t, ig_stream_input *in,
                                     const ig_line_stream *stream, ig_error *err) {
  IG_TRY(ig_engine_check_usable(t->engine, err));
  ig_status status = IG_OK;
  in->stream = stream;
  in->number = stream->lines_before;
  in->ended = false;
  in->in_line = false;
  t->progress.lines = (double)in->number;
  while (status == IG_OK && !in->ended) {
    status = run_window(t, in, err);
    if (status == IG_OK) ig_stream_progress_window(&t->progress, &t->window);
  }
  return status;
}

// What the models' directories have and the models have not.
static void tell_of_models(const ig_translator *t, const ig_reporter *reporter) {
  const ig_members *models = &ig_engine_members_of(t->engine)->models;
  for (int m = 0; m < models->count; m++) ig_problems_tell(&models->list[m].model->notes, reporter);
}

void ig_translate_lines_tell(const ig_translator *t, const ig_stream_input *in,
                             const ig_reporter *reporter) {
  if (!in->read_target && *t->decode.ignored)
    ig_report(reporter, IG_LEVEL_WARNING, "%s asks for what is not built and is left out: %s",
              ig_model_generation_file(ig_translator_first_model(t)), t->decode.ignored);
  tell_of_models(t, reporter);
  const char *names;
  const size_t unusable = t->glossary ? ig_glossary_unusable(t->glossary, &names) : 0;
  if (unusable > 0)
    ig_report(
        reporter, IG_LEVEL_WARNING,
        "the vocabulary cannot spell the target terms of %zu lines of the glossary, which are "
        "left out: %s%s",
        unusable, names, unusable > 10 ? ", ..." : "");
  if (*t->shortlist.note) ig_report(reporter, IG_LEVEL_WARNING, "%s", t->shortlist.note);
  const char *without_rows = ig_engine_members_of(t->engine)->without_rows;
  if (*without_rows)
    ig_report(reporter, IG_LEVEL_WARNING,
              "the model has no rows for added tokens, which are read as text: %s", without_rows);
}

ig_status ig_translate_lines_run(ig_translator *t, ig_stream_input *in, const ig_reporter *reporter,
                                 ig_error *err) {
  const double begin = ig_clock_seconds();
  ig_translate_lines_tell(t, in, reporter);
  ig_translate_lines_begin(t, in, reporter);
  const ig_status status = ig_translate_lines_windows(t, in, in->stream, err);
  ig_losses_end(&t->losses, &t->stats);
  ig_stream_input_end(in, t);
  t->stats.seconds += ig_clock_seconds() - begin;
  return status;
}
