// Sentences of texts: where they end, and where they do not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/icu_sentences.h"
#include "text/sentences.h"

// The sentences of text with '|' between them, and before each after the first its gap in brackets
// where it is not one space; a prefix in braces.
static void describe(ig_sentences *s, const char *text, size_t length, char *out, size_t size) {
  ig_sentence_span span = {0};
  size_t used = 0;
  out[0] = '\0';
  assert_int_equal(ig_sentences_begin(s, text, length, NULL), IG_OK);
  for (bool first = true; !span.last; first = false) {
    span = ig_sentences_next(s);
    assert_true(span.gap <= span.begin && span.begin <= span.end && span.end <= length);
    const int gap = (int)(span.begin - span.gap),
              prefix = (int)(span.prefix_end - span.prefix_begin);
    if (!first) used += (size_t)snprintf(out + used, size - used, "|");
    if (!first && (gap != 1 || text[span.gap] != ' '))
      used += (size_t)snprintf(out + used, size - used, "[%.*s]", gap, text + span.gap);
    if (prefix)
      used += (size_t)snprintf(out + used, size - used, "{%.*s}", prefix, text + span.prefix_begin);
    used += (size_t)snprintf(out + used, size - used, "%.*s", (int)(span.end - span.begin),
                             text + span.begin);
    assert_true(used < size);
  }
}

static void expect_sentences(const char *language, const char *expected) {
  char text[1024], found[1024];
  size_t length = 0;
  for (const char *p = expected; *p; p++) text[length++] = *p == '|' ? ' ' : *p;
  ig_sentences *s;
  assert_int_equal(ig_sentences_create(language, &s, NULL), IG_OK);
  describe(s, text, length, found, sizeof found);
  assert_string_equal(found, expected);
  ig_sentences_free(s);
}

static void expect_described(const char *text, const char *expected) {
  char found[1024];
  ig_sentences *s;
  assert_int_equal(ig_sentences_create("en", &s, NULL), IG_OK);
  describe(s, text, strlen(text), found, sizeof found);
  assert_string_equal(found, expected);
  ig_sentences_free(s);
}

static void test_sentences_end(void **state) {
  (void)state;
  static const char *const texts[] = {
      ("The parking lot is empty.|His book deals with traffic accidents.|I'd like a word with you "
       "in private.|We finished the work.|Tom is in his early thirties."),
      "Really?!|Yes!|No?|It is 5.|She is 6.",
      "He said “Go.”|Then he left.",
      "The sky was dark and grey…|Then it rained.",
      "He said \"Go.\"|\"Where?\"|(Nobody knew.)|All left.",
      "He was born in 1990.|Then he moved.",
      "Der Zug ist weg.|Über uns ist nichts.|Ärgerlich!",
      "¿Dónde está?|¡Aquí!|Él lo dijo.",
      "Он ушёл.|Она осталась.",
      "Is it you?|yes, it is",
      "The sky grew dark before them...|Then it rained.",
      "So do I.|She left.",
      "We met at 5 p.m.|He left.",
      "Look at x.org.|It is new.",
      "كيف حالك؟|أنا بخير.",
      "हिंदी में वाक्य।|दूसरा वाक्य।",
      "It ends at 9 p.m. Friday.|Good.",
      "You have No. 5 or no. 6.|No!|Not at all.",
      "HOW ARE YOU?|I AM FINE.",
      "It is done.[1]|It was good.[2][13]|He left.",
      "- I am here.|- Where?|- At home.|- I am coming.",
      "I know him.|— Do you?",
      "He got an A.|She got a B.|They like plan C.|It is theirs.",
      "He lives in the U.S.|She lives in the U.S. Navy.|They met.",
      "He came in Dec.|He left in May.",
      "i went to the store.|it was closed.|then i ate an apple, e.g. this one.|so do i.|she left.",
      "so it is.|mr. smith met dr. who, etc. and j. smith.|plan b.|they left.",
      "hi!|how are you?|i am fine..."};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_sentences("en", texts[i]);
}

