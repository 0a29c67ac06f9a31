// The translator: one stream over an engine. Its options, the window of sentences that it reads,
// the order in which lines are written, their text, and the statistics.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "base/text_repair.h"
#include "pipeline/engine.h"
#include "pipeline/long_sentences.h"
#include "pipeline/losses.h"
#include "pipeline/output_line.h"
#include "pipeline/stream_progress.h"
#include "pipeline/whole_line.h"
#include "pipeline/window.h"
#include "text/sentences.h"

#define BATCH_TOKENS 2048

struct ig_translator {
  ig_engine *engine;
  bool owns_engine;
  ig_decode_options decode;     // its lists are the engine's
  ig_source_encoding *sources;  // (members)
  int longest_target;           // tokens that every member has positions for
  int batch_tokens;
  bool ids_in;
  bool strict;  // lines that are no text are errors
  const ig_interrupter *interrupter;
  ig_stream_progress progress;  // of the running stream
  ig_output_format format;
  ig_window window;
  ig_sentences *splitter;        // NULL: a line is one sentence
  ig_whole_line line;            // whose first sentences are translated, in an earlier window too
  ig_queue_sentence *sentences;  // (sentences of the window)
  size_t sentence_capacity;
  ig_translate_stats stats;
  ig_losses losses;  // of the running stream
};

ig_translator_options ig_translator_options_default(void) {
  return (ig_translator_options){.length_penalty = NAN, .no_repeat_ngram = -1};
}

// ---- opening ----------------------------------------------------------------

static ig_status check_counts(const ig_translator_options *o, ig_error *err) {
  const struct {
    const char *name;
    int value;
  } counts[] = {{"beam_size", o->beam_size},
                {"n_best", o->n_best},
                {"min_length", o->min_length},
                {"max_length", o->max_length},
                {"batch_tokens", o->batch_tokens}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value < 0)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: expected 0 or more, found %d", counts[i].name,
                     counts[i].value);
  return IG_OK;
}

// The caller's lengths win over the model's. longest: tokens that every member has positions for.
static ig_status take_lengths(const ig_translator_options *o, int longest, ig_sentence_options *out,
                              ig_error *err) {
  if (out->max_length > longest) out->max_length = longest;
  if (o->max_length > 0) out->max_length = o->max_length;
  if (o->min_length > 0)
    out->min_length = o->min_length;
  else if (out->min_length > out->max_length)
    out->min_length = out->max_length;
  if (out->max_length > longest)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "max_length: the model has positions for %d tokens, found %d", longest,
                   out->max_length);
  return IG_OK;
}

// The model whose settings are the translator's where the caller gives none.
static const ig_model *first_model(const ig_translator *t) {
  return ig_engine_members_of(t->engine)->models.list[0].model;
}

// The caller's options win over the first member's own. If those own ones alone are wrong, the
// message says so.
static ig_status take_options(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const ig_model *model = first_model(t);
  ig_decode_options *out = &t->decode;
  *out = *ig_engine_defaults(t->engine);
  const bool model_is_fine =
      !model->generation_config || ig_decode_options_check(out, NULL) == IG_OK;
  if (o->beam_size > 0) out->beam_size = o->beam_size;
  if (o->n_best > 0) out->n_best = o->n_best;
  if (!isnan(o->length_penalty)) out->length_penalty = o->length_penalty;
  if (o->no_repeat_ngram >= 0) out->no_repeat_ngram = o->no_repeat_ngram;
  IG_TRY(take_lengths(o, t->longest_target, &out->sentence, err));
  const ig_status status = ig_decode_options_check(out, err);
  if (status == IG_OK || model_is_fine) return status;
  return ig_fail_in(err, status, "%s", ig_model_generation_file(model));
}

static ig_status take_sources(ig_translator *t, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(t->engine);
  const int count = members->models.count;
  t->window.members = count;
  double parameters = 0;
  t->sources = ig_allocate((size_t)count, sizeof *t->sources, err);
  if (!t->sources) return IG_ERROR_MEMORY;
  for (int m = 0; m < count; m++) {
    const ig_config *config = &members->models.list[m].model->config;
    parameters += (double)ig_model_parameters(members->models.list[m].model);
    t->sources[m] = (ig_source_encoding){.tokenizer = members->tokenizers[m],
                                         .vocabulary = config->vocab_size,
                                         .longest = ig_decode_options_longest(config)};
  }
  ig_window_begin_pace(&t->window, parameters);
  return IG_OK;
}

