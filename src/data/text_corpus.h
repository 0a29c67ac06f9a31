// Plain text as sequences for an encoder: each line is cut into as few of them as max_length
// allows, of equal lengths but for one token, and each has the special tokens that stand beside one
// text. Nothing of a line is lost.
#ifndef IG_DATA_TEXT_CORPUS_H
#define IG_DATA_TEXT_CORPUS_H
#include "data/corpus.h"

// Text files, plain or gzip-compressed.
typedef struct ig_text_files {
  const char *const *paths;  // (count)
  size_t count;
} ig_text_files;

// Reads the files to their ends. Files without a line of text, and with `strict` lines that are no
// text, are errors that name file and line.
ig_status ig_text_corpus_survey(const ig_text_files *files, bool strict, ig_error *err);

typedef struct ig_text_corpus_counts {
  size_t empty;  // lines without a token
  size_t cut;    // lines that are more than one sequence
} ig_text_corpus_counts;
// options: tokenizer, pool, max_length (tokens of a sequence, the special ones included), strict,
// reporter. *out, for ig_corpus_free, is of one text: its pairs are the sequences, and what became
// <unk> is the source's. IG_ERROR_UNSUPPORTED: the tokenizer is of no encoder.
ig_status ig_text_corpus_load(const ig_text_files *files, const ig_corpus_options *options,
                              ig_corpus *out, ig_text_corpus_counts *counts, ig_error *err);
#endif
