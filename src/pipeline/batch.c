// One batch on one worker: ids together, through encoder and search (or scoring), out as text.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "pipeline/engine.h"

// ---- the worker's state -----------------------------------------------------------------------------------------------------------------

static int round_up(int n) {
  int size = 16;
  while (size < n) size *= 2;
  return size;
}

// The last state runs with threads inside the layers, the others are one thread each.
static ig_pool *pool_of(const ig_translator *t, const ig_worker_state *s) { return s == &t->states[t->worker_count] ? t->pool : NULL; }

static int larger(int a, int b) { return a > b ? a : b; }

static int longest(const ig_ragged_ids *ragged, int sentences) {
  int most = 1;
  for (int i = 0; i < sentences; i++) most = larger(most, ragged->offsets[i + 1] - ragged->offsets[i]);
  return most;
}

// An inference at least of the wanted size; max_length is exact, for it is the stride of every history.
static ig_status reserve(ig_translator *t, ig_worker_state *s, const ig_inference_size *wanted, ig_error *err) {
  if (s->inference && s->size.sentences >= wanted->sentences && s->size.source_rows >= wanted->source_rows && s->size.longest >= wanted->longest &&
      s->size.slots >= wanted->slots && s->size.max_length == wanted->max_length)
    return IG_OK;
  ig_search_free(s->search);
  ig_inference_free(s->inference);
  s->search = NULL, s->inference = NULL;
  s->size = (ig_inference_size){larger(s->size.sentences, wanted->sentences), larger(s->size.source_rows, round_up(wanted->source_rows)),
                                larger(s->size.longest, round_up(wanted->longest)), larger(s->size.slots, wanted->slots), wanted->max_length};
  return ig_inference_create(t->model, pool_of(t, s), &s->size, &s->inference, err);
}

static ig_status gather(ig_ragged_ids *all, const ig_window *w, const ig_cut *cut, const ig_span *span, bool targets, ig_error *err) {
  IG_TRY(ig_grow((void **)&all->offsets, &all->capacity, span->count + 1, sizeof *all->offsets, err));
  all->ids.count = 0;
  for (size_t i = 0; i < span->count; i++) {
    const ig_line *line = &w->lines[cut->order[span->first + i]];
    const ig_ids *ids = targets ? &line->target : &line->source;
    all->offsets[i] = (int)all->ids.count;
    for (size_t j = 0; j < ids->count; j++) IG_TRY(ig_ids_append(&all->ids, ids->ids[j], err));
  }
  all->offsets[span->count] = (int)all->ids.count;
  return IG_OK;
}

// ---- output text ------------------------------------------------------------------------------------------------------------------------

static ig_status put(ig_worker_state *s, const char *text, size_t length, ig_error *err) {
  IG_TRY(ig_grow((void **)&s->text, &s->text_capacity, s->text_length + length + 1, 1, err));
  memcpy(s->text + s->text_length, text, length);
  s->text_length += length;
  s->text[s->text_length] = '\0';
  return IG_OK;
}

__attribute__((format(printf, 3, 4))) static ig_status put_number(ig_worker_state *s, ig_error *err, const char *format, ...) {
  char text[64];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return put(s, text, (size_t)length, err);
}

static ig_status put_text(ig_translator *t, ig_worker_state *s, const ig_hypothesis *h, ig_error *err) {
  char *text;
  IG_TRY(ig_tokenizer_decode(t->tokenizer, h->ids, (size_t)h->length, &text, err));
  for (char *p = text; *p; p++)
    if (*p == '\n' || *p == '\r') *p = ' ';  // one sentence a line, whatever a piece spells
  const ig_status status = put(s, text, strlen(text), err);
  free(text);
  return status;
}

static ig_status put_hypothesis(ig_translator *t, ig_worker_state *s, const ig_hypothesis *h, ig_error *err) {
  if (t->decode.n_best > 1) IG_TRY(put_number(s, err, "%.6f\t", (double)h->score));
  if (!t->ids_out) return put_text(t, s, h, err);
  for (int i = 0; i < h->length; i++) IG_TRY(put_number(s, err, i ? " %d" : "%d", h->ids[i]));
  return IG_OK;
}

