// One side's text of a file, whatever holds it: what vocabularies are made of.
#ifndef IG_TEXT_TEXT_FORM_H
#define IG_TEXT_TEXT_FORM_H
#include "io/pairs.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct ig_text_form {
  ig_pairs_form form;
  int side;  // that is read, of a file with both: 0 source, 1 target
} ig_text_form;
// Opens files[f]. forms NULL: it is lines of text. The texts are those of one side; the other's
// stay NULL. Bytes that are no text are repaired, and lines without a pair left out, without a
// word: whoever loads the corpus tells.
ig_status ig_text_form_open(const char *const *files, const ig_text_form *forms, size_t f,
                            ig_pairs **out, ig_error *err);
#ifdef __cplusplus
}
#endif
#endif
