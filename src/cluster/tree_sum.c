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
  out->parts = ig_allocate(size * SLICE, sizeof *out->parts, err);
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

static size_t add_message(const ig_tree_sum *s, size_t at, ig_cluster_message message) {
  message.bytes *= sizeof(float);
  if (message.bytes == 0) return at;
  s->messages[at] = message;
  return at + 1;
}

// Each rank gets its slice of everybody's values.
static ig_status scatter(const ig_tree_sum *s, const sum_round *r, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), me = (size_t)ig_cluster_rank(s->cluster),
               own = length_of(r, me);
  size_t count = 0;
  for (size_t k = 1; k < size; k++) {
    const size_t to = (me + k) % size, from = (me + size - k) % size;
    count = add_message(
        s, count,
        (ig_cluster_message){
            .rank = (int)to, .send = r->values + begin_of(r, to), .bytes = length_of(r, to)});
    count =
        add_message(s, count,
                    (ig_cluster_message){
                        .rank = (int)from, .receive = s->parts + from * s->slice, .bytes = own});
  }
  memcpy(s->parts + me * s->slice, r->values + begin_of(r, me), own * sizeof *s->parts);
  return ig_cluster_transfer(s->cluster, s->messages, count, err);
}

// Everybody gets the sums of each rank's slice.
static ig_status collect(const ig_tree_sum *s, const sum_round *r, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), me = (size_t)ig_cluster_rank(s->cluster),
               own = length_of(r, me);
  size_t count = 0;
  memcpy(r->values + begin_of(r, me), s->parts, own * sizeof *s->parts);
  for (size_t k = 1; k < size; k++) {
    const size_t to = (me + k) % size, from = (me + size - k) % size;
    count = add_message(s, count,
                        (ig_cluster_message){.rank = (int)to, .send = s->parts, .bytes = own});
    count = add_message(s, count,
                        (ig_cluster_message){.rank = (int)from,
                                             .receive = r->values + begin_of(r, from),
                                             .bytes = length_of(r, from)});
  }
  return ig_cluster_transfer(s->cluster, s->messages, count, err);
}

ig_status ig_tree_sum_run(const ig_tree_sum *s, float *values, size_t count, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(s->cluster), round = size * s->slice;
  if (size == 1) return IG_OK;
  for (size_t at = 0; at < count; at += round) {
    sum_round r = {.values = values + at, .count = count - at < round ? count - at : round};
    r.each = (r.count + size - 1) / size;
    IG_TRY(scatter(s, &r, err));
    add_branch(s->parts, s->slice, size, length_of(&r, (size_t)ig_cluster_rank(s->cluster)));
    IG_TRY(collect(s, &r, err));
  }
  return IG_OK;
}
