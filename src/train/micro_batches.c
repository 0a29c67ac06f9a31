#include "train/micro_batches.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "train/batches.h"
#include "train/trainer.h"

ig_status ig_micro_batches_make(ig_run *run, ig_micro_batches *out, ig_error *err) {
  const int count = run->config.accumulate, ranks = ig_cluster_size(run->cluster);
  *out = (ig_micro_batches){.count = count};
  IG_TRY(ig_share_make(count, ig_cluster_rank(run->cluster), ranks, &out->share, err));
  out->buffers = ig_allocate((size_t)count, sizeof *out->buffers, err);
  if (!out->buffers) return IG_ERROR_MEMORY;
  out->sums = ig_allocate((size_t)ranks * (size_t)out->share.each, sizeof *out->sums, err);
  if (!out->sums) return IG_ERROR_MEMORY;
  out->tree = (ig_gradient_tree){.pool = ig_trainer_pool(run->trainer),
                                 .groups = ig_trainer_groups(run->trainer),
                                 .gradients = run->model->gradients,
                                 .leaves = (size_t)(out->share.end - out->share.first)};
  IG_TRY(ig_kernels_select(&out->tree.kernels, err));
  IG_TRY(ig_gradient_tree_reserve(&out->tree, err));
  return ig_tree_sum_make(run->cluster, &out->ranks, err);
}

void ig_micro_batches_free(ig_micro_batches *m) {
  for (int i = 0; m->buffers && i < m->count; i++) ig_batcher_buffer_free(&m->buffers[i]);
  free(m->buffers);
  free(m->sums);
  ig_gradient_tree_free(&m->tree);
  ig_tree_sum_free(&m->ranks);
}

// Gets the batches of one update, where need be from two epochs, and moves on to the next. Every
// rank gets all of them: each then knows the targets of the update and where its own rows begin.
static ig_status gather(ig_micro_batches *m, ig_run *run, size_t *targets, ig_error *err) {
  ig_run_state *s = &run->state;
  *targets = 0;
  for (int i = 0; i < m->count; i++) {
    size_t batches;
    IG_TRY(ig_batches_epoch(run, s->epoch, &batches, err));
    if (s->batch >= batches) {
      s->epoch++;
      s->batch = 0;
      IG_TRY(ig_batches_epoch(run, s->epoch, &batches, err));
    }
    IG_TRY(ig_batches_get(run, (size_t)s->batch++, &m->buffers[i], err));
    s->source_tokens += m->buffers[i].source_tokens;
    *targets += ig_trainer_targets(run->trainer, &m->buffers[i].batch);
  }
  s->target_tokens += *targets;
  return IG_OK;
}

// The gradients of this rank's micro-batches, added up. losses (share.each).
static ig_status run_share(ig_micro_batches *m, ig_run *run, size_t targets, ig_loss_sums *losses,
                           ig_error *err) {
  for (int i = 0; i < m->share.first; i++) ig_trainer_skip(run->trainer, &m->buffers[i].batch);
  for (int i = m->share.first; i < m->share.end; i++) {
    const size_t leaf = (size_t)(i - m->share.first);
    IG_TRY(ig_trainer_accumulate_sums(run->trainer, &m->buffers[i].batch, (double)targets,
                                      &losses[leaf], err));
    ig_gradient_tree_add(&m->tree, leaf);
  }
  return IG_OK;
}

// What is trained lies in stretches with what is frozen between them, and every rank has the same.
static ig_status sum_over_ranks(const ig_micro_batches *m, ig_error *err) {
  const ig_parameter_groups *g = m->tree.groups;
  size_t begin = 0, end = 0;
  for (size_t i = 0; i < g->span_count; i++) {
    const ig_parameter_span *span = &g->spans[i];
    if (!span->frozen) end = span->end;
    if (!span->frozen && i + 1 < g->span_count) continue;
    if (end > begin)
      IG_TRY(ig_tree_sum_run(&m->ranks, m->tree.gradients + begin, end - begin, err));
    begin = span->end;
    end = begin;
  }
  return IG_OK;
}

ig_status ig_micro_batches_run(ig_micro_batches *m, ig_run *run, ig_loss_sums *sums,
                               ig_error *err) {
  *sums = (ig_loss_sums){0};
  IG_TRY(gather(m, run, &sums->tokens, err));
  ig_loss_sums *own = m->sums + m->share.first;
  IG_TRY(run_share(m, run, sums->tokens, own, err));
  const double begin = ig_clock_seconds();
  IG_TRY(
      ig_cluster_gather_all(run->cluster, own, (size_t)m->share.each * sizeof *own, m->sums, err));
  for (int i = 0; i < m->count; i++) {
    sums->loss += m->sums[i].loss;
    sums->nll += m->sums[i].nll;
    sums->kl_divergence += m->sums[i].kl_divergence;
  }
  IG_TRY(sum_over_ranks(m, err));
  m->seconds += ig_clock_seconds() - begin;
  return IG_OK;
}
