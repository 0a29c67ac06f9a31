// Loading the JSON of a vocabulary: as programs write it, or whatever JSON it is.
#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"
#include "text/plain_vocabulary.h"
#include "text/vocabulary.h"

static ig_status take_text(ig_vocabulary *v, const char *text, size_t size, const char *path,
                           ig_error *err) {
  json_t *root;
  IG_TRY(ig_json_parse_object(text, size, path, &root, err));
  const ig_status status = ig_vocabulary_take(v, root, path, err);
  json_decref(root);
  return status;
}

ig_status ig_vocabulary_load(ig_vocabulary *v, const char *path, ig_error *err) {
  char *text;
  size_t size;
  ig_vocabulary plain = {0};
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status = IG_OK;
  if (v->count == 0 && ig_plain_vocabulary_read(&plain, text, size)) {
    ig_vocabulary_free(v);
    *v = plain;
  } else {
    ig_vocabulary_free(&plain);
    status = take_text(v, text, size, path, err);
  }
  free(text);
  return status;
}
