// Which of the kinds of tokenizers that a family offers a model directory holds. For the files
// text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_CHOICE_H
#define IG_TEXT_TOKENIZER_CHOICE_H
#include "io/json.h"
#include "text/tokenizer_description.h"

// The kind that config, the tokenizer_config.json, calls by its tokenizer_class. Without one: the
// kind that the directory's config.json calls so, as old directories do; else the first one whose
// files the directory holds; else the first one.
ig_status ig_tokenizer_choice_make(const ig_tokenizer_description *const *offered,
                                   const char *directory, ig_json_object config,
                                   const ig_tokenizer_description **out, ig_error *err);
#endif
