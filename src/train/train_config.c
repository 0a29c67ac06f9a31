// Reads a training configuration. Most numbers are in one table, with their defaults and bounds.
#include "train/train_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/path.h"
#include "text/sentences.h"
#include "train/corpora_config.h"
#include "train/resume_changes.h"
#include "train/run_adapter.h"
#include "train/run_groups.h"
#include "train/run_new_tokens.h"
#include "train/run_teachers.h"
#include "train/text_config.h"
#include "train/train_keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const dtype_names[] = {"float32", "bfloat16", "float16"};
static const char *const compute_names[] = {"float32", "bfloat16"};
static const char *const metric_names[] = {"loss", "bleu", "chrf", "f1", "exact"};
static const char *const tokenizer_names[] = {"13a", "zh", "char", "intl", "none"};

// The type of a member: int, double, float.
typedef enum number_kind { NUMBER_INTEGER, NUMBER_REAL, NUMBER_SINGLE } number_kind;

// A number of the part `train`: its key, the member of ig_train_config that it goes to, its value
// if the key is absent, and its bounds.
typedef struct number_key {
  const char *key;
  number_kind kind;
  size_t offset;
  double fallback, low, high;
} number_key;
#define MEMBER(m) offsetof(ig_train_config, m)
#define MOST 2e9

static const number_key numbers[] = {
    {"batch_tokens", NUMBER_INTEGER, MEMBER(batch_tokens), 4096, 1, 1e8},
    {"batch_sequences", NUMBER_INTEGER, MEMBER(batch_sequences), 0, 0, MOST},
    {"accumulate", NUMBER_INTEGER, MEMBER(accumulate), 1, 1, 65536},
    {"pool_batches", NUMBER_INTEGER, MEMBER(pool_batches), 100, 1, 1e6},
    {"updates", NUMBER_INTEGER, MEMBER(updates), 0, 0, MOST},
    {"epochs", NUMBER_INTEGER, MEMBER(epochs), 0, 0, MOST},
    {"max_seconds", NUMBER_REAL, MEMBER(max_seconds), 0, 0, 1e12},
    {"adam_eps", NUMBER_SINGLE, MEMBER(optimizer.eps), 1e-9, 0, 1},
    {"weight_decay", NUMBER_SINGLE, MEMBER(optimizer.weight_decay), 0, 0, 1e3},
    {"clip_norm", NUMBER_SINGLE, MEMBER(optimizer.clip_norm), 0, 0, 1e9},
    {"learning_rate", NUMBER_REAL, MEMBER(schedule.learning_rate), 0.001, 0, 1e3},
    {"warmup", NUMBER_INTEGER, MEMBER(schedule.warmup), 0, 0, MOST},
    {"warmup_init_lr", NUMBER_REAL, MEMBER(schedule.warmup_initial_rate), 0, 0, 1e3},
    {"min_lr", NUMBER_REAL, MEMBER(schedule.minimum_rate), 0, 0, 1e3},
    {"r_drop", NUMBER_REAL, MEMBER(r_drop), 0, 0, 1e3},
    {"ema", NUMBER_REAL, MEMBER(ema), 0, 0, 0.9999999},
    {"label_smoothing", NUMBER_REAL, MEMBER(label_smoothing), 0, 0, 0.999999},
    {"teacher_share", NUMBER_REAL, MEMBER(teacher_share), 1, 0, 1},
    {"teacher_temperature", NUMBER_REAL, MEMBER(teacher_temperature), 1, 0.01, 100},
    {"teacher_top_k", NUMBER_INTEGER, MEMBER(teacher_top_k), 0, 0, MOST},
    {"validate_every", NUMBER_INTEGER, MEMBER(validate_every), 0, 0, MOST},
    {"valid_sentences", NUMBER_INTEGER, MEMBER(valid_sentences), 1000, 0, MOST},
    {"valid_beam_size", NUMBER_INTEGER, MEMBER(valid_beam_size), 1, 1, 1024},
    {"samples", NUMBER_INTEGER, MEMBER(samples), 3, 0, 1000},
    {"patience", NUMBER_INTEGER, MEMBER(patience), 0, 0, MOST},
    {"save_every", NUMBER_INTEGER, MEMBER(save_every), 0, 0, MOST},
    {"save_minutes", NUMBER_REAL, MEMBER(save_minutes), 10, 0, 1e6},
    {"keep", NUMBER_INTEGER, MEMBER(keep), 0, 0, MOST},
    {"log_every", NUMBER_INTEGER, MEMBER(log_every), 100, 1, MOST},
    {"divergence_factor", NUMBER_REAL, MEMBER(divergence_factor), 2, 0, 1e6},
    {"divergence_updates", NUMBER_INTEGER, MEMBER(divergence_updates), 100, 1, MOST},
};

