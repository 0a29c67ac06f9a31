// A small random model that answers questions: an encoder with a head for spans, and a vocabulary.
#ifndef IG_TESTS_API_ANSWER_FIXTURE_H
#define IG_TESTS_API_ANSWER_FIXTURE_H
#include <stdio.h>

#include "ingot_answer.h"

static inline ig_status write_answer_vocabulary(const char *directory) {
  char path[512];
  snprintf(path, sizeof path, "%s/vocab.txt", directory);
  FILE *file = fopen(path, "w");
  if (!file) return IG_ERROR_IO;
  fputs("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nwho\nwhat\na\nb\nc\nd\ne\n?\n.\n", file);
  return fclose(file) == 0 ? IG_OK : IG_ERROR_IO;
}

// In a directory that exists, with so many types of tokens.
static inline ig_status save_answer_model(const char *directory, int types, ig_error *err) {
  char json[512];
  snprintf(json, sizeof json,
           "{\"architectures\": [\"BertForQuestionAnswering\"], \"vocab_size\": 14,"
           "\"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4,"
           "\"intermediate_size\": 128, \"initializer_range\": 0.5,"
           "\"type_vocab_size\": %d}",
           types);
  ig_config *config;
  ig_model *model = NULL;
  ig_status status = ig_config_create("bert", json, &config, err);
  if (status != IG_OK) return status;
  status = ig_model_create(config, 1, &model, err);
  if (status == IG_OK) status = ig_model_save(model, directory, "float32", err);
  if (status == IG_OK) status = write_answer_vocabulary(directory);
  ig_model_free(model);
  ig_config_free(config);
  return status;
}

static inline ig_status open_answerer(const char *directory, const ig_answerer_options *options,
                                      ig_answerer **out, ig_error *err) {
  const ig_ensemble_member member = {.directory = directory};
  return ig_answerer_open(&(ig_ensemble){.members = &member, .count = 1}, options, out, err);
}
#endif
