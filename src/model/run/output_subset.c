#include "model/run/output_subset.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "nn/packed_columns.h"

// V tokens, C columns.
struct ig_output_subset {
  const ig_linear *whole;
  const ig_kernels *kernels;
  ig_arena arena;
  ig_linear layer;  // out: the columns in use, or not used any more
  int capacity;     // C
  float *bias;      // (C), where the layer has one
  int *token_of;    // (C): that lies in each column
  int *users;       // (C): sentences with the column
  int *column_of;   // (V): -1: in none
  int unused;       // columns below layer.out without users
  int next_unused;  // where they are looked for
};

enum { PANEL = 64 };  // columns: a multiple of every panel's

static void carve(ig_output_subset *s, ig_arena *arena) {
  const ig_nn nn = {.kernels = s->kernels};
  ig_linear layer = *s->whole;
  layer.out = s->capacity;
  const ig_weight_layout layout = s->whole->packed.layout;
  void *memory =
      s->capacity > 0 ? IG_TAKE(arena, char, ig_linear_packed_bytes(&nn, &layer, layout)) : NULL;
  s->bias = s->whole->bias ? IG_TAKE(arena, float, s->capacity) : NULL;
  s->token_of = IG_TAKE(arena, int, s->capacity);
  s->users = IG_TAKE(arena, int, s->capacity);
  s->column_of = IG_TAKE(arena, int, s->whole->out);
  if (memory) ig_linear_place(&nn, &layer, layout, memory);
  layer.out = 0;
  layer.weight = NULL;
  layer.bias = s->bias;
  s->layer = layer;
}

static ig_status prepare(const ig_model *model, bool packed, ig_output_subset *s, ig_error *err) {
  s->whole = &model->output;
  IG_TRY(ig_kernels_select(&s->kernels, err));
  const bool serves = packed && ig_packed_columns_serve(s->whole->packed.layout);
  s->capacity = serves ? s->whole->out / 2 / PANEL * PANEL : 0;
  return IG_OK;
}

ig_status ig_output_subset_create(const ig_model *model, ig_output_subset **out, ig_error *err) {
  *out = NULL;
  ig_output_subset *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  ig_status status = prepare(model, model->output.packed.data != NULL, s, err);
  ig_arena plan = ig_arena_measure();
  if (status == IG_OK) {
    carve(s, &plan);
    status = ig_arena_create(&s->arena, plan.peak, err);
  }
  if (status != IG_OK) {
    free(s);
    return status;
  }
  carve(s, &s->arena);
  for (int id = 0; id < s->whole->out; id++) s->column_of[id] = -1;
  *out = s;
  return IG_OK;
}

ig_status ig_output_subset_measure(const ig_model *model, size_t *bytes, ig_error *err) {
  ig_output_subset subset = {0};
  ig_arena plan = ig_arena_measure();
  IG_TRY(prepare(model, true, &subset, err));
  carve(&subset, &plan);
  *bytes = plan.peak;
  return IG_OK;
}

void ig_output_subset_free(ig_output_subset *s) {
  if (!s) return;
  ig_arena_free(&s->arena);
  free(s);
}

// ---- columns ------------------------------------------------------------------

// A column that nobody uses: one of those that were left, before a new one at the end.
static int find_column(ig_output_subset *s) {
  if (s->unused == 0) {
    s->unused++;
    s->users[s->layer.out] = 0;
    s->token_of[s->layer.out] = -1;
    return s->layer.out++;
  }
  while (s->users[s->next_unused] > 0) s->next_unused = (s->next_unused + 1) % s->layer.out;
  return s->next_unused;
}

static int place_token(ig_output_subset *s, int id) {
  const int column = find_column(s);
  if (s->token_of[column] >= 0) s->column_of[s->token_of[column]] = -1;
  s->token_of[column] = id;
  s->column_of[id] = column;
  ig_packed_columns_copy(s->kernels, (size_t)s->whole->in, s->whole->packed, (size_t)id,
                         s->layer.packed, (size_t)column);
  if (s->bias) s->bias[column] = s->whole->bias[id];
  return column;
}

// Columns that the tokens need beside those that have users.
static int count_needed(const ig_output_subset *s, const int *ids, int count) {
  int needed = 0;
  for (int i = 0; i < count; i++)
    needed += s->column_of[ids[i]] < 0 || s->users[s->column_of[ids[i]]] == 0;
  return needed;
}

static void forget(ig_output_subset *s) {
  for (int column = 0; column < s->layer.out; column++) {
    if (s->token_of[column] >= 0) s->column_of[s->token_of[column]] = -1;
    s->users[column] = 0;
  }
  s->layer.out = s->unused = s->next_unused = 0;
}

// Tokens that the last sentences had stay where they are, for the next ones have many of them too,
// and computing a column costs less than copying it. Where most of the columns would be of no use
// to a sentence that comes alone, it begins anew.
bool ig_output_subset_join(ig_output_subset *s, const int *ids, int count, int *columns) {
  if (s->unused == s->layer.out && s->layer.out > 2 * count) forget(s);
  if (count_needed(s, ids, count) > s->unused + s->capacity - s->layer.out) return false;
  // Tokens that are there are held first, lest one of the others takes their column.
  for (int i = 0; i < count; i++) {
    columns[i] = s->column_of[ids[i]];
    if (columns[i] >= 0) s->unused -= s->users[columns[i]]++ == 0;
  }
  for (int i = 0; i < count; i++) {
    if (columns[i] >= 0) continue;
    columns[i] = place_token(s, ids[i]);
    s->unused -= s->users[columns[i]]++ == 0;
  }
  return true;
}

void ig_output_subset_leave(ig_output_subset *s, const int *columns, int count) {
  for (int i = 0; i < count; i++) s->unused += --s->users[columns[i]] == 0;
}

void ig_output_subset_leave_all(ig_output_subset *s) { forget(s); }

const ig_linear *ig_output_subset_layer(const ig_output_subset *s) { return &s->layer; }
