// Reading a shortlist in either form, plain or compressed by gzip: the binary one
// (io/shortlist_file.h), which begins with its magic number, or Marian's text of lines
//   TARGET SOURCE PROBABILITY
// with the pieces of the two vocabularies, as lex.s2t has them; lines with NULL, the empty word,
// count for nothing.
#ifndef IG_TEXT_SHORTLIST_LOAD_H
#define IG_TEXT_SHORTLIST_LOAD_H
#include "io/shortlist.h"
#include "text/tokenizer.h"

typedef struct ig_shortlist_loading {
  const ig_tokenizer *tokenizer;  // whose pieces text has; NULL: text is refused
  int source_size, target_size;   // ids of the model's vocabularies
  // Of text, which does not say them (io/shortlist.h).
  int first, best;
  const ig_reporter *reporter;  // told of lines with pieces that the vocabulary lacks; NULL: nobody
} ig_shortlist_loading;

// path: a file, or a directory that has the file of that name. One whose record
// (text/shortlist_record.h) says that it was made for another tokenizer is IG_ERROR_FORMAT.
ig_status ig_shortlist_load(const char *path, const ig_shortlist_loading *how, ig_shortlist **out,
                            ig_error *err);
#endif
