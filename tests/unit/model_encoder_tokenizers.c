// The tokenizers of encoders: ids, places, words and texts of transformers, what is written again,
// and what is refused. INGOT_TOKENIZERS: a folder that holds bert-base-uncased with its vocab.txt
// and its golden questions; without it those are left out.
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
#include "io/json.h"
#include "model/arch/encoder_tokenizers.h"
#include "text/sentencepiece.h"
#include "text/tokenizer.h"

#define GOLDEN "word_pieces"
#define WRITTEN_FILES                                                                 \
  "vocab.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", \
      "sentencepiece.bpe.model", "spiece.model"
#include "golden_pair.h"
#include "golden_tokenizer.h"
#include "tokenizer_directory.h"

enum { CASES = 40 };

static ig_tokenizer *load(const char *from) {
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(from, ig_encoder_tokenizers_word_pieces, &t, &err), &err);
  assert_int_equal(ig_tokenizer_kind_of(t), IG_TOKENIZER_WORD_PIECES);
  return t;
}

static void write_file(const char *name, const char *text, size_t size) {
  ig_error err = {0};
  check(ig_file_write(in_directory(name), text, size, &err), &err);
}

static void remove_files(void) {
  static const char *const names[] = {WRITTEN_FILES};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_directory(names[i]));
}

static void has_the_ids_of_transformers(void **state) {
  (void)state;
  static const char *const folders[] = {"uncased", "cased", "accents", "stripped", "named",
                                        "lines",   "added", "ids",     "json"};
  ig_error err = {0};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s/expected.json", folders[i]);
    ig_tokenizer *t = load(golden(folders[i]));
    expect_golden_cases(t, golden(name), CASES);
    expect_golden_words(t, golden(name));
    check(ig_tokenizer_save(t, directory, &err), &err);
    ig_tokenizer_free(t);
    t = load(directory);
    expect_golden_cases(t, golden(name), CASES);
    ig_tokenizer_free(t);
    remove_files();
  }
}

static void expect_all(const char *from, const char *folder) {
  char name[100];
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(from, ig_encoder_tokenizers_word_pieces, &t, &err), &err);
  snprintf(name, sizeof name, "%s/expected.json", folder);
  expect_golden_cases(t, golden(name), 30);
  expect_golden_words(t, golden(name));
  snprintf(name, sizeof name, "%s/pair.json", folder);
  expect_golden_pair(t, golden(name));
  expect_single_frame(t, "The cat");
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
}

// Every list has the tokenizers of all families; also what is written is read so.
static void has_the_ids_of_other_encoders(void **state) {
  (void)state;
  static const char *const folders[] = {
      "../encoder_tokenizers/roberta",       "../encoder_tokenizers/roberta_space",
      "../encoder_tokenizers/xlm_roberta",   "../encoder_tokenizers/camembert",
      "../encoder_tokenizers/albert",        "../encoder_tokenizers/albert_kept",
      "../encoder_tokenizers/albert_accents"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    expect_all(golden(folders[i]), folders[i]);
    expect_all(directory, folders[i]);
    remove_files();
  }
}

// Without a tokenizer_config.json the family's own tokenizer is meant.
static void each_family_has_its_own_first(void **state) {
  (void)state;
  static const struct {
    const ig_tokenizer_description *const *offered;
    const char *class_name;
  } lists[] = {{ig_encoder_tokenizers_word_pieces, "BertTokenizer"},
               {ig_encoder_tokenizers_roberta, "RobertaTokenizer"},
               {ig_encoder_tokenizers_xlm_roberta, "XLMRobertaTokenizer"},
               {ig_encoder_tokenizers_camembert, "CamembertTokenizer"},
               {ig_encoder_tokenizers_albert, "AlbertTokenizer"}};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    assert_string_equal(lists[i].offered[0]->class_names[0], lists[i].class_name);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
      assert_non_null(ig_tokenizer_description_of_class(lists[i].offered, lists[k].class_name));
  }
}

// tokenizer.json has the vocabulary where vocab.txt says another one, as in transformers.
static void takes_the_vocabulary_of_the_json(void **state) {
  (void)state;
  ig_error err = {0};
  check(ig_file_copy(golden("json/tokenizer.json"), in_directory("tokenizer.json"), &err), &err);
  write_file("vocab.txt", "[UNK]\n[CLS]\n[SEP]\nx\n", 20);
  ig_tokenizer *t = load(directory);
  expect_golden_cases(t, golden("json/expected.json"), CASES);
  ig_tokenizer_free(t);
  remove_files();
}

