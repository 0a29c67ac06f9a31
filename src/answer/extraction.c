// Answers that are found: what the head gave of each window's tokens, and the stretches that
// post-processing makes of it.
#include "answer/extraction.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "answer/answerer_state.h"
#include "answer/passage.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"

// ---- windows through the engine ---------------------------------------------

// What the head gave of all windows, back to back.
typedef struct window_logits {
  const ig_reading *reading;
  ig_reading_sentences sentences;
  size_t *offsets;  // (windows + 1): tokens before each
  float *values;    // (tokens, 2)
} window_logits;

static void free_logits(window_logits *l) {
  ig_reading_sentences_free(&l->sentences);
  free(l->offsets);
  free(l->values);
}

// Neither NaN, nor so large that the sums which answers are compared by overflow.
static bool is_comparable(float logit) { return fabsf(logit) <= FLT_MAX / 4; }

static ig_status keep_logits(void *context, size_t window, const ig_engine_encoding *encoding,
                             ig_error *err) {
  const window_logits *l = context;
  const size_t count = 2 * (size_t)encoding->rows;
  float *to = l->values + 2 * l->offsets[window];
  for (size_t i = 0; i < count; i++) {
    to[i] = encoding->outputs[i];
    if (!is_comparable(to[i]))
      return ig_fail(
          err, IG_ERROR_DIVERGED,
          "answering: token %zu of a window has the logit %g, by which no answers can be "
          "compared: the model's weights are damaged, or too large",
          i / 2 + 1, (double)to[i]);
  }
  return IG_OK;
}

static ig_status reserve_logits(const ig_answerer *a, window_logits *l, ig_error *err) {
  const size_t windows = l->reading->window_count;
  const int members = ig_engine_members_of(a->engine)->models.count;
  IG_TRY(ig_reading_sentences_make(l->reading, (size_t)members, &l->sentences, err));
  l->offsets = ig_allocate(windows + 1, sizeof *l->offsets, err);
  if (!l->offsets) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < windows; i++)
    l->offsets[i + 1] = l->offsets[i] + l->reading->windows[i].ids.count;
  l->values = ig_allocate(2 * l->offsets[windows], sizeof *l->values, err);
  return l->values ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status run_windows(ig_answerer *a, window_logits *l, ig_error *err) {
  ig_engine_counts counts;
  IG_TRY(reserve_logits(a, l, err));
  const ig_engine_job job = {.sentences = l->sentences.list,
                             .count = l->reading->window_count,
                             .batch_tokens = a->options.batch_tokens,
                             .encoded = keep_logits,
                             .context = l,
                             .interrupter = a->options.interrupter};
  const ig_status status = ig_engine_run(a->engine, &job, &counts, err);
  a->stats.tokens += counts.source_tokens;
  return status;
}

// ---- answers ----------------------------------------------------------------

static ig_status write_answer(const ig_answerer *a, const char *context, const ig_answer_span *span,
                              ig_answer *out, ig_error *err) {
  const size_t begin = span->place.begin, end = span->place.end > begin ? span->place.end : begin;
  *out = (ig_answer){.text = ig_allocate_copy(context + begin, end - begin, err),
                     .begin = begin,
                     .end = end,
                     .score = span->score,
                     .start_logit = span->start,
                     .end_logit = span->end,
                     .placed = true};
  if (!out->text) return IG_ERROR_MEMORY;
  return ig_passage_place(a->sentences, context, (ig_source_range){0}, out, err);
}

static ig_status write_answers(const ig_answerer *a, const char *context,
                               const ig_answer_span *spans, size_t count, ig_answers *out,
                               ig_error *err) {
  out->list = ig_allocate(count, sizeof *out->list, err);
  if (!out->list) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    ig_answer *answer = &out->list[out->count++];
    IG_TRY(write_answer(a, context, &spans[i], answer, err));
  }
  return IG_OK;
}

static ig_answer_window window_of(const window_logits *l, const ig_reading_context *context,
                                  size_t index) {
  const ig_reading_window *w = &l->reading->windows[index];
  return (ig_answer_window){.logits = l->values + 2 * l->offsets[index],
                            .rows = (int)w->ids.count,
                            .first = (int)w->context_row,
                            .count = (int)w->count,
                            .places = context->tokens.places.list + w->first,
                            .words = context->tokens.words.ids + w->first};
}

static ig_status answer_as_pipeline(ig_answerer *a, const window_logits *l, size_t question,
                                    ig_answers *out, ig_error *err) {
  const ig_reading_question *q = &l->reading->questions[question];
  const ig_reading_context *context = &l->reading->contexts[q->context];
  size_t count;
  ig_pipeline_spans_begin(a->pipeline, context->text);
  for (size_t i = 0; i < q->windows; i++) {
    const ig_answer_window w = window_of(l, context, q->first_window + i);
    IG_TRY(ig_pipeline_spans_add(a->pipeline, &w, err));
  }
  const ig_answer_span *spans = ig_pipeline_spans_end(a->pipeline, &count);
  out->chosen = count > 0 && spans[0].place.end > spans[0].place.begin ? 0 : -1;
  return write_answers(a, context->text, spans, count, out, err);
}

static ig_status answer_as_run_qa(ig_answerer *a, const window_logits *l, size_t question,
                                  ig_answers *out, ig_error *err) {
  const ig_reading_question *q = &l->reading->questions[question];
  const ig_reading_context *context = &l->reading->contexts[q->context];
  ig_run_qa_result result;
  ig_run_qa_spans_begin(a->run_qa);
  for (size_t i = 0; i < q->windows; i++) {
    const ig_answer_window w = window_of(l, context, q->first_window + i);
    IG_TRY(ig_run_qa_spans_add(a->run_qa, &w, err));
  }
  IG_TRY(ig_run_qa_spans_end(a->run_qa, &result, err));
  out->chosen = result.chosen;
  out->nothing_found = result.nothing_found;
  out->null_odds = result.null_odds;
  return write_answers(a, context->text, result.spans, result.count, out, err);
}

ig_status ig_extraction_answer(ig_answerer *a, const ig_reading *reading, ig_answers *out,
                               ig_error *err) {
  window_logits logits = {.reading = reading};
  ig_status status = run_windows(a, &logits, err);
  for (size_t i = 0; status == IG_OK && i < reading->question_count; i++) {
    if (reading->questions[i].problem) continue;
    status = a->pipeline ? answer_as_pipeline(a, &logits, i, &out[i], err)
                         : answer_as_run_qa(a, &logits, i, &out[i], err);
    if (status == IG_OK && ig_interrupt_requested(a->options.interrupter))
      status = ig_fail(err, IG_INTERRUPTED, "interrupted");
  }
  free_logits(&logits);
  return status;
}
