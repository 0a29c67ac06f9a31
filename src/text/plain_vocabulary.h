// The JSON of a vocabulary, as programs write it: one object of tokens and their ids.
#ifndef IG_TEXT_PLAIN_VOCABULARY_H
#define IG_TEXT_PLAIN_VOCABULARY_H
#include "text/vocabulary.h"

// Adds {"token": id, …} to an empty vocabulary, in a tenth of the time that reading it as a tree of
// JSON values takes. False: the text is something else, an id is larger than the tokens before it
// let expect, or memory is out. The vocabulary then holds a part, which the caller frees, and a
// reader of all of JSON is to look at the text: it says what is wrong, if anything is.
bool ig_plain_vocabulary_read(ig_vocabulary *vocabulary, const char *text, size_t size);
#endif
