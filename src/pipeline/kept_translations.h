// What becomes of the sentences of texts that come in as an array: their translations are moved out
// of the windows, in the order of the texts.
#ifndef IG_PIPELINE_KEPT_TRANSLATIONS_H
#define IG_PIPELINE_KEPT_TRANSLATIONS_H
#include "pipeline/window.h"

// Start from {.most = …, .n_best = …}; ig_kept_translations_free, unless they were handed over.
typedef struct ig_kept_translations {
  size_t most;  // texts
  int n_best;
  ig_translated_text *texts;  // (count)
  size_t count;
  // Of the text whose sentences are coming:
  ig_translation *found;  // (sentences, n_best)
  size_t sentences, capacity;
  ig_error *refusal;  // of the first sentence that was refused; NULL: none
} ig_kept_translations;

// Takes what was found of the next sentence. joined: the translations of the sentences of its line
// so far, if they are several, or else NULL.
ig_status ig_kept_translations_add(ig_kept_translations *kept, ig_window_sentence *sentence,
                                   const char *joined, ig_error *err);
// All texts are there.
ig_status ig_kept_translations_hand_over(ig_kept_translations *kept, ig_translations **out,
                                         ig_error *err);
void ig_kept_translations_free(ig_kept_translations *kept);
#endif
