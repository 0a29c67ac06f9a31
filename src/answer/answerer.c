// ig_answerer: questions to windows, and what the models say of these to answers.
#include <stdlib.h>
#include <string.h>

#include "answer/answer_model.h"
#include "answer/answerer_options.h"
#include "answer/answerer_state.h"
#include "answer/extraction.h"
#include "answer/generation.h"
#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"

// ---- opening ----------------------------------------------------------------

static ig_status check_heads(const ig_engine_members *members, ig_error *err) {
  if (members->models.list[0].model->config.head.kind == IG_HEAD_SPAN) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "the model has no head for question answering (qa_outputs): its class in "
                 "config.json, `architectures`, must end in ForQuestionAnswering");
}

ig_status ig_answer_model_check_types(const ig_config *config, const ig_tokenizer *tokenizer,
                                      ig_error *err) {
  ig_tokenizer_frame frame = {0};
  const ig_status status = ig_tokenizer_pairs_frame(tokenizer, &frame, err);
  const int types = config->token_types, most = frame.second_type;
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
    IG_TRY(ig_answer_model_check_types(&members->models.list[m].model->config,
                                       members->tokenizers[0], err));
  return IG_OK;
}

// Every member gets the same ids of a source.
static ig_status check_source_pieces(const ig_engine_members *members, int m, ig_error *err) {
  const ig_tokenizer *first = members->tokenizers[0], *other = members->tokenizers[m];
  const int size = ig_tokenizer_source_size(first);
  bool same = size == ig_tokenizer_source_size(other);
  for (int id = 0; same && id < size; id++)
    same = strcmp(ig_tokenizer_piece_of_id(first, IG_SIDE_SOURCE, id),
                  ig_tokenizer_piece_of_id(other, IG_SIDE_SOURCE, id)) == 0;
  if (same) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "model %d has another source vocabulary than the first: models that answer "
                 "together need one",
                 m + 1);
}

static ig_status check_sources(const ig_engine_members *members, ig_error *err) {
  for (int m = 1; m < members->models.count; m++) IG_TRY(check_source_pieces(members, m, err));
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

static ig_status check_members(const ig_answerer *a, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(a->engine);
  if (a->generates) return check_sources(members, err);
  IG_TRY(check_heads(members, err));
  return check_types(members, err);
}

// The engine is set.
static ig_status set_up(ig_answerer *a, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(a->engine);
  a->tokenizer = members->tokenizers[0];
  a->generates = ig_config_decodes(&members->models.list[0].model->config);
  IG_TRY(check_members(a, err));
  if (a->scores && !a->generates) a->options.post_processing = IG_POST_PROCESSING_RUN_QA;
  IG_TRY(ig_answerer_options_settle(a, err));
  a->stats.threads = ig_engine_threads(a->engine);
  if (a->options.passages) IG_TRY(ig_sentences_create(NULL, &a->sentences, err));
  return a->generates ? IG_OK : create_spans(a, err);
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

static ig_status open_ensemble(const ig_ensemble *ensemble, const ig_answerer_options *options,
                               bool scores, ig_answerer **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  ig_answerer *a;
  *out = NULL;
  IG_TRY(create_without_engine(options, &a, err));
  a->scores = scores;
  const ig_status status = open_directories(a, ensemble, err);
  a->stats.load_seconds = ig_clock_seconds() - begin;
  return hand_out(a, status, out);
}

ig_status ig_answerer_open(const ig_ensemble *ensemble, const ig_answerer_options *options,
                           ig_answerer **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  return open_ensemble(ensemble, options, false, out, err);
}

ig_status ig_answer_model_open_to_score(const ig_ensemble *ensemble,
                                        const ig_answerer_options *options, ig_answerer **out,
                                        ig_error *err) {
  return open_ensemble(ensemble, options, true, out, err);
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
  ig_sentences_free(a->sentences);
  ig_engine_free(a->engine);
  free(a);
}

ig_answer_stats ig_answerer_stats(const ig_answerer *a) {
  return a ? a->stats : (ig_answer_stats){0};
}

bool ig_answerer_generates(const ig_answerer *a) { return a && a->generates; }

// ---- answers ----------------------------------------------------------------

void ig_answers_free(ig_answers *answers) {
  if (!answers) return;
  for (size_t i = 0; i < answers->count; i++) {
    free(answers->list[i].text);
    free(answers->list[i].passage);
  }
  free(answers->list);
  free(answers->problem);
  *answers = (ig_answers){0};
}

// ---- running ----------------------------------------------------------------

static void take_problems(ig_answerer *a, ig_reading *reading, ig_answers *out) {
  for (size_t i = 0; i < reading->question_count; i++) {
    if (!reading->questions[i].problem) continue;
    out[i].problem = reading->questions[i].problem;
    reading->questions[i].problem = NULL;
    a->stats.problems++;
  }
}

static ig_status answer_all(ig_answerer *a, ig_reading *reading, ig_answers *out, ig_error *err) {
  a->stats.windows += reading->window_count;
  IG_TRY(a->generates ? ig_generation_answer(a, reading, out, err)
                      : ig_extraction_answer(a, reading, out, err));
  take_problems(a, reading, out);
  return IG_OK;
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
                                      .bare = a->run_qa != NULL,
                                      .prompts = a->generates};
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
