// Tokenizers: the same ids as transformers, SentencePiece training and damage, whitespace
// vocabularies, UTF-8.
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
#include "text/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "tokenizer_fixture.h"

#define GOLDEN "marian_tokenizer"
#define WRITTEN_FILES                                                                 \
  "corpus.txt", "a.model", "b.model", "bad.model", "vocab.json", "target_vocab.json", \
      "source.spm", "target.spm", "tokenizer_config.json"
#include "tokenizer_directory.h"

static void same_ids(const json_t *expected, const ig_ids *ids, const char *text) {
  bool same = json_array_size(expected) == ids->count;
  for (size_t i = 0; same && i < ids->count; ++i)
    same = json_integer_value(json_array_get(expected, i)) == ids->ids[i];
  if (!same) fail_msg("other ids than transformers for '%s'", text);
}

static void same_text(const ig_tokenizer *t, const ig_ids *ids, const char *expected) {
  char *text;
  ig_error err = {0};
  check(ig_tokenizer_decode(t, ids->ids, ids->count, &text, &err), &err);
  assert_string_equal(text, expected);
  free(text);
}

static void check_golden(const ig_tokenizer *t) {
  json_t *cases;
  ig_error err = {0};
  check(ig_json_load(golden("expected.json"), &cases, &err), &err);
  assert_true(json_array_size(cases) > 20);
  ig_ids ids = {0};
  for (size_t i = 0; i < json_array_size(cases); ++i) {
    const json_t *c = json_array_get(cases, i);
    const char *text = json_string_value(json_object_get(c, "text"));
    ids.count = 0;
    check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
    same_ids(json_object_get(c, "source"), &ids, text);
    same_text(t, &ids, json_string_value(json_object_get(c, "source_decoded")));
    ids.count = 0;
    check(ig_tokenizer_encode_target(t, text, strlen(text), &ids, &err), &err);
    same_ids(json_object_get(c, "target"), &ids, text);
    same_text(t, &ids, json_string_value(json_object_get(c, "target_decoded")));
  }
  ig_ids_free(&ids);
  json_decref(cases);
}

static void marian_golden(void **state) {
  (void)state;
  ig_tokenizer *t, *again;
  ig_error err = {0};
  check(ig_tokenizer_load(golden(""), pieces_or_words, &t, &err), &err);
  check_golden(t);
  check(ig_tokenizer_save(t, directory, &err), &err);
  check(ig_tokenizer_load(directory, pieces_or_words, &again, &err), &err);
  check_golden(again);
  assert_int_equal(ig_tokenizer_pad_id(again, IG_SIDE_TARGET), ig_tokenizer_target_size(t) - 1);
  assert_int_equal(ig_tokenizer_eos_id(again, IG_SIDE_SOURCE), 0);
  ig_tokenizer_free(again);
  ig_tokenizer_free(t);
}

// Enough own text for a small vocabulary.
static void write_corpus(void) {
  static const char *const who[] = {"the captain",   "a small cat",  "her brother",
                                    "the old baker", "my neighbour", "a quiet child"};
  static const char *const what[] = {"reads", "forgets", "writes", "carries", "finds", "paints"};
  static const char *const which[] = {"a long letter", "the green door", "two wooden boats",
                                      "some bread",    "the last lamp",  "an empty bottle"};
  char text[20000] = "";
  size_t at = 0;
  for (int i = 0; i < 216; ++i)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s %s %s .\n", who[i % 6], what[i / 6 % 6],
                           which[i / 36 % 6]);
  assert_int_equal(ig_file_write(in_directory("corpus.txt"), text, at, NULL), IG_OK);
}

static void train(const char *type, int vocab_size, const char *to) {
  const char *files[] = {in_directory("corpus.txt")};
  ig_sentencepiece_training training = ig_sentencepiece_training_default();
  training.files = files;
  training.file_count = 1;
  training.vocab_size = vocab_size;
  training.model_type = type;
  ig_error err = {0};
  check(ig_sentencepiece_train(&training, to, NULL, &err), &err);
}

