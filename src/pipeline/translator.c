// The translator: opening a model directory, and the streams of lines that run through the engine.
#include "pipeline/translator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "pipeline/engine.h"

#define BATCH_TOKENS 2048
#define MOST_THREADS 1024

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
  if (o->threads < 0 || o->threads > MOST_THREADS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "threads: expected 0 to %d, found %d", MOST_THREADS,
                   o->threads);
  if (o->workers < 0 || o->workers > MOST_THREADS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "workers: expected 0 to %d, found %d", MOST_THREADS,
                   o->workers);
  if (o->type && strcmp(o->type, "fp32") != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "type: expected fp32, found '%s'", o->type);
  return IG_OK;
}

// The caller's options over the first model's own. longest: tokens that every model has positions
// for.
static ig_status decode_options(const ig_model *model, int longest, const ig_translator_options *o,
                                ig_decode_options *out, ig_error *err) {
  IG_TRY(ig_decode_options_load(model, out, err));
  const bool model_is_fine =
      !model->generation_config || ig_decode_options_check(out, NULL) == IG_OK;
  if (o->beam_size > 0) out->beam_size = o->beam_size;
  if (o->n_best > 0) out->n_best = o->n_best;
  if (out->sentence.max_length > longest) out->sentence.max_length = longest;
  if (o->max_length > 0) out->sentence.max_length = o->max_length;
  if (o->min_length > 0)
    out->sentence.min_length = o->min_length;
  else if (out->sentence.min_length > out->sentence.max_length)
    out->sentence.min_length = out->sentence.max_length;
  if (!isnan(o->length_penalty)) out->length_penalty = o->length_penalty;
  if (o->no_repeat_ngram >= 0) out->no_repeat_ngram = o->no_repeat_ngram;
  if (out->sentence.max_length > longest)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "max_length: the model has positions for %d tokens, found %d", longest,
                   out->sentence.max_length);
  const ig_status status = ig_decode_options_check(out, err);
  return status == IG_OK || model_is_fine ? status
                                          : ig_fail_in(err, status, "generation_config.json");
}

// t->members and pools are set.
static ig_status set_up(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  t->ids_in = o->ids_in, t->ids_out = o->ids_out;
  t->batch_tokens = o->batch_tokens > 0 ? o->batch_tokens : BATCH_TOKENS;
  IG_TRY(ig_kernels_select(&t->kernels, err));
  IG_TRY(decode_options(t->members.list[0].model, ig_members_longest(t), o, &t->decode, err));
  t->members.list[0].start_id = t->decode.start_id;
  t->threads = ig_pool_threads(t->pool);
  t->worker_count = ig_pool_threads(t->worker_pool);
  t->stats.threads = t->threads > t->worker_count ? t->threads : t->worker_count;
  t->states = ig_allocate((size_t)t->worker_count + 1, sizeof *t->states, err);
  return t->states ? IG_OK : IG_ERROR_MEMORY;
}

// Models of its own, or those of another translator.
typedef struct origin {
  const ig_ensemble *ensemble;  // NULL: the owner's
  const ig_translator *owner;
} origin;

static const char *name_of(const origin *from) {
  return from->ensemble ? from->ensemble->members[0].directory : "the owner's model";
}

static ig_status open_parts(ig_translator *t, const origin *from, const ig_translator_options *o,
                            ig_error *err) {
  const bool tokenizers = !o->ids_in || !o->ids_out;
  t->owns_pools = true;
  t->workers = o->workers;
  IG_TRY(ig_pool_create(o->threads, &t->pool, err));
  IG_TRY(from->ensemble ? ig_members_load(t, from->ensemble, tokenizers, err)
                        : ig_members_borrow(t, from->owner, tokenizers, err));
  t->worker_pool = t->pool;
  if (o->workers > 0 && o->workers != ig_pool_threads(t->pool)) {
    t->worker_pool = NULL;
    IG_TRY(ig_pool_create(o->workers, &t->worker_pool, err));
  }
  const ig_status status = set_up(t, o, err);
  return status == IG_ERROR_FORMAT ? ig_fail_in(err, status, "%s", name_of(from)) : status;
}

static ig_status open_translator(const origin *from, const ig_translator_options *options,
                                 ig_translator **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_translator_options defaults = ig_translator_options_default();
  if (!options) options = &defaults;
  IG_TRY(check_counts(options, err));
  ig_translator *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  const ig_status status = open_parts(t, from, options, err);
  if (status != IG_OK) {
    ig_translator_close(t);
    return status;
  }
  t->stats.load_seconds = ig_clock_seconds() - begin;
  *out = t;
  return IG_OK;
}

