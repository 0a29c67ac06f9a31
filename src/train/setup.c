// From a configuration to the first update: tokenizer, corpora, model, trainer, batches, and the
// checkpoint where there is one.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "model/config.h"
#include "model/layout.h"
#include "train/checkpoint.h"
#include "train/identity.h"
#include "train/run.h"
#include "train/trainer.h"

#define DEFAULT_MAX_LENGTH 256

static ig_status check_readable(const ig_corpus_files *files, ig_error *err) {
  for (size_t f = 0; f < files->count; f++)
    for (int side = 0; side < 2; side++) {
      const char *path = side ? files->target[f] : files->source[f];
      ig_file file;
      IG_TRY(ig_file_open(&file, path, err));
      ig_file_close(&file);
    }
  return IG_OK;
}

// The files of both sides one after the other; free() the array.
static ig_status both_sides(const ig_corpus_files *files, const char ***out, ig_error *err) {
  *out = ig_allocate(2 * files->count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  memcpy(*out, files->source, files->count * sizeof **out);
  memcpy(*out + files->count, files->target, files->count * sizeof **out);
  return IG_OK;
}

static ig_status train_piece_model(ig_run *run, const char *const *files, size_t count,
                                   const char *name, char **path, ig_error *err) {
  *path = ig_path_join(run->config.output, name, err);
  if (!*path) return IG_ERROR_MEMORY;
  ig_sentencepiece_training training = run->config.data.sentencepiece;
  training.files = files;
  training.file_count = count;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "training SentencePiece: %s, %d pieces, %s (an interruption takes effect behind it)",
            training.model_type, training.vocab_size, *path);
  const ig_status status = ig_sentencepiece_train(&training, *path, err);
  const bool vocabulary =
      status == IG_ERROR_FORMAT && err && strstr(err->message, "Vocabulary size");
  return vocabulary ? ig_fail_in(err, status, "data.sentencepiece.vocab_size") : status;
}

static ig_status trained_tokenizer(ig_run *run, ig_error *err) {
  const ig_corpus_files *files = &run->config.data.train;
  const bool joint = run->config.data.joint;
  const char **both;
  char *source = NULL, *target = NULL;
  IG_TRY(ig_corpus_check_lines(files, err));
  IG_TRY(both_sides(files, &both, err));
  ig_status status =
      train_piece_model(run, both, joint ? 2 * files->count : files->count,
                        joint ? "sentencepiece.model" : "source.model", &source, err);
  if (status == IG_OK && !joint)
    status =
        train_piece_model(run, both + files->count, files->count, "target.model", &target, err);
  if (status == IG_OK)
    status = ig_tokenizer_from_sentencepiece(source, target, &run->tokenizer, err);
  free(both);
  free(source);
  free(target);
  return status;
}

static ig_status whitespace_tokenizer(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  const char **both;
  IG_TRY(both_sides(&d->train, &both, err));
  const ig_corpus_tokens tokens = {
      .source_files = both,
      .target_files = both + d->train.count,
      .source_file_count = d->joint ? 2 * d->train.count : d->train.count,
      .target_file_count = d->joint ? 0 : d->train.count,
      .min_count = (size_t)d->min_frequency,
      .max_tokens = (size_t)d->max_tokens};
  const ig_status status = ig_tokenizer_from_corpus(&tokens, &run->tokenizer, err);
  free(both);
  return status;
}

static ig_status make_tokenizer(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (run->resumed) return ig_tokenizer_load(run->latest, &run->tokenizer, err);
  switch (d->vocabulary) {
    case IG_VOCABULARY_TRAINED: return trained_tokenizer(run, err);
    case IG_VOCABULARY_MODEL:
      return ig_tokenizer_from_sentencepiece(d->source_model, d->target_model, &run->tokenizer,
                                             err);
    case IG_VOCABULARY_WHITESPACE: return whitespace_tokenizer(run, err);
    case IG_VOCABULARY_INIT: break;
  }
  return ig_tokenizer_load(run->config.init, &run->tokenizer, err);
}

