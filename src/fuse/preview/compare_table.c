#include "fuse/preview/compare_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

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
static ig_status number_labels(item_label *used, size_t count, size_t *index,
                               ig_compare_labels *out, ig_error *err) {
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

static void free_labels(ig_compare_labels *all) {
  for (size_t i = 0; i < all->count; i++) free(all->text[i]);
  free(all->text);
  *all = (ig_compare_labels){0};
}

// Finds the row and the column of a tensor: "model.encoder.layers.3.fc1.weight" is in the row
// "model.encoder.layers.3" and in the column "fc1.weight". A tensor outside of layers, and each if
// `by_layer` is false, has a row of its own, in the column "(whole)".
static void label_item(const ig_compare_table *p, size_t i, bool by_layer, item_label *row,
                       item_label *column) {
  const char *name = p->items[i].tensor->name;
  const ig_tensor_place place = ig_tensor_place_of(name);
  const size_t end =
      by_layer && place.layer >= 0 ? place.layer_at + place.layer_digits : strlen(name);
  const char *rest = name[end] ? name + end + 1 : "(whole)";
  *row = (item_label){name, end, i};
  *column = (item_label){rest, strlen(rest), i};
}

static ig_status label_items(ig_compare_table *p, bool by_layer, item_label *rows,
                             item_label *columns, ig_error *err) {
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

static bool is_sparse(const ig_compare_table *p) {
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

static ig_status order_items(ig_compare_table *p, ig_error *err) {
  placed_item *placed = ig_allocate(p->count, sizeof *placed, err);
  if (!placed) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < p->count; i++) placed[i] = (placed_item){p->row[i], p->column[i], i};
  if (p->count) qsort(placed, p->count, sizeof *placed, by_place);
  for (size_t i = 0; i < p->count; i++) p->order[i] = placed[i].item;
  free(placed);
  return IG_OK;
}

static ig_status place_items(ig_compare_table *p, ig_error *err) {
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

ig_status ig_compare_table_open(const ig_page *page, const ig_comparisons *compared,
                                ig_compare_table *out, ig_error *err) {
  *out = (ig_compare_table){.page = page, .items = compared->items, .count = compared->count};
  return place_items(out, err);
}

void ig_compare_table_free(ig_compare_table *p) {
  free_labels(&p->rows);
  free_labels(&p->columns);
  free(p->row);
  free(p->column);
  free(p->order);
}

// ---- drawing -------------------------------------------------------------------

// Writes the cells of one row, whose items begin at p->order[at]. Returns where those of the next
// row begin.
static size_t write_row(const ig_compare_table *p, size_t row, size_t at,
                        const ig_compare_values *v) {
  for (size_t c = 0; c < p->columns.count; c++) {
    const bool has_value =
        at < p->count && p->row[p->order[at]] == row && p->column[p->order[at]] == c;
    if (!has_value) {
      fputs("<td></td>", p->page->file);
      continue;
    }
    const double value = v->of_items[p->order[at++]];
    ig_page_cell(p->page, value, 3, (value - v->least) / (v->most - v->least));
  }
  return at;
}

void ig_compare_table_draw(const ig_compare_table *p, const ig_compare_values *v) {
  fprintf(p->page->file, "<h3>%s</h3><p>%s</p><div class=\"wide\"><table><tr><th></th>", v->title,
          v->explanation);
  for (size_t c = 0; c < p->columns.count; c++) ig_page_element(p->page, "th", p->columns.text[c]);
  fputs("</tr>\n", p->page->file);
  size_t at = 0;
  for (size_t r = 0; r < p->rows.count; r++) {
    fputs("<tr>", p->page->file);
    ig_page_element(p->page, "th", p->rows.text[r]);
    at = write_row(p, r, at, v);
    fputs("</tr>\n", p->page->file);
  }
  fputs("</table></div>\n", p->page->file);
}
