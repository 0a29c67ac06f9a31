#include "fuse/method/thinning.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/vectors.h"
#include "numeric/sums.h"
#include "numeric/select.h"

// What is known of one model. In ascending order of magnitude, the values at ranks from low.rank on
// and before high.rank stay. With IG_THINNING_BY_MAGNITUDE all values above `low` stay, and of the
// values as large as `low` the first `kept_equals`.
typedef struct thinned_model {
  bool thins;    // some values stay and others do not; else all stay, or none
  bool all;      // all values stay
  bool bounded;  // `high` exists
  ig_threshold low, high;
  size_t kept;         // how many values stay
  size_t kept_equals;  // how many of those as large as `low`
  float scale;         // for the values that stay
} thinned_model;

enum { BOUNDS = 2 };
static const size_t MOST_KEYS = (size_t)10 << 20;  // in the workspace, of all models together

static thinned_model *thinned_models(const ig_merge_tensor *m) { return m->state; }
// The blocks (blocks) of a threshold. They follow the models in the state.
static ig_threshold_block *threshold_blocks(const ig_merge_tensor *m, size_t model, size_t bound) {
  return (ig_threshold_block *)(void *)(thinned_models(m) + m->inputs) +
         (BOUNDS * model + bound) * m->blocks;
}

// Whether values are selected by thresholds.
static bool uses_thresholds(const ig_thinning *t) {
  return t->kind == IG_THINNING_BY_MAGNITUDE || t->kind == IG_THINNING_OUTLIERS;
}
// How many thresholds a model has.
static size_t thresholds_of(const ig_thinning *t) {
  return t->kind == IG_THINNING_OUTLIERS ? 2 : 1;
}
static double density_of(const ig_thinning *t, size_t model) {
  return t->density[model * IG_METHOD_PARAMETERS];
}
static double extra_of(const ig_thinning *t, size_t model) {
  return t->extra[model * IG_METHOD_PARAMETERS];
}

// The thresholds that a model has, with NULL after the last one, so that a loop calls the same for
// one or for two.
typedef struct thinning_bounds {
  ig_threshold *bound[BOUNDS + 1];
} thinning_bounds;
static thinning_bounds bounds_of_model(const ig_thinning *t, thinned_model *s) {
  thinning_bounds b = {{0}};
  if (!s->thins || !uses_thresholds(t)) return b;
  b.bound[0] = &s->low;
  if (s->bounded && t->kind == IG_THINNING_OUTLIERS) b.bound[1] = &s->high;
  return b;
}

// ---- before the passes ------------------------------------------------------

size_t ig_thinning_state_size(const ig_merge_tensor *m) {
  return m->inputs * (sizeof(thinned_model) + BOUNDS * m->blocks * sizeof(ig_threshold_block));
}

// How many keys one threshold may keep in the workspace.
static size_t threshold_capacity(const ig_thinning *t, const ig_merge_tensor *m) {
  const size_t wanted = ig_threshold_capacity(m->rows * m->columns),
               most = MOST_KEYS / (m->inputs * thresholds_of(t));
  return wanted < most ? wanted : most;
}

size_t ig_thinning_workspace_size(const ig_thinning *t, const ig_merge_tensor *m) {
  return uses_thresholds(t)
             ? m->inputs * thresholds_of(t) * threshold_capacity(t, m) * sizeof(uint32_t)
             : 0;
}

// Begins threshold number `bound` of a model, at a rank.
static ig_threshold begin_threshold(const ig_thinning *t, const ig_merge_tensor *m, size_t model,
                                    size_t bound, size_t rank) {
  ig_threshold threshold = {
      .rank = rank,
      .values = m->rows * m->columns,
      .blocks = m->blocks,
      .capacity = threshold_capacity(t, m),
      .workspace =
          (uint32_t *)m->workspace + (model * thresholds_of(t) + bound) * threshold_capacity(t, m),
      .block = threshold_blocks(m, model, bound)};
  ig_threshold_begin(&threshold);
  return threshold;
}

