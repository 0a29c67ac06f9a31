#include "fuse/preview/report_path.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/path.h"
#include "base/path_relation.h"
#include "page/page.h"

// *input: the one whose directory has the file; NULL: none.
static ig_status find_input_with(const ig_fusion_plan *plan, const struct stat *file,
                                 const char **input, ig_error *err) {
  bool found = false;
  *input = NULL;
  for (size_t i = 0; !*input && i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    if (m->stage) continue;
    IG_TRY(ig_path_relation_find_entry(m->directory, file, &found, err));
    for (size_t k = 0; !found && k < ig_lora_adapter_count(m->adapters); k++)
      IG_TRY(ig_path_relation_find_entry(
          ig_lora_adapter_directory(ig_lora_adapter_at(m->adapters, k)), file, &found, err));
    if (found) *input = m->reference;
  }
  if (*input) return IG_OK;
  IG_TRY(ig_path_relation_find_entry(plan->recipe->tokenizer.source, file, &found, err));
  if (found) *input = plan->recipe->tokenizer.source;
  return IG_OK;
}

// Of these paths (count), of which some may be NULL, the one that leads to the file; NULL: none.
static const char *find_path(const char *const *paths, size_t count, const struct stat *file) {
  for (size_t i = 0; i < count; i++)
    if (paths[i] && ig_path_relation_is_file(paths[i], file)) return paths[i];
  return NULL;
}

static const char *find_in_sets(const ig_learning_files *sets, size_t count,
                                const struct stat *file) {
  const char *found = NULL;
  for (size_t i = 0; !found && i < count; i++) {
    const char *const paths[] = {sets[i].source, sets[i].target, sets[i].questions};
    found = find_path(paths, sizeof paths / sizeof *paths, file);
  }
  return found;
}

static const char *find_in_search(const ig_search_space *space, const struct stat *file) {
  const char *found = NULL;
  for (size_t i = 0; !found && i < space->objective_count; i++) {
    const ig_search_objective *o = &space->objectives[i];
    const char *const paths[] = {o->source, o->target, o->questions};
    found = find_path(paths, sizeof paths / sizeof *paths, file);
  }
  return found;
}

// Of the files that the recipe names, the one that is the file; NULL: none.
static const char *find_data(const ig_recipe *r, const struct stat *file) {
  const char *found = find_in_sets(r->align.data, r->align.data_count, file);
  const ig_learning *l = r->learning;
  if (!found && l) found = find_in_sets(l->data, l->data_count, file);
  if (!found && l) found = find_in_sets(l->valid, l->valid_count, file);
  if (!found && l) found = find_path(&l->coefficients, 1, file);
  if (!found && r->statistics)
    found = find_in_sets(r->statistics->data, r->statistics->count, file);
  if (!found && r->search) found = find_in_search(r->search, file);
  return found;
}

static ig_status check_data(ig_stages *s, const ig_fuse_options *options, const struct stat *file,
                            ig_error *err) {
  const char *found = find_path(options->score_files, options->score_file_count, file);
  for (size_t i = 0; !found && i < s->count; i++) found = find_data(s->stage[i].recipe, file);
  bool may = true;
  if (found)
    return ig_problems_add(&s->problems, NULL, err, "%s: the report would replace %s",
                           options->report_path, found);
  IG_TRY(ig_page_may_replace(options->report_path, &may, err));
  if (may) return IG_OK;
  return ig_problems_add(&s->problems, NULL, err,
                         "%s: the report would replace a file that is no page of HTML",
                         options->report_path);
}

static ig_status check_inputs(ig_stages *s, const ig_fuse_options *options, const struct stat *file,
                              ig_error *err) {
  const char *report = options->report_path;
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
  return check_data(s, options, file, err);
}

ig_status ig_report_path_check_output(ig_stages *s, const char *what, const char *given,
                                      const char *output, ig_error *err) {
  static const char *const suffixes[] = {"", ".partial", ".stages"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char *path = ig_path_with_suffix(output, suffixes[i], err);
    bool within = false;
    const ig_status status =
        path ? ig_path_relation_is_within(given, path, &within, err) : IG_ERROR_MEMORY;
    free(path);
    IG_TRY(status);
    if (within)
      return ig_problems_add(&s->problems, NULL, err,
                             "%s: %s would be where the output is written, %s", given, what,
                             output);
  }
  return IG_OK;
}

// The files of coefficients are not there yet where they are to be learned.
static ig_status check_coefficients(ig_stages *s, const char *report, ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    const ig_learning *l = s->stage[i].recipe->learning;
    bool within = false;
    if (!l || !l->coefficients || !l->data_count) continue;
    IG_TRY(ig_path_relation_is_within(report, l->coefficients, &within, err));
    if (within)
      return ig_problems_add(&s->problems, NULL, err,
                             "%s: the report would be where the coefficients are written", report);
  }
  return IG_OK;
}

ig_status ig_report_path_check(ig_stages *s, const ig_fuse_options *options, const char *output,
                               ig_error *err) {
  const char *report = options->report_path;
  struct stat file;
  if (!*report) return ig_problems_add(&s->problems, NULL, err, "the report has an empty name");
  if (stat(report, &file) == 0 && S_ISREG(file.st_mode))
    IG_TRY(check_inputs(s, options, &file, err));
  IG_TRY(check_coefficients(s, report, err));
  return output ? ig_report_path_check_output(s, "the report", report, output, err) : IG_OK;
}
