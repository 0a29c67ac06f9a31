// The queue of sentences: see queue.h.
#include "pipeline/queue.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// qsort compares these: the order must not depend on how it treats equal lengths.
typedef struct queue_key {
  size_t length, index;
} queue_key;

static int longest_first(const void *a, const void *b) {
  const queue_key *x = a, *y = b;
  if (x->length != y->length) return x->length > y->length ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static size_t target_length(const ig_queue_sentence *sentence) {
  return sentence->target ? sentence->target->count : 0;
}

static void sort_sentences(ig_queue *q, size_t count, queue_key *keys) {
  for (size_t i = 0; i < count; i++) {
    const ig_queue_sentence *sentence = &q->sentences[i];
    const int target = (int)target_length(sentence);
    if (sentence->length == 0) continue;
    keys[q->count++] = (queue_key){sentence->length, i};
    q->tokens += sentence->length;
    if (target > q->longest_target) q->longest_target = target;
  }
  qsort(keys, q->count, sizeof *keys, longest_first);
  for (size_t i = 0; i < q->count; i++) q->order[i] = keys[i].index;
  q->longest_source = q->count ? (int)keys[0].length : 0;
}

ig_status ig_queue_fill(ig_queue *q, const ig_queue_sentence *sentences, size_t count,
                        ig_error *err) {
  *q = (ig_queue){.sentences = sentences};
  queue_key *keys = ig_allocate(count, sizeof *keys, err);
  q->order = ig_allocate(count, sizeof *q->order, err);
  const bool allocated = keys && q->order;
  if (allocated) sort_sentences(q, count, keys);
  free(keys);
  if (!allocated) ig_queue_free(q);
  return allocated ? IG_OK : IG_ERROR_MEMORY;
}

void ig_queue_free(ig_queue *q) {
  free(q->order);
  *q = (ig_queue){0};
}

// How many sentences from order[first] on are within the limits.
static size_t count_fitting(const ig_queue *q, size_t first, const ig_queue_limits *limits) {
  size_t count = 0, tokens = 0;
  for (size_t i = first; i < q->count && count < limits->sentences; i++, count++) {
    const ig_queue_sentence *sentence = &q->sentences[q->order[i]];
    const size_t target = target_length(sentence);
    tokens += sentence->length > target ? sentence->length : target;
    if (tokens > limits->tokens && !(limits->alone && count == 0)) break;
  }
  return count < limits->fewest && first + count < q->count ? 0 : count;
}

size_t ig_queue_take(ig_queue *q, const ig_queue_limits *limits, size_t *first) {
  size_t count;
  *first = atomic_load(&q->next);
  do {
    count = count_fitting(q, *first, limits);
  } while (count && !atomic_compare_exchange_weak(&q->next, first, *first + count));
  return count;
}

void ig_queue_stop(ig_queue *q) { atomic_store(&q->next, q->count); }
