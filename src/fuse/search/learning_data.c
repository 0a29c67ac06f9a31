#include "fuse/search/learning_data.h"

#include <math.h>
#include <stdlib.h>

#include "answer/answer_model.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "base/size.h"
#include "data/corpus_load.h"
#include "data/split.h"
#include "fuse/search/learning_questions.h"

// Sentences, or windows, of a batch, whatever their tokens.
enum {
  USUAL_LENGTH = 256,
  USUAL_WINDOW = 384,
  VALID_SENTENCES = 64,
  VALID_WINDOWS = 16,
  ANY_TOKENS = INT32_MAX / 4
};

ig_status ig_learning_data_check_model(const ig_config *config, const char *where,
                                       const char *method, ig_error *err) {
  if (ig_config_decodes(config) || config->head.kind == IG_HEAD_SPAN) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: %s needs models that translate or answer: it is an encoder without a decoder "
                 "and without a head for question answering",
                 where, method);
}

// ---- reading ----------------------------------------------------------------

static ig_status choose_length(const ig_learning_data_args *args, int usual, int *out,
                               ig_error *err) {
  const int positions =
                args->config->positions.count > 0 ? args->config->positions.count : INT32_MAX,
            wanted = args->learning->lengths.max_length;
  *out = wanted ? wanted : usual < positions ? usual : positions;
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

static ig_status load_pairs(const ig_learning_data_args *args, const ig_learning_files *from,
                            ig_corpus *out, ig_error *err) {
  int length;
  if (!ig_config_decodes(args->config))
    return ig_yaml_fail(from->node, err,
                        "the models are encoders, which learn from 'questions': found pairs of "
                        "lines");
  IG_TRY(choose_length(args, USUAL_LENGTH, &length, err));
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

// ---- questions --------------------------------------------------------------

static ig_status check_stride(const ig_learning_data_args *args, int window, ig_error *err) {
  const ig_learning *l = args->learning;
  if (l->lengths.stride < window) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s.max_length: expected more than %s.stride, which is %d, found %d", l->key,
                 l->key, l->lengths.stride, window);
}

// An encoder finds places of answers: its tokenizer must frame pairs of texts, no label is
// smoothed, and there are no tokens to be unsure of.
static ig_status check_questions(const ig_learning_data_args *args, const ig_learning_files *from,
                                 ig_error *err) {
  if (ig_config_decodes(args->config)) return IG_OK;
  if (args->learning->label_smoothing > 0)
    return ig_yaml_fail(from->node, err,
                        "the models are encoders, which find answers: expected no "
                        "%s.label_smoothing, found %g",
                        args->learning->key, args->learning->label_smoothing);
  if (args->learning->loss == IG_LEARNING_LOSS_ENTROPY)
    return ig_yaml_fail(from->node, err,
                        "the models are encoders, which say no tokens: expected %s.loss references "
                        "or teachers, found entropy",
                        args->learning->key);
  const ig_status status = ig_answer_model_check_types(args->config, args->tokenizer, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", from->questions);
}

// ---- sets -------------------------------------------------------------------

static ig_status begin_batches(const ig_learning_data_args *args, ig_batcher_options options,
                               ig_learning_set *set, ig_error *err) {
  options.pool_batches = 1;
  options.seed = args->seed;
  options.decoder_start_id = args->config->decoder_start_id;
  IG_TRY(ig_batcher_create(&set->pairs, &options, &set->batcher, err));
  return ig_batcher_epoch(set->batcher, 0, &set->batches, err);
}

static double sum_of_weights(const ig_learning_files *sets, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += sets[i].weight;
  return sum;
}

// A set's part of the sentences of a step.
static int sentences_of(const ig_learning *learning, double share) {
  const long sentences = lround(share * learning->batch_sentences);
  return sentences < 1 ? 1 : (int)sentences;
}

static ig_status make_sets(size_t count, const ig_learning_files *sets, ig_learning_set **out,
                           size_t *out_count, ig_error *err) {
  *out = ig_allocate(count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  *out_count = count;
  for (size_t i = 0; i < count; i++) {
    (*out)[i].name = sets[i].questions ? sets[i].questions : sets[i].source;
    (*out)[i].teacher = sets[i].teacher;
    (*out)[i].share = sets[i].weight / sum_of_weights(sets, count);
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

static ig_status load_divided(const ig_learning_data_args *args, const ig_learning_files *from,
                              ig_learning_set *train, ig_learning_set *valid, ig_error *err) {
  ig_corpus all = {0};
  ig_status status = load_pairs(args, from, &all, err);
  if (status == IG_OK) status = divide_pairs(args, &all, train, valid, err);
  ig_corpus_free(&all);
  return status;
}

// valid: the set that gets a part of it, to validate on; NULL: none does.
static ig_status load_set(const ig_learning_data_args *args, const ig_learning_files *from,
                          ig_learning_set *set, ig_learning_set *valid, ig_error *err) {
  if (!from->questions)
    return valid ? load_divided(args, from, set, valid, err)
                 : load_pairs(args, from, &set->pairs, err);
  ig_learning_questions_args how = {.reading = {.tokenizer = args->tokenizer,
                                                .stride = args->learning->lengths.stride,
                                                .bare = true,
                                                .prompts = ig_config_decodes(args->config)},
                                    .path = from->questions,
                                    .reporter = args->reporter,
                                    .valid_share = args->learning->valid_share,
                                    .seed = args->seed};
  IG_TRY(check_questions(args, from, err));
  IG_TRY(choose_length(args, USUAL_WINDOW, &how.reading.max_length, err));
  IG_TRY(check_stride(args, how.reading.max_length, err));
  return ig_learning_questions_load(&how, &set->pairs, valid ? &valid->pairs : NULL, err);
}

// Batches to learn from. A window's target has few tokens, so windows are counted, as if each were
// of the usual length.
static ig_status begin_to_learn(const ig_learning_data_args *args, const ig_learning_files *from,
                                ig_learning_set *set, ig_error *err) {
  ig_batcher_options options = {.batch_tokens = ANY_TOKENS, .shuffle = true};
  if (!args->batch_tokens)
    options.batch_sequences = sentences_of(args->learning, set->share);
  else if (from->questions)
    options.batch_sequences = 1 + args->batch_tokens / USUAL_WINDOW;
  else
    options.batch_tokens = args->batch_tokens;
  return begin_batches(args, options, set, err);
}

static ig_status begin_to_validate(const ig_learning_data_args *args, const ig_learning_files *from,
                                   ig_learning_set *set, ig_error *err) {
  const ig_batcher_options options = {
      .batch_tokens = ANY_TOKENS,
      .batch_sequences = from->questions ? VALID_WINDOWS : VALID_SENTENCES};
  return begin_batches(args, options, set, err);
}

ig_status ig_learning_data_load(const ig_learning_data_args *args, ig_learning_data *out,
                                ig_error *err) {
  const ig_learning *l = args->learning;
  const bool divide = l->valid_count == 0 && l->valid_share > 0;
  *out = (ig_learning_data){0};
  IG_TRY(make_sets(l->data_count, l->data, &out->train, &out->train_count, err));
  if (divide) IG_TRY(make_sets(l->data_count, l->data, &out->valid, &out->valid_count, err));
  for (size_t i = 0; i < out->train_count; i++) {
    ig_learning_set *set = &out->train[i];
    IG_TRY(load_set(args, &l->data[i], set, divide ? &out->valid[i] : NULL, err));
    IG_TRY(begin_to_learn(args, &l->data[i], set, err));
  }
  if (l->valid_count)
    IG_TRY(make_sets(l->valid_count, l->valid, &out->valid, &out->valid_count, err));
  for (size_t i = 0; i < out->valid_count; i++) {
    const ig_learning_files *from = divide ? &l->data[i] : &l->valid[i];
    if (!divide) IG_TRY(load_set(args, from, &out->valid[i], NULL, err));
    IG_TRY(begin_to_validate(args, from, &out->valid[i], err));
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

ig_batch_bounds ig_learning_data_largest(const ig_learning_data *data) {
  ig_batch_bounds most = {0};
  for (size_t i = 0; i < data->train_count; i++) {
    const ig_batch_bounds b = ig_batcher_largest(data->train[i].batcher);
    most.sequences = ig_size_larger(most.sequences, b.sequences);
    for (int side = 0; side < 2; side++) {
      most.tokens[side] = ig_size_larger(most.tokens[side], b.tokens[side]);
      most.longest[side] = ig_size_larger(most.longest[side], b.longest[side]);
    }
  }
  return most;
}

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
