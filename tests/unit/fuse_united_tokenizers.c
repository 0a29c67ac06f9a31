// Unions of tokenizers of a tokenizer.json: how merges, scores and added tokens are united, and
// what is refused.
#include "fuse_fixture.h"
#include "io/json.h"

#define RECIPE                                                                            \
  "merge_method: linear\nmodels: [{model: one}, {model: two}]\nparameters: {weight: 1}\n" \
  "tokenizer_source: union\n"
#define FILE_OF(added, steps, model) \
  "{\"version\": \"1.0\", \"added_tokens\": [" added "], " steps " \"model\": {" model "}}"
#define BPE(vocab, merges) "\"type\": \"BPE\", \"vocab\": {" vocab "}, \"merges\": [" merges "]"
#define UNIGRAM(unk, vocab) "\"type\": \"Unigram\", \"unk_id\": " unk ", \"vocab\": [" vocab "]"
#define TOKEN(id, text, flags) "{\"id\": " #id ", \"content\": \"" text "\"" flags "}"

static void write_in(const char *model, const char *name, const char *text) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", model, name);
  fixture_write(path, text);
}

static void make_model(const char *name, size_t rows, const char *tokenizer) {
  float values[32];
  char config[200];
  for (size_t i = 0; i < rows; i++) values[i] = (float)(i + 1) * (name[0] == 'o' ? 1 : 10);
  const ig_safetensors_output tensors[] = {
      {.name = "model.embed_tokens.weight", .rank = 2, .shape = {rows, 1}, .values = values}};
  snprintf(config, sizeof config, "{\"model_type\": \"made-up\", \"vocab_size\": %zu}", rows);
  fixture_model(name, config, tensors, 1);
  write_in(name, "tokenizer.json", tokenizer);
}

