// Vocabularies for WordPiece: what is in them, in which order, and that text of their letters is
// never unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "text/word_piece_training.h"
#include "text/word_pieces.h"

#define FILE_NAME "word_piece_training.text"

static ig_word_piece_trained train(const char *text, ig_word_piece_training options,
                                   ig_vocabulary *out) {
  static const char *const files[] = {FILE_NAME};
  ig_word_piece_trained trained;
  ig_error err;
  FILE *file = fopen(FILE_NAME, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  options.files = files;
  options.file_count = 1;
  *out = (ig_vocabulary){0};
  const ig_status status = ig_word_piece_training_run(&options, out, &trained, &err);
  unlink(FILE_NAME);
  if (status != IG_OK) fail_msg("%s", err.message);
  return trained;
}

static int id_of(const ig_vocabulary *v, const char *piece) {
  return ig_vocabulary_find(v, piece, strlen(piece));
}

// The pieces of a word, joined by spaces.
static void check_word(const ig_vocabulary *v, const char *word, const char *expected) {
  ig_word_pieces pieces = {.unknown_id = id_of(v, "[UNK]"), .longest = 100};
  ig_unigram_parts parts = {0};
  char found[256] = "";
  assert_int_equal(ig_word_pieces_make(&pieces, v, "##", NULL), IG_OK);
  assert_int_equal(ig_word_pieces_encode(&pieces, word, strlen(word), &parts, NULL), IG_OK);
  for (size_t i = 0; i < parts.count; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? " " : "",
             ig_vocabulary_token(v, parts.list[i].id));
  assert_string_equal(found, expected);
  free(parts.list);
  ig_word_pieces_free(&pieces);
}

static const ig_word_piece_training usual = {
    .vocab_size = 60, .lowercase = true, .strip_accents = true};

static void special_tokens_then_letters_then_merges(void **state) {
  (void)state;
  ig_vocabulary v;
  const ig_word_piece_trained t =
      train("Low low lower newest newest, newest widest \xE4\xB8\xAD\xE6\x96\x87\xE3\x80\x82\n",
            usual, &v);
  static const char *const first[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", "d"};
  for (int i = 0; i < 7; i++) assert_string_equal(ig_vocabulary_token(&v, i), first[i]);
  // d e i l n o r s t w, a comma, two ideographs and their full stop.
  assert_int_equal(t.letters, 14);
  assert_int_equal(t.kept_letters, 14);
  assert_true(id_of(&v, "##w") > id_of(&v, "w"));
  assert_true(id_of(&v, "\xE4\xB8\xAD") > 0);
  assert_int_equal(id_of(&v, "##\xE4\xB8\xAD"), -1);
  assert_int_equal(id_of(&v, "##,"), -1);
  // Pairs that occur most often are merged first.
  assert_true(id_of(&v, "##est") > 0 && id_of(&v, "##est") < id_of(&v, "newest"));
  check_word(&v, "newest", "newest");
  check_word(&v, "lowest", "lowe ##st");  // always the longest piece
  check_word(&v, "tiro", "t ##i ##r ##o");
  assert_true(v.size <= 60);
  ig_vocabulary_free(&v);
}

static void case_and_accents_are_the_options(void **state) {
  (void)state;
  ig_vocabulary v;
  train("\xC3\x89t\xC3\xA9 \xC3\x89t\xC3\xA9\n", usual, &v);
  assert_true(id_of(&v, "ete") > 0);
  assert_int_equal(id_of(&v, "\xC3\xA9"), -1);
  ig_vocabulary_free(&v);
  train("\xC3\x89t\xC3\xA9 \xC3\x89t\xC3\xA9\n", (ig_word_piece_training){.vocab_size = 60}, &v);
  assert_true(id_of(&v, "\xC3\x89t\xC3\xA9") > 0);
  ig_vocabulary_free(&v);
}

// Room for three letters: the most frequent ones. A vocabulary of nothing else is no error.
static void letters_that_have_no_room_are_counted(void **state) {
  (void)state;
  ig_vocabulary v;
  char text[256] = "";
  for (int i = 0; i < 12; i++) strcat(text, "aab ");
  strcat(text, "z\n");
  const ig_word_piece_trained t =
      train(text, (ig_word_piece_training){.vocab_size = 9, .lowercase = true}, &v);
  assert_int_equal(t.letters, 3);
  assert_int_equal(t.kept_letters, 2);
  assert_int_equal(v.size, 9);
  check_word(&v, "ab", "a ##b");
  check_word(&v, "az", "[UNK]");
  ig_vocabulary_free(&v);
  train("\xE4\xB8\xAD\xE6\x96\x87\n", usual, &v);
  assert_int_equal(v.size, 7);
  ig_vocabulary_free(&v);
}

// Twenty rare ideographs, a z and an x that is rarer still, of which nothing is merged: three
// quarters of the room are letters first, and the rest is not left empty. A letter has both its
// forms or none.
static void letters_take_what_merges_leave(void **state) {
  (void)state;
  ig_vocabulary v;
  char text[256] = "x z z";
  for (int i = 0; i < 40; i++) sprintf(text + strlen(text), " \xE4\xB8%c", 0x80 + i % 20);
  const ig_word_piece_training options = {.vocab_size = 5 + 23, .lowercase = true};
  ig_word_piece_trained t = train(text, options, &v);
  assert_int_equal(t.letters, 22);
  assert_int_equal(t.kept_letters, 21);  // one row is left, and x has two forms
  assert_int_equal(v.size, 5 + 22);
  assert_int_equal(id_of(&v, "x") >= 0, id_of(&v, "##x") >= 0);
  for (int i = 0; i < 20; i++) {
    const char letter[] = {'\xE4', '\xB8', (char)(0x80 + i), '\0'};
    check_word(&v, letter, letter);
  }
  ig_vocabulary_free(&v);
  t = train(text, (ig_word_piece_training){.vocab_size = 5 + 24, .lowercase = true}, &v);
  assert_int_equal(t.kept_letters, 22);
  assert_int_equal(v.size, 5 + 24);
  ig_vocabulary_free(&v);
}

static void text_without_words_is_an_error(void **state) {
  (void)state;
  static const char *const files[] = {FILE_NAME};
  ig_word_piece_training options = usual;
  ig_word_piece_trained trained;
  ig_vocabulary v = {0};
  ig_error err;
  FILE *file = fopen(FILE_NAME, "w");
  assert_non_null(file);
  fputs(" \n\n", file);
  fclose(file);
  options.files = files;
  options.file_count = 1;
  assert_int_equal(ig_word_piece_training_run(&options, &v, &trained, &err), IG_ERROR_FORMAT);
  unlink(FILE_NAME);
  ig_vocabulary_free(&v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(special_tokens_then_letters_then_merges),
      cmocka_unit_test(case_and_accents_are_the_options),
      cmocka_unit_test(letters_that_have_no_room_are_counted),
      cmocka_unit_test(letters_take_what_merges_leave),
      cmocka_unit_test(text_without_words_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
