#include "identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "error.h"
#include "paths.h"

enum { CHUNK = 1 << 20 };

static bool is_listed(const char *name, const char *const *list) {
  for (; *list != NULL; list++)
    if (strcmp(*list, name) == 0) return true;
  return false;
}

// ---- options ----------------------------------------------------------------

static bool differs(const cli_option *option, const char *value, const char *fallback) {
  switch (option->kind) {
    case CLI_FLAG: return memcmp(value, fallback, sizeof(bool)) != 0;
    case CLI_INTEGER: return memcmp(value, fallback, sizeof(int)) != 0;
    case CLI_NUMBER: return memcmp(value, fallback, sizeof(double)) != 0;  // the default may be NaN
    case CLI_TEXT: return memcmp(value, fallback, sizeof(char *)) != 0;
    case CLI_LIST: return ((const cli_list *)(const void *)value)->count > 0;
  }
  return true;
}

// A text is one line in the identity, whatever it holds.
static void write_text(FILE *out, char before, const char *text) {
  fputc(before, out);
  for (const char *c = text; *c != '\0'; c++) fputc((unsigned char)*c < ' ' ? '?' : *c, out);
}

static void write_value(FILE *out, const cli_option *option, const char *value) {
  const void *member = value;
  switch (option->kind) {
    case CLI_FLAG: break;
    case CLI_INTEGER: fprintf(out, "=%d", *(const int *)member); break;
    case CLI_NUMBER: fprintf(out, "=%.17g", *(const double *)member); break;
    case CLI_TEXT: write_text(out, '=', *(const char *const *)member); break;
    case CLI_LIST:
      for (size_t i = 0; i < ((const cli_list *)member)->count; i++)
        write_text(out, '=', ((const cli_list *)member)->items[i]);
  }
}

// ---- models -----------------------------------------------------------------

// The files that a model's directory is known by: those of Hugging Face's directories that a
// translation may read.
static int is_model_file(const struct dirent *entry) {
  static const char *const ends[] = {".json", ".safetensors", ".bin", ".spm", ".model", ".txt"};
  const size_t length = strlen(entry->d_name);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    const size_t n = strlen(ends[i]);
    if (length > n && strcmp(entry->d_name + length - n, ends[i]) == 0) return 1;
  }
  return 0;
}

static ig_status hash_file(XXH3_state_t *hash, const char *path, char *chunk, ig_error *err) {
  // What is no regular file is none of the model: opening a pipe would wait for its writer.
  const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;
  if (descriptor >= 0 && fstat(descriptor, &info) == 0 && !S_ISREG(info.st_mode)) {
    close(descriptor);
    return IG_OK;
  }
  FILE *file = descriptor >= 0 ? fdopen(descriptor, "rb") : NULL;
  if (file == NULL) {
    cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
    if (descriptor >= 0) close(descriptor);
    return IG_ERROR_IO;
  }
  size_t got;
  while ((got = fread(chunk, 1, CHUNK, file)) > 0) XXH3_64bits_update(hash, chunk, got);
  const bool failed = ferror(file);
  fclose(file);
  return failed ? cli_error(err, IG_ERROR_IO, "%s: cannot read", path) : IG_OK;
}

static ig_status hash_named(XXH3_state_t *hash, const char *directory, const char *name,
                            char *chunk, ig_error *err) {
  const size_t size = strlen(directory) + strlen(name) + 2;
  char *path = malloc(size);
  if (path == NULL) return cli_error_memory(err);
  snprintf(path, size, "%s/%s", directory, name);
  XXH3_64bits_update(hash, name, strlen(name) + 1);
  const ig_status status = hash_file(hash, path, chunk, err);
  free(path);
  return status;
}