static void trained(void **state) {
  (void)state;
  static const char text[] = "the old cat reads some long bread .";
  write_corpus();
  train("unigram", 56, in_directory("a.model"));
  train("unigram", 56, in_directory("b.model"));
  char *a, *b;
  size_t a_size, b_size;
  ig_error err = {0};
  check(ig_file_load(in_directory("a.model"), &a, &a_size, &err), &err);
  check(ig_file_load(in_directory("b.model"), &b, &b_size, &err), &err);
  assert_int_equal(a_size, b_size);
  assert_memory_equal(a, b, a_size);  // training is deterministic
  free(a);
  free(b);
  train("bpe", 56, in_directory("b.model"));
  ig_tokenizer *t;
  ig_ids ids = {0}, sampled = {0};
  check(ig_tokenizer_from_sentencepiece(&pieces_description, in_directory("a.model"),
                                        in_directory("b.model"), &t, &err),
        &err);
  assert_false(ig_tokenizer_shared(t));
  assert_int_equal(ig_tokenizer_pad_id(t, IG_SIDE_SOURCE), 56);
  assert_int_equal(ig_tokenizer_pad_id(t, IG_SIDE_TARGET), 56);
  ig_tokenizer_free(t);
  check(
      ig_tokenizer_from_sentencepiece(&pieces_description, in_directory("a.model"), NULL, &t, &err),
      &err);
  assert_int_equal(ig_tokenizer_source_size(t), 57);
  assert_int_equal(ig_tokenizer_eos_id(t, IG_SIDE_TARGET), 0);
  assert_int_equal(ig_tokenizer_unk_id(t, IG_SIDE_TARGET), 1);
  assert_string_equal(ig_tokenizer_piece(t, IG_SIDE_TARGET, 56), "<pad>");
  check(ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err), &err);
  assert_int_equal(ids.ids[ids.count - 1], 0);
  same_text(t, &ids, text);
  // Sampling: the same draw for the same numbers, other segmentations among other draws, always the
  // same text.
  bool differs = false;
  for (uint64_t i = 0; i < 20; ++i) {
    const ig_sentencepiece_sampling sampling = {
        .n_best = 16, .alpha = 0.1f, .seed = 7, .position = i};
    sampled.count = 0;
    check(ig_tokenizer_sample(t, IG_SIDE_SOURCE, text, &sampling, &sampled, &err), &err);
    size_t count = sampled.count;
    check(ig_tokenizer_sample(t, IG_SIDE_SOURCE, text, &sampling, &sampled, &err), &err);
    assert_int_equal(sampled.count, 2 * count);
    assert_memory_equal(sampled.ids, sampled.ids + count, count * sizeof *sampled.ids);
    sampled.count = count;
    same_text(t, &sampled, text);
    differs =
        differs || count != ids.count || memcmp(sampled.ids, ids.ids, count * sizeof *ids.ids) != 0;
  }
  assert_true(differs);
  assert_int_equal(ig_tokenizer_encode_source(t, "ab\xff", 3, &ids, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "byte 3"));
  ig_ids_free(&ids);
  ig_ids_free(&sampled);
  ig_tokenizer_free(t);
}

static void training_refuses(void **state) {
  (void)state;
  const char *files[] = {in_directory("corpus.txt")};
  const char *out = in_directory("bad.model");
  ig_sentencepiece_training training = ig_sentencepiece_training_default();
  ig_error err = {0};
  training.files = files;
  training.file_count = 1;
  write_corpus();
  assert_int_equal(ig_sentencepiece_train(&training, out, NULL, &err),
                   IG_ERROR_ARGUMENT);  // 8000 pieces from this little text
  assert_non_null(strstr(err.message, "expected at most "));
  assert_non_null(strstr(err.message, "found 8000"));
  training.vocab_size = 5;  // fewer than letters
  assert_int_equal(ig_sentencepiece_train(&training, out, NULL, &err), IG_ERROR_ARGUMENT);
  assert_non_null(strstr(err.message, "expected at least "));
  assert_null(strstr(err.message, "--"));  // an option of another command
  training.model_type = "words";
  assert_int_equal(ig_sentencepiece_train(&training, out, NULL, &err), IG_ERROR_ARGUMENT);
  training.model_type = "unigram";
  training.vocab_size = 60;
  assert_int_equal(ig_file_write(files[0], "\n\n", 2, NULL), IG_OK);
  assert_int_equal(ig_sentencepiece_train(&training, out, NULL, &err), IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "no text"));
  unlink(files[0]);
  assert_int_equal(ig_sentencepiece_train(&training, out, NULL, &err), IG_ERROR_IO);
  assert_false(ig_file_exists(out));
}