ig_status ig_translator_open(const char *directory, const ig_translator_options *options,
                             ig_translator **out, ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  return open_translator(&(origin){.ensemble = &alone}, options, out, err);
}

ig_status ig_translator_open_ensemble(const ig_ensemble *ensemble,
                                      const ig_translator_options *options, ig_translator **out,
                                      ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  return open_translator(&(origin){.ensemble = ensemble}, options, out, err);
}

ig_status ig_translator_share(const ig_translator *owner, const ig_translator_options *options,
                              ig_translator **out, ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(owner, "owner", err));
  return open_translator(&(origin){.owner = owner}, options, out, err);
}

void ig_translator_close(ig_translator *t) {
  if (!t) return;
  for (int i = 0; t->states && i <= t->worker_count; i++) ig_worker_state_free(&t->states[i]);
  free(t->states);
  ig_window_free(&t->window);
  ig_decode_options_free(&t->decode);
  if (t->owns_pools) {
    if (t->worker_pool != t->pool) ig_pool_free(t->worker_pool);
    ig_pool_free(t->pool);
  }
  ig_members_free(t);
  free(t);
}

ig_translate_stats ig_translator_stats(const ig_translator *translator) {
  return translator->stats;
}

// ---- lines in, lines out ----------------------------------------------------

// What a line without ids gives: as many lines as any other. For the caller to free().
static char *blank_output(const ig_translator *t, bool scoring, ig_error *err) {
  static const char unscored[] = "0.000000\t\n";
  if (scoring || t->decode.n_best == 1) return ig_allocate_copy("", 0, err);
  const size_t count = (size_t)t->decode.n_best, length = sizeof unscored - 1;
  char *text = ig_allocate(count, length, err);
  for (size_t k = 0; text && k < count; k++) memcpy(text + k * length, unscored, length);
  if (text) text[count * length - 1] = '\0';  // in place of the last newline
  return text;
}

static ig_status write_window(ig_translator *t, const ig_line_stream *stream, bool scoring,
                              ig_error *err) {
  for (size_t i = 0; i < t->window.count; i++) {
    ig_line *line = &t->window.lines[i];
    if (!line->output) line->output = blank_output(t, scoring, err);
    if (!line->output) return IG_ERROR_MEMORY;
    const char *text = line->output;
    while (text) {
      const char *end = strchr(text, '\n');
      IG_TRY(stream->write(stream->context, text, end ? (size_t)(end - text) : strlen(text), err));
      text = end ? end + 1 : NULL;
    }
  }
  return IG_OK;
}

typedef struct input {
  const ig_line_stream *stream;
  ig_status (*read_target)(void *context, const char **line, size_t *length,
                           ig_error *err);  // NULL: translating
  size_t number;                            // lines read
  bool ended;
} input;

static ig_status read_line(ig_translator *t, input *in, ig_error *err) {
  ig_input_line line = {.number = in->number + 1};
  IG_TRY(in->stream->read(in->stream->context, &line.source, &line.source_length, err));
  if (in->read_target) {
    IG_TRY(in->read_target(in->stream->context, &line.target, &line.target_length, err));
    if (!line.source != !line.target)
      return ig_fail(err, IG_ERROR_FORMAT, "line %zu: the %s end here, but the %s go on",
                     line.number, line.source ? "targets" : "sources",
                     line.source ? "sources" : "targets");
  }
  in->ended = !line.source;
  if (in->ended) return IG_OK;
  in->number++;
  return ig_window_add(&t->window, &line, err);
}

// Until the window is full or the next line has yet to come: whoever writes line by line is
// answered line by line.
static ig_status fill_window(ig_translator *t, input *in, ig_error *err) {
  const ig_line_stream *stream = in->stream;
  do IG_TRY(read_line(t, in, err));
  while (!in->ended && (!stream->ready || stream->ready(stream->context)) &&
         !ig_window_full(&t->window));
  return IG_OK;
}

static void report_progress(const ig_reporter *reporter, size_t lines, double seconds,
                            bool scoring) {
  const ig_progress progress = {.what = scoring ? "scoring" : "translating",
                                .done = (double)lines,
                                .unit = "lines",
                                .rate = seconds > 0 ? (double)lines / seconds : 0,
                                .rate_unit = "lines"};
  ig_report_progress(reporter, &progress);
}

