// A vocab.json: what the reader of plain vocabularies takes, the reader of JSON takes as well, and
// gives the same tokens the same ids.
#include "input.h"

#include "io/json.h"
#include "text/plain_vocabulary.h"

static void compare(const ig_vocabulary *plain, const ig_vocabulary *other) {
  if (plain->count != other->count || plain->size != other->size) abort();
  for (int id = 0; id < other->size; id++) {
    const char *a = ig_vocabulary_token(plain, id), *b = ig_vocabulary_token(other, id);
    if (!a != !b || (a && strcmp(a, b) != 0)) abort();
    if (a && ig_vocabulary_find(plain, a, strlen(a)) != id) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_vocabulary plain = {0}, other = {0};
  json_t *json = NULL;
  const char *text = (const char *)data;
  if (ig_plain_vocabulary_read(&plain, text, size)) {
    if (ig_json_parse_object(text, size, "input", &json, NULL) != IG_OK) abort();
    if (ig_vocabulary_take(&other, json, "input", NULL) != IG_OK) abort();
    compare(&plain, &other);
  }
  json_decref(json);
  ig_vocabulary_free(&plain);
  ig_vocabulary_free(&other);
  return 0;
}
