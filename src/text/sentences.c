// The sentences of a text: see sentences.h. Places where one may end come from ICU, or where there
// is none from text/plain_sentences.h; guards strike some of them.
#include "text/sentences.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/icu_sentences.h"
#include "text/plain_sentences.h"
#include "text/sentence_guards.h"
#include "text/sentence_marks.h"
#include "text/utf8.h"

#define LONGEST_LANGUAGE 32  // bytes of a code

struct ig_sentences {
  char language[LONGEST_LANGUAGE + 1];  // "": unknown
  bool ordinals;
  bool asked;  // was ICU asked for its rules? It takes a while: not before they are needed
  ig_icu_sentences *icu;  // NULL: there is none
  const char *text;
  size_t whole;                     // bytes of the text
  size_t length;                    // without the white space at its end
  bool alone;                       // the text is one sentence
  bool by_icu;                      // ICU has the text
  bool lower;                       // the text has no capitals
  size_t plain;                     // the last place of text/plain_sentences.h
  size_t prefix_begin, prefix_end;  // language tokens
  size_t gap, begin;                // of the next sentence: the white space before it, and itself
};

bool ig_sentences_language_is_fine(const char *language) {
  const size_t length = strlen(language);
  for (size_t i = 0; i < length; i++) {
    const char c = language[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
  }
  return length >= 2 && length <= LONGEST_LANGUAGE;
}

ig_status ig_sentences_create(const char *language, ig_sentences **out, ig_error *err) {
  ig_sentences *s = *out = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  if (language && ig_sentences_language_is_fine(language))
    memcpy(s->language, language, strlen(language));
  s->ordinals = ig_sentence_guards_ordinals(s->language);
  return IG_OK;
}

void ig_sentences_free(ig_sentences *s) {
  if (s) ig_icu_sentences_free(s->icu);
  free(s);
}

static size_t skip_spaces(const char *text, size_t length, size_t i) {
  size_t step;
  while ((step = ig_utf8_space(text + i, length - i)) > 0) i += step;
  return i;
}

size_t ig_sentences_prefix(const char *text, size_t length) {
  size_t end = 0;
  for (;;) {
    size_t i = end + 2;
    if (length - end < 5 || memcmp(text + end, ">>", 2) != 0) return end;
    while (i < length && text[i] != '<' && text[i] != '>' &&
           ig_utf8_space(text + i, length - i) == 0)
      i++;
    if (i == end + 2 || length - i < 2 || memcmp(text + i, "<<", 2) != 0) return end;
    end = skip_spaces(text, length, i + 2);
  }
}

// Could a sentence end before the last word of text? Most lines are one sentence, and this is much
// faster than looking for its end.
static bool may_be_several(const char *text, size_t length) {
  for (size_t i = 0; i + 1 < length; i++) {
    const unsigned char c = (unsigned char)text[i], next = (unsigned char)text[i + 1];
    if (c >= 0x80) {
      size_t step;
      const uint32_t code = ig_utf8_decode(text + i, &step);
      if (ig_sentence_marks_ends(code) || ig_sentence_marks_breaks_line(code)) return true;
      i += step - 1;
    } else if (c == '\n' || c == '\r') {
      return true;
    } else if (c == '.' || c == '!' || c == '?') {
      const bool in_word = (next | 0x20) >= 'a' && (next | 0x20) <= 'z';
      if (!in_word && !(next >= '0' && next <= '9')) return true;
    }
  }
  return false;
}

// Has ICU take the text, if there is ICU.
static ig_status ask_icu(ig_sentences *s, ig_error *err) {
  const char *language = *s->language ? s->language : NULL;
  if (!s->asked) IG_TRY(ig_icu_sentences_create(language, &s->icu, err));
  s->asked = true;
  s->by_icu = s->icu && ig_icu_sentences_begin(s->icu, s->text, s->length);
  return IG_OK;
}

ig_status ig_sentences_begin(ig_sentences *s, const char *text, size_t length, ig_error *err) {
  s->text = text;
  s->whole = length;
  s->alone = !ig_utf8_valid(text, length, NULL);
  if (s->alone) return IG_OK;
  const char *first = text;
  size_t stripped = length;
  ig_utf8_strip(&first, &stripped);
  s->alone = !may_be_several(first, stripped);
  if (s->alone) return IG_OK;
  s->begin = (size_t)(first - text);
  s->gap = s->begin;
  s->plain = s->begin;
  s->length = s->begin + stripped;
  s->prefix_begin = s->begin;
  s->prefix_end = s->begin + ig_sentences_prefix(first, stripped);
  s->lower = ig_sentence_marks_all_lower(text, s->length);
  return ask_icu(s, err);
}

static size_t end_before_spaces(const char *text, size_t end) {
  while (end > 0) {
    const size_t before = ig_utf8_before(text, end);
    if (ig_utf8_space(text + before, end - before) == 0) break;
    end = before;
  }
  return end;
}

static bool has_letter(const char *text, size_t begin, size_t end) {
  size_t step;
  for (; begin < end; begin += step)
    if (ig_sentence_marks_is_letter(ig_utf8_decode(text + begin, &step))) return true;
  return false;
}

static bool ends_in_ellipsis(const char *text, size_t end) {
  return end >= 3 && memcmp(text + end - 3, "\xe2\x80\xa6", 3) == 0;
}

static bool ends_in_reference(const char *text, size_t end) {
  size_t begin = end;
  if (end == 0 || text[end - 1] != ']') return false;
  while (begin > 0 && text[begin - 1] != '[') begin--;
  return begin > 0 && ig_sentence_marks_reference(text + begin - 1, end - begin + 1) > 0;
}

// A hyphen or dash before white space and a capital: a line of a dialogue, "- Where? - At home."
static bool begins_dialogue(const char *text, size_t length) {
  size_t step;
  const uint32_t c = length ? ig_utf8_decode(text, &step) : 0;
  return (c == '-' || c == 0x2013 || c == 0x2014) &&
         ig_utf8_space(text + step, length - step) > 0 && !ig_sentence_marks_goes_on(text, length);
}

// Places of our own rules that ICU's lack: after an ellipsis of one character, before a capital;
// after a reference to a footnote; before a dash in a dialogue; where a text without capitals has a
// full stop; and where a word follows that begins sentences, whatever abbreviation is before it.
static bool is_place_without_icu(ig_sentences *s, size_t place) {
  const char *next = s->text + place;
  const size_t end = end_before_spaces(s->text, place), left = s->length - place;
  return ends_in_ellipsis(s->text, end) || ends_in_reference(s->text, end) ||
         begins_dialogue(next, left) || ig_sentence_guards_opens(next, left, s->lower) ||
         (s->lower && !ig_icu_sentences_suppress(s->icu, place));
}

// The next place after `from` where a sentence may begin.
static size_t next_place(ig_sentences *s, size_t from) {
  if (s->plain <= from) s->plain = ig_plain_sentences_next(s->text, s->length, from, s->lower);
  if (!s->by_icu) return s->plain;
  const size_t next = ig_icu_sentences_next(s->icu, from);
  const size_t place = skip_spaces(s->text, s->length, next);
  return s->plain < place && is_place_without_icu(s, s->plain) ? s->plain : place;
}

// Where the sentence that begins at `begin` ends, and where the next one begins: the end of the
// text if there is none.
static ig_sentence_place find_end(ig_sentences *s, size_t begin) {
  ig_sentence_place place = {.text = s->text,
                             .length = s->length,
                             .begin = begin,
                             .ordinals = s->ordinals,
                             .lower = s->lower};
  for (place.next = begin;;) {
    const size_t searched = place.next;
    place.next = next_place(s, searched);
    place.end = end_before_spaces(s->text, place.next);
    if (place.next >= s->length) return place;
    place.has_letter = place.has_letter || has_letter(s->text, searched, place.end);
    if (!ig_sentence_guards_hold(&place)) return place;
  }
}

ig_sentence_span ig_sentences_next(ig_sentences *s) {
  const bool first = s->begin <= s->prefix_begin;
  if (s->alone) return (ig_sentence_span){.end = s->whole, .last = true};
  const ig_sentence_place place = find_end(s, first ? s->prefix_end : s->begin);
  if (first && place.next >= s->length) return (ig_sentence_span){.end = s->whole, .last = true};
  const ig_sentence_span span = {.gap = s->gap,
                                 .begin = s->begin,
                                 .end = place.end,
                                 .prefix_begin = first ? 0 : s->prefix_begin,
                                 .prefix_end = first ? 0 : s->prefix_end,
                                 .last = place.next >= s->length};
  s->gap = place.end;
  s->begin = place.next;
  return span;
}
