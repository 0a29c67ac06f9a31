#include "fuse/plan/layer_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- parts of a configuration -----------------------------------------------

enum { MOST_SECTIONS = 64, MOST_DEPTH = 3, MOST_PATH = 160 };

// An object of config.json: the whole, or "text_config", "thinker_config.text_config".
typedef struct config_section {
  json_t *object;
  char path[MOST_PATH];  // "" of the whole
  int score;             // how well it fits the stack; 0: it does not
} config_section;

typedef struct section_list {
  config_section items[MOST_SECTIONS];
  size_t count;
} section_list;

static void collect_sections(json_t *object, const char *path, int depth, section_list *list) {
  if (list->count == MOST_SECTIONS) return;
  config_section *added = &list->items[list->count++];
  *added = (config_section){.object = object};
  snprintf(added->path, sizeof added->path, "%s", path);
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    char below[MOST_PATH];
    const int length = snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", key);
    if (json_is_object(value) && depth < MOST_DEPTH && (size_t)length < sizeof below)
      collect_sections(value, below, depth + 1, list);
  }
}

// The object at a path of another model's configuration; NULL: it has none.
static const json_t *find_section(const json_t *config, const char *path) {
  while (config && *path) {
    char key[MOST_PATH];
    const size_t length = strcspn(path, ".");
    snprintf(key, sizeof key, "%.*s", (int)length, path);
    config = json_object_get(config, key);
    path += length + (path[length] == '.');
  }
  return config;
}

// ---- what tells the number of layers ----------------------------------------

// A stack of the plan beside that of the model whose configuration is changed.
typedef struct followed_stack {
  const ig_fusion_plan *plan;
  const ig_plan_stack *planned;
  const ig_layer_stack *donor;
  bool has_encoder;  // it is a decoder beside an encoder of the same kind
  bool is_alone;     // the model has no other stack
} followed_stack;

typedef struct count_key {
  const char *name;
  ig_layer_stack_role
      side;  // whose layers it counts; none: those of the only stack, or of the encoder
} count_key;

static const count_key count_keys[] = {
    {"num_hidden_layers", IG_LAYER_STACK_ROLE_NONE},
    {"n_layer", IG_LAYER_STACK_ROLE_NONE},
    {"n_layers", IG_LAYER_STACK_ROLE_NONE},
    {"num_layers", IG_LAYER_STACK_ROLE_NONE},
    {"layers", IG_LAYER_STACK_ROLE_NONE},
    {"depth", IG_LAYER_STACK_ROLE_NONE},
    {"num_blocks", IG_LAYER_STACK_ROLE_NONE},
    {"n_blocks", IG_LAYER_STACK_ROLE_NONE},
    {"encoder_layers", IG_LAYER_STACK_ROLE_ENCODER},
    {"num_encoder_layers", IG_LAYER_STACK_ROLE_ENCODER},
    {"encoder_num_hidden_layers", IG_LAYER_STACK_ROLE_ENCODER},
    {"decoder_layers", IG_LAYER_STACK_ROLE_DECODER},
    {"num_decoder_layers", IG_LAYER_STACK_ROLE_DECODER},
    {"decoder_num_hidden_layers", IG_LAYER_STACK_ROLE_DECODER},
};

bool ig_layer_config_is_count(const char *key) {
  for (size_t i = 0; i < COUNT(count_keys); i++)
    if (strcmp(key, count_keys[i].name) == 0) return true;
  return false;
}

static bool has_count(const config_section *section, const char *key, int layers) {
  const json_t *value = json_object_get(section->object, key);
  return json_is_integer(value) && json_integer_value(value) == layers;
}

static bool counts_decoder(const config_section *section, int layers) {
  for (size_t i = 0; i < COUNT(count_keys); i++)
    if (count_keys[i].side == IG_LAYER_STACK_ROLE_DECODER &&
        has_count(section, count_keys[i].name, layers))
      return true;
  return false;
}

