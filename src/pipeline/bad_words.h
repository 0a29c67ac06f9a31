// Sequences of tokens that a caller forbids: read from a file, a line each.
#ifndef IG_PIPELINE_BAD_WORDS_H
#define IG_PIPELINE_BAD_WORDS_H
#include "decode/decode_options.h"
#include "text/tokenizer.h"

typedef struct ig_bad_words_reading {
  const char *path;
  const ig_tokenizer *tokenizer;     // of the target; NULL: lines are ids
  const ig_decode_options *options;  // whose bad words come first
} ig_bad_words_reading;
// Appends the ids of a line, which is text, without special tokens; tokenizer NULL: ids.
ig_status ig_bad_words_read_line(const ig_tokenizer *tokenizer, int vocab_size, const char *line,
                                 ig_ids *ids, ig_error *err);
// *out owns its lists. Of byte-level vocabularies, in which a word after a space has other ids than
// one that begins a text, both are forbidden. Blank lines are left out; a line that is malformed,
// that the vocabulary cannot spell, or that has an end token is IG_ERROR_FORMAT with its number.
ig_status ig_bad_words_read(const ig_bad_words_reading *reading, ig_bad_words *out, ig_error *err);
#endif
