// The normal forms of Unicode (UAX #15) with the tables of Unicode 9.0, as Hugging Face tokenizers
// 0.23 has them.
#ifndef IG_TEXT_NORMAL_FORMS_H
#define IG_TEXT_NORMAL_FORMS_H
#include "text/mapped_text.h"

typedef struct ig_normal_form {
  bool compatible;  // NFKC, NFKD
  bool composed;    // NFC, NFKC
} ig_normal_form;
// Appends the normalized text to out.
ig_status ig_normal_forms_apply(ig_normal_form form, const ig_mapped_text *in, ig_mapped_text *out,
                                ig_error *err);
#endif