static ig_status read_numbers(const ig_yaml_node *train, ig_train_config *out, ig_error *err) {
  for (size_t i = 0; i < COUNT(numbers); i++) {
    const number_key *n = &numbers[i];
    void *member = (char *)out + n->offset;
    double value = n->fallback;
    if (n->kind == NUMBER_INTEGER) {
      int integer;
      IG_TRY(ig_yaml_int(train, n->key, (int)n->fallback, &integer, err));
      value = integer;
      *(int *)member = integer;
    } else {
      IG_TRY(ig_yaml_number(train, n->key, n->fallback, &value, err));
      if (n->kind == NUMBER_REAL)
        *(double *)member = value;
      else
        *(float *)member = (float)value;
    }
    if (!(value >= n->low && value <= n->high))
      return ig_yaml_fail(ig_yaml_get(train, n->key), err,
                          "expected a number from %.9g to %.9g, found %.9g", n->low, n->high,
                          value);
  }
  return IG_OK;
}

// The values that a key can have.
typedef struct choice_list {
  const char *const *names;  // (count)
  size_t count, fallback;    // fallback: the index if the key is absent
} choice_list;
#define CHOICES(names, fallback) (&(choice_list){names, COUNT(names), fallback})

// What other programs call a choice, or the choice that is nearest to the word; NULL: none is.
static const char *find_meant(const choice_list *choices, const char *word) {
  static const char *const short_names[][2] = {
      {"bf16", "bfloat16"}, {"fp16", "float16"}, {"half", "float16"}, {"fp32", "float32"}};
  for (size_t i = 0; i < COUNT(short_names); i++)
    for (size_t k = 0; k < choices->count; k++)
      if (strcmp(short_names[i][0], word) == 0 && strcmp(short_names[i][1], choices->names[k]) == 0)
        return choices->names[k];
  return ig_nearest_word(word, choices->names, choices->count);
}