static ig_status check_joint(const ig_run *run, bool joint, ig_error *err) {
  if (joint || strcmp(run->config.family->name, "torch") != 0) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: the torch family has one vocabulary for both sides: set joint: true",
                 run->config.path);
}

// What only the tokenizer knows, in the keys of config.json. Marian's decoder starts with <pad>.
// The torch module has no id of its own for that: it starts with </s>, as fairseq does, so that a
// mask over <pad> never hides the start.
static ig_status add_vocabulary(ig_run *run, json_t *model, ig_error *err) {
  const ig_tokenizer *t = run->tokenizer;
  const bool torch = strcmp(run->config.family->name, "torch") == 0,
             shared = ig_tokenizer_shared(t);
  const int pad = ig_tokenizer_pad_id(t, IG_SIDE_SOURCE),
            eos = ig_tokenizer_eos_id(t, IG_SIDE_TARGET),
            start = torch ? eos : ig_tokenizer_pad_id(t, IG_SIDE_TARGET);
  IG_TRY(check_joint(run, shared, err));
  int failed = json_object_set_new(model, "vocab_size", json_integer(ig_tokenizer_source_size(t)));
  failed |=
      json_object_set_new(model, "decoder_vocab_size", json_integer(ig_tokenizer_target_size(t)));
  failed |= json_object_set_new(model, "pad_token_id", json_integer(pad));
  failed |= json_object_set_new(model, "eos_token_id", json_integer(eos));
  failed |= json_object_set_new(model, torch ? "bos_token_id" : "decoder_start_token_id",
                                json_integer(start));
  if (!torch) failed |= json_object_set_new(model, "forced_eos_token_id", json_integer(eos));
  if (!torch && !json_object_get(model, "share_encoder_decoder_embeddings"))
    failed |= json_object_set_new(model, "share_encoder_decoder_embeddings", json_boolean(shared));
  return failed ? ig_fail_memory_in(run->config.path, err) : IG_OK;
}

// The options asked for. With init they are those of the loaded model, and only its dropouts are
// the configuration's.
static ig_status wanted_config(ig_run *run, ig_config *out, ig_error *err) {
  const ig_train_config *c = &run->config;
  if (!c->init) {
    json_t *model = json_deep_copy(c->model);
    ig_status status = model ? add_vocabulary(run, model, err) : ig_fail_memory_in(c->path, err);
    if (status == IG_OK) status = c->family->from_json(model, c->path, out, err);
    json_decref(model);
    return status;
  }
  *out = *ig_model_config(run->model);
  const struct {
    const char *key;
    float *out;
  } dropouts[] = {{"dropout", &out->dropout},
                  {"attention_dropout", &out->attention_dropout},
                  {"activation_dropout", &out->activation_dropout}};
  for (size_t i = 0; i < 3; i++) {
    const json_t *value = json_object_get(c->model, dropouts[i].key);
    if (!value) continue;
    const double p = json_number_value(value);
    if (!json_is_number(value) || p < 0 || p >= 1)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: model.%s: expected a number in [0, 1)", c->path,
                     dropouts[i].key);
    *dropouts[i].out = (float)p;
  }
  return IG_OK;
}

static ig_status choose_max_length(const ig_run *run, int max_positions, int *out, ig_error *err) {
  const int positions = max_positions > 0 ? max_positions : INT32_MAX,
            wanted = run->config.data.max_length;
  *out = wanted ? wanted : DEFAULT_MAX_LENGTH < positions ? DEFAULT_MAX_LENGTH : positions;
  if (*out <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: data.max_length: the model has %d positions, found %d", run->config.path,
                 positions, *out);
}