static const char *last_part(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot ? dot + 1 : path;
}

// Whether the key, if the section has it, counts the layers of this stack.
static bool is_count_of(const followed_stack *f, const config_section *section,
                        const count_key *key) {
  if (key->side != IG_LAYER_STACK_ROLE_NONE) return key->side == f->donor->side;
  if (f->donor->side != IG_LAYER_STACK_ROLE_DECODER) return true;
  if (f->has_encoder &&
      ig_layer_stacks_role_of(last_part(section->path)) != IG_LAYER_STACK_ROLE_DECODER)
    return false;
  return !counts_decoder(section, f->donor->layers);
}

// How many words of the section's path the names of the stack's tensors have.
static int count_common_words(const char *path, const char *prefix) {
  int common = 0;
  while (*path) {
    const size_t length = strcspn(path, "._");
    char word[MOST_PATH];
    snprintf(word, sizeof word, "%.*s", (int)length, path);
    common += length > 2 && strcmp(word, "config") != 0 && strcmp(word, "model") != 0 &&
              strstr(prefix, word);
    path += length + (path[length] != '\0');
  }
  return common;
}

// 0: the section is about something else.
static int score_section(const followed_stack *f, const config_section *section) {
  const ig_layer_stack_role role = ig_layer_stacks_role_of(last_part(section->path)),
                            wanted = f->donor->role;
  if (!*section->path)
    return f->is_alone ||
           (wanted != IG_LAYER_STACK_ROLE_VISION && wanted != IG_LAYER_STACK_ROLE_AUDIO);
  const int words = 20 * count_common_words(section->path, f->donor->prefix);
  if (role == wanted && role != IG_LAYER_STACK_ROLE_NONE) return 10 + words;
  const bool is_language =
      wanted != IG_LAYER_STACK_ROLE_VISION && wanted != IG_LAYER_STACK_ROLE_AUDIO;
  if (role == IG_LAYER_STACK_ROLE_TEXT && is_language) return 5 + words;
  return role == IG_LAYER_STACK_ROLE_NONE && words ? 1 + words : 0;
}

static bool tells_count(const followed_stack *f, const config_section *section) {
  for (size_t i = 0; i < COUNT(count_keys); i++)
    if (is_count_of(f, section, &count_keys[i]) &&
        has_count(section, count_keys[i].name, f->donor->layers))
      return true;
  return false;
}

// transformers once wrote "text_config_dict" beside "text_config", with the same keys.
static bool is_copy(const config_section *section) {
  const size_t length = strlen(section->path), end = strlen("_dict");
  return length > end && strcmp(section->path + length - end, "_dict") == 0;
}

// Keeps the sections that tell the stack's number of layers: the one that fits best, and the whole
// configuration, if it says the same of a language model. The number of those that fit best; if it
// is not 1, it is not known which of them is meant.
static size_t choose_sections(const followed_stack *f, json_t *config, section_list *out) {
  collect_sections(config, "", 0, out);
  int best = 0;
  size_t of_best = 0;
  for (size_t i = 0; i < out->count; i++) {
    config_section *section = &out->items[i];
    section->score = tells_count(f, section) ? score_section(f, section) : 0;
    if (section->score > best) of_best = 0;
    if (section->score > best) best = section->score;
    of_best += section->score == best && best > 0 && !is_copy(section);
  }
  size_t kept = 0;
  for (size_t i = 0; i < out->count; i++)
    if (out->items[i].score > 0 && (out->items[i].score == best || !*out->items[i].path))
      out->items[kept++] = out->items[i];
  out->count = kept;
  return of_best;
}

// ---- what has an entry for each layer ---------------------------------------

typedef enum layer_value {
  LAYER_VALUE_NONE,
  LAYER_VALUE_LIST,     // an entry for each layer
  LAYER_VALUE_INDICES,  // the numbers of some layers, "mlp_only_layers"
  LAYER_VALUE_PATTERN,  // a letter for each layer, "hybrid_override_pattern"
  LAYER_VALUE_SPANS,    // [[[entries], times], …], "attention_types"
  LAYER_VALUE_UNKNOWN,  // a list that is as long as there are layers, and may be about them
} layer_value;

