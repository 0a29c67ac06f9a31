#include "page/plot.h"

#include <math.h>

// Of the drawing, in its own units.
enum { WIDTH = 460, HEIGHT = 300, LEFT = 64, RIGHT = 16, TOP = 10, BOTTOM = 44 };
enum { TICKS = 8, NAMES = 12 };

// Differences of such values are finite. NAN: no.
static bool is_drawn(double value) { return fabs(value) < 1e300; }

// ---- axes ----------------------------------------------------------------------

ig_plot_axis ig_plot_axis_make(const char *label) {
  return (ig_plot_axis){.label = label, .least = INFINITY, .most = -INFINITY};
}

void ig_plot_axis_extend(ig_plot_axis *axis, double value) {
  if (!is_drawn(value)) return;
  axis->least = fmin(axis->least, value);
  axis->most = fmax(axis->most, value);
}

// Leaves room on both sides, also round a single value.
static void widen(ig_plot_axis *axis) {
  if (axis->least > axis->most) axis->least = axis->most = 0;
  const double width = axis->most - axis->least,
               room = width > 0 ? width / 20 : fmax(fabs(axis->most), 1) / 20;
  axis->least -= room;
  axis->most += room;
}

static double x_of(const ig_plot *p, double value) {
  return LEFT + (WIDTH - LEFT - RIGHT) * (value - p->x.least) / (p->x.most - p->x.least);
}

static double y_of(const ig_plot *p, double value) {
  return HEIGHT - BOTTOM -
         (HEIGHT - TOP - BOTTOM) * (value - p->y.least) / (p->y.most - p->y.least);
}

// 1, 2 or 5 times a power of ten, so that some eight of it are as wide as the axis.
static double tick_step(const ig_plot_axis *axis) {
  const double wanted = (axis->most - axis->least) / TICKS, power = pow(10, floor(log10(wanted))),
               factor = wanted / power;
  return power * (factor > 5 ? 10 : factor > 2 ? 5 : factor > 1 ? 2 : 1);
}

typedef struct tick {
  const char *anchor;
  double x, y;  // of its text
} tick;

static void write_text(const ig_plot *p, const tick *at, const char *text) {
  fprintf(p->page->file, "<text text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", at->anchor, at->x,
          at->y);
  ig_page_text(p->page, text);
  fputs("</text>", p->page->file);
}

static tick tick_at(const ig_plot *p, bool is_x, double value) {
  return is_x ? (tick){"middle", x_of(p, value), HEIGHT - BOTTOM + 16}
              : (tick){"end", LEFT - 6, y_of(p, value) + 4};
}

static void write_numbers(const ig_plot *p, const ig_plot_axis *axis, bool is_x) {
  const double step = tick_step(axis), first = ceil(axis->least / step);
  for (int i = 0; i <= 2 * TICKS && (first + i) * step <= axis->most; i++) {
    char text[32];
    const double value = (first + i) * step + 0.0;  // no -0
    const tick at = tick_at(p, is_x, value);
    snprintf(text, sizeof text, "%.9g", fabs(value) < step / 2 ? 0 : value);
    write_text(p, &at, text);
  }
}

// Where there are many, only some of them fit.
static void write_names(const ig_plot *p, const ig_plot_axis *axis, bool is_x) {
  const size_t every = axis->name_count / NAMES + 1;
  for (size_t i = 0; i < axis->name_count; i += every) {
    const tick at = tick_at(p, is_x, (double)i);
    write_text(p, &at, axis->names[i]);
  }
}

static void write_axis(const ig_plot *p, const ig_plot_axis *axis, bool is_x) {
  if (axis->names)
    write_names(p, axis, is_x);
  else
    write_numbers(p, axis, is_x);
}

// ---- the plot ------------------------------------------------------------------