static void start(const char *one, const char *two) {
  const char *const models[] = {"one", "two", "out"};
  for (size_t i = 0; i < 3; i++) nftw(models[i], fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  make_model("one", 8, one);
  make_model("two", 8, two);
}

static void expect_refused(const char *one, const char *two, const char *message) {
  start(one, two);
  fixture_refused(RECIPE, message);
}

static void expect_model(const char *expected) {
  json_t *file, *wanted;
  ig_error err = {0};
  if (ig_json_load("out/tokenizer.json", &file, &err) != IG_OK) fail_msg("%s", err.message);
  if (ig_json_parse(expected, strlen(expected), "expected", &wanted, &err) != IG_OK)
    fail_msg("%s", err.message);
  if (!json_equal(file, wanted)) {
    char *found = json_dumps(file, JSON_COMPACT);
    fail_msg("found %s", found);
  }
  json_decref(file);
  json_decref(wanted);
}

// The first's merges first, then the other's in its order; a pair that both have stays where it is.
static void merges_follow_one_another(void **state) {
  (void)state;
  start(FILE_OF("", "", BPE("\"a\": 0, \"b\": 1, \"ab\": 2, \"ba\": 3", "\"a b\", \"b a\"")),
        FILE_OF("", "",
                BPE("\"b\": 0, \"a\": 1, \"ba\": 2, \"bab\": 3, \"aa\": 4",
                    "[\"a\", \"a\"], [\"b\", \"a\"], [\"ba\", \"b\"]")));
  fixture_fused(RECIPE, "out");
  expect_model(FILE_OF("", "",
                       BPE("\"a\": 0, \"b\": 1, \"ab\": 2, \"ba\": 3, \"bab\": 4, \"aa\": 5",
                           "[\"a\", \"b\"], [\"b\", \"a\"], [\"a\", \"a\"], [\"ba\", \"b\"]")));
  fixture_expect("out", "model.embed_tokens.weight",
                 (const float[]){(1 + 20) / 2.0f, (2 + 10) / 2.0f, 3, (4 + 30) / 2.0f, 40, 50}, 6);
}

// Pieces keep their scores, of two scores the first's counts, and a token outside the list gets the
// lowest: it keeps its id so, and text is cut at it before.
static void scores_stay(void **state) {
  (void)state;
  start(FILE_OF(TOKEN(3, "<a>", ""), "",
                UNIGRAM("0", "[\"<unk>\", 0.0], [\"x\", -2.5], [\"y\", -3]")),
        FILE_OF(TOKEN(3, "<b>", ", \"special\": true"), "",
                UNIGRAM("1", "[\"z\", -1], [\"<unk>\", 0.0], [\"x\", -7.5]")));
  fixture_fused(RECIPE, "out");
  expect_model(FILE_OF(
      "{\"id\": 3, \"content\": \"<a>\"}, {\"id\": 5, \"content\": \"<b>\", \"single_word\": "
      "false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, \"special\": true}",
      "",
      UNIGRAM("0",
              "[\"<unk>\", 0.0], [\"x\", -2.5], [\"y\", -3], [\"<a>\", -3.0], [\"z\", "
              "-1.0], [\"<b>\", -3.0]")));
}

// Where the vocabulary leaves ids out, a new token is in it: the library numbers others by
// counting.
static void tokens_after_a_gap_keep_their_ids(void **state) {
  (void)state;
  start(FILE_OF("", "", BPE("\"x\": 0, \"y\": 2", "")),
        FILE_OF(TOKEN(2, "<b>", ""), "", BPE("\"x\": 0, \"y\": 1", "")));
  fixture_fused(RECIPE, "out");
  expect_model(FILE_OF(
      "{\"id\": 3, \"content\": \"<b>\", \"single_word\": false, \"lstrip\": false, \"rstrip\": "
      "false, \"normalized\": true, \"special\": false}",
      "", BPE("\"x\": 0, \"y\": 2, \"<b>\": 3", "")));
}

// A token that only tokenizer_config.json or added_tokens.json names has its row and is not lost.
static void tokens_beside_the_file_are_kept(void **state) {
  (void)state;
  static const char *const files[][2] = {
      {"tokenizer_config.json",
       "{\"added_tokens_decoder\": {\"2\": {\"content\": \"<b>\", \"lstrip\": true}}}"},
      {"added_tokens.json", "{\"<b>\": 2}"}};
  for (size_t i = 0; i < 2; i++) {
    start(FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "")),
          FILE_OF("", "", BPE("\"x\": 0, \"z\": 1", "")));
    write_in("two", files[i][0], files[i][1]);
    write_in("one", "tokenizer_config.json", "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}");
    fixture_fused(RECIPE, "out");
    fixture_expect("out", "model.embed_tokens.weight", (const float[]){5.5f, 2, 20, 30}, 4);
    json_t *file, *config;
    assert_int_equal(ig_json_load("out/tokenizer.json", &file, NULL), IG_OK);
    assert_int_equal(ig_json_load("out/tokenizer_config.json", &config, NULL), IG_OK);
    const json_t *token = json_array_get(json_object_get(file, "added_tokens"), 0);
    assert_string_equal(json_string_value(json_object_get(token, "content")), "<b>");
    assert_int_equal(json_integer_value(json_object_get(token, "id")), 3);
    token = json_object_get(json_object_get(config, "added_tokens_decoder"), "3");
    assert_int_equal(json_is_true(json_object_get(token, "lstrip")), i == 0);
    json_decref(file);
    json_decref(config);
  }
}

// Files that list pieces in another form would tell other ids than the united tokenizer.json.
static void other_files_are_left_out(void **state) {
  (void)state;
  start(FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "")),
        FILE_OF("", "", BPE("\"x\": 0, \"z\": 1", "")));
  write_in("one", "merges.txt", "#version: 0.2\n");
  write_in("one", "vocab.txt", "x\ny\n");
  fixture_noted(RECIPE, "out",
                "one: not copied, for they do not have the united pieces: merges.txt, vocab.txt");
  assert_false(ig_file_exists("out/merges.txt"));
  assert_false(ig_file_exists("out/vocab.txt"));
  assert_true(ig_file_exists("out/tokenizer.json"));
}

// An id beyond the rows of the only model that has the piece: the row of zeros is told.
static void a_piece_without_a_row_is_told(void **state) {
  (void)state;
  start(FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "")),
        FILE_OF("", "", BPE("\"x\": 0, \"z\": 7, \"zzz\": 8", "")));
  fixture_noted(RECIPE, "out",
                "one: 1 piece that no model has a row for, with rows of zeros: 'zzz'");
  fixture_expect("out", "model.embed_tokens.weight", (const float[]){5.5f, 2, 80, 0}, 4);
}

