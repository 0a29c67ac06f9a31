// Vocabularies in all forms: models in which the same ids have other pieces are not fused row by
// row, and models in which they have the same pieces are, however the files are written.
#include "fuse_fixture.h"

#include "io/json.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LINEAR "merge_method: linear\nmodels: [{model: a}, {model: b}]\nparameters: {weight: 1}\n"

static char spm_paths[2][4096];

static void make_model(const char *name) {
  static const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const ig_safetensors_output embedding = {
      .name = "model.embed_tokens.weight", .rank = 2, .shape = {6, 2}, .values = ones};
  fixture_model(name, "{\"model_type\": \"made-up\", \"vocab_size\": 6}", &embedding, 1);
}

static int make_models(void **state) {
  if (fixture_enter(state)) return -1;
  make_model("a");
  make_model("b");
  return 0;
}

static void write_in(const char *model, const char *name, const char *text) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", model, name);
  fixture_write(path, text);
}

static void remove_in(const char *model, const char *name) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", model, name);
  unlink(path);
}

// Fuses a and b and removes the output. Returns the messages.
static const char *fuse_both(const char *recipe) {
  const char *messages = fixture_fuse(recipe, "out");
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  return messages;
}

#define BPE(pieces) "{\"model\": {\"type\": \"BPE\", \"vocab\": {" pieces "}, \"merges\": []}}"
typedef struct form_case {
  const char *file, *text, *same, *other;  // b has `same` or `other`
  const char *difference;
} form_case;

static const form_case cases[] = {
    {"tokenizer.json", BPE("\"x\": 0, \"y\": 1"),
     "{\"added_tokens\": [{\"id\": 1, \"content\": \"y\", \"special\": true}],\n \"model\": "
     "{\"merges\": [\"x y\"], \"vocab\": {\"y\": 1, \"x\": 0}}}",
     BPE("\"x\": 1, \"y\": 0"), "id 0 is 'x' in one and 'y' in the other"},
    {"tokenizer.json",
     "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"x\", 0], [\"y\", -1.5]]}}",
     "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"x\", 0], [\"y\", -2]]}}",
     "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"x\", 0], [\"z\", -2]]}}",
     "id 1 is 'y' in one and 'z' in the other"},
    {"tokenizer.json",
     "{\"added_tokens\": [{\"id\": 2, \"content\": \"<a>\"}], \"model\": {\"type\": \"WordPiece\", "
     "\"vocab\": {\"x\": 0, \"##y\": 1}}}",
     "{\"added_tokens\": [{\"id\": 2, \"content\": \"<a>\", \"lstrip\": true}], \"model\": "
     "{\"type\": \"WordPiece\", \"vocab\": {\"x\": 0, \"##y\": 1}}}",
     "{\"added_tokens\": [{\"id\": 2, \"content\": \"<b>\"}], \"model\": {\"type\": \"WordPiece\", "
     "\"vocab\": {\"x\": 0, \"##y\": 1}}}",
     "id 2 is '<a>' in one and '<b>' in the other"},
    {"vocab.txt", "x\ny\nz\n", "x\r\ny\r\nz", "x\nz\ny\n",
     "id 1 is 'y' in one and 'z' in the other"},
    {"vocab.json", "{\"x\": 0, \"y\": 1}", "{\"y\": 1,\n\"x\": 0}", "{\"x\": 0, \"y\": 2}",
     "id 1 is 'y' in one and nothing in the other"},
    {"dict.txt", "x 10\ny 9\n", "x 11\ny 3\n", "y 10\nx 9\n",
     "id 4 is 'x' in one and 'y' in the other"},
    {"qwen.tiktoken", "eA== 0\neQ== 1\n", "eA== 0\neQ== 1", "eQ== 0\neA== 1\n",
     "id 0 is 'eA==' in one and 'eQ==' in the other"},
    {"added_tokens.json", "{\"<a>\": 4}", "{\"<b>\": 5}", "{\"<b>\": 4}",
     "id 4 is '<a>' in one and '<b>' in the other"},
    {"tokenizer_config.json", "{\"added_tokens_decoder\": {\"4\": {\"content\": \"<a>\"}}}",
     "{\"model_max_length\": 3}", "{\"added_tokens_decoder\": {\"4\": {\"content\": \"<b>\"}}}",
     "id 4 is '<a>' in one and '<b>' in the other"},
};

