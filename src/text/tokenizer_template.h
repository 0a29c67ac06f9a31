// What a tokenizer.json puts before and after the tokens of a text (its post_processor), and how it
// trims their places. For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_TEMPLATE_H
#define IG_TEXT_TOKENIZER_TEMPLATE_H
#include "io/json.h"
#include "text/ids.h"

typedef struct ig_tokenizer_template {
  ig_ids before, after;
  bool trims_spaces;      // the place of a token does not count the spaces at its ends
  bool adds_space;        // but for the one that was put before the text
} ig_tokenizer_template;  // start from {0}; ig_tokenizer_template_free
void ig_tokenizer_template_free(ig_tokenizer_template *made);
// Of a single text; step: post_processor, NULL or null: none. What is not built is refused by name.
ig_status ig_tokenizer_template_read(ig_tokenizer_template *made, const json_t *step,
                                     const char *where, ig_error *err);
#endif
