// Names of parts, and which tensors are in them.
#include "model/create/model_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "model/arch/tensor_row.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PLACE(name) IG_MODEL_PLACE_##name

static const struct {
  const char *name;
  unsigned places;
} names[] = {
    {"embeddings", PLACE(ENCODER_EMBEDDINGS) | PLACE(DECODER_EMBEDDINGS)},
    {"encoder", PLACE(ENCODER)},
    {"encoder.embeddings", PLACE(ENCODER_EMBEDDINGS)},
    {"encoder.layers", PLACE(ENCODER_LAYERS)},
    {"encoder.norm", PLACE(ENCODER_NORM)},
    {"decoder", PLACE(DECODER)},
    {"decoder.embeddings", PLACE(DECODER_EMBEDDINGS)},
    {"decoder.layers", PLACE(DECODER_LAYERS)},
    {"decoder.norm", PLACE(DECODER_NORM)},
    {"head", PLACE(HEAD)},
    {"biases", PLACE(BIASES)},
    {"norms", PLACE(NORMS)},
};

// ---- tensors ----------------------------------------------------------------

static bool is_norm(ig_part part) {
  return part == IG_PART_EMBEDDING_NORM || part == IG_PART_SELF_NORM ||
         part == IG_PART_CROSS_NORM || part == IG_PART_FEED_FORWARD_NORM ||
         part == IG_PART_FINAL_NORM || part == IG_PART_HEAD_NORM;
}

// Of a table of tokens, which may be that of both sides and the output layer's weight.
static unsigned table_places(const ig_config *c, ig_part part) {
  const bool of_source = part != IG_PART_TARGET_EMBEDDING,
             of_target = part == IG_PART_TARGET_EMBEDDING || c->shared_embedding;
  unsigned places = of_source ? PLACE(ENCODER_EMBEDDINGS) : 0;
  if (of_target && ig_config_decodes(c)) places |= PLACE(DECODER_EMBEDDINGS);
  if (of_target && c->tied_output && ig_config_outputs(c)) places |= PLACE(HEAD);
  return places;
}

static unsigned place_in_model(const ig_config *c, const ig_tensor_row *row) {
  const bool encoder = row->stack == IG_STACK_ENCODER;
  switch (row->part) {
    case IG_PART_SHARED_EMBEDDING:
    case IG_PART_SOURCE_EMBEDDING:
    case IG_PART_TARGET_EMBEDDING: return table_places(c, row->part);
    case IG_PART_TOKEN_TYPES: return PLACE(ENCODER_EMBEDDINGS);
    case IG_PART_POSITIONS:
    case IG_PART_LEARNED_POSITIONS:
    case IG_PART_EMBEDDING_NORM:
    case IG_PART_EMBEDDING_PROJECTION:
      return encoder ? PLACE(ENCODER_EMBEDDINGS) : PLACE(DECODER_EMBEDDINGS);
    case IG_PART_FINAL_NORM: return encoder ? PLACE(ENCODER_NORM) : PLACE(DECODER_NORM);
    default:
      if (row->stack == IG_STACK_NONE) return PLACE(HEAD);
      return encoder ? PLACE(ENCODER_LAYERS) : PLACE(DECODER_LAYERS);
  }
}

unsigned ig_model_part_places(const ig_config *c, const ig_parameter *p) {
  unsigned places = place_in_model(c, p->row);
  if (is_norm(p->row->part)) places |= PLACE(NORMS);
  if (p->row->bias || p->row->part == IG_PART_RELATIVE_BIAS) places |= PLACE(BIASES);
  return places;
}

// Whether one of the layers first..last of the stack runs with the tensor.
static bool runs_in(const ig_stack_shape *stack, const ig_parameter *p, int first, int last) {
  for (int i = first; i <= last; i++)
    if (ig_config_stored_layer(stack, i) == p->layer) return true;
  return false;
}

static const ig_stack_shape *stack_of(const ig_config *c, unsigned places) {
  return places & PLACE(DECODER) ? &c->decoder : &c->encoder;
}

bool ig_model_part_has(const ig_model_part *part, const ig_config *c, const ig_parameter *p) {
  if (!(ig_model_part_places(c, p) & part->places)) return false;
  return !part->some_layers || runs_in(stack_of(c, part->places), p, part->first, part->last);
}