static ig_status run_lines(ig_translator *t, input *in, const ig_reporter *reporter,
                           ig_error *err) {
  const double begin = ig_clock_seconds();
  const bool scoring = in->read_target != NULL;
  while (!in->ended) {
    ig_window_clear(&t->window);
    IG_TRY(fill_window(t, in, err));
    if (t->window.count == 0) break;
    IG_TRY(ig_engine_run(t, scoring, reporter, err));
    IG_TRY(write_window(t, in->stream, scoring, err));
    report_progress(reporter, in->number, ig_clock_seconds() - begin, scoring);
  }
  return IG_OK;
}

static ig_status timed_lines(ig_translator *t, input *in, const ig_reporter *reporter,
                             ig_error *err) {
  const double begin = ig_clock_seconds();
  IG_TRY(ig_fail_if_null(t, "translator", err));
  if (!in->read_target && *t->decode.ignored)
    ig_report(reporter, IG_LEVEL_WARNING,
              "generation_config.json asks for what is not built and is left out: %s",
              t->decode.ignored);
  t->cut_before = t->stats.cut;
  const ig_status status = run_lines(t, in, reporter, err);
  const size_t cut = t->stats.cut - t->cut_before;
  if (cut > IG_CUTS_TOLD)
    ig_report(reporter, IG_LEVEL_WARNING,
              "the rest of %zu lines was left out, as that of the first %d", cut, IG_CUTS_TOLD);
  t->stats.seconds += ig_clock_seconds() - begin;
  return status;
}

ig_status ig_translate_lines(ig_translator *translator, const ig_line_stream *stream,
                             const ig_reporter *reporter, ig_error *err) {
  return timed_lines(translator, &(input){.stream = stream}, reporter, err);
}

ig_status ig_score_targets(ig_translator *translator, const ig_line_stream *stream,
                           ig_status (*read_target)(void *context, const char **line,
                                                    size_t *length, ig_error *err),
                           const ig_reporter *reporter, ig_error *err) {
  return timed_lines(translator, &(input){.stream = stream, .read_target = read_target}, reporter,
                     err);
}

ig_status ig_translate(ig_translator *t, const char *text, char **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  *out = NULL;
  IG_TRY(ig_fail_if_null(t, "translator", err));
  IG_TRY(ig_fail_if_null(text, "text", err));
  ig_window_clear(&t->window);
  IG_TRY(ig_window_add(&t->window,
                       &(ig_input_line){.number = 1, .source = text, .source_length = strlen(text)},
                       err));
  IG_TRY(ig_engine_run(t, false, NULL, err));
  char *output = t->window.lines[0].output;
  t->window.lines[0].output = NULL;  // the caller's now
  *out = output ? output : blank_output(t, false, err);
  t->stats.seconds += ig_clock_seconds() - begin;
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

// ---- a model in memory ------------------------------------------------------

typedef struct memory_lines {
  const char *const *lines;
  size_t count, next, written;
  char **out;
} memory_lines;

static ig_status read_memory(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  memory_lines *m = context;
  *line = m->next < m->count ? m->lines[m->next++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status write_memory(void *context, const char *line, size_t length, ig_error *err) {
  memory_lines *m = context;
  m->out[m->written] = ig_allocate_copy(line, length, err);
  return m->out[m->written++] ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_pipeline_translate_model(const ig_model *model, const ig_tokenizer *tokenizer,
                                      const ig_translator_options *options, ig_pool *pool,
                                      const char *const *lines, size_t count, char **out,
                                      ig_error *err) {
  IG_TRY(check_counts(options, err));
  if (options->n_best > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT, "n_best: expected 1 for a model in memory, found %d",
                   options->n_best);
  ig_translator *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->pool = t->worker_pool = pool;
  memory_lines memory = {.lines = lines, .count = count, .out = out};
  const ig_line_stream stream = {.read = read_memory, .write = write_memory, .context = &memory};
  ig_status status = ig_members_borrow_model(t, model, tokenizer, err);
  if (status == IG_OK) status = set_up(t, options, err);
  if (status == IG_OK) status = ig_translate_lines(t, &stream, NULL, err);
  ig_translator_close(t);
  if (status == IG_OK) return IG_OK;
  for (size_t i = 0; i < memory.written; i++) free(out[i]), out[i] = NULL;
  return status;
}
