// What a misspelt word may have been meant to be.
#ifndef IG_BASE_NEAREST_H
#define IG_BASE_NEAREST_H
#include <stddef.h>

// The known word (count) that is nearest to `word`; NULL: it is like none of them.
const char *ig_nearest_word(const char *word, const char *const *known, size_t count);
#endif
