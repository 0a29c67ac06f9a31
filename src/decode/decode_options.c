// Reads a model's own options from its generation_config.json or config.json, and checks options.
#include "decode/decode_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"

// The tokens that a translation may have if neither the caller nor the model says so; Hugging
// Face's Marian has max_length 512.
#define LONGEST_UNASKED 511
// No caller wants more tokens; the limit keeps every product of sizes small.
#define LONGEST 65535

int ig_decode_options_longest(const ig_config *config) {
  return config->positions.count > 0 && config->positions.count < LONGEST ? config->positions.count
                                                                          : LONGEST;
}

bool ig_decode_options_ends(const ig_decode_options *o, int token) {
  if (token == o->eos_id) return true;
  for (int i = 0; i < o->eos_alternatives.count; i++)
    if (token == o->eos_alternatives.ids[i]) return true;
  return false;
}

// transformers' beams_to_keep: max(2, 1 + end tokens) * beams.
int ig_decode_options_candidates(const ig_decode_options *o) {
  return (2 + o->eos_alternatives.count) * o->beam_size;
}

static ig_status bad_bad_words(const char *where, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: bad_words_ids: expected a list of non-empty lists of token ids", where);
}

static ig_status read_bad_word(ig_bad_words *bad, const json_t *word, const char *where,
                               int vocab_size, ig_error *err) {
  const int begin = bad->offsets[bad->count];
  size_t i;
  json_t *id;
  if (json_array_size(word) == 0) return bad_bad_words(where, err);
  json_array_foreach(word, i, id) {
    const json_int_t value = json_integer_value(id);
    if (!json_is_integer(id)) return bad_bad_words(where, err);
    if (value < 0 || value >= vocab_size)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: bad_words_ids: expected ids below the vocabulary size %d, found %lld",
                     where, vocab_size, (long long)value);
    bad->ids[begin + (int)i] = (int)value;
  }
  bad->offsets[++bad->count] = begin + (int)i;
  return IG_OK;
}

// A banned end token is ignored, as Hugging Face does.
static bool is_eos(const json_t *word, const ig_decode_options *o) {
  const json_t *first = json_array_get(word, 0);
  const json_int_t id = json_integer_value(first);
  return json_array_size(word) == 1 && json_is_integer(first) && id >= 0 && id < o->vocab_size &&
         ig_decode_options_ends(o, (int)id);
}

// Tokens of a list of ids: "suppress_tokens", "begin_suppress_tokens".
static ig_status read_token(const json_t *id, ig_json_object from, const char *key, int vocab_size,
                            int *out, ig_error *err) {
  const json_int_t value = json_integer_value(id);
  if (!json_is_integer(id) || value < 0 || value >= vocab_size)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected ids below the vocabulary size %d",
                   from.where, key, vocab_size);
  *out = (int)value;
  return IG_OK;
}