// The number of values that stay is counted as in mergekit: it is a product of doubles, cut off to
// a whole number.
static void begin_model(const ig_thinning *t, const ig_merge_tensor *m, size_t model) {
  const size_t n = m->rows * m->columns;
  const double density = density_of(t, model);
  thinned_model *s = &thinned_models(m)[model];
  *s = (thinned_model){.scale = 1, .all = t->kind == IG_THINNING_NONE || density >= 1};
  s->thins = !s->all && density > 0;
  if (s->thins && t->rescale == IG_RESCALE_INVERSE && t->kind != IG_THINNING_BY_RANK_IN_ROW)
    s->scale = (float)(1 / density);
  if (!s->thins || !uses_thresholds(t)) return;
  s->kept = (size_t)(density * (double)n);
  if (t->kind == IG_THINNING_BY_MAGNITUDE && s->kept == 0) s->kept = 1;
  s->thins = s->kept > 0;
  if (!s->thins) return;
  const size_t above =
      t->kind == IG_THINNING_OUTLIERS ? (size_t)(extra_of(t, model) * (double)n) : 0;
  const size_t below = n > s->kept + above ? n - s->kept - above : 0;
  s->low = begin_threshold(t, m, model, 0, below);
  s->bounded = below + s->kept < n;
  if (s->bounded && t->kind == IG_THINNING_OUTLIERS)
    s->high = begin_threshold(t, m, model, 1, below + s->kept);
}

void ig_thinning_begin(const ig_thinning *t, ig_merge_tensor *m) {
  for (size_t k = 0; k < m->inputs; k++) begin_model(t, m, k);
}

size_t ig_thinning_probe_size(const ig_thinning *t, const ig_merge_tensor *m) {
  return uses_thresholds(t) ? ig_threshold_probe_size(m->rows * m->columns) : 0;
}

// Sets d (count) to the difference of a model from the base.
IG_VECTORS static void subtract_base(const ig_merge_block *b, size_t model, float *d) {
  for (size_t i = 0; i < b->count; i++) d[i] = b->x[model][i] - b->base[i];
}

void ig_thinning_probe(const ig_thinning *t, ig_merge_tensor *m, const ig_merge_block *probe) {
  for (size_t k = 0; k < m->inputs; k++) {
    subtract_base(probe, k, probe->scratch);
    const thinning_bounds all = bounds_of_model(t, &thinned_models(m)[k]);
    for (ig_threshold *const *b = all.bound; *b; b++)
      ig_threshold_probe(*b, probe->count, probe->scratch);
  }
}

// ---- passes -----------------------------------------------------------------

size_t ig_thinning_sums(const ig_merge_tensor *m, int pass) {
  return pass == IG_THINNING_NORMS ? 2 * m->inputs : 0;
}
size_t ig_thinning_counts(const ig_thinning *t, const ig_merge_tensor *m, int pass) {
  return uses_thresholds(t) && pass < IG_THINNING_NORMS ? BOUNDS * m->inputs * IG_THRESHOLD_BINS
                                                        : 0;
}

bool ig_thinning_wants(const ig_thinning *t, const ig_merge_tensor *m, int pass) {
  bool thins = false, wanted = false;
  for (size_t k = 0; k < m->inputs; k++) {
    thins |= thinned_models(m)[k].thins;
    const thinning_bounds all = bounds_of_model(t, &thinned_models(m)[k]);
    if (pass == IG_THINNING_NORMS) continue;
    for (ig_threshold *const *b = all.bound; *b; b++) wanted |= ig_threshold_wants(*b, pass);
  }
  return wanted || (thins && pass == IG_THINNING_NORMS && t->rescale == IG_RESCALE_L1);
}

void ig_thinning_gather(const ig_thinning *t, const ig_merge_tensor *m, int pass,
                        const ig_merge_block *b, ig_gathered *to) {
  float *d = b->scratch;
  const ig_threshold_values values = {
      .block = b->index, .count = b->count, .x = d, .scratch = (uint32_t *)(void *)(d + b->count)};
  for (size_t k = 0; k < m->inputs; k++) {
    if (!thinned_models(m)[k].thins) continue;
    subtract_base(b, k, d);
    if (pass == IG_THINNING_NORMS) {
      to->sums[2 * k] = ig_sums_of_magnitudes(b->count, d);
      ig_thinning_apply(t, m, b, k, d);
      to->sums[2 * k + 1] = ig_sums_of_magnitudes(b->count, d);
      continue;
    }
    uint64_t *counts = to->counts + BOUNDS * k * IG_THRESHOLD_BINS;
    const thinning_bounds all = bounds_of_model(t, &thinned_models(m)[k]);
    for (ig_threshold *const *bound = all.bound; *bound; bound++, counts += IG_THRESHOLD_BINS)
      if (ig_threshold_wants(*bound, pass)) ig_threshold_gather(*bound, pass, &values, counts);
  }
}

