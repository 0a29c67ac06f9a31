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
  size_t count;
} labels;

typedef struct page {
  FILE *file;
  const ig_comparison *items;
  size_t count;
  size_t *row, *column;  // (count)
  size_t *order;         // (count): the items by row, then by column
  labels rows, columns;
} page;

// ---- where the items go --------------------------------------------------------

// The heading that an item has.
typedef struct item_label {
  const char *text;
  size_t length, item;
} item_label;

static int by_text(const void *a, const void *b) {
  const item_label *x = a, *y = b;
  const int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
  if (order) return order;
  if (x->length != y->length) return x->length < y->length ? -1 : 1;
  return x->item < y->item ? -1 : x->item > y->item;
}

static bool same_text(const item_label *a, const item_label *b) {
  return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

// Numbers the headings in the order in which items first have them; index[i] is that of item i.
// Sorts `used`, so that equal ones are neighbours: the time is that of a sort.
static ig_status number_labels(item_label *used, size_t count, size_t *index, labels *out,
                               ig_error *err) {
  if (count) qsort(used, count, sizeof *used, by_text);
  out->text = ig_allocate(count, sizeof *out->text, err);
  size_t *first = ig_allocate(count, sizeof *first, err);  // the place in `used` of the first twin
  ig_status status = out->text && first ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0, twin = 0; status == IG_OK && i < count; i++) {
    if (!same_text(&used[i], &used[twin])) twin = i;
    first[used[i].item] = twin;
  }
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    const item_label *label = &used[first[i]];
    index[i] = label->item == i ? out->count : index[label->item];
    if (label->item != i) continue;
    out->text[out->count] = ig_allocate_copy(label->text, label->length, err);
    if (!out->text[out->count++]) status = IG_ERROR_MEMORY;
  }
  free(first);
  return status;
}

static void free_labels(labels *all) {
  for (size_t i = 0; i < all->count; i++) free(all->text[i]);
  free(all->text);
  *all = (labels){0};
}

// Finds the row and the column of a tensor: "model.encoder.layers.3.fc1.weight" is in the row
// "model.encoder.layers.3" and in the column "fc1.weight". A tensor outside of layers, and each if
// `by_layer` is false, has a row of its own, in the column "(whole)".
static void label_item(const page *p, size_t i, bool by_layer, item_label *row,
                       item_label *column) {
  const char *name = p->items[i].tensor->name;
  const ig_tensor_place place = ig_tensor_place_of(name);
  const size_t end =
      by_layer && place.layer >= 0 ? place.layer_at + place.layer_digits : strlen(name);
  const char *rest = name[end] ? name + end + 1 : "(whole)";
  *row = (item_label){name, end, i};
  *column = (item_label){rest, strlen(rest), i};
}

static ig_status label_items(page *p, bool by_layer, item_label *rows, item_label *columns,
                             ig_error *err) {
  free_labels(&p->rows);
  free_labels(&p->columns);
  for (size_t i = 0; i < p->count; i++) label_item(p, i, by_layer, &rows[i], &columns[i]);
  IG_TRY(number_labels(rows, p->count, p->row, &p->rows, err));
  return number_labels(columns, p->count, p->column, &p->columns, err);
}

// How many cells a table may have for each item, and besides. A model that has other weights in
// each layer would make a table whose size is the square of its tensors: there each tensor gets a
// row.
enum { CELLS_EACH = 16, CELLS_BESIDES = 4096 };

static bool is_sparse(const page *p) {
  return p->columns.count &&
         p->rows.count > (CELLS_EACH * p->count + CELLS_BESIDES) / p->columns.count;
}

typedef struct placed_item {
  size_t row, column, item;
} placed_item;

static int by_place(const void *a, const void *b) {
  const placed_item *x = a, *y = b;
  if (x->row != y->row) return x->row < y->row ? -1 : 1;
  return x->column < y->column ? -1 : x->column > y->column;
}

static ig_status order_items(page *p, ig_error *err) {
  placed_item *placed = ig_allocate(p->count, sizeof *placed, err);
  if (!placed) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < p->count; i++) placed[i] = (placed_item){p->row[i], p->column[i], i};
  if (p->count) qsort(placed, p->count, sizeof *placed, by_place);
  for (size_t i = 0; i < p->count; i++) p->order[i] = placed[i].item;
  free(placed);
  return IG_OK;
}

static ig_status place_items(page *p, ig_error *err) {
  p->row = ig_allocate(p->count, sizeof *p->row, err);
  p->column = ig_allocate(p->count, sizeof *p->column, err);
  p->order = ig_allocate(p->count, sizeof *p->order, err);
  item_label *rows = ig_allocate(p->count, sizeof *rows, err),
             *columns = ig_allocate(p->count, sizeof *columns, err);
  ig_status status = p->row && p->column && p->order && rows && columns ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = label_items(p, true, rows, columns, err);
  if (status == IG_OK && is_sparse(p)) status = label_items(p, false, rows, columns, err);
  if (status == IG_OK) status = order_items(p, err);
  free(rows);
  free(columns);
  return status;
}

// ---- the page ------------------------------------------------------------------

// Writes a name that comes from a file.
static void write_text(FILE *file, const char *text) {
  char *clean = strdup(text);
  ig_clean_text(clean, false);
  for (const char *p = clean ? clean : "?"; *p; p++) {
    if (*p == '<')
      fputs("&lt;", file);
    else if (*p == '&')
      fputs("&amp;", file);
    else
      fputc(*p, file);
  }
  free(clean);
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

// Writes one item's value. most: the largest distance of all items.
static void write_value(const page *p, const ig_comparison *item, shown what, double most) {
  if (what == SHOWN_COSINE)
    write_cell(p->file, item->cosine, (item->cosine + 1) / 2);
  else
    write_cell(p->file, item->distance, most > 0 ? item->distance / most : 0);
}

// Writes the cells of one row, whose items begin at p->order[at]. Returns where those of the next
// row begin.
static size_t write_row(const page *p, size_t row, size_t at, shown what, double most) {
  for (size_t c = 0; c < p->columns.count; c++) {
    const bool has_value =
        at < p->count && p->row[p->order[at]] == row && p->column[p->order[at]] == c;
    if (has_value)
      write_value(p, &p->items[p->order[at++]], what, most);
    else
      fputs("<td></td>", p->file);
  }
  return at;
}

static void write_table(const page *p, shown what, const char *title, const char *explanation) {
  double most = 0;
  for (size_t i = 0; i < p->count; i++) most = fmax(most, p->items[i].distance);
  fprintf(p->file, "<h2>%s</h2><p>%s</p><table><tr><th></th>", title, explanation);
  for (size_t c = 0; c < p->columns.count; c++) write_element(p->file, "th", p->columns.text[c]);
  fputs("</tr>\n", p->file);
  size_t at = 0;
  for (size_t r = 0; r < p->rows.count; r++) {
    fputs("<tr>", p->file);
    write_element(p->file, "th", p->rows.text[r]);
    at = write_row(p, r, at, what, most);
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

ig_status ig_compare_write_page(const ig_fusion_plan *plan, const ig_comparison *items,
                                size_t count, const char *path, ig_error *err) {
  page p = {.items = items, .count = count};
  ig_writer writer = {0};
  ig_status status = place_items(&p, err);
  if (status == IG_OK) status = ig_writer_open_named(&writer, path, err);
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
  free(p.order);
  return status;
}
