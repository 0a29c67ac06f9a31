// Combines the members' scores, and holds the states of all members.
#include "decode/ensemble.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// ---- the means --------------------------------------------------------------

// What one member says: the log-probabilities x - normalizer.
typedef struct member_scores {
  size_t count;
  const float *x;  // (count)
  float normalizer;
} member_scores;

// total (count) := log(w p) for the first member, log(total + w p) for those after it. total may be
// the first one's x.
static void add_probabilities(const ig_kernels *kernels, float weight, bool first,
                              const member_scores *s, float *total) {
  const float shift = logf(weight) - s->normalizer;
  if (!first) {
    kernels->log_add_exp(s->count, shift, s->x, total);
    return;
  }
  for (size_t i = 0; i < s->count; i++) total[i] = s->x[i] + shift;
}

// total (count) := w x for the first member, total + w x for those after it: w log p without the
// normalizer, which is one number a row.
static void add_logarithms(const ig_kernels *kernels, float weight, bool first,
                           const member_scores *s, float *total) {
  if (first)
    kernels->scale(s->count, weight, s->x, total);
  else
    kernels->axpy(s->count, weight, s->x, total);
}

static void add_member(const ig_members *members, const ig_kernels *kernels, int m,
                       const member_scores *s, float *total) {
  const float weight = members->list[m].weight;
  if (members->mean == IG_MEAN_ARITHMETIC)
    add_probabilities(kernels, weight, m == 0, s, total);
  else
    add_logarithms(kernels, weight, m == 0, s, total);
}

// ---- decoding ---------------------------------------------------------------

// M members.
struct ig_ensemble_inference {
  const ig_members *members;
  const ig_kernels *kernels;
  ig_pool *pool;
  ig_inference **inference;  // (M)
  float **logits;     // (M): of the running step, (rows, V); the first become the combined ones
  float *normalizer;  // (slots): of the combined rows
  int *ids;           // (slots): of a member whose start token is not the first one's
  size_t longest;     // source rows of one sentence, at most
};

static ig_status create_members(ig_ensemble_inference *e, const ig_inference_size *size,
                                ig_error *err) {
  ig_inference_size others = *size;
  others.attended = 0;  // the first member's attention is that of the ensemble
  for (int m = 0; m < e->members->count; m++)
    IG_TRY(ig_inference_create(e->members->list[m].model, e->pool, m == 0 ? size : &others,
                               &e->inference[m], err));
  return ig_kernels_select(&e->kernels, err);
}