// Sets `splits`: whether only some of the values that are as large as a bound stay.
static void find_splits(const ig_thinning *t, const ig_merge_tensor *m, thinned_model *s) {
  const size_t n = m->rows * m->columns,
               below = n - s->kept - s->low.select.rank;  // values below `low`, by magnitude
  if (t->kind == IG_THINNING_BY_MAGNITUDE)
    s->kept_equals = s->kept - (n - below - s->low.select.equal);
  s->low.splits = t->kind == IG_THINNING_BY_MAGNITUDE ? s->kept_equals < s->low.select.equal
                                                      : s->low.select.rank > 0;
  s->high.splits = s->high.select.rank > 0;
}

static void end_model(const ig_thinning *t, const ig_merge_tensor *m, int pass,
                      const ig_gathered *all, size_t model) {
  thinned_model *s = &thinned_models(m)[model];
  if (!s->thins) return;
  if (pass == IG_THINNING_NORMS) {
    const double before = all->sums[2 * model], after = all->sums[2 * model + 1];
    s->scale = before < 1e-7 || after < 1e-7 ? 1 : (float)(before / after);
    return;
  }
  const uint64_t *counts = all->counts + BOUNDS * model * IG_THRESHOLD_BINS;
  const thinning_bounds found = bounds_of_model(t, s);
  for (ig_threshold *const *b = found.bound; *b; b++, counts += IG_THRESHOLD_BINS)
    if (ig_threshold_wants(*b, pass)) ig_threshold_end_pass(*b, pass, counts);
  if (uses_thresholds(t)) find_splits(t, m, s);
}

typedef struct thinning_end {
  const ig_thinning *thinning;
  const ig_merge_tensor *merge;
  int pass;
  const ig_gathered *all;
} thinning_end;

static void end_model_task(void *context, size_t model, int worker) {
  (void)worker;
  const thinning_end *c = context;
  end_model(c->thinning, c->merge, c->pass, c->all, model);
}

void ig_thinning_end_pass(const ig_thinning *t, ig_merge_tensor *m, int pass,
                          const ig_gathered *all) {
  ig_pool_run(m->pool, m->inputs, end_model_task, &(thinning_end){t, m, pass, all});
}

// ---- masks ------------------------------------------------------------------

// Keeps the values above the bound, and the first kept_equals of those as large as it. Of the
// latter, all of a block stay or none do, except in the one block that holds the last of them to
// stay.
IG_VECTORS static void keep_largest(const ig_merge_tensor *m, const ig_merge_block *b, size_t model,
                                    float *d) {
  const thinned_model *s = &thinned_models(m)[model];
  const float bound = ig_select_value(s->low.select.key);
  const size_t all = s->low.select.equal, before = s->low.block[b->index].equals;
  const size_t end = b->index + 1 < m->blocks ? s->low.block[b->index + 1].equals : all;
  if (s->kept_equals == all || end <= s->kept_equals) {
    for (size_t i = 0; i < b->count; i++) d[i] = fabsf(d[i]) >= bound ? d[i] : 0;
  } else if (before >= s->kept_equals) {
    for (size_t i = 0; i < b->count; i++) d[i] = fabsf(d[i]) > bound ? d[i] : 0;
  } else {
    size_t equal = before;
    for (size_t i = 0; i < b->count; i++) {
      const float magnitude = fabsf(d[i]);
      if (!(magnitude > bound || (magnitude == bound && equal < s->kept_equals))) d[i] = 0;
      equal += magnitude == bound;
    }
  }
}

// Keeps the values between the two bounds. Equal magnitudes are ranked in the order of blocks, so
// the count of those before a value tells on which side of the bound's rank it is.
static void keep_middle(const ig_merge_tensor *m, const ig_merge_block *b, size_t model, float *d) {
  const thinned_model *s = &thinned_models(m)[model];
  size_t low = s->low.block[b->index].equals,
         high = s->bounded ? s->high.block[b->index].equals : 0;
  for (size_t i = 0; i < b->count; i++) {
    const uint32_t key = ig_select_key(d[i]);
    const bool is_low = key == s->low.select.key, is_high = s->bounded && key == s->high.select.key;
    bool keep = is_low ? low >= s->low.select.rank : key > s->low.select.key;
    if (s->bounded)
      keep = keep && (is_high ? high < s->high.select.rank : key < s->high.select.key);
    low += is_low;
    high += is_high;
    d[i] = keep ? d[i] : 0;
  }
}

