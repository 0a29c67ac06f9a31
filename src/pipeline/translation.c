// Translations and their memory: see translation.h.
#include "pipeline/translation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_translation_flatten(char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\n' || text[i] == '\r') text[i] = ' ';
}

void ig_translation_free(ig_translation *t) {
  free((char *)t->text);
  free((int *)t->ids);
  free((float *)t->log_probs);
  free((ig_token_alignment *)t->alignment);  // one block
  *t = (ig_translation){0};
}

void ig_translation_free_all(ig_translation *translations, int count) {
  for (int k = 0; translations && k < count; k++) ig_translation_free(&translations[k]);
  free(translations);
}

ig_status ig_translation_put_copies(ig_translation *t, const ig_output_format *format,
                                    const char *const *copies, ig_error *err) {
  char *text;
  IG_TRY(
      ig_tokenizer_decode_copying(format->tokenizer, t->ids, (size_t)t->count, copies, &text, err));
  ig_translation_flatten(text, strlen(text));
  free((char *)t->text);
  t->text = text;
  return IG_OK;
}

static ig_status keep_one(const ig_output_format *format, const ig_hypothesis *h, float score,
                          ig_translation *out, ig_error *err) {
  int *ids = ig_allocate((size_t)h->length, sizeof *ids, err);
  if (!ids) return IG_ERROR_MEMORY;
  memcpy(ids, h->ids, (size_t)h->length * sizeof *ids);
  *out = (ig_translation){.ids = ids, .count = h->length, .score = score};
  return format->tokenizer ? ig_translation_put_copies(out, format, NULL, err) : IG_OK;
}

ig_status ig_translation_keep(const ig_output_format *format, const ig_hypothesis *found,
                              bool is_ranked, ig_translation **out, ig_error *err) {
  ig_translation *made = ig_allocate((size_t)format->n_best, sizeof *made, err);
  ig_status status = made ? IG_OK : IG_ERROR_MEMORY;
  for (int k = 0; status == IG_OK && k < format->n_best; k++)
    status = keep_one(format, &found[k], is_ranked ? found[k].score : NAN, &made[k], err);
  if (status == IG_OK)
    *out = made;
  else
    ig_translation_free_all(made, format->n_best);
  return status;
}

ig_status ig_translation_copy(const ig_output_format *format, const ig_copied_text *copied,
                              ig_translation **out, ig_error *err) {
  ig_translation *made = ig_allocate((size_t)format->n_best, sizeof *made, err);
  if (!made) return IG_ERROR_MEMORY;
  for (int k = 0; k < format->n_best; k++) made[k].score = copied->score;
  for (int k = 0; format->tokenizer && k < format->n_best; k++) {
    char *copy = ig_allocate_copy(copied->text, copied->length, err);
    if (!copy) {
      ig_translation_free_all(made, format->n_best);
      return IG_ERROR_MEMORY;
    }
    ig_translation_flatten(copy, copied->length);
    made[k].text = copy;
  }
  *out = made;
  return IG_OK;
}

void ig_translation_take_log_probs(ig_translation *t, const ig_output_format *format,
                                   float *log_probs) {
  double sum = 0;
  for (int i = 0; i < t->count; i++) sum += (double)log_probs[i];
  const int scored = t->count > format->prefix_length ? t->count - format->prefix_length : t->count;
  if (isnan(t->score))
    t->score = (float)(sum / pow((double)scored, (double)format->length_penalty));
  free((float *)t->log_probs);
  t->log_probs = log_probs;
}

bool ig_translation_is_blank(const ig_translation *t) {
  if (!t->text) return false;
  const char *text = t->text;
  size_t length = strlen(text);
  ig_utf8_strip(&text, &length);
  return length == 0;
}