// The value of key as an index into the choices.
static ig_status read_choice(const ig_yaml_node *map, const char *key, const choice_list *choices,
                             size_t *out, ig_error *err) {
  const char *const *names = choices->names, *text;
  IG_TRY(ig_yaml_string(map, key, names[choices->fallback], &text, err));
  char list[128] = "";
  for (*out = 0; *out < choices->count; ++*out) {
    if (strcmp(text, names[*out]) == 0) return IG_OK;
    strcat(strcat(list, *out ? ", " : ""), names[*out]);
  }
  const char *meant = find_meant(choices, text);
  return ig_yaml_fail(ig_yaml_get(map, key), err, "expected one of %s, found '%s'%s%s%s", list,
                      text, meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
}

static ig_status fail_missing(const ig_train_config *c, const char *key, const char *what,
                              ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: missing: %s", c->path, key, what);
}

// Symbols that every vocabulary has already, or that the parts of a word are written with.
static bool is_reserved(const char *symbol) {
  static const char *const reserved[] = {"</s>", "<unk>", "<pad>", "\xE2\x96\x81"};
  for (size_t i = 0; i < COUNT(reserved); i++)
    if (strcmp(symbol, reserved[i]) == 0) return true;
  return false;
}

static ig_status read_symbols(const ig_yaml_node *node, ig_sentencepiece_training *t,
                              ig_error *err) {
  const char **symbols = NULL;
  IG_TRY(ig_yaml_strings(node, "user_defined_symbols", &symbols, &t->symbol_count, err));
  t->symbols = symbols;  // set at once: the configuration frees it, whatever fails next
  const ig_yaml_node *list = ig_yaml_get(node, "user_defined_symbols");
  for (size_t i = 0; i < t->symbol_count; i++) {
    if (!*symbols[i] || is_reserved(symbols[i]) || strpbrk(symbols[i], "\n\r\t"))
      return ig_yaml_fail(list, err,
                          "expected text on one line that is no special token, found '%.100s'",
                          symbols[i]);
    for (size_t k = 0; k < i; k++)
      if (strcmp(symbols[k], symbols[i]) == 0)
        return ig_yaml_fail(list, err, "'%.100s' stands there twice", symbols[i]);
  }
  return IG_OK;
}

static ig_status read_sentencepiece_text(const ig_yaml_node *node, ig_sentencepiece_training *t,
                                         ig_error *err) {
  static const char *const rules[] = {"nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"};
  size_t rule;
  IG_TRY(read_choice(node, "normalization", CHOICES(rules, 0), &rule, err));
  t->normalization = rules[rule];
  IG_TRY(ig_yaml_bool(node, "byte_fallback", t->byte_fallback, &t->byte_fallback, err));
  IG_TRY(ig_yaml_bool(node, "split_digits", t->split_digits, &t->split_digits, err));
  IG_TRY(ig_yaml_number(node, "character_coverage", t->character_coverage, &t->character_coverage,
                        err));
  const ig_yaml_node *coverage = ig_yaml_get(node, "character_coverage");
  if (coverage && !(t->character_coverage >= 0.98 && t->character_coverage <= 1))
    return ig_yaml_fail(coverage, err, "expected a number from 0.98 to 1, found %g",
                        t->character_coverage);
  return read_symbols(node, t, err);
}

static ig_status read_sentencepiece_training(const ig_yaml_node *node, ig_train_data *d,
                                             ig_error *err) {
  static const char *const types[] = {"unigram", "bpe", "char", "word"};
  size_t type;
  int sentences;
  ig_sentencepiece_training *t = &d->sentencepiece;
  IG_TRY(ig_yaml_int(node, "vocab_size", t->vocab_size, &t->vocab_size, err));
  t->soft_vocab_limit = !ig_yaml_get(node, "vocab_size");
  IG_TRY(ig_yaml_int(node, "max_sentences", 0, &sentences, err));
  IG_TRY(read_choice(node, "model_type", CHOICES(types, 0), &type, err));
  IG_TRY(ig_yaml_bool(node, "joint", d->joint, &d->joint, err));
  if (t->vocab_size < 4 || t->vocab_size > 1000000)
    return ig_yaml_fail(ig_yaml_get(node, "vocab_size"), err,
                        "expected a number from 4 to 1000000, found %d", t->vocab_size);
  if (sentences < 0)
    return ig_yaml_fail(ig_yaml_get(node, "max_sentences"), err,
                        "expected a number not below 0, found %d", sentences);
  t->model_type = types[type];
  t->max_sentences = (size_t)sentences;
  return read_sentencepiece_text(node, t, err);
}

static ig_status read_sentencepiece(const ig_yaml_node *node, ig_train_data *d, ig_error *err) {
  if (node->kind == IG_YAML_SCALAR) {
    d->vocabulary = IG_VOCABULARY_MODEL;
    d->source_model = node->scalar;
    return IG_OK;
  }
  if (node->kind != IG_YAML_MAP)
    return ig_yaml_fail(node, err,
                        "expected the path of a SentencePiece model, or a map of training options");
  IG_TRY(ig_train_keys_check(node, IG_TRAIN_PART_SENTENCEPIECE, NULL, err));
  IG_TRY(ig_yaml_string(node, "source", NULL, &d->source_model, err));
  IG_TRY(ig_yaml_string(node, "target", NULL, &d->target_model, err));
  if (d->source_model || d->target_model) {
    if (!d->source_model || !d->target_model || node->count != 2)
      return ig_yaml_fail(node, err,
                          "with model files, expected source and target and nothing else");
    d->vocabulary = IG_VOCABULARY_MODEL;
    return IG_OK;
  }
  return read_sentencepiece_training(node, d, err);
}

static ig_status read_vocabulary(const ig_train_config *c, const ig_yaml_node *data,
                                 ig_train_data *d, ig_error *err) {
  static const char *const tokens[] = {"whitespace"};
  const ig_yaml_node *pieces = ig_yaml_get(data, "sentencepiece"),
                     *whitespace = ig_yaml_get(data, "tokens");
  d->sentencepiece = ig_sentencepiece_training_default();
  d->sentencepiece.soft_vocab_limit = true;
  if (c->init) {
    d->vocabulary = IG_VOCABULARY_INIT;
    const ig_yaml_node *words = ig_yaml_get(data, "wordpiece"), *extra = pieces       ? pieces
                                                                         : whitespace ? whitespace
                                                                                      : words;
    return extra
               ? ig_yaml_fail(extra, err, "a model started from model.init keeps its own tokenizer")
               : IG_OK;
  }
  if (d->train_text.count) return ig_text_config_read_vocabulary(data, d, err);
  if (whitespace) {
    size_t choice;
    d->vocabulary = IG_VOCABULARY_WHITESPACE;
    IG_TRY(read_choice(data, "tokens", CHOICES(tokens, 0), &choice, err));
    return pieces
               ? ig_yaml_fail(pieces, err, "expected one of tokens and sentencepiece, found both")
               : IG_OK;
  }
  d->vocabulary = IG_VOCABULARY_TRAINED;
  return pieces ? read_sentencepiece(pieces, d, err) : IG_OK;
}

// Subword regularization. Only unigram models allow it, for BPE models have no n best
// segmentations.
static ig_status read_sampling(const ig_yaml_node *data, ig_train_data *d, ig_error *err) {
  const ig_yaml_node *map;
  IG_TRY(ig_yaml_map(data, "sampling", &map, err));
  if (!map) return IG_OK;
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_SAMPLING, NULL, err));
  double alpha;
  IG_TRY(ig_yaml_int(map, "nbest_size", 64, &d->sampling_nbest, err));
  IG_TRY(ig_yaml_number(map, "alpha", 0.1, &alpha, err));
  if (d->sampling_nbest < 2 || d->sampling_nbest > 512)
    return ig_yaml_fail(ig_yaml_get(map, "nbest_size"), err, "expected 2 to 512, found %d",
                        d->sampling_nbest);
  if (!(alpha >= 0 && alpha <= 1e3))
    return ig_yaml_fail(ig_yaml_get(map, "alpha"), err,
                        "expected a number from 0 to 1000, found %g", alpha);
  d->sampling_alpha = (float)alpha;
  if (d->vocabulary == IG_VOCABULARY_WHITESPACE)
    return ig_yaml_fail(map, err, "tokens separated by white space have no other segmentation");
  if (d->vocabulary == IG_VOCABULARY_TRAINED && strcmp(d->sentencepiece.model_type, "unigram") != 0)
    return ig_yaml_fail(map, err, "only unigram models can be sampled from, found model_type %s",
                        d->sentencepiece.model_type);
  return IG_OK;
}

