#include "data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/random.h"

// Copies the pairs whose mark is `wanted`.
static ig_status copy_marked(const ig_corpus *from, const bool *marks, bool wanted, ig_corpus *out,
                             ig_error *err) {
  *out = (ig_corpus){0};
  for (size_t p = 0; p < from->pairs; p++) out->pairs += marks[p] == wanted;
  for (int side = 0; side < 2; side++) {
    size_t pair = 0, used = 0;
    out->ids[side] = ig_allocate(from->offsets[side][from->pairs], sizeof **out->ids, err);
    out->offsets[side] = ig_allocate(out->pairs + 1, sizeof **out->offsets, err);
    if (!out->ids[side] || !out->offsets[side]) return IG_ERROR_MEMORY;
    for (size_t p = 0; p < from->pairs; p++) {
      if (marks[p] != wanted) continue;
      const size_t begin = from->offsets[side][p], count = from->offsets[side][p + 1] - begin;
      memcpy(out->ids[side] + used, from->ids[side] + begin, count * sizeof **out->ids);
      used += count;
      out->offsets[side][++pair] = used;
    }
  }
  return IG_OK;
}

static size_t drawn_of(size_t things, double share) {
  const size_t count = (size_t)llround(share * (double)things);
  return count < 1 ? 1 : count < things ? count : things - 1;
}

ig_status ig_split_draw(size_t count, const char *things, double share, uint64_t seed, bool **marks,
                        ig_error *err) {
  *marks = NULL;
  if (count < 2)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%zu %s cannot be divided into two parts", count,
                   things);
  uint32_t *order = ig_allocate(count, sizeof *order, err);
  if (order) *marks = ig_allocate(count, sizeof **marks, err);
  if (*marks) {
    ig_random_permutation(seed, ig_random_stream("data.split"), count, order);
    for (size_t i = 0; i < drawn_of(count, share); i++) (*marks)[order[i]] = true;
  }
  free(order);
  return *marks ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_split_corpus(const ig_corpus *corpus, double share, uint64_t seed, ig_corpus *drawn,
                          ig_corpus *rest, ig_error *err) {
  bool *marks;
  *drawn = *rest = (ig_corpus){0};
  IG_TRY(ig_split_draw(corpus->pairs, "pairs", share, seed, &marks, err));
  ig_status status = copy_marked(corpus, marks, true, drawn, err);
  if (status == IG_OK) status = copy_marked(corpus, marks, false, rest, err);
  free(marks);
  if (status != IG_OK) {
    ig_corpus_free(drawn);
    ig_corpus_free(rest);
  }
  return status;
}