static void pieces_are_compared_in_every_form(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    const form_case *c = &cases[i];
    write_in("a", c->file, c->text);
    write_in("b", c->file, c->same);
    const char *messages = fuse_both(LINEAR);
    if (*messages) fail_msg("%s: %s", c->file, messages);
    write_in("b", c->file, c->other);
    messages = fuse_both(LINEAR);
    if (!strstr(messages, c->difference) || !strstr(messages, c->file) ||
        !strstr(messages, "rows of embeddings would be of different pieces"))
      fail_msg("%s: expected %s, found %s", c->file, c->difference, messages);
    remove_in("a", c->file);
    remove_in("b", c->file);
  }
}

static void copy_spm(int which, const char *model, const char *name) {
  char path[300];
  snprintf(path, sizeof path, "%s/%s", model, name);
  assert_int_equal(ig_file_copy(spm_paths[which], path, NULL), IG_OK);
}

static void sentencepiece_models_are_compared(void **state) {
  (void)state;
  static const char *const names[] = {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                      "source.spm", "target.spm"};
  for (size_t i = 0; i < COUNT(names); i++) {
    copy_spm(0, "a", names[i]);
    copy_spm(0, "b", names[i]);
    const char *messages = fuse_both(LINEAR);
    if (*messages) fail_msg("%s: %s", names[i], messages);
    copy_spm(1, "b", names[i]);
    messages = fuse_both(LINEAR);
    if (!strstr(messages, names[i]) || !strstr(messages, "of different pieces"))
      fail_msg("%s: found %s", names[i], messages);
    write_in("b", names[i], "no model");
    messages = fuse_both(LINEAR);
    if (!strstr(messages, "other bytes")) fail_msg("%s: found %s", names[i], messages);
    remove_in("a", names[i]);
    remove_in("b", names[i]);
  }
}

// MarianMT's and Ingot's vocab.json gives the ids, and target_vocab.json those of the other side.
static void both_sides_are_compared(void **state) {
  (void)state;
  write_in("a", "vocab.json", "{\"x\": 0}");
  write_in("b", "vocab.json", "{\"x\": 0}");
  write_in("a", "target_vocab.json", "{\"u\": 0, \"v\": 1}");
  write_in("b", "target_vocab.json", "{\"v\": 0, \"u\": 1}");
  const char *messages = fuse_both(LINEAR);
  if (!strstr(messages, "target_vocab.json is not the same")) fail_msg("%s", messages);
  remove_in("a", "target_vocab.json");
  remove_in("b", "target_vocab.json");
  remove_in("a", "vocab.json");
  remove_in("b", "vocab.json");
}

static void other_forms_are_compared_by_their_pieces(void **state) {
  (void)state;
  write_in("a", "tokenizer.json", BPE("\"x\": 0, \"y\": 1"));
  write_in("b", "vocab.txt", "x\ny\n");
  const char *messages = fuse_both(LINEAR);
  if (*messages) fail_msg("%s", messages);
  write_in("b", "vocab.txt", "y\nx\n");
  messages = fuse_both(LINEAR);
  if (!strstr(messages, "the vocabulary is not the same")) fail_msg("%s", messages);
  remove_in("b", "vocab.txt");
  copy_spm(0, "b", "tokenizer.model");
  messages = fuse_both(LINEAR);
  if (!strstr(messages, "different forms, which were not compared")) fail_msg("%s", messages);
  if (strstr(messages, "cannot be carried out")) fail_msg("%s", messages);
  remove_in("b", "tokenizer.model");
  remove_in("a", "tokenizer.json");
}

