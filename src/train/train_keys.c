// Checks keys: exact ones of other parts and other programs come before those that look alike.
#include "train/train_keys.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "train/foreign_keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const root_keys[] = {"data", "model", "train"};
static const char *const data_keys[] = {
    "train",    "valid",         "sentencepiece",   "tokens",
    "joint",    "min_frequency", "max_tokens",      "max_length",
    "sampling", "strict",        "source_language", "target_language",
    "stride",   "wordpiece",     "storage",         "storage_directory",
    "filters",  "new_tokens"};
static const char *const files_keys[] = {
    "source", "target",          "squad",           "text",   "tsv", "columns",
    "tmx",    "source_language", "target_language", "weight", "tag"};
static const char *const filters_keys[] = {"max_ratio", "duplicates", "identical", "script"};
static const char *const script_keys[] = {"source", "target"};
static const char *const sentencepiece_keys[] = {
    "vocab_size",         "model_type",    "joint",  "max_sentences",        "normalization",
    "character_coverage", "byte_fallback", "source", "user_defined_symbols", "target",
    "split_digits"};
static const char *const wordpiece_keys[] = {"vocab_size", "lowercase", "strip_accents"};
static const char *const sampling_keys[] = {"nbest_size", "alpha"};
static const char *const init_keys[] = {"init", "dropout", "attention_dropout",
                                        "activation_dropout"};
static const char *const train_keys[] = {
    "output",
    "seed",
    "batch_tokens",
    "batch_sequences",
    "accumulate",
    "pool_batches",
    "updates",
    "epochs",
    "max_seconds",
    "optimizer",
    "adam_betas",
    "adam_eps",
    "weight_decay",
    "no_decay",
    "freeze",
    "layer_decay",
    "adapter",
    "learning_rate",
    "schedule",
    "warmup",
    "warmup_init_lr",
    "min_lr",
    "label_smoothing",
    "ema",
    "r_drop",
    "resume",
    "teacher",
    "teacher_share",
    "teacher_temperature",
    "teacher_top_k",
    "mask_probability",
    "mask_replace_probability",
    "random_replace_probability",
    "clip_norm",
    "validate_every",
    "valid_sentences",
    "valid_beam_size",
    "valid_tokenize",
    "best_metric",
    "samples",
    "patience",
    "save_every",
    "save_minutes",
    "keep",
    "log_every",
    "tensorboard",
    "dtype",
    "compute",
    "recompute",
    "divergence_factor",
    "divergence_updates",
};

static const char *const adapter_keys[] = {"method",         "rank", "alpha",
                                           "target_modules", "from", "dropout"};
static const char *const teacher_keys[] = {"model", "weight"};

// By ig_train_part. The keys of a model are its family's.
static const struct {
  const char *path;
  const char *const *keys;
  size_t count;
} parts[] = {
    [IG_TRAIN_PART_ROOT] = {"", root_keys, COUNT(root_keys)},
    [IG_TRAIN_PART_DATA] = {"data.", data_keys, COUNT(data_keys)},
    [IG_TRAIN_PART_FILES] = {"data.train.", files_keys, COUNT(files_keys)},
    [IG_TRAIN_PART_SENTENCEPIECE] = {"data.sentencepiece.", sentencepiece_keys,
                                     COUNT(sentencepiece_keys)},
    [IG_TRAIN_PART_WORDPIECE] = {"data.wordpiece.", wordpiece_keys, COUNT(wordpiece_keys)},
    [IG_TRAIN_PART_SAMPLING] = {"data.sampling.", sampling_keys, COUNT(sampling_keys)},
    [IG_TRAIN_PART_FILTERS] = {"data.filters.", filters_keys, COUNT(filters_keys)},
    [IG_TRAIN_PART_SCRIPT] = {"data.filters.script.", script_keys, COUNT(script_keys)},
    [IG_TRAIN_PART_MODEL] = {"model.", NULL, 0},
    [IG_TRAIN_PART_INIT] = {"model.", init_keys, COUNT(init_keys)},
    [IG_TRAIN_PART_ADAPTER] = {"train.adapter.", adapter_keys, COUNT(adapter_keys)},
    [IG_TRAIN_PART_TRAIN] = {"train.", train_keys, COUNT(train_keys)},
    [IG_TRAIN_PART_TEACHER] = {"train.teacher.", teacher_keys, COUNT(teacher_keys)},
};

enum { MOST_KEYS = 64 };

// The keys of a part, at most MOST_KEYS.
typedef struct key_list {
  const char *keys[MOST_KEYS];
  size_t count;
} key_list;

static key_list keys_of(ig_train_part part, const ig_family *family) {
  key_list list = {.count = 0};
  if (part != IG_TRAIN_PART_MODEL) {
    for (size_t i = 0; i < parts[part].count; i++) list.keys[list.count++] = parts[part].keys[i];
    return list;
  }
  list.keys[list.count++] = "family";
  list.keys[list.count++] = "init";
  for (const ig_json_key *key = family->keys; key->name && list.count < MOST_KEYS; key++)
    if (key->settable) list.keys[list.count++] = key->name;
  return list;
}

static bool lists_key(const key_list *list, const char *key, size_t length) {
  for (size_t i = 0; i < list->count; i++)
    if (strncmp(list->keys[i], key, length) == 0 && list->keys[i][length] == '\0') return true;
  return false;
}

