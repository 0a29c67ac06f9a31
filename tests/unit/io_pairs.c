// Pairs out of two files, of TSV and of TMX: which texts they are, what is left out, what is
// refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/pairs.h"

static char directory[] = "/tmp/ingot-pairs-XXXXXX";
static char told[4096];

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
  fclose(file);
}

static void note(void *context, ig_level level, const char *message) {
  (void)context, (void)level;
  strncat(told, message, sizeof told - strlen(told) - 2);
  strcat(told, "\n");
}

static const ig_pairs_form tsv = {.kind = IG_PAIRS_TSV, .column = {2, 1}},
                           tmx = {.kind = IG_PAIRS_TMX, .language = {"en", "de"}};

// All pairs of the file, as "source|target@line;".
static ig_status read_all(const ig_pairs_form *form, int side, bool strict, char out[1024],
                          ig_error *err) {
  const ig_pairs_input input = {.form = *form, .path = {"file", "file"}, .side = side};
  const ig_lines_options options = {.bad_bytes = strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR,
                                    .reporter = {.message = note}};
  ig_pairs *pairs;
  ig_pair pair;
  *err = (ig_error){0};
  out[0] = told[0] = '\0';
  ig_status status = ig_pairs_open(&input, &options, &pairs, err);
  if (status != IG_OK) return status;
  while ((status = ig_pairs_next(pairs, &pair, err)) == IG_OK && (pair.text[0] || pair.text[1])) {
    const size_t used = strlen(out);
    for (int s = 0; s < 2; s++)
      if (pair.text[s]) assert_int_equal(strlen(pair.text[s]), pair.length[s]);
    snprintf(out + used, 1024 - used, "%s|%s@%zu;", pair.text[0] ? pair.text[0] : "-",
             pair.text[1] ? pair.text[1] : "-", pair.line);
  }
  ig_pairs_close(pairs);
  return status;
}

static void columns(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text("file", "eins\tone\tmore\nzwei\ndrei\tthree\r\n\t\nf\xc3\xbcnf\tfi\xffve\n");
  assert_int_equal(read_all(&tsv, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(all, "one|eins@1;three|drei@3;|@4;fi\xef\xbf\xbdve|f\xc3\xbcnf@5;");
  assert_non_null(strstr(told, "file:2: left out: expected 2 columns"));
  assert_int_equal(read_all(&tsv, 1, false, all, &err), IG_OK);
  assert_string_equal(all, "-|eins@1;-|drei@3;-|@4;-|f\xc3\xbcnf@5;");
  assert_int_equal(read_all(&tsv, IG_PAIRS_BOTH, true, all, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "file:2: expected 2 columns"));
}

static void many_bad_lines_are_counted(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text("file", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\na\tb\n");
  assert_int_equal(read_all(&tsv, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(all, "b|a@13;");
  assert_non_null(strstr(told, "file:10: left out"));
  assert_null(strstr(told, "file:11: left out"));
  assert_non_null(strstr(told, "12 lines are left out, the first 10 are above"));
}

#define BODY(units) \
  "<?xml version=\"1.0\"?>\n<tmx version=\"1.4\"><header/><body>\n" units "</body></tmx>\n"
#define VARIANT(language, text) "<tuv " language "><seg>" text "</seg></tuv>"
#define UNIT(a, b) "<tu>" VARIANT("xml:lang=\"en-GB\"", a) VARIANT("lang=\"DE\"", b) "</tu>\n"

static void units(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text("file",
             BODY(UNIT("Hello <bpt i='1'>&lt;b&gt;<sub>x</sub></bpt><hi>big</hi><ept i='1'/> world",
                       "a\nb &amp; c") "<tu><note>n</note><tuv xml:lang=\"fr\"><seg>non</seg></tuv>"
                                       "<tuv xml:lang=\"english\"><seg>no</seg></tuv><tuv "
                                       "xml:lang=\"de\"><seg>x</seg></tuv></tu>\n"
                                       "<tu><tuv xml:lang=\"de-AT\"><seg>region</seg></tuv><tuv "
                                       "xml:lang=\"de\"><seg>exact</seg></tuv>"
                                       "<tuv xml:lang=\"de\"><seg>later</seg></tuv><tuv "
                                       "xml:lang=\"en\"><seg/></tuv></tu>\n"));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(all, "Hello big world|a b & c@3;|exact@6;");
  assert_non_null(strstr(told, "file:5: left out: the unit has no text in en"));
  assert_int_equal(read_all(&tmx, 0, false, all, &err), IG_OK);
  assert_string_equal(all, "Hello big world|-@3;|-@6;");
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, true, all, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "file:5: the unit has no text in en"));
}

// A file of more than one of expat's buffers has all its units.
static void many_units(void **state) {
  (void)state;
  FILE *file = fopen("file", "wb");
  fputs("<tmx><body>", file);
  for (int i = 0; i < 5000; i++)
    fprintf(file,
            "<tu><tuv xml:lang='en'><seg>e%d</seg></tuv><tuv xml:lang='de'><seg>d%d</seg>"
            "</tuv></tu>\n",
            i, i);
  fputs("</body></tmx>", file);
  fclose(file);
  const ig_pairs_input input = {.form = tmx, .path = {"file", "file"}, .side = IG_PAIRS_BOTH};
  ig_pairs *pairs;
  ig_pair pair;
  assert_int_equal(ig_pairs_open(&input, NULL, &pairs, NULL), IG_OK);
  for (int i = 0; i < 5000; i++) {
    char expected[16];
    assert_int_equal(ig_pairs_next(pairs, &pair, NULL), IG_OK);
    snprintf(expected, sizeof expected, "d%d", i);
    assert_string_equal(pair.text[1], expected);
  }
  assert_int_equal(ig_pairs_next(pairs, &pair, NULL), IG_OK);
  assert_null(pair.text[0]);
  ig_pairs_close(pairs);
}

static void bad_xml(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {BODY(UNIT("a", "b") "<tu><tuv></tu>"), "file:4: mismatched tag"},
      {"<tmx>\n<body>" UNIT("a", "b"), "no element found"},
      {"<html></html>", "expected TMX, found XML of <html>"},
      {"plain text", "file:1: syntax error"},
      {"", "file:1: no element found"},
      {"<!DOCTYPE tmx [\n<!ENTITY a 'aaaa'>]>" UNIT("&a;", "b"),
       "file:1: a document type with declarations of its own"},
      {"<?xml version='1.0' encoding='UTF-8'?>\n<tmx>\xff</tmx>", "file:2: not well-formed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char all[1024];
    ig_error err;
    write_text("file", cases[i].text);
    assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_ERROR_FORMAT);
    if (!strstr(err.message, cases[i].message)) fail_msg("%s", err.message);
  }
}

#define TYPED(units) "<!DOCTYPE tmx SYSTEM \"tmx14.dtd\">\n<tmx><body>\n" units "</body></tmx>\n"

// The document type is not loaded: what it would make of an entity is not known, and no text is
// lost without a word.
static void entities(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text("file", TYPED(UNIT("a &amp; b", "c") UNIT("caf&eacute;", "d")));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "file:4: the entity '&eacute;' is unknown"));
  write_text("file", BODY(UNIT("caf&eacute;", "d")));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "file:3: undefined entity"));
  // One that is in no text that is asked for takes nothing away.
  write_text("file", TYPED("<tu><note>&nbsp;</note>" VARIANT("lang='fr'", "&nbsp;")
                               VARIANT("lang='en'", "caf&#233;<ph>&nbsp;</ph>")
                                   VARIANT("lang='de'", "d") "</tu>"));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, true, all, &err), IG_OK);
  assert_string_equal(all, "caf\xc3\xa9|d@3;");
}

