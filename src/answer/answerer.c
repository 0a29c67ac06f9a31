// ig_answerer: questions to windows, windows through the engine, and what their heads gave to
// answers.
#include "ingot_answer.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer_model.h"
#include "answer/pipeline_spans.h"
#include "answer/reading.h"
#include "answer/run_qa_spans.h"
#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "pipeline/engine.h"
#include "text/utf8.h"

enum { USUAL_LENGTH = 384, USUAL_STRIDE = 128, USUAL_BATCH_TOKENS = 2048 };

struct ig_answerer {
  ig_engine *engine;
  const ig_tokenizer *tokenizer;
  ig_answerer_options options;  // checked, without defaults left
  ig_pipeline_spans *pipeline;
  ig_run_qa_spans *run_qa;
  ig_answer_stats stats;
};

// ---- opening ----------------------------------------------------------------

ig_answerer_options ig_answerer_options_default(void) {
  return (ig_answerer_options){.stride = -1};
}

// Tokens of a window that every member has positions for.
static int most_positions(const ig_engine_members *members) {
  int most = 0;
  for (int m = 0; m < members->models.count; m++) {
    const int its = members->models.list[m].model->config.positions.count;
    if (its && (!most || its < most)) most = its;
  }
  return most;
}

static ig_status settle_lengths(ig_answerer_options *o, const ig_engine_members *members,
                                ig_error *err) {
  const int positions = most_positions(members);
  if (o->max_length == 0)
    o->max_length = positions && positions < USUAL_LENGTH ? positions : USUAL_LENGTH;
  IG_TRY(ig_fail_if_outside("max_length", o->max_length, 1, positions ? positions : 1 << 20, err));
  if (o->stride == -1)
    o->stride = o->max_length / 2 < USUAL_STRIDE ? o->max_length / 2 : USUAL_STRIDE;
  return ig_fail_if_outside("stride", o->stride, 0, o->max_length - 1, err);
}

static ig_status settle_options(ig_answerer *a, ig_error *err) {
  ig_answerer_options *o = &a->options;
  const bool pipeline = o->post_processing == IG_POST_PROCESSING_PIPELINE;
  IG_TRY(ig_fail_if_outside("post_processing", (long)o->post_processing,
                            IG_POST_PROCESSING_PIPELINE, IG_POST_PROCESSING_RUN_QA, err));
  if (o->n_best == 0) o->n_best = pipeline ? 1 : 20;
  if (o->max_answer_length == 0) o->max_answer_length = pipeline ? 15 : 30;
  if (o->batch_tokens == 0) o->batch_tokens = USUAL_BATCH_TOKENS;
  IG_TRY(ig_fail_if_outside("n_best", o->n_best, 1, 10000, err));
  IG_TRY(ig_fail_if_outside("max_answer_length", o->max_answer_length, 1, 1 << 20, err));
  IG_TRY(ig_fail_if_outside("batch_tokens", o->batch_tokens, 1, 1 << 24, err));
  return settle_lengths(o, ig_engine_members_of(a->engine), err);
}

static ig_status check_heads(const ig_engine_members *members, ig_error *err) {
  if (members->models.list[0].model->config.head.kind == IG_HEAD_SPAN) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "the model has no head for question answering (qa_outputs): its class in "
                 "config.json, `architectures`, must end in ForQuestionAnswering");
}

ig_status ig_answer_model_check_types(const ig_model *model, const ig_tokenizer *tokenizer,
                                      ig_error *err) {
  ig_tokenizer_frame frame = {0};
  const ig_status status = ig_tokenizer_pairs_frame(tokenizer, &frame, err);
  const int types = model->config.token_types, most = frame.second_type;
  ig_tokenizer_frame_free(&frame);
  IG_TRY(status);
  if (types == 0 || most < types) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "the tokenizer gives contexts the type %d, but the model has %d of them "
                 "(type_vocab_size)",
                 most, types);
}

static ig_status check_types(const ig_engine_members *members, ig_error *err) {
  for (int m = 0; m < members->models.count; m++)
    IG_TRY(ig_answer_model_check_types(members->models.list[m].model, members->tokenizers[0], err));
  return IG_OK;
}

