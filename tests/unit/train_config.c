// Training configurations: defaults, every part, and errors with line, key and suggestion.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "train/foreign_keys.h"
#include "train/train_config.h"

static char path[] = "/tmp/ingot-config-XXXXXX";

static ig_status load(const char *text, const char *set, ig_train_config *out, ig_error *err) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  return ig_train_config_load(path, NULL, &set, set ? 1 : 0, out, err);
}

#define DATA "data: {train: {source: a.en, target: a.de}}\n"
#define MODEL "model: {family: marian, d_model: 64}\n"
#define TRAIN "train: {output: out, updates: 5}\n"

static void defaults(void **state) {
  (void)state;
  ig_train_config c;
  ig_error err = {0};
  assert_int_equal(load(DATA MODEL TRAIN, NULL, &c, &err), IG_OK);
  assert_int_equal(c.data.train.count, 1);
  assert_string_equal(c.data.train.target[0], "a.de");
  assert_int_equal(c.data.vocabulary, IG_VOCABULARY_TRAINED);
  assert_int_equal(c.data.sentencepiece.vocab_size, 8000);
  assert_true(c.data.sentencepiece.soft_vocab_limit);  // nobody has asked for 8000
  assert_true(c.data.sentencepiece.character_coverage == 0);
  assert_string_equal(c.data.sentencepiece.normalization, "nmt_nfkc");
  assert_null(c.valid_tokenize);
  assert_false(c.best_metric_given);
  assert_true(c.save_minutes == 10 && c.save_every == 0);
  assert_true(c.data.joint);
  assert_string_equal(c.family->name, "marian");
  assert_int_equal(json_integer_value(json_object_get(c.model, "d_model")), 64);
  assert_null(json_object_get(c.model, "family"));
  assert_int_equal(c.batch_tokens, 4096);
  assert_int_equal(c.accumulate, 1);
  assert_int_equal(c.seed, 1);
  assert_true(c.optimizer.beta2 == 0.98f && c.optimizer.eps == 1e-9f && c.optimizer.clip_norm == 0);
  assert_int_equal(c.schedule.kind, IG_SCHEDULE_CONSTANT);
  assert_true(c.divergence_factor == 2 && c.divergence_updates == 100);
  ig_train_config_free(&c);
}

static void everything(void **state) {
  (void)state;
  ig_train_config c;
  ig_error err = {0};
  const char *text =
      "data:\n"
      "  train: {source: [a.en, b.en.gz], target: [a.de, b.de.gz]}\n"
      "  valid: {source: d.en, target: d.de}\n"
      "  sentencepiece: {source: s.model, target: t.model}\n"
      "  max_length: 99\n"
      "  sampling: {alpha: 0.5}\n"
      "model: {family: torch, d_model: 64, nhead: 8, norm_first: true}\n"
      "train: {output: out, epochs: 2, optimizer: adamw, adam_betas: [0.8, 0.9], adam_eps: 1.0e-6, "
      "weight_decay: 0.1, learning_rate: 5e-4,\n"
      "        schedule: inverse_sqrt, warmup: 7, label_smoothing: 0.1, clip_norm: 1, "
      "validate_every: 3, patience: 4, best_metric: chrf}\n";
  assert_int_equal(load(text, "train.learning_rate=0.25", &c, &err), IG_OK);
  assert_int_equal(c.data.train.count, 2);
  assert_string_equal(c.data.train.source[1], "b.en.gz");
  assert_int_equal(c.data.vocabulary, IG_VOCABULARY_MODEL);
  assert_string_equal(c.data.target_model, "t.model");
  assert_int_equal(c.data.max_length, 99);
  assert_true(c.data.sampling_nbest == 64 && c.data.sampling_alpha == 0.5f);
  assert_string_equal(c.family->name, "torch");
  assert_int_equal(c.optimizer.kind, IG_OPTIMIZER_ADAMW);
  assert_true(c.optimizer.beta1 == 0.8f && c.optimizer.weight_decay == 0.1f &&
              c.optimizer.clip_norm == 1);
  assert_true(c.schedule.learning_rate == 0.25 && c.schedule.warmup == 7 &&
              c.schedule.kind == IG_SCHEDULE_INVERSE_SQRT);
  assert_int_equal(c.best_metric, IG_BEST_METRIC_CHRF);
  ig_train_config_free(&c);
}