static ig_status find_tokens(ig_json_object from, const char *key, const json_t **out,
                             ig_error *err) {
  *out = json_object_get(from.object, key);
  if (*out == NULL || json_is_null(*out) || json_is_array(*out)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected a list of token ids", from.where, key);
}

// A suppressed token is a bad word of one token.
static ig_status read_suppressed(const json_t *list, ig_json_object from, ig_decode_options *o,
                                 ig_error *err) {
  size_t i;
  json_t *id;
  json_array_foreach(list, i, id) {
    ig_bad_words *bad = &o->bad_words;
    const int begin = bad->offsets[bad->count];
    IG_TRY(read_token(id, from, "suppress_tokens", o->vocab_size, &bad->ids[begin], err));
    bad->offsets[++bad->count] = begin + 1;
  }
  return IG_OK;
}

static ig_status read_begin_suppressed(ig_json_object from, ig_decode_options *o, ig_error *err) {
  static const char key[] = "begin_suppress_tokens";
  const json_t *list;
  size_t i;
  json_t *id;
  IG_TRY(find_tokens(from, key, &list, err));
  ig_suppressed_tokens *out = &o->begin_suppressed;
  out->ids = ig_allocate(json_array_size(list), sizeof(int), err);
  if (!out->ids) return IG_ERROR_MEMORY;
  json_array_foreach(list, i, id)
      IG_TRY(read_token(id, from, key, o->vocab_size, &out->ids[out->count++], err));
  return IG_OK;
}

static ig_status read_bad_words(ig_json_object from, ig_decode_options *o, ig_error *err) {
  const json_t *list = json_object_get(from.object, "bad_words_ids"), *suppressed;
  IG_TRY(find_tokens(from, "suppress_tokens", &suppressed, err));
  if (list && !json_is_null(list) && !json_is_array(list)) return bad_bad_words(from.where, err);
  size_t words = json_array_size(list) + json_array_size(suppressed),
         total = json_array_size(suppressed), i;
  json_t *word;
  if (words == 0) return IG_OK;
  json_array_foreach(list, i, word) total += json_array_size(word);
  o->bad_words.offsets = ig_allocate(words + 1, sizeof(int), err);
  o->bad_words.ids = ig_allocate(total, sizeof(int), err);
  if (!o->bad_words.offsets || !o->bad_words.ids) return IG_ERROR_MEMORY;
  json_array_foreach(list, i, word) {
    if (!is_eos(word, o))
      IG_TRY(read_bad_word(&o->bad_words, word, from.where, o->vocab_size, err));
  }
  return read_suppressed(suppressed, from, o, err);
}

static ig_status read_early_stopping(ig_json_object from, ig_early_stopping *out, ig_error *err) {
  const json_t *value = json_object_get(from.object, "early_stopping");
  const char *word = json_string_value(value);
  if (!value || json_is_null(value) || json_is_false(value))
    *out = IG_EARLY_STOPPING_HEURISTIC;
  else if (json_is_true(value))
    *out = IG_EARLY_STOPPING_AT_ONCE;
  else if (word && strcmp(word, "never") == 0)
    *out = IG_EARLY_STOPPING_NEVER;
  else
    return ig_fail(err, IG_ERROR_FORMAT, "%s: early_stopping: expected true, false or \"never\"",
                   from.where);
  return IG_OK;
}

static ig_status read_id(ig_json_object from, const char *key, int vocab_size, int *id,
                         ig_error *err) {
  IG_TRY(ig_json_int(from, key, *id, id, err));
  if (*id < -1 || *id >= vocab_size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: %s: expected an id below the vocabulary size %d, found %d", from.where, key,
                   vocab_size, *id);
  return IG_OK;
}

// A key that holds an id, or a list of ids that do as well as the first.
typedef struct id_list {
  const char *key;
  int vocab_size;
  int *first;
  ig_alternatives *others;
} id_list;

static ig_status read_ids(ig_json_object from, const id_list *list, ig_error *err) {
  const json_t *value = json_object_get(from.object, list->key);
  const size_t count = json_array_size(value);
  if (!json_is_array(value)) return read_id(from, list->key, list->vocab_size, list->first, err);
  if (count == 0 || count > 1 + IG_MOST_ALTERNATIVES)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: %s: expected an id or a list of 1 to %d, found %zu", from.where, list->key,
                   1 + IG_MOST_ALTERNATIVES, count);
  list->others->count = (int)count - 1;
  for (size_t i = 0; i < count; i++) {
    const json_t *item = json_array_get(value, i);
    const json_int_t id = json_integer_value(item);
    if (!json_is_integer(item) || id < 0 || id >= list->vocab_size)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: %s: item %zu: expected an id below the vocabulary size %d", from.where,
                     list->key, i + 1, list->vocab_size);
    *(i == 0 ? list->first : &list->others->ids[i - 1]) = (int)id;
  }
  return IG_OK;
}

