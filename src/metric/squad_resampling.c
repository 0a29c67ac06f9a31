// Scores of questions are means of what each is worth, so that sums over whatever is drawn do.
#include "metric/squad_resampling.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "metric/resampling.h"

enum { EXACT, F1, QUESTIONS, STATISTICS };

static double score_mean(const void *context, const double *sums) {
  const int *statistic = context;
  return 100.0 * sums[*statistic] / sums[QUESTIONS];
}

// ---- what is drawn: questions, or articles with all of theirs --------------------------

typedef struct drawn_items {
  size_t *of;  // (questions scored): the item of each
  size_t count;
} drawn_items;

// Articles are numbered as their first question comes; those without one are none.
static ig_status number_articles(const ig_squad_sample *s, drawn_items *items, ig_error *err) {
  size_t *numbers = ig_allocate(s->squad->articles, sizeof *numbers, err);  // from 1; 0: not yet
  if (!numbers) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < s->count; i++) {
    size_t *number = &numbers[s->squad->questions[s->scored[i].question].article];
    if (*number == 0) *number = ++items->count;
    items->of[i] = *number - 1;
  }
  free(numbers);
  if (items->count > 1) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "resample_articles: all questions are of one article: expected several");
}

static ig_status number_items(const ig_squad_sample *s, bool articles, drawn_items *items,
                              ig_error *err) {
  *items = (drawn_items){.of = ig_allocate(s->count, sizeof *items->of, err)};
  if (!items->of) return IG_ERROR_MEMORY;
  if (articles) return number_articles(s, items, err);
  for (size_t i = 0; i < s->count; i++) items->of[i] = i;
  items->count = s->count;
  return IG_OK;
}

// (items, STATISTICS), malloc'ed for the caller to free().
static double *sum_statistics(const ig_squad_scored *scored, size_t count, const drawn_items *items,
                              ig_error *err) {
  double *out = ig_allocate(items->count, STATISTICS * sizeof *out, err);
  for (size_t i = 0; out && i < count; i++) {
    double *item = out + items->of[i] * STATISTICS;
    item[EXACT] += scored[i].values.exact;
    item[F1] += scored[i].values.f1;
    item[QUESTIONS] += 1;
  }
  return out;
}

// ---- the figures -----------------------------------------------------------------------

// at: of the arrays of the options.
static ig_status resample_figures(const ig_resampled_items *items, const ig_squad_options *o,
                                  size_t at, ig_error *err) {
  static const int exact = EXACT, f1 = F1;
  ig_resampled_metric metric = {.width = STATISTICS, .score = score_mean, .context = &exact};
  o->resampled_exact[at] = o->resampled_f1[at] = (ig_resampled){0};
  IG_TRY(ig_resampling_run(&metric, items, o->resampling, &o->resampled_exact[at], err));
  metric.context = &f1;
  return ig_resampling_run(&metric, items, o->resampling, &o->resampled_f1[at], err);
}

// The statistics of another system's predictions.
static ig_status score_baseline(const ig_squad_sample *s, const drawn_items *items,
                                const char *path, const ig_reporter *reporter, double **out,
                                ig_error *err) {
  ig_squad_predictions predictions;
  ig_squad_scored *scored;
  size_t count;
  const char *null_text = s->manner->rules == IG_SQUAD_RULES_CMRC ? "None" : "";
  *out = NULL;
  IG_TRY(ig_squad_predictions_read(&predictions, s->squad, path, null_text, reporter, err));
  ig_status status =
      ig_squad_questions_score(s->squad, s->manner, &predictions, &scored, &count, err);
  if (status == IG_OK) {
    *out = sum_statistics(scored, count, items, err);
    if (!*out) status = IG_ERROR_MEMORY;
    free(scored);
  }
  ig_squad_predictions_free(&predictions);
  return status;
}

static ig_status resample_items(const ig_squad_sample *s, const drawn_items *drawn,
                                const ig_squad_options *o, ig_error *err) {
  IG_TRY(ig_resampling_check(o->resampling, drawn->count, err));
  double *baseline = NULL, *system = sum_statistics(s->scored, s->count, drawn, err);
  if (!system) return IG_ERROR_MEMORY;
  ig_resampled_items items = {system, NULL, drawn->count};
  ig_status status = o->baseline_count ? IG_OK : resample_figures(&items, o, 0, err);
  for (size_t i = 0; status == IG_OK && i < o->baseline_count; i++) {
    status = score_baseline(s, drawn, o->baselines[i], &o->reporter, &baseline, err);
    items.baseline = baseline;
    if (status == IG_OK) status = resample_figures(&items, o, i, err);
    free(baseline);
  }
  free(system);
  return status;
}

ig_status ig_squad_resampling_run(const ig_squad_sample *s, const ig_squad_options *o,
                                  ig_error *err) {
  drawn_items items;
  if (!o->resampling) return IG_OK;
  ig_status status = number_items(s, o->resample_articles, &items, err);
  if (status == IG_OK) status = resample_items(s, &items, o, err);
  free(items.of);
  return status;
}