int ig_model_part_height(const ig_config *c, const ig_parameter *p, const ig_stack_shape *stack) {
  const unsigned places = ig_model_part_places(c, p);
  const bool decoder = stack == &c->decoder;
  if (places & (decoder ? PLACE(DECODER_EMBEDDINGS) : PLACE(ENCODER_EMBEDDINGS))) return 0;
  if (places & (decoder ? PLACE(DECODER_NORM) : PLACE(ENCODER_NORM))) return stack->layers + 1;
  int lowest = 0;
  while (lowest + 1 < stack->layers && !runs_in(stack, p, lowest, lowest)) lowest++;
  return lowest + 1;
}

// ---- names ------------------------------------------------------------------

static bool is_empty(const ig_model_part *part, const ig_model *m) {
  for (size_t i = 0; i < m->parameter_count; i++)
    if (m->parameters[i].trained && ig_model_part_has(part, &m->config, &m->parameters[i]))
      return false;
  return true;
}

// Names that mean something in this model, as "embeddings, encoder, encoder.layers (0 to 5)".
static void list_names(const ig_model *m, char *out, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < COUNT(names); i++) {
    const unsigned places = names[i].places;
    if (is_empty(&(ig_model_part){.places = places}, m)) continue;
    used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i].name);
    if (places == PLACE(ENCODER_LAYERS) || places == PLACE(DECODER_LAYERS))
      used += (size_t)snprintf(out + used, size - used, " (.0 to .%d)",
                               stack_of(&m->config, places)->layers - 1);
  }
}

static ig_status fail_unknown(const ig_model *m, const char *name, ig_error *err) {
  char list[320];
  list_names(m, list, sizeof list);
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "the model has nothing of the name '%.100s'; what it has: %s", name, list);
}

// The layer whose number begins at *text, which moves to its end. -1: none does.
static int read_layer(const char **text) {
  int layer = 0;
  const char *at = *text;
  for (; *at >= '0' && *at <= '9' && layer < 100000; at++) layer = 10 * layer + (*at - '0');
  if (at == *text) return -1;
  *text = at;
  return layer;
}

// "2" or "0-3", of the layers that the part has.
static ig_status parse_layers(const ig_model *m, const char *name, const char *text,
                              ig_model_part *part, ig_error *err) {
  const int layers = stack_of(&m->config, part->places)->layers;
  part->some_layers = true;
  part->first = part->last = read_layer(&text);
  if (part->first >= 0 && *text == '-') {
    text++;
    part->last = read_layer(&text);
  }
  if (part->first < 0 || part->last < part->first || *text)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "'%.100s': expected the number of a layer, or the first and the last one, as "
                   "0-3",
                   name);
  if (part->last < layers) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "'%.100s': the model has the layers 0 to %d there", name,
                 layers - 1);
}

ig_status ig_model_part_parse(const ig_model *m, const char *name, ig_model_part *out,
                              ig_error *err) {
  for (size_t i = 0; i < COUNT(names); i++) {
    const size_t length = strlen(names[i].name);
    if (strncmp(name, names[i].name, length) != 0) continue;
    *out = (ig_model_part){.places = names[i].places};
    if (!name[length]) return IG_OK;
    const bool layers =
        (out->places & (PLACE(ENCODER_LAYERS) | PLACE(DECODER_LAYERS))) == out->places;
    if (layers && name[length] == '.' && !is_empty(out, m))
      return parse_layers(m, name, name + length + 1, out, err);
  }
  return fail_unknown(m, name, err);
}

ig_status ig_model_part_check(const ig_model_part *part, const char *name, const ig_model *m,
                              ig_error *err) {
  return is_empty(part, m) ? fail_unknown(m, name, err) : IG_OK;
}

void ig_model_part_list(unsigned places, char *out, size_t size) {
  const unsigned kinds = PLACE(BIASES) | PLACE(NORMS);
  size_t used = 0;
  *out = '\0';
  for (size_t i = 0; i < COUNT(names) && used < size; i++) {
    const unsigned of_name = names[i].places;
    const bool smallest = !(of_name & (of_name - 1));
    if (smallest && !(of_name & kinds) && (of_name & places))
      used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", names[i].name);
  }
}
