// Guards: see sentence_guards.h.
#include "text/sentence_guards.h"

#include <string.h>

#include "text/sentence_marks.h"
#include "text/utf8.h"

// An ellipsis after fewer words than this is a pause, not an end: "Well... I see."
#define FEWEST_WORDS 4
// A letter is looked for so far after a place; what goes on longer without one is taken as text.
#define SEARCHED_BYTES 256
#define LONGEST_WORD 24  // bytes, of the words below

// What a text before a place ends in.
typedef struct sentence_tail {
  size_t word;     // where the last word before the marks begins
  size_t marks;    // where the marks that end the sentence begin
  size_t closers;  // after them: where closing quotes and brackets begin
  uint32_t last;   // the last mark; 0: there is none
  bool ellipsis;
} sentence_tail;

static uint32_t character_before(const char *text, size_t end, size_t *begin) {
  size_t step;
  *begin = ig_utf8_before(text, end);
  return ig_utf8_decode(text + *begin, &step);
}

static bool is_in_word(uint32_t c) {
  return c == '.' || ig_sentence_marks_is_letter(c) || ig_sentence_marks_is_number(c);
}

static sentence_tail read_tail(const ig_sentence_place *p) {
  sentence_tail tail = {.closers = p->end};
  size_t before, dots = 0;
  while (tail.closers > p->begin &&
         ig_sentence_marks_closes(character_before(p->text, tail.closers, &before)))
    tail.closers = before;
  for (tail.marks = tail.closers; tail.marks > p->begin; tail.marks = before) {
    const uint32_t c = character_before(p->text, tail.marks, &before);
    if (!ig_sentence_marks_ends(c)) break;
    if (!tail.last) tail.last = c;
    dots += c == '.';
    tail.ellipsis = tail.ellipsis || c == 0x2026 || dots > 1;
  }
  for (tail.word = tail.marks; tail.word > p->begin; tail.word = before)
    if (!is_in_word(character_before(p->text, tail.word, &before))) break;
  return tail;
}

// ---- letters on both sides --------------------------------------------------

static bool has_letter(const char *text, size_t length) {
  size_t step;
  for (size_t i = 0; i < length; i += step)
    if (ig_sentence_marks_is_letter(ig_utf8_decode(text + i, &step))) return true;
  return false;
}

static bool has_letter_or_number(const char *text, size_t length) {
  size_t step;
  for (size_t i = 0; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(text + i, &step);
    if (i > SEARCHED_BYTES || ig_sentence_marks_is_letter(c) || ig_sentence_marks_is_number(c))
      return true;
  }
  return false;
}

static bool has_few_words(const char *text, size_t length) {
  size_t words = 1, step;
  for (size_t i = 0; i < length && words < FEWEST_WORDS;) {
    step = ig_utf8_space(text + i, length - i);
    words += step > 0;
    if (!step) ig_utf8_decode(text + i, &step);
    i += step;
  }
  return words < FEWEST_WORDS;
}

// ---- words before a full stop -----------------------------------------------

static char to_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c; }
static char to_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 0x20) : c; }

// The word is also found in upper case, and with `lower` in lower case.
static bool is_word(const char *word, size_t length, const char *wanted, bool lower) {
  bool same = true, upper = true;
  if (strlen(wanted) != length) return false;
  for (size_t i = 0; i < length; i++) {
    same = same && word[i] == wanted[i];
    upper = upper && word[i] == to_upper(wanted[i]);
    lower = lower && word[i] == to_lower(wanted[i]);
  }
  return same || upper || lower;
}

static bool is_one_of(const char *word, size_t length, const char *const *words) {
  for (; length <= LONGEST_WORD && *words; words++)
    if (is_word(word, length, *words, false)) return true;
  return false;
}

// Titles and abbreviations that something always follows. ICU knows more of them, language by
// language.
static const char *const never_last[] = {
    "Mr",   "Mrs",   "Ms",   "Mx",  "Messrs", "Dr",   "Drs",  "Prof", "Rev",  "Hon",  "Gen", "Col",
    "Capt", "Lt",    "Sgt",  "Maj", "Cpl",    "Sen",  "Rep",  "Gov",  "St",   "Mt",   "Ft",  "Mme",
    "Mlle", "Sra",   "Srta", "Hr",  "Fr",     "Frl",  "Dipl", "Ing",  "Sig",  "Dott", "vs",  "cf",
    "viz",  "bzw",   "bspw", "vgl", "evtl",   "ggf",  "sog",  "inkl", "zzgl", "ca",   "Mag", "Abs",
    "eig",  "urspr", "Univ", "Wm",  "Bros",   "betr", "Cmdr", "Gebr", NULL};