// What can be judged before the tokenizer is trained, which may take long. Any vocabulary will do:
// this one is Marian's own.
static ig_status check_model_options(const ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  if (c->init) return IG_OK;
  const bool from_data =
      c->data.vocabulary == IG_VOCABULARY_TRAINED || c->data.vocabulary == IG_VOCABULARY_WHITESPACE;
  IG_TRY(check_joint(run, !from_data || c->data.joint, err));
  json_t *model = json_deep_copy(c->model);
  if (!model || json_object_set_new(model, "vocab_size", json_integer(58101)) != 0) {
    json_decref(model);
    return ig_fail_memory_in(c->path, err);
  }
  ig_config config;
  int max_length;
  ig_status status = c->family->from_json(model, c->path, &config, err);
  json_decref(model);
  if (status == IG_OK) status = ig_config_check(&config, c->path, err);
  return status == IG_OK ? choose_max_length(run, config.max_positions, &max_length, err) : status;
}

static ig_status check_vocabulary(const ig_run *run, ig_error *err) {
  const ig_config *m = ig_model_config(run->model);
  const int source = ig_tokenizer_source_size(run->tokenizer),
            target = ig_tokenizer_target_size(run->tokenizer);
  if (source <= m->vocab_size && target <= m->target_vocab_size) return IG_OK;
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s: the tokenizer has %d source and %d target tokens, the model room for %d and %d",
      run->resumed ? run->latest : run->config.init, source, target, m->vocab_size,
      m->target_vocab_size);
}

static ig_status load_corpora(ig_run *run, int max_positions, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  IG_TRY(choose_max_length(run, max_positions, &run->max_length, err));
  ig_pool *pool;
  IG_TRY(ig_pool_create(run->threads, &pool, err));
  ig_corpus_options options = {.tokenizer = run->tokenizer,
                               .pool = pool,
                               .max_length = run->max_length,
                               .keep_text = d->sampling_nbest > 0};
  ig_status status = ig_corpus_load(&d->train, &options, &run->train, err);
  options.keep_text = true;
  options.max_length = max_positions;
  if (status == IG_OK && d->valid.count)
    status = ig_corpus_load(&d->valid, &options, &run->valid, err);
  ig_pool_free(pool);
  IG_TRY(status);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "data: %zu pairs, %zu source and %zu target tokens; left out: %zu longer than %d "
            "tokens, %zu empty",
            run->train.pairs, run->train.offsets[IG_SIDE_SOURCE][run->train.pairs],
            run->train.offsets[IG_SIDE_TARGET][run->train.pairs], run->train.too_long,
            run->max_length, run->train.empty);
  if (run->train.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to train on",
                   d->train.source[0]);
  if (d->valid.count && run->valid.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to validate on",
                   d->valid.source[0]);
  return IG_OK;
}

static ig_status make_trainer(ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  const ig_trainer_options options = {.optimizer = c->optimizer,
                                      .label_smoothing = (float)c->label_smoothing,
                                      .seed = c->seed,
                                      .threads = run->threads,
                                      .recompute = c->recompute};
  return ig_trainer_create(run->model, &options, &run->trainer, err);
}

// Scores of different kinds do not compete: the comparison begins anew, and what was the best so
// far is put aside.
static ig_status restart_comparison(ig_run *run, const char *difference, ig_error *err) {
  ig_run_state *s = &run->state;
  char name[32];
  snprintf(name, sizeof name, "best-%d", s->best_update);
  char *aside = ig_path_join(run->config.output, name, err);
  if (!aside) return IG_ERROR_MEMORY;
  const bool moved = rename(run->best, aside) == 0;
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "%s has changed: scores of validations start to compete anew%s%s", difference,
            moved ? "; the best model so far is now " : "", moved ? aside : "");
  free(aside);
  s->has_best = false;
  s->worse = s->best_update = s->validated = 0;
  s->best = s->best_loss = 0;
  return IG_OK;
}

// Instruction sets round differently. That is no other run, but no longer the same bits.
static ig_status check_isa(const ig_run *run, const char *saved, ig_error *err) {
  const char *isa;
  IG_TRY(ig_isa_name(&isa, err));
  if (*saved && strcmp(saved, isa) != 0)
    ig_report(run->reporter, IG_LEVEL_WARNING,
              "%s was trained with %s and goes on with %s: results will not be bit-equal to an "
              "uninterrupted run",
              run->latest, saved, isa);
  return IG_OK;
}

