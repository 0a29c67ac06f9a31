// Collects the keys and values that change the result of a run, and compares them.
#include "train/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/random.h"
#include "io/json.h"
#include "train/resume_changes.h"
#include "train/run_adapter.h"
#include "train/run_groups.h"
#include "train/run_new_tokens.h"
#include "train/run_teachers.h"

// Adds the members of `part` to the object, as "prefix.key". Takes over the reference to part
// (NULL: memory was out). Returns -1 if memory is out.
static int add_part(json_t *object, const char *prefix, json_t *part) {
  const char *key;
  json_t *value;
  char name[160];
  int failed = !part;
  json_object_foreach(part, key, value) {
    snprintf(name, sizeof name, "%s.%s", prefix, key);
    failed |= json_object_set(object, name, value);
  }
  json_decref(part);
  return failed ? -1 : 0;
}

// Keys with their defaults are left out where versions before 0.2 did not have them, so that runs
// of those versions resume. The coverage is left out where it is chosen from the text.
static int add_sentencepiece(json_t *part, const ig_sentencepiece_training *t) {
  int failed = json_object_set_new(part, "sentencepiece.vocab_size", json_integer(t->vocab_size));
  failed |= json_object_set_new(part, "sentencepiece.model_type", json_string(t->model_type));
  failed |= json_object_set_new(part, "sentencepiece.max_sentences",
                                json_integer((json_int_t)t->max_sentences));
  if (t->character_coverage != 0)
    failed |= json_object_set_new(part, "sentencepiece.character_coverage",
                                  json_real(t->character_coverage));
  if (t->byte_fallback)
    failed |= json_object_set_new(part, "sentencepiece.byte_fallback", json_true());
  if (t->split_digits)
    failed |= json_object_set_new(part, "sentencepiece.split_digits", json_true());
  if (strcmp(t->normalization, "nmt_nfkc") != 0)
    failed |=
        json_object_set_new(part, "sentencepiece.normalization", json_string(t->normalization));
  if (t->symbol_count == 0) return failed;
  json_t *symbols = json_array();
  for (size_t i = 0; i < t->symbol_count; i++)
    failed |= json_array_append_new(symbols, json_string(t->symbols[i]));
  return failed | json_object_set_new(part, "sentencepiece.user_defined_symbols", symbols);
}

// The weights of several corpora, where an epoch does not have each pair once. Returns -1 if memory
// is out.
static int add_weights(json_t *part, const ig_run *run) {
  const ig_train_data *d = &run->config.data;
  bool all_one = true;
  for (size_t i = 0; i < d->corpus_count; i++) all_one &= d->corpora[i].weight == 1;
  if (all_one) return 0;
  json_t *weights = json_array();
  int failed = 0;
  for (size_t i = 0; i < d->corpus_count; i++) {
    const ig_train_corpus *c = &d->corpora[i];
    failed |= json_array_append_new(
        weights,
        json_pack("{s:I, s:f}", "pairs_before_end",
                  (json_int_t)run->train.input_ends[c->first + c->count - 1], "weight", c->weight));
  }
  return failed | json_object_set_new(part, "weights", weights);
}

static json_t *data_part(const ig_run *run) {
  const ig_train_data *d = &run->config.data;
  static const char *const kinds[] = {"sentencepiece", "sentencepiece model", "whitespace",
                                      "wordpiece", "of model.init"};
  char fingerprint[24];
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, ig_corpus_fingerprint(&run->train));
  json_t *part = json_pack("{s:s, s:I, s:s}", "vocabulary", kinds[d->vocabulary], "pairs",
                           (json_int_t)run->train.pairs, "fingerprint", fingerprint);
  int failed = !part;
  if (d->vocabulary == IG_VOCABULARY_TRAINED) failed |= add_sentencepiece(part, &d->sentencepiece);
  if (d->vocabulary == IG_VOCABULARY_MODEL)
    failed |= json_object_set_new(part, "sentencepiece", json_string(d->source_model));
  if (d->vocabulary == IG_VOCABULARY_MODEL && d->target_model)
    failed |= json_object_set_new(part, "sentencepiece.target", json_string(d->target_model));
  if (d->vocabulary == IG_VOCABULARY_WHITESPACE) {
    failed |= json_object_set_new(part, "min_frequency", json_integer(d->min_frequency));
    failed |= json_object_set_new(part, "max_tokens", json_integer(d->max_tokens));
  }
  if (d->vocabulary == IG_VOCABULARY_WORD_PIECES) {
    const ig_word_piece_training *t = &d->word_pieces;
    failed |= json_object_set_new(part, "wordpiece.vocab_size", json_integer(t->vocab_size));
    failed |= json_object_set_new(part, "wordpiece.lowercase", json_boolean(t->lowercase));
    failed |= json_object_set_new(part, "wordpiece.strip_accents", json_boolean(t->strip_accents));
  }
  if (d->sampling_nbest) {
    failed |= json_object_set_new(part, "sampling.nbest_size", json_integer(d->sampling_nbest));
    failed |= json_object_set_new(part, "sampling.alpha", json_real((double)d->sampling_alpha));
  }
  failed |= json_object_set_new(part, "joint", json_boolean(d->joint));
  failed |= add_weights(part, run) || !ig_run_new_tokens_identify(run, part);
  if (!failed) return part;
  json_decref(part);
  return NULL;
}

