#include "io/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "io/tmx.h"

enum { TOLD = 10 };

struct ig_pairs {
  ig_pairs_input input;
  ig_lines_options options;
  ig_lines *lines[2];  // TSV has the first alone
  ig_tmx *tmx;
  char *fields[2];  // of a line of TSV, NUL-terminated
  size_t capacity[2];
  size_t left_out;
  size_t spare, spare_line;  // variants of TMX that are not taken; the unit of the first
  bool ended;
};

static bool wants(const ig_pairs *p, int side) {
  return p->input.side == IG_PAIRS_BOTH || p->input.side == side;
}

static ig_status open_files(ig_pairs *p, ig_error *err) {
  if (p->input.form.kind == IG_PAIRS_TMX)
    return ig_tmx_open(p->input.path[0], p->input.form.language, &p->tmx, err);
  if (p->input.form.kind == IG_PAIRS_TSV)
    return ig_lines_open(p->input.path[0], &p->options, &p->lines[0], err);
  for (int side = 0; side < 2; side++)
    if (wants(p, side))
      IG_TRY(ig_lines_open(p->input.path[side], &p->options, &p->lines[side], err));
  return IG_OK;
}

ig_status ig_pairs_open(const ig_pairs_input *input, const ig_lines_options *options,
                        ig_pairs **out, ig_error *err) {
  *out = NULL;
  ig_pairs *p = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  p->input = *input;
  if (options) p->options = *options;
  const ig_status status = open_files(p, err);
  if (status != IG_OK)
    ig_pairs_close(p);
  else
    *out = p;
  return status;
}

void ig_pairs_close(ig_pairs *p) {
  if (!p) return;
  for (int side = 0; side < 2; side++) {
    ig_lines_close(p->lines[side]);
    free(p->fields[side]);
  }
  ig_tmx_close(p->tmx);
  free(p);
}

// ---- what has no pair -------------------------------------------------------

static ig_status leave_out(ig_pairs *p, size_t line, const char *why, ig_error *err) {
  const char *path = p->input.path[0];
  if (p->options.bad_bytes == IG_BAD_BYTES_REFUSE)
    return ig_fail(err, IG_ERROR_FORMAT, "%s:%zu: %s", path, line, why);
  if (p->left_out++ < TOLD)
    ig_report(&p->options.reporter, IG_LEVEL_WARNING, "%s:%zu: left out: %s", path, line, why);
  return IG_OK;
}

static void tell_left_out(ig_pairs *p) {
  if (p->ended) return;
  p->ended = true;
  if (p->left_out > TOLD)
    ig_report(&p->options.reporter, IG_LEVEL_WARNING, "%s: %zu %s left out, the first %d are above",
              p->input.path[0], p->left_out,
              p->input.form.kind == IG_PAIRS_TMX ? "units are" : "lines are", TOLD);
  if (p->spare)
    ig_report(&p->options.reporter, IG_LEVEL_WARNING,
              "%s: %zu variant%s not taken, for the unit has another of the language; the first is "
              "in the unit of line %zu",
              p->input.path[0], p->spare, p->spare == 1 ? " is" : "s are", p->spare_line);
}

// ---- two files --------------------------------------------------------------

// The longer one is read to its end, to count it.
static ig_status fail_unequal(ig_pairs *p, int longer, ig_error *err) {
  const char *next;
  size_t length;
  do {
    IG_TRY(ig_lines_next(p->lines[longer], &next, &length, err));
  } while (next);
  const size_t count[2] = {ig_lines_number(p->lines[0]), ig_lines_number(p->lines[1])};
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s has %zu line%s, %s has %zu: expected as many, one the translation of the other",
      p->input.path[0], count[0], count[0] == 1 ? "" : "s", p->input.path[1], count[1]);
}

static ig_status next_of_files(ig_pairs *p, ig_pair *out, ig_error *err) {
  for (int side = 0; side < 2; side++)
    if (wants(p, side))
      IG_TRY(ig_lines_next(p->lines[side], &out->text[side], &out->length[side], err));
  out->line = ig_lines_number(p->lines[p->input.side == 1]);
  if (p->input.side != IG_PAIRS_BOTH || !out->text[0] == !out->text[1]) return IG_OK;
  return fail_unequal(p, out->text[0] ? 0 : 1, err);
}

