#include "fuse/page/searched_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "page/plot.h"
#include "io/json.h"

// What a search has tried, evaluation by evaluation.
typedef struct tried {
  const ig_page *page;
  const json_t *rows;  // an array of objects
  size_t count, best;
  const json_t *first;       // a row that has scores; NULL: there is none
  double *number;            // (count): 1, 2, …
  double *score, *best_yet;  // (count): NAN: the recipe was impossible
  double *x, *y;             // (count): of the plot that is drawn
  char **notes;              // (count): the values of each as text
} tried;

static double number_of(const json_t *value) {
  return json_is_number(value) ? json_number_value(value) : NAN;
}

static const json_t *row_at(const tried *t, size_t i) { return json_array_get(t->rows, i); }

static const json_t *value_of(const tried *t, size_t i, const char *parameter) {
  return json_object_get(json_object_get(row_at(t, i), "values"), parameter);
}

static double score_of(const tried *t, size_t i, const char *objective) {
  return number_of(json_object_get(json_object_get(row_at(t, i), "scores"), objective));
}

static bool is_front(const tried *t, size_t i) {
  return json_is_true(json_object_get(row_at(t, i), "front"));
}

// ---- reading -------------------------------------------------------------------

static ig_status read_rows(tried *t, ig_error *err) {
  double best = NAN;
  for (size_t i = 0; i < t->count; i++) {
    t->number[i] = (double)i + 1;
    t->score[i] = number_of(json_object_get(row_at(t, i), "score"));
    if (!isnan(t->score[i]) && !t->first) t->first = row_at(t, i);
    best = fmax(best, t->score[i]);  // the one that is a number
    t->best_yet[i] = best;
    const json_t *values = json_object_get(row_at(t, i), "values");
    t->notes[i] = ig_json_text(values, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!t->notes[i]) t->notes[i] = ig_allocate_copy("?", 1, err);
    if (!t->notes[i]) return IG_ERROR_MEMORY;
  }
  return IG_OK;
}

static ig_status open_tried(tried *t, ig_error *err) {
  t->number = ig_allocate(5 * t->count, sizeof *t->number, err);
  t->notes = t->number ? ig_allocate(t->count, sizeof *t->notes, err) : NULL;
  if (!t->notes) return IG_ERROR_MEMORY;
  t->score = t->number + t->count;
  t->best_yet = t->score + t->count;
  t->x = t->best_yet + t->count;
  t->y = t->x + t->count;
  return read_rows(t, err);
}

static void close_tried(tried *t) {
  for (size_t i = 0; t->notes && i < t->count; i++) free(t->notes[i]);
  free(t->notes);
  free(t->number);
}

// ---- plots ---------------------------------------------------------------------

static ig_plot begin_plot(const tried *t, const char *title, const char *x, const char *y) {
  return (ig_plot){
      .page = t->page, .title = title, .x = ig_plot_axis_make(x), .y = ig_plot_axis_make(y)};
}

// Draws t->x and t->y: the best one, and those of the front if the search has one, stand out.
static void draw_points(const tried *t, const ig_plot *plot) {
  for (size_t i = 0; i < t->count; i++)
    ig_plot_point(plot, i == t->best || is_front(t, i) ? "b" : "a", t->x[i], t->y[i], t->notes[i]);
}

static void extend(const tried *t, ig_plot *plot) {
  for (size_t i = 0; i < t->count; i++) {
    if (isnan(t->y[i])) continue;
    ig_plot_axis_extend(&plot->x, t->x[i]);
    ig_plot_axis_extend(&plot->y, t->y[i]);
  }
}