static bool has_any(const char *key, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strstr(key, words[i])) return true;
  return false;
}

// Increasing numbers of layers.
static bool are_indices(const json_t *list, int layers) {
  json_int_t before = -1;
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    if (!json_is_integer(entry) || json_integer_value(entry) <= before ||
        json_integer_value(entry) >= layers)
      return false;
    before = json_integer_value(entry);
  }
  return json_array_size(list) > 0;
}

// The entries of [[[entries], times], …] one after the other; NULL: it is not of that form.
static json_t *unfold_spans(const json_t *spans) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < json_array_size(spans); i++) {
    const json_t *span = json_array_get(spans, i), *entries = json_array_get(span, 0);
    const json_int_t times = json_integer_value(json_array_get(span, 1));
    for (json_int_t k = 0; k < times && k < 10000 && list; k++)
      if (!json_is_array(entries) || json_array_extend(list, (json_t *)entries)) {
        json_decref(list);
        list = NULL;
      }
  }
  return list;
}

static bool are_spans(const json_t *value, int layers) {
  json_t *list = unfold_spans(value);
  const bool fits = list && json_array_size(list) == (size_t)layers;
  json_decref(list);
  return fits;
}

// In a model with encoder and decoder a list is the decoder's if its key says so.
static bool is_of_side(const followed_stack *f, const config_section *section, const char *key) {
  if (*section->path || f->is_alone) return true;
  if (f->donor->side == IG_LAYER_STACK_ROLE_DECODER)
    return !f->has_encoder || strstr(key, "decoder");
  return !strstr(key, "decoder");
}

// Whether a list of this name has an entry for each layer, or each stage, as in configurations of
// transformers and of models that bring their own code. A name that some models give one number,
// and others a list (intermediate_size), is in it, too.
static bool is_list_of_layers(const char *key) {
  static const char *const names[] = {"layer_types",
                                      "mlp_layer_types",
                                      "decoder_layer_types",
                                      "encoder_layer_types",
                                      "layers_block_type",
                                      "block_types",
                                      "block_configs",
                                      "attention_layers",
                                      "attn_type_list",
                                      "hybrid_layer_pattern",
                                      "sliding_window_pattern",
                                      "sliding_windows",
                                      "attention_window",
                                      "no_rope_layers",
                                      "layer_rope_theta",
                                      "indexer_types",
                                      "kv_sharing_modes",
                                      "kv_source_layer",
                                      "layer_norm_scales",
                                      "activation_sparsity_pattern",
                                      "intermediate_size",
                                      "intermediate_sizes",
                                      "ffn_multipliers",
                                      "head_dims",
                                      "num_attention_heads",
                                      "num_key_value_heads",
                                      "num_query_heads",
                                      "num_kv_heads",
                                      "num_heads",
                                      "num_experts",
                                      "layers_num_experts",
                                      "num_experts_per_tok",
                                      "num_shared_expert",
                                      "moe_intermediate_size",
                                      "moe_topk",
                                      "moe_layer_freq",
                                      "swiglu_limits",
                                      "swiglu_limits_shared",
                                      "use_mem",
                                      "depths"};
  for (size_t i = 0; i < COUNT(names); i++)
    if (strcmp(key, names[i]) == 0) return true;
  return strstr(key, "_per_layer") || strstr(key, "per_layer_");
}

// Whether a list of this name has nothing to do with layers, whatever its length.
static bool is_unrelated(const char *key) {
  static const char *const words[] = {
      "architectures", "token",        "image_",   "mean",      "_std",
      "patch",         "conv",         "kernel",   "stride",    "label",
      "out_features",  "out_ind",      "bos_",     "eos_",      "keys_to_ignore",
      "mrope_section", "pos_att_type", "language", "quantiles", "resolution"};
  return has_any(key, words, COUNT(words));
}

