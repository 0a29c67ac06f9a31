#include "fuse/search/learning_data.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "data/split.h"

// A batch has so many sentences, whatever their tokens.
enum { USUAL_LENGTH = 256, VALID_SENTENCES = 64, ANY_TOKENS = INT32_MAX / 4 };

// ---- reading ----------------------------------------------------------------

static ig_status choose_length(const ig_learning_data_args *args, int *out, ig_error *err) {
  const int positions = args->positions > 0 ? args->positions : INT32_MAX,
            wanted = args->learning->max_length;
  *out = wanted ? wanted : USUAL_LENGTH < positions ? USUAL_LENGTH : positions;
  if (*out <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s.max_length: the models have %d positions, found %d",
                 args->learning->key, positions, *out);
}

static void tell_left_out(const ig_learning_data_args *args, const ig_corpus *c, int length) {
  const size_t count = c->too_long + c->empty;
  if (count)
    ig_report(args->reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu pairs are left out, the first at %s:%zu: %zu longer than %d "
              "tokens (%s.max_length), %zu with an empty side",
              args->learning->key, count, c->lines, c->left_out_path, c->left_out_line, c->too_long,
              length, args->learning->key, c->empty);
  for (int side = 0; side < 2; side++)
    if (c->unknown[side].tokens)
      ig_report(args->reporter, IG_LEVEL_WARNING, "%s: %s: %llu tokens are <unk>",
                args->learning->key, side == IG_SIDE_SOURCE ? "source" : "target",
                (unsigned long long)c->unknown[side].tokens);
}

static ig_status load_pairs(const ig_learning_data_args *args, const ig_learning_pairs *from,
                            ig_corpus *out, ig_error *err) {
  int length;
  IG_TRY(choose_length(args, &length, err));
  const ig_corpus_files files = {.source = &from->source, .target = &from->target, .count = 1};
  const ig_corpus_options options = {.tokenizer = args->tokenizer,
                                     .pool = args->pool,
                                     .max_length = length,
                                     .reporter = args->reporter};
  IG_TRY(ig_corpus_load(&files, &options, out, err));
  tell_left_out(args, out, length);
  if (out->pairs) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left", from->source);
}

// ---- sets -------------------------------------------------------------------

static ig_status make_batcher(const ig_learning_data_args *args, bool shuffle, int sentences,
                              ig_learning_set *set, ig_error *err) {
  const ig_batcher_options options = {.batch_tokens = ANY_TOKENS,
                                      .batch_sequences = sentences,
                                      .pool_batches = 1,
                                      .seed = args->seed,
                                      .shuffle = shuffle,
                                      .decoder_start_id = args->decoder_start_id};
  IG_TRY(ig_batcher_create(&set->pairs, &options, &set->batcher, err));
  return ig_batcher_epoch(set->batcher, 0, &set->batches, err);
}

static double sum_of_weights(const ig_learning_pairs *pairs, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += pairs[i].weight;
  return sum;
}

// A set's part of the sentences of a step.
static int sentences_of(const ig_learning *learning, double share) {
  const long sentences = lround(share * learning->batch_sentences);
  return sentences < 1 ? 1 : (int)sentences;
}

