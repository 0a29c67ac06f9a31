// Reads a parallel corpus from files and makes ids of it.
#ifndef IG_DATA_CORPUS_LOAD_H
#define IG_DATA_CORPUS_LOAD_H
#include "data/corpus.h"

// Files with unequal numbers of lines are errors that name both, lines that are no text (bytes that
// are not UTF-8, or NUL) with `strict` errors that name file and line.
ig_status ig_corpus_load(const ig_corpus_files *files, const ig_corpus_options *options,
                         ig_corpus *out, ig_error *err);
#endif
