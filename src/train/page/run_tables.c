#include "train/page/run_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"
#include "train/page/run_charts.h"

static void write_head(const ig_page *page, const char *before, const ig_run_metrics *run,
                       size_t i) {
  char class[16];
  ig_run_charts_class(i, class);
  fprintf(page->file, "%s<th class=\"%s\">", before, class);
  ig_page_text(page, run->name);
  fputs("</th>", page->file);
}

// ---- values --------------------------------------------------------------------

typedef enum wanted { WANTED_NEITHER, WANTED_LESS, WANTED_MORE } wanted;

static const struct {
  ig_run_measure measure;
  const char *name;
  wanted wanted;
} columns[] = {
    {IG_RUN_MEASURE_LOSS, "loss", WANTED_LESS},
    {IG_RUN_MEASURE_VALID_LOSS, "validation loss", WANTED_LESS},
    {IG_RUN_MEASURE_BLEU, "BLEU", WANTED_MORE},
    {IG_RUN_MEASURE_CHRF, "chrF", WANTED_MORE},
    {IG_RUN_MEASURE_F1, "F1", WANTED_MORE},
    {IG_RUN_MEASURE_EXACT, "exact", WANTED_MORE},
    {IG_RUN_MEASURE_ACCURACY, "accuracy", WANTED_MORE},
    {IG_RUN_MEASURE_KL_DIVERGENCE, "KL divergence", WANTED_LESS},
    {IG_RUN_MEASURE_RATE, "targets/s", WANTED_NEITHER},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static bool has_measure(const ig_run_metrics *runs, size_t count, ig_run_measure measure) {
  for (size_t i = 0; i < count; i++)
    if (runs[i].series[measure].count) return true;
  return false;
}

// The first one of the best values.
static size_t find_best(const ig_run_series *s, wanted goal) {
  size_t best = 0;
  for (size_t i = 1; i < s->count; i++)
    if (goal == WANTED_LESS ? s->value[i] < s->value[best] : s->value[i] > s->value[best]) best = i;
  return best;
}

// The best value of all runs; NAN: there is none.
static double best_of_runs(const ig_run_metrics *runs, size_t count, int column) {
  double best = NAN;
  for (size_t i = 0; i < count; i++) {
    const ig_run_series *s = &runs[i].series[columns[column].measure];
    if (s->count == 0) continue;
    const double value = s->value[find_best(s, columns[column].wanted)];
    best = columns[column].wanted == WANTED_LESS ? fmin(best, value) : fmax(best, value);
  }
  return best;
}

static void write_values(const ig_page *page, const ig_run_metrics *runs, size_t count, size_t run,
                         int column) {
  const ig_run_series *s = &runs[run].series[columns[column].measure];
  const wanted goal = columns[column].wanted;
  if (s->count == 0) {
    fputs(goal == WANTED_NEITHER ? "<td>–</td>" : "<td>–</td><td>–</td>", page->file);
    return;
  }
  const double last = s->value[s->count - 1];
  if (goal == WANTED_NEITHER) {
    fprintf(page->file, "<td>%.*f</td>", last < 100, last);
    return;
  }
  fprintf(page->file, "<td>%.5g</td>", last);
  const size_t best = find_best(s, goal);
  const bool wins = count > 1 && s->value[best] == best_of_runs(runs, count, column);
  fprintf(page->file, "<td>%s%.5g%s at %.0f</td>", wins ? "<b>" : "", s->value[best],
          wins ? "</b>" : "", s->update[best]);
}

static void write_time(const ig_page *page, const ig_run_metrics *run) {
  const ig_run_series *s = &run->series[IG_RUN_MEASURE_SECONDS];
  if (s->count == 0) {
    fputs("<td>–</td>", page->file);
    return;
  }
  const double seconds = s->value[s->count - 1];
  fprintf(page->file, "<td>%.0f:%02d:%02d</td>", floor(seconds / 3600),
          (int)(fmod(seconds, 3600) / 60), (int)fmod(seconds, 60));
}

void ig_run_tables_values(const ig_page *page, const ig_run_metrics *runs, size_t count) {
  fputs(
      "<h2>Values</h2>\n<div class=\"wide\"><table class=\"flat\"><tr><th></th><th>update</th>"
      "<th>time of updates</th>",
      page->file);
  for (int c = 0; c < COLUMNS; c++) {
    if (!has_measure(runs, count, columns[c].measure)) continue;
    fprintf(page->file, "<th>%s, last</th>", columns[c].name);
    if (columns[c].wanted != WANTED_NEITHER) fputs("<th>best</th>", page->file);
  }
  fputs("</tr>\n", page->file);
  for (size_t i = 0; i < count; i++) {
    write_head(page, "<tr>", &runs[i], i);
    fprintf(page->file, "<td>%.0f</td>", runs[i].last_update);
    write_time(page, &runs[i]);
    for (int c = 0; c < COLUMNS; c++)
      if (has_measure(runs, count, columns[c].measure)) write_values(page, runs, count, i, c);
    fputs("</tr>\n", page->file);
  }
  fputs("</table></div>\n", page->file);
}

// ---- settings ------------------------------------------------------------------

static bool equal_values(const json_t *a, const json_t *b) { return a == b || json_equal(a, b); }

// Runs without settings do not count.
static bool differs(const ig_run_metrics *runs, size_t count, const char *key) {
  const json_t *first = NULL;
  for (size_t i = 0; i < count; i++) {
    if (!runs[i].settings) continue;
    if (!first) first = runs[i].settings;
    if (!equal_values(json_object_get(first, key), json_object_get(runs[i].settings, key)))
      return true;
  }
  return false;
}

static ig_status write_setting(const ig_page *page, const json_t *value, ig_error *err) {
  const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9);
  char *text = value && !json_is_string(value) ? ig_json_text(value, flags) : NULL;
  if (value && !json_is_string(value) && !text)
    return ig_fail(err, IG_ERROR_MEMORY,
                   "a setting: out of memory, or a number that is not finite");
  fputs("<td class=\"words\">", page->file);
  ig_page_text(page, !value ? "–" : text ? text : json_string_value(value));
  fputs("</td>", page->file);
  free(text);
  return IG_OK;
}

