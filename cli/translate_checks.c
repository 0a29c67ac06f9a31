// What the options of ingot translate must be to one another, and the files that they name.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "translate_values.h"

// A given target is read as it is: what changes a search has no effect on it.
static int check_scoring(const cli_verb *verb, const cli_translate_values *v) {
  const struct {
    const char *name;
    bool given;
  } rules[] = {{"--scores", v->scores != NULL},
               {"--n-best", v->n_best > 0},
               {"--alternatives", v->alternatives > 0},
               {"--glossary", v->glossary != NULL},
               {"--bad-words", v->bad_words != NULL},
               {"--draft", v->draft != NULL},
               {"--shortlist", v->shortlist != NULL},
               {"--keep-unknown", v->keep_unknown},
               {"--target-prefix", v->target_prefix != NULL},
               {"--max-length-factor", v->max_length_factor > 0},
               {"--early-stopping", v->early_stopping != NULL},
               {"--beam-size", v->beam_size > 0},
               {"--length-penalty", !isnan(v->length_penalty)},
               {"--no-repeat-ngram-size", v->no_repeat_ngram_size >= 0},
               {"--repetition-penalty", !isnan(v->repetition_penalty)},
               {"--sample", v->sample}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].given)
      return cli_usage_error(verb, "%s and --score-target exclude each other", rules[i].name);
  return CLI_GO_ON;
}

// Alternatives are of a token that the search would choose, and each is a line of its own.
static int check_alternatives(const cli_verb *verb, const cli_translate_values *v) {
  const struct {
    const char *name;
    bool given;
  } rules[] = {{"--n-best", v->n_best > 1},
               {"--sample", v->sample},
               {"--glossary", v->glossary != NULL},
               {"--draft", v->draft != NULL}};
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].given)
      return cli_usage_error(verb, "--alternatives and %s exclude each other", rules[i].name);
  return CLI_GO_ON;
}

// Reports options that make sense alone, but not together.
int cli_translate_check_options(const cli_verb *verb, const cli_translate_values *v) {
  if (v->resume && cli_is_standard(v->output))
    return cli_usage_error(verb, "--resume needs -o FILE: it goes on from FILE.partial");
  if (v->resume && (v->alignments != NULL || v->alignments_svg != NULL))
    return cli_usage_error(verb,
                           "--resume and --alignments exclude each other: of the lines that "
                           "are done the alignments are not kept");
  int code = v->score_target != NULL ? check_scoring(verb, v) : CLI_GO_ON;
  if (code == CLI_GO_ON && v->alternatives > 0) code = check_alternatives(verb, v);
  if (code != CLI_GO_ON) return code;
  if (v->draft == NULL && v->draft_tokens > 0)
    return cli_usage_error(verb, "--draft-tokens needs --draft DIR");
  if (v->draft != NULL && v->models.count > 1)
    return cli_usage_error(verb, "--draft is for one model, and there are %zu", v->models.count);
  if (v->draft != NULL && v->sample)
    return cli_usage_error(verb, "--draft and --sample exclude each other");
  if (v->draft != NULL && v->beam_size > 1)
    return cli_usage_error(verb, "--draft needs --beam-size 1: it guesses for greedy search");
  if (v->shortlist != NULL && v->models.count > 1)
    return cli_usage_error(verb, "--shortlist is for one model, and there are %zu",
                           v->models.count);
  if (v->shortlist != NULL && v->glossary != NULL)
    return cli_usage_error(verb,
                           "--shortlist and --glossary exclude each other: lists may lack terms");
  if (v->alignments == NULL && v->alignments_format != NULL)
    return cli_usage_error(verb, "--alignments-format needs --alignments FILE");
  if (v->alignments == NULL && v->alignments_svg == NULL && !v->keep_unknown &&
      (v->alignments_layer != 0 || v->alignments_head != 0))
    return cli_usage_error(verb,
                           "--alignments-layer and --alignments-head need --alignments FILE, "
                           "--alignments-svg FILE or --keep-unknown");
  if (v->beam_size > 0 && !v->sample && v->n_best > v->beam_size)
    return cli_usage_error(verb, "--n-best %d is more than --beam-size %d", v->n_best,
                           v->beam_size);
  if (v->max_length > 0 && v->min_length > v->max_length)
    return cli_usage_error(verb, "--min-length %d is more than --max-length %d", v->min_length,
                           v->max_length);
  return CLI_GO_ON;
}

// A file that the command reads or writes. path NULL: none.
typedef struct named_path {
  const char *option, *path;
} named_path;

