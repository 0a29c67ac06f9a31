#include "io/hub_cache.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"

enum { MOST_NAME = 200, MOST_REVISION = 200 };

typedef struct hub_name {
  char organisation[MOST_NAME], name[MOST_NAME], revision[MOST_REVISION];
} hub_name;

// ---- names ------------------------------------------------------------------

// Takes characters that names of the hub have, up to one that they have not. false: there are none,
// too many, or the part begins with a dot.
static bool take_part(const char **at, const char *end, const char *others, char *out,
                      size_t size) {
  size_t length = 0;
  for (; *at < end && (isalnum((unsigned char)**at) || strchr(others, **at)); (*at)++) {
    if (length + 1 == size) return false;
    out[length++] = **at;
  }
  out[length] = '\0';
  return length > 0 && *out != '.' && *out != '/';
}

static bool parse_name(const char *name, size_t length, hub_name *out) {
  const char *at = name, *end = name + length;
  if (memchr(name, '\0', length)) return false;
  if (!take_part(&at, end, "._-", out->organisation, sizeof out->organisation)) return false;
  if (at == end || *at++ != '/') return false;
  if (!take_part(&at, end, "._-", out->name, sizeof out->name)) return false;
  strcpy(out->revision, "main");
  if (at == end) return true;
  return *at++ == '@' && take_part(&at, end, "._-/", out->revision, sizeof out->revision) &&
         at == end && !strstr(out->revision, "..");
}

bool ig_hub_cache_is_name(const char *name, size_t length) {
  hub_name parts;
  return parse_name(name, length, &parts);
}

// ---- folders ----------------------------------------------------------------

static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

// A folder of the environment, in which "~/" is the home directory, and what follows it.
static char *folder_of(const char *folder, const char *rest, ig_error *err) {
  const char *home = *folder == '~' && folder[1] == '/' ? variable("HOME") : NULL;
  char *base =
      home ? ig_path_join(home, folder + 2, err) : ig_allocate_copy(folder, strlen(folder), err);
  if (!base || !*rest) return base;
  char *path = ig_path_join(base, rest, err);
  free(base);
  return path;
}

static ig_status find_cache(char **out, ig_error *err) {
  static const struct {
    const char *variable, *rest;
  } places[] = {{"HF_HUB_CACHE", ""},
                {"HF_HOME", "hub"},
                {"XDG_CACHE_HOME", "huggingface/hub"},
                {"HOME", ".cache/huggingface/hub"}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (variable(places[i].variable)) {
      *out = folder_of(variable(places[i].variable), places[i].rest, err);
      return *out ? IG_OK : IG_ERROR_MEMORY;
    }
  return ig_fail(err, IG_ERROR_IO,
                 "the cache of the Hugging Face hub is not known: neither HF_HUB_CACHE nor HOME is "
                 "set");
}

// The snapshot that a revision stands for: the text of its file in refs, or else the revision
// itself. Whatever would lead out of the folder is none.
static ig_status read_revision(const char *model, const char *revision, char *out, size_t size,
                               ig_error *err) {
  char file[MOST_REVISION + 8], *text;
  size_t length;
  snprintf(out, size, "%s", revision);
  snprintf(file, sizeof file, "refs/%s", revision);
  char *path = ig_path_join(model, file, err);
  if (!path) return IG_ERROR_MEMORY;
  const bool exists = ig_file_exists(path);
  ig_status status = exists ? ig_file_load(path, &text, &length, err) : IG_OK;
  if (exists && status == IG_OK) {
    length = strcspn(text, " \t\r\n");
    text[length] = '\0';
    if (strspn(text, "0123456789abcdefABCDEF") == length && length > 0 && length < size)
      snprintf(out, size, "%s", text);
    else
      status = ig_fail(err, IG_ERROR_FORMAT, "%s: expected the name of a snapshot", path);
    free(text);
  }
  free(path);
  return status;
}

static ig_status find_snapshot(const char *model, const hub_name *name, char **out, ig_error *err) {
  char revision[MOST_REVISION], folder[MOST_REVISION + 16];
  IG_TRY(read_revision(model, name->revision, revision, sizeof revision, err));
  snprintf(folder, sizeof folder, "snapshots/%s", revision);
  *out = ig_path_join(model, folder, err);
  if (!*out) return IG_ERROR_MEMORY;
  if (ig_file_exists(*out)) return IG_OK;
  const ig_status status =
      ig_fail(err, IG_ERROR_IO,
              "%s/%s: cannot open: no such directory, nor a model of the Hugging Face hub in its "
              "local cache: no %s (revision %s). Models are not downloaded",
              name->organisation, name->name, *out, name->revision);
  free(*out);
  *out = NULL;
  return status;
}

ig_status ig_hub_cache_find(const char *name, size_t length, char **out, ig_error *err) {
  hub_name parts;
  char folder[2 * MOST_NAME + 16];
  *out = NULL;
  if (!parse_name(name, length, &parts))
    return ig_fail(err, IG_ERROR_IO, "%.*s: no name of the Hugging Face hub", (int)length, name);
  char *cache = NULL;
  IG_TRY(find_cache(&cache, err));
  snprintf(folder, sizeof folder, "models--%s--%s", parts.organisation, parts.name);
  char *model = ig_path_join(cache, folder, err);
  const ig_status status = model ? find_snapshot(model, &parts, out, err) : IG_ERROR_MEMORY;
  free(model);
  free(cache);
  return status;
}