// Of lists: keys of hidden states ("vision_feature_layer") count them from the embeddings on, and
// are no numbers of layers.
static layer_value kind_of_list(const char *key, const json_t *value, int layers) {
  static const char *const of_layers[] = {"layer", "block", "_ind", "idx"};
  if (strcmp(key, "attention_types") == 0 && are_spans(value, layers)) return LAYER_VALUE_SPANS;
  if (is_list_of_layers(key) && json_array_size(value) == (size_t)layers) return LAYER_VALUE_LIST;
  if (has_any(key, of_layers, COUNT(of_layers)) && !strstr(key, "feature") &&
      are_indices(value, layers))
    return LAYER_VALUE_INDICES;
  return json_array_size(value) == (size_t)layers ? LAYER_VALUE_UNKNOWN : LAYER_VALUE_NONE;
}

static layer_value kind_of(const char *key, const json_t *value, int layers) {
  if (json_is_string(value))
    return strstr(key, "pattern") && json_string_length(value) == (size_t)layers
               ? LAYER_VALUE_PATTERN
               : LAYER_VALUE_NONE;
  if (!json_is_array(value) || is_unrelated(key)) return LAYER_VALUE_NONE;
  return kind_of_list(key, value, layers);
}

static bool is_followed(layer_value kind) {
  return kind != LAYER_VALUE_NONE && kind != LAYER_VALUE_UNKNOWN;
}

// A value for each layer of a model, as a list; a new reference. NULL: the model has no such value.
static json_t *values_of_layers(layer_value kind, const json_t *value, int layers) {
  if (kind == LAYER_VALUE_LIST && json_array_size(value) == (size_t)layers)
    return json_incref((json_t *)value);
  if (kind == LAYER_VALUE_SPANS && are_spans(value, layers)) return unfold_spans(value);
  const bool is_pattern = kind == LAYER_VALUE_PATTERN && json_is_string(value) &&
                          json_string_length(value) == (size_t)layers;
  if (!is_pattern && (kind != LAYER_VALUE_INDICES || !json_is_array(value))) return NULL;
  json_t *list = json_array();
  for (int layer = 0; list && layer < layers; layer++) {
    bool is_listed = false;
    for (size_t i = 0; i < json_array_size(value) && !is_listed; i++)
      is_listed = json_integer_value(json_array_get(value, i)) == layer;
    json_t *entry =
        is_pattern ? json_stringn(json_string_value(value) + layer, 1) : json_boolean(is_listed);
    if (!json_array_append_new(list, entry)) continue;
    json_decref(list);
    list = NULL;
  }
  return list;
}

// The other way round. Takes the reference.
static json_t *value_of_list(layer_value kind, json_t *list) {
  json_t *value = NULL;
  if (kind == LAYER_VALUE_LIST || !list) return list;
  if (kind == LAYER_VALUE_SPANS) {
    value = json_pack("[[O, i]]", list, 1);
  } else if (kind == LAYER_VALUE_INDICES) {
    value = json_array();
    for (size_t i = 0; value && i < json_array_size(list); i++)
      if (json_is_true(json_array_get(list, i)))
        json_array_append_new(value, json_integer((json_int_t)i));
  } else {
    const size_t size = json_array_size(list);
    char *text = ig_allocate(size + 1, 1, NULL);
    for (size_t i = 0; text && i < size; i++) text[i] = *json_string_value(json_array_get(list, i));
    value = text ? json_stringn(text, size) : NULL;
    free(text);
  }
  json_decref(list);
  return value;
}

static const ig_fuse_model *source_of(const followed_stack *f, int layer) {
  return &f->plan->models.model[f->planned->from[layer].model];
}