static void draw_progress(tried *t) {
  static const ig_plot_key keys[] = {{"a", "score of an evaluation"}, {"b", "best so far"}};
  ig_plot plot = begin_plot(t, "Score on the way", "evaluation", "score");
  memcpy(t->x, t->number, t->count * sizeof *t->x);
  memcpy(t->y, t->score, t->count * sizeof *t->y);
  extend(t, &plot);
  ig_plot_begin(&plot);
  ig_plot_line(&plot, "b", t->number, t->best_yet, t->count, true);
  for (size_t i = 0; i < t->count; i++)
    ig_plot_point(&plot, i == t->best ? "b" : "a", t->x[i], t->y[i], t->notes[i]);
  ig_plot_end(&plot, keys, sizeof keys / sizeof *keys);
}

static bool is_of_numbers(const tried *t, const char *parameter) {
  for (size_t i = 0; i < t->count; i++)
    if (!json_is_number(value_of(t, i, parameter))) return false;
  return true;
}

// Finds the words of a parameter in the order in which they were tried: names (count), *used; and
// where each evaluation stands, t->x.
static void find_words(tried *t, const char *parameter, const char **names, size_t *used) {
  *used = 0;
  for (size_t i = 0; i < t->count; i++) {
    const char *word = json_string_value(value_of(t, i, parameter));
    size_t k = 0;
    if (!word) word = "?";
    while (k < *used && strcmp(names[k], word) != 0) k++;
    if (k == *used) names[(*used)++] = word;
    t->x[i] = (double)k;
  }
}

static ig_status draw_parameter(tried *t, const char *parameter, ig_error *err) {
  ig_plot plot = begin_plot(t, parameter, parameter, "score");
  const char **names = ig_allocate(t->count, sizeof *names, err);
  static const ig_plot_key keys[] = {{"b", "the best, and those of the Pareto front"}};
  if (!names) return IG_ERROR_MEMORY;
  if (is_of_numbers(t, parameter)) {
    for (size_t i = 0; i < t->count; i++) t->x[i] = number_of(value_of(t, i, parameter));
  } else {
    find_words(t, parameter, names, &plot.x.name_count);
    plot.x.names = names;
  }
  memcpy(t->y, t->score, t->count * sizeof *t->y);
  extend(t, &plot);
  ig_plot_begin(&plot);
  draw_points(t, &plot);
  ig_plot_end(&plot, keys, sizeof keys / sizeof *keys);
  free(names);
  return IG_OK;
}

typedef struct front_point {
  double x, y;
} front_point;

static int by_x(const void *a, const void *b) {
  const front_point *p = a, *q = b;
  return p->x == q->x ? 0 : p->x < q->x ? -1 : 1;
}

