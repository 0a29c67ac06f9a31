// The normalizers of a tokenizer.json, one after another, as Hugging Face tokenizers 0.23 applies
// them (normalizers/*.rs).
#ifndef IG_TEXT_NORMAL_STEPS_H
#define IG_TEXT_NORMAL_STEPS_H
#include "text/charsmap.h"
#include "text/normal_forms.h"
#include "text/text_growth.h"
#include "text/text_pattern.h"
#include "text/word_normalization.h"

typedef enum ig_normal_kind {
  IG_NORMAL_FORM,
  IG_NORMAL_LOWERCASE,
  IG_NORMAL_STRIP,          // white space at the ends
  IG_NORMAL_STRIP_ACCENTS,  // all marks
  IG_NORMAL_REPLACE,
  IG_NORMAL_PREPEND,  // a text that is not empty
  IG_NORMAL_PRECOMPILED,
  IG_NORMAL_NMT,    // controls dropped, rare spaces made common
  IG_NORMAL_WORDS,  // for WordPiece
} ig_normal_kind;
typedef struct ig_normal_step {
  ig_normal_kind kind;
  ig_normal_form form;
  bool left, right;  // the ends that are stripped
  ig_text_pattern pattern;
  char *text;  // (length) what replaces or is prepended; owned
  size_t length;
  ig_charsmap charsmap;
  ig_word_normalization words;  // of WORDS
} ig_normal_step;
typedef struct ig_normal_steps {
  ig_normal_step *list;
  size_t count, capacity;
} ig_normal_steps;  // start from {0}; ig_normal_steps_free
void ig_normal_steps_free(ig_normal_steps *steps);
// normalizer: of the file; NULL or null: none. What is not built is refused by its name.
ig_status ig_normal_steps_read(ig_normal_steps *steps, const json_t *normalizer, const char *where,
                               ig_error *err);
// Adds a step of IG_NORMAL_WORDS.
ig_status ig_normal_steps_add_words(ig_normal_steps *steps, const ig_word_normalization *words,
                                    ig_error *err);
// Replaces the text by the normalized one. A step that makes more than ig_text_growth_limit of it
// is IG_ERROR_FORMAT.
ig_status ig_normal_steps_apply(const ig_normal_steps *steps, ig_mapped_text *text, ig_error *err);
#endif