// Ids and scores are for exact comparisons of what stands in a line, and the n best of several
// sentences are not the n best of their line.
static bool is_splitting(const ig_translator *t, const ig_translator_options *o) {
  return o->split_sentences == IG_SPLIT_SENTENCES_AUTO && !o->ids_in && !o->ids_out &&
         t->decode.n_best == 1;
}

static ig_status set_up_splitter(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  if (o->split_sentences != IG_SPLIT_SENTENCES_AUTO && o->split_sentences != IG_SPLIT_SENTENCES_OFF)
    return ig_fail(err, IG_ERROR_ARGUMENT, "split_sentences: expected auto or off, found %d",
                   (int)o->split_sentences);
  const char *language = o->source_language;
  if (language && !ig_sentences_language_is_fine(language))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "source_language: expected a code such as en or pt_BR, found '%s'", language);
  if (!is_splitting(t, o)) return IG_OK;
  if (!language) language = ig_engine_members_of(t->engine)->source_language;
  return ig_sentences_create(language, &t->splitter, err);
}

static ig_status set_up(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(t->engine);
  const ig_tokenizer *tokenizer = members->tokenizers[0];
  if (!tokenizer && !(o->ids_in && o->ids_out))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "ids_in, ids_out: a tokenizer is needed unless input and output are ids, and "
                   "the engine has none");
  t->longest_target = ig_members_longest(members);
  IG_TRY(take_sources(t, err));
  IG_TRY(take_options(t, o, err));
  t->batch_tokens = o->batch_tokens > 0 ? o->batch_tokens : BATCH_TOKENS;
  t->ids_in = o->ids_in;
  t->strict = o->strict;
  t->interrupter = o->interrupter;
  t->format = (ig_output_format){.tokenizer = o->ids_out ? NULL : tokenizer,
                                 .n_best = t->decode.n_best,
                                 .token_log_probs = o->ids_in};
  t->stats.threads = ig_engine_threads(t->engine);
  return set_up_splitter(t, o, err);
}

ig_status ig_translator_open_on(ig_engine *engine, const ig_translator_options *options,
                                ig_translator **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_translator_options defaults = ig_translator_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(engine, "engine", err));
  IG_TRY(check_counts(options, err));
  ig_translator *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->engine = engine;
  const ig_status status = set_up(t, options, err);
  if (status != IG_OK) {
    ig_translator_free(t);
    return status;
  }
  t->stats.load_seconds = ig_clock_seconds() - begin;
  *out = t;
  return IG_OK;
}

ig_status ig_translator_open_ensemble(const ig_ensemble *ensemble,
                                      const ig_translator_options *options, ig_translator **out,
                                      ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_translator_options defaults = ig_translator_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  IG_TRY(check_counts(options, err));
  ig_engine_options engine_options = ig_engine_options_default();
  engine_options.threads = options->threads;
  engine_options.workers = options->workers;
  engine_options.type = options->type;
  engine_options.ids_only = options->ids_in && options->ids_out;
  ig_engine *engine;
  IG_TRY(ig_engine_open(ensemble, &engine_options, &engine, err));
  const ig_status status = ig_translator_open_on(engine, options, out, err);
  if (status != IG_OK) {
    ig_engine_free(engine);
    return status;
  }
  (*out)->owns_engine = true;
  (*out)->stats.load_seconds = ig_clock_seconds() - begin;
  return IG_OK;
}

ig_status ig_translator_open(const char *directory, const ig_translator_options *options,
                             ig_translator **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  return ig_translator_open_ensemble(&alone, options, out, err);
}

void ig_translator_free(ig_translator *t) {
  if (!t) return;
  ig_window_free(&t->window);
  ig_whole_line_free(&t->line);
  ig_sentences_free(t->splitter);
  free(t->sentences);
  free(t->sources);
  if (t->owns_engine) ig_engine_free(t->engine);
  free(t);
}

