// The table of positions.
#include "model/run/position_table.h"

#include "nn/positions.h"

#include "base/fail.h"

static float *take_rows(ig_arena *arena, const ig_model *model, int count) {
  return IG_TAKE(arena, float, (size_t)count *(size_t)model->config.d_model);
}

const float *ig_position_table_of_encoder(const ig_position_table *table, const ig_model *model) {
  return model->encoder_positions.weight ? model->encoder_positions.weight : table->rows;
}

const float *ig_position_table_of_decoder(const ig_position_table *table, const ig_model *model) {
  return model->decoder_positions.weight ? model->decoder_positions.weight : table->rows;
}

static bool is_needed(const ig_model *model) {
  if (model->config.positions.kind == IG_POSITION_NONE) return false;
  if (!ig_config_decodes(&model->config)) return !model->encoder_positions.weight;
  return !model->encoder_positions.weight || !model->decoder_positions.weight;
}

size_t ig_position_table_bytes(const ig_model *model, int count) {
  ig_arena plan = ig_arena_measure();
  if (is_needed(model)) take_rows(&plan, model, count);
  return plan.peak;
}

ig_status ig_position_table_reserve(ig_position_table *table, const ig_model *model, int count,
                                    ig_error *err) {
  if (count <= table->count || !is_needed(model)) return IG_OK;
  ig_position_table_free(table);
  IG_TRY(ig_arena_create(&table->memory, ig_position_table_bytes(model, count), err));
  table->rows = take_rows(&table->memory, model, count);
  table->count = count;
  const ig_position_shape *shape = &model->config.positions;
  ig_positions_sinusoids(shape->kind, shape->offset, count, model->config.d_model, table->rows);
  return IG_OK;
}

void ig_position_table_free(ig_position_table *table) {
  ig_arena_free(&table->memory);
  *table = (ig_position_table){0};
}
