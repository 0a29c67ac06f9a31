// A plot of two axes on a page, as SVG: points, lines, curves and a mark. They have a class of the
// page's style, "a", "b" or "series-0" to "series-7", which is their colour.
#ifndef IG_PAGE_PLOT_H
#define IG_PAGE_PLOT_H
#include <stddef.h>
#include "page/page.h"

typedef struct ig_plot_axis {
  const char *label;
  double least, most;        // of the values (ig_plot_axis_extend)
  const char *const *names;  // (name_count): what the values 0, 1, … are called; NULL: numbers
  size_t name_count;
} ig_plot_axis;

typedef struct ig_plot {
  const ig_page *page;
  const char *title;
  ig_plot_axis x, y;
} ig_plot;

// An axis without values yet.
ig_plot_axis ig_plot_axis_make(const char *label);
// Makes room for a value. What is not finite, or above 1e300, has no place in a plot.
void ig_plot_axis_extend(ig_plot_axis *axis, double value);

// Draws the frame. Points and lines come after it.
void ig_plot_begin(ig_plot *plot);
// A point whose hint tells x, y and the note.
void ig_plot_point(const ig_plot *plot, const char *class, double x, double y, const char *note);
// A line through points (count); with_steps: as stairs.
void ig_plot_line(const ig_plot *plot, const char *class, const double *x, const double *y,
                  size_t count, bool with_steps);
// A line whose points (count) a pointer finds, by the script of ig_plot_hints; without it, only
// seen. Its path has the values themselves, not their places in the drawing.
typedef struct ig_plot_curve {
  const char *class, *name;
  const double *x, *y;
  size_t count;
} ig_plot_curve;
void ig_plot_curve_draw(const ig_plot *plot, const ig_plot_curve *curve);
enum { IG_PLOT_SERIES = 8 };  // classes "series-…"
// The script for curves, once a page, after its plots.
void ig_plot_hints(const ig_page *page);
// A dashed line across the plot at x.
void ig_plot_mark(const ig_plot *plot, double x);

// What a class means.
typedef struct ig_plot_key {
  const char *class, *meaning;
} ig_plot_key;
// Ends the plot, with keys (count) under it.
void ig_plot_end(const ig_plot *plot, const ig_plot_key *keys, size_t count);
#endif
