// Training SentencePiece: which characters have a piece, symbols, bytes, normalization.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "text/sentencepiece.h"

static char directory[] = "/tmp/ingot-pieces-XXXXXX";
static char text_path[] = "text", model_path[] = "model";
static const char *const files[] = {text_path};

static FILE *open_text(void) {
  FILE *file = fopen(text_path, "wb");
  assert_non_null(file);
  return file;
}

static ig_sentencepiece_training training_of(const char *type, int vocab_size) {
  ig_sentencepiece_training t = ig_sentencepiece_training_default();
  t.files = files;
  t.file_count = 1;
  t.model_type = type;
  t.vocab_size = vocab_size;
  t.soft_vocab_limit = true;
  return t;
}

static ig_sentencepiece *train(const ig_sentencepiece_training *t, ig_sentencepiece_trained *out) {
  ig_error err = {0};
  ig_sentencepiece *model = NULL;
  ig_sentencepiece_trained ignored;
  if (ig_sentencepiece_train(t, model_path, out ? out : &ignored, &err) != IG_OK ||
      ig_sentencepiece_load(model_path, &model, &err) != IG_OK)
    fail_msg("%s", err.message);
  return model;
}

static bool has_piece(const ig_sentencepiece *model, const char *piece) {
  for (int id = 0; id < ig_sentencepiece_size(model); id++)
    if (strcmp(ig_sentencepiece_piece(model, id), piece) == 0) return true;
  return false;
}

// UTF-8 of a code point of three bytes.
static const char *han(int index) {
  static char bytes[4];
  const unsigned code = 0x4E00u + (unsigned)index;
  bytes[0] = (char)(0xE0 | code >> 12);
  bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
  bytes[2] = (char)(0x80 | (code & 0x3F));
  return bytes;
}

static void letters_of_small_alphabets(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 3000; i++) fprintf(file, "abc bca %d\n", i % 3);
  fputs("\xC3\x9C\n", file);  // once in some 30,000 characters
  fclose(file);
  ig_sentencepiece_trained trained;
  ig_sentencepiece_training t = training_of("unigram", 40);
  ig_sentencepiece *model = train(&t, &trained);
  assert_true(has_piece(model, "\xC3\x9C"));
  assert_int_equal(trained.characters, 8);  // abc, 012, U+00DC and U+2581
  assert_int_equal(trained.kept_characters, 8);
  assert_true(trained.character_coverage == 1);
  assert_int_equal(trained.pieces, ig_sentencepiece_size(model));
  ig_sentencepiece_free(model);
  t.character_coverage = 0.9995;  // a coverage that is given is kept to
  model = train(&t, &trained);
  assert_false(has_piece(model, "\xC3\x9C"));
  assert_int_equal(trained.characters, 0);
  ig_sentencepiece_free(model);
}

// The letters of lines that are not trained on have pieces, too: those that were not drawn, and
// those that are too long.
static void letters_of_other_lines(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 3000; i++) fprintf(file, "abc bca\n");
  for (int i = 0; i < 200; i++) fputs("long ", file);
  fputs("\xC3\x96\n\xC3\x9C\n", file);
  fclose(file);
  ig_sentencepiece_training t = training_of("unigram", 40);
  t.max_sentences = 20;
  t.max_sentence_bytes = 100;
  for (int given = 0; given < 2; given++) {
    t.character_coverage = given;
    ig_sentencepiece_trained trained;
    ig_sentencepiece *model = train(&t, &trained);
    assert_int_equal(trained.lines_left_out, 1);
    assert_true(has_piece(model, "\xC3\x9C"));
    assert_true(has_piece(model, "\xC3\x96"));
    assert_true(has_piece(model, "g"));
    ig_sentencepiece_free(model);
  }
}