static void sentencepiece_keys(void **state) {
  (void)state;
  ig_train_config c;
  ig_error err = {0};
  const char *text =
      "data:\n  train: {source: a.en, target: a.de}\n"
      "  sentencepiece: {vocab_size: 900, byte_fallback: true, normalization: identity,\n"
      "    split_digits: true,\n"
      "    user_defined_symbols: [<ph>, '>>de<<'], character_coverage: 0.99}\n" MODEL
      "train: {output: out, updates: 5, valid_tokenize: char, best_metric: bleu}\n";
  assert_int_equal(load(text, NULL, &c, &err), IG_OK);
  const ig_sentencepiece_training *t = &c.data.sentencepiece;
  assert_int_equal(t->vocab_size, 900);
  assert_false(t->soft_vocab_limit);
  assert_true(t->byte_fallback && t->split_digits);
  assert_true(t->character_coverage == 0.99);
  assert_string_equal(t->normalization, "identity");
  assert_int_equal(t->symbol_count, 2);
  assert_string_equal(t->symbols[1], ">>de<<");
  assert_string_equal(c.valid_tokenize, "char");
  assert_true(c.best_metric_given);
  ig_train_config_free(&c);
}

typedef struct wrong {
  const char *text, *set, *message;  // message: what the error must contain
} wrong;

