// Files that tell which piece each row of an embedding belongs to, in all forms that are in use:
// tokenizer.json, vocab.json, vocab.txt, SentencePiece models, fairseq's dict.txt, tiktoken's
// tables.
#ifndef IG_FUSE_INPUT_VOCABULARY_FILES_H
#define IG_FUSE_INPUT_VOCABULARY_FILES_H
#include <stdbool.h>

#include "text/vocabulary.h"

// Whether a file of this name tells pieces.
bool ig_vocabulary_files_is_one(const char *name);
// Whether it is one that need not list all pieces, such as added_tokens.json. Of two such files
// only ids that both list are compared.
bool ig_vocabulary_files_lists_a_part(const char *name);
// Whether it lists pieces for a class of tokenizers that reads no tokenizer.json, or its merges.
bool ig_vocabulary_files_of_class(const char *name);
// Reads the pieces of a file; its form is told by its name. Of a piece or an id that the file has
// twice the first counts. IG_ERROR_UNSUPPORTED: pieces of this form cannot be read.
ig_status ig_vocabulary_files_read(const char *directory, const char *name, ig_vocabulary *out,
                                   ig_error *err);

enum { IG_VOCABULARY_FILES_TEXT = 400 };
// Compares the file of that name in two directories. If the pieces are the same, `difference` is
// empty; else it tells the first id that has another piece. Pieces that cannot be read are the same
// if all bytes of the files are; a damaged JSON file is IG_ERROR_FORMAT.
ig_status ig_vocabulary_files_compare(const char *const directories[2], const char *name,
                                      char difference[IG_VOCABULARY_FILES_TEXT], ig_error *err);
// Whether two directories have the same vocabulary: one file at least lists all pieces, both have
// the same such files, and all files tell the same pieces of the same ids.
ig_status ig_vocabulary_files_are_alike(const char *const directories[2], bool *alike,
                                        ig_error *err);
// Compares two vocabularies; false, with `difference` filled: an id has two different pieces, or a
// piece in only one of them. both_only: an id counts only if it has a piece in both.
bool ig_vocabulary_files_same_pieces(const ig_vocabulary *a, const ig_vocabulary *b, bool both_only,
                                     char difference[IG_VOCABULARY_FILES_TEXT]);
#endif
