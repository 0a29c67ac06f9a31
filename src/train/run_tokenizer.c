// Tokenizers from SentencePiece, from data that are tokens already, and from a model directory.
#include "train/run_tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "base/report.h"

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

static ig_status make_trained(ig_run *run, ig_error *err) {
  const ig_corpus_files *files = &run->config.data.train;
  const bool joint = run->config.data.joint;
  const char **both;
  char *source = NULL, *target = NULL;
  IG_TRY(ig_corpus_check_lines(files, err));
  IG_TRY(both_sides(files, &both, err));
  ig_status status =
      train_sentencepiece(run, both, joint ? 2 * files->count : files->count,
                          joint ? "sentencepiece.model" : "source.model", &source, err);
  if (status == IG_OK && !joint)
    status =
        train_sentencepiece(run, both + files->count, files->count, "target.model", &target, err);
  if (status == IG_OK)
    status = ig_tokenizer_from_sentencepiece(source, target, &run->tokenizer, err);
  free(both);
  free(source);
  free(target);
  return status;
}

static ig_status make_from_whitespace(ig_run *run, ig_error *err) {
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

ig_status ig_run_tokenizer_make(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (run->resumed) return ig_tokenizer_load(run->latest, &run->tokenizer, err);
  switch (d->vocabulary) {
    case IG_VOCABULARY_TRAINED: return make_trained(run, err);
    case IG_VOCABULARY_MODEL:
      return ig_tokenizer_from_sentencepiece(d->source_model, d->target_model, &run->tokenizer,
                                             err);
    case IG_VOCABULARY_WHITESPACE: return make_from_whitespace(run, err);
    case IG_VOCABULARY_INIT: break;
  }
  return ig_tokenizer_load(run->config.init, &run->tokenizer, err);
}