// Of more than 3,000 characters those have pieces that occur ten times, and no others. drawn: only
// some lines are trained on.
static void check_large_alphabet(const char *type, size_t drawn) {
  ig_sentencepiece_trained trained;
  ig_sentencepiece_training t = training_of(type, 8000);
  t.max_sentences = drawn;
  ig_sentencepiece *model = train(&t, &trained);
  assert_int_equal(trained.characters, 3101);  // U+2581
  assert_int_equal(trained.kept_characters, 3051);
  assert_true(has_piece(model, han(0)));
  assert_true(has_piece(model, han(3049)));
  for (int i = 3050; i < 3100; i++) assert_false(has_piece(model, han(i)));
  ig_sentencepiece_free(model);
}

static void letters_of_large_alphabets(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 3100; i++)
    for (int times = i < 3050 ? 10 : 9; times > 0; times--) fprintf(file, "%s\n", han(i));
  fclose(file);
  check_large_alphabet("char", 0);
  check_large_alphabet("unigram", 0);
  check_large_alphabet("char", 500);
  // A vocabulary without room for them has the most frequent ones.
  ig_sentencepiece_trained trained;
  ig_sentencepiece_training t = training_of("char", 3040);
  ig_sentencepiece *model = train(&t, &trained);
  assert_int_equal(trained.kept_characters, 3038);
  assert_int_equal(ig_sentencepiece_size(model), 3040);
  ig_sentencepiece_free(model);
}

static ig_status count_piece(void *context, const char *piece, size_t length, int id,
                             ig_error *err) {
  (void)piece, (void)length, (void)id, (void)err;
  ++*(int *)context;
  return IG_OK;
}

static int pieces_of(const ig_sentencepiece *model, const char *text) {
  int count = 0;
  const ig_piece_sink sink = {.piece = count_piece, .context = &count};
  assert_int_equal(ig_sentencepiece_encode(model, text, strlen(text), &sink, NULL), IG_OK);
  return count;
}

static void symbols(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 50; i++) fprintf(file, "abc <a,b> bca \"quoted\" >>de<< %d\n", i % 5);
  fclose(file);
  static const char *const list[] = {"<a,b>", "\"quoted\"", ">>de<<", "\xEF\xBC\x8C"};
  ig_sentencepiece_training t = training_of("unigram", 60);
  t.symbols = list;
  t.symbol_count = 4;
  ig_sentencepiece *model = train(&t, NULL);
  for (int i = 0; i < 4; i++) assert_string_equal(ig_sentencepiece_piece(model, 2 + i), list[i]);
  assert_int_equal(pieces_of(model, "<a,b>"), 2);  // U+2581 before it
  // A symbol is not normalized.
  assert_int_equal(pieces_of(model, "\xEF\xBC\x8C"), 2);
  ig_sentencepiece_free(model);
}

// Keeps the text of the first piece that is not U+2581.
static ig_status keep_piece(void *context, const char *piece, size_t length, int id,
                            ig_error *err) {
  (void)id, (void)err;
  char *out = context;
  if (!*out && strncmp(piece, "\xE2\x96\x81", length) != 0) memcpy(out, piece, length);
  return IG_OK;
}

static void normalization(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 50; i++) fprintf(file, "\xEF\xBC\x8C A\n");
  fclose(file);
  static const struct {
    const char *rule, *comma, *letter;
  } cases[] = {{"nmt_nfkc", ",", "A"},
               {"nfkc", ",", "A"},
               {"nmt_nfkc_cf", ",", "a"},
               {"nfkc_cf", ",", "a"},
               {"identity", "\xEF\xBC\x8C", "A"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ig_sentencepiece_training t = training_of("char", 40);
    t.normalization = cases[i].rule;
    ig_sentencepiece *model = train(&t, NULL);
    char comma[16] = "", letter[16] = "";
    const ig_piece_sink to_comma = {.piece = keep_piece, .context = comma},
                        to_letter = {.piece = keep_piece, .context = letter};
    assert_int_equal(ig_sentencepiece_encode(model, "\xEF\xBC\x8C", 3, &to_comma, NULL), IG_OK);
    assert_int_equal(ig_sentencepiece_encode(model, "A", 1, &to_letter, NULL), IG_OK);
    assert_string_equal(comma, cases[i].comma);
    assert_string_equal(letter, cases[i].letter);
    ig_sentencepiece_free(model);
  }
}