static ig_status make_sets(size_t count, const ig_learning_pairs *pairs, ig_learning_set **out,
                           size_t *out_count, ig_error *err) {
  *out = ig_allocate(count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  *out_count = count;
  for (size_t i = 0; i < count; i++) {
    (*out)[i].name = pairs[i].source;
    (*out)[i].teacher = pairs[i].teacher;
    (*out)[i].share = pairs[i].weight / sum_of_weights(pairs, count);
  }
  return IG_OK;
}

// Divides pairs into those of a set and those of another, to validate on.
static ig_status divide_pairs(const ig_learning_data_args *args, const ig_corpus *all,
                              ig_learning_set *train, ig_learning_set *valid, ig_error *err) {
  const ig_status status = ig_split_corpus(all, args->learning->valid_share, args->seed,
                                           &valid->pairs, &train->pairs, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", train->name);
}

// Fills train[index], and valid[index] with a part of its pairs if they are to be divided.
static ig_status fill_train(const ig_learning_data_args *args, ig_learning_data *data, size_t index,
                            bool divide, ig_error *err) {
  const ig_learning *learning = args->learning;
  ig_learning_set *set = &data->train[index];
  if (divide) {
    ig_corpus all = {0};
    ig_status status = load_pairs(args, &learning->data[index], &all, err);
    if (status == IG_OK) status = divide_pairs(args, &all, set, &data->valid[index], err);
    ig_corpus_free(&all);
    IG_TRY(status);
  } else {
    IG_TRY(load_pairs(args, &learning->data[index], &set->pairs, err));
  }
  return make_batcher(args, true, sentences_of(learning, set->share), set, err);
}

ig_status ig_learning_data_load(const ig_learning_data_args *args, ig_learning_data *out,
                                ig_error *err) {
  const ig_learning *l = args->learning;
  const bool divide = l->valid_count == 0 && l->valid_share > 0;
  *out = (ig_learning_data){0};
  IG_TRY(make_sets(l->data_count, l->data, &out->train, &out->train_count, err));
  if (divide) IG_TRY(make_sets(l->data_count, l->data, &out->valid, &out->valid_count, err));
  for (size_t i = 0; i < out->train_count; i++) IG_TRY(fill_train(args, out, i, divide, err));
  if (l->valid_count)
    IG_TRY(make_sets(l->valid_count, l->valid, &out->valid, &out->valid_count, err));
  for (size_t i = 0; i < out->valid_count; i++) {
    if (!divide) IG_TRY(load_pairs(args, &l->valid[i], &out->valid[i].pairs, err));
    IG_TRY(make_batcher(args, false, VALID_SENTENCES, &out->valid[i], err));
  }
  return IG_OK;
}

static void free_sets(ig_learning_set *sets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    ig_batcher_free(sets[i].batcher);
    ig_corpus_free(&sets[i].pairs);
  }
  free(sets);
}

void ig_learning_data_free(ig_learning_data *data) {
  free_sets(data->train, data->train_count);
  free_sets(data->valid, data->valid_count);
  ig_batcher_buffer_free(&data->buffer);
  *data = (ig_learning_data){0};
}

// ---- what there is ----------------------------------------------------------

uint64_t ig_learning_data_fingerprint(const ig_learning_data *data) {
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a over the sets' own
  for (size_t i = 0; i < data->train_count; i++)
    hash = (hash ^ ig_corpus_fingerprint(&data->train[i].pairs)) * 0x100000001B3u;
  for (size_t i = 0; i < data->valid_count; i++)
    hash = (hash ^ ig_corpus_fingerprint(&data->valid[i].pairs)) * 0x100000001B3u;
  return hash;
}

// ---- batches ----------------------------------------------------------------

ig_status ig_learning_data_seek(ig_learning_data *data, int step, ig_error *err) {
  for (size_t i = 0; i < data->train_count; i++) {
    ig_learning_set *set = &data->train[i];
    set->epoch = 0;
    set->next = (size_t)step;
    IG_TRY(ig_batcher_epoch(set->batcher, 0, &set->batches, err));
    while (set->next >= set->batches) {
      set->next -= set->batches;
      IG_TRY(ig_batcher_epoch(set->batcher, ++set->epoch, &set->batches, err));
    }
  }
  return IG_OK;
}

ig_status ig_learning_data_next(ig_learning_data *data, ig_learning_set *set, ig_error *err) {
  if (set->next == set->batches) {
    set->next = 0;
    IG_TRY(ig_batcher_epoch(set->batcher, ++set->epoch, &set->batches, err));
  }
  return ig_batcher_get(set->batcher, set->next++, &data->buffer, err);
}
