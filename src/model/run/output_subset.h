// The columns of a model's output layer that the sentences of a run may choose from, copied
// together so that a step computes no others: a layer of its own, which grows and shrinks as
// sentences join and leave. A token has the same logits in it, to the bit, as in the whole layer.
#ifndef IG_MODEL_RUN_OUTPUT_SUBSET_H
#define IG_MODEL_RUN_OUTPUT_SUBSET_H
#include "model/model.h"

typedef struct ig_output_subset ig_output_subset;  // ig_output_subset_free; borrows the model
// It holds half of the layer at most: beyond, the whole one is hardly slower. Pages that no column
// has touched take no memory.
ig_status ig_output_subset_create(const ig_model *model, ig_output_subset **out, ig_error *err);
// Bytes that create takes for a model whose output layer says what it will be packed as, packed or
// not yet.
ig_status ig_output_subset_measure(const ig_model *model, size_t *bytes, ig_error *err);
void ig_output_subset_free(ig_output_subset *subset);

// A sentence with the tokens ids (count) joins; columns (count): where each of them is until it
// leaves. false: there is no room, and nothing has changed.
bool ig_output_subset_join(ig_output_subset *subset, const int *ids, int count, int *columns);
void ig_output_subset_leave(ig_output_subset *subset, const int *columns, int count);
void ig_output_subset_leave_all(ig_output_subset *subset);
// The layer: all columns that its sentences have, and some of those that have left. Its members
// change with every join.
const ig_linear *ig_output_subset_layer(const ig_output_subset *subset);
#endif