static void test_sentences_go_on(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      " ",
      "a",
      ".",
      "...",
      "How are you?",
      "  How are you?  ",
      "Wait for us .",
      "Mr. Smith and Mrs. Jones met Dr. Who, Prof. Xu and MR. T.",
      "Lt. Cmdr. Evans and Philip Wm. Ely came at 9 a.m. Monday.",
      "J. S. Bach and J.R.R. Tolkien met in the U.S. Navy.",
      "Fruit, e.g. this one, i.e. an apple, etc. is good.",
      "Cats, e.g. Tom, are No. 5 on p. 12, Fig. 3, Vol. 2.",
      "On 1. January or 24. Dezember it was 3.5 degrees, 1.000.000 times.",
      "See http://x.com/?q=1.2&r=3!4#A.B or www.X.org/A?B now.",
      "Mail a.B@c.De or open file.TXT.",
      "“He left.” she said, and “Why?” he asked (“Well!” or so).",
      "Wait... what? ",
      "Well... I see.",
      "I... I know.",
      "Hm… OK.",
      "Great! :-)",
      "Stop! !!",
      "1. Open the door",
      "*** Hello",
      "Ver. 2.0.1 is e.g. ok",
      "Lists[1] of things[2] are long.",
      "See [1] and [2].",
      "a man . two women in front of &quot; the castle . &quot;",
      "well... i see",
      "“go.” he said"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) expect_sentences("en", texts[i]);
}

static void test_languages(void **state) {
  (void)state;
  expect_sentences("de", "Am 1. Januar kam Ludwig XIV. nach Hause, z. B. Dr. Weiß, d. h. alle.");
  expect_sentences("deu_Latn", "Das ist die 3. Auflage.|Es gibt bzw. Dinge.");
  expect_sentences("de_AT", "Er kam im 19. Jahrhundert.");
  expect_sentences(NULL, "Am 1. Januar kam er um 5.|Dann ging er.");
  expect_sentences("en", "I have room 3.|Auflage is a word.");
  expect_sentences("xx", "He left.|She stayed.");
  expect_sentences("de",
                   "Er kam am 3.|Sie kam am 4.|Wir kamen am 5. Mai.|Das war am 6.|Es war gut.");
  expect_sentences("de", "Viele, z. B. Die Zeit und z. B. Sie, waren am 1. Mai da.");
  expect_sentences("de",
                   "ich bin zu hause.|du bist im garten.|er kam am 3. mai, z. b. mit dr. weiß.");
}

static void test_gaps(void **state) {
  (void)state;
  expect_described("  Aa be.   De ef. \t Ge. \r", "Aa be.|[   ]De ef.|[ \t ]Ge.");
  expect_described("你好。我很好！你呢？他说：“走吧。”然后走了。",
                   "你好。|[]我很好！|[]你呢？|[]他说：“走吧。”|[]然后走了。");
  expect_described("你好!我很好?是.", "你好!|[]我很好?|[]是.");
  expect_described("一。 二。　三。", "一。|二。|[　]三。");
  expect_described("One\ntwo.\n\nThree", "One|[\n]two.|[\n\n]Three");
  expect_described("One.\xc2\xa0Two.", "One.|[\xc2\xa0]Two.");
}

static void test_prefixes(void **state) {
  (void)state;
  expect_described(">>de<< Aa be. Ce de. Ee.", ">>de<< Aa be.|{>>de<< }Ce de.|{>>de<< }Ee.");
  expect_described(">>zh<<Aa be. Ce de.", ">>zh<<Aa be.|{>>zh<<}Ce de.");
  expect_described(" >>a<< >>b<<  Aa be. Ce de.", ">>a<< >>b<<  Aa be.|{>>a<< >>b<<  }Ce de.");
  expect_described(">>de<< Aa be.", ">>de<< Aa be.");
  expect_described(">>de<<", ">>de<<");
  expect_described(">>not one<< Aa be. Ce de.", ">>not one<< Aa be.|Ce de.");
  expect_described(">><< Aa be. Ce de.", ">><< Aa be.|Ce de.");
}