static void different_tokens_are_told(void **state) {
  (void)state;
  start(FILE_OF(TOKEN(2, "<a>", ", \"lstrip\": true"), "", BPE("\"x\": 0, \"y\": 1", "")),
        FILE_OF(TOKEN(2, "<a>", "") ", " TOKEN(0, "x", ""), "", BPE("\"x\": 0, \"z\": 1", "")));
  fixture_noted(RECIPE, "out", "the added token '<a>' is not the same in one and two (lstrip)");
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  fixture_noted(RECIPE, "out", "'x' is an added token in two and a piece like any other in one");
}

static void what_cannot_be_united_is_refused(void **state) {
  (void)state;
#define PLAIN(z) FILE_OF("", "", BPE("\"x\": 0, \"" z "\": 1", ""))
#define WITH(steps, z) FILE_OF("", steps, BPE("\"x\": 0, \"" z "\": 1", ""))
  expect_refused(
      PLAIN("y"), WITH("\"normalizer\": {\"type\": \"Lowercase\"},", "z"),
      "the tokenizers of one and two cannot be united: their normalizer is not the same: "
      "none in one, Lowercase in two");
  expect_refused(WITH("\"pre_tokenizer\": {\"type\": \"Metaspace\", \"split\": true},", "y"),
                 WITH("\"pre_tokenizer\": {\"type\": \"Metaspace\", \"split\": false},", "z"),
                 "their pre_tokenizer is not the same: Metaspace in one, Metaspace in two, with "
                 "other settings");
  // What a step does unless a file says no: to leave it out is not to say no.
  expect_refused(WITH("\"pre_tokenizer\": {\"type\": \"ByteLevel\"},", "y"),
                 WITH("\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"use_regex\": false},", "z"),
                 "their pre_tokenizer is not the same: ByteLevel in one, ByteLevel in two, with");
  expect_refused(
      WITH("\"normalizer\": {\"type\": \"BertNormalizer\", \"strip_accents\": null},", "y"),
      WITH("\"normalizer\": {\"type\": \"BertNormalizer\", \"strip_accents\": false},", "z"),
      "their normalizer is not the same: BertNormalizer in one, BertNormalizer in two, with");
  expect_refused(PLAIN("y"), FILE_OF("", "", UNIGRAM("0", "[\"x\", 0], [\"z\", -1]")),
                 "one is BPE, two is Unigram");
  expect_refused(PLAIN("y"),
                 FILE_OF("", "", BPE("\"x\": 0, \"z\": 1", "") ", \"byte_fallback\": true"),
                 "their model's byte_fallback is not the same: none in one, true in two");
  expect_refused(FILE_OF("", "", UNIGRAM("0", "[\"x\", 0], [\"y\", -1]")),
                 FILE_OF("", "", UNIGRAM("1", "[\"x\", 0], [\"z\", -1]")),
                 "their model's unk_id is not the same");
  // The same template with other ids is the same.
#define TEMPLATE(id)                                                                            \
  "\"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [], \"special_tokens\": " \
  "{\"x\": {\"id\": \"x\", \"ids\": [" id "], \"tokens\": [\"x\"]}}},"
  start(WITH(TEMPLATE("0"), "y"), FILE_OF("", TEMPLATE("1"), BPE("\"z\": 0, \"x\": 1", "")));
  fixture_fused(RECIPE, "out");
}

