// Models of different vocabularies: rows are matched by piece.
#include "fuse_fixture.h"

#include "io/json.h"
#include "text/sentencepiece.h"

#define TENSORS(...)                            \
  (const ig_safetensors_output[]){__VA_ARGS__}, \
      sizeof((const ig_safetensors_output[]){__VA_ARGS__}) / sizeof(ig_safetensors_output)
#define EMBEDDING(rows, data) \
  { .name = "embedding.weight", .rank = 2, .shape = {rows, 2}, .values = data }
#define HEAD(rows, data) \
  { .name = "fc.weight", .rank = 2, .shape = {rows, 2}, .values = data }
#define BIAS(rows, data) \
  { .name = "fc.bias", .rank = 1, .shape = {rows}, .values = data }
#define LINEAR(models) "merge_method: linear\nmodels: [" models "]\nparameters: {weight: 1}\n"
#define ALL "{model: a}, {model: b}, {model: c}"

static char spm_path[4096];
static const char whitespace[] = "{\"tokenizer_class\": \"WhitespaceTokenizer\"}";

static void tokenizer(const char *model, const char *vocabulary) {
  char path[256];
  snprintf(path, sizeof path, "%s/vocab.json", model);
  fixture_write(path, vocabulary);
  snprintf(path, sizeof path, "%s/tokenizer_config.json", model);
  fixture_write(path, whitespace);
}

// a: </s> <unk> x <pad>;  b: </s> y x <unk> <pad>;  c: z y </s> <unk> <pad>
static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  static const float ea[] = {1, 2, 3, 4, 5, 6, 7, 8},
                     eb[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
  static const float ec[] = {100, 200, 300, 400, 500, 600, 700, 800, 900, 1000},
                     bias[] = {1, 2, 3, 4, 5};
  fixture_model("a",
                "{\"model_type\": \"torch-transformer\", \"vocab_size\": 4, \"pad_token_id\": 3, "
                "\"eos_token_id\": 0, \"bos_token_id\": null}",
                TENSORS(EMBEDDING(4, ea), HEAD(4, ea), BIAS(4, bias)));
  fixture_model("b",
                "{\"model_type\": \"torch-transformer\", \"vocab_size\": 5, \"pad_token_id\": 4, "
                "\"eos_token_id\": 0}",
                TENSORS(EMBEDDING(5, eb), HEAD(5, eb), BIAS(5, bias)));
  fixture_model("c",
                "{\"model_type\": \"torch-transformer\", \"vocab_size\": 5, \"pad_token_id\": 4, "
                "\"eos_token_id\": 2}",
                TENSORS(EMBEDDING(5, ec), HEAD(5, ec), BIAS(5, bias)));
  tokenizer("a", "{\"</s>\": 0, \"<unk>\": 1, \"x\": 2, \"<pad>\": 3}");
  tokenizer("b", "{\"</s>\": 0, \"y\": 1, \"x\": 2, \"<unk>\": 3, \"<pad>\": 4}");
  tokenizer("c", "{\"z\": 0, \"y\": 1, \"</s>\": 2, \"<unk>\": 3, \"<pad>\": 4}");
  fixture_write("a/generation_config.json",
                "{\"pad_token_id\": 3, \"bad_words_ids\": [[3, 2], [3]], \"num_beams\": 4, "
                "\"eos_token_id\": [0, 2], \"suppress_tokens\": [2]}");
  return 0;
}

static void expect_number(const char *path, const char *key, long expected) {
  json_t *json;
  assert_int_equal(ig_json_load(path, &json, NULL), IG_OK);
  assert_int_equal(json_integer_value(json_object_get(json, key)), expected);
  json_decref(json);
}

