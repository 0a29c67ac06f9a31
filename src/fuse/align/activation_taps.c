#include "fuse/align/activation_taps.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// ---- the list ---------------------------------------------------------------

// What is seen of the layer that a part belongs to.
typedef struct part_taps {
  bool input, output;
  bool follows;  // in one layer with the part before it, as a key with its query
} part_taps;

// Of layers that read the same rows one is enough.
static const part_taps taps_of[] = {
    [IG_PART_SELF_QUERY] = {.input = true, .output = true},
    [IG_PART_SELF_KEY] = {.output = true, .follows = true},
    [IG_PART_SELF_OUTPUT] = {.input = true},
    [IG_PART_CROSS_QUERY] = {.input = true, .output = true},
    [IG_PART_CROSS_KEY] = {.input = true, .output = true},
    [IG_PART_CROSS_OUTPUT] = {.input = true},
    [IG_PART_INNER] = {.input = true},
    [IG_PART_GATE] = {.input = true},
    [IG_PART_OUTER] = {.input = true},
};

static ig_status add_tap(ig_activation_taps *taps, const ig_activation_tap *tap, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&taps->items, &taps->capacity, taps->count + 1,
                          sizeof *taps->items, err));
  taps->items[taps->count++] = *tap;
  return IG_OK;
}

// Where the bias of this weight is.
static size_t bias_of(const ig_symmetries *s, const ig_symmetric_matrix *weight) {
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    if (m->is_vector && m->part == weight->part && m->stack == weight->stack &&
        m->layer == weight->layer)
      return m->offset;
  }
  return SIZE_MAX;
}

static ig_status add_input(ig_activation_taps *taps, const ig_symmetric_matrix *m, ig_error *err) {
  const bool is_memory_again = m->part == IG_PART_CROSS_KEY && m->layer > 0;
  if (m->of_columns < 0 || is_memory_again) return IG_OK;
  return add_tap(taps,
                 &(ig_activation_tap){.permutation = (size_t)m->of_columns,
                                      .count = m->columns,
                                      .linear = m->offset,
                                      .columns = m->columns,
                                      .weight = SIZE_MAX,
                                      .bias = SIZE_MAX},
                 err);
}

static ig_status add_output(ig_activation_taps *taps, const ig_symmetries *s,
                            const ig_symmetric_matrix *m, ig_error *err) {
  const size_t before = taps_of[m->part].follows ? m->rows * m->columns : 0;
  return add_tap(taps,
                 &(ig_activation_tap){.permutation = (size_t)m->of_rows,
                                      .count = m->rows,
                                      .linear = m->offset - before,
                                      .columns = m->columns,
                                      .weight = m->offset,
                                      .bias = bias_of(s, m)},
                 err);
}

// The decoder's last rows go by the stream that its feed-forwards write.
static ig_status add_last_rows(ig_activation_taps *taps, const ig_symmetric_matrix *m,
                               ig_error *err) {
  if (m->part != IG_PART_OUTER || m->stack != IG_STACK_DECODER || m->layer > 0 || m->of_rows < 0)
    return IG_OK;
  return add_tap(taps,
                 &(ig_activation_tap){.permutation = (size_t)m->of_rows,
                                      .count = m->rows,
                                      .linear = SIZE_MAX,
                                      .columns = m->rows,
                                      .weight = SIZE_MAX,
                                      .bias = SIZE_MAX},
                 err);
}

static ig_status list_taps(const ig_symmetries *s, ig_activation_taps *taps, ig_error *err) {
  for (size_t i = 0; i < s->matrix_count; i++) {
    const ig_symmetric_matrix *m = &s->matrices[i];
    if (m->is_vector || m->part >= sizeof taps_of / sizeof *taps_of) continue;
    if (taps_of[m->part].input) IG_TRY(add_input(taps, m, err));
    if (taps_of[m->part].output) IG_TRY(add_output(taps, s, m, err));
    IG_TRY(add_last_rows(taps, m, err));
  }
  return IG_OK;
}

// ---- memory -----------------------------------------------------------------

static void carve(ig_activation_taps *taps, ig_arena *arena) {
  for (size_t i = 0; i < taps->count; i++) {
    ig_activation_tap *t = &taps->items[i];
    for (int k = 0; k < 2; k++)
      t->units[k] = (ig_unit_sums){.shift = IG_TAKE(arena, float, t->count),
                                   .sum = IG_TAKE(arena, double, t->count),
                                   .squares = IG_TAKE(arena, double, t->count)};
    t->products = IG_TAKE(arena, float, t->count * t->count);
  }
}

ig_status ig_activation_taps_create(const ig_symmetries *s, ig_activation_taps *out,
                                    ig_error *err) {
  ig_arena plan = ig_arena_measure();
  *out = (ig_activation_taps){0};
  IG_TRY(list_taps(s, out, err));
  carve(out, &plan);
  IG_TRY(ig_arena_create(&out->memory, plan.peak, err));
  carve(out, &out->memory);
  return IG_OK;
}

void ig_activation_taps_free(ig_activation_taps *taps) {
  free(taps->items);
  ig_arena_free(&taps->memory);
  *taps = (ig_activation_taps){0};
}

ig_status ig_activation_taps_memory(const ig_symmetries *s, size_t *out, ig_error *err) {
  ig_arena plan = ig_arena_measure();
  ig_activation_taps taps = {0};
  const ig_status status = list_taps(s, &taps, err);
  carve(&taps, &plan);
  *out = plan.peak;
  ig_activation_taps_free(&taps);
  return status;
}

// ---- correlation ------------------------------------------------------------

// One over the deviation of a unit; 0: it never changes but by rounding.
static double inverse_deviation(const ig_activation_tap *t, ig_aligned_role role, size_t unit) {
  const ig_unit_sums *u = &t->units[role];
  const double n = (double)t->rows, mean = u->sum[unit] / n, shift = (double)u->shift[unit],
               variance = u->squares[unit] / n - mean * mean;
  return variance > 1e-11 * (shift * shift + mean * mean) ? 1 / sqrt(variance) : 0;
}

static void correlate(const ig_activation_tap *t, double share, double *gain) {
  const size_t n = t->count;
  const double rows = (double)t->rows;
  const ig_unit_sums *to = &t->units[IG_ALIGNED_ROLE_TO], *from = &t->units[IG_ALIGNED_ROLE_FROM];
  for (size_t i = 0; i < n; i++) {
    const double mean = to->sum[i] / rows,
                 scale = share * inverse_deviation(t, IG_ALIGNED_ROLE_TO, i);
    for (size_t j = 0; scale > 0 && j < n; j++)
      gain[i * n + j] += scale * inverse_deviation(t, IG_ALIGNED_ROLE_FROM, j) *
                         ((double)t->products[i * n + j] / rows - mean * from->sum[j] / rows);
  }
}

void ig_activation_taps_correlate(const ig_activation_taps *taps, size_t permutation,
                                  double *gain) {
  size_t count = 0;
  for (size_t i = 0; i < taps->count; i++) count += taps->items[i].permutation == permutation;
  for (size_t i = 0; i < taps->count; i++)
    if (taps->items[i].permutation == permutation)
      correlate(&taps->items[i], 1 / (double)count, gain);
}