ig_translate_stats ig_translator_stats(const ig_translator *translator) {
  return translator ? translator->stats : (ig_translate_stats){0};
}

// ---- a window through the engine --------------------------------------------

static ig_status encode_window(ig_translator *t, const ig_encoding *encoding, ig_error *err) {
  ig_pool *pool = NULL;
  const bool lent = ig_window_is_large(&t->window) && ig_engine_lend_pool(t->engine, &pool);
  const ig_status status = ig_window_encode(&t->window, encoding, pool, err);
  if (lent) ig_engine_return_pool(t->engine);
  return status;
}

// Makes ids of the window's sentences. A sentence of which none can be made is an error: the window
// is cut to those before it.
static ig_status make_ids(ig_translator *t, bool scoring, ig_error *err) {
  ig_window *w = &t->window;
  const ig_encoding encoding = {.sources = t->sources,
                                .ids_in = t->ids_in,
                                .scoring = scoring,
                                .target_vocabulary = t->decode.vocab_size,
                                .longest_target = t->longest_target,
                                .interrupter = t->interrupter};
  const ig_status encoded = encode_window(t, &encoding, err);
  if (encoded != IG_OK) {
    const size_t accepted = ig_window_accepted(w);
    ig_window_cut(w, accepted < w->count ? accepted : 0);
  }
  if (!t->splitter || scoring) return encoded;
  ig_error failure = {0};
  const ig_status divided = ig_long_sentences_divide(w, &encoding, &t->losses, &failure);
  if (divided == IG_OK) return encoded;
  ig_window_cut(w, 0);
  if (encoded == IG_OK && err) *err = failure;
  return encoded == IG_OK ? divided : encoded;
}

static void count_losses(ig_translator *t) {
  for (size_t i = 0; i < t->window.count; i++) {
    ig_losses_of_source(&t->losses, &t->window.sentences[i]);
    ig_losses_of_output(&t->losses, &t->window.sentences[i], t->decode.sentence.max_length);
  }
}

static ig_status keep_translation(void *context, size_t sentence, const ig_hypothesis *found,
                                  ig_error *err) {
  ig_translator *t = context;
  ig_window_sentence *translated = &t->window.sentences[sentence];
  translated->unfinished = ig_losses_is_unfinished(&t->decode, found);
  if (t->format.tokenizer)
    translated->lost_output =
        ig_tokenizer_count_lost(t->format.tokenizer, found->ids, (size_t)found->length);
  ig_stream_progress_sentence(&t->progress, translated);
  return ig_output_line_translated(&t->format, found, &translated->output, err);
}

static ig_status keep_scores(void *context, size_t sentence, const float *log_probs,
                             ig_error *err) {
  ig_translator *t = context;
  ig_window_sentence *scored = &t->window.sentences[sentence];
  ig_stream_progress_sentence(&t->progress, scored);
  return ig_output_line_scored(&t->format, log_probs, scored->target.count, &scored->output, err);
}

// Sentence i of the job is sentence i of the window.
static ig_status list_sentences(ig_translator *t, bool scoring, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->sentences, &t->sentence_capacity, t->window.count,
                          sizeof *t->sentences, err));
  for (size_t i = 0; i < t->window.count; i++) {
    const ig_window_sentence *sentence = &t->window.sentences[i];
    t->sentences[i] = (ig_queue_sentence){.sources = sentence->sources,
                                          .length = sentence->length,
                                          .target = scoring ? &sentence->target : NULL};
  }
  return IG_OK;
}

// Has the engine fill the output of the sentences that are not blank.
static ig_status run_engine(ig_translator *t, bool scoring, ig_error *err) {
  IG_TRY(list_sentences(t, scoring, err));
  const ig_engine_job job = {.sentences = t->sentences,
                             .count = t->window.count,
                             .options = &t->decode,
                             .batch_tokens = t->batch_tokens,
                             .decoded = scoring ? NULL : keep_translation,
                             .scored = scoring ? keep_scores : NULL,
                             .context = t,
                             .interrupter = t->interrupter};
  ig_engine_counts counts;
  const ig_status status = ig_engine_run(t->engine, &job, &counts, err);
  t->stats.target_tokens += counts.target_tokens;
  if (counts.workers > t->stats.workers) t->stats.workers = counts.workers;
  if (status != IG_OK) return status;
  t->stats.sentences += t->window.count;
  t->stats.source_tokens += counts.source_tokens;
  return IG_OK;
}