// The value of `key` for the output's layers; a new reference. NULL: a model has no entry for one
// of its layers, *lacking, or memory is out.
static json_t *follow_value(const followed_stack *f, const char *path, const char *key,
                            layer_value kind, const ig_fuse_model **lacking) {
  json_t *list = json_array();
  *lacking = NULL;
  for (int i = 0; list && i < f->planned->layers; i++) {
    const ig_fuse_model *m = source_of(f, i);
    const ig_layer_stack *stack =
        ig_layer_stacks_get(&m->stacks, f->planned->prefix, strlen(f->planned->prefix));
    const json_t *value = json_object_get(find_section(m->config, path), key);
    json_t *entries = stack ? values_of_layers(kind, value, stack->layers) : NULL;
    json_t *entry = json_array_get(entries, (size_t)f->planned->from[i].layer);
    if (!entry) *lacking = m;
    if (!entry || json_array_append(list, entry)) {
      json_decref(list);
      list = NULL;
    }
    json_decref(entries);
  }
  return value_of_list(kind, list);
}

// ---- the stacks of a plan ---------------------------------------------------

// Whether one is the encoder whose output the other, a decoder, reads: of the same part of the
// model.
static bool are_pair(const ig_layer_stack *encoder, const ig_layer_stack *decoder) {
  if (encoder->side != IG_LAYER_STACK_ROLE_ENCODER || decoder->side != IG_LAYER_STACK_ROLE_DECODER)
    return false;
  return encoder->role == decoder->role || (encoder->role == IG_LAYER_STACK_ROLE_ENCODER &&
                                            decoder->role == IG_LAYER_STACK_ROLE_DECODER);
}

// false: the donor has no such stack.
static bool begin_following(const ig_fusion_plan *plan, const ig_plan_stack *planned,
                            followed_stack *out) {
  const ig_layer_stacks *stacks = &ig_fusion_plan_donor(plan)->stacks;
  *out = (followed_stack){
      .plan = plan,
      .planned = planned,
      .donor = ig_layer_stacks_get(stacks, planned->prefix, strlen(planned->prefix)),
      .is_alone = stacks->count == 1};
  for (size_t i = 0; out->donor && i < stacks->count; i++)
    out->has_encoder = out->has_encoder || are_pair(&stacks->items[i], out->donor);
  return out->donor != NULL;
}

// Whether layer i of the output is layer i of a model, for all of the donor's layers.
static bool keeps_numbers(const followed_stack *f) {
  bool kept = f->planned->layers == f->donor->layers;
  for (int i = 0; kept && i < f->planned->layers; i++) kept = f->planned->from[i].layer == i;
  return kept;
}

static int layers_in_plan(const ig_fusion_plan *plan, const ig_layer_stack *stack) {
  for (size_t i = 0; i < plan->stack_count; i++)
    if (strcmp(plan->stacks[i].prefix, stack->prefix) == 0) return plan->stacks[i].layers;
  return stack->layers;
}

// The decoder of the donor, if its number of layers is not written down because it is the
// encoder's, which "num_layers" tells; else NULL.
static const ig_layer_stack *find_implied_decoder(const ig_fusion_plan *plan,
                                                  const json_t *config) {
  const ig_layer_stacks *stacks = &ig_fusion_plan_donor(plan)->stacks;
  const ig_layer_stack *encoder = NULL, *decoder = NULL;
  for (size_t i = 0; i < stacks->count; i++) {
    if (stacks->items[i].role == IG_LAYER_STACK_ROLE_ENCODER) encoder = &stacks->items[i];
    if (stacks->items[i].role == IG_LAYER_STACK_ROLE_DECODER) decoder = &stacks->items[i];
  }
  const json_t *layers = json_object_get(config, "num_layers");
  if (!encoder || !decoder || stacks->count != 2 || !json_is_integer(layers) ||
      json_integer_value(layers) != decoder->layers)
    return NULL;
  return json_is_integer(json_object_get(config, "num_decoder_layers")) ||
                 json_object_get(config, "decoder_layers")
             ? NULL
             : decoder;
}

