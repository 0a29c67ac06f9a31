// Learning-rate schedules: a linear warm-up, then constant, inverse square root (Vaswani et al.
// 2017, 5.3), linear or cosine decay.
#include "train/schedule.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"constant", "inverse_sqrt", "linear", "cosine"};

bool ig_schedule_parse(const char *name, ig_schedule_kind *out) {
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      *out = (ig_schedule_kind)i;
      return true;
    }
  return false;
}

const char *ig_schedule_name(ig_schedule_kind kind) { return names[kind]; }

// 1 at the end of the warm-up, above 0 at the last update: no update is spent on a rate of zero.
static double remaining(const ig_schedule *s, int update) {
  const double left = (double)s->updates + 1 - update, span = (double)s->updates + 1 - s->warmup;
  return left <= 0 ? 0 : left >= span ? 1 : left / span;
}

double ig_schedule_rate(const ig_schedule *s, int update) {
  const double peak = s->learning_rate;
  if (update <= s->warmup)
    return s->warmup_initial_rate + (peak - s->warmup_initial_rate) * update / s->warmup;
  double rate = peak;
  switch (s->kind) {
    case IG_SCHEDULE_CONSTANT: break;
    case IG_SCHEDULE_INVERSE_SQRT:
      rate = peak * sqrt((s->warmup > 0 ? s->warmup : 1) / (double)update);
      break;
    case IG_SCHEDULE_LINEAR: rate = peak * remaining(s, update); break;
    case IG_SCHEDULE_COSINE:  // Loshchilov & Hutter 2017, equation 5, one period
      rate = s->minimum_rate + (peak - s->minimum_rate) * 0.5 *
                                   (1 - cos(3.14159265358979323846 * remaining(s, update)));
      break;
  }
  return rate > s->minimum_rate ? rate : s->minimum_rate;
}
