#include "train/run_questions.h"

#include <stdlib.h>

#include "answer/answer_corpus.h"
#include "answer/answer_model.h"
#include "base/fail.h"

ig_status ig_run_questions_check(const ig_run *run, ig_error *err) {
  const char *const paths[] = {run->config.data.train_questions, run->config.data.valid_questions};
  for (int i = 0; i < 2 && paths[i]; i++) {
    ig_squad squad;
    IG_TRY(ig_squad_read(&(ig_squad_reading){.path = paths[i]}, &squad, err));
    ig_squad_free(&squad);
  }
  return IG_OK;
}

static ig_status load_questions(const ig_run *run, const char *key, const char *path,
                                ig_squad *squad, ig_corpus *corpus, ig_error *err) {
  const ig_reading_options options = {.tokenizer = run->tokenizer,
                                      .max_length = run->max_length,
                                      .stride = run->config.data.stride,
                                      .bare = true,
                                      .prompts = run->generates};
  ig_answer_corpus_counts counts;
  IG_TRY(ig_squad_read(&(ig_squad_reading){path, run->reporter}, squad, err));
  IG_TRY(ig_answer_corpus_make(&options, squad, corpus, &counts, err));
  ig_answer_corpus_tell(run->reporter, &(ig_answer_corpus_report){.name = key,
                                                                  .prompts = run->generates,
                                                                  .squad = squad,
                                                                  .corpus = corpus,
                                                                  .counts = &counts});
  free(counts.first_problem);
  if (corpus->pairs > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: no question is left", path);
}

static const ig_yaml_node *find_key(const ig_run *run, const char *path) {
  return ig_yaml_find(ig_yaml_root(run->config.yaml), path);
}

static ig_status check_stride(const ig_run *run, ig_error *err) {
  const int stride = run->config.data.stride;
  const ig_yaml_node *node = find_key(run, "data.stride");
  if (stride < run->max_length) return IG_OK;
  if (node)
    return ig_yaml_fail(node, err, "expected less than data.max_length, %d, found %d",
                        run->max_length, stride);
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: data.max_length: expected more than data.stride, which is %d, found %d",
                 run->config.path, stride, run->max_length);
}

static ig_status refuse_key(const ig_run *run, const char *path, const char *why, ig_error *err) {
  const ig_yaml_node *node = find_key(run, path);
  return node ? ig_yaml_fail(node, err, "%s", why) : IG_OK;
}

// An encoder finds places of answers.
static ig_status check_encoder(const ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  if (!c->init)
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "%s: training an encoder on questions starts from a model: model.init is missing", c->path);
  if (c->label_smoothing != 0)
    return ig_yaml_fail(find_key(run, "train.label_smoothing"), err,
                        "expected 0, for the data are questions and the model is an encoder, "
                        "found %g",
                        c->label_smoothing);
  IG_TRY(refuse_key(run, "train.valid_beam_size",
                    "an encoder finds the answers to questions, and has no such key", err));
  const ig_status status = ig_answer_model_check_types(&run->model->config, run->tokenizer, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", c->init);
}

ig_status ig_run_questions_load(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  ig_squad train = {0};
  IG_TRY(check_stride(run, err));
  IG_TRY(refuse_key(run, "train.valid_tokenize", "questions have no such key", err));
  if (!run->generates) IG_TRY(check_encoder(run, err));
  const ig_status status =
      load_questions(run, "data.train", d->train_questions, &train, &run->train, err);
  ig_squad_free(&train);
  IG_TRY(status);
  if (!d->valid_questions) return IG_OK;
  return load_questions(run, "data.valid", d->valid_questions, &run->questions, &run->valid, err);
}
