#include "metric/resampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "metric/exact_mean.h"
#include "metric/numpy_random.h"

enum { MOST_DRAWS = 1000000 };  // resamples, or trials

// ---- options --------------------------------------------------------------------------

static int resamples_of(const ig_resampling *o) { return o->resamples ? o->resamples : 1000; }
static int trials_of(const ig_resampling *o) { return o->trials ? o->trials : 10000; }
static uint64_t seed_of(const ig_resampling *o) { return o->seed ? *o->seed : 12345; }

ig_status ig_resampling_check(const ig_resampling *o, size_t items, ig_error *err) {
  if ((unsigned)o->test > IG_PAIRED_TEST_BOOTSTRAP)
    return ig_fail(err, IG_ERROR_ARGUMENT, "test: expected 0 or 1, found %d", (int)o->test);
  if (o->resamples < 0 || o->resamples > MOST_DRAWS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "resamples: expected 1 to %d, found %d", MOST_DRAWS,
                   o->resamples);
  if (o->trials < 0 || o->trials > MOST_DRAWS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "trials: expected 1 to %d, found %d", MOST_DRAWS,
                   o->trials);
  if (items >= UINT32_MAX)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%zu items are too many to resample", items);
  return IG_OK;
}

// ---- scores of resamples --------------------------------------------------------------

typedef struct resampled_scores {
  double *values;  // (count)
  size_t count;
  bool narrow;  // all are of float32
} resampled_scores;

typedef struct resampling_run {
  const ig_resampled_metric *metric;
  const ig_resampled_items *items;
  double *sums, *other_sums;  // (width)
  float *narrow_sums;         // (width)
} resampling_run;

// The score of as many items as there are, drawn with replacement.
static double score_resample(const resampling_run *r, const double *statistics,
                             ig_numpy_random *random, bool *wide) {
  const ig_resampled_metric *m = r->metric;
  const size_t count = r->items->count, width = m->width;
  memset(r->sums, 0, width * sizeof *r->sums);
  memset(r->narrow_sums, 0, width * sizeof *r->narrow_sums);
  *wide = true;
  for (size_t i = 0; i < count; i++) {
    const double *item = statistics + width * ig_numpy_random_choice(random, (uint32_t)count);
    if (m->narrow_score)
      for (size_t k = 0; k < width; k++) r->narrow_sums[k] += (float)item[k];
    else
      for (size_t k = 0; k < width; k++) r->sums[k] += item[k];
  }
  return m->narrow_score ? m->narrow_score(m->context, r->narrow_sums, wide)
                         : m->score(m->context, r->sums);
}

static ig_status score_resamples(const resampling_run *r, const double *statistics,
                                 ig_numpy_random random, resampled_scores *out, ig_error *err) {
  out->narrow = true;
  out->values = ig_allocate(out->count, sizeof *out->values, err);
  for (size_t i = 0; out->values && i < out->count; i++) {
    bool wide;
    out->values[i] = score_resample(r, statistics, &random, &wide);
    if (wide) out->narrow = false;
  }
  return out->values ? IG_OK : IG_ERROR_MEMORY;
}

static int compare_values(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// The middle 95 of 100. Without a baseline sacreBLEU's mean is Python's, with one it is numpy's.
static ig_status find_interval(const resampled_scores *s, bool paired, ig_interval *out,
                               ig_error *err) {
  double *sorted = ig_allocate(s->count, sizeof *sorted, err);
  if (!sorted) return IG_ERROR_MEMORY;
  memcpy(sorted, s->values, s->count * sizeof *sorted);
  qsort(sorted, s->count, sizeof *sorted, compare_values);
  const size_t low = s->count / 40;
  const double between = sorted[s->count - low - 1] - sorted[low];
  out->half = 0.5 * (s->narrow ? (double)(float)between : between);
  out->mean = paired ? ig_exact_mean_pairwise(sorted, s->count, s->narrow)
                     : ig_exact_mean(sorted, s->count);
  if (s->narrow) out->mean = (double)(float)out->mean;
  free(sorted);
  return IG_OK;
}

// scores->count: how many.
static ig_status resample_system(const resampling_run *r, const double *statistics,
                                 ig_numpy_random random, resampled_scores *scores, ig_interval *out,
                                 ig_error *err) {
  IG_TRY(score_resamples(r, statistics, random, scores, err));
  return find_interval(scores, r->items->baseline != NULL, out, err);
}

// ---- tests ----------------------------------------------------------------------------

static double score_all(const resampling_run *r, const double *statistics) {
  const size_t width = r->metric->width;
  memset(r->sums, 0, width * sizeof *r->sums);
  for (size_t i = 0; i < r->items->count; i++)
    for (size_t k = 0; k < width; k++) r->sums[k] += statistics[i * width + k];
  return r->metric->score(r->metric->context, r->sums);
}

// How often chance makes the same difference, or a larger one. The distribution of the differences
// is moved so that its mean is 0.
static ig_status test_by_bootstrap(const resampled_scores *system, const resampled_scores *baseline,
                                   double difference, double *p, ig_error *err) {
  const size_t count = system->count;
  const bool narrow = system->narrow && baseline->narrow;
  double *differences = ig_allocate(count, sizeof *differences, err);
  if (!differences) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    const double now = fabs(system->values[i] - baseline->values[i]);
    differences[i] = narrow ? (double)(float)now : now;
  }
  const double mean = ig_exact_mean_pairwise(differences, count, narrow),
               real = narrow ? (double)(float)difference : difference;
  size_t larger = 0;
  for (size_t i = 0; i < count; i++) {
    const double now = differences[i] - mean;
    larger += (narrow ? (double)(float)now : now) > real;
  }
  *p = (double)(larger + 1) / (double)(count + 1);
  free(differences);
  return IG_OK;
}

