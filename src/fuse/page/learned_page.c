#include "fuse/page/learned_page.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "page/plot.h"

static double number_of(const json_t *value) {
  return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_of(const json_t *value) {
  return json_is_string(value) ? json_string_value(value) : "?";
}

// ---- the table -----------------------------------------------------------------

typedef struct group_row {
  const char *name;
  size_t index;  // among those of the record
} group_row;

// As people count: layer 2 comes before layer 10.
static int by_name(const void *a, const void *b) {
  const char *x = ((const group_row *)a)->name, *y = ((const group_row *)b)->name;
  for (; *x && *y; x++, y++) {
    const size_t m = strspn(x, "0123456789"), n = strspn(y, "0123456789");
    if (m != n && m && n) return m < n ? -1 : 1;
    if (*x != *y) break;
  }
  if (*x != *y) return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
  const size_t i = ((const group_row *)a)->index, k = ((const group_row *)b)->index;
  return i < k ? -1 : i > k;
}

// The largest magnitude of all coefficients.
static double largest(const json_t *coefficients) {
  const char *model;
  json_t *values;
  double most = 0;
  json_object_foreach((json_t *)coefficients, model, values) {
    for (size_t i = 0; i < json_array_size(values); i++) {
      const double value = number_of(json_array_get(values, i));
      if (isfinite(value)) most = fmax(most, fabs(value));
    }
  }
  return most > 0 ? most : 1;
}

// deviations: of the coefficients that the rows of a tensor have; NULL: each tensor has one.
static void draw_rows(const ig_page *page, const json_t *coefficients, const json_t *deviations,
                      const group_row *rows, size_t count) {
  const double most = largest(coefficients);
  const char *model;
  json_t *values;
  fputs("<div class=\"wide\"><table><tr><th></th>", page->file);
  json_object_foreach((json_t *)coefficients, model, values) {
    ig_page_element(page, "th", model);
    if (deviations) ig_page_element(page, "th", "standard deviation");
  }
  fputs("</tr>\n", page->file);
  for (size_t r = 0; r < count; r++) {
    fputs("<tr>", page->file);
    ig_page_element(page, "th", rows[r].name);
    json_object_foreach((json_t *)coefficients, model, values) {
      const double value = number_of(json_array_get(values, rows[r].index));
      ig_page_cell(page, value, 2, 0.5 + value / (2 * most));
      if (deviations)
        fprintf(page->file, "<td>%.2f</td>",
                number_of(json_array_get(json_object_get(deviations, model), rows[r].index)));
    }
    fputs("</tr>\n", page->file);
  }
  fputs("</table></div>\n", page->file);
}

static ig_status draw_table(const ig_page *page, const json_t *learned, ig_error *err) {
  const json_t *groups = json_object_get(learned, "groups"),
               *coefficients = json_object_get(learned, "coefficients");
  const size_t count = json_array_size(groups);
  group_row *rows = ig_allocate(count, sizeof *rows, err);
  if (!rows) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) rows[i] = (group_row){text_of(json_array_get(groups, i)), i};
  if (count) qsort(rows, count, sizeof *rows, by_name);
  draw_rows(page, coefficients, json_object_get(learned, "deviations"), rows, count);
  free(rows);
  return IG_OK;
}

// ---- the losses ----------------------------------------------------------------

typedef struct curves {
  double *step, *train, *valid;  // (count): NAN where the record has none
  size_t count;
} curves;

static void fill_curves(const json_t *history, curves *c) {
  for (size_t i = 0; i < c->count; i++) {
    const json_t *row = json_array_get(history, i);
    c->step[i] = number_of(json_object_get(row, "step"));
    c->train[i] = number_of(json_object_get(row, "train"));
    c->valid[i] = number_of(json_object_get(row, "held_out"));
  }
}

static void draw_curves(const ig_page *page, const curves *c, double chosen) {
  static const ig_plot_key keys[] = {
      {"b", "held-out loss"},
      {"a", "loss that was learned from, the mean of the steps since the point before"},
      {"mark", "the step whose coefficients were taken"}};
  ig_plot plot = {.page = page,
                  .title = "Losses",
                  .x = ig_plot_axis_make("steps"),
                  .y = ig_plot_axis_make("loss of a token")};
  for (size_t i = 0; i < c->count; i++) {
    ig_plot_axis_extend(&plot.x, c->step[i]);
    ig_plot_axis_extend(&plot.y, c->train[i]);
    ig_plot_axis_extend(&plot.y, c->valid[i]);
  }
  ig_plot_begin(&plot);
  ig_plot_line(&plot, "a", c->step, c->train, c->count, false);
  ig_plot_line(&plot, "b", c->step, c->valid, c->count, false);
  for (size_t i = 0; i < c->count; i++) {
    ig_plot_point(&plot, "a", c->step[i], c->train[i], "learned from");
    ig_plot_point(&plot, "b", c->step[i], c->valid[i], "held out");
  }
  if (chosen >= plot.x.least && chosen <= plot.x.most) ig_plot_mark(&plot, chosen);
  ig_plot_end(&plot, keys, sizeof keys / sizeof *keys);
}

static ig_status draw_history(const ig_page *page, const json_t *learned, ig_error *err) {
  const json_t *history = json_object_get(learned, "history");
  curves c = {.count = json_array_size(history)};
  if (c.count == 0) return IG_OK;
  c.step = ig_allocate(3 * c.count, sizeof *c.step, err);
  if (!c.step) return IG_ERROR_MEMORY;
  c.train = c.step + c.count;
  c.valid = c.train + c.count;
  fill_curves(history, &c);
  draw_curves(page, &c, number_of(json_object_get(learned, "steps")));
  free(c.step);
  return IG_OK;
}

static void draw_loss(const ig_page *page, const char *of, double loss, bool is_result) {
  fputs(is_result ? "<tr class=\"best\">" : "<tr>", page->file);
  ig_page_element(page, "th", of);
  if (isnan(loss))
    fputs("<td>–</td></tr>\n", page->file);
  else
    fprintf(page->file, "<td>%.4f</td></tr>\n", loss);
}

// The held-out loss of each model by itself, and of the result.
static void draw_losses(const ig_page *page, const json_t *learned) {
  const char *model;
  json_t *loss;
  const double found = number_of(json_object_get(learned, "held_out"));
  if (isnan(found)) return;
  fputs("<table class=\"flat\"><tr><th></th><th>held-out loss</th></tr>\n", page->file);
  json_object_foreach(json_object_get(learned, "held_out_of_models"), model, loss)
      draw_loss(page, model, number_of(loss), false);
  draw_loss(page, "learned", found, true);
  fputs("</table>\n", page->file);
}

// ---- the whole -----------------------------------------------------------------

ig_status ig_learned_page_draw(const ig_page *page, const json_t *learned, ig_error *err) {
  const double most = largest(json_object_get(learned, "coefficients"));
  fputs(
      "<h2>Learned coefficients</h2><p>What the model at the top is multiplied with in the tensors "
      "on the left: its difference from the base or, without a base, the model itself. A pointer "
      "shows all digits.</p>\n",
      page->file);
  if (json_object_get(learned, "deviations"))
    fputs("<p>Each row of a tensor has a coefficient of its own: these are their means.</p>\n",
          page->file);
  ig_page_legend(page, -most, 0, most);
  fputs("<div class=\"beside\">", page->file);
  IG_TRY(draw_table(page, learned, err));
  fputs("<div>", page->file);
  IG_TRY(draw_history(page, learned, err));
  draw_losses(page, learned);
  fputs("</div></div>\n", page->file);
  return IG_OK;
}
