// Lays an epoch out in batches, and fills one.
#include "data/batcher.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"
#include "base/size.h"

#define DEFAULT_POOL 100

typedef struct batch_range {
  size_t begin, end;  // of order
} batch_range;

struct ig_batcher {
  const ig_corpus *corpus;
  ig_batcher_options options;
  uint64_t epoch;
  bool laid_out;
  ig_batcher_part *parts;  // (part_count)
  size_t part_count;
  // (pairs of the corpus): where a part's weight is no whole number, its pairs in the order in
  // which epochs take them; NULL: all are whole.
  uint32_t *turns;
  uint32_t *order;       // (entries): a pair as often as the epoch has it
  size_t entries;        // of the epoch that is laid out
  batch_range *batches;  // (count)
  size_t count, capacity;
  batch_range *moved;  // workspace that shuffles the batches of one pool
  uint32_t *shuffled;
  size_t moved_capacity, shuffled_capacity;
  struct pair_key *keys;  // workspace that sorts one pool
  size_t key_capacity;
};

typedef struct pair_key {
  size_t target, source;  // lengths
  // In the shuffled order. It breaks ties, so that the result does not depend on qsort.
  size_t position;
  uint32_t pair;
} pair_key;

// ---- parts ------------------------------------------------------------------

// How many entries the epochs before this one have taken of a part.
static uint64_t taken_before(const ig_batcher_part *part, uint64_t epoch) {
  return (uint64_t)llround((double)epoch * part->weight * (double)part->pairs);
}

static bool is_whole(double weight) { return weight == floor(weight); }

static ig_status copy_parts(ig_batcher *b, ig_error *err) {
  const ig_batcher_options *o = &b->options;
  const ig_batcher_part all = {.pairs = b->corpus->pairs, .weight = 1};
  b->part_count = o->parts ? o->part_count : 1;
  b->parts = ig_allocate(b->part_count, sizeof *b->parts, err);
  if (!b->parts) return IG_ERROR_MEMORY;
  memcpy(b->parts, o->parts ? o->parts : &all, b->part_count * sizeof *b->parts);
  b->options.parts = NULL;
  return IG_OK;
}

static ig_status choose_turns(ig_batcher *b, ig_error *err) {
  size_t first = 0;
  for (size_t p = 0; p < b->part_count; first += b->parts[p++].pairs) {
    if (is_whole(b->parts[p].weight)) continue;
    if (!b->turns) b->turns = ig_allocate(b->corpus->pairs, sizeof *b->turns, err);
    if (!b->turns) return IG_ERROR_MEMORY;
    ig_random_permutation(b->options.seed, ig_random_stream("data.parts") + p, b->parts[p].pairs,
                          b->turns + first);
  }
  return IG_OK;
}

// The most entries that an epoch can have.
static double most_entries(const ig_batcher *b) {
  double most = 0;
  for (size_t p = 0; p < b->part_count; p++)
    most += is_whole(b->parts[p].weight) ? b->parts[p].weight * (double)b->parts[p].pairs
                                         : ceil(b->parts[p].weight * (double)b->parts[p].pairs);
  return most;
}

static ig_status make_parts(ig_batcher *b, ig_error *err) {
  IG_TRY(copy_parts(b, err));
  const double most = most_entries(b);
  double least = 0;  // of any epoch
  for (size_t p = 0; p < b->part_count; p++)
    least += floor(b->parts[p].weight * (double)b->parts[p].pairs);
  if (least < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "the weights are so small that an epoch would have no pair of sentences");
  if (most > (double)UINT32_MAX)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%.0f pairs of sentences in an epoch: at most %u",
                   most, UINT32_MAX);
  IG_TRY(choose_turns(b, err));
  b->order = ig_allocate((size_t)most, sizeof *b->order, err);
  return b->order ? IG_OK : IG_ERROR_MEMORY;
}

static size_t count_entries(const ig_batcher *b, uint64_t epoch) {
  uint64_t entries = 0;
  for (size_t p = 0; p < b->part_count; p++)
    entries += taken_before(&b->parts[p], epoch + 1) - taken_before(&b->parts[p], epoch);
  return (size_t)entries;
}

