// The model of a tokenizer.json: its vocabulary, and the scores or merges by which text is cut into
// tokens. For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_JSON_MODEL_H
#define IG_TEXT_TOKENIZER_JSON_MODEL_H
#include "text/tokenizer_json.h"
#include "text/tokenizer_parts.h"

// What the file asks of the model besides.
typedef struct ig_tokenizer_json_rules {
  int unknown_id;  // -1: none
  bool byte_fallback, fuses_unknown, ignores_merges;
  // Of WordPiece, whose tree is not made yet. prefix: of pieces within a word, borrowed from the
  // file; NULL: another model. longest: characters of a word that is not unknown.
  const char *prefix;
  size_t longest;
} ig_tokenizer_json_rules;
// Fills the tokenizer's first vocabulary and its unigram model or its merges. Models of other kinds
// than Unigram, BPE and WordPiece, and what is not built of these, are refused by name. rules may
// be NULL: then WordPiece is refused, too.
ig_status ig_tokenizer_json_model_read(const ig_tokenizer_json *json, ig_tokenizer *tokenizer,
                                       ig_tokenizer_json_rules *rules, ig_error *err);
#endif
