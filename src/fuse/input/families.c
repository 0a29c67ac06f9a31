#include "fuse/input/families.h"

#include <string.h>

static const char *const t5_types[] = {"t5", "mt5", "umt5", "longt5", "switch_transformers", NULL};
static const char *const bart_types[] = {
    "bart", "mbart", "m2m_100", "pegasus", "blenderbot", "blenderbot-small", "plbart", "led", NULL};
static const char *const marian_types[] = {"marian", NULL};
static const char *const unknown_types[] = {NULL};

static const ig_fusion_family families[] = {
    {.types = t5_types, .shares_embedding = true, .bare_names = true, .ties_scale_logits = true},
    {.types = bart_types, .shares_embedding = true},
    {.types = marian_types, .sharing_key = "share_encoder_decoder_embeddings"},
    {.types = unknown_types},  // must be the last
};

const char *const ig_families_tokenizers =
    "vocab.json beside source.spm or of a WhitespaceTokenizer, tokenizer.json, or T5's "
    "spiece.model";

static bool has_type(const ig_fusion_family *family, const char *type) {
  for (size_t i = 0; type && family->types[i]; i++)
    if (strcmp(type, family->types[i]) == 0) return true;
  return false;
}

const ig_fusion_family *ig_families_find(const json_t *config) {
  const char *type = json_string_value(json_object_get(config, "model_type"));
  const size_t last = sizeof families / sizeof *families - 1;
  for (size_t i = 0; i < last; i++)
    if (has_type(&families[i], type)) return &families[i];
  return &families[last];
}

// T5 and its descendants keep the table of relative positions of a stack in its first layer.
bool ig_families_is_held_for_all(const char *tensor) {
  return strstr(tensor, "relative_attention_bias") != NULL;
}

// ---- transposed weights -----------------------------------------------------

bool ig_families_has_transposed(const json_t *config) {
  static const char *const types[] = {"gpt2", "openai-gpt", "imagegpt", "decision_transformer"};
  const char *type = json_string_value(json_object_get(config, "model_type"));
  for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
    if (strcmp(type, types[i]) == 0) return true;
  // A model of several parts has a configuration of each.
  const char *key;
  json_t *part;
  json_object_foreach((json_t *)config, key, part) {
    if (json_is_object(part) && json_object_get(part, "model_type") &&
        ig_families_has_transposed(part))
      return true;
  }
  return false;
}

bool ig_families_stores_transposed(const json_t *config, const char *tensor) {
  static const char *const ends[] = {".c_attn.weight", ".c_proj.weight", ".c_fc.weight",
                                     ".q_attn.weight"};
  const size_t length = strlen(tensor);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t end = strlen(ends[i]);
    if (length > end && strcmp(tensor + length - end, ends[i]) == 0)
      return ig_families_has_transposed(config);
  }
  return false;
}

// ---- levels in front --------------------------------------------------------

const char *ig_families_head_prefix(const json_t *config) {
  static const char *const prefixes[][2] = {{"gpt2", "transformer"},
                                            {"openai-gpt", "transformer"},
                                            {"bloom", "transformer"},
                                            {"falcon", "transformer"},
                                            {"gptj", "transformer"},
                                            {"gpt_neo", "transformer"},
                                            {"bert", "bert"},
                                            {"roberta", "roberta"},
                                            {"xlm-roberta", "roberta"},
                                            {"camembert", "roberta"},
                                            {"distilbert", "distilbert"},
                                            {"electra", "electra"},
                                            {"albert", "albert"},
                                            {"deberta", "deberta"},
                                            {"deberta-v2", "deberta"},
                                            {"gpt_neox", "gpt_neox"},
                                            {"opt", "model"},
                                            {"llama", "model"},
                                            {"mistral", "model"},
                                            {"qwen2", "model"},
                                            {"qwen3", "model"},
                                            {"bart", "model"},
                                            {"mbart", "model"},
                                            {"m2m_100", "model"},
                                            {"marian", "model"},
                                            {"pegasus", "model"}};
  const char *type = json_string_value(json_object_get(config, "model_type")),
             *architecture =
                 json_string_value(json_array_get(json_object_get(config, "architectures"), 0));
  const size_t length = architecture ? strlen(architecture) : 0;
  // "BertModel" is a base model, "GPT2LMHeadModel" and "OpenAIGPTLMHeadModel" are none.
  const bool has_head =
      length > 0 && (strstr(architecture, "Head") || strstr(architecture, "For") ||
                     strstr(architecture, "MTModel"));
  for (size_t i = 0; type && has_head && i < sizeof prefixes / sizeof *prefixes; i++)
    if (strcmp(type, prefixes[i][0]) == 0) return prefixes[i][1];
  return NULL;
}