// ---- checking ---------------------------------------------------------------

// Notes keys that count layers from the first one on, which nothing says how to follow.
static ig_status note_positions(ig_fusion_plan *plan, const config_section *section,
                                ig_error *err) {
  static const char *const words[] = {
      "first_k_dense",         "max_window_layers", "_every_n",        "layer_freq",
      "sparse_step",           "layer_period",      "layer_offset",    "_interval",
      "num_kv_shared_layers",  "num_dense_layers",  "moe_layer_start", "layer_step",
      "sliding_window_pattern"};
  const char *key;
  json_t *value;
  json_object_foreach(section->object, key, value) {
    if (!json_is_integer(value) || json_integer_value(value) == 0 ||
        !has_any(key, words, COUNT(words)))
      continue;
    IG_TRY(ig_problems_add(&plan->notes, NULL, err,
                           "config.json: %s%s%s counts layers and stays %d, but the output has "
                           "other layers in these places: see whether it still fits",
                           section->path, *section->path ? "." : "", key,
                           (int)json_integer_value(value)));
  }
  return IG_OK;
}

// Notes a list that may have an entry for each layer. One layer has a list of one by chance.
static ig_status note_unknown_list(ig_fusion_plan *plan, const followed_stack *f,
                                   const config_section *section, const char *key, ig_error *err) {
  if (keeps_numbers(f) || f->donor->layers < 2) return IG_OK;
  return ig_problems_add(&plan->notes, NULL, err,
                         "config.json: %s%s%s is a list of %d, as many as the layers of %s, but it "
                         "is not known whether it is about layers: it stays as it is, see whether "
                         "it fits the output's %d layers",
                         section->path, *section->path ? "." : "", key, f->donor->layers,
                         f->planned->prefix, f->planned->layers);
}

static ig_status check_section(ig_fusion_plan *plan, const followed_stack *f,
                               const config_section *section, ig_error *err) {
  const char *key;
  json_t *value;
  json_object_foreach(section->object, key, value) {
    const layer_value kind = kind_of(key, value, f->donor->layers);
    const ig_fuse_model *lacking;
    if (kind == LAYER_VALUE_UNKNOWN && is_of_side(f, section, key))
      IG_TRY(note_unknown_list(plan, f, section, key, err));
    if (!is_followed(kind) || !is_of_side(f, section, key)) continue;
    json_t *followed = follow_value(f, section->path, key, kind, &lacking);
    if (!followed && !lacking) return ig_fail_memory(err);
    json_decref(followed);
    if (lacking)
      IG_TRY(ig_problems_add(&plan->problems, NULL, err,
                             "config.json: %s%s%s has an entry for each layer in %s, but none for "
                             "those of %s",
                             section->path, *section->path ? "." : "", key,
                             ig_fusion_plan_donor(plan)->reference, lacking->reference));
  }
  return keeps_numbers(f) ? IG_OK : note_positions(plan, section, err);
}

// Whether the first `count` layers of the output are those of a model, in their places.
static bool keeps_first(const followed_stack *f, json_int_t count) {
  bool kept = count <= f->planned->layers;
  for (int i = 0; kept && i < count; i++) kept = f->planned->from[i].layer == i;
  return kept;
}