static int add_masking(json_t *part, const ig_masking_options *m) {
  int failed = json_object_set_new(part, "mask_probability", json_real(m->probability));
  failed |= json_object_set_new(part, "mask_replace_probability", json_real(m->mask_probability));
  return failed |
         json_object_set_new(part, "random_replace_probability", json_real(m->random_probability));
}

static json_t *train_part(const ig_run *run) {
  const ig_train_config *c = &run->config;
  const ig_optimizer_options *o = &c->optimizer;
  const ig_schedule *s = &c->schedule;
  json_t *part = json_pack(
      "{s:I, s:i, s:i, s:i, s:s, s:[f, f], s:f, s:f, s:f, s:f, s:s, s:i, s:f, s:f, s:f, s:s*}",
      "seed", (json_int_t)c->seed, "batch_tokens", c->batch_tokens, "accumulate", c->accumulate,
      "pool_batches", c->pool_batches, "optimizer",
      o->kind == IG_OPTIMIZER_ADAMW ? "adamw" : "adam", "adam_betas", (double)o->beta1,
      (double)o->beta2, "adam_eps", (double)o->eps, "weight_decay", (double)o->weight_decay,
      "clip_norm", (double)o->clip_norm, "learning_rate", s->learning_rate, "schedule",
      ig_schedule_name(s->kind), "warmup", s->warmup, "warmup_init_lr", s->warmup_initial_rate,
      "min_lr", s->minimum_rate, "label_smoothing", c->label_smoothing, "compute",
      ig_train_config_other_compute(c));
  if (part && c->data.train_text.count && add_masking(part, &c->masking) != 0) {
    json_decref(part);
    return NULL;
  }
  const bool ends = s->kind == IG_SCHEDULE_LINEAR || s->kind == IG_SCHEDULE_COSINE;
  bool failed = !part || !ig_run_groups_identify(c, part) || !ig_run_teachers_identify(run, part) ||
                !ig_run_adapter_identify(run, part);
  if (!failed && c->ema > 0) failed = json_object_set_new(part, "ema", json_real(c->ema)) != 0;
  if (!failed && c->r_drop > 0)
    failed = json_object_set_new(part, "r_drop", json_real(c->r_drop)) != 0;
  if (!failed && ends) failed = json_object_set_new(part, "updates", json_integer(s->updates)) != 0;
  if (!failed) return part;
  json_decref(part);
  return NULL;
}

// The model's options. One that starts from another model has that one's, and of its own only those
// that the configuration names.
static json_t *model_part(const ig_train_config *c, const ig_config *model) {
  if (!c->init) return ig_family_write_config(model);
  json_t *part = json_deep_copy(c->model);
  if (part && json_object_set_new(part, "init", json_string(c->init)) == 0) return part;
  json_decref(part);
  return NULL;
}

ig_status ig_identity_make(const ig_run *run, const ig_config *model, json_t **out, ig_error *err) {
  json_t *object = json_object();
  const int failed = !object || add_part(object, "model", model_part(&run->config, model)) ||
                     add_part(object, "train", train_part(run)) ||
                     add_part(object, "data", data_part(run));
  if (!failed) {
    *out = object;
    return IG_OK;
  }
  json_decref(object);
  return ig_fail_memory_in(run->config.path, err);
}

// Of the ids and of the references' text, for validation uses both.
static uint64_t valid_fingerprint(const ig_corpus *valid) {
  uint64_t hash = ig_corpus_fingerprint(valid);
  for (size_t i = 0; valid->text[IG_SIDE_TARGET] && i < valid->lines; i++)
    hash = (hash ^ ig_random_stream(valid->text[IG_SIDE_TARGET][i])) * 0x100000001B3u;
  return hash;
}

ig_status ig_identity_make_comparison(const ig_run *run, json_t **out, ig_error *err) {
  static const char *const metrics[] = {"loss", "bleu", "chrf", "f1", "exact"};
  const ig_train_config *c = &run->config;
  char fingerprint[24];
  snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, valid_fingerprint(&run->valid));
  *out = json_pack("{s:s, s:s, s:i, s:i}", "data.valid", fingerprint, "train.best_metric",
                   metrics[c->best_metric], "train.valid_sentences", c->valid_sentences,
                   "train.valid_beam_size", c->valid_beam_size);
  int failed = !*out;
  // Versions before 0.2 had only this one, and did not write it.
  const char *usual = ig_tokenizer_kind_of(run->tokenizer) == IG_TOKENIZER_WORDS ? "none" : "13a";
  if (*out && run->valid_tokenize && strcmp(run->valid_tokenize, usual) != 0)
    failed = json_object_set_new(*out, "train.valid_tokenize", json_string(run->valid_tokenize));
  return failed ? ig_fail_memory_in(c->path, err) : IG_OK;
}