// The two pieces have six rows, which `tokenizer_source` leaves where nothing is to be matched.
static void padded_rows_stay_if_vocabularies_are_equal(void **state) {
  (void)state;
  const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  write_in("a", "tokenizer.json", BPE("\"x\": 0, \"y\": 1"));
  write_in("b", "tokenizer.json", BPE("\"y\": 1, \"x\": 0"));
  static const char *const sources[] = {"base", "union", "b"};
  for (size_t i = 0; i < COUNT(sources); i++) {
    char recipe[300];
    snprintf(recipe, sizeof recipe, LINEAR "tokenizer_source: %s\n", sources[i]);
    fixture_fused(recipe, sources[i][0] == 'b' && sources[i][1] == '\0' ? "of-b" : sources[i]);
  }
  fixture_expect("base", "model.embed_tokens.weight", ones, 12);
  fixture_expect("union", "model.embed_tokens.weight", ones, 12);
  fixture_expect("of-b", "model.embed_tokens.weight", ones, 12);
  json_t *config;
  assert_int_equal(ig_json_load("union/config.json", &config, NULL), IG_OK);
  assert_int_equal(json_integer_value(json_object_get(config, "vocab_size")), 6);
  json_decref(config);
  remove_in("a", "tokenizer.json");
  remove_in("b", "tokenizer.json");
}

// ---- rows matched by the tokens of tokenizer.json -----------------------------------------------

#define TOKEN(id, text, special)                   \
  "{\"id\": " #id ", \"content\": \"" text         \
  "\", \"single_word\": false, \"lstrip\": true, " \
  "\"rstrip\": false, \"normalized\": false, \"special\": " #special "}"
#define TOKENIZER(added)                                            \
  "{\"added_tokens\": [" added                                      \
  "], \"model\": {\"type\": \"BPE\", \"vocab\": {\"x\": 0, \"y\": " \
  "1}, \"merges\": []}}"

// A model of `rows` rows of one value, first, first + 1, …, in its embedding and in its head.
static void make_rows(const char *name, size_t rows, float first) {
  float values[8];
  char config[200];
  for (size_t i = 0; i < rows; i++) values[i] = first + (float)i;
  const ig_safetensors_output tensors[] = {
      {.name = "model.embed_tokens.weight", .rank = 2, .shape = {rows, 1}, .values = values},
      {.name = "lm_head.weight", .rank = 2, .shape = {rows, 1}, .values = values}};
  snprintf(config, sizeof config,
           "{\"model_type\": \"made-up\", \"vocab_size\": %zu, \"eos_token_id\": 1, "
           "\"tie_word_embeddings\": false}",
           rows);
  fixture_model(name, config, tensors, COUNT(tensors));
}

static json_t *load(const char *path) {
  json_t *json;
  ig_error err = {0};
  if (ig_json_load(path, &json, &err) != IG_OK) fail_msg("%s", err.message);
  return json;
}