static ig_status read_languages(const ig_yaml_node *data, ig_train_data *d, ig_error *err) {
  static const char *const keys[] = {"source_language", "target_language"};
  for (size_t side = 0; side < COUNT(keys); side++) {
    IG_TRY(ig_yaml_string(data, keys[side], NULL, &d->languages[side], err));
    if (d->languages[side] && !ig_sentences_language_is_fine(d->languages[side]))
      return ig_yaml_fail(ig_yaml_get(data, keys[side]), err,
                          "expected a code such as en or pt_BR, found '%.100s'",
                          d->languages[side]);
  }
  return IG_OK;
}

// Questions and their validation come together.
static ig_status check_questions(const ig_train_config *c, const ig_yaml_node *data,
                                 ig_error *err) {
  static const char *const of_pairs[] = {"sampling", "joint", "source_language", "target_language"};
  const ig_train_data *d = &c->data;
  const bool questions = d->train_questions != NULL;
  const bool other_valid = questions ? d->valid.count > 0 : d->valid_questions != NULL;
  if (other_valid)
    return ig_yaml_fail(ig_yaml_get(data, "valid"), err, "expected files as those of data.train");
  if (!questions) {
    const ig_yaml_node *stride = ig_yaml_get(data, "stride");
    return stride ? ig_yaml_fail(stride, err, "it is of squad: questions") : IG_OK;
  }
  for (size_t i = 0; i < COUNT(of_pairs); i++)
    if (ig_yaml_get(data, of_pairs[i]))
      return ig_yaml_fail(ig_yaml_get(data, of_pairs[i]), err, "questions have no such key");
  return IG_OK;
}

// No vocabulary is made of questions.
static ig_status check_vocabulary_of_questions(const ig_train_config *c, const ig_yaml_node *data,
                                               ig_error *err) {
  const ig_vocabulary_kind kind = c->data.vocabulary;
  if (!c->data.train_questions || kind == IG_VOCABULARY_INIT || kind == IG_VOCABULARY_MODEL)
    return IG_OK;
  return ig_yaml_fail(ig_yaml_get(data, "train"), err,
                      "training on questions starts from a model (model.init is missing), or from "
                      "a vocabulary (data.sentencepiece: the path of a model file)");
}

