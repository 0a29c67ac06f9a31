// The file tokenizer.json of a model directory, as Hugging Face tokenizers 0.23 has it: how text is
// normalized, cut, made tokens and ids, step by step. What it says of truncation and padding does
// not count, as in transformers.
#ifndef IG_TEXT_TOKENIZER_JSON_H
#define IG_TEXT_TOKENIZER_JSON_H
#include "io/json.h"
#include "text/added_tokens.h"
#include "text/charsmap.h"
#include "text/merges.h"

#define IG_TOKENIZER_JSON_NAME "tokenizer.json"

typedef struct ig_tokenizer_json {
  json_t *root;
  char *bytes;  // (size) of the file
  size_t size;
  char *where;        // its path, for messages
} ig_tokenizer_json;  // start from {0}; ig_tokenizer_json_free
void ig_tokenizer_json_free(ig_tokenizer_json *json);
// Of a directory. The file must be an object of version "1.0" with a model.
ig_status ig_tokenizer_json_load(ig_tokenizer_json *json, const char *directory, ig_error *err);
// The type of a step; "": it has none.
const char *ig_tokenizer_json_type(const json_t *step);
// The type of the object "model". Old files leave it out; then the keys tell.
const char *ig_tokenizer_json_kind(const json_t *model);
// An entry of its "merges": "left right" or ["left", "right"]. False: it is neither.
bool ig_tokenizer_json_split_merge(const json_t *entry, ig_merge_text *merge);
// Calls the function for the step; for each of them, where the step is a Sequence, whose list is at
// the key, also within a Sequence (Jansson bounds the depth); and not at all where there is none.
typedef ig_status (*ig_tokenizer_json_visit)(void *context, ig_json_object step, ig_error *err);
ig_status ig_tokenizer_json_each_step(ig_json_object step, const char *key,
                                      ig_tokenizer_json_visit visit, void *context, ig_error *err);
// Fails because this part of the file ("normalizer") is of a type that is not built.
ig_status ig_tokenizer_json_refuse(const char *where, const char *part, const char *type,
                                   ig_error *err);
// The table of a Precompiled normalizer.
ig_status ig_tokenizer_json_read_charsmap(const json_t *step, const char *where, ig_charsmap *map,
                                          ig_error *err);
// The table of the first one; without one the map stays empty.
ig_status ig_tokenizer_json_find_charsmap(const ig_tokenizer_json *json, ig_charsmap *map,
                                          ig_error *err);
// Adds the file's added tokens. A token of the vocabulary must have its id there; the others must
// be numbered on from it, as the library numbers them whatever the file says. Their flags hold,
// whatever other files said.
ig_status ig_tokenizer_json_read_added(const ig_tokenizer_json *json,
                                       const ig_vocabulary *vocabulary, ig_added_tokens *tokens,
                                       ig_error *err);
#endif
