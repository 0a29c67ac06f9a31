// Batches: every pair occurs once an epoch, budgets are kept, and all is a pure function of seed
// and epoch.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/batcher.h"

#define PAIRS 1000
#define LONG_PAIR 17  // longer than a batch

// Both sides of pair p begin with its number and end with the end token (0).
static ig_corpus corpus(void) {
  ig_corpus c = {.pairs = PAIRS};
  for (int side = 0; side < 2; side++) {
    c.ids[side] = calloc(PAIRS * 60, sizeof(int32_t));
    c.offsets[side] = calloc(PAIRS + 1, sizeof(size_t));
    for (size_t p = 0; p < PAIRS; p++) {
      const size_t length = p == LONG_PAIR ? 55 : 2 + (p * 31 + (size_t)side * 7) % 12,
                   begin = c.offsets[side][p];
      c.ids[side][begin] = (int32_t)p + 1;
      for (size_t i = 1; i + 1 < length; i++) c.ids[side][begin + i] = 2000 + (int32_t)i;
      c.offsets[side][p + 1] = begin + length;
    }
  }
  return c;
}

static const ig_batcher_options usual = {
    .batch_tokens = 50, .pool_batches = 20, .seed = 9, .shuffle = true, .decoder_start_id = 3000};

static ig_batcher *batcher(const ig_corpus *c, ig_batcher_options options) {
  ig_batcher *b;
  ig_error err = {0};
  assert_int_equal(ig_batcher_create(c, &options, &b, &err), IG_OK);
  return b;
}

static size_t epoch(ig_batcher *b, uint64_t number) {
  size_t count;
  assert_int_equal(ig_batcher_epoch(b, number, &count, NULL), IG_OK);
  return count;
}

static void check_batch(const ig_corpus *c, const ig_batch_buffer *buffer, int seen[PAIRS]) {
  const ig_batch *b = &buffer->batch;
  assert_int_equal(buffer->source_tokens, b->source_offsets[b->sequences]);
  assert_int_equal(buffer->target_tokens, b->target_offsets[b->sequences]);
  for (int s = 0; s < b->sequences; s++) {
    const int first = b->target_offsets[s], last = b->target_offsets[s + 1] - 1,
              pair = b->target_output[first] - 1;
    assert_int_equal(b->source[b->source_offsets[s]] - 1, pair);
    assert_int_equal(last - first + 1, ig_corpus_length(c, IG_SIDE_TARGET, (size_t)pair));
    assert_int_equal(b->source_offsets[s + 1] - b->source_offsets[s],
                     ig_corpus_length(c, IG_SIDE_SOURCE, (size_t)pair));
    assert_int_equal(b->target_input[first], 3000);
    for (int i = first; i < last; i++)
      assert_int_equal(b->target_input[i + 1], b->target_output[i]);
    assert_int_equal(b->target_output[last], 0);
    seen[pair]++;
  }
}

static void every_pair_once_within_budget(void **state) {
  (void)state;
  ig_corpus c = corpus();
  ig_batcher *b = batcher(&c, usual);
  ig_batch_buffer buffer = {0};
  for (uint64_t e = 0; e < 3; e++) {
    int seen[PAIRS] = {0};
    size_t full = 0;
    const size_t count = epoch(b, e);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(ig_batcher_get(b, i, &buffer, NULL), IG_OK);
      check_batch(&c, &buffer, seen);
      assert_true(buffer.batch.sequences == 1 ||
                  (buffer.target_tokens <= 50 && buffer.source_tokens <= 100));
      full += buffer.target_tokens > 38;
    }
    for (int p = 0; p < PAIRS; p++) assert_int_equal(seen[p], 1);
    assert_true(full > count * 8 / 10);
  }
  ig_batcher_buffer_free(&buffer);
  ig_batcher_free(b);
  ig_corpus_free(&c);
}

// Some batch of an epoch reaches each of its bounds; none exceeds those of all epochs.
static void bounds_hold(void **state) {
  (void)state;
  ig_corpus c = corpus();
  ig_batcher *b = batcher(&c, usual);
  ig_batch_buffer buffer = {0};
  const ig_batch_bounds most = ig_batcher_most(b);
  for (uint64_t e = 0; e < 3; e++) {
    ig_batch_bounds seen = {0};
    const size_t count = epoch(b, e);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(ig_batcher_get(b, i, &buffer, NULL), IG_OK);
      const size_t sequences = (size_t)buffer.batch.sequences;
      if (sequences > seen.sequences) seen.sequences = sequences;
      if (buffer.source_tokens > seen.tokens[IG_SIDE_SOURCE])
        seen.tokens[IG_SIDE_SOURCE] = buffer.source_tokens;
      if (buffer.target_tokens > seen.tokens[IG_SIDE_TARGET])
        seen.tokens[IG_SIDE_TARGET] = buffer.target_tokens;
      for (size_t s = 0; s < sequences; s++) {
        const int *offsets[2] = {buffer.batch.source_offsets, buffer.batch.target_offsets};
        for (int side = 0; side < 2; side++) {
          const size_t length = (size_t)(offsets[side][s + 1] - offsets[side][s]);
          if (length > seen.longest[side]) seen.longest[side] = length;
        }
      }
    }
    const ig_batch_bounds largest = ig_batcher_largest(b);
    assert_memory_equal(&largest, &seen, sizeof seen);
    assert_true(seen.sequences <= most.sequences);
    for (int side = 0; side < 2; side++)
      assert_true(seen.tokens[side] <= most.tokens[side] &&
                  seen.longest[side] <= most.longest[side]);
  }
  ig_batcher_buffer_free(&buffer);
  ig_batcher_free(b);
  ig_corpus_free(&c);
}