// Notes numbers of a tower's hidden states that the language model reads and that the output's
// tower lacks, or that mean other layers there. State 0 comes before the layers; negative numbers
// count from the last one.
static ig_status note_features(ig_fusion_plan *plan, const followed_stack *f, ig_error *err) {
  static const char *const keys[] = {"vision_feature_layer", "vision_feature_layers",
                                     "mm_vision_select_layer", "select_layer"};
  const json_t *config = ig_fusion_plan_donor(plan)->config;
  if (f->donor->role != IG_LAYER_STACK_ROLE_VISION || keeps_numbers(f)) return IG_OK;
  for (size_t k = 0; k < COUNT(keys); k++) {
    const json_t *value = json_object_get(config, keys[k]);
    const size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) {
      const json_t *number = json_is_array(value) ? json_array_get(value, i) : value;
      const json_int_t state = json_integer_value(number), layers = f->planned->layers;
      if (!json_is_integer(number) || (state < 0 && state >= -layers - 1) ||
          (state >= 0 && keeps_first(f, state)))
        continue;
      IG_TRY(state > layers || state < 0
                 ? ig_problems_add(&plan->notes, NULL, err,
                                   "config.json: %s asks for the output of layer %d of %s, but "
                                   "the output has %d layers there: it cannot run before this is "
                                   "changed",
                                   keys[k], (int)state, f->planned->prefix, (int)layers)
                 : ig_problems_add(&plan->notes, NULL, err,
                                   "config.json: %s counts layers of %s and stays %d, but the "
                                   "output has other layers in these places: see whether it "
                                   "still fits",
                                   keys[k], f->planned->prefix, (int)state));
    }
  }
  return IG_OK;
}

// Writes "num_hidden_layers 61, text_config.n_layer 3" of all counts of layers that the
// configuration has.
static void list_counts(const section_list *sections, char *text, size_t size) {
  text[0] = '\0';
  for (size_t i = 0; i < sections->count; i++)
    for (size_t k = 0; k < COUNT(count_keys); k++) {
      const config_section *section = &sections->items[i];
      const json_t *value = json_object_get(section->object, count_keys[k].name);
      const size_t used = strlen(text);
      if (json_is_integer(value))
        snprintf(text + used, size - used, "%s%s%s%s %d", used ? ", " : "", section->path,
                 *section->path ? "." : "", count_keys[k].name, (int)json_integer_value(value));
    }
}

// The number of layers changes, and no key was found for it.
static ig_status tell_unknown_count(ig_fusion_plan *plan, const followed_stack *f, size_t found,
                                    ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  section_list all = {.count = 0};
  char counts[512];
  collect_sections(donor->config, "", 0, &all);
  list_counts(&all, counts, sizeof counts);
  if (!*counts)
    return ig_problems_add(&plan->notes, NULL, err,
                           "config.json of %s tells no number of layers: the output has %d in %s "
                           "instead of %d, and its config.json stays",
                           donor->reference, f->planned->layers, f->planned->prefix,
                           f->donor->layers);
  return ig_problems_add(&plan->problems, NULL, err,
                         "config.json of %s: %s tell%s that %s has %d layers (found: %s), so it "
                         "cannot be made to tell the output's %d",
                         donor->reference, found ? "several keys" : "no key", found ? "" : "s",
                         f->planned->prefix, f->donor->layers, counts, f->planned->layers);
}

static ig_status check_stack(ig_fusion_plan *plan, const ig_plan_stack *planned, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  followed_stack f;
  if (!begin_following(plan, planned, &f))
    return ig_problems_add(&plan->notes, NULL, err,
                           "config.json comes from %s, which has no layers %s: it may not fit",
                           donor->reference, planned->prefix);
  IG_TRY(note_features(plan, &f, err));
  section_list sections = {.count = 0};
  const size_t found = choose_sections(&f, donor->config, &sections);
  if (found != 1) {
    if (planned->layers == f.donor->layers || find_implied_decoder(plan, donor->config) == f.donor)
      return IG_OK;
    return tell_unknown_count(plan, &f, found, err);
  }
  for (size_t i = 0; i < sections.count; i++)
    IG_TRY(check_section(plan, &f, &sections.items[i], err));
  return IG_OK;
}

// ---- stacks that no slice names ---------------------------------------------

