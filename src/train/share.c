#include "train/share.h"

#include "base/fail.h"

static int branch_of(int micro_batches, int size) {
  int each = 1;
  while ((long)each * size < micro_batches) each *= 2;
  return each;
}

static int branches_of(int micro_batches, int size) {
  const int each = branch_of(micro_batches, size);
  return (micro_batches - 1) / each + 1;
}

ig_status ig_share_make(int micro_batches, int rank, int size, ig_share *out, ig_error *err) {
  const int each = branch_of(micro_batches, size), busy = branches_of(micro_batches, size);
  if (busy < size)
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "train.accumulate: the %d micro-batches of an update give work to %d of %d ranks: "
        "start %d, or set train.accumulate to %d (for the same size of an update divide "
        "train.batch_tokens as much)",
        micro_batches, busy, size, busy, each * size);
  const int first = rank * each, end = first + each;
  *out = (ig_share){.each = each, .first = first, .end = end < micro_batches ? end : micro_batches};
  return IG_OK;
}