static ig_status read_data(ig_train_config *c, const ig_yaml_node *data, ig_error *err) {
  ig_train_data *d = &c->data;
  if (!data) return fail_missing(c, "data", "what to train on", err);
  IG_TRY(ig_train_keys_check(data, IG_TRAIN_PART_DATA, c->family, err));
  IG_TRY(ig_corpora_config_read(data, d, err));
  if (d->train.count == 0 && !d->train_questions && d->train_text.count == 0)
    return fail_missing(c, "data.train",
                        "source and target files, squad: a file of questions, or text: files of "
                        "plain text",
                        err);
  IG_TRY(ig_text_config_check(c, data, err));
  if (d->train_text.count == 0) IG_TRY(check_questions(c, data, err));
  IG_TRY(ig_yaml_bool(data, "joint", true, &d->joint, err));
  IG_TRY(ig_yaml_bool(data, "strict", false, &d->strict, err));
  IG_TRY(read_languages(data, d, err));
  const struct {
    const char *key;
    int *out;
    int fallback;
  } ints[] = {{"min_frequency", &d->min_frequency, 1},
              {"max_tokens", &d->max_tokens, 0},
              {"stride", &d->stride, 128},
              {"max_length", &d->max_length, 0}};
  for (size_t i = 0; i < COUNT(ints); i++) {
    IG_TRY(ig_yaml_int(data, ints[i].key, ints[i].fallback, ints[i].out, err));
    if (*ints[i].out < 0)
      return ig_yaml_fail(ig_yaml_get(data, ints[i].key), err,
                          "expected a number not below 0, found %d", *ints[i].out);
  }
  IG_TRY(read_vocabulary(c, data, d, err));
  IG_TRY(check_vocabulary_of_questions(c, data, err));
  IG_TRY(read_sampling(data, d, err));
  IG_TRY(ig_run_new_tokens_read(data, c, err));
  IG_TRY(ig_corpora_config_read_filters(data, d, err));
  return ig_corpora_config_read_storage(data, d, err);
}

// The model's keys: those of the configuration, and for the others the family's defaults for
// training.
static ig_status make_model_json(ig_train_config *c, const ig_yaml_node *model, ig_error *err) {
  json_t *given = ig_yaml_to_json(model);
  c->model = c->family ? json_loads(c->family->training_defaults, 0, NULL) : json_object();
  const int failed = !given || !c->model || json_object_update(c->model, given);
  json_decref(given);
  if (failed) return ig_fail(err, IG_ERROR_MEMORY, "%s: model: out of memory", c->path);
  json_object_del(c->model, "family");
  json_object_del(c->model, "init");
  return IG_OK;
}

static ig_status read_family(ig_train_config *c, const ig_yaml_node *model, ig_error *err) {
  const char *name;
  IG_TRY(ig_yaml_string(model, "family", ig_family_list()[0]->name, &name, err));
  c->family = ig_family_find(name);
  if (!c->family) {
    char list[256];
    ig_family_names(list, sizeof list);
    return ig_yaml_fail(ig_yaml_get(model, "family"), err, "expected one of %s, found '%s'", list,
                        name);
  }
  if (!c->family->training_defaults) {
    char list[256];
    ig_family_new_encoders(list, sizeof list);
    return ig_yaml_fail(ig_yaml_get(model, "family"), err,
                        "a model of %s is not made here, for its tokenizer cannot be trained: "
                        "start from model.init, or make an encoder of %s",
                        name, list);
  }
  return ig_train_keys_check(model, IG_TRAIN_PART_MODEL, c->family, err);
}

static ig_status read_model(ig_train_config *c, const ig_yaml_node *model, ig_error *err) {
  if (!model)
    return fail_missing(c, "model", "a family and its sizes, or init: a model directory", err);
  IG_TRY(ig_yaml_string(model, "init", NULL, &c->init, err));
  if (c->init)
    IG_TRY(ig_train_keys_check(model, IG_TRAIN_PART_INIT, NULL, err));
  else
    IG_TRY(read_family(c, model, err));
  return make_model_json(c, model, err);
}