// Each tensor and model has a stream of random numbers of its own.
static uint64_t random_stream_of(const ig_merge_tensor *m, size_t model) {
  return ig_random_stream(m->name) * 31 + m->model_keys[model];
}

static void keep_by_chance(const ig_thinning *t, const ig_merge_tensor *m, const ig_merge_block *b,
                           size_t model, float *d) {
  const float density = (float)density_of(t, model);
  if (b->uniform) {
    for (size_t i = 0; i < b->count; i++) d[i] = b->uniform[model][i] < density ? d[i] : 0;
    return;
  }
  const uint64_t stream = random_stream_of(m, model);
  const ig_dropout_row row = {
      .key = {(uint32_t)m->seed, (uint32_t)(m->seed >> 32)},
      .counter = {0, (uint32_t)b->index, (uint32_t)stream, (uint32_t)(stream >> 32)},
      .threshold = (uint32_t)lround((1 - density_of(t, model)) * 65536),
      .scale = 1};
  m->kernels->dropout(&row, b->count, d, d);
}

// A value of a row, to be sorted by magnitude, equal ones by index. It is aligned as a float is,
// for it lies in scratch memory of floats.
typedef struct ranked_magnitude {
  uint32_t key, index;
} ranked_magnitude;

static int compare_magnitudes(const void *a, const void *b) {
  const ranked_magnitude *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

// The value of rank r of 1 .. c in a row of c values, in ascending order of magnitude, stays with
// probability density - epsilon + 2 epsilon (r - 1) / (c - 1). order (columns): scratch.
static void keep_by_rank(const ig_thinning *t, const ig_merge_tensor *m, const ig_merge_block *b,
                         size_t model, float *d, ranked_magnitude *order) {
  const double density = density_of(t, model), epsilon = extra_of(t, model);
  const uint64_t stream = random_stream_of(m, model);
  const size_t c = m->columns;
  for (size_t row = 0; row < b->rows; row++, d += c) {
    for (size_t i = 0; i < c; i++) order[i] = (ranked_magnitude){ig_select_key(d[i]), (uint32_t)i};
    qsort(order, c, sizeof *order, compare_magnitudes);
    for (size_t r = 0; r < c; r++) {
      const size_t i = order[r].index;
      const double p =
          c > 1 ? density - epsilon + 2 * epsilon * (double)r / (double)(c - 1) : density;
      const double drawn = b->uniform
                               ? (double)b->uniform[model][row * c + i]
                               : ig_random_uniform(m->seed, stream, (b->first_row + row) * c + i);
      const bool stays = drawn < (b->uniform ? (double)(float)p : p);
      d[i] = !stays ? 0 : t->rescale == IG_RESCALE_INVERSE ? d[i] / (float)p : d[i];
    }
  }
}

IG_VECTORS static void scale_values(size_t count, float factor, float *d) {
  for (size_t i = 0; i < count; i++) d[i] *= factor;
}

void ig_thinning_apply(const ig_thinning *t, const ig_merge_tensor *m, const ig_merge_block *b,
                       size_t model, float *d) {
  const thinned_model *s = &thinned_models(m)[model];
  subtract_base(b, model, d);
  if (s->all) return;
  if (!s->thins) {
    for (size_t i = 0; i < b->count; i++) d[i] = 0;
    return;
  }
  if (t->kind == IG_THINNING_BY_MAGNITUDE) keep_largest(m, b, model, d);
  if (t->kind == IG_THINNING_OUTLIERS) keep_middle(m, b, model, d);
  if (t->kind == IG_THINNING_BY_CHANCE) keep_by_chance(t, m, b, model, d);
  if (t->kind == IG_THINNING_BY_RANK_IN_ROW)
    keep_by_rank(t, m, b, model, d,
                 (ranked_magnitude *)(void *)(b->scratch + m->inputs * b->count));
  if (s->scale != 1) scale_values(b->count, s->scale, d);
}
