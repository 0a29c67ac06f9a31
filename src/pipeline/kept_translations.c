// Translations of texts, moved out of windows: see kept_translations.h.
#include "pipeline/kept_translations.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

static void free_text(ig_translated_text *text, int n_best) {
  for (size_t i = 0; i < text->sentences * (size_t)n_best; i++)
    ig_translation_free((ig_translation *)&text->translations[i]);
  free((ig_translation *)text->translations);
  free((char *)text->text);
  free((char *)text->message);
}

// Frees the sentences of the text that is coming.
static void clear_text(ig_kept_translations *k) {
  ig_translated_text coming = {.sentences = k->sentences, .translations = k->found};
  free_text(&coming, k->n_best);
  free(k->refusal);
  k->found = NULL;
  k->sentences = k->capacity = 0;
  k->refusal = NULL;
}

static ig_status take_sentence(ig_kept_translations *k, ig_window_sentence *s, ig_error *err) {
  const size_t each = (size_t)k->n_best;
  IG_TRY(ig_allocate_more((void **)&k->found, &k->capacity, (k->sentences + 1) * each,
                          sizeof *k->found, err));
  memcpy(k->found + k->sentences++ * each, s->found, each * sizeof *s->found);
  free(s->found);
  s->found = NULL;
  s->found_count = 0;
  if (k->refusal) return IG_OK;
  k->refusal = s->refusal;
  s->refusal = NULL;
  return IG_OK;
}

static ig_status keep_refusal(ig_kept_translations *k, ig_error *err) {
  char *message = ig_allocate_copy(k->refusal->message, strlen(k->refusal->message), err);
  if (!message) return IG_ERROR_MEMORY;
  k->texts[k->count++] = (ig_translated_text){.status = k->refusal->status, .message = message};
  clear_text(k);
  return IG_OK;
}

static ig_status end_text(ig_kept_translations *k, const char *joined, ig_error *err) {
  const char *whole = joined ? joined : k->found[0].text;
  char *text = NULL;
  if (k->refusal) return keep_refusal(k, err);
  if (whole) text = ig_allocate_copy(whole, strlen(whole), err);
  if (whole && !text) return IG_ERROR_MEMORY;
  k->texts[k->count++] =
      (ig_translated_text){.text = text, .sentences = k->sentences, .translations = k->found};
  k->found = NULL;
  k->sentences = k->capacity = 0;
  return IG_OK;
}

ig_status ig_kept_translations_add(ig_kept_translations *k, ig_window_sentence *sentence,
                                   const char *joined, ig_error *err) {
  if (!k->texts) k->texts = ig_allocate(k->most, sizeof *k->texts, err);
  if (!k->texts) return IG_ERROR_MEMORY;
  IG_TRY(take_sentence(k, sentence, err));
  return sentence->ends_line ? end_text(k, joined, err) : IG_OK;
}

ig_status ig_kept_translations_hand_over(ig_kept_translations *k, ig_translations **out,
                                         ig_error *err) {
  *out = ig_allocate(1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  **out = (ig_translations){.count = k->count, .n_best = k->n_best, .texts = k->texts};
  k->texts = NULL;
  k->count = 0;
  return IG_OK;
}

void ig_kept_translations_free(ig_kept_translations *k) {
  for (size_t i = 0; i < k->count; i++) free_text(&k->texts[i], k->n_best);
  free(k->texts);
  clear_text(k);
  *k = (ig_kept_translations){0};
}

void ig_translations_free(ig_translations *translations) {
  if (!translations) return;
  for (size_t i = 0; i < translations->count; i++)
    free_text((ig_translated_text *)&translations->texts[i], translations->n_best);
  free((ig_translated_text *)translations->texts);
  free(translations);
}