// Any number of pieces.
typedef struct piece_list {
  char text[64][16];
  const char *pointers[64];
  size_t count;
} piece_list;

static ig_status list_piece(void *context, const char *piece, size_t length, int id,
                            ig_error *err) {
  (void)id, (void)err;
  piece_list *list = context;
  assert_true(list->count < 64 && length < 16);
  memcpy(list->text[list->count], piece, length);
  list->text[list->count][length] = '\0';
  list->pointers[list->count] = list->text[list->count];
  list->count++;
  return IG_OK;
}

static void bytes(void **state) {
  (void)state;
  static const char unseen[] = "ab \xC3\x9C\xF0\x9F\x98\x80";
  FILE *file = open_text();
  for (int i = 0; i < 50; i++) fprintf(file, "abc bca %d\n", i % 5);
  fclose(file);
  ig_sentencepiece_training t = training_of("unigram", 300);
  t.byte_fallback = true;
  ig_sentencepiece *model = train(&t, NULL);
  assert_true(has_piece(model, "<0xC3>"));
  piece_list list = {.count = 0};
  const ig_piece_sink sink = {.piece = list_piece, .context = &list};
  assert_int_equal(ig_sentencepiece_encode(model, unseen, strlen(unseen), &sink, NULL), IG_OK);
  char *text;
  size_t length;
  assert_int_equal(ig_sentencepiece_decode(model, list.pointers, list.count, &text, &length, NULL),
                   IG_OK);
  assert_string_equal(text, unseen);
  free(text);
  // A NUL would end the text.
  const char *const nul[] = {"a", "<0x00>", "b"};
  assert_int_equal(ig_sentencepiece_decode(model, nul, 3, &text, &length, NULL), IG_OK);
  assert_string_equal(text, "a b");
  free(text);
  ig_sentencepiece_free(model);
}

static size_t count_pieces(const ig_sentencepiece *model, const char *text) {
  piece_list list = {.count = 0};
  const ig_piece_sink sink = {.piece = list_piece, .context = &list};
  assert_int_equal(ig_sentencepiece_encode(model, text, strlen(text), &sink, NULL), IG_OK);
  return list.count;
}

static void digits(void **state) {
  (void)state;
  FILE *file = open_text();
  for (int i = 0; i < 200; i++) fprintf(file, "%c%c 1998\n", 'a' + i % 5, 'a' + i % 7);
  fclose(file);
  ig_sentencepiece_training t = training_of("bpe", 60);
  ig_sentencepiece *model = train(&t, NULL);
  assert_int_equal(count_pieces(model, "1998"), 1);
  ig_sentencepiece_free(model);
  t.split_digits = true;
  model = train(&t, NULL);
  assert_int_equal(count_pieces(model, "1998"), 5);  // the space and four digits
  ig_sentencepiece_free(model);
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink(text_path);
  unlink(model_path);
  return chdir("/") || rmdir(directory) ? -1 : 0;
}

static void a_piece_with_a_nul_is_refused(void **state) {
  (void)state;
  // ModelProto { pieces { piece: "<unk>" type: UNKNOWN } pieces { piece: "b\0c" } }
  static const char bytes[] =
      "\x0A\x09\x0A\x05<unk>\x18\x02"
      "\x0A\x05\x0A\x03"
      "b\0c";
  ig_sentencepiece *model = NULL;
  ig_error err = {0};
  assert_int_equal(ig_sentencepiece_load_memory(bytes, sizeof bytes - 1, "m.spm", &model, &err),
                   IG_ERROR_FORMAT);
  assert_string_equal(err.message, "m.spm: piece 1 has a NUL in it");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(letters_of_small_alphabets),
      cmocka_unit_test(letters_of_other_lines),
      cmocka_unit_test(letters_of_large_alphabets),
      cmocka_unit_test(symbols),
      cmocka_unit_test(normalization),
      cmocka_unit_test(bytes),
      cmocka_unit_test(digits),
      cmocka_unit_test(a_piece_with_a_nul_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