// Whether a path such as "data.sentencepiece.joint", `length` letters of it, is a key.
static bool exists(const char *path, size_t length, const ig_family *family) {
  size_t part_length = length;
  while (part_length > 0 && path[part_length - 1] != '.') part_length--;
  if (strncmp(path, "data.valid.", part_length) == 0 && part_length == strlen("data.valid."))
    return true;  // as data.train's
  for (ig_train_part part = IG_TRAIN_PART_ROOT; part <= IG_TRAIN_PART_TRAIN; part++) {
    if (strlen(parts[part].path) != part_length ||
        strncmp(path, parts[part].path, part_length) != 0)
      continue;
    const key_list list = keys_of(part, family);
    if (lists_key(&list, path + part_length, length - part_length)) return true;
  }
  return false;
}

// The key without what its spellings differ in: "Max-Steps", "max_steps" and "maxSteps" are one.
static void simplify(const char *key, char *out, size_t size) {
  size_t used = 0;
  for (; *key && used + 1 < size; key++) {
    if (*key == '_' || *key == '-' || *key == '.') continue;
    out[used++] = *key >= 'A' && *key <= 'Z' ? (char)(*key - 'A' + 'a') : *key;
  }
  out[used] = '\0';
}

// Whether a list of words separated by spaces has the word.
static bool has_word(const char *words, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = words; length && (at = strstr(at, word)); at++)
    if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
  return false;
}

// Writes keys separated by spaces as "'a' and 'b'". false: one of them does not exist.
static bool print_keys(const char *keys, const ig_family *family, char *out, size_t size) {
  size_t used = 0;
  for (const char *at = keys; *at && used < size;) {
    const size_t length = strcspn(at, " ");
    if (!exists(at, length, family)) return false;
    used +=
        (size_t)snprintf(out + used, size - used, "%s'%.*s'", used ? " and " : "", (int)length, at);
    at += length;
    at += *at == ' ';
  }
  return true;
}

// The path of a key of this name in another part; false: no part has it.
static bool find_in_other_part(const char *key, ig_train_part part, const ig_family *family,
                               char *out, size_t size) {
  for (ig_train_part other = IG_TRAIN_PART_ROOT; other <= IG_TRAIN_PART_TRAIN; other++) {
    const key_list list = keys_of(other, family);
    const bool same = strcmp(parts[other].path, parts[part].path) == 0;
    if (same || other == IG_TRAIN_PART_FILES || !lists_key(&list, key, strlen(key))) continue;
    snprintf(out, size, "%s%s", parts[other].path, key);
    return true;
  }
  return false;
}

static ig_status fail_foreign(const ig_yaml_node *value, const ig_foreign_key *row,
                              const char *keys, ig_error *err) {
  if (!row->keys) return ig_yaml_fail(value, err, "unknown key: %s", row->note);
  return ig_yaml_fail(value, err, "unknown key; did you mean %s%s%s%s?", keys,
                      row->note ? " (" : "", row->note ? row->note : "", row->note ? ")" : "");
}

// Fails where other programs have a key of this name.
static ig_status check_foreign(const ig_yaml_node *value, const char *key, const ig_family *family,
                               ig_error *err) {
  char name[64], keys[160];
  simplify(key, name, sizeof name);
  for (const ig_foreign_key *row = ig_foreign_keys; row->names; row++)
    if (has_word(row->names, name) &&
        (!row->keys || print_keys(row->keys, family, keys, sizeof keys)))
      return fail_foreign(value, row, keys, err);
  return IG_OK;
}

static ig_status check_misplaced(const ig_yaml_node *value, const char *key, ig_train_part part,
                                 const ig_family *family, ig_error *err) {
  char path[160];
  if (!find_in_other_part(key, part, family, path, sizeof path)) return IG_OK;
  return ig_yaml_fail(value, err, "unknown key; did you mean '%s'?", path);
}

// Whether the row means a key of the model's part that cannot be set beside init.
static bool means_size(const ig_foreign_key *row) {
  const char *part = parts[IG_TRAIN_PART_INIT].path;
  const key_list settable = keys_of(IG_TRAIN_PART_INIT, NULL);
  if (!row->keys || strncmp(row->keys, part, strlen(part)) != 0) return false;
  const char *key = row->keys + strlen(part);
  return !lists_key(&settable, key, strcspn(key, " "));
}

// A model that training starts from has its own sizes, whatever they are called.
static ig_status check_size_beside_init(const ig_yaml_node *value, const char *key,
                                        const ig_family *family, ig_error *err) {
  const key_list sizes = keys_of(IG_TRAIN_PART_MODEL, family);
  char name[64];
  simplify(key, name, sizeof name);
  bool found = lists_key(&sizes, key, strlen(key));
  for (const ig_foreign_key *row = ig_foreign_keys; row->names && !found; row++)
    found = has_word(row->names, name) && means_size(row);
  if (!found) return IG_OK;
  return ig_yaml_fail(value, err,
                      "the model that model.init names has its own; beside init only dropout, "
                      "attention_dropout and activation_dropout can be set");
}

ig_status ig_train_keys_check(const ig_yaml_node *map, ig_train_part part, const ig_family *family,
                              ig_error *err) {
  if (!family) family = ig_family_list()[0];
  const key_list known = keys_of(part, family);
  for (size_t i = 0; map && map->kind == IG_YAML_MAP && i < map->count; i++) {
    const char *key = map->keys[i];
    if (lists_key(&known, key, strlen(key))) continue;
    // At the root a key of another part is meant as it stands; within a part, where other programs
    // use the name for something of this part, that is nearer.
    if (part == IG_TRAIN_PART_ROOT)
      IG_TRY(check_misplaced(map->children[i], key, part, family, err));
    if (part == IG_TRAIN_PART_INIT)
      IG_TRY(check_size_beside_init(map->children[i], key, family, err));
    IG_TRY(check_foreign(map->children[i], key, family, err));
    IG_TRY(check_misplaced(map->children[i], key, part, family, err));
  }
  return ig_yaml_check_keys(map, known.keys, known.count, err);
}
