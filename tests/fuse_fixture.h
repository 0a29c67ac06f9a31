// Small models of two or three tensors, in a temporary directory that is the current one; fusing
// them, and looking at what comes out.
#ifndef IG_TESTS_FUSE_FIXTURE_H
#define IG_TESTS_FUSE_FIXTURE_H
#define _XOPEN_SOURCE 700  // nftw; included before all others
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ingot.h"
#include "io/safetensors.h"

static char fixture_directory[] = "/tmp/ingot-fuse-XXXXXX";

static int fixture_enter(void **state) {
  (void)state;
  return mkdtemp(fixture_directory) && chdir(fixture_directory) == 0 ? 0 : -1;
}

static int fixture_remove(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return remove(path);
}

static int fixture_leave(void **state) {
  (void)state;
  return chdir("/") == 0 ? nftw(fixture_directory, fixture_remove, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

static inline void fixture_write(const char *path, const char *text) {
  ig_error err = {0};
  if (ig_file_write(path, text, strlen(text), &err) != IG_OK) fail_msg("%s", err.message);
}

// A directory with config.json and weights; count tensors.
static inline void fixture_model(const char *name, const char *config,
                                 const ig_safetensors_output *tensors, size_t count) {
  char path[256];
  ig_error err = {0};
  mkdir(name, 0777);
  snprintf(path, sizeof path, "%s/config.json", name);
  fixture_write(path, config);
  snprintf(path, sizeof path, "%s/model.safetensors", name);
  if (ig_safetensors_write(path, tensors, count, &err) != IG_OK) fail_msg("%s", err.message);
}

static inline void fixture_warning(void *context, ig_level level, const char *text) {
  if (level == IG_LEVEL_WARNING) strncat(context, text, 4000 - strlen(context));
}

// Fuses into `output`, which must not be there. Messages: problems and the error, "" where all went
// well.
static inline const char *fixture_fuse_with(const char *recipe, const char *output,
                                            ig_fuse_options options) {
  static char messages[8192];
  ig_error err = {0};
  messages[0] = '\0';
  fixture_write("recipe.yml", recipe);
  options.threads = 1;
  options.reporter = (ig_reporter){.message = fixture_warning, .context = messages};
  if (ig_fuse("recipe.yml", output, &options, &err) != IG_OK) strncat(messages, err.message, 4000);
  return messages;
}

static inline const char *fixture_fuse(const char *recipe, const char *output) {
  return fixture_fuse_with(recipe, output, ig_fuse_options_default());
}

static inline void fixture_fused(const char *recipe, const char *output) {
  const char *messages = fixture_fuse(recipe, output);
  if (*messages) fail_msg("%s", messages);
}

// Fuses, and tells this.
static inline void fixture_noted(const char *recipe, const char *output, const char *message) {
  const char *messages = fixture_fuse(recipe, output);
  if (!strstr(messages, message)) fail_msg("expected: %s\nfound: %s", message, messages);
  if (!ig_file_exists(output)) fail_msg("nothing was written: %s", messages);
}

static inline void fixture_refused(const char *recipe, const char *message) {
  const char *messages = fixture_fuse(recipe, "refused");
  if (!strstr(messages, message)) fail_msg("expected: %s\nfound: %s", message, messages);
  if (ig_file_exists("refused")) fail_msg("refused, and yet written: %s", message);
}

static inline size_t fixture_count(const char *model) {
  ig_safetensors *file;
  assert_int_equal(ig_safetensors_open(model, &file, NULL), IG_OK);
  const size_t count = ig_safetensors_count(file);
  ig_safetensors_close(file);
  return count;
}

// The model's tensor has these values.
static inline void fixture_expect(const char *model, const char *name, const float *expected,
                                  size_t count) {
  ig_safetensors *file;
  ig_error err = {0};
  float found[256];
  assert_true(count <= 256);
  if (ig_safetensors_open(model, &file, &err) != IG_OK) fail_msg("%s", err.message);
  const ig_safetensor *tensor = ig_safetensors_find(file, name);
  if (!tensor) fail_msg("%s: no %s", model, name);
  if (tensor->elements != count)
    fail_msg("%s: %zu values, expected %zu", name, tensor->elements, count);
  if (ig_safetensor_read_float(tensor, found, count, &err) != IG_OK) fail_msg("%s", err.message);
  for (size_t i = 0; i < count; i++)
    if (found[i] != expected[i])
      fail_msg("%s: value %zu is %g, expected %g", name, i + 1, (double)found[i],
               (double)expected[i]);
  ig_safetensors_close(file);
}
#endif
