#include "cluster/tree_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { SLICE = 1 << 18 };  // values: a megabyte a message

size_t ig_tree_sum_split(size_t leaves) {
  size_t split = 1;
  while (2 * split < leaves) split *= 2;
  return split;
}

ig_status ig_tree_sum_make(ig_cluster *cluster, ig_tree_sum *out, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(cluster);
  *out = (ig_tree_sum){.cluster = cluster, .slice = SLICE};
  if (size == 1) return IG_OK;
  out->parts = ig_allocate(2 * size * SLICE, sizeof *out->parts, err);
  if (!out->parts) return IG_ERROR_MEMORY;
  out->messages = ig_allocate(4 * size, sizeof *out->messages, err);
  return out->messages ? IG_OK : IG_ERROR_MEMORY;
}

void ig_tree_sum_free(ig_tree_sum *sum) {
  free(sum->parts);
  free(sum->messages);
  *sum = (ig_tree_sum){0};
}

// Values that are on their way at the same time, and how they are divided among the ranks.
typedef struct sum_round {
  float *values;
  size_t count, each;  // each: of a rank, of the last ones fewer or none
} sum_round;

static size_t begin_of(const sum_round *r, size_t rank) {
  return rank * r->each < r->count ? rank * r->each : r->count;
}

static size_t length_of(const sum_round *r, size_t rank) {
  return begin_of(r, rank + 1) - begin_of(r, rank);
}

// The sum of the branch over `leaves` parts, in the place of the first of them.
static void add_branch(float *parts, size_t stride, size_t leaves, size_t count) {
  if (leaves < 2) return;
  const size_t split = ig_tree_sum_split(leaves);
  float *right = parts + split * stride;
  add_branch(parts, stride, split, count);
  add_branch(right, stride, leaves - split, count);
  for (size_t i = 0; i < count; i++) parts[i] += right[i];
}

// Messages that are on their way together.
typedef struct message_list {
  ig_cluster_message *messages;
  size_t count;
} message_list;

static void add_message(message_list *list, ig_cluster_message message) {
  message.bytes *= sizeof(float);
  if (message.bytes > 0) list->messages[list->count++] = message;
}

// Each rank gets its slice of everybody's values. parts (size, slice).
static void scatter(const ig_tree_sum *s, const sum_round *r, float *parts, message_list *list) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), me = (size_t)ig_cluster_rank(s->cluster),
               own = length_of(r, me);
  memcpy(parts + me * s->slice, r->values + begin_of(r, me), own * sizeof *parts);
  for (size_t k = 1; k < size; k++) {
    const size_t to = (me + k) % size, from = (me + size - k) % size;
    add_message(
        list, (ig_cluster_message){
                  .rank = (int)to, .send = r->values + begin_of(r, to), .bytes = length_of(r, to)});
    add_message(list, (ig_cluster_message){
                          .rank = (int)from, .receive = parts + from * s->slice, .bytes = own});
  }
}

// Everybody gets the sums of each rank's slice. sums (own slice).
static void collect(const ig_tree_sum *s, const sum_round *r, const float *sums,
                    message_list *list) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), me = (size_t)ig_cluster_rank(s->cluster),
               own = length_of(r, me);
  memcpy(r->values + begin_of(r, me), sums, own * sizeof *sums);
  for (size_t k = 1; k < size; k++) {
    const size_t to = (me + k) % size, from = (me + size - k) % size;
    add_message(list, (ig_cluster_message){.rank = (int)to, .send = sums, .bytes = own});
    add_message(list, (ig_cluster_message){.rank = (int)from,
                                           .receive = r->values + begin_of(r, from),
                                           .bytes = length_of(r, from)});
  }
}

static sum_round round_at(const ig_tree_sum *s, float *values, size_t count, size_t at) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), most = size * s->slice;
  sum_round r = {.values = values + at, .count = count - at < most ? count - at : most};
  r.each = (r.count + size - 1) / size;
  return r;
}

// The sums of one round are collected while the values of the next are scattered.
ig_status ig_tree_sum_run(const ig_tree_sum *s, float *values, size_t count, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), most = size * s->slice;
  float *parts = s->parts, *before = parts + most;
  sum_round last = {0};
  if (size == 1 || count == 0) return IG_OK;
  for (size_t at = 0; at < count || last.count > 0; at += most) {
    const sum_round r = at < count ? round_at(s, values, count, at) : (sum_round){0};
    message_list list = {.messages = s->messages};
    if (r.count > 0) scatter(s, &r, parts, &list);
    if (last.count > 0) collect(s, &last, before, &list);
    IG_TRY(ig_cluster_transfer(s->cluster, list.messages, list.count, err));
    if (r.count > 0)
      add_branch(parts, s->slice, size, length_of(&r, (size_t)ig_cluster_rank(s->cluster)));
    float *const other = before;
    before = parts;
    parts = other;
    last = r;
  }
  return IG_OK;
}
