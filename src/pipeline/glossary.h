// A glossary: source terms, and the target terms of which one must be in a translation whose source
// has them. A file of lines "SOURCE<TAB>TARGET[<TAB>OTHER FORM ...]".
#ifndef IG_PIPELINE_GLOSSARY_H
#define IG_PIPELINE_GLOSSARY_H
#include "decode/terms.h"
#include "text/tokenizer.h"

typedef struct ig_glossary ig_glossary;  // ig_glossary_free
// A malformed line is IG_ERROR_FORMAT with its number. Borrows the tokenizer.
ig_status ig_glossary_load(const char *path, const ig_tokenizer *tokenizer, ig_glossary **out,
                           ig_error *err);
void ig_glossary_free(ig_glossary *glossary);
// Source terms without a form that the target vocabulary can spell: they are left out. Their
// number, and the first of them with commas between them.
size_t ig_glossary_unusable(const ig_glossary *glossary, const char **names);
// Where a term occurs in a text.
typedef struct ig_glossary_place {
  int term;           // its index in ig_terms
  size_t begin, end;  // bytes
} ig_glossary_place;
enum { IG_GLOSSARY_PLACES = 2 * IG_TERMS_MOST };  // of one sentence, at most; others are left out

// The terms that occur in a text.
typedef struct ig_glossary_terms {
  int count;        // each once, the longest where several begin
  int excluded;     // of these, all that fit, if bad words and the like exclude them; otherwise 0
  ig_terms *terms;  // those that fit into a translation, for ig_terms_free; NULL: none can come
  int place_count;
  ig_glossary_place places[IG_GLOSSARY_PLACES];  // (place_count): of these
} ig_glossary_terms;
ig_status ig_glossary_find(const ig_glossary *glossary, const char *text, size_t length,
                           const ig_decode_options *options, ig_glossary_terms *out, ig_error *err);
#endif