static void a_union_has_all_pieces(void **state) {
  (void)state;
  // x is in a and b: c gets their mean. y is in b and c: a gets theirs. z is c's alone: all get it.
  const float x = (5 + 50 + 27.5f) / 3, x1 = (6 + 60 + 33) / 3.0f, y = (30 + 300 + 165) / 3.0f,
              y1 = (40 + 400 + 220) / 3.0f;
  const float expected[] = {(1 + 10 + 500) / 3.0f,
                            (2 + 20 + 600) / 3.0f,
                            (3 + 70 + 700) / 3.0f,
                            (4 + 80 + 800) / 3.0f,
                            x,
                            x1,
                            (7 + 90 + 900) / 3.0f,
                            (8 + 100 + 1000) / 3.0f,
                            y,
                            y1,
                            100,
                            200};
  fixture_fused("tokenizer_source: union\n" LINEAR(ALL), "union");
  fixture_expect("union", "embedding.weight", expected, 12);
  fixture_expect("union", "fc.weight", expected, 12);
  fixture_expect("union", "fc.bias",
                 (const float[]){5 / 3.0f, (2 + 4 + 4) / 3.0f, 3, (4 + 5 + 5) / 3.0f, 2, 1}, 6);
  expect_number("union/config.json", "vocab_size", 6);
  expect_number("union/config.json", "pad_token_id", 3);
  expect_number("union/vocab.json", "y", 4);
  expect_number("union/vocab.json", "z", 5);
}

// The base's row is that of models without the piece.
static void the_base_lends_its_rows(void **state) {
  (void)state;
  const char *messages =
      fixture_fuse("base_model: b\ntokenizer_source: base\n" LINEAR(ALL), "of-base");
  assert_string_equal(messages, "c: 1 piece that the output's vocabulary lacks: 'z'");
  fixture_expect("of-base", "embedding.weight",
                 (const float[]){511 / 3.0f, 622 / 3.0f, (30 + 30 + 300) / 3.0f,
                                 (40 + 40 + 400) / 3.0f, (5 + 50 + 50) / 3.0f, (6 + 60 + 60) / 3.0f,
                                 773 / 3.0f, 884 / 3.0f, 997 / 3.0f, 1108 / 3.0f},
                 10);
  // Differences from the base: a piece that the base lacks gets the mean of the others there.
  fixture_fused(
      "merge_method: task_arithmetic\nbase_model: a\ntokenizer_source: union\n"
      "models: [{model: b, parameters: {weight: 1}}, {model: c, parameters: {weight: 1}}]\n",
      "differences");
  fixture_expect("differences", "fc.bias",
                 (const float[]){1 + 0 + 2, 2 + 2 + 2, 3 + 0 + 0, 4 + 1 + 1, 2, 1}, 6);
}

// Ids of the first model's configuration follow into another model's vocabulary.
static void special_ids_follow(void **state) {
  (void)state;
  const char *messages =
      fixture_fuse("tokenizer_source: c\n" LINEAR("{model: a}, {model: c}"), "of-c");
  assert_string_equal(messages, "a: 1 piece that the output's vocabulary lacks: 'x'");
  fixture_expect("of-c", "fc.bias", (const float[]){1, 2, 2, 3, 4.5f}, 5);
  expect_number("of-c/config.json", "pad_token_id", 4);
  expect_number("of-c/config.json", "eos_token_id", 2);
  expect_number("of-c/generation_config.json", "pad_token_id", 4);
  expect_number("of-c/generation_config.json", "num_beams", 4);
  json_t *json;
  assert_int_equal(ig_json_load("of-c/generation_config.json", &json, NULL), IG_OK);
  assert_int_equal(json_integer_value(json_array_get(
                       json_array_get(json_object_get(json, "bad_words_ids"), 0), 0)),
                   4);
  // 'x' is lost: what held its id in a list is one shorter, and no list of nothing is left.
  assert_int_equal(json_array_size(json_object_get(json, "bad_words_ids")), 1);
  assert_int_equal(json_array_size(json_object_get(json, "eos_token_id")), 1);
  assert_true(json_is_null(json_object_get(json, "suppress_tokens")));
  json_decref(json);
}