static ig_status write_settings_row(const ig_page *page, const ig_run_metrics *runs, size_t count,
                                    const char *key, ig_error *err) {
  fputs("<tr>", page->file);
  ig_page_element(page, "th", key);
  for (size_t i = 0; i < count; i++)
    IG_TRY(write_setting(page, json_object_get(runs[i].settings, key), err));
  fputs("</tr>\n", page->file);
  return IG_OK;
}

// The keys of all runs, each once.
static json_t *all_keys(const ig_run_metrics *runs, size_t count) {
  json_t *keys = json_object();
  const char *key;
  json_t *value;
  int failed = !keys;
  for (size_t i = 0; i < count; i++) {
    json_object_foreach(runs[i].settings, key, value) {
      failed |= json_object_set_new(keys, key, json_null());
    }
  }
  if (!failed) return keys;
  json_decref(keys);
  return NULL;
}

static ig_status write_settings(const ig_page *page, const ig_run_metrics *runs, size_t count,
                                json_t *keys, bool differing, ig_error *err) {
  const char *key;
  json_t *value;
  fputs("<div class=\"wide\"><table class=\"flat\"><tr><th></th>", page->file);
  for (size_t i = 0; i < count; i++) write_head(page, "", &runs[i], i);
  fputs("</tr>\n", page->file);
  json_object_foreach(keys, key, value) {
    if (!differing || differs(runs, count, key))
      IG_TRY(write_settings_row(page, runs, count, key, err));
  }
  fputs("</table></div>\n", page->file);
  return IG_OK;
}

static ig_status draw_settings(const ig_page *page, const ig_run_metrics *runs, size_t count,
                               json_t *keys, ig_error *err) {
  const char *key;
  json_t *value;
  size_t differing = 0;
  json_object_foreach(keys, key, value) differing += differs(runs, count, key);
  fputs("<h2>Settings</h2>\n", page->file);
  if (differing) {
    fputs("<p>The runs differ in these, of those that decide a result:</p>\n", page->file);
    IG_TRY(write_settings(page, runs, count, keys, true, err));
  } else if (count > 1) {
    fputs("<p>The runs whose checkpoint says so have the same settings.</p>\n", page->file);
  }
  fprintf(page->file, "<details%s><summary>All settings</summary>\n", count == 1 ? " open" : "");
  IG_TRY(write_settings(page, runs, count, keys, false, err));
  fputs("</details>\n", page->file);
  return IG_OK;
}

ig_status ig_run_tables_settings(const ig_page *page, const ig_run_metrics *runs, size_t count,
                                 ig_error *err) {
  json_t *keys = all_keys(runs, count);
  if (!keys) return ig_fail(err, IG_ERROR_MEMORY, "settings: out of memory");
  const ig_status status =
      json_object_size(keys) ? draw_settings(page, runs, count, keys, err) : IG_OK;
  json_decref(keys);
  return status;
}

// ---- samples -------------------------------------------------------------------

static void write_sample(const ig_page *page, const json_t *first, const json_t *sample) {
  const char *key;
  json_t *value;
  fputs("<tr>", page->file);
  json_object_foreach((json_t *)first, key, value) {
    const char *text = json_string_value(json_object_get(sample, key));
    fputs("<td class=\"words\" dir=\"auto\">", page->file);
    ig_page_text(page, text ? text : "–");
    fputs("</td>", page->file);
  }
  fputs("</tr>\n", page->file);
}

static void draw_samples(const ig_page *page, const ig_run_metrics *run) {
  const json_t *first = json_array_get(run->samples, 0), *sample;
  const char *key;
  json_t *value;
  size_t i;
  fputs("<h3>", page->file);
  ig_page_text(page, run->name);
  fprintf(page->file, ", update %.0f</h3>\n<div class=\"wide\"><table class=\"flat\"><tr>",
          run->sampled);
  json_object_foreach((json_t *)first, key, value) ig_page_element(page, "th", key);
  fputs("</tr>\n", page->file);
  json_array_foreach(run->samples, i, sample) write_sample(page, first, sample);
  fputs("</table></div>\n", page->file);
}

void ig_run_tables_samples(const ig_page *page, const ig_run_metrics *runs, size_t count) {
  bool begun = false;
  for (size_t i = 0; i < count; i++) {
    if (!json_is_object(json_array_get(runs[i].samples, 0))) continue;
    if (!begun) fputs("<h2>Samples of the last validation</h2>\n", page->file);
    begun = true;
    draw_samples(page, &runs[i]);
  }
}