static ig_status create_spans(ig_answerer *a, ig_error *err) {
  const ig_answerer_options *o = &a->options;
  if (o->post_processing == IG_POST_PROCESSING_PIPELINE)
    return ig_pipeline_spans_create(
        &(ig_pipeline_spans_options){.n_best = o->n_best,
                                     .max_answer_length = o->max_answer_length,
                                     .no_answer = o->no_answer,
                                     .whole_words = !o->part_words},
        &a->pipeline, err);
  return ig_run_qa_spans_create(
      &(ig_run_qa_spans_options){o->n_best, o->max_answer_length, o->no_answer, o->null_threshold},
      &a->run_qa, err);
}

// The engine is set.
static ig_status set_up(ig_answerer *a, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(a->engine);
  a->tokenizer = members->tokenizers[0];
  IG_TRY(check_heads(members, err));
  IG_TRY(check_types(members, err));
  IG_TRY(settle_options(a, err));
  a->stats.threads = ig_engine_threads(a->engine);
  return create_spans(a, err);
}

static ig_status open_directories(ig_answerer *a, const ig_ensemble *ensemble, ig_error *err) {
  ig_engine_options engine = ig_engine_options_default();
  engine.threads = a->options.threads;
  engine.workers = a->options.workers;
  engine.type = a->options.type;
  IG_TRY(ig_engine_open(ensemble, &engine, &a->engine, err));
  const ig_status status = set_up(a, err);
  if (status != IG_ERROR_UNSUPPORTED) return status;
  return ig_fail_in(err, status, "%s", ensemble->members[0].directory);
}

static ig_status open_borrowed(ig_answerer *a, const ig_model *model, const ig_tokenizer *tokenizer,
                               ig_pool *pool, ig_error *err) {
  IG_TRY(ig_engine_borrow(model, tokenizer, pool, &a->engine, err));
  return set_up(a, err);
}

// Puts the answerer out, or frees it.
static ig_status hand_out(ig_answerer *a, ig_status status, ig_answerer **out) {
  if (status == IG_OK)
    *out = a;
  else
    ig_answerer_free(a);
  return status;
}