// What follows from vocabularies that are not united is not told: neither shapes nor ids that
// differ, nor what a later stage lacks.
static void a_refusal_stands_alone(void **state) {
  (void)state;
#define CONFIG(end) "{\"model_type\": \"made-up\", \"vocab_size\": 8, \"eos_token_id\": " end "}"
#define TWICE FILE_OF("", "", BPE("\"x\": 0, \"xx\": 1, \"z\": 2", "\"x x\", \"x x\""))
  start(PLAIN("y"), TWICE);
  make_model("two", 9, TWICE);
  make_model("three", 2, PLAIN("w"));
  write_in("one", "config.json", CONFIG("0"));
  write_in("two", "config.json", CONFIG("2"));
  static const char *const recipes[] = {
      RECIPE, "name: both\n" RECIPE
              "---\nmerge_method: linear\nmodels: [{model: both}, {model: three}]\n"
              "parameters: {weight: 1}\ntokenizer_source: union\n"};
  for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++)
    assert_string_equal(fixture_fuse(recipes[i], "refused"),
                        "two/tokenizer.json: model.merges: 1: the merge of 'x' and 'x' is listed "
                        "twicerecipe.yml cannot be carried out: 1 problem");
  make_model("two", 9, FILE_OF(TOKEN(1, "<a>", ""), "", BPE("\"x\": 0, \"z\": 1", "")));
  assert_string_equal(fixture_fuse(RECIPE, "refused"),
                      "two/tokenizer.json: added_tokens: token '<a>' has the id 1, which is that "
                      "of 'z'recipe.yml cannot be carried out: 1 problem");
}

static void entries_that_mean_nothing_are_refused(void **state) {
  (void)state;
#define OTHER FILE_OF("", "", BPE("\"x\": 0, \"z\": 1", ""))
  static const char *const cases[][2] = {
      {FILE_OF("", "", BPE("\"x\": 0, \"y\": 0", "")), "id 0: both 'x' and 'y'"},
      {FILE_OF("", "", BPE("\"x\": 0, \"y\": \"1\"", "")), "piece 'y': expected an id from 0 to"},
      {FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "\"x\"")), "model.merges: 0: expected two pieces"},
      {FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "\"x y\"")),
       "model.merges: 0: the vocabulary lacks 'x', 'y' or what they make"},
      {FILE_OF("", "",
               BPE("\"x\": 0, \"y\": 1, \"xy\": 2, \"yx\": 3", "\"x y\", \"y x\", [\"x\", \"y\"]")),
       "one/tokenizer.json: model.merges: 2: the merge of 'x' and 'y' is listed twice"},
      {FILE_OF("", "", UNIGRAM("0", "[\"x\", 0], [\"x\", -1]")), "token 'x': twice, ids 0 and 1"},
      {FILE_OF("", "", UNIGRAM("0", "[\"x\", 0], [\"y\"]")), "1: expected a piece and its score"},
      {FILE_OF(TOKEN(3, "y", ""), "", BPE("\"x\": 0, \"y\": 1", "")),
       "added_tokens: token 'y' has the id 3 here, and 1 before"},
      {FILE_OF(TOKEN(1, "<a>", ""), "", BPE("\"x\": 0, \"y\": 1", "")),
       "token '<a>' has the id 1, which is that of 'y'"},
      {FILE_OF(TOKEN(2, "", ""), "", BPE("\"x\": 0, \"y\": 1", "")),
       "added_tokens: expected 'id' and 'content' of each token"},
      {FILE_OF(TOKEN(2, "<a>", ", \"lstrip\": 1"), "", BPE("\"x\": 0, \"y\": 1", "")),
       "token '<a>': lstrip: expected true or false"},
      {FILE_OF(TOKEN(2, "<a>", "") ", " TOKEN(2, "<a>", ""), "", BPE("\"x\": 0, \"y\": 1", "")),
       "token '<a>' is listed twice"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refused(cases[i][0], OTHER, cases[i][1]);
  start(PLAIN("y"), OTHER);
  write_in("two", "tokenizer_config.json",
           "{\"added_tokens_decoder\": {\"1\": {\"content\": \"<b>\"}}}");
  fixture_refused(
      RECIPE,
      "two/tokenizer_config.json: added_tokens_decoder: token '<b>' has the id 1, which "
      "is that of 'z'");
  static const char *const decoders[][2] = {{"[{\"content\": \"<b>\"}]", "an array"},
                                            {"\"<b>\"", "a string"}};
  for (size_t i = 0; i < 2; i++) {
    char text[200], message[200];
    snprintf(text, sizeof text, "{\"added_tokens_decoder\": %s}", decoders[i][0]);
    snprintf(
        message, sizeof message,
        "two/tokenizer_config.json: added_tokens_decoder: expected tokens by their ids, found %s",
        decoders[i][1]);
    write_in("two", "tokenizer_config.json", text);
    fixture_refused(RECIPE, message);
  }
}