// The pair that is the entry of an epoch, which counts the parts' one after the other.
static uint32_t pair_of_entry(const ig_batcher *b, uint64_t epoch, uint64_t entry) {
  size_t first = 0, p = 0;
  uint64_t before, count;
  for (;; first += b->parts[p++].pairs) {
    before = taken_before(&b->parts[p], epoch);
    count = taken_before(&b->parts[p], epoch + 1) - before;
    if (entry < count) break;
    entry -= count;
  }
  const size_t at = (size_t)((before + entry) % b->parts[p].pairs);
  return (uint32_t)(first + (is_whole(b->parts[p].weight) ? at : b->turns[first + at]));
}

ig_status ig_batcher_create(const ig_corpus *corpus, const ig_batcher_options *options,
                            ig_batcher **out, ig_error *err) {
  if (options->batch_tokens < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT, "batch_tokens: expected a number above 0, found %d",
                   options->batch_tokens);
  if (corpus->pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "no pair of sentences is left to make batches of");
  ig_batcher *b = ig_allocate(1, sizeof *b, err);
  if (!b) return IG_ERROR_MEMORY;
  b->corpus = corpus;
  b->options = *options;
  if (b->options.pool_batches <= 0) b->options.pool_batches = DEFAULT_POOL;
  const ig_status status = make_parts(b, err);
  if (status != IG_OK)
    ig_batcher_free(b);
  else
    *out = b;
  return status;
}

void ig_batcher_free(ig_batcher *b) {
  if (!b) return;
  free(b->parts);
  free(b->turns);
  free(b->order);
  free(b->batches);
  free(b->moved);
  free(b->shuffled);
  free(b->keys);
  free(b);
}

static int compare_keys(const void *left, const void *right) {
  const pair_key *a = left, *b = right;
  if (a->target != b->target) return a->target < b->target ? -1 : 1;
  if (a->source != b->source) return a->source < b->source ? -1 : 1;
  return a->position < b->position ? -1 : a->position > b->position;
}

// The end of the pool that begins here: it has as many target tokens as pool_batches full batches.
static size_t pool_end(const ig_batcher *b, size_t begin) {
  const size_t budget = (size_t)b->options.pool_batches * (size_t)b->options.batch_tokens;
  size_t tokens = 0, end = begin;
  for (; end < b->entries && (end == begin || tokens < budget); end++)
    tokens += ig_corpus_length(b->corpus, IG_SIDE_TARGET, b->order[end]);
  return end;
}

static ig_status sort_pool(ig_batcher *b, size_t begin, size_t end, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&b->keys, &b->key_capacity, end - begin, sizeof *b->keys, err));
  for (size_t i = begin; i < end; i++) {
    const uint32_t pair = b->order[i];
    b->keys[i - begin] = (pair_key){.target = ig_corpus_length(b->corpus, IG_SIDE_TARGET, pair),
                                    .source = ig_corpus_length(b->corpus, IG_SIDE_SOURCE, pair),
                                    .position = i,
                                    .pair = pair};
  }
  qsort(b->keys, end - begin, sizeof *b->keys, compare_keys);
  for (size_t i = begin; i < end; i++) b->order[i] = b->keys[i - begin].pair;
  return IG_OK;
}

static ig_status cut_pool(ig_batcher *b, size_t begin, size_t end, ig_error *err) {
  const size_t most = (size_t)b->options.batch_tokens,
               sequences = (size_t)b->options.batch_sequences;
  while (begin < end) {
    size_t tokens[2] = {0, 0}, i = begin;
    for (; i < end; i++) {
      const size_t source = tokens[0] + ig_corpus_length(b->corpus, IG_SIDE_SOURCE, b->order[i]);
      const size_t target = tokens[1] + ig_corpus_length(b->corpus, IG_SIDE_TARGET, b->order[i]);
      if (i > begin && (target > most || source > 2 * most)) break;
      if (sequences && i - begin == sequences) break;
      tokens[0] = source;
      tokens[1] = target;
    }
    IG_TRY(ig_allocate_more((void **)&b->batches, &b->capacity, b->count + 1, sizeof *b->batches,
                            err));
    b->batches[b->count++] = (batch_range){begin, i};
    begin = i;
  }
  return IG_OK;
}