static void expect_special(const ig_tokenizer *t) {
  assert_int_equal(ig_tokenizer_pad_id(t, IG_SIDE_SOURCE), 0);
  assert_int_equal(ig_tokenizer_unk_id(t, IG_SIDE_SOURCE), 1);
  assert_int_equal(ig_tokenizer_eos_id(t, IG_SIDE_SOURCE), 3);
  for (int id = 0; id < 6; id++)
    assert_int_equal(ig_tokenizer_is_special(t, IG_SIDE_SOURCE, id), id != 1 && id != 5);
}

static void knows_its_special_tokens(void **state) {
  (void)state;
  ig_tokenizer *t = load(golden("uncased"));
  expect_special(t);
  assert_int_equal(ig_tokenizer_source_size(t), 236);
  ig_tokenizer_free(t);
  t = load(golden("lines"));
  // [MASK] is numbered by the count of different lines, an id that a line has already.
  assert_int_equal(ig_tokenizer_source_size(t), 240);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_SOURCE, 237), "[MASK]");
  ig_tokenizer_free(t);
}

static void expect_ids(const ig_ids *ids, const char *expected) {
  char text[100] = "";
  for (size_t i = 0; i < ids->count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), " %d", ids->ids[i]);
  assert_string_equal(text, expected);
}

static void expect_pair(const ig_tokenizer *t, const char *const expected[6], int second_type) {
  ig_tokenizer_frame frame = {0};
  ig_error err = {0};
  check(ig_tokenizer_pairs_frame(t, &frame, &err), &err);
  const ig_frame_tokens *const lists[] = {&frame.before, &frame.between, &frame.after};
  for (size_t i = 0; i < 3; i++) {
    expect_ids(&lists[i]->ids, expected[2 * i]);
    expect_ids(&lists[i]->types, expected[2 * i + 1]);
  }
  assert_int_equal(frame.first_type, 0);
  assert_int_equal(frame.second_type, second_type);
  ig_tokenizer_frame_free(&frame);
  expect_single_frame(t, "The cat");
}

static void puts_pairs_together(void **state) {
  (void)state;
  ig_tokenizer *t = load(golden("uncased"));
  expect_pair(t, (const char *const[]){" 2", " 0", " 3", " 0", " 3", " 1"}, 1);
  ig_text_tokens tokens = {0};
  ig_error err = {0};
  check(ig_tokenizer_pairs_encode(t, "the cat", 7, &tokens, &err), &err);
  assert_int_equal(tokens.ids.count, 2);
  assert_int_equal(ig_tokenizer_pairs_encode(t, "the \xFF", 5, &tokens, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "not UTF-8 at byte 5"));
  assert_int_equal(tokens.ids.count + tokens.places.count + tokens.words.count, 0);
  ig_tokenizer_pairs_free_tokens(&tokens);
  ig_tokenizer_free(t);
}

static ig_status collect(void *context, const char *piece, size_t length, int id, ig_error *err) {
  (void)id;
  (void)err;
  strncat(context, piece, length);
  strcat(context, "|");
  return IG_OK;
}

static void tells_unknown_words(void **state) {
  (void)state;
  char told[100] = "";
  ig_encode_notes notes;
  ig_ids ids = {0};
  ig_error err = {0};
  const char text[] = "The \xD0\xB6\xD0\xB6 cat, \xE2\x99\xA5";
  ig_tokenizer *t = load(golden("uncased"));
  const ig_piece_sink sink = {.piece = collect, .context = told};
  const ig_side_text side_text = {IG_SIDE_SOURCE, text, strlen(text), 0};
  check(ig_tokenizer_find_unknown(t, IG_SIDE_SOURCE, text, strlen(text), &sink, &err), &err);
  assert_string_equal(told, "\xD0\xB6|\xD0\xB6|\xE2\x99\xA5|");
  check(ig_tokenizer_encode_noted(t, &side_text, &ids, &notes, &err), &err);
  assert_int_equal(notes.known, 3);
  assert_int_equal(notes.unknown, 2);
  assert_string_equal(notes.first_unknown, "\xD0\xB6\xD0\xB6");
  ig_ids_free(&ids);
  ig_tokenizer_free(t);
}