// The state and who it belongs to.
static ig_status read_checkpoint(ig_run *run, ig_error *err) {
  ig_saved_run saved;
  IG_TRY(ig_checkpoint_read(run->latest, &saved, err));
  ig_status status =
      ig_identity_compare(saved.identity, run->identity, run->latest, run->config.path, err);
  run->state = saved.state;
  // Without data.valid nothing competes now; it may again later.
  if (!run->comparison) run->comparison = json_incref(saved.comparison);
  const char *difference = ig_comparison_difference(saved.comparison, run->comparison);
  if (status == IG_OK) status = check_isa(run, saved.isa, err);
  if (status == IG_OK && run->state.has_best && saved.comparison && difference)
    status = restart_comparison(run, difference, err);
  json_decref(saved.identity);
  json_decref(saved.comparison);
  return status;
}

// The corpus must be loaded to know whether this is the same run, the model before it where the
// configuration does not say its sizes.
static ig_status build(ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  ig_config wanted = {0};
  if (run->resumed || c->init) {
    IG_TRY(ig_model_load(run->resumed ? run->latest : c->init, &run->model, err));
    IG_TRY(check_vocabulary(run, err));
  }
  IG_TRY(wanted_config(run, &wanted, err));
  IG_TRY(load_corpora(run, wanted.max_positions, err));
  IG_TRY(ig_identity_make(run, &wanted, &run->identity, err));
  if (run->valid.pairs) IG_TRY(ig_comparison_make(run, &run->comparison, err));
  if (run->resumed) IG_TRY(read_checkpoint(run, err));
  if (!run->model) IG_TRY(ig_model_create(&wanted, c->seed, &run->model, err));
  run->model->config.dropout = wanted.dropout;
  run->model->config.attention_dropout = wanted.attention_dropout;
  run->model->config.activation_dropout = wanted.activation_dropout;
  ig_layout_wire(run->model, ig_family_find(wanted.family));
  IG_TRY(make_trainer(run, err));
  return ig_run_make_batches(run, err);
}

static ig_status make_paths(ig_run *run, ig_error *err) {
  run->latest = ig_path_join(run->config.output, "latest", err);
  run->best = ig_path_join(run->config.output, "best", err);
  run->metrics = ig_path_join(run->config.output, "metrics.jsonl", err);
  return run->latest && run->best && run->metrics ? IG_OK : IG_ERROR_MEMORY;
}

// The path without its last component: "a/b/" and "a/b" become "a", "a" becomes "".
static void cut_last(char *path) {
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/') length--;
  while (length > 0 && path[length - 1] != '/') length--;
  while (length > 0 && path[length - 1] == '/') length--;
  path[length] = '\0';
}

// How many directories at the end of path are not there yet.
static ig_status count_missing(const char *path, int *missing, ig_error *err) {
  char *prefix = ig_allocate_copy(path, strlen(path), err);
  if (!prefix) return IG_ERROR_MEMORY;
  for (*missing = 0; *prefix && !ig_file_exists(prefix); cut_last(prefix)) ++*missing;
  free(prefix);
  return IG_OK;
}

// A failed start leaves no directory that it made, unless there is something in it.
static void remove_made_directories(ig_run *run) {
  char *path = run->made_directories > 0 && run->lock
                   ? ig_path_join(run->config.output, ".lock", NULL)
                   : NULL;
  if (!path) return;
  unlink(path);
  cut_last(path);
  for (int i = 0; i < run->made_directories && rmdir(path) == 0; i++) cut_last(path);
  free(path);
}

