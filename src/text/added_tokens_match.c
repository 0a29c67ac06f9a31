// Added tokens as Hugging Face tokenizers finds them in a text.
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/added_tokens.h"
#include "text/byte_words.h"
#include "text/character_ranges.h"
#include "text/utf8.h"

static bool is_normalized(const ig_added_token *token) { return token->normalized; }
static bool is_raw(const ig_added_token *token) { return !token->normalized; }

typedef struct added_match {
  const char *text;
  size_t length;
  ig_added_parts *parts;
  size_t done;  // the end of what the parts hold
} added_match;

static ig_status add_part(added_match *m, size_t end, const ig_added_token *token, ig_error *err) {
  if (end > m->done) {
    ig_added_parts *p = m->parts;
    IG_TRY(ig_allocate_more((void **)&p->list, &p->capacity, p->count + 1, sizeof *p->list, err));
    p->list[p->count++] = (ig_added_part){m->done, end, token};
    m->done = end;
  }
  return IG_OK;
}

static bool is_word(uint32_t code) {
  return ig_character_ranges_hold(&ig_character_ranges_words, code);
}

static bool touches_word(const added_match *m, size_t begin, size_t end) {
  size_t step;
  if (begin > 0 && is_word(ig_utf8_decode(m->text + ig_utf8_before(m->text, begin), &step)))
    return true;
  return end < m->length && is_word(ig_utf8_decode(m->text + end, &step));
}

static size_t take_left(const added_match *m, size_t begin) {
  while (begin > m->done) {
    size_t step;
    const size_t last = ig_utf8_before(m->text, begin);
    if (!ig_byte_words_is_space(ig_utf8_decode(m->text + last, &step))) break;
    begin = last;
  }
  return begin > m->done ? begin : m->done;
}

static size_t take_right(const added_match *m, size_t end) {
  size_t step;
  while (end < m->length && ig_byte_words_is_space(ig_utf8_decode(m->text + end, &step)))
    end += step;
  return end;
}

static ig_status add_token(added_match *m, const ig_added_token *token, size_t begin, size_t end,
                           ig_error *err) {
  if (token->single_word && touches_word(m, begin, end)) return IG_OK;
  if (token->strip_left) begin = take_left(m, begin);
  if (token->strip_right) end = take_right(m, end);
  IG_TRY(add_part(m, begin, NULL, err));
  return add_part(m, end, token, err);
}

ig_status ig_added_tokens_match(const ig_added_tokens *tokens, bool normalized, const char *text,
                                size_t length, ig_added_parts *out, ig_error *err) {
  added_match m = {.text = text, .length = length, .parts = out};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < length;) {
    const ig_added_token *token =
        ig_added_tokens_at(tokens, text + i, length - i, normalized ? is_normalized : is_raw);
    const size_t size = !token ? 1 : token->normal ? token->normal_length : token->length;
    if (token) status = add_token(&m, token, i, i + size, err);
    i += size;
  }
  return status == IG_OK ? add_part(&m, length, NULL, err) : status;
}
