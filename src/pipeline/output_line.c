// The text of output lines: see output_line.h.
#include "pipeline/output_line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"

static ig_status append(ig_output_line *l, const char *text, size_t length, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&l->text, &l->capacity, l->length + length + 1, 1, err));
  memcpy(l->text + l->length, text, length);
  l->length += length;
  l->text[l->length] = '\0';
  return IG_OK;
}

static ig_status begin_line(ig_output_line *l, ig_error *err) {
  l->length = 0;
  return append(l, "", 0, err);
}

__attribute__((format(printf, 3, 4))) static ig_status append_number(ig_output_line *l,
                                                                     ig_error *err,
                                                                     const char *format, ...) {
  char text[64];
  va_list arguments;
  va_start(arguments, format);
  const int length = ig_number_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  return append(l, text, (size_t)length, err);
}

static ig_status append_log_probs(ig_output_line *l, const float *log_probs, size_t count,
                                  ig_error *err) {
  for (size_t i = 0; i < count; i++)
    IG_TRY(append_number(l, err, i ? " %.6f" : "%.6f", (double)log_probs[i]));
  return IG_OK;
}

ig_status ig_output_line_translated(ig_output_line *l, const ig_output_format *format,
                                    const ig_translation *t, ig_error *err) {
  IG_TRY(begin_line(l, err));
  if (format->score) IG_TRY(append_number(l, err, "%.6f\t", (double)t->score));
  if (format->token_scores) {
    IG_TRY(append_log_probs(l, t->log_probs, t->log_probs ? (size_t)t->count : 0, err));
    IG_TRY(append(l, "\t", 1, err));
  }
  if (t->text) return append(l, t->text, strlen(t->text), err);
  for (int i = 0; i < t->count; i++) IG_TRY(append_number(l, err, i ? " %d" : "%d", t->ids[i]));
  return IG_OK;
}

ig_status ig_output_line_scored(ig_output_line *l, const ig_output_format *format,
                                const float *log_probs, size_t count, ig_error *err) {
  IG_TRY(begin_line(l, err));
  if (format->token_log_probs) return append_log_probs(l, log_probs, count, err);
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)log_probs[i];
  return count > 0 ? append_number(l, err, "%.6f", sum) : IG_OK;
}

void ig_output_line_free(ig_output_line *l) {
  free(l->text);
  *l = (ig_output_line){0};
}
