// The table of positions: row p is what position p adds to an embedding. Source and target share
// it. It is the only place that knows where the rows come from; today they are sinusoids.
#ifndef IG_MODEL_RUN_POSITION_TABLE_H
#define IG_MODEL_RUN_POSITION_TABLE_H
#include "model/model.h"

typedef struct ig_position_table {
  float *rows;  // (count, d_model), in `memory`
  int count;
  ig_arena memory;
} ig_position_table;

// Makes the table hold at least the first `count` positions of the model.
ig_status ig_position_table_reserve(ig_position_table *table, const ig_model *model, int count,
                                    ig_error *err);
size_t ig_position_table_bytes(const ig_model *model, int count);
void ig_position_table_free(ig_position_table *table);
#endif
