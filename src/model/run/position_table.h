// Tables of positions: row p is what position p adds to an embedding. A stack whose family stores a
// table, trained or constant, has that one; stacks without one share a table of sinusoids, which is
// computed here. This is the only place that knows where the rows come from.
#ifndef IG_MODEL_RUN_POSITION_TABLE_H
#define IG_MODEL_RUN_POSITION_TABLE_H
#include "model/model.h"

typedef struct ig_position_table {
  float *rows;  // (count, d_model), in `memory`; NULL while no stack needs them
  int count;
  ig_arena memory;
} ig_position_table;

// Row 0 of a stack's positions, (count, d_model); NULL, where the model adds none.
const float *ig_position_table_of_encoder(const ig_position_table *table, const ig_model *model);
const float *ig_position_table_of_decoder(const ig_position_table *table, const ig_model *model);
// Makes the table hold at least the first `count` positions of the model, if a stack needs it.
ig_status ig_position_table_reserve(ig_position_table *table, const ig_model *model, int count,
                                    ig_error *err);
size_t ig_position_table_bytes(const ig_model *model, int count);
void ig_position_table_free(ig_position_table *table);
#endif