// Makes ids of the window's sentences and translates or scores them; where a sentence gives an
// error, those before it, and then the error is returned.
static ig_status work_on_window(ig_translator *t, bool scoring, ig_error *err) {
  const ig_status encoded = make_ids(t, scoring, err);
  if (t->window.count == 0) return encoded;
  ig_error failure = {0};
  const ig_status ran = run_engine(t, scoring, &failure);
  count_losses(t);
  if (encoded != IG_OK || ran == IG_OK) return encoded;
  if (err) *err = failure;
  return ran;
}

// ---- lines in, lines out ----------------------------------------------------

typedef struct stream_input {
  const ig_line_stream *stream;
  ig_status (*read_target)(void *context, const char **line, size_t *length,
                           ig_error *err);  // NULL: translating
  size_t number;                            // lines read
  ig_text_repair sources, targets;
  ig_borrowed_text source, target;  // of the line that was read last
  bool in_line;                     // some of its sentences have yet to go into a window
  size_t shared;                    // the shares of those that went
  bool keeps_breaks;                // line breaks within a line are kept, not made spaces
  bool ended;
} stream_input;

// Makes text of a line of text, unless lines that are no text are to be errors: then the tokenizer
// reports them.
static ig_status repair_line(const ig_translator *t, ig_text_repair *repair, size_t number,
                             const char **line, size_t *length, ig_error *err) {
  if (t->ids_in || t->strict || !*line) return IG_OK;
  return ig_text_repair_line(repair, number, line, length, err);
}

static ig_status read_line(ig_translator *t, stream_input *in, ig_error *err) {
  in->target = (ig_borrowed_text){0};
  IG_TRY(in->stream->read(in->stream->context, &in->source.text, &in->source.length, err));
  if (in->read_target) {
    IG_TRY(in->read_target(in->stream->context, &in->target.text, &in->target.length, err));
    if (!in->source.text != !in->target.text)
      return ig_fail(err, IG_ERROR_FORMAT, "line %zu: the %s end here, but the %s go on",
                     in->number + 1, in->source.text ? "targets" : "sources",
                     in->source.text ? "sources" : "targets");
  }
  in->ended = !in->source.text;
  if (in->ended) return IG_OK;
  in->number++;
  IG_TRY(repair_line(t, &in->sources, in->number, &in->source.text, &in->source.length, err));
  IG_TRY(repair_line(t, &in->targets, in->number, &in->target.text, &in->target.length, err));
  in->in_line = true;
  in->shared = 0;
  if (t->splitter && !in->read_target)
    return ig_sentences_begin(t->splitter, in->source.text, in->source.length, err);
  return IG_OK;
}

// What a sentence has of its line. The shares of the sentences to `end` are rounded together, so
// that those of a line add up.
static size_t take_share(stream_input *in, const ig_sentence_span *span) {
  const double part = (double)span->end / (double)(in->source.length + 1);
  const size_t before = in->shared;
  in->shared = span->last ? IG_WINDOW_LINE : (size_t)(IG_WINDOW_LINE * part);
  return in->shared - before;
}

// The next sentence of the line into the window.
static ig_status add_sentence(ig_translator *t, stream_input *in, ig_error *err) {
  const char *text = in->source.text;
  ig_sentence_span span = {.end = in->source.length, .last = true};
  if (t->splitter && !in->read_target) span = ig_sentences_next(t->splitter);
  const ig_window_input input = {
      .number = in->number,
      .prefix = {text + span.prefix_begin, span.prefix_end - span.prefix_begin},
      .source = {text + span.begin, span.end - span.begin},
      .gap = {text + span.gap, span.begin - span.gap},
      .target = in->target,
      .ends_line = span.last,
      .share = take_share(in, &span)};
  in->in_line = !span.last;
  IG_TRY(ig_window_add(&t->window, &input, err));
  const ig_text_span gap = t->window.sentences[t->window.count - 1].gap;
  if (!in->keeps_breaks) ig_output_line_flatten(t->window.text + gap.begin, gap.length);
  return IG_OK;
}

