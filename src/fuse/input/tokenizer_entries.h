// What a tokenizer.json lists, read strictly: its pieces, its merges and its added tokens, also
// those that only the files beside it name. Rows are matched and vocabularies united by it, so that
// an entry which means nothing, or two things, is refused and never passed over.
#ifndef IG_FUSE_INPUT_TOKENIZER_ENTRIES_H
#define IG_FUSE_INPUT_TOKENIZER_ENTRIES_H
#include <jansson.h>

#include "text/tokenizer_json.h"
#include "text/vocabulary.h"

// The pieces of model.vocab, and the added tokens: of the file, and of tokenizer_config.json or
// else added_tokens.json in its directory. *added: an object of the entries by their text, in the
// files' order, each with its id; a new reference. A token that two files give different ids, and
// an id of two tokens, are errors.
ig_status ig_tokenizer_entries_read(const json_t *tokenizer, const char *directory,
                                    ig_vocabulary *pieces, json_t **added, ig_error *err);
// Adds to pieces from another file the tokens that only the files beside it name.
ig_status ig_tokenizer_entries_read_beside(const char *directory, ig_vocabulary *pieces,
                                           ig_error *err);
// Adds a merge to the set of those that are known. *is_new false: it was among them.
ig_status ig_tokenizer_entries_know_merge(ig_vocabulary *known, const ig_merge_text *merge,
                                          bool *is_new, ig_error *err);
// Checks that each merge is of two pieces of the vocabulary, makes a third, and is listed once.
// name: the file's directory, for messages.
ig_status ig_tokenizer_entries_check_merges(const json_t *tokenizer, const ig_vocabulary *pieces,
                                            const char *name, ig_error *err);
#endif
