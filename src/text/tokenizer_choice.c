// Which kind of tokenizer a model directory holds.
#include "text/tokenizer_choice.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"

// The class names of all descriptions, " or " between them.
static void list_classes(const ig_tokenizer_description *const *offered, char *text, size_t size) {
  *text = '\0';
  for (; *offered; offered++)
    for (const char *const *name = (*offered)->class_names; *name; name++) {
      const size_t used = strlen(text);
      snprintf(text + used, size - used, "%s%s", used ? " or " : "", *name);
    }
}

static ig_status find_class(const ig_tokenizer_description *const *offered, ig_json_object config,
                            const char *class_name, const ig_tokenizer_description **out,
                            ig_error *err) {
  static const ig_tokenizer_description *const steps[] = {&ig_tokenizer_description_steps, NULL};
  *out = ig_tokenizer_description_of_class(offered, class_name);
  if (!*out) *out = ig_tokenizer_description_of_class(steps, class_name);
  if (*out) return IG_OK;
  char expected[640];
  list_classes(offered, expected, sizeof expected);
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tokenizer_class: expected %s, found %s",
                 config.where, expected, class_name);
}

// The class that config.json names, where it is one of these; NULL: it names none of them.
static ig_status find_old_class(const ig_tokenizer_description *const *offered,
                                const char *directory, const ig_tokenizer_description **out,
                                ig_error *err) {
  json_t *config;
  *out = NULL;
  IG_TRY(ig_json_load_in_if_exists(directory, "config.json", &config, err));
  const char *name = json_string_value(json_object_get(config, "tokenizer_class"));
  if (name) *out = ig_tokenizer_description_of_class(offered, name);
  json_decref(config);
  return IG_OK;
}

static bool has_file(const char *directory, const char *name) {
  return !name || ig_file_exists_in(directory, name);
}

// A kind without files, and words, whose one file others have too, are never meant.
static bool has_files(const char *directory, const ig_tokenizer_description *d) {
  const ig_tokenizer_files *files = &d->files;
  if (d->kind == IG_TOKENIZER_WORDS || d->kind == IG_TOKENIZER_BYTES) return false;
  return has_file(directory, files->source_model) && has_file(directory, files->target_model) &&
         has_file(directory, files->vocabulary) && has_file(directory, files->merges);
}

ig_status ig_tokenizer_choice_make(const ig_tokenizer_description *const *offered,
                                   const char *directory, ig_json_object config,
                                   const ig_tokenizer_description **out, ig_error *err) {
  const char *class_name;
  IG_TRY(ig_json_string(config, "tokenizer_class", NULL, &class_name, err));
  if (class_name) return find_class(offered, config, class_name, out, err);
  IG_TRY(find_old_class(offered, directory, out, err));
  for (size_t i = 0; !*out && offered[i]; i++)
    if (has_files(directory, offered[i])) *out = offered[i];
  if (!*out) *out = offered[0];
  return IG_OK;
}