static ig_status take_output(ig_worker_state *s, ig_line *line, ig_error *err) {
  line->output = ig_duplicate(s->text ? s->text : "", s->text_length, err);
  return line->output ? IG_OK : IG_ERROR_MEMORY;
}

// ---- translating and scoring --------------------------------------------------------------------------------------------------------------

ig_status ig_engine_translate(ig_translator *t, ig_worker_state *s, const ig_cut *cut, const ig_span *span, ig_error *err) {
  const size_t *lines = cut->order + span->first;
  const int sentences = (int)span->count, n_best = t->decode.n_best;
  IG_TRY(gather(&s->source, &t->window, cut, span, false, err));
  const ig_inference_size wanted = {sentences, (int)s->source.ids.count, longest(&s->source, sentences), sentences * t->decode.beam_size,
                                    t->decode.max_length};
  IG_TRY(reserve(t, s, &wanted, err));
  if (!s->search) IG_TRY(ig_search_create(&t->decode, t->kernels, pool_of(t, s), s->size.sentences, &s->search, err));
  ig_inference_encode(s->inference, s->source.ids.ids, &(ig_ragged){sentences, s->source.offsets});
  const ig_stepper stepper = ig_inference_stepper(s->inference);
  const ig_hypothesis *found;
  IG_TRY(ig_search_run(s->search, &stepper, sentences, &found, err));
  for (int i = 0; i < sentences; i++) {
    s->text_length = 0;
    for (int k = 0; k < n_best; k++) {
      if (k) IG_TRY(put(s, "\n", 1, err));
      IG_TRY(put_hypothesis(t, s, &found[i * n_best + k], err));
    }
    s->target_tokens += (size_t)found[i * n_best].length;
    IG_TRY(take_output(s, &t->window.lines[lines[i]], err));
  }
  return IG_OK;
}

static ig_status put_scores(ig_translator *t, ig_worker_state *s, const float *log_probs, int count, ig_error *err) {
  s->text_length = 0;
  if (!t->ids_in) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)log_probs[i];
    return put_number(s, err, "%.6f", sum);
  }
  for (int i = 0; i < count; i++) IG_TRY(put_number(s, err, i ? " %.6f" : "%.6f", (double)log_probs[i]));
  return IG_OK;
}

ig_status ig_engine_score(ig_translator *t, ig_worker_state *s, const ig_cut *cut, const ig_span *span, ig_error *err) {
  const size_t *lines = cut->order + span->first;
  const int sentences = (int)span->count;
  IG_TRY(gather(&s->source, &t->window, cut, span, false, err));
  IG_TRY(gather(&s->target, &t->window, cut, span, true, err));
  const ig_inference_size wanted = {sentences, (int)s->source.ids.count, longest(&s->source, sentences), sentences, larger(cut->longest_target, 1)};
  IG_TRY(reserve(t, s, &wanted, err));
  IG_TRY(ig_grow((void **)&s->log_probs, &s->log_prob_capacity, s->target.ids.count + 1, sizeof *s->log_probs, err));
  ig_inference_encode(s->inference, s->source.ids.ids, &(ig_ragged){sentences, s->source.offsets});
  const ig_score_args args = {t->kernels,       t->decode.start_id, t->decode.vocab_size, s->size.max_length, {sentences, s->target.offsets},
                              s->target.ids.ids};
  const ig_stepper stepper = ig_inference_stepper(s->inference);
  IG_TRY(ig_score_ids(&args, &stepper, s->log_probs, err));
  for (int i = 0; i < sentences; i++) {
    const int begin = s->target.offsets[i];
    IG_TRY(put_scores(t, s, s->log_probs + begin, s->target.offsets[i + 1] - begin, err));
    IG_TRY(take_output(s, &t->window.lines[lines[i]], err));
  }
  s->target_tokens += s->target.ids.count;
  return IG_OK;
}
