#include "text/tokenizer_from_json.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "text/tokenizer_json_model.h"

static bool lacks(const char *directory, const char *name) {
  return name && !ig_file_exists_in(directory, name);
}

bool ig_tokenizer_from_json_is_meant(const char *directory, const char *file, const char *other) {
  return (lacks(directory, file) || lacks(directory, other)) &&
         ig_file_exists_in(directory, IG_TOKENIZER_JSON_NAME);
}

// The class names its unknown token, whatever the file calls unknown.
static ig_status take_model(ig_tokenizer *t, const ig_tokenizer_json *json, ig_error *err) {
  const ig_vocabulary *v = &t->vocabularies[0];
  IG_TRY(ig_tokenizer_json_model_read(json, t, NULL, err));
  t->unigram.unknown_id = ig_vocabulary_find(v, t->special_text[IG_TOKENIZER_SPECIAL_UNK],
                                             t->special_length[IG_TOKENIZER_SPECIAL_UNK]);
  if (t->description->preparation.normalizes)
    IG_TRY(ig_tokenizer_json_find_charsmap(json, &t->charsmap, err));
  return t->lists_added ? IG_OK : ig_tokenizer_json_read_added(json, v, &t->added, err);
}

ig_status ig_tokenizer_from_json_load(ig_tokenizer *t, const char *directory, ig_error *err) {
  return ig_tokenizer_from_json_take(t, directory, take_model, err);
}

ig_status ig_tokenizer_from_json_take(ig_tokenizer *t, const char *directory,
                                      ig_tokenizer_from_json_taker take, ig_error *err) {
  ig_tokenizer_json json = {0};
  ig_status status = ig_tokenizer_json_load(&json, directory, err);
  if (status == IG_OK) status = take(t, &json, err);
  t->json_bytes = json.bytes;
  t->json_size = json.size;
  json.bytes = NULL;
  ig_tokenizer_json_free(&json);
  return status;
}

static ig_status write_bytes(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  (void)side;
  return ig_file_write(path, t->json_bytes, t->json_size, err);
}

ig_status ig_tokenizer_from_json_save(ig_tokenizer *t, const char *directory, ig_error *err) {
  return ig_tokenizer_parts_on_file(t, 0, directory, IG_TOKENIZER_JSON_NAME, write_bytes, err);
}
