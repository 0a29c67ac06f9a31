#include "fuse/search/pair_walk.h"

#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"

ig_status ig_pair_walk_begin(ig_pair_walk *walk, ig_error *err) {
  for (size_t i = 0; i < walk->data->train_count; i++)
    walk->pairs += walk->data->train[i].pairs.pairs;
  return ig_learning_data_seek(walk->data, 0, err);
}

ig_status ig_pair_walk_next(ig_pair_walk *walk, ig_learning_set *set, ig_error *err) {
  if (ig_interrupt_requested(walk->interrupter))
    return ig_fail(err, IG_INTERRUPTED,
                   "interrupted; the same command begins with the statistics of %s again",
                   walk->name);
  return ig_learning_data_next(walk->data, set, err);
}

void ig_pair_walk_tell(ig_pair_walk *walk) {
  walk->done += (size_t)walk->data->buffer.batch.sequences;
  const ig_progress progress = {.what = "statistics",
                                .unit = "pairs",
                                .done = (double)walk->done,
                                .total = (double)walk->pairs};
  ig_report_progress(walk->reporter, &progress);
}