// Reads until the window is full, or the next line has yet to come: whoever writes line by line is
// answered line by line.
static ig_status fill_window(ig_translator *t, stream_input *in, ig_error *err) {
  const ig_line_stream *stream = in->stream;
  for (;;) {
    if (ig_interrupt_requested(t->interrupter)) return ig_fail(err, IG_INTERRUPTED, "interrupted");
    if (!in->in_line) IG_TRY(read_line(t, in, err));
    if (in->ended) return IG_OK;
    while (in->in_line && !ig_window_full(&t->window)) IG_TRY(add_sentence(t, in, err));
    if (in->in_line) return IG_OK;
    // Asked of a full window too: the stream learns that the next read may have to wait.
    if (stream->ready && !stream->ready(stream->context)) return IG_OK;
    if (ig_window_full(&t->window)) return IG_OK;
  }
}

static ig_status write_line(const ig_line_stream *stream, const char *output, ig_error *err) {
  for (const char *text = output; text;) {
    const char *end = strchr(text, '\n');
    const size_t length = end ? (size_t)(end - text) : strlen(text);
    IG_TRY(stream->write(stream->context, text, length, err));
    text = end ? end + 1 : NULL;
  }
  return IG_OK;
}

// A line of one sentence is written as it is; of several, they are joined, and the line is written
// with the last of them, which may come in a later window.
static ig_status write_sentence(ig_translator *t, const ig_line_stream *stream,
                                const ig_window_sentence *sentence, ig_error *err) {
  const ig_text_span *gap = &sentence->gap;
  if (sentence->ends_line && t->line.sentences == 0)
    return write_line(stream, sentence->output, err);
  IG_TRY(
      ig_whole_line_add(&t->line, t->window.text + gap->begin, gap->length, sentence->output, err));
  if (!sentence->ends_line) return IG_OK;
  IG_TRY(write_line(stream, t->line.text, err));
  ig_whole_line_clear(&t->line);
  return IG_OK;
}