const char *ig_identity_different_key(const json_t *saved, const json_t *wanted) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)wanted, key, value) {
    if (!json_equal(value, json_object_get(saved, key))) return key;
  }
  json_object_foreach((json_t *)(uintptr_t)saved, key, value) {
    if (!json_object_get(wanted, key)) return key;
  }
  return NULL;
}

static void print_value(const json_t *value, char out[128]) {
  char *text = ig_json_text(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
  snprintf(out, 128, "%s", text ? text : "nothing");
  free(text);
}

// Where the configuration's value of a key comes from, as "config.yml:12".
static void describe_place(const ig_train_config *c, const char *key, char out[320]) {
  const ig_yaml_node *node = c->yaml ? ig_yaml_find(ig_yaml_root(c->yaml), key) : NULL;
  if (!node)
    snprintf(out, 320, "%.200s, which does not set it", c->path);
  else if (node->line == 0)
    snprintf(out, 320, "--set");
  else
    snprintf(out, 320, "%.200s:%d", c->path, node->line);
}

// Whether a run that starts from the weights of another can have another value of this key.
static bool may_differ_after_init(const char *key) {
  return strncmp(key, "train.", 6) == 0 || strstr(key, "dropout") ||
         strncmp(key, "data.sampling", 13) == 0 || strcmp(key, "data.train") == 0;
}

// difference: of `key`, between the checkpoint and the configuration.
static ig_status fail_other_run(const ig_run *run, const char *key, const char *difference,
                                ig_error *err) {
  const ig_train_config *c = &run->config;
  char init[256] = "", purpose[128] = "";
  const char *name = ig_resume_changes_name(key);
  if (name)
    snprintf(purpose, sizeof purpose, " To go on with the change: train.resume: [%.32s].", name);
  if (may_differ_after_init(key) && c->adapter.wanted)
    snprintf(init, sizeof init,
             " To train this adapter on, as a new run: train.adapter: {from: %.100s} and another "
             "train.output.",
             run->latest);
  else if (may_differ_after_init(key))
    snprintf(init, sizeof init,
             " To train on from its weights, as a new run: model: {init: %.100s} and another "
             "train.output.",
             run->latest);
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%.200s holds a checkpoint of another run: %.400s. To go on with that run, undo "
                 "the change.%s%s To start anew, choose another train.output or move %.100s away",
                 run->latest, difference, purpose, init, c->output);
}

static ig_status compare_identity_key(ig_run *run, const char *key, const json_t *saved,
                                      const json_t *wanted, ig_error *err) {
  const bool equal = saved && wanted &&
                     (json_is_number(saved) && json_is_number(wanted)
                          ? json_number_value(saved) == json_number_value(wanted)
                          : json_equal(saved, wanted));
  if (equal) return IG_OK;
  if (ig_resume_changes_allow(&run->config, key))
    return ig_resume_changes_note(run, key, saved, wanted, err);
  char place[320], before[128], now[128], difference[768];
  if (strcmp(key, "data.fingerprint") == 0 || strcmp(key, "data.pairs") == 0) {
    describe_place(&run->config, "data.train", place);
    snprintf(difference, sizeof difference,
             "it was trained on other data than data.train holds now (%s)", place);
    return fail_other_run(run, "data.train", difference, err);
  }
  if (strcmp(key, "train.teacher_files") == 0) {
    describe_place(&run->config, "train.teacher", place);
    snprintf(difference, sizeof difference,
             "a teacher's configuration or weights are no longer what they were (%s)", place);
    return fail_other_run(run, "train.teacher", difference, err);
  }
  if (strcmp(key, "train.adapter_model") == 0) {
    describe_place(&run->config, "model.init", place);
    snprintf(difference, sizeof difference,
             "the model's configuration or weights are no longer what they were (%s)", place);
    return fail_other_run(run, "model.init", difference, err);
  }
  print_value(saved, before);
  print_value(wanted, now);
  describe_place(&run->config, strcmp(key, "data.weights") == 0 ? "data.train" : key, place);
  snprintf(difference, sizeof difference, "%s is %s there, %s now (%s)", key, before, now, place);
  return fail_other_run(run, key, difference, err);
}

// Versions before 0.2 had a default of 0.9995 and wrote it; now the text decides. The pieces of a
// run that goes on are trained already.
static bool is_old_default(const char *key, const json_t *value) {
  return strcmp(key, "data.sentencepiece.character_coverage") == 0 &&
         json_number_value(value) == 0.9995;
}

ig_status ig_identity_compare(ig_run *run, const json_t *saved, ig_error *err) {
  const json_t *wanted = run->identity;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)wanted, key, value) {
    IG_TRY(compare_identity_key(run, key, json_object_get(saved, key), value, err));
  }
  json_object_foreach((json_t *)(uintptr_t)saved, key, value) {
    if (!json_object_get(wanted, key) && is_old_default(key, value)) continue;
    IG_TRY(compare_identity_key(run, key, value, json_object_get(wanted, key), err));
  }
  return IG_OK;
}
