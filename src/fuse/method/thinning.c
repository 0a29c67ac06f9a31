#include "fuse/method/thinning.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "fuse/select.h"

// Of one model. In ascending order of magnitude those from `low` on and before `high` stay; with IG_THIN_BY_MAGNITUDE all from `low` on, of the equal ones the
// first `kept_equals`.
typedef struct model_state {
  bool chosen;  // there is something to choose; else all stay, or none
  bool all;
  bool bounded;  // there is a `high`
  ig_select low, high;
  size_t kept, kept_equals;
  float scale;
} model_state;

// Behind the models' states: how many values equal to each bound stand in each block, later in all blocks before it.
static model_state *states(const ig_merge *m) { return m->state; }
static size_t *equals(const ig_merge *m, size_t model, size_t bound) {
  return (size_t *)(void *)(states(m) + m->inputs) + (2 * model + bound) * m->blocks;
}

enum { EQUALS_PASS = IG_SELECT_PASSES, NORMS_PASS };

static bool selects(const ig_thinning *t) { return t->kind == IG_THIN_BY_MAGNITUDE || t->kind == IG_THIN_OUTLIERS; }
static double density_of(const ig_thinning *t, size_t model) { return t->density[model * IG_METHOD_PARAMETERS]; }
static double extra_of(const ig_thinning *t, size_t model) { return t->extra[model * IG_METHOD_PARAMETERS]; }

// ---- passes --------------------------------------------------------------------------------------------------------------------------------

size_t ig_thinning_state_size(const ig_merge *m) { return m->inputs * (sizeof(model_state) + 2 * m->blocks * sizeof(size_t)); }
size_t ig_thinning_sums(const ig_merge *m, int pass) { return pass == NORMS_PASS ? 2 * m->inputs : 0; }
size_t ig_thinning_counts(const ig_thinning *t, const ig_merge *m, int pass) {
  return selects(t) && pass < IG_SELECT_PASSES ? 2 * m->inputs * IG_SELECT_BINS : 0;
}

// How many stay is mergekit's count: a product of doubles, cut to a whole number.
static void begin_model(const ig_thinning *t, const ig_merge *m, size_t model) {
  const size_t n = m->rows * m->columns;
  const double density = density_of(t, model);
  model_state *s = &states(m)[model];
  *s = (model_state){.scale = 1, .all = t->kind == IG_THIN_NOT || density >= 1};
  s->chosen = !s->all && density > 0;
  if (s->chosen && t->rescale == IG_RESCALE_INVERSE && t->kind != IG_THIN_BY_RANK_IN_ROW) s->scale = (float)(1 / density);
  if (!s->chosen || !selects(t)) return;
  s->kept = (size_t)(density * (double)n);
  if (t->kind == IG_THIN_BY_MAGNITUDE && s->kept == 0) s->kept = 1;
  s->chosen = s->kept > 0;
  const size_t above = t->kind == IG_THIN_OUTLIERS ? (size_t)(extra_of(t, model) * (double)n) : 0;
  const size_t below = n > s->kept + above ? n - s->kept - above : 0;
  s->low = ig_select_begin(below);
  s->bounded = below + s->kept < n;
  if (s->bounded) s->high = ig_select_begin(below + s->kept);
}

// Do only some of the values stay that are as large as a bound?
static bool splits_equals(const ig_thinning *t, const model_state *s) {
  if (!s->chosen) return false;
  return t->kind == IG_THIN_BY_MAGNITUDE ? s->kept_equals < s->low.equal : s->low.rank > 0 || s->high.rank > 0;
}

static bool any_splits_equals(const ig_thinning *t, const ig_merge *m) {
  for (size_t k = 0; k < m->inputs; k++)
    if (splits_equals(t, &states(m)[k])) return true;
  return false;
}

bool ig_thinning_wants(const ig_thinning *t, const ig_merge *m, int pass) {
  bool any = false;
  for (size_t k = 0; k < m->inputs; k++) {
    if (pass == 0) begin_model(t, m, k);
    any |= states(m)[k].chosen;
  }
  if (pass == EQUALS_PASS) return any && selects(t) && any_splits_equals(t, m);
  return any && (pass == NORMS_PASS ? t->rescale == IG_RESCALE_L1 : selects(t));
}