static void expect_refused(const char *message) {
  ig_tokenizer *t;
  ig_error err = {0};
  assert_int_not_equal(ig_tokenizer_load(directory, ig_encoder_tokenizers_word_pieces, &t, &err),
                       IG_OK);
  if (!strstr(err.message, message)) fail_msg("expected '%s' in '%s'", message, err.message);
}

static void refuses_damaged_files(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t size;
    const char *message;
  } cases[] = {
      {"", 0, "vocab.txt: an empty vocabulary"},
      {"[UNK]\na\xFF\n", 9, "vocab.txt: byte 7 is not UTF-8"},
      {"[UNK]\na\0b\n", 10, "vocab.txt: the token with id 1 holds a NUL"},
      {"[UNK]\n[CLS]\n[sep]\n", 18, "the source vocabulary has no [SEP]"},
      {"[unk]\n[CLS]\n[SEP]\n", 18, "the source vocabulary has no [UNK]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    write_file("vocab.txt", cases[i].text, cases[i].size);
    expect_refused(cases[i].message);
  }
  remove_files();
  expect_refused("vocab.txt");
}

static void refuses_other_files(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}",
       "model: expected WordPiece for a BertTokenizer"},
      {"{\"type\": \"WordPiece\", \"vocab\": []}", "vocab: expected tokens with ids"},
      {"{\"type\": \"WordPiece\", \"vocab\": {\"a\": 0}}", "has no '[UNK]'"},
      {"{\"type\": \"WordPiece\", \"max_input_chars_per_word\": -1, \"vocab\": {\"a\": 0}}",
       "max_input_chars_per_word: expected 0 or more, found -1"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[300];
    snprintf(text, sizeof text, "{\"version\": \"1.0\", \"model\": %s}", cases[i][0]);
    write_file("tokenizer.json", text, strlen(text));
    expect_refused(cases[i][1]);
  }
  remove_files();
}

// ---- questions of SQuAD -----------------------------------------------------

static json_t *load_questions(const char *folder, const char *name) {
  char path[1000];
  json_t *root;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  check(ig_json_load(path, &root, &err), &err);
  return root;
}

// The basic tokens, with spaces between them, are the text.
static void expect_question(const ig_tokenizer *t, const json_t *words, const json_t *expected) {
  char text[4000] = "";
  const json_t *word;
  size_t i;
  ig_ids ids = {0};
  ig_error err = {0};
  json_array_foreach(words, i, word) {
    assert_true(strlen(text) + json_string_length(word) + 2 < sizeof text);
    if (i > 0) strcat(text, " ");
    strcat(text, json_string_value(word));
  }
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  bool same = ids.count == json_array_size(expected) + 2;
  for (i = 0; same && i < json_array_size(expected); i++)
    same = ids.ids[i + 1] == json_integer_value(json_array_get(expected, i));
  if (!same) fail_msg("other ids than expected: '%s'", text);
  ig_ids_free(&ids);
}

static void has_the_ids_of_golden_questions(void **state) {
  (void)state;
  char folder[900];
  const char *tokenizers = getenv("INGOT_TOKENIZERS");
  size_t i;
  const json_t *words;
  if (!tokenizers) skip();
  snprintf(folder, sizeof folder, "%s/bert-base-uncased", tokenizers);
  ig_tokenizer *t = load(folder);
  json_t *questions = load_questions(folder, "golden-basic_tokenized_questions.json");
  json_t *expected = load_questions(folder, "golden-tokenized_questions.json");
  assert_int_equal(json_array_size(questions), 10570);
  json_array_foreach(questions, i, words) expect_question(t, words, json_array_get(expected, i));
  json_decref(questions);
  json_decref(expected);
  ig_tokenizer_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_the_ids_of_transformers),
      cmocka_unit_test(has_the_ids_of_other_encoders),
      cmocka_unit_test(each_family_has_its_own_first),
      cmocka_unit_test(takes_the_vocabulary_of_the_json),
      cmocka_unit_test(knows_its_special_tokens),
      cmocka_unit_test(puts_pairs_together),
      cmocka_unit_test(tells_unknown_words),
      cmocka_unit_test(refuses_damaged_files),
      cmocka_unit_test(refuses_other_files),
      cmocka_unit_test(has_the_ids_of_golden_questions),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
