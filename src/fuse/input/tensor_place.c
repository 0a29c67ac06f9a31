#include "fuse/input/tensor_place.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ig_tensor_place_parts = "encoder, decoder, cross_attention, embeddings, head";

// Whether `word` is a whole part of the dotted name.
static bool has_part(const char *name, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = strstr(name, word); at; at = strstr(at + 1, word))
    if ((at == name || at[-1] == '.') && (at[length] == '.' || at[length] == '\0')) return true;
  return false;
}

static bool contains_any(const char *name, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strstr(name, words[i])) return true;
  return false;
}
#define CONTAINS_ANY(name, words) contains_any(name, words, sizeof(words) / sizeof *(words))

// Finds the number of the layer: the first one that follows a word for a list of layers. In T5's
// "block.0.layer.1" that is the block's.
static void find_layer(const char *name, ig_tensor_place *place) {
  static const char *const lists[] = {"layers",         "layer",     "block",
                                      "blocks",         "h",         "encoder_layers",
                                      "decoder_layers", "resblocks", "layer_list"};
  for (const char *part = name; part;) {
    const char *end = strchr(part, '.');
    if (!end) return;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
      if ((size_t)(end - part) == strlen(lists[i]) &&
          strncmp(part, lists[i], (size_t)(end - part)) == 0) {
        const size_t digits = strspn(end + 1, "0123456789");
        if (digits == 0 || digits > 6 || end[1 + digits] != '.') continue;
        place->layer = atoi(end + 1);
        place->layer_at = (size_t)(end + 1 - name);
        place->layer_digits = digits;
        return;
      }
    part = end + 1;
  }
}

// Whether a tensor beside the layers comes after them: the last norm, and whatever turns the last
// layer's output into the model's. A norm is a stack's last one unless its name says that it comes
// before the layers.
static bool comes_last(const char *name) {
  static const char *const last[] = {"pooler",          "project_out",
                                     "ln_f.",           "ln_post",
                                     "norm_f",          "cls.",
                                     "pre_classifier",  "vocab_transform",
                                     "embed_out",       "visual_projection",
                                     "text_projection", "output_layer"};
  static const char *const first[] = {"embed",     "emb_",   "pre_",   "ln_pre",
                                      "norm_pre",  "patch",  "conv",   "feature",
                                      "projector", "merger", "adapter"};
  if (CONTAINS_ANY(name, last)) return true;
  return !CONTAINS_ANY(name, first) && (strstr(name, "norm") || strstr(name, "Norm"));
}

ig_tensor_place ig_tensor_place_of(const char *name) {
  static const char *const cross[] = {"encoder_attn", "EncDecAttention", "crossattention",
                                      "cross_attn", "multihead_attn"};
  static const char *const embeddings[] = {"embed_tokens", "embed_positions", "shared.",
                                           "embeddings.",  "_embedding.",     "embedding."};
  static const char *const heads[] = {"lm_head",    "final_logits_bias", "qa_outputs",
                                      "classifier", "output_projection", "embed_out",
                                      "proj_out",   "vocab_projector"};
  ig_tensor_place place = {.layer = -1};
  if (has_part(name, "decoder"))
    place.stack = IG_TENSOR_STACK_DECODER;
  else if (has_part(name, "encoder"))
    place.stack = IG_TENSOR_STACK_ENCODER;
  find_layer(name, &place);
  place.cross_attention = CONTAINS_ANY(name, cross);
  place.head = place.layer < 0 && (CONTAINS_ANY(name, heads) || has_part(name, "score") ||
                                   strncmp(name, "output.", 7) == 0);
  place.embeddings = place.layer < 0 && !place.head && CONTAINS_ANY(name, embeddings);
  place.last = place.head || (place.layer < 0 && !place.embeddings && comes_last(name));
  return place;
}

char *ig_tensor_place_rename(const char *name, const ig_tensor_place *place, int layer) {
  const size_t size = strlen(name) + 16;
  char *renamed = malloc(size);
  if (renamed)
    snprintf(renamed, size, "%.*s%d%s", (int)place->layer_at, name, layer,
             name + place->layer_at + place->layer_digits);
  return renamed;
}

bool ig_tensor_place_parse_part(const char *name, ig_tensor_part *out) {
  static const char *const names[] = {[IG_TENSOR_PART_ENCODER] = "encoder",
                                      [IG_TENSOR_PART_DECODER] = "decoder",
                                      [IG_TENSOR_PART_CROSS_ATTENTION] = "cross_attention",
                                      [IG_TENSOR_PART_EMBEDDINGS] = "embeddings",
                                      [IG_TENSOR_PART_HEAD] = "head"};
  for (int i = IG_TENSOR_PART_ENCODER; i <= IG_TENSOR_PART_HEAD; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *out = (ig_tensor_part)i;
    return true;
  }
  return false;
}

bool ig_tensor_place_is_in(const ig_tensor_place *place, ig_tensor_part part) {
  switch (part) {
    case IG_TENSOR_PART_ENCODER: return place->stack == IG_TENSOR_STACK_ENCODER;
    case IG_TENSOR_PART_DECODER: return place->stack == IG_TENSOR_STACK_DECODER;
    case IG_TENSOR_PART_CROSS_ATTENTION: return place->cross_attention;
    case IG_TENSOR_PART_EMBEDDINGS: return place->embeddings;
    case IG_TENSOR_PART_HEAD: return place->head;
    case IG_TENSOR_PART_ANY: break;
  }
  return true;
}
