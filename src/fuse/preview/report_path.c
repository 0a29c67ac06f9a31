#include "fuse/preview/report_path.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_file(const char *path, const struct stat *file) {
  struct stat found;
  return stat(path, &found) == 0 && same_file(&found, file);
}

static bool is_directory(const char *path) {
  struct stat status;
  return path && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

// Whether an entry of the directory is this file, or leads to it. What is no directory has none.
static ig_status find_file(const char *directory, const struct stat *file, bool *found,
                           ig_error *err) {
  *found = false;
  if (!is_directory(directory)) return IG_OK;
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && !*found && i < listing.count; i++) {
    char *path = ig_path_join(directory, listing.names[i], err);
    if (path)
      *found = is_file(path, file);
    else
      status = IG_ERROR_MEMORY;
    free(path);
  }
  ig_listing_free(&listing);
  return status;
}

// *input: the one whose directory has the file; NULL: none.
static ig_status find_input_with(const ig_fusion_plan *plan, const struct stat *file,
                                 const char **input, ig_error *err) {
  bool found = false;
  *input = NULL;
  for (size_t i = 0; !*input && i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (m->stage) continue;
    IG_TRY(find_file(m->directory, file, &found, err));
    if (!found && m->adapter) IG_TRY(find_file(ig_lora_directory(m->adapter), file, &found, err));
    if (found) *input = m->reference;
  }
  if (*input) return IG_OK;
  IG_TRY(find_file(plan->recipe->tokenizer.source, file, &found, err));
  if (found) *input = plan->recipe->tokenizer.source;
  return IG_OK;
}

static ig_status check_inputs(ig_stages *s, const char *report, const struct stat *file,
                              ig_error *err) {
  if (is_file(s->file, file))
    return ig_problems_add(&s->problems, NULL, err, "%s: the report would replace the recipe",
                           report);
  for (size_t i = 0; i < s->count; i++) {
    const char *input;
    IG_TRY(find_input_with(&s->stage[i].plan, file, &input, err));
    if (input)
      return ig_problems_add(&s->problems, NULL, err,
                             "%s: the report would replace a file of the input %s", report, input);
  }
  return IG_OK;
}

// Whether a path is `output` itself, or in it, when all that exists of both is resolved.
static ig_status is_within(const char *path, const char *output, bool *within, ig_error *err) {
  char *parent = ig_path_parent(path, err), *above = parent ? ig_path_parent(output, err) : NULL;
  char *real = above ? realpath(parent, NULL) : NULL,
       *real_above = above ? realpath(above, NULL) : NULL;
  char *trimmed = above ? ig_path_with_suffix(output, "", err) : NULL;
  const char *name = trimmed ? ig_path_base_name(trimmed) : "";
  *within = false;
  if (real && real_above && trimmed) {
    char *resolved = ig_path_join(real_above, name, NULL);
    const bool is_output =
        strcmp(real, real_above) == 0 && strcmp(ig_path_base_name(path), name) == 0;
    const size_t length = resolved ? strlen(resolved) : 0;
    const bool in_output =
        resolved && strncmp(real, resolved, length) == 0 && strchr("/", real[length]);
    *within = is_output || in_output;
    free(resolved);
  }
  free(parent);
  free(above);
  free(real);
  free(real_above);
  const bool failed = !trimmed;
  free(trimmed);
  return failed ? IG_ERROR_MEMORY : IG_OK;
}

static ig_status check_output(ig_stages *s, const char *report, const char *output, ig_error *err) {
  static const char *const suffixes[] = {"", ".partial", ".stages"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char *path = ig_path_with_suffix(output, suffixes[i], err);
    bool within = false;
    const ig_status status = path ? is_within(report, path, &within, err) : IG_ERROR_MEMORY;
    free(path);
    IG_TRY(status);
    if (within)
      return ig_problems_add(&s->problems, NULL, err,
                             "%s: the report would be where the output is written, %s", report,
                             output);
  }
  return IG_OK;
}

ig_status ig_report_path_check(ig_stages *s, const char *report, const char *output,
                               ig_error *err) {
  struct stat file;
  if (!*report) return ig_problems_add(&s->problems, NULL, err, "the report has an empty name");
  if (stat(report, &file) == 0 && S_ISREG(file.st_mode))
    IG_TRY(check_inputs(s, report, &file, err));
  return output ? check_output(s, report, output, err) : IG_OK;
}
