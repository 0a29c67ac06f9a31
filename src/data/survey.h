// A first look at parallel text, before anything is made of it.
#ifndef IG_DATA_SURVEY_H
#define IG_DATA_SURVEY_H
#include "data/corpus.h"

typedef struct ig_survey {
  size_t lines;
  size_t pairs;  // of lines that both have more than white space
  // By ig_side: the language codes, such as >>de<<, that begin lines. A code is made of letters,
  // digits, '_', '-' and '.' of ASCII.
  ig_tally codes[2];
} ig_survey;  // ig_survey_free

// Files with unequal numbers of lines, files without any pair of lines that both hold text, and
// with `strict` lines that are no text are errors that name file and line.
ig_status ig_survey_files(const ig_corpus_files *files, bool strict, ig_survey *out, ig_error *err);
void ig_survey_free(ig_survey *survey);  // leaves {0}
#endif