#define IN(language, text) VARIANT("xml:lang='" language "'", text)

// Which of several variants of a language is taken, and that others are told.
static void variants(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text(
      "file",
      BODY("<tu>" IN("en", "one") IN(
          "de", "eins") "</tu>\n"
                        "<tu>" IN("en", "two") IN("de", "zwei")
                            IN("de",
                               "zwo") "</tu>\n"
                                      "<tu>" IN("en", " ") IN("en-GB", "three") IN("de-AT", "drei")
                                          IN("de", "\n") "</tu>\n"
                                                         "<tu>" IN("en", "") IN("en-GB", "") IN(
                                                             "de", "vier") "</tu>\n"
                                                                           "<tu>" IN("de", "only")
                                                                               IN("de",
                                                                                  "more") "</tu>"));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(all, "one|eins@3;two|zwei@4;three|drei@5;|vier@7;");
  assert_non_null(strstr(told,
                         "file: 4 variants are not taken, for the unit has another of the "
                         "language; the first is in the unit of line 4"));
  write_text("file", BODY(UNIT("a", "b")));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(told, "");
}

// A text that is in no variant has no language, whatever the variant before it had.
static void texts_without_language(void **state) {
  (void)state;
  char all[1024];
  ig_error err;
  write_text("file",
             BODY(UNIT("a", "b") "<tu>" IN(
                 "en", "c") "<seg>d</seg></tu>\n"
                            "<tu><seg>e</seg>" IN("en", "f") "</tu>\n"
                                                             "<tu><seg>g</seg>" IN("en", "h")
                                                                 IN("de", "i") "</tu>"));
  assert_int_equal(read_all(&tmx, IG_PAIRS_BOTH, false, all, &err), IG_OK);
  assert_string_equal(all, "a|b@3;h|i@6;");
  assert_non_null(strstr(told, "file:4: left out: the unit has no text in de"));
  assert_non_null(strstr(told, "file:5: left out: the unit has no text in de"));
  const ig_pairs_form same = {.kind = IG_PAIRS_TMX, .language = {"en", "EN"}};
  assert_int_equal(read_all(&same, IG_PAIRS_BOTH, false, all, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "file: source_language and target_language are both en"));
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(directory) ? chdir(directory) : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink("file");
  return chdir("/") == 0 ? rmdir(directory) : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(columns),  cmocka_unit_test(many_bad_lines_are_counted),
      cmocka_unit_test(units),    cmocka_unit_test(many_units),
      cmocka_unit_test(bad_xml),  cmocka_unit_test(entities),
      cmocka_unit_test(variants), cmocka_unit_test(texts_without_language),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