static const wrong wrongs[] = {
    {DATA MODEL "train: {output: out, updates: 5, learning_rat: 1}\n", NULL,
     ":3: train.learning_rat"},
    {DATA MODEL "train: {output: out, updates: 5, learning_rat: 1}\n", NULL, "'learning_rate'"},
    {DATA MODEL "train: {output: out, updates: many}\n", NULL, ":3: train.updates"},
    {DATA MODEL "train: {output: out, updates: -1}\n", NULL, "found -1"},
    {DATA MODEL "train: {output: out}\n", NULL, "train.updates"},
    {DATA MODEL "train: {updates: 5}\n", NULL, "train.output"},
    {DATA MODEL "train: {output: out, updates: 5, schedule: cosin}\n", NULL, "cosine"},
    {DATA MODEL "train: {output: out, updates: 5, schedule: linear, warmup: 5}\n", NULL,
     "train.updates"},
    {DATA MODEL "train: {output: out, updates: 5, adam_betas: [0.9, 1.5]}\n", NULL, "adam_betas"},
    {DATA MODEL "train: {output: out, updates: 5, validate_every: 2}\n", NULL, "data.valid"},
    {DATA MODEL "train: {output: out, updates: 5, keep: 2}\n", NULL, "save_every"},
    {DATA MODEL "train: {output: out, updates: 5, divergence_factor: 0.5}\n", NULL, "found 0.5"},
    {DATA MODEL "train: {output: out, updates: 5, divergence_updates: 0}\n", NULL,
     "divergence_updates"},
    {DATA "model: {family: marian, d_modl: 64}\n" TRAIN, NULL, "'d_model'"},
    {DATA "model: {family: marion}\n" TRAIN, NULL, "expected one of marian"},
    {DATA "model: {init: dir, d_model: 5}\n" TRAIN, NULL, "d_model"},
    {"data: {train: {source: a, target: [b, c]}}\n" MODEL TRAIN, NULL, "1 and 2"},
    {"data: {train: {source: a, target: b}, tokens: whitespace, sentencepiece: {vocab_size: "
     "5}}\n" MODEL TRAIN,
     NULL, "both"},
    {"data: {train: {source: a, target: b}, sentencepiece: {model_type: bpee}}\n" MODEL TRAIN, NULL,
     "unigram, bpe, char, word"},
    {DATA MODEL TRAIN, "data.sentencepiece={normalization: nfc}",
     "nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf, identity"},
    {DATA MODEL TRAIN, "data.sentencepiece={character_coverage: 0.5}", "found 0.5"},
    {DATA MODEL TRAIN, "data.sentencepiece={byte_fallback: 1}", "true or false"},
    {DATA MODEL TRAIN, "data.sentencepiece={user_defined_symbols: [a, a]}", "twice"},
    {DATA MODEL TRAIN, "data.sentencepiece={user_defined_symbols: [</s>]}", "found '</s>'"},
    {DATA MODEL TRAIN, "data.sentencepiece={user_defined_symbols: ['']}", "found ''"},
    {DATA MODEL TRAIN, "data.sentencepiece={vocab_size: 3}", "found 3"},
    {DATA MODEL TRAIN, "train.valid_tokenize=14a", "13a, zh, char, intl, none"},
    {DATA MODEL "train: {output: out}\n", NULL, "train.updates: missing"},
    {DATA MODEL "train: {output: out,\n  updates: 0}\n", NULL, ":4: train.updates: found 0"},
    {DATA MODEL "train: {output: out, epochs: 0}\n", NULL, "train.epochs: found 0"},
    {DATA MODEL TRAIN, "train.adam_betas=[0.9]", "expected a list of 2 numbers, found a list of 1"},
    {DATA MODEL TRAIN, "train.adam_betas=0.9", "expected a list of 2 numbers, found '0.9'"},
    {DATA MODEL TRAIN, "data.sampling={nbest_size: 1}", "found 1"},
    {DATA MODEL TRAIN, "data.sampling={alpha: -1}", "found -1"},
    {DATA MODEL TRAIN, "data.sampling={alfa: 1}", "'alpha'"},
    {"data: {train: {source: a, target: b}, tokens: whitespace, sampling: {}}\n" MODEL TRAIN, NULL,
     "white space"},
    {"data: {train: {source: a, target: b}, sentencepiece: {model_type: bpe}, sampling: {}}\n" MODEL
         TRAIN,
     NULL, "found model_type bpe"},
    {MODEL TRAIN, NULL, "data"},
    {DATA MODEL TRAIN "more: 1\n", NULL, "more"},
    {DATA MODEL TRAIN, "train.updats=3", "updats"},
    // What other programs call it, however it is spelt, and wherever it is written.
    {DATA MODEL TRAIN, "train.lr=1", "train.lr: unknown key; did you mean 'train.learning_rate'?"},
    {DATA MODEL TRAIN, "lr=1", "'train.learning_rate'"},
    {DATA MODEL TRAIN, "model.lr=1", "'train.learning_rate'"},
    {DATA MODEL "train: {output: out, updates: 5,\n  batch_size: 64}\n", NULL,
     ":4: train.batch_size: unknown key; did you mean 'train.batch_tokens' (a batch is so many "
     "target tokens, not sentences)?"},
    {DATA MODEL TRAIN, "train.num_train_epochs=1", "'train.epochs'"},
    {DATA MODEL TRAIN, "train.max_steps=1", "'train.updates'"},
    {DATA MODEL TRAIN, "train.max-steps=1", "'train.updates'"},
    {DATA MODEL TRAIN, "train.maxSteps=1", "'train.updates'"},
    {DATA MODEL TRAIN, "train.warmup_steps=1", "'train.warmup'"},
    {DATA MODEL TRAIN, "train.beam=1", "'train.valid_beam_size'"},
    {DATA MODEL TRAIN, "train.threads=1", "--threads of the command"},
    {DATA MODEL TRAIN, "train.max_tokens=1", "'train.batch_tokens'"},
    {DATA MODEL TRAIN, "max_tokens=1", "'data.max_tokens'"},  // a key as it stands
    {DATA MODEL TRAIN, "train.dropout=0.1", "'model.dropout'"},
    {DATA MODEL TRAIN, "data.vocab_size=1", "'data.sentencepiece.vocab_size'"},
    {DATA MODEL TRAIN, "data.valid.src=a", "'data.train.source' (and 'data.valid.source')"},
    {DATA MODEL TRAIN, "model.hidden_size=1", "'model.d_model'"},
    {DATA MODEL TRAIN, "model.num_layers=1", "'model.encoder_layers' and 'model.decoder_layers'"},
    {DATA "model: {family: torch}\n" TRAIN, "model.num_layers=1",
     "'model.num_encoder_layers' and 'model.num_decoder_layers'"},
    {DATA "model: {family: torch}\n" TRAIN, "model.num_heads=1", "did you mean 'model.nhead'?"},
    {DATA "model: {init: dir}\n" TRAIN, "model.num_layers=1", "beside init only dropout"},
    {DATA "model: {init: dir}\n" TRAIN, "model.hidden_dropout=0.1", "'model.dropout'"},
};