// One trial: each item is given to the one or the other system by chance.
static double difference_of_trial(const resampling_run *r, ig_numpy_random *random,
                                  ig_numpy_random_bits *bits) {
  const size_t width = r->metric->width;
  memset(r->sums, 0, width * sizeof *r->sums);
  memset(r->other_sums, 0, width * sizeof *r->other_sums);
  for (size_t i = 0; i < r->items->count; i++) {
    const bool swapped = ig_numpy_random_bit(random, bits);
    const double *one = (swapped ? r->items->baseline : r->items->system) + i * width,
                 *other = (swapped ? r->items->system : r->items->baseline) + i * width;
    for (size_t k = 0; k < width; k++) {
      r->sums[k] += one[k];
      r->other_sums[k] += other[k];
    }
  }
  return fabs(r->metric->score(r->metric->context, r->sums) -
              r->metric->score(r->metric->context, r->other_sums));
}

static double test_by_randomisation(const resampling_run *r, int trials, double difference,
                                    ig_numpy_random *random) {
  ig_numpy_random_bits bits = {0};
  int larger = 0;
  for (int i = 0; i < trials; i++) larger += difference_of_trial(r, random, &bits) > difference;
  return (double)(larger + 1) / (double)(trials + 1);
}

// ---- the whole ------------------------------------------------------------------------

typedef struct both_scores {
  resampled_scores system, baseline;
} both_scores;

static ig_status compare_systems(const resampling_run *r, const ig_resampling *o, both_scores *s,
                                 ig_resampled *out, ig_error *err) {
  const ig_numpy_random begun = ig_numpy_random_seed(seed_of(o));
  ig_numpy_random random = begun;
  const bool bootstrap = o->test == IG_PAIRED_TEST_BOOTSTRAP;
  const size_t size = r->items->count * r->metric->width * sizeof *r->items->system;
  out->equal = memcmp(r->items->system, r->items->baseline, size) == 0;
  out->baseline_value = score_all(r, r->items->baseline);
  const double difference = fabs(out->baseline_value - out->value);
  // sacreBLEU draws the system's resamples after the trials, from the same generator.
  if (!bootstrap) out->p_value = test_by_randomisation(r, trials_of(o), difference, &random);
  out->has_interval = bootstrap || o->interval;
  if (!out->has_interval) return IG_OK;
  IG_TRY(resample_system(r, r->items->baseline, begun, &s->baseline, &out->baseline_interval, err));
  IG_TRY(resample_system(r, r->items->system, random, &s->system, &out->interval, err));
  return bootstrap ? test_by_bootstrap(&s->system, &s->baseline, difference, &out->p_value, err)
                   : IG_OK;
}

ig_status ig_resampling_run(const ig_resampled_metric *metric, const ig_resampled_items *items,
                            const ig_resampling *o, ig_resampled *out, ig_error *err) {
  both_scores scores = {.system = {.count = (size_t)resamples_of(o)},
                        .baseline = {.count = (size_t)resamples_of(o)}};
  double *sums = ig_allocate(metric->width, 2 * sizeof *sums, err);
  float *narrow_sums = sums ? ig_allocate(metric->width, sizeof *narrow_sums, err) : NULL;
  ig_status status = narrow_sums ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    const resampling_run r = {metric, items, sums, sums + metric->width, narrow_sums};
    out->value = score_all(&r, items->system);
    if (items->baseline) {
      status = compare_systems(&r, o, &scores, out, err);
    } else {
      out->has_interval = true;
      status = resample_system(&r, items->system, ig_numpy_random_seed(seed_of(o)), &scores.system,
                               &out->interval, err);
    }
  }
  free(scores.system.values);
  free(scores.baseline.values);
  free(narrow_sums);
  free(sums);
  return status;
}