void ig_plot_begin(ig_plot *p) {
  widen(&p->x);
  widen(&p->y);
  FILE *file = p->page->file;
  fputs("<figure>", file);
  ig_page_element(p->page, "figcaption", p->title);
  fprintf(file, "<svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">", WIDTH,
          HEIGHT, WIDTH, HEIGHT);
  fprintf(file, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", LEFT, TOP,
          WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
  write_axis(p, &p->x, true);
  write_axis(p, &p->y, false);
  const int middle = (TOP + HEIGHT - BOTTOM) / 2;
  const tick below = {"middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10};
  write_text(p, &below, p->x.label);
  fprintf(file, "<text text-anchor=\"middle\" x=\"12\" y=\"%d\" transform=\"rotate(-90 12 %d)\">",
          middle, middle);
  ig_page_text(p->page, p->y.label);
  fputs("</text>\n", file);
}

void ig_plot_end(const ig_plot *p, const ig_plot_key *keys, size_t count) {
  FILE *file = p->page->file;
  fputs("</svg>\n", file);
  for (size_t i = 0; i < count; i++) {
    fprintf(file, "<div><svg width=\"24\" height=\"12\"><path class=\"%s\" d=\"M2 6H22\"/></svg> ",
            keys[i].class);
    ig_page_text(p->page, keys[i].meaning);
    fputs("</div>\n", file);
  }
  fputs("</figure>\n", file);
}

void ig_plot_point(const ig_plot *p, const char *class, double x, double y, const char *note) {
  if (!is_drawn(x) || !is_drawn(y)) return;
  fprintf(p->page->file, "<circle class=\"%s\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>%.6g, %.6g",
          class, x_of(p, x), y_of(p, y), x, y);
  if (note) {
    fputs(": ", p->page->file);
    ig_page_text(p->page, note);
  }
  fputs("</title></circle>\n", p->page->file);
}

void ig_plot_line(const ig_plot *p, const char *class, const double *x, const double *y,
                  size_t count, bool with_steps) {
  bool begun = false;
  fprintf(p->page->file, "<path class=\"%s\" d=\"", class);
  for (size_t i = 0; i < count; i++) {
    if (!is_drawn(x[i]) || !is_drawn(y[i])) continue;
    if (begun && with_steps) fprintf(p->page->file, "H%.1f", x_of(p, x[i]));
    fprintf(p->page->file, "%s%.1f %.1f", begun ? "L" : "M", x_of(p, x[i]), y_of(p, y[i]));
    begun = true;
  }
  fputs("\"/>\n", p->page->file);
}

// ---- curves --------------------------------------------------------------------

void ig_plot_curve_draw(const ig_plot *p, const ig_plot_curve *c) {
  const double across = x_of(p, 1) - x_of(p, 0), down = y_of(p, 1) - y_of(p, 0);
  char command = 'M';
  fprintf(p->page->file, "<path class=\"%s\" transform=\"matrix(%.9g 0 0 %.9g %.9g %.9g)\" d=\"",
          c->class, across, down, x_of(p, 0), y_of(p, 0));
  for (size_t i = 0; i < c->count; i++) {
    if (!is_drawn(c->x[i]) || !is_drawn(c->y[i])) continue;
    fprintf(p->page->file, "%c%.9g %.6g", command, c->x[i], c->y[i]);
    command = 'L';
  }
  fputs("\"><desc>", p->page->file);
  ig_page_text(p->page, c->name);
  fputs("</desc></path>\n", p->page->file);
}

// Over a plot, the point of each curve that is nearest to the pointer from left to right is told.
static const char script[] =
    "const hint = document.createElement('div');\n"
    "hint.className = 'hint';\n"
    "document.body.append(hint);\n"
    "function pointsOf(path) {\n"
    "  if (!path.points) path.points = path.getAttribute('d').split(/[ML]/).slice(1)\n"
    "    .map(text => text.split(' ').map(Number));\n"
    "  return path.points;\n"
    "}\n"
    "function nearest(points, x) {\n"
    "  let low = 0, high = points.length - 1;\n"
    "  while (low < high) {\n"
    "    const middle = (low + high) >> 1;\n"
    "    if (points[middle][0] < x) low = middle + 1; else high = middle;\n"
    "  }\n"
    "  return low && x - points[low - 1][0] < points[low][0] - x ? points[low - 1] : points[low];\n"
    "}\n"
    "function show(svg, event) {\n"
    "  const rows = [];\n"
    "  for (const path of svg.querySelectorAll('path[transform]')) {\n"
    "    const points = pointsOf(path), matrix = path.getScreenCTM();\n"
    "    if (!points.length || !matrix || !path.getClientRects().length) continue;\n"
    "    const [x, y] = nearest(points, (event.clientX - matrix.e) / matrix.a);\n"
    "    const row = document.createElement('div');\n"
    "    row.className = path.getAttribute('class');\n"
    "    row.textContent = `${path.textContent}: ${y} at ${+x.toPrecision(x % 1 ? 5 : 15)}`;\n"
    "    rows.push(row);\n"
    "  }\n"
    "  hint.replaceChildren(...rows);\n"
    "  hint.hidden = !rows.length;\n"
    "  const left = Math.min(event.clientX + 14, innerWidth - hint.offsetWidth - 4);\n"
    "  const top = Math.min(event.clientY + 14, innerHeight - hint.offsetHeight - 4);\n"
    "  hint.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;\n"
    "}\n"
    "hint.hidden = true;\n"
    "for (const svg of document.querySelectorAll('figure > svg')) {\n"
    "  svg.onpointermove = svg.onpointerdown = event => show(svg, event);\n"
    "  svg.onpointerleave = () => hint.hidden = true;\n"
    "}\n";

void ig_plot_hints(const ig_page *page) { fprintf(page->file, "<script>\n%s</script>\n", script); }

void ig_plot_mark(const ig_plot *p, double x) {
  fprintf(p->page->file, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>\n", x_of(p, x), TOP,
          HEIGHT - BOTTOM);
}
