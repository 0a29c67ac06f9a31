// Draws a comparison: tables of all models together, how alike each two of them are, and a part of
// the page for each such pair, which shows when it is chosen.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/preview/compare_table.h"

typedef struct comparison_page {
  const ig_page *page;
  const ig_fusion_plan *plan;
  const ig_comparisons *compared;
  ig_compare_table table;
  double *values;  // (compared->count): of the table that is drawn
  bool based;
  size_t models;            // that are fused: the first ones of the plan
  ig_compared_pair *whole;  // (models, models): of all tensors of two models; below the diagonal
} comparison_page;

// ---- all models together -------------------------------------------------------

static double largest(const double *values, size_t count) {
  double most = 0;
  for (size_t i = 0; i < count; i++) most = fmax(most, values[i]);  // the one that is a number
  return most > 0 ? most : 1;
}

static void draw_cosines(const comparison_page *p, const char *explanation) {
  ig_compare_table_draw(&p->table, &(ig_compare_values){"Cosine", explanation, p->values, -1, 1});
}

static void draw_distances(const comparison_page *p, const char *explanation) {
  const double most = largest(p->values, p->compared->count);
  ig_compare_table_draw(&p->table,
                        &(ig_compare_values){"Distance", explanation, p->values, 0, most});
}

static void draw_means(const comparison_page *p) {
  for (size_t i = 0; i < p->compared->count; i++) p->values[i] = p->compared->items[i].cosine;
  draw_cosines(p, p->based
                      ? "Mean cosine between the models' differences from the base: 1: they moved "
                        "the same way, 0: independently, -1: against each other."
                      : "Mean cosine between the models' weights: 1: the same direction.");
  for (size_t i = 0; i < p->compared->count; i++) p->values[i] = p->compared->items[i].distance;
  draw_distances(p, p->based
                        ? "Mean norm of the differences from the base, in norms of the base."
                        : "Mean norm of the differences between two models, in norms of theirs.");
}

// ---- pairs ---------------------------------------------------------------------

// Two models, a after b in the plan.
typedef struct model_pair {
  size_t a, b;
} model_pair;

// The pair of an item's inputs that are these models; NULL: it has not both.
static const ig_compared_pair *find_pair(const ig_comparison *item, model_pair models) {
  const ig_compared_pair *pair = item->pairs;
  const ig_plan_input *input = item->tensor->input;
  for (size_t i = 0; i < item->tensor->inputs; i++)
    for (size_t j = 0; j < i; j++, pair++) {
      if (input[i].model == models.a && input[j].model == models.b) return pair;
      if (input[i].model == models.b && input[j].model == models.a) return pair;
    }
  return NULL;
}

// Vectors of all tensors one after the other have the sums of these products.
static void sum_pair(comparison_page *p, model_pair models) {
  ig_compared_pair *sum = &p->whole[models.a * p->models + models.b];
  for (size_t i = 0; i < p->compared->count; i++) {
    const ig_compared_pair *pair = find_pair(&p->compared->items[i], models);
    if (!pair) continue;
    sum->xx += pair->xx;
    sum->yy += pair->yy;
    sum->xy += pair->xy;
  }
}

static ig_status sum_pairs(comparison_page *p, ig_error *err) {
  for (size_t i = 0; i < p->compared->count; i++) {
    const ig_plan_tensor *t = p->compared->items[i].tensor;
    for (size_t k = 0; k < t->inputs; k++)
      if (t->input[k].model >= p->models) p->models = t->input[k].model + 1;
  }
  p->whole = ig_allocate(p->models * p->models, sizeof *p->whole, err);
  if (!p->whole) return IG_ERROR_MEMORY;
  for (size_t a = 0; a < p->models; a++)
    for (size_t b = 0; b < a; b++) sum_pair(p, (model_pair){a, b});
  return IG_OK;
}

// A page of many pairs would be too large for a browser.
enum { MOST_CELLS = 200000 };

static size_t count_pairs(const comparison_page *p) {
  return p->models * (p->models - (p->models > 0)) / 2;
}

// The pairs are counted by rows below the diagonal: is this one among those that have a part?
static bool has_part(const comparison_page *p, model_pair models) {
  const size_t number = models.a * (models.a - 1) / 2 + models.b;
  return (number + 1) * 2 * p->compared->count <= MOST_CELLS;
}