// A list of which no id is left is lost as a single id is; lists of what is not to be written are
// not.
static void lists_of_lost_ids_are_refused(void **state) {
  (void)state;
  static const char recipe[] = "tokenizer_source: c\n" LINEAR("{model: lists}, {model: c}");
  static const float row[] = {1, 2, 3, 4, 5, 6, 7, 8}, bias[] = {1, 2, 3, 4};
#define LISTS(eos) \
  "{\"model_type\": \"torch-transformer\", \"vocab_size\": 4, \"eos_token_id\": " eos "}"
  fixture_model("lists", LISTS("[2]"), TENSORS(EMBEDDING(4, row), HEAD(4, row), BIAS(4, bias)));
  tokenizer("lists", "{\"</s>\": 0, \"<unk>\": 1, \"x\": 2, \"<pad>\": 3}");
  fixture_refused(recipe,
                  "config.json: eos_token_id of lists is [2], pieces that the output's vocabulary "
                  "lacks");
  fixture_write("lists/config.json", LISTS("0"));
  fixture_write("lists/generation_config.json", "{\"eos_token_id\": [2, 2]}");
  fixture_refused(
      recipe, "generation_config.json: eos_token_id of lists is [2,2], pieces that the output's");
  fixture_write("lists/generation_config.json", "{\"pad_token_id\": 2}");
  fixture_refused(recipe,
                  "generation_config.json: pad_token_id of lists is 2, a piece that the output's");
  fixture_write("lists/config.json", LISTS("[2, 0]"));
  fixture_write("lists/generation_config.json", "{\"suppress_tokens\": [2]}");
  fixture_noted(recipe, "of-lists", "lists: 1 piece that the output's vocabulary lacks: 'x'");
}

static void tokens_have_rows_of_their_own(void **state) {
  (void)state;
  const char *messages = fixture_fuse(
      "tokenizer: {source: a, pad_to_multiple_of: 4, tokens: {x: {source: {kind: zero}, force: "
      "true}, new: {source: {kind: model_token, model: b, "
      "token: y}}, '<unk>': {source: b, force: true}, other: {source: {kind: model_token, model: "
      "a, token_id: 3}}}}\n" LINEAR("{model: a}, {model: b}"),
      "named");
  assert_string_equal(messages, "b: 1 piece that the output's vocabulary lacks: 'y'");
  // Padding: the mean of each model's rows, then that of the models'.
  const float pad = ((1 + 4 + 0 + 4 + 2 + 4) / 6.0f + (1 + 4 + 0 + 5 + 2 + 4) / 6.0f) / 2;
  fixture_expect("named", "fc.bias", (const float[]){1, 4, 0, 4.5f, 2, 4, pad, pad}, 8);
  expect_number("named/config.json", "vocab_size", 8);
  expect_number("named/vocab.json", "new", 4);
}

static void equal_vocabularies_stay_as_they_are(void **state) {
  (void)state;
  fixture_fused(LINEAR("{model: a}"), "plain");
  fixture_fused("tokenizer_source: union\n" LINEAR("{model: a}"), "same");
  fixture_expect("same", "fc.bias", (const float[]){1, 2, 3, 4}, 4);
  assert_int_equal(fixture_count("same"), fixture_count("plain"));
}

// A stage's model is planned before it exists.
static void stages_have_vocabularies(void **state) {
  (void)state;
  fixture_fused(
      "name: both\ntokenizer_source: union\n" LINEAR(
          "{model: a}, {model: b}") "---\ntokenizer_source: union\n" LINEAR("{model: both}, "
                                                                            "{model: c}"),
      "staged");
  // </s>: 1 1, c's 3; y: b's 2 and c's 2.
  fixture_expect("staged", "fc.bias", (const float[]){2, 3.5f, 3, 4.75f, 2, 1}, 6);
}