// Merges of a third model with the first one's pieces are united once a second has others.
static void merges_of_a_third_are_checked(void **state) {
  (void)state;
#define THREE                                                                    \
  "merge_method: linear\nmodels: [{model: one}, {model: two}, {model: three}]\n" \
  "parameters: {weight: 1}\ntokenizer_source: union\n"
  start(PLAIN("y"), PLAIN("z"));
  make_model("three", 2, FILE_OF("", "", BPE("\"x\": 0, \"y\": 1", "\"x q\"")));
  fixture_refused(THREE,
                  "three/tokenizer.json: model.merges: 0: the vocabulary lacks 'x', 'q' or what "
                  "they make");
  make_model("three", 2, PLAIN("y"));
  fixture_fused(THREE, "out");
}

// With the same pieces nothing is united, and the other's way to cut texts is lost: that is told.
static void other_cuts_are_told(void **state) {
  (void)state;
  start(PLAIN("y"), WITH("\"normalizer\": {\"type\": \"Lowercase\"},", "y"));
  fixture_noted(RECIPE, "out",
                "one and two have the same pieces, and texts are cut as in one alone: the "
                "tokenizers of one and two cannot be united: their normalizer is not the same");
#define MERGED(merges) FILE_OF("", "", BPE("\"x\": 0, \"xx\": 1", merges))
  start(MERGED(""), MERGED("\"x x\""));
  fixture_noted(RECIPE, "out", "as in one alone: their merges are not the same");
  start(MERGED("\"x x\""), MERGED("[\"x\", \"x\"]"));
  fixture_fused(RECIPE, "out");
}

// The union of a union, before that is made.
static void stages_are_united(void **state) {
  (void)state;
  start(PLAIN("y"), PLAIN("z"));
  make_model("three", 2, PLAIN("w"));
  fixture_fused("name: both\n" RECIPE
                "---\nmerge_method: linear\nmodels: [{model: both}, {model: three}]\n"
                "parameters: {weight: 1}\ntokenizer_source: union\n",
                "out");
  fixture_expect("out", "model.embed_tokens.weight", (const float[]){7.75f, 2, 20, 20}, 4);
  expect_model(FILE_OF("", "", BPE("\"x\": 0, \"y\": 1, \"z\": 2, \"w\": 3", "")));
}

// A token that one stage's model gets is not one of the model that it began with.
static void stages_have_tokens_of_their_own(void **state) {
  (void)state;
  start(PLAIN("y"), PLAIN("z"));
  make_model("three", 3, FILE_OF(TOKEN(2, "<t>", ""), "", BPE("\"x\": 0, \"y\": 1", "")));
  fixture_fused("name: both\n" RECIPE
                "---\nname: more\nmerge_method: linear\nmodels: [{model: both}, {model: three}]\n"
                "parameters: {weight: 1}\ntokenizer_source: union\n"
                "---\nmerge_method: linear\nmodels: [{model: both}, {model: more}]\n"
                "parameters: {weight: 1}\ntokenizer_source: union\n",
                "out");
  fixture_expect("out", "model.embed_tokens.weight", (const float[]){6.625f, 6.5f, 20, 30}, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(merges_follow_one_another),
                                     cmocka_unit_test(scores_stay),
                                     cmocka_unit_test(tokens_after_a_gap_keep_their_ids),
                                     cmocka_unit_test(tokens_beside_the_file_are_kept),
                                     cmocka_unit_test(other_files_are_left_out),
                                     cmocka_unit_test(a_piece_without_a_row_is_told),
                                     cmocka_unit_test(different_tokens_are_told),
                                     cmocka_unit_test(what_cannot_be_united_is_refused),
                                     cmocka_unit_test(a_refusal_stands_alone),
                                     cmocka_unit_test(entries_that_mean_nothing_are_refused),
                                     cmocka_unit_test(merges_of_a_third_are_checked),
                                     cmocka_unit_test(other_cuts_are_told),
                                     cmocka_unit_test(stages_are_united),
                                     cmocka_unit_test(stages_have_tokens_of_their_own)};
  return cmocka_run_group_tests(tests, fixture_enter, fixture_leave);
}
