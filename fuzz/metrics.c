// A metrics.jsonl, which is drawn. Values that are kept are finite, and their updates ascend.
#include "input.h"

#include <math.h>

#include "ingot.h"
#include "train/page/run_metrics.h"

static void check_series(const ig_run_metrics *m) {
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++) {
    const ig_run_series *s = &m->series[i];
    for (size_t k = 0; k < s->count; k++) {
      if (!isfinite(s->value[k]) || !isfinite(s->update[k])) abort();
      if (k && s->update[k] < s->update[k - 1]) abort();
    }
  }
  if (m->unreadable.count && m->unreadable.first == 0) abort();
  if (m->series[IG_RUN_MEASURE_SECONDS].count && isnan(ig_run_metrics_seconds(m, 5))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char page[SCRATCH + 32];
  const char *path = write_input(data, size);
  ig_run_metrics metrics;
  ig_error err = {0};
  const ig_status status = ig_run_metrics_read(path, &metrics, &err);
  if (status == IG_OK) check_series(&metrics);
  ig_run_metrics_free(&metrics);
  snprintf(page, sizeof page, "%s/page.html", input_directory);
  const char *const runs[] = {path, path};
  if (ig_train_draw(runs, 2, page, NULL, &err) != status) abort();
  return 0;
}
