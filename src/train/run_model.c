// The options of a run's model, from its configuration and its tokenizer.
#include "train/run_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "io/shortlist.h"
#include "model/config.h"
#include "model/create/layout.h"
#include "model/create/wire.h"
#include "model/files/load.h"
#include "train/run_adapter.h"
#include "train/run_data.h"
#include "train/run_groups.h"
#include "train/run_new_tokens.h"

// The vocabulary is not known before there is a tokenizer; its size decides nothing that is checked
// here. This one holds the special ids of every family's defaults.
enum { ANY_VOCABULARY = 1 << 20 };

static ig_status check_joint(const ig_run *run, bool joint, ig_error *err) {
  if (joint || !run->config.family->joint_vocabulary) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: the %s family has one vocabulary for both sides: set joint: true",
                 run->config.path, run->config.family->name);
}

// Sets the keys of config.json that only the tokenizer knows. A family reads those that it has.
static ig_status add_vocabulary(ig_run *run, json_t *model, ig_error *err) {
  const ig_tokenizer *t = run->tokenizer;
  const ig_family *family = run->config.family;
  const bool shared = ig_tokenizer_shared(t);
  const int pad = ig_tokenizer_pad_id(t, IG_SIDE_SOURCE);
  const int eos = ig_tokenizer_eos_id(t, IG_SIDE_TARGET);
  const bool decodes = !ig_family_is_encoder(family);
  const int start = family->starts_with_eos ? eos : ig_tokenizer_pad_id(t, IG_SIDE_TARGET);
  const struct {
    const char *key;
    int value;
  } numbers[] = {{"vocab_size", ig_tokenizer_source_size(t)},
                 {"decoder_vocab_size", ig_tokenizer_target_size(t)},
                 {"pad_token_id", pad},
                 {decodes ? "eos_token_id" : NULL, eos},
                 {decodes ? "forced_eos_token_id" : NULL, eos},
                 {family->start_key, start}};
  IG_TRY(check_joint(run, shared, err));
  int failed = 0;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    failed |= numbers[i].key &&
              json_object_set_new(model, numbers[i].key, json_integer(numbers[i].value));
  if (!json_object_get(model, "share_encoder_decoder_embeddings"))
    failed |= json_object_set_new(model, "share_encoder_decoder_embeddings", json_boolean(shared));
  return failed ? ig_fail_memory_in(run->config.path, err) : IG_OK;
}

static const ig_yaml_node *find_model_key(const ig_train_config *c, const char *key,
                                          size_t length) {
  const ig_yaml_node *model = c->yaml ? ig_yaml_get(ig_yaml_root(c->yaml), "model") : NULL;
  for (size_t i = 0; model && model->kind == IG_YAML_MAP && i < model->count; i++)
    if (strlen(model->keys[i]) == length && memcmp(model->keys[i], key, length) == 0)
      return model->children[i];
  return NULL;
}

// The families know no lines: "c.yml: d_model: what" becomes "c.yml:12: model.d_model: what", or
// says that the value is from --set.
static ig_status tell_where(const ig_train_config *c, ig_status status, const ig_error *why,
                            ig_error *err) {
  const size_t path = strlen(c->path);
  if (status == IG_OK) return IG_OK;
  if (err) *err = *why;
  if (strncmp(why->message, c->path, path) != 0 || strncmp(why->message + path, ": ", 2) != 0)
    return status;
  const char *key = why->message + path + 2;
  const size_t length = strcspn(key, ":");
  const ig_yaml_node *node = find_model_key(c, key, length);
  if (!node || strncmp(key + length, ": ", 2) != 0) return status;
  ig_yaml_fail(node, err, "%s", key + length + 2);
  if (err) err->status = status;
  return status;
}

// The options that the configuration asks for. With init they are those of the loaded model, and
// only the dropouts are the configuration's.
static ig_status wanted_config(ig_run *run, ig_config *out, ig_error *err) {
  const ig_train_config *c = &run->config;
  if (!c->init) {
    json_t *model = json_deep_copy(c->model);
    ig_status status = model ? add_vocabulary(run, model, err) : ig_fail_memory_in(c->path, err);
    ig_error why = {0};
    if (status == IG_OK)
      status =
          tell_where(c, ig_family_read_config(c->family, model, c->path, out, &why), &why, err);
    json_decref(model);
    return status;
  }
  *out = *ig_model_config(run->model);
  ig_dropouts dropouts = ig_config_dropouts(out);
  const struct {
    const char *key;
    float *out;
  } keys[] = {{"dropout", &dropouts.sublayers},
              {"attention_dropout", &dropouts.attention},
              {"activation_dropout", &dropouts.activation}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const json_t *value = json_object_get(c->model, keys[i].key);
    if (!value) continue;
    const double p = json_number_value(value);
    if (!json_is_number(value) || p < 0 || p >= 1)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: model.%s: expected a number in [0, 1)", c->path,
                     keys[i].key);
    *keys[i].out = (float)p;
  }
  ig_config_set_dropouts(out, dropouts);
  return IG_OK;
}