// Two trainings in one directory would delete each other's files. The lock goes with the process,
// however it ends.
static ig_status lock_output(ig_run *run, ig_error *err) {
  char *path = ig_path_join(run->config.output, ".lock", err);
  if (!path) return IG_ERROR_MEMORY;
  run->lock = fopen(path, "ae");
  if (!run->lock) {
    ig_fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
    free(path);
    return IG_ERROR_IO;
  }
  // A start that failed may have removed the file between our opening and locking it: then the lock
  // is worth nothing.
  struct stat held, named;
  const bool ours = flock(fileno(run->lock), LOCK_EX | LOCK_NB) == 0 &&
                    fstat(fileno(run->lock), &held) == 0 && stat(path, &named) == 0 &&
                    held.st_ino == named.st_ino;
  free(path);
  if (ours) return IG_OK;
  fclose(run->lock);
  run->lock = NULL;
  return ig_fail(err, IG_ERROR_IO, "%s: another training is running in this directory",
                 run->config.output);
}

// A checkpoint that lost its state must not be taken for a new run and overwritten.
static ig_status find_checkpoint(ig_run *run, ig_error *err) {
  IG_TRY(ig_checkpoint_clean_up(run, err));
  IG_TRY(ig_checkpoint_recover(run, run->latest, err));
  IG_TRY(ig_checkpoint_recover(run, run->best, err));
  IG_TRY(ig_checkpoint_exists(run->latest, &run->resumed, err));
  if (!run->resumed && ig_file_exists(run->latest))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: training.json is missing, so this checkpoint cannot be resumed; move the "
                   "directory away to start anew",
                   run->latest);
  return IG_OK;
}

static ig_status resume(ig_run *run, ig_error *err) {
  IG_TRY(ig_checkpoint_read_moments(run->latest, run->trainer, err));
  ig_trainer_set_updates(run->trainer, (uint32_t)run->state.update);
  ig_report(run->reporter, IG_LEVEL_INFO, "resuming from %s at update %d", run->latest,
            run->state.update);
  return ig_metrics_truncate(run->metrics, &run->state, err);
}

// Nothing has been learned yet, so there is nothing to save.
static ig_status check_interrupted(ig_error *err) {
  if (!ig_interrupted()) return IG_OK;
  return ig_fail(err, IG_INTERRUPTED,
                 "interrupted before the first update; the same command starts again");
}

static ig_status set_up(ig_run *run, ig_error *err) {
  IG_TRY(make_paths(run, err));
  IG_TRY(check_model_options(run, err));
  IG_TRY(check_readable(&run->config.data.train, err));
  IG_TRY(check_readable(&run->config.data.valid, err));
  IG_TRY(count_missing(run->config.output, &run->made_directories, err));
  IG_TRY(ig_path_make_directories(run->config.output, err));
  IG_TRY(lock_output(run, err));
  IG_TRY(find_checkpoint(run, err));
  IG_TRY(make_tokenizer(run, err));
  IG_TRY(check_interrupted(err));
  IG_TRY(build(run, err));
  IG_TRY(check_interrupted(err));
  ig_report(run->reporter, IG_LEVEL_INFO, "model: %s, %zu parameters",
            ig_model_config(run->model)->family, ig_model_parameters(run->model));
  return run->resumed ? resume(run, err) : ig_metrics_truncate(run->metrics, &run->state, err);
}

ig_status ig_run_setup(ig_run *run, ig_error *err) {
  const ig_status status = set_up(run, err);
  if (status != IG_OK) remove_made_directories(run);
  return status;
}

void ig_run_free(ig_run *run) {
  ig_batcher_free(run->batcher);
  ig_batcher_free(run->valid_batcher);
  ig_trainer_free(run->trainer);
  ig_model_free(run->model);
  ig_tokenizer_free(run->tokenizer);
  ig_corpus_free(&run->train);
  ig_corpus_free(&run->sampled);
  ig_corpus_free(&run->valid);
  json_decref(run->identity);
  json_decref(run->comparison);
  free(run->latest);
  free(run->best);
  free(run->metrics);
  if (run->lock) fclose(run->lock);
}