// Shuffles the batches first .. count-1, those of one pool. stream: of the pool's random numbers.
static ig_status shuffle_batches(ig_batcher *b, size_t first, uint64_t stream, ig_error *err) {
  const size_t n = b->count - first;
  IG_TRY(
      ig_allocate_more((void **)&b->shuffled, &b->shuffled_capacity, n, sizeof *b->shuffled, err));
  IG_TRY(ig_allocate_more((void **)&b->moved, &b->moved_capacity, n, sizeof *b->moved, err));
  ig_random_permutation(b->options.seed, stream, n, b->shuffled);
  memcpy(b->moved, b->batches + first, n * sizeof *b->moved);
  for (size_t i = 0; i < n; i++) b->batches[first + i] = b->moved[b->shuffled[i]];
  return IG_OK;
}

static ig_status lay_out_epoch(ig_batcher *b, uint64_t epoch, ig_error *err) {
  // Random streams: one for the pairs of an epoch, one for the batches of each of its pools.
  const uint64_t pair_stream = ig_random_stream("data.pairs") + epoch,
                 batch_stream = ig_random_stream("data.batches") ^ (epoch << 32);
  b->entries = count_entries(b, epoch);
  if (b->options.shuffle)
    ig_random_permutation(b->options.seed, pair_stream, b->entries, b->order);
  else
    for (size_t i = 0; i < b->entries; i++) b->order[i] = (uint32_t)i;
  for (size_t i = 0; i < b->entries; i++) b->order[i] = pair_of_entry(b, epoch, b->order[i]);
  b->count = 0;
  uint64_t pool = 0;
  for (size_t begin = 0, end; begin < b->entries; begin = end, pool++) {
    const size_t first = b->count;
    end = pool_end(b, begin);
    IG_TRY(sort_pool(b, begin, end, err));
    IG_TRY(cut_pool(b, begin, end, err));
    if (b->options.shuffle) IG_TRY(shuffle_batches(b, first, batch_stream + pool, err));
  }
  return IG_OK;
}

ig_status ig_batcher_epoch(ig_batcher *b, uint64_t epoch, size_t *batches, ig_error *err) {
  if (!b->laid_out || b->epoch != epoch) {
    b->laid_out = false;
    IG_TRY(lay_out_epoch(b, epoch, err));
    b->laid_out = true;
    b->epoch = epoch;
  }
  *batches = b->count;
  return IG_OK;
}

size_t ig_batcher_entries(const ig_batcher *b) { return (size_t)most_entries(b); }

// A batch ends before it exceeds its budgets, unless a single pair does.
ig_batch_bounds ig_batcher_most(const ig_batcher *b) {
  ig_batch_bounds most = {0};
  size_t shortest = SIZE_MAX;
  for (size_t i = 0; i < b->corpus->pairs; i++) {
    for (int side = 0; side < 2; side++)
      most.longest[side] =
          ig_size_larger(most.longest[side], ig_corpus_length(b->corpus, (ig_side)side, i));
    const size_t length = ig_corpus_length(b->corpus, IG_SIDE_TARGET, i);
    if (length < shortest) shortest = length;
  }
  const size_t budget = (size_t)b->options.batch_tokens;
  most.tokens[IG_SIDE_SOURCE] = ig_size_larger(2 * budget, most.longest[IG_SIDE_SOURCE]);
  most.tokens[IG_SIDE_TARGET] = ig_size_larger(budget, most.longest[IG_SIDE_TARGET]);
  most.sequences = most.tokens[IG_SIDE_TARGET] / ig_size_larger(shortest, 1);
  const size_t entries = ig_batcher_entries(b);
  if (most.sequences > entries) most.sequences = entries;
  return most;
}

ig_batch_bounds ig_batcher_largest(const ig_batcher *b) {
  ig_batch_bounds largest = {0};
  for (size_t i = 0; i < b->count; i++) {
    size_t tokens[2] = {0, 0};
    for (size_t p = b->batches[i].begin; p < b->batches[i].end; p++)
      for (int side = 0; side < 2; side++) {
        const size_t length = ig_corpus_length(b->corpus, (ig_side)side, b->order[p]);
        tokens[side] += length;
        largest.longest[side] = ig_size_larger(largest.longest[side], length);
      }
    for (int side = 0; side < 2; side++)
      largest.tokens[side] = ig_size_larger(largest.tokens[side], tokens[side]);
    largest.sequences = ig_size_larger(largest.sequences, b->batches[i].end - b->batches[i].begin);
  }
  return largest;
}

