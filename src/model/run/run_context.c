// The life of a context, and sums of needs.
#include "model/run/run_context.h"

#include "base/fail.h"

ig_status ig_run_context_create(const ig_model *model, ig_pool *pool, ig_run_context *out,
                                ig_error *err) {
  *out = (ig_run_context){.model = model, .nn = {.pool = pool, .scratch = &out->scratch}};
  return ig_kernels_select(&out->nn.kernels, err);
}

void ig_run_context_free(ig_run_context *context) {
  ig_arena_free(&context->scratch);
  ig_position_table_free(&context->positions);
}

ig_status ig_run_context_reserve(ig_run_context *context, const ig_run_needs *needs,
                                 const ig_run_needs *slack, ig_error *err) {
  IG_TRY(ig_arena_reserve(&context->scratch, needs->scratch, slack ? slack->scratch : 0, err));
  if (needs->positions <= context->positions.count) return IG_OK;
  return ig_position_table_reserve(&context->positions, context->model,
                                   needs->positions + (slack ? slack->positions : 0), err);
}

ig_run_needs ig_run_context_needs_of_both(const ig_run_needs *one, const ig_run_needs *other) {
  ig_run_needs both = *one;
  both.overflow = one->overflow || other->overflow;
  both.state = one->state + other->state;
  if (other->scratch > both.scratch) both.scratch = other->scratch;
  if (other->positions > both.positions) both.positions = other->positions;
  return both;
}

size_t ig_run_context_bytes(const ig_model *model, const ig_run_needs *needs) {
  return needs->state + needs->scratch + ig_position_table_bytes(model, needs->positions);
}
