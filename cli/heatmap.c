#include "heatmap.h"

#include <stdlib.h>
#include <string.h>

enum { CELL = 26, FONT = 14, MARGIN = 12, NUMBER = 16 };

// A token as it is shown: its piece without the mark of a word's beginning, or its id.
typedef struct token_label {
  char number[NUMBER];
  const char *text;
} token_label;

static void set_label(token_label *label, const char *const *pieces, const int *ids, int i) {
  static const char word_begins[] = "\xE2\x96\x81";
  snprintf(label->number, sizeof label->number, "%d", ids[i]);
  label->text = label->number;
  if (pieces == NULL) return;
  label->text = pieces[i];
  const size_t mark = sizeof word_begins - 1;
  if (strncmp(label->text, word_begins, mark) == 0 && label->text[mark] != '\0')
    label->text += mark;
}

// Half widths of the font: a character of Chinese, Japanese or Korean (three bytes or four in
// UTF-8) is about as wide as it is high, any other one about half as wide.
static int measure_label(const char *text) {
  int halves = 0;
  for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
    if ((*p & 0xC0) != 0x80) halves += *p >= 0xE0 ? 2 : 1;
  return halves * FONT * 6 / 10;
}

static int measure_labels(const char *const *pieces, const int *ids, int count) {
  int most = 0;
  for (int i = 0; i < count; i++) {
    token_label label;
    set_label(&label, pieces, ids, i);
    const int width = measure_label(label.text);
    if (width > most) most = width;
  }
  return most;
}

// Text of XML 1.0, which has no control characters but these white spaces.
static void write_escaped(FILE *file, const char *text) {
  for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
    if (*p == '&')
      fputs("&amp;", file);
    else if (*p == '<')
      fputs("&lt;", file);
    else if (*p == '>')
      fputs("&gt;", file);
    else if (*p == '"')
      fputs("&quot;", file);
    else if (*p < 0x20 || *p == 0x7F)
      fputs("\xEF\xBF\xBD", file);
    else
      fputc(*p, file);
  }
}

// x, y: of the corner at which the squares begin.
typedef struct heatmap_place {
  int x, y;
} heatmap_place;

static void write_source(FILE *file, const ig_token_alignment *a, heatmap_place at) {
  for (int i = 0; i < a->source_count; i++) {
    token_label label;
    const int x = at.x + i * CELL + CELL / 2 + FONT / 3, y = at.y - 6;
    set_label(&label, a->source_pieces, a->source_ids, i);
    fprintf(file, "<text x=\"%d\" y=\"%d\" transform=\"rotate(-60 %d %d)\">", x, y, x, y);
    write_escaped(file, label.text);
    fputs("</text>\n", file);
  }
}

static void write_cell(FILE *file, const ig_token_alignment *a, heatmap_place at, int i, int j) {
  const double weight = (double)a->weights[(size_t)j * (size_t)a->source_count + (size_t)i];
  token_label source, target;
  set_label(&source, a->source_pieces, a->source_ids, i);
  set_label(&target, a->target_pieces, a->target_ids, j);
  fprintf(file,
          "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"%.4f\"%s><title>",
          at.x + i * CELL, at.y + j * CELL, CELL, CELL, weight,
          a->links[j] == i ? " stroke=\"#c00\" stroke-width=\"1.5\"" : "");
  write_escaped(file, source.text);
  fputs(" \xE2\x80\x93 ", file);
  write_escaped(file, target.text);
  fprintf(file, ": %.4f</title></rect>\n", weight);
}

static void write_rows(FILE *file, const ig_token_alignment *a, heatmap_place at) {
  for (int j = 0; j < a->target_count; j++) {
    token_label label;
    set_label(&label, a->target_pieces, a->target_ids, j);
    fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", at.x - 8,
            at.y + j * CELL + CELL / 2 + FONT / 3);
    write_escaped(file, label.text);
    fputs("</text>\n", file);
    fputs("<g fill=\"#0b4f9e\" stroke=\"#ddd\" stroke-width=\"0.5\">\n", file);
    for (int i = 0; i < a->source_count; i++) write_cell(file, a, at, i, j);
    fputs("</g>\n", file);
  }
}

void cli_heatmap_write(FILE *file, const ig_token_alignment *a) {
  const int source = measure_labels(a->source_pieces, a->source_ids, a->source_count),
            target = measure_labels(a->target_pieces, a->target_ids, a->target_count);
  // A label that is turned by 60 degrees is 0.87 of its width high, and half of it wide.
  const heatmap_place at = {MARGIN + target + 12, MARGIN + source * 9 / 10 + FONT};
  const int width = at.x + a->source_count * CELL + source / 2 + MARGIN,
            height = at.y + a->target_count * CELL + MARGIN;
  fprintf(file,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
          "viewBox=\"0 0 %d %d\" font-size=\"%d\" font-family=\"'Noto Sans', 'Noto Sans CJK SC', "
          "'Microsoft YaHei', 'PingFang SC', Arial, sans-serif\">\n",
          width, height, width, height, FONT);
  fputs("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", file);
  write_source(file, a, at);
  write_rows(file, a, at);
  fputs("</svg>\n", file);
}
