// Where buckets begin.
#include "nn/relative_buckets.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"

// The bucket of a distance that is not negative, on one side of `sided` buckets. In float, as
// transformers computes it: a product that ends at a whole number decides where a bucket begins.
static int bucket_of(int distance, int sided, int farthest) {
  const int exact = sided / 2;
  if (distance < exact) return distance;
  const float ratio = logf((float)distance / (float)exact) /
                      (float)log((double)farthest / (double)exact),
              bucket = ratio * (float)(sided - exact);
  if (bucket >= (float)(sided - exact)) return sided - 1;
  const int large = exact + (int)bucket;
  return large < sided ? large : sided - 1;
}

ig_status ig_relative_buckets_create(int count, int farthest, bool two_sided,
                                     ig_relative_buckets *out, ig_error *err) {
  const int sided = two_sided ? count / 2 : count;
  *out = (ig_relative_buckets){.count = count, .two_sided = two_sided, .sided = sided};
  out->first = ig_allocate((size_t)sided, sizeof *out->first, err);
  if (!out->first) return IG_ERROR_MEMORY;
  int next = 0;  // the bucket whose first distance is sought
  for (int distance = 0; next < sided; distance++) {
    const int bucket = bucket_of(distance, sided, farthest);
    while (next <= bucket) out->first[next++] = distance;
  }
  return IG_OK;
}

void ig_relative_buckets_free(ig_relative_buckets *buckets) {
  free(buckets->first);
  *buckets = (ig_relative_buckets){0};
}