// one: x y <a>; two: x y <b> <a>
static void added_tokens_are_matched(void **state) {
  (void)state;
  make_rows("one", 4, 1);  // the last row is padding
  make_rows("two", 4, 10);
  write_in("one", "tokenizer.json", TOKENIZER(TOKEN(2, "<a>", false)));
  write_in("one", "tokenizer_config.json",
           "{\"added_tokens_decoder\": {\"2\": {\"content\": \"<a>\"}}, \"legacy\": true}");
  write_in("one", "added_tokens.json", "{\"<a>\": 2}");
  write_in("two", "tokenizer.json", TOKENIZER(TOKEN(2, "<b>", true) ", " TOKEN(3, "<a>", false)));
#define BOTH "merge_method: linear\nmodels: [{model: one}, {model: two}]\nparameters: {weight: 1}\n"
  fixture_refused(BOTH,
                  "id 2 is '<a>' in one and '<b>' in the other: rows of embeddings would be of "
                  "different pieces; 'tokenizer_source: union' matches them");
  fixture_fused(BOTH "tokenizer_source: union\n", "all");
  // <a>: rows 3 and 13; <b>: two's row 12 alone.
  fixture_expect("all", "model.embed_tokens.weight", (const float[]){5.5f, 6.5f, 8, 12}, 4);
  fixture_expect("all", "lm_head.weight", (const float[]){5.5f, 6.5f, 8, 12}, 4);
  json_t *tokenizer = load("all/tokenizer.json"), *config = load("all/tokenizer_config.json"),
         *map = load("all/added_tokens.json");
  const json_t *list = json_object_get(tokenizer, "added_tokens"), *added = json_array_get(list, 1);
  assert_int_equal(json_array_size(list), 2);
  assert_int_equal(json_integer_value(json_object_get(added, "id")), 3);
  assert_string_equal(json_string_value(json_object_get(added, "content")), "<b>");
  assert_true(json_is_true(json_object_get(added, "special")));
  assert_true(json_is_true(json_object_get(added, "lstrip")));
  const json_t *decoder = json_object_get(config, "added_tokens_decoder");
  assert_int_equal(json_object_size(decoder), 2);
  assert_string_equal(json_string_value(json_object_get(json_object_get(decoder, "3"), "content")),
                      "<b>");
  assert_true(json_is_true(json_object_get(config, "legacy")));
  assert_int_equal(json_integer_value(json_object_get(map, "<b>")), 3);
  json_decref(tokenizer);
  json_decref(config);
  json_decref(map);
  assert_false(ig_file_exists("all/vocab.json"));
  fixture_fused(BOTH "tokenizer_source: two\n", "as-two");
  fixture_expect("as-two", "lm_head.weight", (const float[]){5.5f, 6.5f, 12, 8}, 4);
  const char *messages = fixture_fuse(BOTH "tokenizer_source: base\n", "as-one");
  assert_string_equal(messages, "two: 1 piece that the output's vocabulary lacks: '<b>'");
  fixture_expect("as-one", "lm_head.weight", (const float[]){5.5f, 6.5f, 8}, 3);
  fixture_fuse(BOTH "tokenizer: {source: base, tokens: {'<c>': {source: {kind: zero}}}}\n",
               "named");
  fixture_expect("named", "lm_head.weight", (const float[]){5.5f, 6.5f, 8, 0}, 4);
  tokenizer = load("named/tokenizer.json");
  assert_int_equal(json_array_size(json_object_get(tokenizer, "added_tokens")), 2);
  json_decref(tokenizer);
}

// The same pieces under other ids are matched; pieces that are no added tokens are united, but not
// with those of a tokenizer that has no room for them.
static void other_pieces_are_united(void **state) {
  (void)state;
  make_rows("one", 2, 1);
  make_rows("two", 2, 10);
  remove_in("one", "tokenizer_config.json");
  remove_in("one", "added_tokens.json");
  write_in("one", "tokenizer.json", BPE("\"x\": 0, \"y\": 1"));
  write_in("two", "tokenizer.json", BPE("\"x\": 1, \"y\": 0"));
  fixture_noted(BOTH "tokenizer_source: base\n", "swapped",
                "eos_token_id is 'y' in one and 'x' in two");
  fixture_expect("swapped", "lm_head.weight", (const float[]){6, 6}, 2);
  write_in("two", "tokenizer.json", BPE("\"x\": 0, \"z\": 1"));
  fixture_refused(BOTH "tokenizer_source: base\n",
                  "the tokenizers of one and two differ in more than added tokens: 'y', id 1, is "
                  "only in one");
  fixture_noted(BOTH "tokenizer_source: union\n", "pieces-united",
                "eos_token_id is 'y' in one and 'z' in two: the output's is 'y'");
  fixture_expect("pieces-united", "lm_head.weight", (const float[]){5.5f, 2, 11}, 3);
  remove_in("two", "tokenizer.json");
  copy_spm(0, "two", "spiece.model");
  fixture_refused(BOTH "tokenizer_source: union\n", "one has a tokenizer.json, and two has none");
  remove_in("two", "spiece.model");
  copy_spm(0, "two", "tokenizer.model");
  fixture_refused(BOTH "tokenizer_source: union\n", "two: rows cannot be matched by their pieces");
  remove_in("two", "tokenizer.model");
}