static void damaged_models(void **state) {
  (void)state;
  char *bytes;
  size_t size;
  ig_error err = {0};
  ig_sentencepiece *model;
  check(ig_file_load(golden("source.spm"), &bytes, &size, &err), &err);
  size_t refused = 0;
  for (size_t length = 0; length < size;
       length += 7)  // cut at a piece's end it is a smaller model; anything else is an error
    if (ig_sentencepiece_load_memory(bytes, length, "bad.model", &model, &err) == IG_OK)
      ig_sentencepiece_free(model);
    else
      ++refused;
  assert_true(refused > size / 7 / 2);
  memset(bytes, 0xA5, size);
  assert_int_equal(ig_sentencepiece_load_memory(bytes, size, "bad.model", &model, &err),
                   IG_ERROR_FORMAT);
  assert_non_null(strstr(err.message, "bad.model"));
  assert_int_equal(ig_file_write(in_directory("bad.model"), NULL, 0, NULL), IG_OK);
  assert_int_equal(ig_sentencepiece_load(in_directory("bad.model"), &model, &err), IG_ERROR_FORMAT);
  assert_int_equal(ig_sentencepiece_load("/nowhere/x.model", &model, &err), IG_ERROR_IO);
  free(bytes);
}

static void whitespace(void **state) {
  (void)state;
  ig_tokenizer *t, *again;
  ig_ids ids = {0};
  ig_error err = {0};
  assert_int_equal(ig_file_write(in_directory("corpus.txt"), "b a b </s>\n c  b\ta\n", 19, NULL),
                   IG_OK);
  const char *files[] = {in_directory("corpus.txt")};
  const ig_corpus_tokens corpus = {.source_files = files, .source_file_count = 1, .min_count = 2};
  check(ig_tokenizer_from_corpus(&corpus, &t, &err), &err);
  assert_int_equal(ig_tokenizer_source_size(t), 5);  // </s> <unk> b a <pad>
  check(ig_tokenizer_save(t, directory, &err), &err);
  ig_tokenizer_free(t);
  check(ig_tokenizer_load(directory, pieces_or_words, &again, &err), &err);
  assert_int_equal(ig_tokenizer_kind_of(again), IG_TOKENIZER_WORDS);
  check(ig_tokenizer_encode_target(again, "  a b\xE3\x80\x80zz ", 10, &ids, &err), &err);
  assert_int_equal(ids.count, 4);
  const int expected[] = {3, 2, 1, 0};
  assert_memory_equal(ids.ids, expected, sizeof expected);
  same_text(again, &ids, "a b");
  ig_ids_free(&ids);
  ig_tokenizer_free(again);
}