static ig_status read_eos(ig_json_object from, ig_decode_options *o, ig_error *err) {
  const id_list list = {"eos_token_id", o->vocab_size, &o->eos_id, &o->eos_alternatives};
  return read_ids(from, &list, err);
}

static ig_status read_forced(ig_json_object from, ig_decode_options *o, ig_error *err) {
  ig_sentence_options *own = &o->sentence;
  const id_list first = {"forced_bos_token_id", o->vocab_size, &own->forced_bos,
                         &own->forced_bos_alternatives},
                last = {"forced_eos_token_id", o->vocab_size, &own->forced_eos,
                        &own->forced_eos_alternatives};
  IG_TRY(read_ids(from, &first, err));
  return read_ids(from, &last, err);
}

static ig_status read_float(ig_json_object from, const char *key, float *value, ig_error *err) {
  double number;
  IG_TRY(ig_json_number(from, key, (double)*value, &number, err));
  *value = (float)number;
  return IG_OK;
}

// A key by which transformers would do what this decoder does not.
typedef struct key_not_built {
  const char *key;  // NULL: the end of a table
  double neutral;   // the value that asks for nothing, as null, false and an empty list do
} key_not_built;
static const key_not_built not_built[] = {{"num_beam_groups", 1},
                                          {"diversity_penalty", 0},
                                          {"num_return_sequences", 1},
                                          {"penalty_alpha", 0},
                                          {"encoder_repetition_penalty", 1},
                                          {"encoder_no_repeat_ngram_size", 0},
                                          {"forced_decoder_ids", 0},
                                          {"force_words_ids", 0},
                                          {"constraints", 0},
                                          {"sequence_bias", 0},
                                          {"exponential_decay_length_penalty", 0},
                                          {"remove_invalid_values", 0},
                                          {"guidance_scale", 1},
                                          {"stop_strings", 0},
                                          {"max_time", 0},
                                          {"token_healing", 0},
                                          {"watermarking_config", 0},
                                          {"dola_layers", 0},
                                          {NULL, 0}};
// Without do_sample these do nothing.
static const key_not_built sampling_not_built[] = {
    {"typical_p", 1}, {"epsilon_cutoff", 0}, {"eta_cutoff", 0}, {"top_h", 1}, {NULL, 0}};

// A count of tokens, which may be any number: what is more than LONGEST is LONGEST.
static ig_status read_length(ig_json_object from, const char *key, int *length, ig_error *err) {
  double number;
  *length = 0;
  IG_TRY(ig_json_number(from, key, 0, &number, err));
  if (isnan(number) || (isfinite(number) && number != floor(number)))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected a whole number, found %g", from.where,
                   key, number);
  if (number > 0) *length = number < LONGEST ? (int)number : LONGEST;
  return IG_OK;
}

static bool asks_for_nothing(const json_t *value, double neutral) {
  if (!value || json_is_null(value) || json_is_false(value)) return true;
  if (json_is_number(value)) return json_number_value(value) == neutral;
  return (json_is_array(value) && json_array_size(value) == 0) ||
         (json_is_object(value) && json_object_size(value) == 0);
}

static void add_ignored(ig_decode_options *o, const char *key) {
  const size_t used = strlen(o->ignored);
  snprintf(o->ignored + used, sizeof o->ignored - used, "%s%s", used ? ", " : "", key);
}

static void list_ignored(ig_json_object from, const key_not_built *keys, ig_decode_options *o) {
  for (; keys->key; keys++)
    if (!asks_for_nothing(json_object_get(from.object, keys->key), keys->neutral))
      add_ignored(o, keys->key);
}