// A line through those that no other one betters.
static ig_status draw_front_line(const tried *t, const ig_plot *plot, ig_error *err) {
  front_point *points = ig_allocate(t->count, sizeof *points, err);
  double *line = points ? ig_allocate(2 * t->count, sizeof *line, err) : NULL;
  size_t count = 0;
  if (line) {
    for (size_t i = 0; i < t->count; i++)
      if (is_front(t, i)) points[count++] = (front_point){t->x[i], t->y[i]};
    if (count) qsort(points, count, sizeof *points, by_x);
    for (size_t i = 0; i < count; i++) {
      line[i] = points[i].x;
      line[count + i] = points[i].y;
    }
    ig_plot_line(plot, "b", line, line + count, count, false);
  }
  free(points);
  free(line);
  return line ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status draw_front(tried *t, const char *first, const char *second, ig_error *err) {
  static const ig_plot_key keys[] = {
      {"b", "the Pareto front: no other one is as good by each score and better by one"},
      {"mark", "the best by the mean of both"}};
  ig_plot plot = begin_plot(t, "One objective against the other", first, second);
  for (size_t i = 0; i < t->count; i++) {
    t->x[i] = score_of(t, i, first);
    t->y[i] = score_of(t, i, second);
  }
  extend(t, &plot);
  ig_plot_begin(&plot);
  const ig_status status = draw_front_line(t, &plot, err);
  draw_points(t, &plot);
  if (t->best < t->count) ig_plot_mark(&plot, t->x[t->best]);
  ig_plot_end(&plot, keys, sizeof keys / sizeof *keys);
  return status;
}

static ig_status draw_plots(tried *t, ig_error *err) {
  const char *parameter, *objective, *two[2];
  json_t *value, *scores = json_object_get(t->first, "scores");
  size_t objectives = 0;
  draw_progress(t);
  json_object_foreach(scores, objective, value) {
    if (objectives < 2) two[objectives] = objective;
    objectives++;
  }
  if (objectives == 2) IG_TRY(draw_front(t, two[0], two[1], err));
  json_object_foreach(json_object_get(t->first, "values"), parameter, value)
      IG_TRY(draw_parameter(t, parameter, err));
  return IG_OK;
}

// ---- the table -----------------------------------------------------------------

static void write_number(const tried *t, double value) {
  if (isfinite(value))
    fprintf(t->page->file, "<td>%.6g</td>", value);
  else
    fputs("<td>–</td>", t->page->file);
}

static void write_value(const tried *t, const json_t *value) {
  if (json_is_number(value))
    write_number(t, json_number_value(value));
  else
    ig_page_element(t->page, "td", json_is_string(value) ? json_string_value(value) : "?");
}

static void write_head(const tried *t) {
  const char *name;
  json_t *value;
  fputs("<tr><th></th>", t->page->file);
  json_object_foreach(json_object_get(t->first, "values"), name, value)
      ig_page_element(t->page, "th", name);
  json_object_foreach(json_object_get(t->first, "scores"), name, value)
      ig_page_element(t->page, "th", name);
  fputs("<th>mean</th><th></th></tr>\n", t->page->file);
}

static void write_row(const tried *t, size_t i) {
  const char *name, *why = json_string_value(json_object_get(row_at(t, i), "impossible"));
  json_t *value;
  fprintf(t->page->file, "<tr%s><th>%zu</th>", i == t->best ? " class=\"best\"" : "", i + 1);
  json_object_foreach(json_object_get(t->first, "values"), name, value)
      write_value(t, value_of(t, i, name));
  json_object_foreach(json_object_get(t->first, "scores"), name, value)
      write_number(t, score_of(t, i, name));
  write_number(t, t->score[i]);
  fputs("<td class=\"words\">", t->page->file);
  if (i == t->best) fputs(is_front(t, i) ? "the best, " : "the best", t->page->file);
  if (is_front(t, i)) fputs("on the front", t->page->file);
  if (why) fputs("impossible: ", t->page->file);
  if (why) ig_page_text(t->page, why);
  fputs("</td></tr>\n", t->page->file);
}

static void write_table(const tried *t) {
  fputs("<div class=\"wide\"><table class=\"flat\">", t->page->file);
  write_head(t);
  for (size_t i = 0; i < t->count; i++) write_row(t, i);
  fputs("</table></div>\n", t->page->file);
}

// ---- the whole -----------------------------------------------------------------

static ig_status draw(tried *t, ig_error *err) {
  if (!t->first) return IG_OK;
  fprintf(t->page->file,
          "<h2>Search</h2><p>%zu recipes were tried. Higher scores are better; a pointer on a "
          "point shows its values.</p>\n<div class=\"beside\">",
          t->count);
  IG_TRY(draw_plots(t, err));
  fputs("</div>\n<h3>What was tried</h3>", t->page->file);
  write_table(t);
  return IG_OK;
}

ig_status ig_searched_page_draw(const ig_page *page, const json_t *searched, ig_error *err) {
  tried t = {.page = page, .rows = json_object_get(searched, "evaluations")};
  const json_t *best = json_object_get(searched, "best");
  t.count = json_array_size(t.rows);
  t.best = json_is_integer(best) && json_integer_value(best) >= 0 ? (size_t)json_integer_value(best)
                                                                  : t.count;
  ig_status status = open_tried(&t, err);
  if (status == IG_OK) status = draw(&t, err);
  close_tried(&t);
  return status;
}