static ig_status need_ids(int **array, size_t *capacity, size_t count, ig_error *err) {
  return ig_allocate_more((void **)array, capacity, count, sizeof **array, err);
}

static ig_status need_capacity(ig_batch_buffer *out, size_t sequences, ig_error *err) {
  if (out->source_tokens > INT32_MAX || out->target_tokens > INT32_MAX || sequences >= INT32_MAX)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "a batch of %zu source and %zu target tokens is too large", out->source_tokens,
                   out->target_tokens);
  IG_TRY(need_ids(&out->source, &out->capacity[0], out->source_tokens, err));
  IG_TRY(need_ids(&out->source_offsets, &out->capacity[1], sequences + 1, err));
  IG_TRY(need_ids(&out->target_input, &out->capacity[2], out->target_tokens, err));
  IG_TRY(need_ids(&out->target_output, &out->capacity[3], out->target_tokens, err));
  return need_ids(&out->target_offsets, &out->capacity[4], sequences + 1, err);
}

// Of a corpus in a file: while this batch is learned from, the disk fetches the next one.
static void expect_batch(const ig_batcher *b, size_t index) {
  if (!b->corpus->ids_file || index >= b->count) return;
  for (size_t i = b->batches[index].begin; i < b->batches[index].end; i++)
    ig_ids_file_expect(b->corpus->ids_file, b->order[i]);
}

ig_status ig_batcher_get(const ig_batcher *b, size_t index, ig_batch_buffer *out, ig_error *err) {
  const ig_corpus *c = b->corpus;
  const batch_range range = b->batches[index];
  out->source_tokens = out->target_tokens = 0;
  for (size_t i = range.begin; i < range.end; i++) {
    out->source_tokens += ig_corpus_length(c, IG_SIDE_SOURCE, b->order[i]);
    out->target_tokens += ig_corpus_length(c, IG_SIDE_TARGET, b->order[i]);
  }
  const size_t sequences = range.end - range.begin;
  IG_TRY(need_capacity(out, sequences, err));
  int source = 0, target = 0;
  for (size_t s = 0; s < sequences; s++) {
    const size_t pair = b->order[range.begin + s];
    const int source_length = (int)ig_corpus_length(c, IG_SIDE_SOURCE, pair),
              target_length = (int)ig_corpus_length(c, IG_SIDE_TARGET, pair);
    const int32_t *ids[2];
    IG_TRY(ig_corpus_pair(c, pair, &out->room, ids, err));
    out->source_offsets[s] = source;
    out->target_offsets[s] = target;
    for (int i = 0; i < source_length; i++) out->source[source + i] = ids[IG_SIDE_SOURCE][i];
    for (int i = 0; i < target_length; i++) {
      out->target_input[target + i] = i ? ids[IG_SIDE_TARGET][i - 1] : b->options.decoder_start_id;
      out->target_output[target + i] = ids[IG_SIDE_TARGET][i];
    }
    source += source_length;
    target += target_length;
  }
  out->source_offsets[sequences] = source;
  out->target_offsets[sequences] = target;
  out->batch = (ig_batch){.sequences = (int)sequences,
                          .source = out->source,
                          .source_offsets = out->source_offsets,
                          .target_input = out->target_input,
                          .target_output = out->target_output,
                          .target_offsets = out->target_offsets};
  expect_batch(b, index + 1);
  return IG_OK;
}

const uint32_t *ig_batcher_pairs(const ig_batcher *b, size_t index, size_t *count) {
  *count = b->batches[index].end - b->batches[index].begin;
  return b->order + b->batches[index].begin;
}

void ig_batcher_buffer_free(ig_batch_buffer *buffer) {
  free(buffer->source);
  free(buffer->source_offsets);
  free(buffer->target_input);
  free(buffer->target_output);
  free(buffer->target_offsets);
  free(buffer->room.ids);
  *buffer = (ig_batch_buffer){0};
}
