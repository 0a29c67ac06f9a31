#include "fuse/preview/config_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "fuse/plan/layer_config.h"
#include "io/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_NOTES = 10, MOST_DEPTH = 4, MOST_PATH = 160, MOST_VALUE = 60 };

typedef struct config_comparison {
  const ig_fuse_model *donor, *other;
  const char *const *problems;  // (problem_count)
  size_t problem_count;
  bool is_matched;  // rows are matched by piece: sizes of vocabularies may differ
  size_t *found;    // differences, of all models
  ig_problems *notes;
} config_comparison;

static bool has_any(const char *key, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strstr(key, words[i])) return true;
  return false;
}

// What tells nothing of how the output computes: names, versions, training, types of numbers, which
// the output has of its own, numbers of layers, which follow (fuse/plan/layer_config.h), and ties,
// which are checked (fuse/input/ties.h).
static bool is_without_meaning(const config_comparison *c, const char *path, const char *key) {
  static const char *const words[] = {"_name_or_path",
                                      "transformers_version",
                                      "dtype",
                                      "dropout",
                                      "drop_path",
                                      "layerdrop",
                                      "_pdrop",
                                      "gradient_checkpointing",
                                      "_attn_impl",
                                      "_commit_hash",
                                      "initializer",
                                      "init_std",
                                      "use_cache",
                                      "tie_",
                                      "scale_decoder_outputs",
                                      "return_dict",
                                      "output_attentions",
                                      "output_hidden_states",
                                      "task_specific",
                                      "auto_map",
                                      "label_smoothing",
                                      "unsloth",
                                      "_flash_attn"};
  // The output's are found by piece (fuse/plan/special_ids.h).
  static const char *const of_pieces[] = {"vocab_size", "token_id", "bad_words_ids",
                                          "suppress_tokens"};
  if (has_any(key, words, COUNT(words)) || ig_layer_config_is_count(key)) return true;
  if (c->is_matched && has_any(key, of_pieces, COUNT(of_pieces))) return true;
  for (size_t i = 0; !*path && i < c->problem_count; i++)
    if (strcmp(key, c->problems[i]) == 0) return true;
  return false;
}

// A key that one model alone has tells something if its name says that it changes what is computed.
// Others came with a version of transformers, and have their default.
static bool is_telling(const char *key) {
  static const char *const words[] = {"rope",         "eps",      "scaling",    "logit_scale",
                                      "softcap",      "window",   "multiplier", "heads",
                                      "head_dim",     "_act",     "alibi",      "rotary",
                                      "position_emb", "partial_", "qk_norm",    "layer_types"};
  return has_any(key, words, COUNT(words));
}

static bool is_null(const json_t *value) { return !value || json_is_null(value); }

// 1 and 1.0 are the same.
static bool are_equal(const json_t *a, const json_t *b) {
  if (json_is_number(a) && json_is_number(b)) return json_number_value(a) == json_number_value(b);
  return (is_null(a) && is_null(b)) || json_equal((json_t *)a, (json_t *)b);
}

static ig_status write_value(const json_t *value, char text[MOST_VALUE], ig_error *err) {
  if (!value) {
    snprintf(text, MOST_VALUE, "missing");
    return IG_OK;
  }
  char *whole = ig_json_text(value, JSON_ENCODE_ANY | JSON_COMPACT);
  if (!whole) return ig_fail_memory(err);
  const bool fits = strlen(whole) < MOST_VALUE;
  snprintf(text, MOST_VALUE, fits ? "%.*s" : "%.*s…", MOST_VALUE - 8, whole);
  if (fits) snprintf(text, MOST_VALUE, "%s", whole);
  free(whole);
  return IG_OK;
}

static ig_status note_difference(const config_comparison *c, const char *path, const json_t *a,
                                 const json_t *b, ig_error *err) {
  char first[MOST_VALUE], second[MOST_VALUE];
  if (++*c->found > MOST_NOTES) return IG_OK;
  IG_TRY(write_value(a, first, err));
  IG_TRY(write_value(b, second, err));
  return ig_problems_add(c->notes, NULL, err,
                         "config.json: %s is %s in %s, but %s in %s; the output has the first",
                         path, first, c->donor->reference, second, c->other->reference);
}

static ig_status compare_objects(const config_comparison *c, const json_t *a, const json_t *b,
                                 const char *path, int depth, ig_error *err);

static ig_status compare_key(const config_comparison *c, const json_t *a, const json_t *b,
                             const char *path, int depth, ig_error *err) {
  const char *dot = strrchr(path, '.');
  if (are_equal(a, b)) return IG_OK;
  if (json_is_object(a) && json_is_object(b) && depth < MOST_DEPTH)
    return compare_objects(c, a, b, path, depth + 1, err);
  if ((is_null(a) || is_null(b)) && !is_telling(dot ? dot + 1 : path)) return IG_OK;
  return note_difference(c, path, a, b, err);
}

static ig_status compare_objects(const config_comparison *c, const json_t *a, const json_t *b,
                                 const char *path, int depth, ig_error *err) {
  const json_t *const sides[] = {a, b};
  for (int side = 0; side < 2; side++) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)sides[side], key, value) {
      char below[MOST_PATH];
      if (is_without_meaning(c, path, key) || (side == 1 && json_object_get(a, key))) continue;
      snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", key);
      IG_TRY(compare_key(c, json_object_get(a, key), json_object_get(b, key), below, depth, err));
    }
  }
  return IG_OK;
}

ig_status ig_config_notes_add(const ig_fusion_plan *plan, const char *const *problems, size_t count,
                              ig_problems *notes, ig_error *err) {
  size_t found = 0;
  config_comparison c = {.donor = ig_fusion_plan_donor(plan),
                         .problems = problems,
                         .problem_count = count,
                         .is_matched = plan->alignment != NULL || plan->unmatched,
                         .found = &found,
                         .notes = notes};
  for (size_t i = 0; i < plan->models.count; i++) {
    c.other = &plan->models.model[i];
    if (c.other != c.donor && c.other->config)
      IG_TRY(compare_objects(&c, c.donor->config, c.other->config, "", 0, err));
  }
  if (found <= MOST_NOTES) return IG_OK;
  return ig_problems_add(notes, NULL, err, "config.json: %zu more keys differ between the models",
                         found - MOST_NOTES);
}