ig_status ig_ensemble_inference_create(const ig_members *members, ig_pool *pool,
                                       const ig_inference_size *size, ig_ensemble_inference **out,
                                       ig_error *err) {
  const size_t count = (size_t)members->count, slots = (size_t)size->slots;
  *out = NULL;
  ig_ensemble_inference *e = ig_allocate(1, sizeof *e, err);
  if (!e) return IG_ERROR_MEMORY;
  e->members = members;
  e->pool = pool;
  e->longest = (size_t)size->longest;
  e->inference = ig_allocate(count, sizeof *e->inference, err);
  e->logits = ig_allocate(count, sizeof *e->logits, err);
  e->normalizer = ig_allocate(slots, sizeof *e->normalizer, err);
  e->ids = ig_allocate(slots, sizeof *e->ids, err);
  const bool allocated = e->inference && e->logits && e->normalizer && e->ids;
  const ig_status status = allocated ? create_members(e, size, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = e;
  else
    ig_ensemble_inference_free(e);
  return status;
}

void ig_ensemble_inference_free(ig_ensemble_inference *e) {
  if (!e) return;
  for (int m = 0; e->inference && m < e->members->count; m++) ig_inference_free(e->inference[m]);
  free(e->inference);
  free(e->logits);
  free(e->normalizer);
  free(e->ids);
  free(e);
}

void ig_ensemble_watch(ig_ensemble_inference *e, ig_interrupt_watch *watch) {
  for (int m = 0; m < e->members->count; m++) e->inference[m]->context.nn.watch = watch;
}

void ig_ensemble_join(ig_ensemble_inference *e, int member, const int *seats, const int *ids,
                      const ig_ragged *sentences) {
  ig_inference_join(e->inference[member], seats, ids, sentences);
}

void ig_ensemble_leave(ig_ensemble_inference *e, int seat) {
  for (int m = 0; m < e->members->count; m++) ig_decoder_run_leave(e->inference[m]->decoder, seat);
}

void ig_ensemble_leave_all(ig_ensemble_inference *e) {
  for (int m = 0; m < e->members->count; m++) ig_decoder_run_leave_all(e->inference[m]->decoder);
}

int ig_ensemble_capacity(const ig_ensemble_inference *e) {
  int capacity = ig_decoder_run_free_rows(e->inference[0]->decoder);
  for (int m = 1; m < e->members->count; m++) {
    const int its = ig_decoder_run_free_rows(e->inference[m]->decoder);
    if (its < capacity) capacity = its;
  }
  return capacity;
}

static void combine_row(void *context, size_t row, int worker) {
  (void)worker;
  ig_ensemble_inference *e = context;
  const size_t vocabulary = (size_t)e->members->list[0].model->config.target_vocab_size;
  const bool arithmetic = e->members->mean == IG_MEAN_ARITHMETIC;
  float *total = e->logits[0] + row * vocabulary, normalizer = 0;
  for (int m = 0; m < e->members->count; m++) {
    const float *x = e->logits[m] + row * vocabulary;
    const member_scores s = {vocabulary, x, e->kernels->log_sum_exp(vocabulary, x)};
    add_member(e->members, e->kernels, m, &s, total);
    // Of an arithmetic mean the sum is 0, but 0 times what is no number is no number, which the
    // search will report.
    const float weight = arithmetic ? 0.0f : e->members->list[m].weight;
    normalizer = fmaf(weight, s.normalizer, normalizer);
  }
  e->normalizer[row] = normalizer;
}

// The step's last tokens as member m reads them: at position 0 they are its own start token.
static const int *ids_of(const ig_ensemble_inference *e, int m, const ig_decoder_step *step) {
  const int start = e->members->list[m].start_id;
  if (start == e->members->list[0].start_id) return step->ids;
  for (int r = 0; r < step->rows; r++) e->ids[r] = step->position[r] == 0 ? start : step->ids[r];
  return e->ids;
}

static float *run_members(void *context, const ig_decoder_step *step) {
  ig_ensemble_inference *e = context;
  for (int m = 0; m < e->members->count; m++) {
    ig_decoder_step its = *step;
    its.ids = ids_of(e, m, step);
    e->logits[m] = ig_decoder_run_step(e->inference[m]->decoder, &its);
  }
  ig_pool_run(step->rows > 1 ? e->pool : NULL, (size_t)step->rows, combine_row, e);
  return e->logits[0];
}

ig_stepper ig_ensemble_stepper(ig_ensemble_inference *e) {
  ig_stepper stepper = {.run = run_members, .context = e, .normalizer = e->normalizer};
  if (e->members->count == 1) stepper = ig_search_stepper_of(e->inference[0]->decoder);
  stepper.attention = ig_decoder_run_attention(e->inference[0]->decoder);
  stepper.attention_stride = e->longest;
  return stepper;
}

ig_decoder_run *ig_ensemble_decoder(ig_ensemble_inference *e) {
  assert(e->members->count == 1);
  return e->inference[0]->decoder;
}

// ---- scoring ----------------------------------------------------------------

struct ig_ensemble_scorer {
  const ig_members *members;
  const ig_kernels *kernels;
  ig_scorer **scorer;  // (M)
  float *log_probs;    // (capacity): of the member that was run last
  size_t capacity;
};

static ig_status create_scorers(ig_ensemble_scorer *s, ig_pool *pool, ig_error *err) {
  for (int m = 0; m < s->members->count; m++) {
    const ig_member *member = &s->members->list[m];
    IG_TRY(ig_scorer_create(member->model, pool, member->start_id, &s->scorer[m], err));
  }
  return ig_kernels_select(&s->kernels, err);
}

ig_status ig_ensemble_scorer_create(const ig_members *members, ig_pool *pool,
                                    ig_ensemble_scorer **out, ig_error *err) {
  *out = NULL;
  ig_ensemble_scorer *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->members = members;
  s->scorer = ig_allocate((size_t)members->count, sizeof *s->scorer, err);
  const ig_status status = s->scorer ? create_scorers(s, pool, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = s;
  else
    ig_ensemble_scorer_free(s);
  return status;
}

void ig_ensemble_scorer_free(ig_ensemble_scorer *s) {
  if (!s) return;
  for (int m = 0; s->scorer && m < s->members->count; m++) ig_scorer_free(s->scorer[m]);
  free(s->scorer);
  free(s->log_probs);
  free(s);
}

static ig_status reserve_log_probs(ig_ensemble_scorer *s, size_t rows, ig_error *err) {
  return ig_allocate_more((void **)&s->log_probs, &s->capacity, rows, sizeof *s->log_probs, err);
}

ig_status ig_ensemble_scorer_reserve(ig_ensemble_scorer *s, const ig_pass_bounds *most,
                                     ig_error *err) {
  if (s->members->count > 1) IG_TRY(reserve_log_probs(s, (size_t)most->target_rows, err));
  for (int m = 0; m < s->members->count; m++) IG_TRY(ig_scorer_reserve(s->scorer[m], most, err));
  return IG_OK;
}

ig_status ig_ensemble_scorer_run(ig_ensemble_scorer *s, int member, const ig_score_args *args,
                                 float *log_probs, ig_error *err) {
  if (s->members->count == 1 || !log_probs)
    return ig_scorer_run(s->scorer[member], args, log_probs, err);
  const size_t rows = (size_t)ig_ragged_rows(&args->target);
  IG_TRY(reserve_log_probs(s, rows, err));
  IG_TRY(ig_scorer_run(s->scorer[member], args, s->log_probs, err));
  const member_scores its = {rows, s->log_probs, 0};
  add_member(s->members, s->kernels, member, &its, log_probs);
  return IG_OK;
}
