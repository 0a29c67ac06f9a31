// Text cut at white space: what a tokenizer of words does, and how the words of a corpus are
// counted.
#include "text/whitespace.h"

#include "base/fail.h"
#include "text/utf8.h"

// A space never starts inside a character, for continuation bytes are no spaces.
ig_status ig_whitespace_split(const char *text, size_t length,
                              ig_status (*token)(void *, const char *, size_t, ig_error *),
                              void *context, ig_error *err) {
  size_t i = 0;
  for (;;) {
    size_t step;
    while ((step = ig_utf8_space(text + i, length - i)) > 0) i += step;
    size_t begin = i;
    while (i < length && ig_utf8_space(text + i, length - i) == 0) ++i;
    if (i == begin) return IG_OK;
    IG_TRY(token(context, text + begin, i - begin, err));
  }
}