// vocab.txt: a piece a line. As the output's, it may have fewer pieces than a tokenizer.json, and
// in another order, but none that the tokenizer.json lacks.
static void lines_are_matched(void **state) {
  (void)state;
  make_rows("one", 2, 1);
  make_rows("two", 2, 10);
  for (int i = 0; i < 2; i++) {
    remove_in(i ? "two" : "one", "tokenizer_config.json");
    remove_in(i ? "two" : "one", "added_tokens.json");
  }
  write_in("one", "vocab.txt", "x\ny\n");
  write_in("two", "vocab.txt", "y\nx\n");
  fixture_noted(BOTH "tokenizer_source: two\n", "lines",
                "eos_token_id is 'y' in one and 'x' in two");
  fixture_expect("lines", "lm_head.weight", (const float[]){6, 6}, 2);
  // As many rows as lines: of equal ones the last counts, as for the tokenizer.
  assert_int_equal(mkdir("three", 0777), 0);
  write_in("three", "vocab.txt", "y\nx\ny\n\n");
  fixture_noted(BOTH "tokenizer_source: three\n", "again",
                "three: 1 piece that no model has, with rows of zeros: ''");
  fixture_expect("again", "lm_head.weight", (const float[]){0, 6, 6, 0}, 4);
  write_in("three", "vocab.txt", "z\nx\ny\n");
  fixture_noted(BOTH "tokenizer_source: three\n", "zeros",
                "three: 1 piece that no model has, with rows of zeros: 'z'");
  fixture_expect("zeros", "lm_head.weight", (const float[]){0, 6, 6}, 3);
  remove_in("one", "vocab.txt");
  write_in("one", "tokenizer.json", BPE("\"x\": 0, \"y\": 1"));
  fixture_refused(BOTH "tokenizer_source: base\n", "one has a tokenizer.json, and two has none");
  write_in("two", "vocab.txt", "y\n");
  fixture_noted(
      "merge_method: linear\nmodels: [{model: one}]\nparameters: {weight: 1}\n"
      "tokenizer_source: two\n",
      "fewer", "one: 1 piece that the output's vocabulary lacks: 'x'");
  fixture_expect("fewer", "lm_head.weight", (const float[]){2}, 1);
  write_in("two", "vocab.txt", "y\nz\n");
  fixture_refused(
      "merge_method: linear\nmodels: [{model: one}]\nparameters: {weight: 1}\n"
      "tokenizer_source: two\n",
      "one has a tokenizer.json, and two has none");
  remove_in("two", "vocab.txt");
  remove_in("one", "tokenizer.json");
}

static void unknown_tables_are_told(void **state) {
  (void)state;
  const float values[] = {1, 2};
  const ig_safetensors_output tensors[] = {
      {.name = "model.embed_tokens.weight", .rank = 2, .shape = {2, 1}, .values = values},
      {.name = "strange_head.weight", .rank = 2, .shape = {2, 1}, .values = values}};
  const char config[] = "{\"model_type\": \"made-up\", \"vocab_size\": 2}";
  fixture_model("one", config, tensors, 2);
  fixture_model("two", config, tensors, 2);
  write_in("two", "tokenizer.json", BPE("\"x\": 1, \"y\": 0"));
  fixture_refused(BOTH "tokenizer_source: base\n",
                  "strange_head.weight: has 2 rows, as many as vocab_size");
}