static ig_status read_optimizer(ig_train_config *c, const ig_yaml_node *train, ig_error *err) {
  static const char *const optimizers[] = {"adam", "adamw"};
  static const char *const schedules[] = {"constant", "inverse_sqrt", "linear", "cosine"};
  size_t choice;
  IG_TRY(read_choice(train, "optimizer", CHOICES(optimizers, 0), &choice, err));
  c->optimizer.kind = choice ? IG_OPTIMIZER_ADAMW : IG_OPTIMIZER_ADAM;
  double betas[2] = {0.9, 0.98};
  IG_TRY(ig_yaml_numbers(train, "adam_betas", 2, betas, err));
  for (int i = 0; i < 2; i++)
    if (!(betas[i] >= 0 && betas[i] < 1))
      return ig_yaml_fail(ig_yaml_get(train, "adam_betas"), err,
                          "expected two numbers in [0, 1), found %g and %g", betas[0], betas[1]);
  c->optimizer.beta1 = (float)betas[0];
  c->optimizer.beta2 = (float)betas[1];
  IG_TRY(read_choice(train, "schedule", CHOICES(schedules, 0), &choice, err));
  ig_schedule_parse(schedules[choice], &c->schedule.kind);
  c->schedule.updates = c->updates;
  if ((c->schedule.kind == IG_SCHEDULE_LINEAR || c->schedule.kind == IG_SCHEDULE_COSINE) &&
      c->updates <= c->schedule.warmup)
    return ig_yaml_fail(
        ig_yaml_get(train, "schedule"), err,
        "this schedule ends at train.updates: expected more than the warm-up's %d, found %d",
        c->schedule.warmup, c->updates);
  return IG_OK;
}

static ig_status check_end(const ig_train_config *c, const ig_yaml_node *train, ig_error *err) {
  static const char *const keys[] = {"updates", "epochs", "max_seconds"};
  if (c->updates || c->epochs || c->max_seconds > 0) return IG_OK;
  for (size_t i = 0; i < COUNT(keys); i++)
    if (ig_yaml_get(train, keys[i]))
      return ig_yaml_fail(
          ig_yaml_get(train, keys[i]), err,
          "found 0, no limit: one of updates, epochs and max_seconds must say when to stop");
  return fail_missing(c, "train.updates", "or epochs, or max_seconds: when to stop", err);
}

static ig_status read_best_metric(ig_train_config *c, const ig_yaml_node *train, ig_error *err) {
  const bool questions = c->data.train_questions != NULL, text = c->data.train_text.count > 0;
  const size_t fallback = questions ? IG_BEST_METRIC_F1
                          : text    ? IG_BEST_METRIC_LOSS
                                    : IG_BEST_METRIC_BLEU;
  size_t metric;
  IG_TRY(read_choice(train, "best_metric", CHOICES(metric_names, fallback), &metric, err));
  c->best_metric = (ig_best_metric)metric;
  c->best_metric_given = ig_yaml_get(train, "best_metric") != NULL;
  const bool of_questions = metric == IG_BEST_METRIC_F1 || metric == IG_BEST_METRIC_EXACT;
  if (metric == IG_BEST_METRIC_LOSS || (!text && of_questions == questions)) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(train, "best_metric"), err, "expected %s, found '%s'",
                      questions ? "f1, exact or loss, for the data are questions"
                      : text    ? "loss, for the data are plain text"
                                : "bleu, chrf or loss, for the data are no questions",
                      metric_names[metric]);
}

