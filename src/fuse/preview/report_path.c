#include "fuse/preview/report_path.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/path.h"
#include "base/path_relation.h"

// *input: the one whose directory has the file; NULL: none.
static ig_status find_input_with(const ig_fusion_plan *plan, const struct stat *file,
                                 const char **input, ig_error *err) {
  bool found = false;
  *input = NULL;
  for (size_t i = 0; !*input && i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (m->stage) continue;
    IG_TRY(ig_path_relation_find_entry(m->directory, file, &found, err));
    if (!found && m->adapter)
      IG_TRY(ig_path_relation_find_entry(ig_lora_directory(m->adapter), file, &found, err));
    if (found) *input = m->reference;
  }
  if (*input) return IG_OK;
  IG_TRY(ig_path_relation_find_entry(plan->recipe->tokenizer.source, file, &found, err));
  if (found) *input = plan->recipe->tokenizer.source;
  return IG_OK;
}

static ig_status check_inputs(ig_stages *s, const char *report, const struct stat *file,
                              ig_error *err) {
  if (ig_path_relation_is_file(s->file, file))
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

static ig_status check_output(ig_stages *s, const char *report, const char *output, ig_error *err) {
  static const char *const suffixes[] = {"", ".partial", ".stages"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char *path = ig_path_with_suffix(output, suffixes[i], err);
    bool within = false;
    const ig_status status =
        path ? ig_path_relation_is_within(report, path, &within, err) : IG_ERROR_MEMORY;
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