static uint64_t order_of(ig_batcher *b, uint64_t number) {
  ig_batch_buffer buffer = {0};
  uint64_t hash = 1;
  const size_t count = epoch(b, number);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(ig_batcher_get(b, i, &buffer, NULL), IG_OK);
    for (size_t t = 0; t < buffer.target_tokens; t++)
      hash = hash * 1000003u + (uint64_t)buffer.target_output[t];
    hash = hash * 31 + 7;
  }
  ig_batcher_buffer_free(&buffer);
  return hash;
}

static void a_function_of_seed_and_epoch(void **state) {
  (void)state;
  ig_corpus c = corpus();
  ig_batcher *first = batcher(&c, usual), *second = batcher(&c, usual);
  const uint64_t zero = order_of(first, 0), one = order_of(first, 1);
  assert_int_not_equal(zero, one);
  assert_int_equal(order_of(second, 1), one);  // it does not depend on what was laid out before
  assert_int_equal(order_of(second, 0), zero);
  ig_batcher_options options = usual;
  options.seed = 10;
  ig_batcher *other = batcher(&c, options);
  assert_int_not_equal(order_of(other, 0), zero);
  options.shuffle = false;
  ig_batcher *plain = batcher(&c, options);
  assert_int_equal(order_of(plain, 0), order_of(plain, 5));
  ig_batcher_free(first);
  ig_batcher_free(second);
  ig_batcher_free(other);
  ig_batcher_free(plain);
  ig_corpus_free(&c);
}

// Adds to seen how often the epoch has each pair; returns the pairs of the epoch.
static size_t count_epoch(ig_batcher *b, uint64_t number, int seen[PAIRS]) {
  size_t entries = 0;
  const size_t batches = epoch(b, number);
  for (size_t i = 0; i < batches; i++) {
    size_t count;
    const uint32_t *pairs = ig_batcher_pairs(b, i, &count);
    for (size_t k = 0; k < count; k++) seen[pairs[k]]++;
    entries += count;
  }
  return entries;
}

static const ig_batcher_part weighted[] = {
    {.pairs = 600, .weight = 1}, {.pairs = 300, .weight = 0.25}, {.pairs = 100, .weight = 3.5}};

static void weights_are_means_over_epochs(void **state) {
  (void)state;
  ig_corpus c = corpus();
  ig_batcher_options options = usual;
  options.parts = weighted;
  options.part_count = 3;
  ig_batcher *b = batcher(&c, options);
  int seen[PAIRS] = {0};
  assert_int_equal(ig_batcher_entries(b), 600 + 75 + 350);
  for (uint64_t e = 0; e < 6; e++) {
    assert_int_equal(count_epoch(b, e, seen), 600 + 75 + 350);
    for (size_t p = 0, part = 0, end = 600; p < PAIRS; p++) {
      if (p == end) end += weighted[++part].pairs;
      const double times = (double)(e + 1) * weighted[part].weight;
      assert_true(seen[p] >= floor(times) && seen[p] <= ceil(times));
    }
  }
  // In an epoch that takes a quarter, which quarter is drawn: it is not the first.
  int first[PAIRS] = {0}, low = 0;
  count_epoch(b, 0, first);
  for (size_t p = 600; p < 675; p++) low += first[p];
  assert_in_range(low, 5, 40);
  ig_batcher_free(b);
  ig_corpus_free(&c);
}

static void weights_are_a_function_of_seed_and_epoch(void **state) {
  (void)state;
  ig_corpus c = corpus();
  ig_batcher_options options = usual;
  options.parts = weighted;
  options.part_count = 3;
  ig_batcher *first = batcher(&c, options), *second = batcher(&c, options);
  const uint64_t zero = order_of(first, 0), four = order_of(first, 4);
  assert_int_not_equal(zero, four);
  assert_int_equal(order_of(second, 4), four);
  assert_int_equal(order_of(second, 0), zero);
  // Several parts of weight 1 are one corpus.
  const ig_batcher_part whole[] = {{.pairs = 10, .weight = 1}, {.pairs = 990, .weight = 1}};
  options.parts = whole;
  options.part_count = 2;
  ig_batcher *parts = batcher(&c, options), *plain = batcher(&c, usual);
  assert_int_equal(order_of(parts, 3), order_of(plain, 3));
  ig_batcher_free(first);
  ig_batcher_free(second);
  ig_batcher_free(parts);
  ig_batcher_free(plain);
  ig_corpus_free(&c);
}

static void wrong_arguments(void **state) {
  (void)state;
  ig_corpus c = {0};
  ig_batcher *b;
  ig_batcher_options options = usual;
  assert_int_equal(ig_batcher_create(&c, &options, &b, NULL), IG_ERROR_FORMAT);
  options.batch_tokens = 0;
  assert_int_equal(ig_batcher_create(&c, &options, &b, NULL), IG_ERROR_ARGUMENT);
  c = corpus();
  options = usual;
  options.parts = &(ig_batcher_part){.pairs = PAIRS, .weight = 0.0009};
  options.part_count = 1;
  assert_int_equal(ig_batcher_create(&c, &options, &b, NULL), IG_ERROR_ARGUMENT);
  options.parts = &(ig_batcher_part){.pairs = PAIRS, .weight = 1e8};
  assert_int_equal(ig_batcher_create(&c, &options, &b, NULL), IG_ERROR_UNSUPPORTED);
  ig_corpus_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_pair_once_within_budget),
      cmocka_unit_test(bounds_hold),
      cmocka_unit_test(a_function_of_seed_and_epoch),
      cmocka_unit_test(weights_are_means_over_epochs),
      cmocka_unit_test(weights_are_a_function_of_seed_and_epoch),
      cmocka_unit_test(wrong_arguments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
