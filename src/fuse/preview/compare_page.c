// Writes the page of a comparison: two tables of coloured cells, in which a row is a layer and a
// column is a weight within it. The page has no scripts and loads nothing.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/writer.h"
#include "fuse/preview/compare.h"

// The headings of the rows, or of the columns, each of them once. A layer's row has the first part
// of a tensor's name as its heading, up to the number of the layer; a column has the rest.
typedef struct labels {
  char **text;
  size_t count, capacity;
} labels;

typedef struct page {
  FILE *file;
  const ig_comparison *items;
  size_t count;
  size_t *row, *column;  // (count)
  labels rows, columns;
} page;

static ig_status label(labels *all, const char *text, size_t length, size_t *index, ig_error *err) {
  for (*index = 0; *index < all->count; ++*index)
    if (strlen(all->text[*index]) == length && memcmp(all->text[*index], text, length) == 0)
      return IG_OK;
  IG_TRY(ig_allocate_more((void **)&all->text, &all->capacity, all->count + 1, sizeof *all->text,
                          err));
  all->text[all->count] = ig_allocate_copy(text, length, err);
  return all->text[all->count++] ? IG_OK : IG_ERROR_MEMORY;
}

// Finds the row and the column of each tensor: "model.encoder.layers.3.fc1.weight" is in the row
// "model.encoder.layers.3" and in the column "fc1.weight". A tensor outside of layers has a row of
// its own, in the column "(whole)".
static ig_status place_items(page *p, ig_error *err) {
  p->row = ig_allocate(p->count, sizeof *p->row, err);
  p->column = ig_allocate(p->count, sizeof *p->column, err);
  if (!p->row || !p->column) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < p->count; i++) {
    const char *name = p->items[i].tensor->name;
    const ig_tensor_place place = ig_tensor_place_of(name);
    const size_t row = place.layer >= 0 ? place.layer_at + place.layer_digits : strlen(name);
    const char *column = place.layer >= 0 ? name + row + 1 : "(whole)";
    IG_TRY(label(&p->rows, name, row, &p->row[i], err));
    IG_TRY(label(&p->columns, column, strlen(column), &p->column[i], err));
  }
  return IG_OK;
}

static void write_text(FILE *file, const char *text) {
  for (; *text; text++) {
    if (*text == '<')
      fputs("&lt;", file);
    else if (*text == '&')
      fputs("&amp;", file);
    else
      fputc(*text, file);
  }
}

static void write_element(FILE *file, const char *tag, const char *text) {
  fprintf(file, "<%s>", tag);
  write_text(file, text);
  fprintf(file, "</%s>", tag);
}

// Writes a cell whose colour goes from blue at part 0 over white at 0.5 to red at 1.
static void write_cell(FILE *file, double value, double part) {
  if (isnan(value)) {
    fputs("<td>–</td>", file);
    return;
  }
  const double x = fmin(fmax(part, 0), 1);
  const int red = (int)lround(x < 0.5 ? 70 + 370 * x : 255),
            blue = (int)lround(x < 0.5 ? 255 : 255 - 370 * (x - 0.5));
  const int green = (int)lround(255 - 290 * fabs(x - 0.5));
  // The value is printed as whole thousandths, because %f would use the locale's decimal point.
  const long thousandths = lround(value * 1000);
  fprintf(file, "<td style=\"background:rgb(%d,%d,%d)\">%s%ld.%03ld</td>", red, green, blue,
          thousandths < 0 ? "-" : "", labs(thousandths) / 1000, labs(thousandths) % 1000);
}

typedef enum shown { SHOWN_COSINE, SHOWN_DISTANCE } shown;

static void write_table(const page *p, shown what, const char *title, const char *explanation) {
  double most = 0;
  for (size_t i = 0; i < p->count; i++) most = fmax(most, p->items[i].distance);
  fprintf(p->file, "<h2>%s</h2><p>%s</p><table><tr><th></th>", title, explanation);
  for (size_t c = 0; c < p->columns.count; c++) write_element(p->file, "th", p->columns.text[c]);
  fputs("</tr>\n", p->file);
  for (size_t r = 0; r < p->rows.count; r++) {
    fputs("<tr>", p->file);
    write_element(p->file, "th", p->rows.text[r]);
    for (size_t c = 0; c < p->columns.count; c++) {
      const ig_comparison *found = NULL;
      for (size_t i = 0; i < p->count; i++)
        if (p->row[i] == r && p->column[i] == c) found = &p->items[i];
      if (!found)
        fputs("<td></td>", p->file);
      else if (what == SHOWN_COSINE)
        write_cell(p->file, found->cosine, (found->cosine + 1) / 2);
      else
        write_cell(p->file, found->distance, most > 0 ? found->distance / most : 0);
    }
    fputs("</tr>\n", p->file);
  }
  fputs("</table>\n", p->file);
}

static void write_page(const page *p, const ig_fusion_plan *plan) {
  const bool based = p->count && p->items[0].tensor->base.tensor;
  fputs(
      "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Models "
      "compared</title><style>"
      "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid "
      "#ccc;padding:2px "
      "6px;font-weight:normal;text-align:right;"
      "font-size:12px}tr:first-child "
      "th{writing-mode:vertical-rl;text-align:left}</style></head><body><h1>Models "
      "compared</h1><ol>",
      p->file);
  for (size_t i = 0; i < plan->models.count; i++)
    write_element(p->file, "li", plan->models.model[i].reference);
  fputs("</ol>\n", p->file);
  write_table(p, SHOWN_COSINE, "Cosine",
              based ? "Mean cosine between the models' differences from the base: 1: they moved "
                      "the same way, 0: independently, -1: against each other."
                    : "Mean cosine between the models' weights: 1: the same direction.");
  write_table(p, SHOWN_DISTANCE, "Distance",
              based ? "Mean norm of the differences from the base, in norms of the base."
                    : "Mean norm of the differences between two models, in norms of theirs.");
  fputs("</body></html>\n", p->file);
}

static void free_labels(labels *all) {
  for (size_t i = 0; i < all->count; i++) free(all->text[i]);
  free(all->text);
}

ig_status ig_compare_write_page(const ig_fusion_plan *plan, const ig_comparison *items,
                                size_t count, const char *path, ig_error *err) {
  page p = {.items = items, .count = count};
  ig_writer writer = {0};
  ig_status status = place_items(&p, err);
  if (status == IG_OK) status = ig_writer_open(&writer, path, err);
  if (status == IG_OK) {
    p.file = writer.file;
    write_page(&p, plan);
    status = ferror(writer.file) ? ig_fail(err, IG_ERROR_IO, "%s: cannot write", path)
                                 : ig_writer_commit(&writer, err);
  }
  ig_writer_abandon(&writer);
  free_labels(&p.rows);
  free_labels(&p.columns);
  free(p.row);
  free(p.column);
  return status;
}
