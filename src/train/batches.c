// Batches of epochs, from one segmentation of the corpus or from a new one each.
#include "train/batches.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "train/trainer.h"

static ig_status sample_segmentations(ig_run *run, uint64_t epoch, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (!d->sampling_nbest || (run->sampled.pairs > 0 && run->sampled_epoch == epoch)) return IG_OK;
  const ig_corpus_options options = {.tokenizer = run->tokenizer,
                                     .pool = ig_trainer_pool(run->trainer),
                                     .max_length = run->max_length};
  const ig_corpus_sampling sampling = {.n_best = d->sampling_nbest,
                                       .alpha = d->sampling_alpha,
                                       .seed = run->config.seed,
                                       .epoch = epoch};
  if (ig_tokenizer_kind_of(run->tokenizer) == IG_TOKENIZER_WORDS)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: data.sampling: tokens separated by white space have no other segmentation",
                   run->config.path);
  ig_corpus_free(&run->sampled);
  run->sampled_epoch = epoch;
  const ig_status status = ig_corpus_sample(&run->train, &options, &sampling, &run->sampled, err);
  return status == IG_OK ? IG_OK
                         : ig_fail_in(err, status, "%s: data.sampling, which needs a unigram model",
                                      run->config.path);
}

ig_status ig_batches_epoch(ig_run *run, uint64_t epoch, size_t *batches, ig_error *err) {
  IG_TRY(sample_segmentations(run, epoch, err));
  return ig_batcher_epoch(run->batcher, epoch, batches, err);
}

ig_status ig_batches_get(ig_run *run, size_t index, ig_batch_buffer *out, ig_error *err) {
  IG_TRY(ig_batcher_get(run->batcher, index, out, err));
  size_t count;
  if (run->masking.special)
    ig_masking_apply(&run->masking, &run->train, run->state.epoch,
                     ig_batcher_pairs(run->batcher, index, &count), out);
  return IG_OK;
}

ig_status ig_batches_get_valid(ig_run *run, size_t index, ig_batch_buffer *out, ig_error *err) {
  IG_TRY(ig_batcher_get(run->valid_batcher, index, out, err));
  size_t count;
  if (run->valid_masking.special)
    ig_masking_apply(&run->valid_masking, &run->valid, 0,
                     ig_batcher_pairs(run->valid_batcher, index, &count), out);
  return IG_OK;
}

// How much of each corpus an epoch has. The caller frees *parts; NULL: of no several corpora.
static ig_status make_parts(const ig_run *run, ig_batcher_part **parts, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  size_t before = 0;
  *parts = NULL;
  if (d->corpus_count == 0) return IG_OK;
  *parts = ig_allocate(d->corpus_count, sizeof **parts, err);
  if (!*parts) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < d->corpus_count; i++) {
    const ig_train_corpus *corpus = &d->corpora[i];
    const size_t end = run->train.input_ends[corpus->first + corpus->count - 1];
    (*parts)[i] = (ig_batcher_part){.pairs = end - before, .weight = corpus->weight};
    before = end;
  }
  return IG_OK;
}

static ig_status make_train_batcher(ig_run *run, ig_batcher_options options, ig_error *err) {
  ig_batcher_part *parts;
  IG_TRY(make_parts(run, &parts, err));
  options.parts = parts;
  options.part_count = run->config.data.corpus_count;
  const ig_corpus *corpus = run->config.data.sampling_nbest ? &run->sampled : &run->train;
  const ig_status status = ig_batcher_create(corpus, &options, &run->batcher, err);
  free(parts);
  return status;
}

static ig_status make_batchers(ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  ig_batcher_options options = {.batch_tokens = c->batch_tokens,
                                .batch_sequences = c->batch_sequences,
                                .pool_batches = c->pool_batches,
                                .seed = c->seed,
                                .shuffle = true,
                                .decoder_start_id = ig_model_config(run->model)->decoder_start_id};
  IG_TRY(sample_segmentations(run, run->state.epoch, err));
  IG_TRY(make_train_batcher(run, options, err));
  if (run->valid.pairs == 0) return IG_OK;
  options.shuffle = false;
  return ig_batcher_create(&run->valid, &options, &run->valid_batcher, err);
}

// With sampling, a sentence of a later epoch may have any number of pieces, from one to as many as
// are allowed.
static void widen_for_sampling(const ig_run *run, ig_batch_bounds *most) {
  const size_t longest = (size_t)run->max_length;
  for (int side = 0; side < 2; side++) {
    most->longest[side] = longest;
    if (most->tokens[side] < longest) most->tokens[side] = longest;
  }
  // The shortest sentence is one piece and the end token.
  most->sequences = most->tokens[IG_SIDE_TARGET] / 2;
  const size_t entries = ig_batcher_entries(run->batcher);
  if (most->sequences > entries) most->sequences = entries;
}

ig_status ig_batches_make(ig_run *run, ig_error *err) {
  size_t batches;
  IG_TRY(make_batchers(run, err));
  IG_TRY(ig_batches_epoch(run, run->state.epoch, &batches, err));
  ig_batch_bounds most = ig_batcher_most(run->batcher);
  const ig_batch_bounds expected = ig_batcher_largest(run->batcher);
  if (run->config.data.sampling_nbest) widen_for_sampling(run, &most);
  return ig_trainer_reserve(run->trainer, &most, &expected, err);
}