// ---- TSV --------------------------------------------------------------------

// The field of a line; false: it has fewer.
static bool find_field(const char *line, size_t length, int column, const char **field,
                       size_t *size) {
  const char *end = line + length;
  for (int i = 1; i < column; i++) {
    line = memchr(line, '\t', (size_t)(end - line));
    if (!line) return false;
    line++;
  }
  const char *tab = memchr(line, '\t', (size_t)(end - line));
  *field = line;
  *size = (size_t)((tab ? tab : end) - line);
  return true;
}

static ig_status take_fields(ig_pairs *p, const char *line, size_t length, ig_pair *out,
                             bool *found, ig_error *err) {
  *found = true;
  for (int side = 0; side < 2 && *found; side++) {
    const char *field;
    *found = find_field(line, length, p->input.form.column[side], &field, &out->length[side]);
    if (!*found) break;
    IG_TRY(ig_allocate_more((void **)&p->fields[side], &p->capacity[side], out->length[side] + 1, 1,
                            err));
    memcpy(p->fields[side], field, out->length[side]);
    p->fields[side][out->length[side]] = '\0';
    out->text[side] = wants(p, side) ? p->fields[side] : NULL;
  }
  return IG_OK;
}

static ig_status next_of_tsv(ig_pairs *p, ig_pair *out, ig_error *err) {
  for (bool found = false; !found;) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(p->lines[0], &line, &length, err));
    *out = (ig_pair){.line = ig_lines_number(p->lines[0])};
    if (!line) return IG_OK;
    IG_TRY(take_fields(p, line, length, out, &found, err));
    const int most = p->input.form.column[0] > p->input.form.column[1] ? p->input.form.column[0]
                                                                       : p->input.form.column[1];
    char why[96];
    snprintf(why, sizeof why, "expected %d columns separated by tabs, or more", most);
    if (!found) IG_TRY(leave_out(p, out->line, why, err));
  }
  return IG_OK;
}

// ---- TMX --------------------------------------------------------------------

static void note_spare(ig_pairs *p, const ig_tmx_unit *unit) {
  const size_t spare = unit->spare[0] + unit->spare[1];
  if (p->spare == 0 && spare) p->spare_line = unit->line;
  p->spare += spare;
}

static ig_status next_of_tmx(ig_pairs *p, ig_pair *out, ig_error *err) {
  for (;;) {
    ig_tmx_unit unit;
    IG_TRY(ig_tmx_next(p->tmx, &unit, err));
    *out = (ig_pair){.line = unit.line};
    if (unit.ended) return IG_OK;
    for (int side = 0; side < 2; side++) {
      out->text[side] = wants(p, side) ? unit.text[side] : NULL;
      out->length[side] = unit.length[side];
    }
    if (unit.text[0] && unit.text[1]) {
      note_spare(p, &unit);
      return IG_OK;
    }
    char why[96];
    snprintf(why, sizeof why, "the unit has no text in %.30s",
             p->input.form.language[unit.text[0] != NULL]);
    IG_TRY(leave_out(p, out->line, why, err));
  }
}

// ---- all --------------------------------------------------------------------

ig_status ig_pairs_next(ig_pairs *p, ig_pair *out, ig_error *err) {
  *out = (ig_pair){.line = 0};
  switch (p->input.form.kind) {
    case IG_PAIRS_FILES: IG_TRY(next_of_files(p, out, err)); break;
    case IG_PAIRS_TSV: IG_TRY(next_of_tsv(p, out, err)); break;
    case IG_PAIRS_TMX: IG_TRY(next_of_tmx(p, out, err)); break;
  }
  if (!out->text[0] && !out->text[1]) tell_left_out(p);
  return IG_OK;
}

size_t ig_pairs_repaired(const ig_pairs *p) {
  size_t repaired = 0;
  for (int side = 0; side < 2; side++)
    if (p->lines[side]) repaired += ig_lines_repaired(p->lines[side]);
  return repaired;
}

size_t ig_pairs_left_out(const ig_pairs *p) { return p->left_out; }