static void what_does_not_go_is_told(void **state) {
  (void)state;
  fixture_refused(LINEAR(ALL), "'tokenizer_source: union' matches them");
  fixture_refused("tokenizer_source: nowhere\n" LINEAR(ALL), "nowhere");
  fixture_refused("tokenizer: {source: base, tokens: {x: {source: d}}}\n" LINEAR(ALL),
                  "'d' is none of the models");
  fixture_refused("tokenizer: {source: base, tokens: {x: {source: c}}}\n" LINEAR(ALL),
                  "c has no piece 'x'");
  fixture_refused("tokenizer: {source: base, tokens: {x: {force: true}}}\n" LINEAR(ALL),
                  "'force' needs a 'source'");
  fixture_refused("tokenizer: {source: base, pad_to_multiple_of: 0}\n" LINEAR(ALL),
                  "expected 1 to 65536");
  fixture_refused("tokenizer: {source: base}\ntokenizer_source: base\n" LINEAR(ALL),
                  "expected one of");
  fixture_refused("tokenizer: {sauce: base}\n" LINEAR(ALL), "did you mean 'source'");
  fixture_refused(
      "tokenizer: {source: base, tokens: {q: {source: {kind: model_token, model: a, token_id: "
      "9}}}}\n" LINEAR(ALL),
      "row 9 of 4 in a");
  static const float row[] = {1, 2};
  fixture_model("bare", "{\"model_type\": \"torch-transformer\"}",
                TENSORS(EMBEDDING(1, row), HEAD(1, row), BIAS(1, row)));
  fixture_refused("tokenizer_source: union\n" LINEAR("{model: a}, {model: bare}"),
                  "rows cannot be matched by their pieces");
  fixture_write("a/tokenizer.json", "{}");
  fixture_refused("tokenizer_source: union\n" LINEAR(ALL),
                  "pieces cannot be added to its tokenizer");
  unlink("a/tokenizer.json");
}

// T5: the ids of spiece.model, and after them <extra_id_N>, counted from the end. Rows after those
// are not taken over.
static void t5_has_extra_ids(void **state) {
  (void)state;
  enum { ROWS = 250 };
  static float one[ROWS], two[ROWS];
  ig_sentencepiece *spm;
  assert_int_equal(ig_sentencepiece_load(spm_path, &spm, NULL), IG_OK);
  const int pieces = ig_sentencepiece_size(spm);
  ig_sentencepiece_free(spm);
  assert_true(pieces + 100 <= ROWS);
  for (int i = 0; i < ROWS; i++) {
    one[i] = (float)i;
    two[i] = (float)(2 * i);
  }
#define SHARED(count, data) \
  {.name = "shared.weight", .rank = 2, .shape = {count, 1}, .values = data}
  fixture_model("t5", "{\"model_type\": \"t5\", \"pad_token_id\": 0}", TENSORS(SHARED(ROWS, one)));
  fixture_model("fewer", "{\"model_type\": \"t5\", \"pad_token_id\": 0}",
                TENSORS(SHARED(ROWS, two)));
  assert_int_equal(ig_file_copy(spm_path, "t5/spiece.model", NULL), IG_OK);
  assert_int_equal(ig_file_copy(spm_path, "fewer/spiece.model", NULL), IG_OK);
  fixture_write("fewer/tokenizer_config.json", "{\"extra_ids\": 2}");
  fixture_fused("tokenizer_source: union\n" LINEAR("{model: t5}, {model: fewer}"), "t5-union");
  float expected[ROWS];
  for (int i = 0; i < pieces + 100; i++)
    expected[i] = i < pieces ? 1.5f * (float)i : one[i];             // the others are t5's alone
  expected[pieces + 99] = (one[pieces + 99] + two[pieces + 1]) / 2;  // <extra_id_0>
  expected[pieces + 98] = (one[pieces + 98] + two[pieces]) / 2;
  fixture_expect("t5-union", "shared.weight", expected, (size_t)pieces + 100);
  expect_number("t5-union/config.json", "vocab_size", pieces + 100);
  assert_true(ig_file_exists("t5-union/spiece.model"));
  fixture_refused("tokenizer_source: union\n" LINEAR("{model: fewer}, {model: t5}"),
                  "pieces cannot be added to its tokenizer");
}

static void side_files(const char *model, const char *source, const char *target) {
  char path[256];
  tokenizer(model, source);
  snprintf(path, sizeof path, "%s/target_vocab.json", model);
  fixture_write(path, target);
  snprintf(path, sizeof path, "%s/tokenizer_config.json", model);
  fixture_write(path, "{\"tokenizer_class\": \"WhitespaceTokenizer\", \"separate_vocabs\": true}");
}

