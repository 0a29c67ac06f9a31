// Unions of tokenizers of a tokenizer.json: what Hugging Face tokenizers makes of texts with a
// union of the same two (tests/golden/united_tokenizers/make_goldens.py), and the rows of each
// donor.
#include "fuse_fixture.h"

#include <math.h>

#include "io/json.h"
#include "text/tokenizer.h"
#include "text/tokenizer_description.h"

static char goldens[4096];

static int enter(void **state) {
  const char *root = getenv("INGOT_SOURCE");
  snprintf(goldens, sizeof goldens, "%s/tests/golden/united_tokenizers", root ? root : ".");
  return fixture_enter(state);
}

static json_t *load(const char *format, const char *name) {
  char path[5000];
  json_t *json;
  ig_error err = {0};
  snprintf(path, sizeof path, "%s/%s%s.json", goldens, name, format);
  if (ig_json_load(path, &json, &err) != IG_OK) fail_msg("%s", err.message);
  return json;
}

// Fuses the two of a kind with these weights into OUT.
static void fuse(const char *kind, double first, double second) {
  char recipe[9000];
  nftw("out", fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
  snprintf(recipe, sizeof recipe,
           "merge_method: linear\ntokenizer_source: union\nparameters: {normalize: false}\n"
           "models:\n- {model: %s/%s/a, parameters: {weight: %g}}\n"
           "- {model: %s/%s/b, parameters: {weight: %g}}\n",
           goldens, kind, first, goldens, kind, second);
  fixture_noted(recipe, "out",
                "'<sep>' is an added token in");  // and in the first a piece like any other
}

static void expect_ids(const ig_tokenizer *t, const char *text, const json_t *expected) {
  ig_ids ids = {0};
  ig_error err = {0};
  if (ig_tokenizer_encode_source(t, text, strlen(text), &ids, &err) != IG_OK)
    fail_msg("%s", err.message);
  for (size_t i = 0; i < ids.count || i < json_array_size(expected); i++)
    if (i >= ids.count || ids.ids[i] != json_integer_value(json_array_get(expected, i)))
      fail_msg("'%s': id %zu is %d, expected %d", text, i, i < ids.count ? ids.ids[i] : -1,
               (int)json_integer_value(json_array_get(expected, i)));
  ig_ids_free(&ids);
}

static void expect_texts(const json_t *golden) {
  const ig_tokenizer_description *const offered[] = {&ig_tokenizer_description_steps, NULL};
  ig_tokenizer *t;
  ig_error err = {0};
  if (ig_tokenizer_load("out", offered, &t, &err) != IG_OK) fail_msg("%s", err.message);
  const json_t *pieces = json_object_get(golden, "pieces"),
               *texts = json_object_get(golden, "texts");
  for (size_t id = 0; id < json_array_size(pieces); id++)
    assert_string_equal(ig_tokenizer_piece_of_id(t, IG_SIDE_TARGET, (int)id),
                        json_string_value(json_array_get(pieces, id)));
  for (size_t i = 0; i < json_array_size(texts); i++) {
    const json_t *text = json_array_get(texts, i);
    expect_ids(t, json_string_value(json_object_get(text, "text")), json_object_get(text, "ids"));
  }
  ig_tokenizer_free(t);
}

// The united file itself: every piece has its id in the vocabulary.
static void expect_vocabulary(const json_t *golden) {
  json_t *file;
  assert_int_equal(ig_json_load("out/tokenizer.json", &file, NULL), IG_OK);
  const json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab"),
               *pieces = json_object_get(golden, "pieces");
  for (size_t id = 0; id < json_array_size(pieces); id++) {
    const char *piece = json_string_value(json_array_get(pieces, id));
    if (json_is_array(vocab))
      assert_string_equal(json_string_value(json_array_get(json_array_get(vocab, id), 0)), piece);
    else
      assert_int_equal(json_integer_value(json_object_get(vocab, piece)), id);
  }
  json_decref(file);
}

// The id of a piece in a donor's file; -1: it has none.
static int donor_id(const json_t *file, const char *piece) {
  const json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab"), *entry;
  const json_t *id = json_object_get(vocab, piece);
  size_t i;
  if (id) return (int)json_integer_value(id);
  json_array_foreach(vocab, i, entry) {
    if (strcmp(json_string_value(json_array_get(entry, 0)), piece) == 0) return (int)i;
  }
  json_array_foreach(json_object_get(file, "added_tokens"), i, entry) {
    if (strcmp(json_string_value(json_object_get(entry, "content")), piece) == 0)
      return (int)json_integer_value(json_object_get(entry, "id"));
  }
  return -1;
}

typedef struct table {
  float *values;
  size_t rows, width;
} table;

static table read_table(const char *directory, const char *name) {
  ig_safetensors *file;
  ig_error err = {0};
  if (ig_safetensors_open(directory, &file, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_safetensor *t = ig_safetensors_find(file, name);
  if (!t) fail_msg("%s: no %s", directory, name);
  table out = {calloc(t->elements, sizeof(float)), t->shape[0], t->elements / t->shape[0]};
  assert_non_null(out.values);
  assert_int_equal(ig_safetensor_read_float(t, out.values, t->elements, NULL), IG_OK);
  ig_safetensors_close(file);
  return out;
}

// Every piece of the donor has the donor's row.
static void expect_rows(const char *kind, const char *which, const char *name,
                        const json_t *golden) {
  char donor[5000], file_name[64];
  snprintf(donor, sizeof donor, "%s/%s/%s", goldens, kind, which);
  snprintf(file_name, sizeof file_name, "%s/%s/tokenizer", kind, which);
  json_t *file = load("", file_name);
  const table own = read_table(donor, name), fused = read_table("out", name);
  const json_t *pieces = json_object_get(golden, "pieces");
  size_t compared = 0;
  assert_int_equal(fused.rows, json_array_size(pieces));
  for (size_t id = 0; id < json_array_size(pieces); id++) {
    const int from = donor_id(file, json_string_value(json_array_get(pieces, id)));
    if (from < 0) continue;
    assert_memory_equal(fused.values + id * fused.width, own.values + (size_t)from * own.width,
                        own.width * sizeof(float));
    compared++;
  }
  assert_int_equal(compared, own.rows);
  free(own.values);
  free(fused.values);
  json_decref(file);
}

static void expect_number(const char *key, const json_t *golden, const char *piece) {
  json_t *config;
  assert_int_equal(ig_json_load("out/config.json", &config, NULL), IG_OK);
  const json_int_t id = json_integer_value(json_object_get(config, key));
  assert_string_equal(
      json_string_value(json_array_get(json_object_get(golden, "pieces"), (size_t)id)), piece);
  json_decref(config);
}

static void check_kind(const char *kind, const char *table_name, bool runs) {
  json_t *golden = load("", kind);
  fuse(kind, 1, 0);
  expect_vocabulary(golden);
  if (runs) expect_texts(golden);
  expect_rows(kind, "a", table_name, golden);
  expect_number("pad_token_id", golden, "<pad>");
  fuse(kind, 0, 1);
  expect_rows(kind, "b", table_name, golden);
  json_decref(golden);
}

static void byte_pair_encodings(void **state) {
  (void)state;
  check_kind("bpe", "model.shared.weight", true);
}

static void unigram_models(void **state) {
  (void)state;
  check_kind("unigram", "shared.weight", true);
}

static void word_pieces(void **state) {
  (void)state;
  check_kind("word_piece", "bert.embeddings.word_embeddings.weight", true);
}

// Ingot itself reads no such tokenizer, but fuses models that have one.
static void words(void **state) {
  (void)state;
  check_kind("word_level", "model.shared.weight", false);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(byte_pair_encodings),
                                     cmocka_unit_test(unigram_models),
                                     cmocka_unit_test(word_pieces), cmocka_unit_test(words)};
  return cmocka_run_group_tests(tests, enter, fixture_leave);
}
