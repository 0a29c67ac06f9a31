// The text of output lines: see output_line.h.
#include "pipeline/output_line.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "text/utf8.h"

// A growing string; with length 0 it may have no memory yet.
typedef struct output_text {
  char *text;  // NUL-terminated
  size_t length, capacity;
} output_text;

static ig_status append(output_text *t, const char *text, size_t length, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->text, &t->capacity, t->length + length + 1, 1, err));
  memcpy(t->text + t->length, text, length);
  t->length += length;
  t->text[t->length] = '\0';
  return IG_OK;
}

__attribute__((format(printf, 3, 4))) static ig_status append_number(output_text *t, ig_error *err,
                                                                     const char *format, ...) {
  char text[64];
  va_list arguments;
  va_start(arguments, format);
  const int length = ig_number_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  return append(t, text, (size_t)length, err);
}

void ig_output_line_flatten(char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\n' || text[i] == '\r') text[i] = ' ';
}

static ig_status append_text(output_text *t, const ig_tokenizer *tokenizer, const ig_hypothesis *h,
                             const char *const *copies, ig_error *err) {
  char *text;
  IG_TRY(ig_tokenizer_decode_copying(tokenizer, h->ids, (size_t)h->length, copies, &text, err));
  const size_t length = strlen(text);
  ig_output_line_flatten(text, length);
  const ig_status status = append(t, text, length, err);
  free(text);
  return status;
}

static ig_status append_scores(output_text *t, const ig_output_format *format, float score,
                               const float *log_probs, int length, ig_error *err) {
  if (format->score) IG_TRY(append_number(t, err, "%.6f\t", (double)score));
  if (!format->token_scores) return IG_OK;
  for (int i = 0; i < length; i++)
    IG_TRY(append_number(t, err, i ? " %.6f" : "%.6f", (double)log_probs[i]));
  return append(t, "\t", 1, err);
}

// log p / length^length_penalty.
static float score_of(const ig_output_format *format, const float *log_probs, int length) {
  double sum = 0;
  for (int i = 0; i < length; i++) sum += (double)log_probs[i];
  const int scored = length > format->prefix_length ? length - format->prefix_length : length;
  return (float)(sum / pow((double)scored, (double)format->length_penalty));
}

// A search by itself scores only what it ranks.
static ig_status append_hypothesis(output_text *t, const ig_output_format *format,
                                   const ig_hypothesis *h, const ig_output_details *details, int k,
                                   ig_error *err) {
  const float *log_probs = details && details->log_probs ? details->log_probs[k] : NULL;
  const char *const *copies = details && details->copies ? details->copies[k] : NULL;
  const bool own = log_probs && h->score == 0;
  IG_TRY(append_scores(t, format, own ? score_of(format, log_probs, h->length) : h->score,
                       log_probs, log_probs ? h->length : 0, err));
  if (format->tokenizer) return append_text(t, format->tokenizer, h, copies, err);
  for (int i = 0; i < h->length; i++) IG_TRY(append_number(t, err, i ? " %d" : "%d", h->ids[i]));
  return IG_OK;
}

static ig_status append_all(output_text *t, const ig_output_format *format,
                            const ig_hypothesis *found, const ig_output_details *details,
                            ig_error *err) {
  for (int k = 0; k < format->n_best; k++) {
    if (k > 0) IG_TRY(append(t, "\n", 1, err));
    IG_TRY(append_hypothesis(t, format, &found[k], details, k, err));
  }
  return IG_OK;
}

static ig_status append_log_probs(output_text *t, const ig_output_format *format,
                                  const float *log_probs, size_t count, ig_error *err) {
  if (!format->token_log_probs) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (double)log_probs[i];
    return append_number(t, err, "%.6f", sum);
  }
  for (size_t i = 0; i < count; i++)
    IG_TRY(append_number(t, err, i ? " %.6f" : "%.6f", (double)log_probs[i]));
  return IG_OK;
}

// The text is the caller's, or nobody's if it could not be written.
static ig_status hand_over(output_text *t, ig_status status, char **out, ig_error *err) {
  if (status == IG_OK) status = append(t, "", 0, err);
  if (status != IG_OK) {
    free(t->text);
    t->text = NULL;
  }
  *out = t->text;
  return status;
}

ig_status ig_output_line_translated(const ig_output_format *format, const ig_hypothesis *found,
                                    const ig_output_details *details, char **out, ig_error *err) {
  output_text t = {0};
  return hand_over(&t, append_all(&t, format, found, details, err), out, err);
}

bool ig_output_line_is_blank(const ig_output_format *format, const char *line) {
  if (!format->tokenizer) return false;
  const char *text = line;
  for (int columns = format->score + format->token_scores; columns > 0; columns--)
    text = strchr(text, '\t') + 1;
  size_t length = strcspn(text, "\n");
  ig_utf8_strip(&text, &length);
  return length == 0;
}

ig_status ig_output_line_scored(const ig_output_format *format, const float *log_probs,
                                size_t count, char **out, ig_error *err) {
  output_text t = {0};
  return hand_over(&t, append_log_probs(&t, format, log_probs, count, err), out, err);
}

// The same text for each translation.
static ig_status append_same(output_text *t, const ig_output_format *format, const char *text,
                             size_t length, ig_error *err) {
  for (int k = 0; k < format->n_best; k++) {
    if (k > 0) IG_TRY(append(t, "\n", 1, err));
    IG_TRY(append_scores(t, format, 0, NULL, 0, err));
    IG_TRY(append(t, text, length, err));
    ig_output_line_flatten(t->text + t->length - length, length);
  }
  return IG_OK;
}

ig_status ig_output_line_copied(const ig_output_format *format, const char *text, size_t length,
                                char **out, ig_error *err) {
  output_text t = {0};
  return hand_over(&t, append_same(&t, format, text, length, err), out, err);
}

ig_status ig_output_line_blank(const ig_output_format *format, bool scoring, char **out,
                               ig_error *err) {
  const ig_output_format one = {.n_best = 1};
  return ig_output_line_copied(scoring ? &one : format, "", 0, out, err);
}