static void errors(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
    ig_train_config c;
    ig_error err = {0};
    const ig_status status = load(wrongs[i].text, wrongs[i].set, &c, &err);
    if (status == IG_OK) fail_msg("accepted: %s", wrongs[i].text);
    if (!strstr(err.message, wrongs[i].message))
      fail_msg("'%s' is not in '%s'", wrongs[i].message, err.message);
  }
}

static const char *settable_key_of(const ig_family *family, const char *key, size_t length) {
  for (const ig_json_key *k = family->keys; k->name; k++)
    if (k->settable && strlen(k->name) == length && memcmp(k->name, key, length) == 0)
      return k->name;
  return NULL;
}

// Whether some family has the key of a model.
static bool is_model_key(const char *key, size_t length) {
  if (length == 6 && memcmp(key, "family", 6) == 0) return true;
  if (length == 4 && memcmp(key, "init", 4) == 0) return true;
  for (const ig_family *const *f = ig_family_list(); *f; f++)
    if (settable_key_of(*f, key, length)) return true;
  return false;
}

// Each name of other programs leads to a key that is accepted, or to a note. A key that no part has
// would never be suggested.
static void foreign_keys_lead_somewhere(void **state) {
  (void)state;
  for (const ig_foreign_key *row = ig_foreign_keys; row->names; row++) {
    assert_true(row->keys || row->note);
    for (const char *at = row->keys; at && *at; at += *at == ' ') {
      const size_t length = strcspn(at, " ");
      char set[128];
      ig_train_config c;
      ig_error err = {0};
      snprintf(set, sizeof set, "%.*s=[[x]]", (int)length, at);
      if (strncmp(at, "model.", 6) == 0) {
        if (!is_model_key(at + 6, length - 6)) fail_msg("no model has %s", set);
      } else if (load(DATA MODEL TRAIN, set, &c, &err) == IG_OK) {
        fail_msg("accepted: %s", set);
      } else if (strstr(err.message, "unknown key")) {
        fail_msg("%s", err.message);
      }
      at += length;
    }
  }
}

static void missing_file(void **state) {
  (void)state;
  ig_train_config c;
  ig_error err = {0};
  assert_int_equal(ig_train_config_load("nowhere.yml", NULL, NULL, 0, &c, &err), IG_ERROR_IO);
  assert_non_null(strstr(err.message, "nowhere.yml"));
}

static int set_up(void **state) {
  (void)state;
  const int handle = mkstemp(path);
  return handle < 0 ? -1 : close(handle);
}

static int tear_down(void **state) {
  (void)state;
  return unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),
      cmocka_unit_test(everything),
      cmocka_unit_test(sentencepiece_keys),
      cmocka_unit_test(errors),
      cmocka_unit_test(foreign_keys_lead_somewhere),
      cmocka_unit_test(missing_file),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
