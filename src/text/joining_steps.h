// The decoders of a tokenizer.json, one after another, as Hugging Face tokenizers 0.23 applies them
// (decoders/*.rs): they make text of tokens.
#ifndef IG_TEXT_JOINING_STEPS_H
#define IG_TEXT_JOINING_STEPS_H
#include "text/text_pattern.h"

typedef enum ig_joining_kind {
  IG_JOINING_METASPACE,      // marks become spaces, or nothing in the first token
  IG_JOINING_BYTE_LEVEL,     // symbols become bytes, and all tokens are one
  IG_JOINING_BYTE_FALLBACK,  // <0x41> becomes a byte
  IG_JOINING_FUSE,           // all tokens are one
  IG_JOINING_REPLACE,
  IG_JOINING_STRIP,  // so many characters at the ends of each token
  // A space before each token but the first, unless a prefix says that it goes on.
  IG_JOINING_WORD_PIECES,
} ig_joining_kind;
typedef struct ig_joining_step {
  ig_joining_kind kind;
  ig_text_pattern pattern;
  // (length) what replaces; the one character that is stripped; the mark; the prefix. Owned.
  char *text;
  size_t length;
  int start, stop;    // how many are stripped, at most
  bool keeps_prefix;  // of METASPACE: marks of the first token are spaces, too
  bool cleans;        // of WORD_PIECES: no space before signs, in each token by itself
} ig_joining_step;
typedef struct ig_joining_steps {
  ig_joining_step *list;
  size_t count, capacity;
} ig_joining_steps;  // start from {0}; ig_joining_steps_free
void ig_joining_steps_free(ig_joining_steps *steps);
// step: of the file, decoder; NULL or null: none, and spaces separate the tokens. What is not built
// is refused by its name.
ig_status ig_joining_steps_read(ig_joining_steps *steps, const json_t *step, const char *where,
                                ig_error *err);
// Adds a step of IG_JOINING_WORD_PIECES that cleans.
ig_status ig_joining_steps_add_word_pieces(ig_joining_steps *steps, const char *prefix,
                                           ig_error *err);
// The text of tokens, NUL-terminated; a NUL in it becomes a space. *out is malloc'ed for the caller
// to free().
ig_status ig_joining_steps_apply(const ig_joining_steps *steps, const char *const *tokens,
                                 size_t count, char **out, ig_error *err);
#endif