// In a text without capitals: those of them that are no words, and some that are often last before
// a capital.
static const char *const never_last_in_lower[] = {
    "mr",  "mrs",  "ms",  "dr",   "prof", "st",   "vs",   "cf",     "viz",  "bzw",
    "vgl", "evtl", "ggf", "sog",  "inkl", "zzgl", "ca",   "etc",    "usw",  "inc",
    "ltd", "jr",   "sr",  "dept", "resp", "bspw", "corp", "approx", "hrsg", NULL};
// Abbreviations before a number: "No. 5", "Fig. 2", "Dec. 24".
static const char *const before_numbers[] = {
    "No",  "no",  "Nos",  "nos", "Nr",  "nr",  "Art",  "art", "Fig", "fig",  "Figs", "figs", "Abb",
    "Vol", "vol", "Vols", "Bd",  "Ch",  "ch",  "Chap", "Kap", "Sec", "sec",  "Eq",   "eq",   "pp",
    "S",   "Jan", "Feb",  "Mar", "Apr", "Jun", "Jul",  "Aug", "Sep", "Sept", "Oct",  "Okt",  "Nov",
    "Dec", "Dez", "Tel",  "tel", "Ph",  "num", "Rd",   "Ave", "Rm",  "Apt",  "Ver",  "ver",  NULL};
static const char *const months[] = {
    "Januar",   "January", "Jänner",    "Februar", "February", "Feber",    "März",
    "March",    "April",   "Mai",       "May",     "Juni",     "June",     "Juli",
    "July",     "August",  "September", "Oktober", "October",  "November", "Dezember",
    "December", "Jan",     "Feb",       "Apr",     "Jun",      "Jul",      "Aug",
    "Sept",     "Okt",     "Oct",       "Nov",     "Dez",      "Dec",      NULL};

static const char *const weekdays[] = {"Monday",   "Tuesday", "Wednesday", "Thursday", "Friday",
                                       "Saturday", "Sunday",  "Eastern",   "Pacific",  NULL};

// Words that begin sentences and follow no initial and no abbreviation; the articles follow "z. B."
static const char *const openers[] = {
    "He",  "She", "It",   "They", "We",    "You",     "This", "That", "These", "Those", "Then",
    "But", "And", "When", "If",   "There", "However", "The",  "Er",   "Sie",   "Es",    "Wir",
    "Ihr", "Ich", "Du",   "Dann", "Aber",  "Und",     "Doch", "Wenn", NULL};
static const char *const articles[] = {"Der", "Die", "Das", "Ein", "Eine", NULL};

static bool is_number_next(const ig_sentence_place *p) {
  size_t step;
  return p->next < p->length &&
         ig_sentence_marks_is_number(ig_utf8_decode(p->text + p->next, &step));
}

static size_t word_length(const char *text, size_t length) {
  size_t end = 0, step;
  while (end < length && ig_sentence_marks_is_letter(ig_utf8_decode(text + end, &step)))
    end += step;
  return end;
}

static bool is_next_one_of(const ig_sentence_place *p, const char *const *words) {
  const char *next = p->text + p->next;
  return is_one_of(next, word_length(next, p->length - p->next), words);
}

bool ig_sentence_guards_opens(const char *text, size_t length, bool lower) {
  const size_t word = word_length(text, length);
  for (const char *const *opener = openers; word <= LONGEST_WORD && *opener; opener++)
    if (is_word(text, word, *opener, lower)) return true;
  return false;
}

static bool opens_next(const ig_sentence_place *p) {
  return ig_sentence_guards_opens(p->text + p->next, p->length - p->next, p->lower);
}

// "1", "12", and in a language with ordinals "XIV". None is before a word that begins sentences.
static bool is_ordinal(const ig_sentence_place *p, const char *word, size_t length) {
  if (opens_next(p) || is_next_one_of(p, articles)) return false;
  const bool digits = strspn(word, "0123456789") >= length;
  if (digits) return length <= 2 && (p->ordinals || is_next_one_of(p, months));
  return p->ordinals && strspn(word, "IVXLC") >= length;
}