static void draw_pair_cell(const comparison_page *p, model_pair models) {
  const double value = ig_compare_cosine(&p->whole[models.a * p->models + models.b]);
  char link[64];
  snprintf(link, sizeof link, "#pair-%zu-%zu", models.b + 1, models.a + 1);
  ig_page_link_cell(p->page, value, (value + 1) / 2, has_part(p, models) ? link : NULL);
}

static void draw_pairs(const comparison_page *p) {
  fputs(
      "<h3 id=\"pairs\">Pairs of models</h3><p>Cosine of all tensors together. A number leads to "
      "the tensors of these two models.</p><div class=\"wide\"><table class=\"flat\"><tr><th></th>",
      p->page->file);
  for (size_t b = 0; b + 1 < p->models; b++) fprintf(p->page->file, "<th>%zu</th>", b + 1);
  fputs("</tr>\n", p->page->file);
  for (size_t a = 1; a < p->models; a++) {
    fprintf(p->page->file, "<tr><th>%zu. ", a + 1);
    ig_page_text(p->page, p->plan->models.model[a].reference);
    fputs("</th>", p->page->file);
    for (size_t b = 0; b + 1 < p->models; b++) {
      if (b < a)
        draw_pair_cell(p, (model_pair){a, b});
      else
        fputs("<td></td>", p->page->file);
    }
    fputs("</tr>\n", p->page->file);
  }
  fputs("</table></div>\n", p->page->file);
  if (!has_part(p, (model_pair){p->models - 1, p->models - 2}))
    fputs("<p>There are so many that only the first of them have tables of their own.</p>\n",
          p->page->file);
}

static void fill_pair(const comparison_page *p, model_pair models,
                      double (*value)(const ig_compared_pair *pair)) {
  for (size_t i = 0; i < p->compared->count; i++) {
    const ig_compared_pair *pair = find_pair(&p->compared->items[i], models);
    p->values[i] = pair ? value(pair) : NAN;
  }
}

static void draw_pair(const comparison_page *p, model_pair models) {
  fprintf(p->page->file,
          "<section class=\"chosen\" id=\"pair-%zu-%zu\"><h2>%zu and %zu: ", models.b + 1,
          models.a + 1, models.b + 1, models.a + 1);
  ig_page_text(p->page, p->plan->models.model[models.b].reference);
  fputs(" and ", p->page->file);
  ig_page_text(p->page, p->plan->models.model[models.a].reference);
  fputs("</h2><p><a href=\"#pairs\">All models together</a></p>\n", p->page->file);
  fill_pair(p, models, ig_compare_cosine);
  draw_cosines(p, p->based ? "Cosine between the differences of the two from the base."
                           : "Cosine between the weights of the two.");
  fill_pair(p, models, ig_compare_distance);
  draw_distances(p, p->based ? "Norm of the difference between the two, in the mean norm of their "
                               "differences from the base."
                             : "Norm of the difference between the two, in their mean norm.");
  fputs("</section>\n", p->page->file);
}

// ---- the whole -----------------------------------------------------------------

static void draw_models(const comparison_page *p) {
  const bool has_pairs = count_pairs(p) > 1;  // else the tables are those of the pair
  fputs("<h2>Models compared</h2><ol>", p->page->file);
  for (size_t i = 0; i < p->plan->models.count; i++)
    ig_page_element(p->page, "li", p->plan->models.model[i].reference);
  fputs("</ol>\n", p->page->file);
  if (has_pairs) draw_pairs(p);
  fputs("<section class=\"unless-chosen\">\n", p->page->file);
  draw_means(p);
  fputs("</section>\n", p->page->file);
  for (size_t a = 1; has_pairs && a < p->models; a++)
    for (size_t b = 0; b < a; b++)
      if (has_part(p, (model_pair){a, b})) draw_pair(p, (model_pair){a, b});
}

ig_status ig_compare_draw(const ig_page *page, const ig_fusion_plan *plan,
                          const ig_comparisons *compared, ig_error *err) {
  comparison_page p = {.page = page, .plan = plan, .compared = compared};
  p.based = compared->count && compared->items[0].tensor->base.tensor;
  ig_status status = ig_compare_table_open(page, compared, &p.table, err);
  if (status == IG_OK) status = sum_pairs(&p, err);
  if (status == IG_OK) {
    p.values = ig_allocate(compared->count, sizeof *p.values, err);
    status = p.values ? IG_OK : IG_ERROR_MEMORY;
  }
  if (status == IG_OK) draw_models(&p);
  ig_compare_table_free(&p.table);
  free(p.whole);
  free(p.values);
  return status;
}
