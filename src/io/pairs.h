// Pairs of texts one after the other, from two text files, from columns of a TSV file, or from the
// units of a TMX file. All of them may be compressed by gzip.
#ifndef IG_IO_PAIRS_H
#define IG_IO_PAIRS_H
#include "ingot/lines.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef enum ig_pairs_kind { IG_PAIRS_FILES, IG_PAIRS_TSV, IG_PAIRS_TMX } ig_pairs_kind;

// How a file holds pairs; index 0 is the source, 1 the target. All zero: one text a line, the other
// side in a file of its own.
typedef struct ig_pairs_form {
  ig_pairs_kind kind;
  int column[2];            // of TSV: from 1
  const char *language[2];  // of TMX: codes such as en, which en-GB is a case of
} ig_pairs_form;

typedef struct ig_pairs_input {
  ig_pairs_form form;
  const char *path[2];  // of TSV and TMX both are the one file
  // IG_PAIRS_BOTH, or 0 or 1 to read the texts of that side alone: those of the other stay NULL.
  int side;
} ig_pairs_input;
enum { IG_PAIRS_BOTH = -1 };

typedef struct ig_pair {
  const char *text[2];  // UTF-8, NUL-terminated, borrowed until the next call; both NULL: the end
  size_t length[2];
  size_t line;  // of the file (of the source's where there are two), from 1
} ig_pair;

typedef struct ig_pairs ig_pairs;  // ig_pairs_close
// options: what becomes of bytes that are no text, and who is told. Where they are refused, lines
// of TSV without the columns and units of TMX without the languages are errors as well; else they
// are left out and counted, and the first ten are told with file and line.
ig_status ig_pairs_open(const ig_pairs_input *input, const ig_lines_options *options,
                        ig_pairs **out, ig_error *err);
// Two files with unequal numbers of lines are an error that names both; XML that is not well-formed
// is one with its line.
ig_status ig_pairs_next(ig_pairs *pairs, ig_pair *out, ig_error *err);
size_t ig_pairs_repaired(const ig_pairs *pairs);  // lines so far
size_t ig_pairs_left_out(const ig_pairs *pairs);  // lines or units without a pair so far
void ig_pairs_close(ig_pairs *pairs);             // harmless on NULL

#ifdef __cplusplus
}
#endif
#endif