// The same piece has other ids on the two sides, and a piece of one side is none of the other's.
static void sides_apart_are_matched_each_by_itself(void **state) {
  (void)state;
#define SIDES(rows, encoder, decoder, bias)             \
  TENSORS({.name = "model.encoder.embed_tokens.weight", \
           .rank = 2,                                   \
           .shape = {rows, 1},                          \
           .values = encoder},                          \
          {.name = "model.decoder.embed_tokens.weight", \
           .rank = 2,                                   \
           .shape = {rows, 1},                          \
           .values = decoder},                          \
          {.name = "final_logits_bias", .rank = 2, .shape = {1, rows}, .values = bias})
#define CONFIG(rows)                                                           \
  "{\"model_type\": \"marian\", \"share_encoder_decoder_embeddings\": false, " \
  "\"vocab_size\": " #rows ", \"decoder_vocab_size\": " #rows                  \
  ", \"pad_token_id\": 3, \"eos_token_id\": 0}"
  static const float e1[] = {1, 2, 3, 4}, d1[] = {10, 20, 30, 40}, b1[] = {100, 200, 300, 400};
  static const float e2[] = {3, 4, 5, 6, 7}, d2[] = {30, 40, 50, 60, 70},
                     b2[] = {300, 400, 500, 600, 700};
  fixture_model("apart", CONFIG(4), SIDES(4, e1, d1, b1));
  fixture_model("other", CONFIG(5), SIDES(5, e2, d2, b2));
  side_files("apart", "{\"</s>\": 0, \"<unk>\": 1, \"x\": 2, \"<pad>\": 3}",
             "{\"</s>\": 0, \"<unk>\": 1, \"u\": 2, \"<pad>\": 3}");
  side_files("other", "{\"</s>\": 0, \"<unk>\": 1, \"y\": 2, \"<pad>\": 3, \"x\": 4}",
             "{\"</s>\": 0, \"<unk>\": 1, \"u\": 2, \"<pad>\": 3, \"x\": 4}");
  fixture_fused("tokenizer_source: union\n" LINEAR("{model: apart}, {model: other}"), "sides");
  fixture_expect("sides", "model.encoder.embed_tokens.weight", (const float[]){2, 3, 5, 5, 5},
                 5);  // x: ids 2 and 4; y: other's alone
  fixture_expect("sides", "model.decoder.embed_tokens.weight", (const float[]){20, 30, 40, 50, 70},
                 5);
  fixture_expect("sides", "final_logits_bias", (const float[]){200, 300, 400, 500, 700}, 5);
  expect_number("sides/vocab.json", "y", 4);
  expect_number("sides/target_vocab.json", "x", 4);
  expect_number("sides/config.json", "vocab_size", 5);
  expect_number("sides/config.json", "decoder_vocab_size", 5);
  fixture_write("other/tokenizer_config.json", "{\"tokenizer_class\": \"WhitespaceTokenizer\"}");
  fixture_refused("tokenizer_source: union\n" LINEAR("{model: apart}, {model: other}"),
                  "separate_vocabs is not as in the output's tokenizer");
}

int main(void) {
  const char *source = getenv("INGOT_SOURCE");
  char *root = realpath(source ? source : ".", NULL);
  snprintf(spm_path, sizeof spm_path, "%s/tests/golden/marian_tokenizer/source.spm",
           root ? root : ".");
  free(root);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_union_has_all_pieces),
      cmocka_unit_test(the_base_lends_its_rows),
      cmocka_unit_test(special_ids_follow),
      cmocka_unit_test(lists_of_lost_ids_are_refused),
      cmocka_unit_test(tokens_have_rows_of_their_own),
      cmocka_unit_test(equal_vocabularies_stay_as_they_are),
      cmocka_unit_test(stages_have_vocabularies),
      cmocka_unit_test(what_does_not_go_is_told),
      cmocka_unit_test(t5_has_extra_ids),
      cmocka_unit_test(sides_apart_are_matched_each_by_itself),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