static void subtract(const ig_merge_block *b, size_t model, float *d) {
  for (size_t i = 0; i < b->count; i++) d[i] = b->x[model][i] - b->base[i];
}

static void count_equals(const model_state *s, const ig_merge *m, const ig_merge_block *b, size_t model, const float *d) {
  size_t low = 0, high = 0;
  for (size_t i = 0; i < b->count; i++) {
    low += ig_select_key(d[i]) == s->low.key;
    high += ig_select_key(d[i]) == s->high.key;
  }
  equals(m, model, 0)[b->index] = low;
  equals(m, model, 1)[b->index] = high;
}

static double sum_magnitudes(size_t count, const float *d) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)fabsf(d[i]);
  return sum;
}

void ig_thinning_gather(const ig_thinning *t, const ig_merge *m, int pass, const ig_merge_block *b, ig_gathered *to) {
  float *d = b->scratch;
  for (size_t k = 0; k < m->inputs; k++) {
    const model_state *s = &states(m)[k];
    if (!s->chosen) continue;
    subtract(b, k, d);
    if (pass == NORMS_PASS) {
      to->sums[2 * k] = sum_magnitudes(b->count, d);
      ig_thinning_apply(t, m, b, k, d);
      to->sums[2 * k + 1] = sum_magnitudes(b->count, d);
    } else if (pass == EQUALS_PASS) {
      count_equals(s, m, b, k, d);
    } else {
      ig_select_count(&s->low, pass, b->count, d, to->counts + 2 * k * IG_SELECT_BINS);
      if (s->bounded && t->kind == IG_THIN_OUTLIERS) ig_select_count(&s->high, pass, b->count, d, to->counts + (2 * k + 1) * IG_SELECT_BINS);
    }
  }
}

// From the counts of each block to those of all blocks before it.
static void accumulate(size_t blocks, size_t *counts) {
  size_t before = 0;
  for (size_t i = 0; i < blocks; i++) {
    const size_t here = counts[i];
    counts[i] = before;
    before += here;
  }
}

void ig_thinning_conclude(const ig_thinning *t, ig_merge *m, int pass, const ig_gathered *all) {
  const size_t n = m->rows * m->columns;
  for (size_t k = 0; k < m->inputs; k++) {
    model_state *s = &states(m)[k];
    if (!s->chosen) continue;
    if (pass == NORMS_PASS) {
      const double before = all->sums[2 * k], after = all->sums[2 * k + 1];
      s->scale = before < 1e-7 || after < 1e-7 ? 1 : (float)(before / after);
    } else if (pass == EQUALS_PASS) {
      accumulate(m->blocks, equals(m, k, 0));
      accumulate(m->blocks, equals(m, k, 1));
    } else {
      ig_select_narrow(&s->low, pass, all->counts + 2 * k * IG_SELECT_BINS);
      if (s->bounded && t->kind == IG_THIN_OUTLIERS) ig_select_narrow(&s->high, pass, all->counts + (2 * k + 1) * IG_SELECT_BINS);
      // Of rank n - kept, low.rank equal ones stand before: those above the equal ones are n - kept below less.
      if (pass == IG_SELECT_PASSES - 1) s->kept_equals = s->kept - (n - (n - s->kept - s->low.rank) - s->low.equal);
    }
  }
}

// ---- masks ---------------------------------------------------------------------------------------------------------------------------------

// Values as large as the bound: those of a block all stay or none, but in the one block in which the last of them stands.
static void keep_largest(const ig_merge *m, const ig_merge_block *b, size_t model, float *d) {
  const model_state *s = &states(m)[model];
  const float bound = ig_select_value(s->low.key);
  const size_t *before = equals(m, model, 0) + b->index, end = b->index + 1 < m->blocks ? before[1] : s->low.equal;
  if (s->kept_equals == s->low.equal || end <= s->kept_equals) {
    for (size_t i = 0; i < b->count; i++) d[i] = fabsf(d[i]) >= bound ? d[i] : 0;
  } else if (*before >= s->kept_equals) {
    for (size_t i = 0; i < b->count; i++) d[i] = fabsf(d[i]) > bound ? d[i] : 0;
  } else {
    size_t equal = *before;
    for (size_t i = 0; i < b->count; i++) {
      const float magnitude = fabsf(d[i]);
      if (!(magnitude > bound || (magnitude == bound && equal < s->kept_equals))) d[i] = 0;
      equal += magnitude == bound;
    }
  }
}

