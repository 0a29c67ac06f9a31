#include "fuse/input/families.h"

#include <string.h>

static const char *const t5_types[] = {"t5", "mt5", "umt5", "longt5", "switch_transformers", NULL};
static const char *const bart_types[] = {
    "bart", "mbart", "m2m_100", "pegasus", "blenderbot", "blenderbot-small", "plbart", "led", NULL};
static const char *const marian_types[] = {"marian", "marian_ssru", NULL};
static const char *const unknown_types[] = {NULL};

static const ig_fusion_family families[] = {
    {.types = t5_types, .shares_embedding = true, .bare_names = true, .ties_scale_logits = true},
    {.types = bart_types, .shares_embedding = true},
    {.types = marian_types, .sharing_key = "share_encoder_decoder_embeddings"},
    {.types = unknown_types},  // must be the last
};

const char *const ig_families_tokenizers =
    "vocab.json beside source.spm or of a WhitespaceTokenizer, tokenizer.json, T5's "
    "spiece.model, or vocab.txt without added_tokens.json";

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
                                            {"marian_ssru", "model"},
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

// ---- names that transformers changes ----------------------------------------

// Layers that transformers 5 (conversion_mapping.py) loads under other names than checkpoints have:
// those of the types whose names contain one of the parts or begin with one of the beginnings.
typedef struct renamed_layers {
  const char *const *types, *const *parts, *const *beginnings;  // each up to NULL
} renamed_layers;

static const char *const none[] = {NULL};
static const char *const vision_types[] = {"vit",   "vit_mae", "vit_msn",
                                           "deit",  "beit",    "ijepa",
                                           "vivit", "pixio",   "audio-spectrogram-transformer",
                                           NULL};
static const char *const vision_parts[] = {".encoder.layer.", NULL};
static const char *const window_types[] = {"swin",    "dinov2",    "dinov2_with_registers",
                                           "lw_detr", "segformer", NULL};
static const char *const window_parts[] = {
    ".attention.attention.", ".attention.self.", ".attention.output.", ".intermediate.dense.",
    ".output.dense.",        ".weights_in.",     ".weights_out.",      NULL};
static const char *const detection_types[] = {
    "detr",       "conditional_detr", "deformable_detr", "rt_detr",
    "rt_detr_v2", "d_fine",           "maskformer",      NULL};
static const char *const detection_parts[] = {".out_proj.", ".fc1.", ".fc2.", NULL};
static const char *const tower_types[] = {
    "llava",          "llava_next", "llava_next_video", "llava_onevision", "video_llava",
    "vipllava",       "aria",       "paligemma",        "aya_vision",      "got_ocr2",
    "gemma3",         "internvl",   "mistral3",         "pp_chart2table",  "fuyu",
    "mllama",         "emu3",       "qwen2_audio",      "voxtral",         "voxtral_realtime",
    "audioflamingo3", "glmasr",     "musicflamingo",    "granite_speech",  "granite_speech_plus",
    "vibevoice_asr",  NULL};
static const char *const tower_beginnings[] = {"language_model.",
                                               "text_model.",
                                               "vision_tower.",
                                               "vision_model.",
                                               "image_tower.",
                                               "video_tower.",
                                               "audio_tower.",
                                               "multi_modal_projector.",
                                               "encoder.",
                                               "projector.",
                                               NULL};
static const char *const visual_types[] = {"qwen2_vl", "qwen2_5_vl", "qwen2_5_omni_thinker",
                                           "paddleocr_vl", NULL};
static const char *const visual_beginnings[] = {"visual.",  "audio_tower.", "model.layers.",
                                                "thinker.", "mlp_AR.",      NULL};
static const char *const fused_types[] = {"nomic_bert", "jina_embeddings_v3", "gte", "radio", NULL};
static const char *const fused_parts[] = {"encoder.layer", ".blocks.", NULL};

static const renamed_layers renamed[] = {
    {vision_types, vision_parts, none},       {window_types, window_parts, none},
    {detection_types, detection_parts, none}, {tower_types, none, tower_beginnings},
    {visual_types, none, visual_beginnings},  {fused_types, fused_parts, none},
};

static bool is_among(const char *text, const char *const *words) {
  for (size_t i = 0; text && words[i]; i++)
    if (strcmp(text, words[i]) == 0) return true;
  return false;
}

static bool is_renamed(const char *type, const char *tensor) {
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
    const renamed_layers *r = &renamed[i];
    if (!is_among(type, r->types)) continue;
    for (size_t k = 0; r->parts[k]; k++)
      if (strstr(tensor, r->parts[k])) return true;
    for (size_t k = 0; r->beginnings[k]; k++)
      if (strncmp(tensor, r->beginnings[k], strlen(r->beginnings[k])) == 0) return true;
  }
  return false;
}

ig_peft_opening ig_families_peft_opening(const json_t *config, const char *tensor) {
  static const char *const state_space_types[] = {"mamba",     "mamba2",     "falcon_mamba",
                                                  "falcon_h1", "nemotron_h", NULL};
  const char *type = json_string_value(json_object_get(config, "model_type")),
             *experts = strstr(tensor, ".experts.");
  if (is_among(type, state_space_types) &&
      (strstr(tensor, ".out_proj.") || strstr(tensor, ".conv1d.")))
    return IG_PEFT_OPENING_REFUSES;
  if (is_renamed(type, tensor)) return IG_PEFT_OPENING_IGNORES;
  const bool is_numbered = experts && experts[9] >= '0' && experts[9] <= '9';
  return is_numbered || strstr(tensor, ".block_sparse_moe.") ? IG_PEFT_OPENING_MERGES
                                                             : IG_PEFT_OPENING_ADDS;
}