static void damaged_vocabularies(void **state) {
  (void)state;
  static const struct {
    const char *json, *message;
  } cases[] = {{"{\"</s>\":0,\"<unk>\":1,\"a\":1}", "id 1: both"},
               {"{\"</s>\":0,\"<unk>\":1,\"a\":-2}", "expected an id"},
               {"{\"</s>\":0,\"<unk>\":1,\"a\":4000000000}", "expected an id"},
               {"{\"</s>\":0,\"a\":1}", "has no <unk>"},
               {"{\"</s>\":0,\"<unk>\":\"1\"}", "expected an id"},
               {"{}", "empty vocabulary"},
               {"[1]", "expected a JSON object"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    ig_tokenizer *t;
    ig_error err = {0};
    const char *config = "{\"tokenizer_class\": \"WhitespaceTokenizer\"}";
    assert_int_equal(
        ig_file_write(in_directory("tokenizer_config.json"), config, strlen(config), NULL), IG_OK);
    assert_int_equal(
        ig_file_write(in_directory("vocab.json"), cases[i].json, strlen(cases[i].json), NULL),
        IG_OK);
    assert_int_equal(ig_tokenizer_load(directory, pieces_or_words, &t, &err), IG_ERROR_FORMAT);
    if (!strstr(err.message, cases[i].message))
      fail_msg("'%s' does not say '%s'", err.message, cases[i].message);
  }
}

static void utf8(void **state) {
  (void)state;
  static const char *const good[] = {
      "", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
  static const char *const bad[] = {"\x80",
                                    "\xC0\x80",
                                    "\xC1\xBF",
                                    "\xE0\x9F\xBF",
                                    "\xED\xA0\x80",
                                    "\xF0\x8F\xBF\xBF",
                                    "\xF4\x90\x80\x80",
                                    "\xF5\x80\x80\x80",
                                    "\xE2\x82",
                                    "\xC3("};
  size_t offset;
  for (size_t i = 0; i < sizeof good / sizeof *good; ++i)
    assert_true(ig_utf8_valid(good[i], strlen(good[i]), &offset));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    char text[16];
    snprintf(text, sizeof text, "ab%s", bad[i]);
    assert_false(ig_utf8_valid(text, strlen(text), &offset));
    assert_int_equal(offset, 2);
  }
  const char *text =
      " \xC2\xA0\xE3\x80\x80 a\xE2\x80\x8A"
      "b\x1F\xE2\x80\xA9";
  size_t length = strlen(text);
  ig_utf8_strip(&text, &length);
  assert_int_equal(length, 5);
  assert_memory_equal(text,
                      "a\xE2\x80\x8A"
                      "b",
                      5);
  text = " \t ";
  length = 3;
  ig_utf8_strip(&text, &length);
  assert_int_equal(length, 0);
}

// A buffer of exactly the text, after whose end a checker of memory sees a read.
static char *exact_copy(const char *text, size_t length) {
  char *copy = malloc(length);
  assert_non_null(copy);
  memcpy(copy, text, length);
  return copy;
}

// The end of a text cuts a character, or bytes that begin none stand anywhere: nothing after the
// end is looked at, and the text is refused.
static void no_utf8(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t code;
  } cases[] = {{"\xF0", 0},
               {"\xFF", 0},
               {" \xE3\x80", 0},
               {" \xC2", 0},
               {" >>de\xF0", 0},
               {" >>de<\xF0", 0},
               {" >>\xF0<<", 5},
               {" >>\xF0\x9F<<\xF0", 6},
               {" >>\xE3\x80\x80<<", 0},
               {"\xE3\x80\x80>>de<<\xE3", 6}};
  ig_tokenizer *t;
  ig_error err = {0};
  check(ig_tokenizer_load(golden(""), pieces_or_words, &t, &err), &err);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const size_t length = strlen(cases[i].text);
    char *text = exact_copy(cases[i].text, length);
    const char *code;
    ig_ids ids = {0};
    ig_encode_notes notes;
    assert_int_equal(ig_tokenizer_late_code(t, text, length, &code), cases[i].code);
    const ig_status status = ig_tokenizer_encode_noted(
        t, &(ig_side_text){IG_SIDE_SOURCE, text, length, 0}, &ids, &notes, &err);
    assert_int_equal(status, ig_utf8_valid(text, length, NULL) ? IG_OK : IG_ERROR_FORMAT);
    ig_ids_free(&ids);
    free(text);
  }
  ig_tokenizer_free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(marian_golden),    cmocka_unit_test(trained),
      cmocka_unit_test(training_refuses), cmocka_unit_test(damaged_models),
      cmocka_unit_test(whitespace),       cmocka_unit_test(damaged_vocabularies),
      cmocka_unit_test(no_utf8),          cmocka_unit_test(utf8)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