static void keep_middle(const ig_merge *m, const ig_merge_block *b, size_t model, float *d) {
  const model_state *s = &states(m)[model];
  size_t low = equals(m, model, 0)[b->index], high = equals(m, model, 1)[b->index];
  for (size_t i = 0; i < b->count; i++) {
    const uint32_t key = ig_select_key(d[i]);
    const bool is_low = key == s->low.key, is_high = s->bounded && key == s->high.key;
    bool keep = is_low ? low >= s->low.rank : key > s->low.key;
    if (s->bounded) keep = keep && (is_high ? high < s->high.rank : key < s->high.key);
    low += is_low, high += is_high;
    d[i] = keep ? d[i] : 0;
  }
}

// A stream of random numbers for each tensor and model.
static uint64_t stream_of(const ig_merge *m, size_t model) { return ig_hash_name(m->name) * 31 + ig_hash_name(m->models[model]); }

static void keep_by_chance(const ig_thinning *t, const ig_merge *m, const ig_merge_block *b, size_t model, float *d) {
  const float density = (float)density_of(t, model);
  if (b->uniform) {
    for (size_t i = 0; i < b->count; i++) d[i] = b->uniform[model][i] < density ? d[i] : 0;
    return;
  }
  const uint64_t stream = stream_of(m, model);
  const ig_dropout_row row = {.key = {(uint32_t)m->seed, (uint32_t)(m->seed >> 32)},
                              .counter = {0, (uint32_t)b->index, (uint32_t)stream, (uint32_t)(stream >> 32)},
                              .threshold = (uint32_t)lround((1 - density_of(t, model)) * 65536),
                              .scale = 1};
  m->kernels->dropout(&row, b->count, d, d);
}

static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

// Rank r of 1 .. c in a row stays with probability density - epsilon + 2 epsilon (r - 1) / (c - 1). order (c): scratch.
static void keep_by_rank(const ig_thinning *t, const ig_merge *m, const ig_merge_block *b, size_t model, float *d, uint64_t *order) {
  const double density = density_of(t, model), epsilon = extra_of(t, model);
  const uint64_t stream = stream_of(m, model);
  const size_t c = m->columns;
  for (size_t row = 0; row < b->rows; row++, d += c) {
    for (size_t i = 0; i < c; i++) order[i] = (uint64_t)ig_select_key(d[i]) << 32 | i;
    qsort(order, c, sizeof *order, by_value);
    for (size_t r = 0; r < c; r++) {
      const size_t i = (size_t)(order[r] & 0xFFFFFFFFu);
      const double p = c > 1 ? density - epsilon + 2 * epsilon * (double)r / (double)(c - 1) : density;
      const double drawn = b->uniform ? (double)b->uniform[model][row * c + i] : ig_random_uniform(m->seed, stream, (b->first_row + row) * c + i);
      const bool stays = drawn < (b->uniform ? (double)(float)p : p);
      d[i] = !stays ? 0 : t->rescale == IG_RESCALE_INVERSE ? d[i] / (float)p : d[i];
    }
  }
}

void ig_thinning_apply(const ig_thinning *t, const ig_merge *m, const ig_merge_block *b, size_t model, float *d) {
  const model_state *s = &states(m)[model];
  subtract(b, model, d);
  if (s->all) return;
  if (!s->chosen) {
    for (size_t i = 0; i < b->count; i++) d[i] = 0;
    return;
  }
  if (t->kind == IG_THIN_BY_MAGNITUDE) keep_largest(m, b, model, d);
  if (t->kind == IG_THIN_OUTLIERS) keep_middle(m, b, model, d);
  if (t->kind == IG_THIN_BY_CHANCE) keep_by_chance(t, m, b, model, d);
  if (t->kind == IG_THIN_BY_RANK_IN_ROW) keep_by_rank(t, m, b, model, d, (uint64_t *)(void *)(b->scratch + m->inputs * b->count));
  for (size_t i = 0; i < b->count && s->scale != 1; i++) d[i] *= s->scale;
}