static ig_status hash_model(XXH3_state_t *hash, const char *directory, ig_error *err) {
  struct dirent **entries;
  const int count = scandir(directory, &entries, is_model_file, alphasort);
  if (count < 0) return cli_error(err, IG_ERROR_IO, "%s: %s", directory, strerror(errno));
  char *chunk = malloc(CHUNK);
  ig_status status = chunk != NULL ? IG_OK : cli_error_memory(err);
  XXH3_64bits_reset(hash);
  for (int i = 0; i < count; i++) {
    if (status == IG_OK) status = hash_named(hash, directory, entries[i]->d_name, chunk, err);
    free(entries[i]);
  }
  free(entries);
  free(chunk);
  return status;
}

static bool is_directory(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

// The value of such an option is a file that counts by what it holds, or a directory that does by
// those of its files that are a model's.
static ig_status write_content(FILE *out, const char *path, ig_error *err) {
  XXH3_state_t *hash = XXH3_createState();
  char *chunk = malloc(CHUNK);
  ig_status status = hash != NULL && chunk != NULL ? IG_OK : cli_error_memory(err);
  if (status == IG_OK) {
    XXH3_64bits_reset(hash);
    status = is_directory(path) ? hash_model(hash, path, err) : hash_file(hash, path, chunk, err);
  }
  if (status == IG_OK) fprintf(out, "=%016" PRIx64, (uint64_t)XXH3_64bits_digest(hash));
  free(chunk);
  XXH3_freeState(hash);
  return status;
}

static ig_status write_options(FILE *out, const cli_identity_options *o, ig_error *err) {
  ig_status status = IG_OK;
  fprintf(out, "ingot %s", o->verb->name);
  for (size_t i = 0; status == IG_OK && i < o->verb->option_count; i++) {
    const cli_option *option = &o->verb->options[i];
    const char *value = (const char *)o->values + option->offset;
    if (is_listed(option->name, o->without_effect) ||
        !differs(option, value, (const char *)o->defaults + option->offset))
      continue;
    fprintf(out, " --%s", option->name);
    if (is_listed(option->name, o->contents))
      status = write_content(out, *(const char *const *)(const void *)value, err);
    else if (!is_listed(option->name, o->files))
      write_value(out, option, value);
  }
  fputc('\n', out);
  return status;
}

// The name of the directory may say the source language.
static void write_model(FILE *out, const char *directory, uint64_t hash) {
  char *path = realpath(directory, NULL);
  const char *slash = path != NULL ? strrchr(path, '/') : NULL;
  fprintf(out, "model of hash %016" PRIx64, hash);
  write_text(out, ' ', slash != NULL ? slash + 1 : directory);
  fputc('\n', out);
  free(path);
}

static ig_status write_directory(FILE *out, XXH3_state_t *hash, const char *directory,
                                 ig_error *err) {
  const ig_status status = hash_model(hash, directory, err);
  if (status == IG_OK) write_model(out, directory, (uint64_t)XXH3_64bits_digest(hash));
  return status;
}

static ig_status write_named(FILE *out, XXH3_state_t *hash, const char *name, ig_error *err) {
  const char *adapters;
  char *directory;
  ig_status status = ig_model_name_find(name, &directory, &adapters, err);
  if (status == IG_OK) status = write_directory(out, hash, directory, err);
  free(directory);
  return status == IG_OK && adapters != NULL ? write_named(out, hash, adapters, err) : status;
}

static ig_status write_models(FILE *out, const cli_list *models, ig_error *err) {
  XXH3_state_t *hash = XXH3_createState();
  ig_status status = hash != NULL ? IG_OK : cli_error_memory(err);
  for (size_t i = 0; status == IG_OK && i < models->count; i++)
    status = write_named(out, hash, models->items[i], err);
  XXH3_freeState(hash);
  return status;
}

ig_status cli_identity_text(const cli_identity_options *options, char **out, ig_error *err) {
  *out = NULL;
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL) return cli_error_memory(err);
  fprintf(file, "version %s\n", ig_version());
  ig_status status = write_options(file, options, err);
  if (status == IG_OK) status = write_models(file, options->models, err);
  if (fclose(file) != 0 && status == IG_OK) status = cli_error_memory(err);
  if (status != IG_OK) {
    free(text);
    return status;
  }
  *out = text;
  return IG_OK;
}
