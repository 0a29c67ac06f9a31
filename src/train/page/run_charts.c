#include "train/page/run_charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "page/plot.h"
#include "train/page/downsampling.h"

// Curves of no more points have a dot at each, which without the script tells its value.
enum { DOTS = 60 };

typedef struct chart {
  const char *title, *y;
  ig_run_measure measures[2];  // the second one's curves are dashed
  int measure_count;
} chart;

static const chart charts[] = {
    {"Loss", "loss of a target", {IG_RUN_MEASURE_LOSS, IG_RUN_MEASURE_VALID_LOSS}, 2},
    {"BLEU", "BLEU", {IG_RUN_MEASURE_BLEU}, 1},
    {"chrF", "chrF", {IG_RUN_MEASURE_CHRF}, 1},
    {"F1", "F1", {IG_RUN_MEASURE_F1}, 1},
    {"Exact answers", "percent", {IG_RUN_MEASURE_EXACT}, 1},
    {"Masked tokens found", "percent", {IG_RUN_MEASURE_ACCURACY}, 1},
    {"KL divergence, of teachers or two draws", "a target", {IG_RUN_MEASURE_KL_DIVERGENCE}, 1},
    {"Learning rate", "rate", {IG_RUN_MEASURE_LEARNING_RATE}, 1},
    {"Speed", "targets a second", {IG_RUN_MEASURE_RATE}, 1},
    {"Gradient norm, before clipping", "norm", {IG_RUN_MEASURE_GRADIENT_NORM}, 1},
};

// What the x axis counts: updates, or so many seconds.
typedef struct chart_axis {
  const char *class, *label;
  double seconds;  // 0: updates
} chart_axis;

// One curve, as it is drawn.
typedef struct drawn_curve {
  double x[IG_DOWNSAMPLING_POINTS], y[IG_DOWNSAMPLING_POINTS];
  size_t count;
} drawn_curve;

typedef struct drawing {
  const ig_page *page;
  const ig_run_metrics *runs;
  size_t count;
  drawn_curve *curves;  // (count, 2): of one chart
} drawing;

void ig_run_charts_class(size_t run, char out[16]) {
  snprintf(out, 16, "series-%zu", run % IG_PLOT_SERIES);
}

// ---- one chart -----------------------------------------------------------------

static void fill_curve(const ig_run_metrics *m, ig_run_measure measure, const chart_axis *axis,
                       drawn_curve *out) {
  const ig_run_series *s = &m->series[measure];
  size_t kept[IG_DOWNSAMPLING_POINTS];
  out->count = ig_downsampling_choose(s->value, s->count, kept);
  for (size_t i = 0; i < out->count; i++) {
    const double update = s->update[kept[i]];
    out->x[i] = axis->seconds > 0 ? ig_run_metrics_seconds(m, update) / axis->seconds : update;
    out->y[i] = s->value[kept[i]];
  }
}

static drawn_curve *curve_at(const drawing *d, size_t run, int k) {
  return &d->curves[2 * run + (size_t)k];
}

static void extend(ig_plot *plot, const drawn_curve *curve) {
  for (size_t i = 0; i < curve->count; i++) {
    ig_plot_axis_extend(&plot->x, curve->x[i]);
    ig_plot_axis_extend(&plot->y, curve->y[i]);
  }
}

static void draw_curve(const drawing *d, const ig_plot *plot, const chart *c, size_t run, int k) {
  const drawn_curve *curve = curve_at(d, run, k);
  char series[16], class[32], name[256];
  if (curve->count == 0) return;
  ig_run_charts_class(run, series);
  snprintf(class, sizeof class, "%s%s", series, k ? " dashed" : "");
  snprintf(name, sizeof name, "%.200s, %s", d->runs[run].name, ig_run_metrics_key(c->measures[k]));
  ig_plot_curve_draw(plot, &(ig_plot_curve){class, name, curve->x, curve->y, curve->count});
  for (size_t i = 0; curve->count <= DOTS && i < curve->count; i++)
    ig_plot_point(plot, series, curve->x[i], curve->y[i], name);
}