// What is written, and then what is read. The output of translations is the first.
enum { OUTPUTS = 4, INPUTS = 5 };
typedef struct named_paths {
  named_path list[OUTPUTS + INPUTS];
} named_paths;

static named_paths paths_of(const cli_translate_values *v) {
  return (named_paths){{{"--output", v->output},
                        {"--stats", v->stats},
                        {"--alignments", v->alignments},
                        {"--alignments-svg", v->alignments_svg},
                        {"--score-target", v->score_target},
                        {"--glossary", v->glossary},
                        {"--bad-words", v->bad_words},
                        {"--shortlist", v->shortlist},
                        {"--input", v->input}}};
}

static int check_homes(const cli_verb *verb, const named_paths *paths) {
  for (int i = 0; i < OUTPUTS; i++) {
    const named_path *p = &paths->list[i];
    if (cli_begins_with_home(p->path))
      return cli_usage_error(verb,
                             "%s %s: '~' is not taken for the home directory: give the path of "
                             "that, or ./%s for a directory of this name",
                             p->option, p->path, p->path);
  }
  return CLI_GO_ON;
}

// No output replaces a file of a model: its weights would be lost.
static int check_files_of(const cli_verb *verb, const char *model, const named_paths *paths) {
  for (int o = 0; o < OUTPUTS; o++) {
    const named_path *p = &paths->list[o];
    bool found;
    ig_error err = {0};
    if (cli_find_file_of_model(p->path, model, &found, &err) != IG_OK)
      return cli_fail(verb, "%s", err.message);
    if (found)
      return cli_usage_error(verb, "%s %s is a file of the model %s", p->option, p->path, model);
  }
  return CLI_GO_ON;
}

static int check_model_files(const cli_verb *verb, const cli_translate_values *v,
                             const named_paths *paths) {
  int code = v->draft != NULL ? check_files_of(verb, v->draft, paths) : CLI_GO_ON;
  for (size_t i = 0; i < v->models.count && code == CLI_GO_ON; i++)
    code = check_files_of(verb, v->models.items[i], paths);
  return code;
}

// True if the file would be written where the unfinished output is.
static bool is_unfinished_output(const char *path, const char *output) {
  static const char *const suffixes[] = {".partial", ".partial.state"};
  bool same = false;
  for (size_t i = 0; path != NULL && !cli_is_standard(output) && i < 2; i++) {
    const size_t size = strlen(output) + strlen(suffixes[i]) + 1;
    char *unfinished = malloc(size);
    if (unfinished == NULL) return false;  // opening the output will tell
    snprintf(unfinished, size, "%s%s", output, suffixes[i]);
    same = same || cli_same_file(path, unfinished);
    free(unfinished);
  }
  return same;
}

static int check_output(const cli_verb *verb, const named_paths *paths, int index) {
  const named_path *p = &paths->list[index];
  for (int i = 0; i < OUTPUTS + INPUTS; i++) {
    const named_path *other = &paths->list[i];
    if ((i < index || i >= OUTPUTS) && cli_same_file(p->path, other->path))
      return cli_usage_error(verb, "%s and %s are the same file: %s", p->option, other->option,
                             p->path);
  }
  if (index == 0 || p->path == NULL) return CLI_GO_ON;
  if (is_unfinished_output(p->path, paths->list[0].path))
    return cli_usage_error(verb, "%s %s: the unfinished output is there", p->option, p->path);
  if (!cli_is_standard(p->path)) return CLI_GO_ON;
  if (cli_is_standard(paths->list[0].path))
    return cli_usage_error(verb, "%s and the translations cannot both go to standard output",
                           p->option);
  for (int i = 1; i < index; i++)
    if (paths->list[i].path != NULL && cli_is_standard(paths->list[i].path))
      return cli_usage_error(verb, "%s and %s cannot both go to standard output", p->option,
                             paths->list[i].option);
  return CLI_GO_ON;
}

// No output replaces an input or another output. Two readers of standard input would take turns.
int cli_translate_check_files(const cli_verb *verb, const cli_translate_values *v) {
  const named_paths paths = paths_of(v);
  int code = check_homes(verb, &paths);
  for (int i = 0; i < OUTPUTS && code == CLI_GO_ON; i++) code = check_output(verb, &paths, i);
  if (code != CLI_GO_ON) return code;
  if (v->score_target != NULL && cli_is_standard(v->score_target) && cli_is_standard(v->input))
    return cli_usage_error(verb, "--input and --score-target cannot both be standard input");
  return check_model_files(verb, v, &paths);
}
