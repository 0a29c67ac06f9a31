// Parts of a model by the names that users know them by, the same for every family:
//   embeddings           encoder.embeddings and decoder.embeddings
//   encoder              encoder.embeddings, encoder.layers and encoder.norm; decoder as well
//   encoder.embeddings   tables of tokens, positions and types, the norm and the projection of rows
//   encoder.layers       all of them; encoder.layers.2 and encoder.layers.0-3: some, counted from 0
//   encoder.norm         after the last layer
//   head                 what turns the rows of the last stack into outputs
//   biases, norms        wherever they are
// A tied tensor is in each part that uses it: one table of source, target and output layer is in
// encoder.embeddings, decoder.embeddings and head.
#ifndef IG_MODEL_CREATE_MODEL_PART_H
#define IG_MODEL_CREATE_MODEL_PART_H
#include "model/model.h"

// Where in a model a tensor is, and what it is: bits.
typedef enum ig_model_place {
  IG_MODEL_PLACE_ENCODER_EMBEDDINGS = 1 << 0,
  IG_MODEL_PLACE_ENCODER_LAYERS = 1 << 1,
  IG_MODEL_PLACE_ENCODER_NORM = 1 << 2,
  IG_MODEL_PLACE_DECODER_EMBEDDINGS = 1 << 3,
  IG_MODEL_PLACE_DECODER_LAYERS = 1 << 4,
  IG_MODEL_PLACE_DECODER_NORM = 1 << 5,
  IG_MODEL_PLACE_HEAD = 1 << 6,
  IG_MODEL_PLACE_BIASES = 1 << 7,  // relative biases too
  IG_MODEL_PLACE_NORMS = 1 << 8,
  // Those of one stack.
  IG_MODEL_PLACE_ENCODER = IG_MODEL_PLACE_ENCODER_EMBEDDINGS | IG_MODEL_PLACE_ENCODER_LAYERS |
                           IG_MODEL_PLACE_ENCODER_NORM,
  IG_MODEL_PLACE_DECODER = IG_MODEL_PLACE_DECODER_EMBEDDINGS | IG_MODEL_PLACE_DECODER_LAYERS |
                           IG_MODEL_PLACE_DECODER_NORM,
} ig_model_place;

unsigned ig_model_part_places(const ig_config *config, const ig_parameter *parameter);

typedef struct ig_model_part {
  unsigned places;   // of ig_model_place: a tensor in any of them is in the part,
  int first, last;   // if it is in one of these layers of its stack,
  bool some_layers;  // where not all of them are meant
} ig_model_part;

// IG_ERROR_ARGUMENT: no model has such a part, or this one has no such layer. The message says what
// there is.
ig_status ig_model_part_parse(const ig_model *model, const char *name, ig_model_part *out,
                              ig_error *err);
bool ig_model_part_has(const ig_model_part *part, const ig_config *config,
                       const ig_parameter *parameter);
// IG_ERROR_ARGUMENT if no trained tensor of the model is in the part of this name. The message
// lists the parts that have one.
ig_status ig_model_part_check(const ig_model_part *part, const char *name, const ig_model *model,
                              ig_error *err);

// Writes the names of the smallest parts in which a tensor of these places is, as "encoder.layers,
// head"; biases and norms are left out.
void ig_model_part_list(unsigned places, char *out, size_t size);

// How high in a stack a tensor that is in it stands: 0 in the embedded rows, i + 1 in layer i, the
// lowest that runs with it, and layers + 1 in the norm after them.
int ig_model_part_height(const ig_config *config, const ig_parameter *parameter,
                         const ig_stack_shape *stack);
#endif
