// Reading SQuAD's JSON: where answers are, what is odd, and what is refused with its place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/squad.h"

static char path[] = "/tmp/ingot-squad-XXXXXX";

static void write_file(const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

typedef struct told_messages {
  size_t count;
  char text[20][300];
} told_messages;

static void keep_message(void *context, ig_level level, const char *text) {
  told_messages *told = context;
  assert_int_equal(level, IG_LEVEL_WARNING);
  assert_true(told->count < 20);
  snprintf(told->text[told->count++], sizeof told->text[0], "%s", text);
}

static void assert_told(const told_messages *told, size_t i, const char *part) {
  assert_true(i < told->count);
  if (!strstr(told->text[i], part)) fail_msg("\"%s\" is not in \"%s\"", part, told->text[i]);
}

static ig_squad read_file(const char *text, told_messages *told) {
  ig_squad squad;
  ig_error err = {0};
  const ig_reporter reporter = {.message = keep_message, .context = told};
  write_file(text);
  if (ig_squad_read(&(ig_squad_reading){path, told ? &reporter : NULL}, &squad, &err) != IG_OK)
    fail_msg("%s", err.message);
  return squad;
}

// Offsets are code points; those of bytes are told beside them.
static void answers_are_found(void **state) {
  (void)state;
  told_messages told = {0};
  ig_squad s = read_file(
      "\xEF\xBB\xBF{\"version\": \"v2.0\", \"data\": ["
      "{\"title\": \"a\", \"paragraphs\": [{\"context\": \"\\u00dcber K\\u00f6ln, K\\u00f6ln\","
      " \"qas\": [{\"id\": 7, \"question\": \"Wo?\", \"answers\": ["
      "{\"text\": \"K\\u00f6ln\", \"answer_start\": 11}]}]}]},"
      "{\"paragraphs\": [{\"context\": \"\\ud83d\\ude00 abc\", \"qas\": ["
      "{\"id\": \"y\", \"question\": \"?\", \"answers\": [], \"is_impossible\": true,"
      " \"plausible_answers\": [{\"text\": \"abc\", \"answer_start\": 2}]},"
      "{\"id\": \"x\", \"question\": \"?\", \"answers\": [{\"text\": \"abc\", \"answer_start\": 2},"
      "{\"text\": \"\", \"answer_start\": 3}]}]}]}]}",
      &told);
  assert_int_equal(told.count, 0);
  assert_string_equal(s.version, "v2.0");
  assert_int_equal(s.count, 3);
  assert_int_equal(s.articles, 2);
  assert_int_equal(s.answered, 2);
  assert_true(s.states_impossible);
  assert_string_equal(s.questions[0].id, "7");
  assert_string_equal(s.questions[0].text, "Wo?");
  assert_int_equal(s.questions[0].answers[0].start, 11);
  assert_int_equal(s.questions[0].answers[0].begin, 13);
  assert_int_equal(s.questions[1].answer_count, 0);
  assert_int_equal(s.questions[2].article, 1);
  assert_int_equal(s.questions[2].answer_count, 2);
  assert_int_equal(s.questions[2].answers[0].begin, 5);
  assert_int_equal(s.questions[2].answers[1].start, 3);
  assert_int_equal(ig_squad_find(&s, "x"), 2);
  assert_int_equal(ig_squad_find(&s, "7"), 0);
  assert_int_equal(ig_squad_find(&s, "8"), IG_SQUAD_NOWHERE);
  ig_squad_free(&s);
}

static void oddities_are_told(void **state) {
  (void)state;
  told_messages told = {0};
  ig_squad s = read_file(
      "{\"data\": [{\"paragraphs\": [{\"context\": \"one two one two\", \"qas\": ["
      "{\"id\": \"a\", \"question\": \"?\", \"answers\": [{\"text\": \"two\", \"answer_start\": "
      "11},"
      "{\"text\": \"three\", \"answer_start\": 0}]},"
      "{\"id\": \"a\", \"question\": \" \", \"answers\": [{\"text\": \"one\", \"answer_start\": "
      "-1}],"
      " \"is_impossible\": true},"
      "{\"id\": \"b\", \"question\": \"?\", \"answers\": [], \"is_impossible\": false}"
      "]}]}]}",
      &told);
  assert_int_equal(s.oddities.moved, 2);
  assert_int_equal(s.oddities.absent, 1);
  assert_int_equal(s.oddities.duplicate, 1);
  assert_int_equal(s.oddities.blank, 1);
  assert_int_equal(s.oddities.doubtful, 2);
  assert_int_equal(s.questions[0].answers[0].start, 12);
  assert_int_equal(s.questions[0].answers[0].begin, 12);
  assert_int_equal(s.questions[0].answers[1].start, IG_SQUAD_NOWHERE);
  assert_int_equal(s.questions[1].answers[0].start, 0);
  assert_int_equal(ig_squad_find(&s, "a"), 1);
  assert_int_equal(told.count, 7);
  assert_told(&told, 0,
              "article 1, paragraph 1, question 1 (id a): the answer 'two' is not at "
              "answer_start 11, but at 12");
  assert_told(&told, 1, "the answer 'three' does not occur in the context");
  assert_told(&told, 2, "question 2 (id a): the question is empty");
  assert_told(&told, 3, "has no answer_start");
  assert_told(&told, 4, "is_impossible is true");
  assert_told(&told, 5, "is_impossible is false");
  assert_told(&told, 6, "questions 1 and 2 of the file have the same id a");
  ig_squad_free(&s);
}

// Ten of a kind are told one by one, and then their number.
static void many_oddities_are_counted(void **state) {
  (void)state;
  char text[4000] = "{\"data\": [{\"paragraphs\": [{\"context\": \"c\", \"qas\": [";
  for (int i = 0; i < 13; i++)
    snprintf(text + strlen(text), 100, "%s{\"id\": %d, \"question\": \"\"}", i ? "," : "", i);
  strcat(text, "]}]}]}");
  told_messages told = {0};
  ig_squad s = read_file(text, &told);
  assert_int_equal(s.oddities.blank, 13);
  assert_int_equal(told.count, 11);
  assert_told(&told, 10, "13 questions are empty in all");
  ig_squad_free(&s);
}

// Questions with their contexts, and CMRC2018's first form.
static void other_forms_are_read(void **state) {
  (void)state;
  told_messages told = {0};
  ig_squad s = read_file(
      "{\"data\": [{\"id\": \"a\", \"title\": \"t\", \"context\": \"one two\", \"question\": \"?\","
      " \"answers\": {\"text\": [\"two\", \"one\"], \"answer_start\": [4, 1]}},"
      "{\"id\": \"b\", \"context\": \"c\", \"question\": \"?\","
      " \"answers\": {\"text\": [], \"answer_start\": []}}]}",
      &told);
  assert_int_equal(s.count, 2);
  assert_int_equal(s.answered, 1);
  assert_int_equal(s.questions[0].answers[0].start, 4);
  assert_int_equal(told.count, 1);
  assert_told(&told, 0, "row 1 (id a): the answer 'one' is not at answer_start 1, but at 0");
  ig_squad_free(&s);
  told.count = 0;
  s = read_file(
      "[{\"context_id\": \"T0\", \"context_text\": \"\u4e00\u4e8c\", \"qas\": ["
      "{\"query_id\": \"T0_Q0\", \"query_text\": \"?\", \"answers\": [\"\u4e8c\", \"x\"]}]}]",
      &told);
  assert_int_equal(s.count, 1);
  assert_string_equal(s.questions[0].id, "T0_Q0");
  assert_int_equal(s.questions[0].answers[0].start, 1);
  assert_int_equal(s.questions[0].answers[0].begin, 3);
  assert_int_equal(told.count, 1);
  assert_told(&told, 0, "paragraph 1, question 1 (id T0_Q0): the answer 'x' does not occur");
  ig_squad_free(&s);
}

#define IN_QAS(qas) "{\"data\": [{\"paragraphs\": [{\"context\": \"c\", \"qas\": [" qas "]}]}]}"

// Of one title, or where there is none of one context, until another comes.
static void rows_of_one_article(void **state) {
  (void)state;
  static const char *const rows[] = {"\"title\": \"t\", \"context\": \"x\"",
                                     "\"title\": \"t\", \"context\": \"y\"",
                                     "\"title\": \"u\", \"context\": \"y\"",
                                     "\"context\": \"y\"",
                                     "\"context\": \"z\"",
                                     "\"context\": \"z\""};
  static const size_t articles[] = {0, 0, 1, 2, 3, 3};
  char text[1000] = "[";
  told_messages told = {0};
  for (int i = 0; i < 6; i++)
    snprintf(text + strlen(text), 120, "%s{\"id\": %d, \"question\": \"?\", %s}", i ? "," : "", i,
             rows[i]);
  strcat(text, "]");
  ig_squad s = read_file(text, &told);
  assert_int_equal(s.articles, 4);
  for (int i = 0; i < 6; i++) assert_int_equal(s.questions[i].article, articles[i]);
  ig_squad_free(&s);
}

static void wrong_shapes_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"[1]", "article 1: \"data\": expected a list of objects, found an integer"},
      {"1", "expected the JSON of SQuAD, {\"data\": [{\"paragraphs\": [...]}]}, found an integer"},
      {"[{\"question\": \"q\", \"id\": 1}]", "row 1: \"context\": expected text, found nothing"},
      {"[{\"question\": \"q\", \"id\": 1, \"context\": \"c\", \"answers\": {\"text\": [\"c\"], "
       "\"answer_start\": []}}]",
       "row 1: \"answers\": 1 of \"text\", but 0 of \"answer_start\""},
      {"{}", "found \"data\" is nothing"},
      {"{\"data\": []}", "it has no question"},
      {"{\"data\": [3]}", "article 1: \"data\": expected a list of objects, found an integer"},
      {"{\"data\": [{\"paragraphs\": {}}]}",
       "article 1: \"paragraphs\": expected a list, found an object"},
      {"{\"data\": [{\"paragraphs\": [{\"qas\": []}]}]}",
       "article 1, paragraph 1: \"context\": expected text, found nothing"},
      {"{\"data\": [{\"paragraphs\": [{\"context\": \"c\"}]}]}",
       "article 1, paragraph 1: \"qas\": expected a list, found nothing"},
      {IN_QAS("{\"question\": \"q\"}"),
       "paragraph 1, question 1: \"id\": expected text or an integer, found nothing"},
      {IN_QAS("{\"id\": \"\", \"question\": \"q\"}"), "question 1: \"id\": expected text"},
      {IN_QAS("{\"id\": 1.5, \"question\": \"q\"}"), "found a real number"},
      {IN_QAS("{\"id\": NaN, \"question\": \"q\"}"), "found NaN"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\"}, {\"id\": 2}"),
       "question 2: \"question\": expected text, found nothing"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\", \"answers\": \"a\"}"),
       "\"answers\": expected a list, found a string"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\", \"answers\": [5]}"),
       "\"answers\": expected a list of objects, found an integer"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\", \"answers\": [{\"answer_start\": 0}]}"),
       "\"text\": expected text, found nothing"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\", \"answers\": [{\"text\": \"c\", "
              "\"answer_start\": 1.5}]}"),
       "\"answer_start\": expected an integer, found a real number"},
      {IN_QAS("{\"id\": 1, \"question\": \"q\", \"is_impossible\": 0}"),
       "\"is_impossible\": expected true or false, found an integer"},
      {"{\"data\": [{\"paragraphs\": [}", "not valid JSON"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_squad squad;
    ig_error err = {0};
    write_file(cases[i].text);
    assert_int_equal(ig_squad_read(&(ig_squad_reading){.path = path}, &squad, &err),
                     IG_ERROR_FORMAT);
    if (!strstr(err.message, cases[i].message) || !strstr(err.message, path))
      fail_msg("\"%s\" is not in \"%s\"", cases[i].message, err.message);
    ig_squad_free(&squad);
  }
}

static int make_file(void **state) {
  (void)state;
  const int handle = mkstemp(path);
  if (handle >= 0) close(handle);
  return handle >= 0 ? 0 : 1;
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(answers_are_found),         cmocka_unit_test(oddities_are_told),
      cmocka_unit_test(many_oddities_are_counted), cmocka_unit_test(other_forms_are_read),
      cmocka_unit_test(rows_of_one_article),       cmocka_unit_test(wrong_shapes_are_refused),
  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
