// The tensors of a model directory, matched with those of a model.
#ifndef IG_MODEL_FILES_WEIGHTS_H
#define IG_MODEL_FILES_WEIGHTS_H
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/model.h"

// Where the options tie the output layer to the embedding, or the embeddings to each other, and the
// file holds them with different values, each is a weight of its own   (transformers 5). Changes
// the options so. Where the family has no such weights, it is an error that names two of them.
ig_status ig_weights_settle_ties(const ig_safetensors *file, ig_config *config, ig_error *err);
// Finds the file's tensor for each of the model's parameters: tensors (parameter_count); NULL for a
// constant that the file leaves out. A tensor that is missing, misshapen or of no use is an error
// that names it; `directory` opens the message.
ig_status ig_weights_match(const ig_model *model, const char *directory, const ig_safetensors *file,
                           const ig_safetensor **tensors, ig_error *err);
// Adds a note to an encoder: which tensors of the file belong to other heads, so that a training
// that starts from it neither changes nor saves them. None: no note.
ig_status ig_weights_note_other_heads(ig_model *model, const char *directory,
                                      const ig_safetensors *file, ig_error *err);
// The same checks for a model of these options; nothing is read.
ig_status ig_weights_check(const char *directory, const ig_config *config,
                           const ig_safetensors *file, ig_error *err);

// Whether the file has a table of embeddings and nothing else than what a model of the family may
// have, by names alone.
bool ig_weights_fit(const ig_family *family, const ig_safetensors *file);
// Whether it has the output layer of this head of the family's, and no other head has that name.
bool ig_weights_have_output(const ig_family *family, const ig_safetensors *file, ig_head_kind head);
#endif
