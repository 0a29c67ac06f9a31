// What a tokenizer.json puts before and after the tokens of a text (its post_processor), and how it
// trims their places. For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_TEMPLATE_H
#define IG_TEXT_TOKENIZER_TEMPLATE_H
#include "io/json.h"
#include "text/tokenizer_frame.h"

typedef struct ig_tokenizer_template {
  ig_tokenizer_frame single, pair;
  bool has_pair;          // else the file puts pairs together in a way that is not built
  bool trims_spaces;      // the place of a token does not count the spaces at its ends
  bool adds_space;        // but for the one that was put before the text
} ig_tokenizer_template;  // start from {0}; ig_tokenizer_template_free
void ig_tokenizer_template_free(ig_tokenizer_template *made);
// step: post_processor, NULL or null: none. What is not built is refused by name.
ig_status ig_tokenizer_template_read(ig_tokenizer_template *made, const json_t *step,
                                     const char *where, ig_error *err);
#endif