// A text that is not UTF-8 is left to the tokenizer; nothing is read beyond the end.
static void test_bad_text(void **state) {
  (void)state;
  expect_described("Aa be. Ce de\xff. E", "Aa be. Ce de\xff. E");
  expect_described("Aa be. C\xe2\x80", "Aa be. C\xe2\x80");
  static const char text[] = ">>de<< “Dr. X.” came… 1. Mai. 你好。他说. B! (C) e.g. D?! Z";
  ig_sentences *s;
  char found[512];
  assert_int_equal(ig_sentences_create("de", &s, NULL), IG_OK);
  for (size_t length = 0; length <= sizeof text - 1; length++) {
    char *exact = malloc(length + !length);
    memcpy(exact, text, length);
    describe(s, exact, length, found, sizeof found);
    free(exact);
  }
  ig_sentences_free(s);
}

// The first place that ICU finds in text; 0: this build has no ICU.
static size_t first_of_icu(const char *language, const char *text) {
  ig_icu_sentences *icu;
  assert_int_equal(ig_icu_sentences_create(language, &icu, NULL), IG_OK);
  if (!icu) return 0;
  assert_true(ig_icu_sentences_begin(icu, text, strlen(text)));
  const size_t first = ig_icu_sentences_next(icu, 0);
  ig_icu_sentences_free(icu);
  return first;
}

// Suppressions are those of the language; a code of three letters and one with a script are known,
// and where the language is unknown or has none, the rules without them hold.
static void test_icu(void **state) {
  (void)state;
  static const char text[] = "Etwas Inh. Werkzeug und Misc. Tools";
  static const struct {
    const char *language;
    size_t first;
  } cases[] = {{"de", 30}, {"deu", 30}, {"de_AT", 30}, {"deu_Latn", 30},
               {"en", 11}, {"eng", 11}, {NULL, 11},    {"tlh", 11}};
  if (!first_of_icu(NULL, text)) skip();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (first_of_icu(cases[i].language, text) != cases[i].first)
      fail_msg("%s: %zu", cases[i].language ? cases[i].language : "(unknown)",
               first_of_icu(cases[i].language, text));
  expect_sentences("en", "What else? - a new book");
  assert_int_equal(first_of_icu("en", "See Misc. Tools"), 15);
  assert_int_equal(first_of_icu(NULL, "See Misc. Tools"), 10);
  expect_sentences("en", "See Misc. Tools and Alt. Ways.");
  expect_sentences("de", "Das ist mein Vater.|Er ist hier.|Er geht bzw. Sie bleibt.");
}

// The time must not grow with the square of the length: a million sentences, and a million marks
// without a letter, which are one sentence.
static void test_long_texts(void **state) {
  (void)state;
  static const struct {
    const char *part;
    size_t sentences;
  } cases[] = {{"Aa be. ", 1000000}, {"1. ", 1}, {"! ", 1},        {"?) ", 1},
               {"Dr. ", 1},          {"a?b", 1}, {"一。", 1000000}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t length = strlen(cases[i].part), count = 1000000;
    char *text = malloc(count * length);
    for (size_t k = 0; k < count; k++) memcpy(text + k * length, cases[i].part, length);
    ig_sentences *s;
    assert_int_equal(ig_sentences_create("en", &s, NULL), IG_OK);
    assert_int_equal(ig_sentences_begin(s, text, count * length, NULL), IG_OK);
    size_t found = 1;
    while (!ig_sentences_next(s).last) found++;
    assert_int_equal(found, cases[i].sentences);
    ig_sentences_free(s);
    free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sentences_end), cmocka_unit_test(test_sentences_go_on),
      cmocka_unit_test(test_languages),     cmocka_unit_test(test_gaps),
      cmocka_unit_test(test_prefixes),      cmocka_unit_test(test_bad_text),
      cmocka_unit_test(test_icu),           cmocka_unit_test(test_long_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
