// How long the steps of a tokenizer.json may make a text. Some dozens of them, each of which writes
// a letter twice, would ask for more memory than there is.
#ifndef IG_TEXT_TEXT_GROWTH_H
#define IG_TEXT_TEXT_GROWTH_H
#include <stddef.h>

// Bytes: no step that is in use makes more than 18 of one (NFKD), and short texts may get a prefix.
static inline size_t ig_text_growth_limit(size_t length) { return 64 * length + 65536; }
#endif
