#include "fuse/input/chat_templates.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"

enum { MOST_BYTES = 1 << 20 };  // of a template
static const char white[] = " \t\r\n\f\v";

// A copy without white space around it; *out NULL: nothing is left.
static ig_status copy_stripped(const char *text, char **out, ig_error *err) {
  const char *first = text + strspn(text, white);
  size_t length = strlen(first);
  while (length > 0 && strchr(white, first[length - 1])) length--;
  *out = length ? ig_allocate_copy(first, length, err) : NULL;
  return length && !*out ? IG_ERROR_MEMORY : IG_OK;
}

// The text of a value of chat_template: a string, or a list of {name, template}. NULL: none.
static const char *text_of(const json_t *value) {
  for (size_t i = 0; i < json_array_size(value); i++) {
    const json_t *one = json_array_get(value, i);
    const char *name = json_string_value(json_object_get(one, "name"));
    if (name && strcmp(name, "default") == 0)
      return json_string_value(json_object_get(one, "template"));
  }
  return json_string_value(value);
}

ig_status ig_chat_templates_load(const char *path, char **out, ig_error *err) {
  char *text;
  size_t size;
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status =
      size > MOST_BYTES || memchr(text, '\0', size)
          ? ig_fail(err, IG_ERROR_FORMAT, "%s: no template: a NUL, or more than %d bytes", path,
                    MOST_BYTES)
          : copy_stripped(text, out, err);
  free(text);
  return status;
}

static ig_status read_config(const char *directory, char **out, ig_error *err) {
  json_t *config;
  IG_TRY(ig_json_load_in_if_exists(directory, "tokenizer_config.json", &config, err));
  const char *text = text_of(json_object_get(config, "chat_template"));
  const ig_status status = text ? copy_stripped(text, out, err) : IG_OK;
  json_decref(config);
  return status;
}

ig_status ig_chat_templates_of(const char *directory, char **out, ig_error *err) {
  *out = NULL;
  if (!ig_file_exists_in(directory, "chat_template.jinja")) return read_config(directory, out, err);
  char *path = ig_path_join(directory, "chat_template.jinja", err);
  const ig_status status = path ? ig_chat_templates_load(path, out, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}