ig_status ig_run_model_check(const ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  if (c->init) return IG_OK;
  const bool from_data =
      c->data.vocabulary == IG_VOCABULARY_TRAINED || c->data.vocabulary == IG_VOCABULARY_WHITESPACE;
  IG_TRY(check_joint(run, !from_data || c->data.joint, err));
  json_t *model = json_deep_copy(c->model);
  if (!model || json_object_set_new(model, "vocab_size", json_integer(ANY_VOCABULARY)) != 0) {
    json_decref(model);
    return ig_fail_memory_in(c->path, err);
  }
  ig_config config;
  int max_length;
  ig_error why = {0};
  ig_status status = ig_family_read_config(c->family, model, c->path, &config, &why);
  json_decref(model);
  if (status == IG_OK) status = ig_config_check(&config, c->path, &why);
  IG_TRY(tell_where(c, status, &why, err));
  IG_TRY(ig_run_groups_check(run, &config, err));
  return ig_run_data_max_length(run, config.positions.count, &max_length, err);
}

static ig_status check_vocabulary(const ig_run *run, ig_error *err) {
  const ig_config *m = ig_model_config(run->model);
  const int source = ig_tokenizer_source_size(run->tokenizer),
            target = ig_tokenizer_target_size(run->tokenizer);
  if (source <= m->vocab_size && target <= m->target_vocab_size) return IG_OK;
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s: the tokenizer has %d source and %d target tokens, the model room for %d and %d",
      ig_run_adapter_model_directory(run), source, target, m->vocab_size, m->target_vocab_size);
}

// transformers would leave out a layer of a batch now and then.
static void warn_of_layerdrop(const ig_run *run, const char *directory) {
  const ig_config *c = ig_model_config(run->model);
  const struct {
    const char *key;
    float value;
  } keys[] = {{"encoder_layerdrop", c->encoder.layerdrop},
              {"decoder_layerdrop", c->decoder.layerdrop}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i].value > 0)
      ig_report(run->reporter, IG_LEVEL_WARNING,
                "%s/config.json: %s: %g is not built: training uses every layer", directory,
                keys[i].key, (double)keys[i].value);
}

// Pairs of texts would be taken for places of answers.
static ig_status check_decodes(const ig_run *run, const char *directory, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (d->train_questions || d->train_text.count || ig_config_decodes(&run->model->config))
    return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: the model is an encoder without a decoder: expected questions or plain text "
                 "to train it on (data.train.squad, data.train.text), found source and target",
                 directory);
}

// It lists what the model that it was built for would write; a trained one may write other things.
static ig_status tell_of_shortlist(const ig_run *run, ig_error *err) {
  const char *adapter;
  if (run->resumed) return IG_OK;
  char *directory;
  IG_TRY(ig_model_name_find(run->config.init, &directory, &adapter, err));
  if (ig_file_exists_in(directory, IG_SHORTLIST_NAME))
    ig_report(run->reporter, IG_LEVEL_INFO,
              "%s: %s does not go along, for it is of the model before: `ingot optimize "
              "--shortlist` builds one of the trained model",
              directory, IG_SHORTLIST_NAME);
  free(directory);
  return IG_OK;
}

ig_status ig_run_model_load(ig_run *run, ig_config *wanted, ig_error *err) {
  if (run->resumed || run->config.init) {
    const ig_train_data *d = &run->config.data;
    const bool questions = d->train_questions != NULL;
    const ig_load_head head = {.kind = questions ? IG_HEAD_SPAN : IG_HEAD_MASKED_TOKENS,
                               .seed = run->config.seed,
                               .unless_decodes = questions};
    const char *directory = ig_run_adapter_model_directory(run);
    IG_TRY(questions || d->train_text.count ? ig_load_with_head(directory, &head, &run->model, err)
                                            : ig_model_load(directory, &run->model, err));
    IG_TRY(check_decodes(run, directory, err));
    if (run->model->config.head.is_new)
      ig_report(run->reporter, IG_LEVEL_INFO, "%s: it gets a new head for %s", directory,
                questions ? "question answering" : "masked tokens");
    ig_problems_tell(&run->model->notes, run->reporter);
    IG_TRY(ig_run_new_tokens_grow(run, err));
    IG_TRY(check_vocabulary(run, err));
    IG_TRY(tell_of_shortlist(run, err));
    warn_of_layerdrop(run, directory);
  }
  IG_TRY(wanted_config(run, wanted, err));
  run->generates = ig_config_decodes(wanted);
  return IG_OK;
}

ig_status ig_run_model_finish(ig_run *run, const ig_config *wanted, ig_error *err) {
  if (!run->model) IG_TRY(ig_model_create(wanted, run->config.seed, &run->model, err));
  ig_config_set_dropouts(&run->model->config, ig_config_dropouts(wanted));
  ig_wire_model(run->model);
  return IG_OK;
}
