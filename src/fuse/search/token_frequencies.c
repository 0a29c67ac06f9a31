#include "fuse/search/token_frequencies.h"

#include "base/fail.h"

// Adds the table of one side, which may be that of the other side.
static void add_table(ig_token_frequencies *f, const ig_model *m, const ig_embedding *e,
                      ig_side side) {
  if (!e->weight) return;
  const size_t first = (size_t)(e->weight - m->values);
  size_t i = 0;
  while (i < f->count && f->tables[i].first != first) i++;
  if (i == f->count)
    f->tables[f->count++] = (ig_token_table){.first = first, .size = (size_t)e->vocabulary};
  f->tables[i].read_by[side] = true;
}

static void carve(ig_token_frequencies *f, ig_arena *arena) {
  for (size_t i = 0; i < f->count; i++) {
    f->tables[i].sums = IG_TAKE(arena, double, f->tables[i].size);
    f->tables[i].values = IG_TAKE(arena, float, f->tables[i].size);
  }
}

ig_status ig_token_frequencies_make(const ig_model *model, ig_token_frequencies *out,
                                    ig_error *err) {
  *out = (ig_token_frequencies){0};
  ig_arena plan = ig_arena_measure();
  if (model->config.encoder.layers > 0)
    add_table(out, model, &model->source_embedding, IG_SIDE_SOURCE);
  if (model->config.decoder.layers > 0)
    add_table(out, model, &model->target_embedding, IG_SIDE_TARGET);
  carve(out, &plan);
  IG_TRY(ig_arena_create(&out->memory, plan.peak, err));
  carve(out, &out->memory);
  return IG_OK;
}

void ig_token_frequencies_free(ig_token_frequencies *f) {
  ig_arena_free(&f->memory);
  *f = (ig_token_frequencies){0};
}

static void add_rows(const ig_token_table *t, int rows, const int *ids, double each) {
  for (int r = 0; r < rows; r++) t->sums[ids[r]] += each;
}

void ig_token_frequencies_add(const ig_token_frequencies *f, const ig_batch *b,
                              const ig_learning_set *set, double share) {
  const int *const ids[2] = {b->source, b->target_input};
  const int *const offsets[2] = {b->source_offsets, b->target_offsets};
  for (size_t i = 0; i < f->count; i++)
    for (int side = 0; side < 2; side++) {
      if (!f->tables[i].read_by[side]) continue;
      const double all = (double)set->pairs.offsets[side][set->pairs.pairs];
      add_rows(&f->tables[i], offsets[side][b->sequences], ids[side], share / all);
    }
}

void ig_token_frequencies_round(const ig_token_frequencies *f) {
  for (size_t i = 0; i < f->count; i++)
    for (size_t k = 0; k < f->tables[i].size; k++)
      f->tables[i].values[k] = (float)f->tables[i].sums[k];
}

const ig_token_table *ig_token_frequencies_find(const ig_token_frequencies *f,
                                                const ig_parameter *p) {
  for (size_t i = 0; i < f->count; i++)
    if (p->rank == 2 && p->offset == f->tables[i].first && p->shape[0] == f->tables[i].size)
      return &f->tables[i];
  return NULL;
}
