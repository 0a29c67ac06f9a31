// The walk over the runs of distances that share a bucket.
#include "nn/relative_bias.h"

// Some consecutive distances of one sign, which share a bucket.
typedef struct distance_run {
  int bucket, first, end;  // distances first .. end - 1, without their sign
} distance_run;

// The run of bucket `number` of a side, among the distances below `longest`. It may be empty.
static distance_run run_of(const ig_relative_buckets *b, int number, int longest) {
  const int first = b->first[number], end = number + 1 < b->sided ? b->first[number + 1] : longest;
  return (distance_run){.bucket = number,
                        .first = first < longest ? first : longest,
                        .end = end < longest ? end : longest};
}

// The bucket of keys after the query whose distance has the bucket `number`.
static int bucket_after(const ig_relative_buckets *b, int number) {
  return b->two_sided ? b->sided + number : 0;
}

void ig_relative_bias_spread(const ig_relative_bias *bias, int longest, float *values) {
  const ig_relative_buckets *b = bias->buckets;
  const size_t heads = (size_t)bias->heads, distances = 2 * (size_t)longest - 1;
  if (longest < 1) return;
  for (size_t h = 0; h < heads; h++) {
    float *middle = values + h * distances + longest - 1;
    for (int number = 0; number < b->sided; number++) {
      const distance_run run = run_of(b, number, longest);
      const float before = bias->weight[(size_t)run.bucket * heads + h],
                  after = bias->weight[(size_t)bucket_after(b, number) * heads + h];
      for (int distance = run.first; distance < run.end; distance++) {
        middle[distance] = after;
        middle[-distance] = before;  // last: the distance 0 is of this side
      }
    }
  }
}

typedef struct gathering_work {
  const ig_relative_bias *bias;
  const ig_ragged *sequences;
  const float *ddistance;
} gathering_work;

// The sum over the distances of one run in one sequence and head. middle: of the distance 0.
static double sum_of_run(const distance_run *run, const float *middle, int sign) {
  double sum = 0;
  for (int distance = run->first; distance < run->end; distance++)
    sum += (double)middle[sign * distance];
  return sum;
}

// Both sides of one bucket's number in head h, over all sequences in order.
static void gather_bucket(const gathering_work *w, size_t h, int number) {
  const ig_relative_buckets *b = w->bias->buckets;
  const size_t heads = (size_t)w->bias->heads;
  double before = 0, after = 0;
  for (int s = 0; s < w->sequences->sequences; s++) {
    const int begin = w->sequences->offsets[s], rows = w->sequences->offsets[s + 1] - begin;
    const float *middle =
        w->ddistance + 2 * (size_t)begin * heads + h * (2 * (size_t)rows - 1) + (size_t)rows - 1;
    if (rows < 1) continue;
    distance_run run = run_of(b, number, rows);
    before += sum_of_run(&run, middle, -1);
    if (run.first == 0) run.first = 1;  // the distance 0 is counted
    after += sum_of_run(&run, middle, 1);
  }
  float *gradient = w->bias->weight_gradient;
  gradient[(size_t)number * heads + h] += (float)before;
  gradient[(size_t)bucket_after(b, number) * heads + h] += (float)after;
}

static void gather_head(void *context, size_t index, int worker) {
  (void)worker;
  const gathering_work *w = context;
  for (int number = 0; number < w->bias->buckets->sided; number++) gather_bucket(w, index, number);
}

void ig_relative_bias_gather(ig_nn *nn, const ig_relative_bias *bias, const ig_ragged *sequences,
                             const float *ddistance) {
  gathering_work w = {bias, sequences, ddistance};
  ig_pool_run(nn->pool, (size_t)bias->heads, gather_head, &w);
}
