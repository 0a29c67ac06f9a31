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

static int larger(int a, int b) { return a > b ? a : b; }

// An inference for at least these sentences, source rows and positions; max_length is exact, for it is the stride of every history.
static ig_status reserve(ig_translator *t, ig_worker_state *s, int sentences, int source_rows, int beam, int max_length, ig_error *err) {
  if (s->inference && s->size.sentences >= sentences && s->size.source_rows >= source_rows && s->size.max_length == max_length &&
      s->size.slots >= sentences * beam)
    return IG_OK;
  ig_search_free(s->search);
  ig_inference_free(s->inference);
  s->search = NULL, s->inference = NULL;
  const int room = larger(s->size.sentences, sentences);
  s->size = (ig_inference_size){room, larger(s->size.source_rows, round_up(source_rows)), room * beam, max_length};
  ig_pool *pool = s == &t->states[t->worker_count] ? t->pool : NULL;
  return ig_inference_create(t->model, pool, &s->size, &s->inference, err);
}

static ig_status gather(ig_ids *all, int **offsets, size_t *capacity, const ig_window *w, const size_t *lines, size_t count, bool targets,
                        ig_error *err) {
  IG_TRY(ig_grow((void **)offsets, capacity, count + 1, sizeof **offsets, err));
  all->count = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_ids *ids = targets ? &w->lines[lines[i]].target : &w->lines[lines[i]].source;
    (*offsets)[i] = (int)all->count;
    for (size_t j = 0; j < ids->count; j++) IG_TRY(ig_ids_append(all, ids->ids[j], err));
  }
  (*offsets)[count] = (int)all->count;
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
  IG_TRY(gather(&s->source, &s->source_offsets, &s->source_offset_capacity, &t->window, lines, span->count, false, err));
  IG_TRY(reserve(t, s, sentences, (int)s->source.count, t->decode.beam_size, t->decode.max_length, err));
  if (!s->search) {
    ig_pool *pool = s == &t->states[t->worker_count] ? t->pool : NULL;
    IG_TRY(ig_search_create(&t->decode, t->kernels, pool, s->size.sentences, &s->search, err));
  }
  ig_inference_encode(s->inference, s->source.ids, &(ig_ragged){sentences, s->source_offsets});
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
  IG_TRY(gather(&s->source, &s->source_offsets, &s->source_offset_capacity, &t->window, lines, span->count, false, err));
  IG_TRY(gather(&s->target, &s->target_offsets, &s->target_offset_capacity, &t->window, lines, span->count, true, err));
  IG_TRY(reserve(t, s, sentences, (int)s->source.count, 1, larger(cut->longest_target, 1), err));
  IG_TRY(ig_grow((void **)&s->log_probs, &s->log_prob_capacity, s->target.count + 1, sizeof *s->log_probs, err));
  ig_inference_encode(s->inference, s->source.ids, &(ig_ragged){sentences, s->source_offsets});
  const ig_score_args args = {t->kernels, t->decode.start_id, t->decode.vocab_size, s->size.max_length, {sentences, s->target_offsets}, s->target.ids};
  const ig_stepper stepper = ig_inference_stepper(s->inference);
  IG_TRY(ig_score_ids(&args, &stepper, s->log_probs, err));
  for (int i = 0; i < sentences; i++) {
    const int begin = s->target_offsets[i];
    IG_TRY(put_scores(t, s, s->log_probs + begin, s->target_offsets[i + 1] - begin, err));
    IG_TRY(take_output(s, &t->window.lines[lines[i]], err));
  }
  s->target_tokens += s->target.count;
  return IG_OK;
}
