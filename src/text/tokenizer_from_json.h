// Tokenizers of known classes whose directory holds a tokenizer.json in place of their own files,
// as transformers 5 writes it. As there, the class says how text is prepared and what is put beside
// it, and the file has the vocabulary, the scores or merges, the table of normalizations and the
// added tokens. For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_FROM_JSON_H
#define IG_TEXT_TOKENIZER_FROM_JSON_H
#include "text/tokenizer_json.h"
#include "text/tokenizer_parts.h"

// Whether the directory lacks one of these files (NULL: none is meant) and holds a tokenizer.json.
bool ig_tokenizer_from_json_is_meant(const char *directory, const char *file, const char *other);
// Takes the model, the table and the added tokens, and keeps the file for saving.
ig_status ig_tokenizer_from_json_load(ig_tokenizer *tokenizer, const char *directory,
                                      ig_error *err);
// Calls take with the file of the directory, and keeps the file for saving.
typedef ig_status (*ig_tokenizer_from_json_taker)(ig_tokenizer *tokenizer,
                                                  const ig_tokenizer_json *json, ig_error *err);
ig_status ig_tokenizer_from_json_take(ig_tokenizer *tokenizer, const char *directory,
                                      ig_tokenizer_from_json_taker take, ig_error *err);
// Writes the file that was kept into a directory.
ig_status ig_tokenizer_from_json_save(ig_tokenizer *tokenizer, const char *directory,
                                      ig_error *err);
#endif