static ig_status read_train(ig_train_config *c, const ig_yaml_node *train, ig_error *err) {
  if (!train)
    return fail_missing(c, "train", "output, updates and what else steers the training", err);
  IG_TRY(ig_train_keys_check(train, IG_TRAIN_PART_TRAIN, c->family, err));
  IG_TRY(ig_yaml_string(train, "output", NULL, &c->output, err));
  if (!c->output || !*c->output)
    return fail_missing(c, "train.output", "the directory of the run", err);
  ig_error why;
  if (ig_path_refuse_home(c->output, &why) != IG_OK)
    return ig_yaml_fail(ig_yaml_get(train, "output"), err, "%s", why.message);
  IG_TRY(ig_yaml_u64(train, "seed", 1, &c->seed, err));
  IG_TRY(read_numbers(train, c, err));
  IG_TRY(ig_text_config_read_masking(train, c, err));
  IG_TRY(read_optimizer(c, train, err));
  IG_TRY(ig_run_groups_read(train, c, err));
  IG_TRY(ig_run_adapter_read(train, c, err));
  IG_TRY(ig_resume_changes_read(train, c, err));
  IG_TRY(ig_run_teachers_read(train, c, err));
  if (c->r_drop > 0 && (c->teachers.count || c->data.train_text.count))
    return ig_yaml_fail(ig_yaml_get(train, "r_drop"), err,
                        "it is built for models with a decoder that learn from references alone");
  IG_TRY(check_end(c, train, err));
  IG_TRY(read_best_metric(c, train, err));
  size_t tokenizer, dtype, compute;
  IG_TRY(read_choice(train, "valid_tokenize", CHOICES(tokenizer_names, 0), &tokenizer, err));
  c->valid_tokenize = ig_yaml_get(train, "valid_tokenize") ? tokenizer_names[tokenizer] : NULL;
  IG_TRY(ig_yaml_bool(train, "recompute", false, &c->recompute, err));
  IG_TRY(ig_yaml_bool(train, "tensorboard", false, &c->tensorboard, err));
  IG_TRY(read_choice(train, "dtype", CHOICES(dtype_names, 0), &dtype, err));
  c->dtype = dtype_names[dtype];
  IG_TRY(read_choice(train, "compute", CHOICES(compute_names, 0), &compute, err));
  c->compute = compute_names[compute];
  if (c->validate_every && c->data.valid.count == 0 && !c->data.valid_questions &&
      c->data.valid_text.count == 0)
    return ig_yaml_fail(ig_yaml_get(train, "validate_every"), err, "validation needs data.valid");
  if (c->patience && !c->validate_every)
    return ig_yaml_fail(ig_yaml_get(train, "patience"), err,
                        "patience counts validations: it needs validate_every");
  if (c->keep && !c->save_every)
    return ig_yaml_fail(ig_yaml_get(train, "keep"), err,
                        "keep counts checkpoints of save_every: it needs save_every");
  if (c->divergence_factor > 0 && c->divergence_factor < 1)
    return ig_yaml_fail(ig_yaml_get(train, "divergence_factor"), err,
                        "expected 0 (off) or a number from 1, found %g", c->divergence_factor);
  return IG_OK;
}

static ig_status read_config_file(ig_train_config *c, const ig_interrupter *interrupter,
                                  const char *const *set, size_t set_count, ig_error *err) {
  static const char *const names[] = {"data", "model", "train"};
  IG_TRY(ig_yaml_load(c->path, interrupter, &c->yaml, err));
  for (size_t i = 0; i < set_count; i++) IG_TRY(ig_yaml_set(c->yaml, set[i], err));
  const ig_yaml_node *root = ig_yaml_root(c->yaml), *part[3];
  if (root->kind != IG_YAML_MAP)
    return ig_yaml_fail(root, err, "expected a map of data, model and train");
  IG_TRY(ig_train_keys_check(root, IG_TRAIN_PART_ROOT, NULL, err));
  for (size_t i = 0; i < COUNT(part); i++) IG_TRY(ig_yaml_map(root, names[i], &part[i], err));
  IG_TRY(read_model(c, part[1], err));
  IG_TRY(read_data(c, part[0], err));
  return read_train(c, part[2], err);
}

ig_status ig_train_config_load(const char *path, const ig_interrupter *interrupter,
                               const char *const *set, size_t set_count, ig_train_config *out,
                               ig_error *err) {
  *out = (ig_train_config){.path = path};
  const ig_status status = read_config_file(out, interrupter, set, set_count, err);
  if (status != IG_OK) ig_train_config_free(out);
  return status;
}

void ig_train_config_free(ig_train_config *c) {
  ig_corpora_config_free(&c->data);
  ig_run_new_tokens_free_config(&c->data);
  free((void *)c->data.sentencepiece.symbols);
  free((void *)c->groups.freeze);
  free((void *)c->groups.no_decay);
  free((void *)c->adapter.targets);
  free((void *)c->resume);
  free(c->teachers.models);
  free(c->teachers.weights);
  json_decref(c->model);
  ig_yaml_free(c->yaml);
  *c = (ig_train_config){0};
}

const char *ig_train_config_other_compute(const ig_train_config *c) {
  return c->compute && strcmp(c->compute, compute_names[0]) != 0 ? c->compute : NULL;
}