// Forms by which rows cannot be matched: where all models have the same pieces, nothing is matched.
static void nothing_is_matched_where_all_is_the_same(void **state) {
  (void)state;
  static const char *const names[] = {"tokenizer.model", "sentencepiece.bpe.model", "vocab.txt"},
                           *const sources[] = {"base", "union", "two", "third"};
  char recipe[400];
  make_rows("one", 2, 1);
  make_rows("two", 2, 10);
  make_rows("third", 2, 0);
  const char *const all[] = {"one", "two", "third"};
  for (size_t i = 0; i < 3; i++) {
    static const char *const others[] = {"tokenizer.json", "tokenizer_config.json",
                                         "added_tokens.json", "spiece.model"};
    for (size_t k = 0; k < COUNT(others); k++) remove_in(all[i], others[k]);
  }
  for (size_t f = 0; f < COUNT(names); f++) {
    for (size_t i = 0; i < 3; i++) {
      if (f == 2)
        write_in(all[i], names[f], i == 1 ? "x\r\ny\r\n" : "x\ny\n");
      else
        copy_spm(0, all[i], names[f]);
    }
    for (size_t i = 0; i < COUNT(sources); i++) {
      snprintf(recipe, sizeof recipe, BOTH "tokenizer_source: %s\n", sources[i]);
      fixture_fused(recipe, "same");
      fixture_expect("same", "lm_head.weight", (const float[]){5.5f, 6.5f}, 2);
      assert_true(ig_file_exists_in("same", names[f]));
      nftw("same", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
      // The model of another stage has the tokenizer of its donor.
      snprintf(recipe, sizeof recipe,
               "name: mean\n" BOTH
               "tokenizer_source: %s\n---\n"
               "merge_method: linear\nmodels: [{model: mean}, {model: one}]\n"
               "parameters: {weight: 1}\ntokenizer_source: union\n",
               sources[i]);
      fixture_fused(recipe, "same");
      fixture_expect("same", "lm_head.weight", (const float[]){3.25f, 4.25f}, 2);
      nftw("same", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (f == 2) {
      write_in("two", "added_tokens.json", "{\"z\": 2}");
      fixture_refused(BOTH "tokenizer_source: base\n", "two: rows cannot be matched");
      remove_in("two", "added_tokens.json");
    } else {
      copy_spm(1, "two", names[f]);
      fixture_refused(BOTH "tokenizer_source: base\n", "two: rows cannot be matched");
      fixture_refused(BOTH "tokenizer: {source: base, pad_to_multiple_of: 8}\n",
                      "one: rows cannot be matched");
    }
    for (size_t i = 0; i < 3; i++) remove_in(all[i], names[f]);
  }
}

int main(void) {
  const char *source = getenv("INGOT_SOURCE");
  char *root = realpath(source ? source : ".", NULL);
  snprintf(spm_paths[0], sizeof spm_paths[0], "%s/tests/golden/marian_tokenizer/source.spm", root);
  snprintf(spm_paths[1], sizeof spm_paths[1], "%s/tests/golden/marian_tokenizer/target.spm", root);
  free(root);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_compared_in_every_form),
      cmocka_unit_test(sentencepiece_models_are_compared),
      cmocka_unit_test(both_sides_are_compared),
      cmocka_unit_test(other_forms_are_compared_by_their_pieces),
      cmocka_unit_test(padded_rows_stay_if_vocabularies_are_equal),
      cmocka_unit_test(added_tokens_are_matched),
      cmocka_unit_test(other_pieces_are_united),
      cmocka_unit_test(unknown_tables_are_told),
      cmocka_unit_test(nothing_is_matched_where_all_is_the_same),
      cmocka_unit_test(lines_are_matched),
  };
  return cmocka_run_group_tests(tests, make_models, fixture_leave);
}
