// Tokenizers from SentencePiece, from data that are tokens already, and from a model directory.
#include "train/run_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "base/report.h"
#include "model/files/config_file.h"

// The files of both sides one after the other; free() the array.
static ig_status both_sides(const ig_corpus_files *files, const char ***out, ig_error *err) {
  *out = ig_allocate(2 * files->count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  memcpy(*out, files->source, files->count * sizeof **out);
  memcpy(*out + files->count, files->target, files->count * sizeof **out);
  return IG_OK;
}

static ig_status train_sentencepiece(ig_run *run, const char *const *files, size_t count,
                                     const char *name, char **path, ig_error *err) {
  *path = ig_path_join(run->config.output, name, err);
  if (!*path) return IG_ERROR_MEMORY;
  ig_sentencepiece_training training = run->config.data.sentencepiece;
  training.files = files;
  training.file_count = count;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "training SentencePiece: %s, %d pieces, %s (an interruption takes effect after it)",
            training.model_type, training.vocab_size, *path);
  const ig_status status = ig_sentencepiece_train(&training, *path, err);
  const bool vocabulary =
      status == IG_ERROR_FORMAT && err && strstr(err->message, "Vocabulary size");
  return vocabulary ? ig_fail_in(err, status, "data.sentencepiece.vocab_size") : status;
}

// target NULL: one model for both sides.
static ig_status make_from_models(ig_run *run, const char *source, const char *target,
                                  ig_error *err) {
  const ig_family *family = run->config.family;
  const ig_tokenizer_description *description =
      ig_tokenizer_description_of_sentencepiece(family->tokenizers);
  if (!description)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: data: the %s family has no tokenizer with SentencePiece", run->config.path,
                   family->name);
  return ig_tokenizer_from_sentencepiece(description, source, target, &run->tokenizer, err);
}

// A tokenizer with shifted ids needs a model whose special pieces have the ids of its family; what
// Ingot trains has </s>, <unk> and no <pad>.
static ig_status check_trainable(const ig_run *run, ig_error *err) {
  const ig_tokenizer_description *description =
      ig_tokenizer_description_of_sentencepiece(run->config.family->tokenizers);
  if (!description || description->kind != IG_TOKENIZER_SHIFTED) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: data.sentencepiece: the %s family needs a model with its own special pieces, "
                 "which cannot be trained here: name its file",
                 run->config.path, run->config.family->name);
}

static ig_status make_trained(ig_run *run, ig_error *err) {
  const ig_corpus_files *files = &run->config.data.train;
  const bool joint = run->config.data.joint;
  const char **both;
  char *source = NULL, *target = NULL;
  IG_TRY(check_trainable(run, err));
  IG_TRY(ig_corpus_check_lines(files, run->config.data.strict, err));
  IG_TRY(both_sides(files, &both, err));
  ig_status status =
      train_sentencepiece(run, both, joint ? 2 * files->count : files->count,
                          joint ? "sentencepiece.model" : "source.model", &source, err);
  if (status == IG_OK && !joint)
    status =
        train_sentencepiece(run, both + files->count, files->count, "target.model", &target, err);
  if (status == IG_OK) status = make_from_models(run, source, target, err);
  free(both);
  free(source);
  free(target);
  return status;
}

static ig_status make_from_whitespace(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  const char **both;
  if (!ig_tokenizer_description_of_words(run->config.family->tokenizers))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: data.tokens: the %s family has no tokenizer of words", run->config.path,
                   run->config.family->name);
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

static ig_status load_from(ig_run *run, const char *directory, ig_error *err) {
  const ig_tokenizer_description *const *offered;
  IG_TRY(ig_config_file_tokenizers(directory, &offered, err));
  return ig_tokenizer_load(directory, offered, &run->tokenizer, err);
}

ig_status ig_run_tokenizer_make(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (run->resumed) return load_from(run, run->latest, err);
  switch (d->vocabulary) {
    case IG_VOCABULARY_TRAINED: return make_trained(run, err);
    case IG_VOCABULARY_MODEL: return make_from_models(run, d->source_model, d->target_model, err);
    case IG_VOCABULARY_WHITESPACE: return make_from_whitespace(run, err);
    case IG_VOCABULARY_INIT: break;
  }
  return load_from(run, run->config.init, err);
}