// The stack of a tensor of the output, where it has layers that the donor lacks. NULL: it has none.
static ig_status extend_stack(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const ig_tensor_place place = ig_tensor_place_of(t->name);
  if (place.layer < 0) return IG_OK;
  const ig_layer_stack *known =
      ig_layer_stacks_get(&ig_fusion_plan_donor(plan)->stacks, t->name, place.layer_at - 1);
  if (known && place.layer < known->layers) return IG_OK;
  ig_plan_stack *stack;
  IG_TRY(ig_fusion_plan_find_stack(plan, t->name, place.layer_at - 1, &stack, err));
  const size_t donor = (size_t)(ig_fusion_plan_donor(plan) - plan->models.model);
  while (stack->layers <= place.layer) {
    const bool is_donors = known && stack->layers < known->layers;
    const ig_plan_layer from = {.model = is_donors ? donor : t->input[0].model,
                                .layer = stack->layers};
    IG_TRY(ig_fusion_plan_add_layer(stack, &from, err));
  }
  return IG_OK;
}

ig_status ig_layer_config_check(ig_fusion_plan *plan, ig_error *err) {
  const size_t of_slices = plan->stack_count;
  for (size_t i = 0; i < plan->count; i++) {
    bool is_sliced = false;
    const ig_tensor_place place = ig_tensor_place_of(plan->tensors[i].name);
    for (size_t k = 0; place.layer >= 0 && k < of_slices && !is_sliced; k++)
      is_sliced = strlen(plan->stacks[k].prefix) == place.layer_at - 1 &&
                  strncmp(plan->stacks[k].prefix, plan->tensors[i].name, place.layer_at - 1) == 0;
    if (!is_sliced) IG_TRY(extend_stack(plan, &plan->tensors[i], err));
  }
  for (size_t i = 0; i < plan->stack_count; i++) IG_TRY(check_stack(plan, &plan->stacks[i], err));
  return IG_OK;
}

// ---- setting ----------------------------------------------------------------

static bool set_lists(const followed_stack *f, const config_section *section) {
  const char *key;
  json_t *value;
  void *next;
  json_object_foreach_safe(section->object, next, key, value) {
    const layer_value kind = kind_of(key, value, f->donor->layers);
    const ig_fuse_model *lacking;
    if (!is_followed(kind) || !is_of_side(f, section, key)) continue;
    json_t *followed = follow_value(f, section->path, key, kind, &lacking);
    if (!followed || json_object_set_new(section->object, key, followed)) return false;
  }
  return true;
}

static bool set_counts(const followed_stack *f, const config_section *section) {
  bool mine[COUNT(count_keys)];
  for (size_t i = 0; i < COUNT(count_keys); i++)
    mine[i] = is_count_of(f, section, &count_keys[i]) &&
              has_count(section, count_keys[i].name, f->donor->layers);
  for (size_t i = 0; i < COUNT(count_keys); i++)
    if (mine[i] &&
        json_object_set_new(section->object, count_keys[i].name, json_integer(f->planned->layers)))
      return false;
  return true;
}

bool ig_layer_config_set(const ig_fusion_plan *plan, json_t *config) {
  const ig_layer_stack *implied = find_implied_decoder(plan, config);
  section_list *sections = ig_allocate(plan->stack_count + 1, sizeof *sections, NULL);
  followed_stack *stacks = ig_allocate(plan->stack_count + 1, sizeof *stacks, NULL);
  bool fine = sections && stacks;
  // All stacks are looked up before anything changes: equal numbers would be taken for another's.
  for (size_t i = 0; fine && i < plan->stack_count; i++)
    if (begin_following(plan, &plan->stacks[i], &stacks[i]) &&
        choose_sections(&stacks[i], config, &sections[i]) != 1)
      sections[i].count = 0;
  for (size_t i = 0; fine && i < plan->stack_count; i++)
    for (size_t k = 0; fine && k < sections[i].count; k++)
      fine = set_lists(&stacks[i], &sections[i].items[k]) &&
             set_counts(&stacks[i], &sections[i].items[k]);
  if (fine && implied && plan->stack_count)
    fine = json_object_set_new(config, "num_decoder_layers",
                               json_integer(layers_in_plan(plan, implied))) == 0;
  free(sections);
  free(stacks);
  return fine;
}
