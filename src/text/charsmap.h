// The table with which a SentencePiece model normalizes text (precompiled_charsmap), as Hugging
// Face tokenizers 0.23 applies it, which is not what SentencePiece does: a grapheme cluster under
// six bytes with a rule for any beginning of it becomes what the shortest such rule says; else each
// character is replaced on its own.
#ifndef IG_TEXT_CHARSMAP_H
#define IG_TEXT_CHARSMAP_H
#include "text/mapped_text.h"

typedef struct ig_charsmap {
  uint32_t *units;     // (unit_count) a double array, as Darts writes it
  char *replacements;  // (size) NUL-terminated texts
  size_t unit_count, size;
} ig_charsmap;  // start from {0}; immutable once read; ig_charsmap_free
void ig_charsmap_free(ig_charsmap *map);
// An empty table (size 0) changes nothing. `where` is for messages.
ig_status ig_charsmap_read(ig_charsmap *map, const void *bytes, size_t size, const char *where,
                           ig_error *err);
// Whether all ways through a table stay within it, as ig_charsmap_read demands, too. The
// SentencePiece library follows tables without looking where they end.
ig_status ig_charsmap_check(const void *bytes, size_t size, const char *where, ig_error *err);
// Appends the normalized text to out. Characters keep the sources that in (valid UTF-8) gives them.
// Those of a replacement take the sources of what it replaces one by one: where it is longer, the
// last ones share a source; where it is shorter, the sources left over belong to nothing.
ig_status ig_charsmap_apply(const ig_charsmap *map, const ig_mapped_text *in, ig_mapped_text *out,
                            ig_error *err);
#endif