static ig_status create_without_engine(const ig_answerer_options *options, ig_answerer **out,
                                       ig_error *err) {
  *out = ig_allocate(1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  (*out)->options = options ? *options : ig_answerer_options_default();
  return IG_OK;
}

ig_status ig_answerer_open(const ig_ensemble *ensemble, const ig_answerer_options *options,
                           ig_answerer **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  ig_answerer *a;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  IG_TRY(create_without_engine(options, &a, err));
  const ig_status status = open_directories(a, ensemble, err);
  a->stats.load_seconds = ig_clock_seconds() - begin;
  return hand_out(a, status, out);
}

ig_status ig_answer_model_open(const ig_model *model, const ig_tokenizer *tokenizer, ig_pool *pool,
                               const ig_answerer_options *options, ig_answerer **out,
                               ig_error *err) {
  ig_answerer *a;
  *out = NULL;
  IG_TRY(create_without_engine(options, &a, err));
  return hand_out(a, open_borrowed(a, model, tokenizer, pool, err), out);
}

void ig_answerer_free(ig_answerer *a) {
  if (!a) return;
  ig_pipeline_spans_free(a->pipeline);
  ig_run_qa_spans_free(a->run_qa);
  ig_engine_free(a->engine);
  free(a);
}

ig_answer_stats ig_answerer_stats(const ig_answerer *a) {
  return a ? a->stats : (ig_answer_stats){0};
}

// ---- windows through the engine ---------------------------------------------

// What the head gave of all windows, back to back.
typedef struct window_logits {
  const ig_reading *reading;
  int members;
  ig_queue_sentence *sentences;  // (windows)
  ig_ids *sources;               // (windows, members): the same ids for each, borrowed
  size_t *offsets;               // (windows + 1): tokens before each
  float *values;                 // (tokens, 2)
} window_logits;

static void free_logits(window_logits *l) {
  free(l->sentences);
  free(l->sources);
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

static ig_status reserve_logits(window_logits *l, ig_error *err) {
  const size_t windows = l->reading->window_count, members = (size_t)l->members;
  l->sources = ig_allocate(windows * members, sizeof *l->sources, err);
  l->sentences = ig_allocate(windows, sizeof *l->sentences, err);
  l->offsets = ig_allocate(windows + 1, sizeof *l->offsets, err);
  if (!l->sources || !l->sentences || !l->offsets) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < windows; i++) {
    const ig_reading_window *w = &l->reading->windows[i];
    for (size_t m = 0; m < members; m++) l->sources[i * members + m] = w->ids;
    l->sentences[i] = (ig_queue_sentence){
        .sources = &l->sources[i * members], .length = w->ids.count, .second_text = w->second_text};
    l->offsets[i + 1] = l->offsets[i] + w->ids.count;
  }
  l->values = ig_allocate(2 * l->offsets[windows], sizeof *l->values, err);
  return l->values ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status run_windows(ig_answerer *a, window_logits *l, ig_error *err) {
  ig_engine_counts counts;
  IG_TRY(reserve_logits(l, err));
  const ig_engine_job job = {.sentences = l->sentences,
                             .count = l->reading->window_count,
                             .batch_tokens = a->options.batch_tokens,
                             .encoded = keep_logits,
                             .context = l,
                             .interrupter = a->options.interrupter};
  const ig_status status = ig_engine_run(a->engine, &job, &counts, err);
  a->stats.windows += l->reading->window_count;
  a->stats.tokens += counts.source_tokens;
  return status;
}

// ---- answers ----------------------------------------------------------------

void ig_answers_free(ig_answers *answers) {
  if (!answers) return;
  for (size_t i = 0; i < answers->count; i++) free(answers->list[i].text);
  free(answers->list);
  free(answers->problem);
  *answers = (ig_answers){0};
}

static ig_status write_answer(const char *context, const ig_answer_span *span, ig_answer *out,
                              ig_error *err) {
  const size_t begin = span->place.begin, end = span->place.end > begin ? span->place.end : begin;
  *out = (ig_answer){.text = ig_allocate_copy(context + begin, end - begin, err),
                     .begin = begin,
                     .end = end,
                     .start_code = ig_utf8_count(context, begin),
                     .end_code = ig_utf8_count(context, end),
                     .score = span->score,
                     .start_logit = span->start,
                     .end_logit = span->end};
  return out->text ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status write_answers(const char *context, const ig_answer_span *spans, size_t count,
                               ig_answers *out, ig_error *err) {
  out->list = ig_allocate(count, sizeof *out->list, err);
  if (!out->list) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    IG_TRY(write_answer(context, &spans[i], &out->list[i], err));
    out->count++;
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
  return write_answers(context->text, spans, count, out, err);
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
  return write_answers(context->text, result.spans, result.count, out, err);
}

static ig_status take_problem(ig_answerer *a, ig_reading_question *question, ig_answers *out) {
  out->problem = question->problem;
  question->problem = NULL;
  a->stats.problems++;
  return IG_OK;
}

static ig_status answer_one(ig_answerer *a, const window_logits *l, size_t question,
                            ig_answers *out, ig_error *err) {
  if (l->reading->questions[question].problem)
    return take_problem(a, &l->reading->questions[question], out);
  return a->pipeline ? answer_as_pipeline(a, l, question, out, err)
                     : answer_as_run_qa(a, l, question, out, err);
}

static ig_status answer_all(ig_answerer *a, const ig_reading *reading, ig_answers *out,
                            ig_error *err) {
  window_logits logits = {.reading = reading,
                          .members = ig_engine_members_of(a->engine)->models.count};
  ig_status status = run_windows(a, &logits, err);
  for (size_t i = 0; status == IG_OK && i < reading->question_count; i++) {
    status = answer_one(a, &logits, i, &out[i], err);
    if (status == IG_OK && ig_interrupt_requested(a->options.interrupter))
      status = ig_fail(err, IG_INTERRUPTED, "interrupted");
  }
  free_logits(&logits);
  return status;
}

ig_status ig_answerer_run(ig_answerer *a, const ig_question *questions, size_t count,
                          ig_answers *out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  for (size_t i = 0; i < count; i++) out[i] = (ig_answers){.chosen = -1};
  IG_TRY(ig_fail_if_null(a, "answerer", err));
  IG_TRY(ig_fail_if_null(questions, "questions", err));
  IG_TRY(ig_engine_check_usable(a->engine, err));
  const double begin = ig_clock_seconds();
  const ig_reading_options options = {.tokenizer = a->tokenizer,
                                      .max_length = a->options.max_length,
                                      .stride = a->options.stride,
                                      .bare = a->run_qa != NULL};
  ig_reading reading;
  ig_status status = ig_reading_make(&options, questions, count, &reading, err);
  if (status == IG_OK) status = answer_all(a, &reading, out, err);
  ig_reading_free(&reading);
  a->stats.seconds += ig_clock_seconds() - begin;
  if (status == IG_OK) {
    a->stats.questions += count;
    return IG_OK;
  }
  for (size_t i = 0; i < count; i++) ig_answers_free(&out[i]);
  return status;
}
