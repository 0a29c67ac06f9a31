// What a shortlist that Ingot built was built for, in a JSON file beside it, SHORTLIST.json: of
// each side the number of tokens, a hash of their pieces, and the language, where the tokenizer's
// files name one. Two models of opposite directions may have the same pieces: then the languages
// tell them apart. Shortlists of other programs have no such file.
#ifndef IG_TEXT_SHORTLIST_RECORD_H
#define IG_TEXT_SHORTLIST_RECORD_H
#include <jansson.h>
#include "text/tokenizer.h"

// *out is a new reference.
ig_status ig_shortlist_record_make(const ig_tokenizer *tokenizer, json_t **out, ig_error *err);
// IG_ERROR_FORMAT, naming what differs, if the shortlist of this path has a record and it is that
// of another tokenizer.
ig_status ig_shortlist_record_check(const char *shortlist, const ig_tokenizer *tokenizer,
                                    ig_error *err);
#endif