// transformers' default of top_k holds as soon as anything is sampled. Beams that are drawn
// (do_sample with num_beams above 1) are not built.
static ig_status read_sampling(ig_json_object from, ig_decode_options *o, ig_error *err) {
  ig_sampling *s = &o->sampling;
  bool asked;
  IG_TRY(ig_json_bool(from, "do_sample", false, &asked, err));
  IG_TRY(read_float(from, "temperature", &s->temperature, err));
  IG_TRY(ig_json_int(from, "top_k", s->top_k, &s->top_k, err));
  IG_TRY(read_float(from, "top_p", &s->top_p, err));
  IG_TRY(read_float(from, "min_p", &s->min_p, err));
  s->on = asked && o->beam_size == 1;
  if (asked && !s->on) add_ignored(o, "do_sample");
  if (s->on) list_ignored(from, sampling_not_built, o);
  return IG_OK;
}

// max_new_tokens and min_new_tokens win over max_length and min_length, which count the start
// token.
static ig_status read_lengths(ig_json_object from, ig_decode_options *o, ig_error *err) {
  int longest, shortest, most_new, fewest_new;
  IG_TRY(read_length(from, "max_length", &longest, err));
  IG_TRY(read_length(from, "min_length", &shortest, err));
  IG_TRY(read_length(from, "max_new_tokens", &most_new, err));
  IG_TRY(read_length(from, "min_new_tokens", &fewest_new, err));
  if (longest > 0) o->sentence.max_length = longest > 1 ? longest - 1 : 1;
  if (most_new > 0) o->sentence.max_length = most_new;
  // The end token is banned while the length, counted so, is below min_length.
  if (shortest > 1) o->sentence.min_length = shortest - 1;
  if (fewest_new > 0) o->sentence.min_length = fewest_new;
  return IG_OK;
}

// The ids that the object leaves out are the model's own: transformers would start with bos, or
// refuse, and would not end. Of the other keys each has its default, whatever config.json says.
static ig_status read_generation(ig_json_object from, ig_decode_options *o, ig_error *err) {
  o->sentence.forced_eos = -1;
  IG_TRY(read_id(from, "decoder_start_token_id", o->vocab_size, &o->start_id, err));
  IG_TRY(read_eos(from, o, err));
  IG_TRY(ig_json_int(from, "num_beams", o->beam_size, &o->beam_size, err));
  IG_TRY(read_lengths(from, o, err));
  list_ignored(from, not_built, o);
  IG_TRY(ig_json_int(from, "no_repeat_ngram_size", o->no_repeat_ngram, &o->no_repeat_ngram, err));
  IG_TRY(read_float(from, "length_penalty", &o->length_penalty, err));
  IG_TRY(read_float(from, "repetition_penalty", &o->repetition_penalty, err));
  IG_TRY(ig_json_bool(from, "renormalize_logits", o->renormalize, &o->renormalize, err));
  IG_TRY(read_early_stopping(from, &o->early_stopping, err));
  IG_TRY(read_forced(from, o, err));
  IG_TRY(read_sampling(from, o, err));
  IG_TRY(read_begin_suppressed(from, o, err));
  return read_bad_words(from, o, err);
}

static ig_status read_text(const ig_model *model, ig_decode_options *o, ig_error *err) {
  const char *text = model->generation_config, *where = ig_model_generation_file(model);
  json_t *root;
  IG_TRY(ig_json_parse(text, strlen(text), where, &root, err));
  const ig_status status = json_is_object(root)
                               ? read_generation((ig_json_object){root, where}, o, err)
                               : ig_fail(err, IG_ERROR_FORMAT, "%s: expected an object", where);
  json_decref(root);
  return status;
}

// Lengths never go beyond the model's positions (`longest`). A max_length that no file gives is the
// number of positions without the start token's, at most LONGEST_UNASKED.
static void limit_lengths(ig_sentence_options *own, int longest) {
  const int positions = longest > 1 ? longest - 1 : 1;
  if (own->max_length == 0)
    own->max_length = longest < LONGEST_UNASKED ? positions : LONGEST_UNASKED;
  if (own->max_length > longest) own->max_length = longest;
  if (own->min_length > own->max_length) own->min_length = own->max_length;
}

