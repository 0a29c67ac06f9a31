#include "fuse/run/matched_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { CHUNK = 2048 };  // values

// The row of the input that has the same piece as a row of the output; -1: none has.
static int own_row(const ig_plan_tensor *t, const ig_plan_input *input, int row) {
  const int own = input->row_of ? input->row_of[row] : row;
  return own >= 0 && (size_t)own < input->tensor->elements / t->width ? own : -1;
}

static const ig_row_rule *find_rule(const ig_aligned_side *a, int row) {
  for (size_t i = 0; i < a->rule_count; i++)
    if (a->rules[i].row == row) return &a->rules[i];
  return NULL;
}

// Participant i of a tensor: first the inputs, then the base if there is one. NULL: there are no
// more.
static const ig_plan_input *participant(const ig_plan_tensor *t, size_t i) {
  if (i < t->inputs) return &t->input[i];
  return i == t->inputs && t->base.tensor ? &t->base : NULL;
}

// Part of one row of a model.
typedef struct row_part {
  size_t column, count;
} row_part;

static ig_status read_part(const ig_plan_tensor *t, const ig_plan_input *input, int row, row_part p,
                           float *out, ig_error *err) {
  return ig_safetensor_read_part(input->tensor, (size_t)row * t->width + p.column, p.count, out,
                                 err);
}

static ig_status read_mean(const ig_plan_tensor *t, int row, row_part p, float *out,
                           ig_error *err) {
  float other[CHUNK];
  for (size_t at = 0; at < p.count; at += CHUNK) {
    const row_part now = {p.column + at, p.count - at < CHUNK ? p.count - at : CHUNK};
    float models = 0;
    memset(out + at, 0, now.count * sizeof *out);
    const ig_plan_input *input;
    for (size_t i = 0; (input = participant(t, i)) != NULL; i++) {
      const int own = own_row(t, input, row);
      if (own < 0) continue;
      IG_TRY(read_part(t, input, own, now, other, err));
      for (size_t k = 0; k < now.count; k++) out[at + k] += other[k];
      models++;
    }
    for (size_t k = 0; k < now.count; k++) out[at + k] /= models;
  }
  return IG_OK;
}

// Fills a row that the input lacks, or that the recipe replaces by force, by the rules at the top
// of matched_rows.h.
static ig_status read_substitute_row(const ig_plan_tensor *t, const ig_row_rule *rule, int row,
                                     row_part p, float *out, ig_error *err) {
  const ig_plan_input *input, *only = NULL;
  size_t models = 0;
  for (size_t i = 0; (input = participant(t, i)) != NULL; i++) {
    if (rule && !rule->zero && input->model == rule->model)
      return read_part(t, input, rule->model_row, p, out, err);
    if (rule || own_row(t, input, row) < 0) continue;
    if (models++ == 0 || input->model == t->base_model) only = input;
  }
  if (models > 1 && only->model != t->base_model) return read_mean(t, row, p, out, err);
  if (models > 0) return read_part(t, only, own_row(t, only, row), p, out, err);
  memset(out, 0, p.count * sizeof *out);
  return IG_OK;
}

// How many rows of the output, from `row` to at most `last`, follow one another in the input, too,
// and are taken unchanged. These can be read at once.
static int count_consecutive(const ig_plan_tensor *t, const ig_plan_input *input, int row,
                             int last) {
  int end = row;
  for (; end <= last && end < t->aligned->pieces; end++) {
    const ig_row_rule *rule = find_rule(t->aligned, end);
    const int own = own_row(t, input, end);
    if (own < 0 || (rule && rule->force) || own - own_row(t, input, row) != end - row) break;
  }
  return end - row;
}

ig_status ig_matched_rows_read(const ig_plan_tensor *t, const ig_plan_input *input, size_t first,
                               size_t count, float *out, ig_error *err) {
  if (!t->aligned) return ig_safetensor_read_part(input->tensor, first, count, out, err);
  const size_t end = first + count;
  while (first < end) {
    const int row = (int)(first / t->width), last = (int)((end - 1) / t->width),
              run = count_consecutive(t, input, row, last);
    const size_t run_end = ((size_t)row + (size_t)(run ? run : 1)) * t->width;
    const row_part p = {first % t->width, (run_end < end ? run_end : end) - first};
    if (run)
      IG_TRY(read_part(t, input, own_row(t, input, row), p, out, err));
    else if (row >= t->aligned->pieces)
      memcpy(out, input->padding + p.column, p.count * sizeof *out);
    else
      IG_TRY(read_substitute_row(t, find_rule(t->aligned, row), row, p, out, err));
    out += p.count;
    first += p.count;
  }
  return IG_OK;
}

static ig_status fill_padding(const ig_plan_tensor *t, const ig_plan_input *input, float *row,
                              double *sums, ig_error *err) {
  const int pieces = t->aligned->pieces;
  memset(sums, 0, t->width * sizeof *sums);
  for (int r = 0; r < pieces; r++) {
    IG_TRY(ig_matched_rows_read(t, input, (size_t)r * t->width, t->width, row, err));
    for (size_t i = 0; i < t->width; i++) sums[i] += (double)row[i];
  }
  for (size_t i = 0; i < t->width; i++) input->padding[i] = (float)(sums[i] / pieces);
  return IG_OK;
}

static ig_status fill_padding_of_tensor(const ig_plan_tensor *t, ig_error *err) {
  double *sums = ig_allocate(t->width, sizeof *sums, err);
  float *row = ig_allocate(t->width, sizeof *row, err);
  ig_status status = sums && row ? IG_OK : IG_ERROR_MEMORY;
  const ig_plan_input *input;
  for (size_t i = 0; status == IG_OK && (input = participant(t, i)) != NULL; i++)
    status = fill_padding(t, input, row, sums, err);
  free(sums);
  free(row);
  return status;
}

ig_status ig_matched_rows_fill_padding(const ig_fusion_plan *plan, ig_error *err) {
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (t->aligned && t->aligned->rows > t->aligned->pieces) IG_TRY(fill_padding_of_tensor(t, err));
  }
  return IG_OK;
}