// "U.S", "e.g", "Ph.D": parts of three letters at most, the last one of one letter, as no name of a
// domain is. "p.m" and "a.m" are often last; else a day follows, or where the time is meant. Names
// may be last: "the U.S. She".
static bool is_dotted(const ig_sentence_place *p, const char *word, size_t length) {
  static const char *const hours[] = {"a.m", "p.m", NULL};
  size_t part = 0, step;
  if (!memchr(word, '.', length)) return false;
  if (is_one_of(word, length, hours)) return is_next_one_of(p, weekdays);
  for (size_t i = 0; i < length; i += step) {
    const uint32_t c = ig_utf8_decode(word + i, &step);
    if (c != '.' && !ig_sentence_marks_is_letter(c)) return false;
    part = c == '.' ? 0 : part + 1;
    if (part > 3) return false;
  }
  const bool name = ig_sentence_marks_is_upper(ig_utf8_decode(word, &step));
  return part == 1 && !(name && opens_next(p));
}

// Is the word before an initial another one? "z. B.", "J. S."
static bool follows_initial(const ig_sentence_place *p, const sentence_tail *tail) {
  size_t end = tail->word, before;
  while (end > p->begin && ig_utf8_space(p->text + end - 1, 1)) end--;
  if (end == tail->word || end == p->begin || p->text[end - 1] != '.') return false;
  const size_t mark = end - 1;
  if (mark == p->begin || !ig_sentence_marks_is_letter(character_before(p->text, mark, &before)))
    return false;
  return before == p->begin || !is_in_word(character_before(p->text, before, &end));
}

// One letter is an initial: "J. Smith", "z. B."; "I" may be a pronoun: "So do I. She ...", and any
// may be a name: "plan B. They ..."
static bool is_initial(const ig_sentence_place *p, const sentence_tail *tail) {
  size_t step;
  const char *word = p->text + tail->word;
  const uint32_t c = ig_utf8_decode(word, &step);
  if (step != tail->marks - tail->word || !ig_sentence_marks_is_cased(c)) return false;
  if (opens_next(p) && !follows_initial(p, tail)) return false;
  const bool pronoun = c == 'I' || (p->lower && c == 'i');
  return !pronoun || !has_letter(p->text + p->begin, tail->word - p->begin);
}

static bool is_abbreviated(const ig_sentence_place *p, const sentence_tail *tail) {
  const char *word = p->text + tail->word;
  const size_t length = tail->marks - tail->word;
  if (length == 0) return false;
  return is_initial(p, tail) || is_dotted(p, word, length) || is_ordinal(p, word, length) ||
         is_one_of(word, length, never_last) ||
         (p->lower && is_one_of(word, length, never_last_in_lower)) ||
         (is_number_next(p) && is_one_of(word, length, before_numbers));
}

// ---- all together -----------------------------------------------------------

static bool has_line_break(const ig_sentence_place *p) {
  size_t step;
  for (size_t i = p->end; i < p->next; i += step)
    if (ig_sentence_marks_breaks_line(ig_utf8_decode(p->text + i, &step))) return true;
  return false;
}

// Marks of scripts with spaces end a sentence only before white space; between ideographs they are
// used as those of Chinese.
static bool needs_space(const ig_sentence_place *p, const sentence_tail *tail) {
  size_t step, before;
  if (ig_sentence_marks_ends_alone(tail->last)) return false;
  return tail->marks == p->begin ||
         !ig_sentence_marks_is_ideographic(character_before(p->text, tail->marks, &before)) ||
         !ig_sentence_marks_is_ideographic(ig_utf8_decode(p->text + p->next, &step));
}

bool ig_sentence_guards_hold(const ig_sentence_place *p) {
  if (p->next >= p->length) return false;
  const char *next = p->text + p->next;
  const size_t left = p->length - p->next;
  if (has_line_break(p)) return false;
  if (!p->has_letter) return true;
  if (!has_letter_or_number(next, left)) return true;
  const sentence_tail tail = read_tail(p);
  if (p->next == p->end && needs_space(p, &tail)) return true;
  const bool goes_on = ig_sentence_marks_goes_on(next, left);
  if (tail.closers < p->end && goes_on) return true;
  if (tail.ellipsis) return goes_on || has_few_words(p->text + p->begin, tail.marks - p->begin);
  return tail.last == '.' && is_abbreviated(p, &tail);
}

bool ig_sentence_guards_ordinals(const char *language) {
  static const char *const codes[] = {"de",  "deu", "ger", "da",  "dan", "nb",  "nob", "nn",  "nno",
                                      "no",  "nor", "fi",  "fin", "et",  "est", "lv",  "lav", "cs",
                                      "ces", "cze", "sk",  "slk", "sl",  "slv", "hr",  "hrv", "sr",
                                      "srp", "bs",  "bos", "hu",  "hun", "pl",  "pol", "tr",  "tur",
                                      "is",  "isl", "fo",  "fao", "lb",  "ltz", "hsb", "dsb", NULL};
  return language && is_one_of(language, strcspn(language, "_-"), codes);
}