ig_status ig_decode_options_load(const ig_model *model, ig_decode_options *out, ig_error *err) {
  const ig_config *c = &model->config;
  *out = (ig_decode_options){.beam_size = 1,
                             .n_best = 1,
                             .length_penalty = 1,
                             .repetition_penalty = 1,
                             .sampling = {.temperature = 1, .top_k = 50, .top_p = 1},
                             .start_id = c->decoder_start_id,
                             .eos_id = c->eos_id,
                             .vocab_size = c->target_vocab_size,
                             .sentence = {.forced_bos = -1, .forced_eos = c->forced_eos_id}};
  ig_status status = IG_OK;
  if (model->generation_config) status = read_text(model, out, err);
  if (status == IG_OK && out->start_id < 0)
    status =
        ig_fail(err, IG_ERROR_FORMAT,
                "config.json: decoder_start_token_id: expected, for this model is to generate");
  if (status != IG_OK) {
    ig_decode_options_free(out);
    return status;
  }
  limit_lengths(&out->sentence, ig_decode_options_longest(c));
  return IG_OK;
}

static ig_status check_sampling(const ig_sampling *s, ig_error *err) {
  if (!(s->temperature > 0) || !isfinite(s->temperature))
    return ig_fail(err, IG_ERROR_ARGUMENT, "temperature: expected a positive number, found %g",
                   (double)s->temperature);
  if (s->top_k < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "top_k: expected 0 or more, found %d", s->top_k);
  if (!(s->top_p > 0) || !isfinite(s->top_p))
    return ig_fail(err, IG_ERROR_ARGUMENT, "top_p: expected a positive number, found %g",
                   (double)s->top_p);
  if (!(s->min_p >= 0 && s->min_p <= 1))
    return ig_fail(err, IG_ERROR_ARGUMENT, "min_p: expected 0 to 1, found %g", (double)s->min_p);
  return IG_OK;
}

static ig_status check_sentence(const ig_sentence_options *own, ig_error *err) {
  if (own->max_length < 1 || own->max_length > LONGEST)
    return ig_fail(err, IG_ERROR_ARGUMENT, "max_length: expected 1 to %d, found %d", LONGEST,
                   own->max_length);
  if (own->min_length < 0 || own->min_length > own->max_length)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "min_length: expected 0 to the most tokens (%d), found %d", own->max_length,
                   own->min_length);
  return IG_OK;
}

ig_status ig_decode_options_check(const ig_decode_options *o, ig_error *err) {
  const int share = 2 + o->eos_alternatives.count;
  if (o->beam_size < 1 || o->beam_size > IG_WIDEST_BEAM || share * o->beam_size > o->vocab_size)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "beam_size: expected 1 to %d and at most 1/%d of the vocabulary (%d), found %d",
                   IG_WIDEST_BEAM, share, o->vocab_size / share, o->beam_size);
  if (o->n_best < 1 || o->n_best > o->beam_size)
    return ig_fail(err, IG_ERROR_ARGUMENT, "n_best: expected 1 to the beam's size (%d), found %d",
                   o->beam_size, o->n_best);
  IG_TRY(check_sentence(&o->sentence, err));
  if (o->sampling.on) IG_TRY(check_sampling(&o->sampling, err));
  if (!isfinite(o->length_penalty))
    return ig_fail(err, IG_ERROR_ARGUMENT, "length_penalty: expected a finite number, found %g",
                   (double)o->length_penalty);
  if (o->no_repeat_ngram < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "no_repeat_ngram: expected 0 or more, found %d",
                   o->no_repeat_ngram);
  if (!(o->repetition_penalty > 0) || !isfinite(o->repetition_penalty))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "repetition_penalty: expected a positive number, found %g",
                   (double)o->repetition_penalty);
  return IG_OK;
}

void ig_decode_options_free(ig_decode_options *options) {
  free(options->bad_words.offsets);
  free(options->bad_words.ids);
  free(options->begin_suppressed.ids);
  options->bad_words = (ig_bad_words){0};
  options->begin_suppressed = (ig_suppressed_tokens){0};
}
