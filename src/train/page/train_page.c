// ig_train_draw: a page of one or several runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "ingot.h"
#include "page/plot.h"
#include "train/page/downsampling.h"
#include "train/page/run_charts.h"
#include "train/page/run_tables.h"

// ---- what is left out ----------------------------------------------------------

enum { NOTE = 512, NOTES = 4 };

typedef struct run_notes {
  char text[NOTES][NOTE];
  int count, warnings;  // warnings come first
} run_notes;

static bool is_long(const ig_run_metrics *m) {
  for (int i = 0; i < IG_RUN_MEASURE_COUNT; i++)
    if (m->series[i].count > IG_DOWNSAMPLING_POINTS) return true;
  return false;
}

static run_notes notes_of(const ig_run_metrics *m) {
  run_notes n = {.count = 0};
  if (m->unreadable.count)
    snprintf(n.text[n.count++], NOTE,
             "%.180s: %zu line%s cannot be read and %s left out; the first is line %zu: %.200s",
             m->path, m->unreadable.count, m->unreadable.count == 1 ? "" : "s",
             m->unreadable.count == 1 ? "is" : "are", m->unreadable.first, m->why);
  if (m->backward.count)
    snprintf(n.text[n.count++], NOTE,
             "%.180s: line %zu goes back to an update before the one above it; what was told of "
             "this update and of later ones is left out (%zu such line%s)",
             m->path, m->backward.first, m->backward.count, m->backward.count == 1 ? "" : "s");
  n.warnings = n.count;
  if (m->incomplete)
    snprintf(n.text[n.count++], NOTE, "%.180s: the last line is not complete and is left out",
             m->path);
  if (is_long(m))
    snprintf(n.text[n.count++], NOTE,
             "%.180s: curves of more than %d points are drawn by the least and the greatest value "
             "of each stretch; the table knows all",
             m->path, IG_DOWNSAMPLING_POINTS);
  return n;
}

static void tell_notes(const ig_run_metrics *m, const ig_reporter *reporter) {
  const run_notes n = notes_of(m);
  for (int i = 0; i < n.count; i++)
    ig_report(reporter, i < n.warnings ? IG_LEVEL_WARNING : IG_LEVEL_INFO, "%s", n.text[i]);
}

static void draw_note(const ig_page *page, const char *text, bool *begun) {
  if (!*begun) fputs("<h2>Notes</h2>\n<ul>", page->file);
  *begun = true;
  ig_page_element(page, "li", text);
}

// Values with which a run went on on purpose (train.resume), one note for each.
static void draw_changes(const ig_page *page, const ig_run_metrics *m, bool *begun) {
  size_t i;
  json_t *line, *values;
  const char *key;
  json_array_foreach(m->changes, i, line) {
    json_object_foreach(json_object_get(line, "changed"), key, values) {
      char note[NOTE],
          *before = json_dumps(json_array_get(values, 0), JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)),
          *after = json_dumps(json_array_get(values, 1), JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
      snprintf(note, sizeof note, "%.180s: from update %lld on %.100s is %.80s (before: %.80s)",
               m->path, (long long)json_integer_value(json_object_get(line, "update")), key,
               after ? after : "unknown", before ? before : "unknown");
      free(before);
      free(after);
      draw_note(page, note, begun);
    }
  }
}

static void draw_notes(const ig_page *page, const ig_run_metrics *runs, size_t count) {
  bool begun = false;
  for (size_t i = 0; i < count; i++) {
    const run_notes n = notes_of(&runs[i]);
    for (int k = 0; k < n.count; k++) draw_note(page, n.text[k], &begun);
    draw_changes(page, &runs[i], &begun);
  }
  if (begun) fputs("</ul>\n", page->file);
}

// ---- the page ------------------------------------------------------------------

static ig_status draw_runs(const ig_page *page, const ig_run_metrics *runs, size_t count,
                           ig_error *err) {
  IG_TRY(ig_run_charts_draw(page, runs, count, err));
  ig_run_tables_values(page, runs, count);
  IG_TRY(ig_run_tables_settings(page, runs, count, err));
  ig_run_tables_samples(page, runs, count);
  draw_notes(page, runs, count);
  return IG_OK;
}

static ig_status write_page(const ig_run_metrics *runs, size_t count, const char *path,
                            const char *title, ig_error *err) {
  ig_page page;
  IG_TRY(ig_page_open(&page, path, title ? title : "Training", err));
  const ig_status status = draw_runs(&page, runs, count, err);
  if (status == IG_OK) return ig_page_close(&page, err);
  ig_page_abandon(&page);
  return status;
}

static ig_status check_arguments(const char *const *runs, size_t count, const char *path,
                                 ig_error *err) {
  IG_TRY(ig_fail_if_null(runs, "runs", err));
  IG_TRY(ig_fail_if_null(path, "path", err));
  if (count < 1 || count > IG_PLOT_SERIES)
    return ig_fail(err, IG_ERROR_ARGUMENT, "expected 1 to %d runs, found %zu", IG_PLOT_SERIES,
                   count);
  for (size_t i = 0; i < count; i++) IG_TRY(ig_fail_if_null(runs[i], "runs: a path", err));
  return ig_page_check_path(path, err);
}

ig_status ig_train_draw(const char *const *runs, size_t count, const char *path,
                        const ig_train_draw_options *options, ig_error *err) {
  const ig_train_draw_options defaults = {0};
  if (!options) options = &defaults;
  IG_TRY(check_arguments(runs, count, path, err));
  ig_run_metrics *metrics = ig_allocate(count, sizeof *metrics, err);
  ig_status status = metrics ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    status = ig_run_metrics_read(runs[i], &metrics[i], err);
    if (status == IG_OK) tell_notes(&metrics[i], &options->reporter);
  }
  if (status == IG_OK) status = write_page(metrics, count, path, options->title, err);
  for (size_t i = 0; metrics && i < count; i++) ig_run_metrics_free(&metrics[i]);
  free(metrics);
  return status;
}