static void draw_on(const drawing *d, const chart *c, const chart_axis *axis) {
  ig_plot plot = {.page = d->page,
                  .title = c->title,
                  .x = ig_plot_axis_make(axis->label),
                  .y = ig_plot_axis_make(c->y)};
  size_t drawn[2] = {0};
  for (size_t r = 0; r < d->count; r++)
    for (int k = 0; k < c->measure_count; k++) {
      fill_curve(&d->runs[r], c->measures[k], axis, curve_at(d, r, k));
      extend(&plot, curve_at(d, r, k));
      drawn[k] += curve_at(d, r, k)->count;
    }
  static const ig_plot_key both[] = {{"mark", "of validation (valid_loss)"}};
  if (drawn[0] + drawn[1] == 0) return;
  fprintf(d->page->file, "<div class=\"%s\">", axis->class);
  ig_plot_begin(&plot);
  for (size_t r = 0; r < d->count; r++)
    for (int k = 0; k < c->measure_count; k++) draw_curve(d, &plot, c, r, k);
  ig_plot_end(&plot, both, drawn[1] > 0);
  fputs("</div>\n", d->page->file);
}

// ---- all of them ---------------------------------------------------------------

// Hours where the longest run takes hours.
static chart_axis seconds_axis(const ig_run_metrics *runs, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_run_series *s = &runs[i].series[IG_RUN_MEASURE_SECONDS];
    if (s->count) most = fmax(most, s->value[s->count - 1]);
  }
  if (most > 7200) return (chart_axis){"by-seconds", "hours of updates", 3600};
  if (most > 600) return (chart_axis){"by-seconds", "minutes of updates", 60};
  return (chart_axis){"by-seconds", "seconds of updates", 1};
}

static bool has_seconds(const ig_run_metrics *runs, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (runs[i].series[IG_RUN_MEASURE_SECONDS].count) return true;
  return false;
}

// A run that is switched off is hidden by the style alone.
static void draw_switches(const ig_page *page, const ig_run_metrics *runs, size_t count) {
  fputs("<style>", page->file);
  for (size_t i = 0; i < count; i++)
    fprintf(page->file, "body:has(#show-%zu:not(:checked)) figure .series-%zu{display:none}", i, i);
  fputs("</style>\n<nav>", page->file);
  for (size_t i = 0; i < count; i++) {
    char class[16];
    ig_run_charts_class(i, class);
    fprintf(page->file, "<label class=\"%s\"><input type=\"checkbox\" id=\"show-%zu\" checked>",
            class, i);
    ig_page_text(page, runs[i].name);
    fputs("</label>", page->file);
  }
  if (has_seconds(runs, count))
    fputs(
        "<span>by <label><input type=\"radio\" name=\"axis\" checked>update</label> "
        "<label><input type=\"radio\" name=\"axis\" id=\"by-seconds\">time</label></span>",
        page->file);
  fputs("</nav>\n", page->file);
}

ig_status ig_run_charts_draw(const ig_page *page, const ig_run_metrics *runs, size_t count,
                             ig_error *err) {
  drawing d = {.page = page, .runs = runs, .count = count};
  const chart_axis axes[] = {{"by-update", "update", 0}, seconds_axis(runs, count)};
  d.curves = ig_allocate(2 * count, sizeof *d.curves, err);
  if (!d.curves) return IG_ERROR_MEMORY;
  draw_switches(page, runs, count);
  fputs("<div class=\"beside\">\n", page->file);
  for (size_t c = 0; c < sizeof charts / sizeof *charts; c++)
    for (size_t a = 0; a < 1u + has_seconds(runs, count); a++) draw_on(&d, &charts[c], &axes[a]);
  fputs("</div>\n", page->file);
  ig_plot_hints(page);
  free(d.curves);
  return IG_OK;
}
