#include "text/tokenizer_places.h"

#include <string.h>

#include "text/byte_words.h"
#include "text/utf8.h"

// The symbol of a space.
enum { SPACE_SYMBOL = 0x120 };

typedef struct piece_spaces {
  size_t leading, trailing;  // characters
} piece_spaces;

static piece_spaces count_spaces(const char *piece, size_t length) {
  piece_spaces s = {0, 0};
  bool all = true;
  for (size_t i = 0, step; i < length; i += step) {
    const uint32_t code = ig_utf8_decode(piece + i, &step);
    const bool is_space = code == SPACE_SYMBOL || ig_byte_words_is_space(code);
    all = all && is_space;
    s.leading += all;
    s.trailing = is_space ? s.trailing + 1 : 0;
  }
  return s;
}

static piece_spaces spaces_of(const ig_tokenizer_encoding *e, int id, ig_source_range place) {
  if (ig_added_tokens_of(&e->tokenizer->added, id))
    return count_spaces(e->text + place.begin, place.end - place.begin);
  const char *piece = ig_vocabulary_token(e->side->vocabulary, id);
  return piece ? count_spaces(piece, strlen(piece)) : (piece_spaces){0, 0};
}

// The end is not reached by fewer characters than there are before it.
static size_t go_back(const char *text, size_t end, size_t count, size_t least) {
  const size_t whole = end;
  for (; count > 0; count--) {
    if (end == 0) return whole;
    end = ig_utf8_before(text, end);
  }
  return end > least ? end : least;
}

ig_source_range ig_tokenizer_places_trim(const ig_tokenizer_encoding *e, int id,
                                         ig_source_range place) {
  const ig_tokenizer *t = e->tokenizer;
  piece_spaces s = spaces_of(e, id, place);
  const bool first = place.begin == 0 || e->places->count == e->first_place;
  if (first && t->add_prefix_space && s.leading == 1) s.leading = 0;
  for (; s.leading > 0 && place.begin < place.end; s.leading--)
    place.begin += ig_utf8_step(e->text + place.begin);
  if (s.trailing > 0) place.end = go_back(e->text, place.end, s.trailing, place.begin);
  return place;
}