// Writes the lines that the first `count` sentences of the window are or end.
static ig_status write_window(ig_translator *t, const stream_input *in, size_t count,
                              ig_error *err) {
  const bool scoring = in->read_target != NULL;
  for (size_t i = 0; i < count; i++) {
    ig_window_sentence *sentence = &t->window.sentences[i];
    if (!sentence->output)
      IG_TRY(ig_output_line_blank(&t->format, scoring, &sentence->output, err));
    IG_TRY(write_sentence(t, in->stream, sentence, err));
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
static ig_status run_window(ig_translator *t, stream_input *in, ig_error *err) {
  ig_error reading = {0}, working = {0}, writing = {0};
  ig_window_clear(&t->window);
  const ig_status read = fill_window(t, in, &reading);
  const bool scoring = in->read_target != NULL;
  t->progress.total = in->ended ? in->number : in->stream->total;
  const double begin = ig_clock_seconds();
  const ig_status worked = work_on_window(t, scoring, &working);
  ig_window_keep_pace(&t->window, ig_clock_seconds() - begin);
  const size_t finished = worked == IG_OK ? t->window.count : ig_window_finished(&t->window);
  ig_status status = IG_OK;
  keep_error(&status, err, write_window(t, in, finished, &writing), &writing);
  keep_error(&status, err, worked, &working);
  keep_error(&status, err, read, &reading);
  return status;
}

static ig_status run_lines(ig_translator *t, stream_input *in, const ig_reporter *reporter,
                           ig_error *err) {
  IG_TRY(ig_engine_check_usable(t->engine, err));
  ig_status status = IG_OK;
  ig_whole_line_clear(&t->line);
  in->number = in->stream->lines_before;
  ig_stream_progress_begin(&t->progress, reporter, in->read_target ? "scoring" : "translating",
                           in->number);
  t->losses = (ig_losses){.reporter = reporter};
  while (status == IG_OK && !in->ended) {
    status = run_window(t, in, err);
    if (status == IG_OK) ig_stream_progress_window(&t->progress, &t->window);
  }
  ig_losses_end(&t->losses, &t->stats);
  return status;
}

// Tells and counts what was repaired in the stream.
static void end_repairs(ig_translator *t, stream_input *in) {
  ig_text_repair *both[] = {&in->sources, &in->targets};
  for (int side = 0; side < 2; side++) {
    ig_text_repair_end(both[side]);
    t->stats.repaired += both[side]->lines;
    ig_text_repair_free(both[side]);
  }
}

static ig_status run_stream(ig_translator *t, stream_input *in, const ig_reporter *reporter,
                            ig_error *err) {
  const double begin = ig_clock_seconds();
  IG_TRY(ig_fail_if_null(t, "translator", err));
  if (!in->read_target && *t->decode.ignored)
    ig_report(reporter, IG_LEVEL_WARNING, "%s asks for what is not built and is left out: %s",
              ig_model_generation_file(first_model(t)), t->decode.ignored);
  const char *without_rows = ig_engine_members_of(t->engine)->without_rows;
  if (*without_rows)
    ig_report(reporter, IG_LEVEL_WARNING,
              "the model has no rows for added tokens, which are read as text: %s", without_rows);
  in->sources = (ig_text_repair){.where = "line ", .reporter = reporter};
  in->targets = (ig_text_repair){.where = "target line ", .reporter = reporter};
  const ig_status status = run_lines(t, in, reporter, err);
  end_repairs(t, in);
  t->stats.seconds += ig_clock_seconds() - begin;
  return status;
}

static ig_status check_stream(const ig_translator *translator, const ig_line_stream *stream,
                              ig_error *err) {
  IG_TRY(ig_fail_if_null(translator, "translator", err));
  IG_TRY(ig_fail_if_null(stream, "stream", err));
  IG_TRY(ig_fail_if_missing(!stream->read, "stream: read", err));
  return ig_fail_if_missing(!stream->write, "stream: write", err);
}

ig_status ig_translate_lines(ig_translator *translator, const ig_line_stream *stream,
                             const ig_reporter *reporter, ig_error *err) {
  IG_TRY(check_stream(translator, stream, err));
  return run_stream(translator, &(stream_input){.stream = stream}, reporter, err);
}

ig_status ig_score_targets(ig_translator *translator, const ig_line_stream *stream,
                           ig_status (*read_target)(void *context, const char **line,
                                                    size_t *length, ig_error *err),
                           const ig_reporter *reporter, ig_error *err) {
  IG_TRY(check_stream(translator, stream, err));
  IG_TRY(ig_fail_if_missing(!read_target, "read_target", err));
  stream_input in = {.stream = stream, .read_target = read_target};
  return run_stream(translator, &in, reporter, err);
}

// The stream of one text: it is read once, and the lines of its answer are kept.
typedef struct single_text {
  const char *text;  // NULL: it has been read
  char *answer;      // lines with newlines between them; NULL: none yet
  size_t length, capacity;
} single_text;

static ig_status read_text(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  single_text *s = context;
  *line = s->text;
  *length = s->text ? strlen(s->text) : 0;
  s->text = NULL;
  return IG_OK;
}

static ig_status keep_line(void *context, const char *line, size_t length, ig_error *err) {
  single_text *s = context;
  const size_t begin = s->answer ? s->length + 1 : 0;
  IG_TRY(ig_allocate_more((void **)&s->answer, &s->capacity, begin + length + 1, 1, err));
  if (begin) s->answer[begin - 1] = '\n';
  memcpy(s->answer + begin, line, length);
  s->length = begin + length;
  s->answer[s->length] = '\0';
  return IG_OK;
}

ig_status ig_translate(ig_translator *t, const char *text, char **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(t, "translator", err));
  IG_TRY(ig_fail_if_null(text, "text", err));
  single_text single = {.text = text};
  const ig_line_stream stream = {.read = read_text, .write = keep_line, .context = &single};
  stream_input in = {.stream = &stream, .keeps_breaks = true};
  const ig_status status = run_lines(t, &in, NULL, err);
  end_repairs(t, &in);
  if (status != IG_OK) {
    free(single.answer);
    return status;
  }
  *out = single.answer;
  t->stats.seconds += ig_clock_seconds() - begin;
  return IG_OK;
}
