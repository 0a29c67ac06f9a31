// What the options of ingot translate must be to one another, and the files that they name.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paths.h"
#include "translate_values.h"

// Reports options that make sense alone, but not together.
int cli_translate_check_options(const cli_verb *verb, const cli_translate_values *v) {
  if (v->resume && cli_is_standard(v->output))
    return cli_usage_error(verb, "--resume needs -o FILE: it goes on from FILE.partial");
  if (v->score_target != NULL && v->n_best > 0)
    return cli_usage_error(verb, "--n-best and --score-target exclude each other");
  if (v->beam_size > 0 && !v->sample && v->n_best > v->beam_size)
    return cli_usage_error(verb, "--n-best %d is more than --beam-size %d", v->n_best,
                           v->beam_size);
  if (v->max_length > 0 && v->min_length > v->max_length)
    return cli_usage_error(verb, "--min-length %d is more than --max-length %d", v->min_length,
                           v->max_length);
  return CLI_GO_ON;
}

static int check_homes(const cli_verb *verb, const cli_translate_values *v) {
  const bool output = cli_begins_with_home(v->output);
  if (!output && !cli_begins_with_home(v->stats)) return CLI_GO_ON;
  const char *path = output ? v->output : v->stats;
  return cli_usage_error(verb,
                         "%s %s: '~' is not taken for the home directory: give the path of that, "
                         "or ./%s for a directory of this name",
                         output ? "--output" : "--stats", path, path);
}

// No output replaces a file of a model: its weights would be lost.
static int check_model_files(const cli_verb *verb, const cli_translate_values *v) {
  const struct {
    const char *option, *path;
  } outputs[] = {{"--output", v->output}, {"--stats", v->stats}};
  for (size_t i = 0; i < v->models.count; i++)
    for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++) {
      const char *model = v->models.items[i], *path = outputs[o].path;
      bool found;
      ig_error err = {0};
      if (cli_find_file_of_model(path, model, &found, &err) != IG_OK)
        return cli_fail(verb, "%s", err.message);
      if (found)
        return cli_usage_error(verb, "%s %s is a file of the model %s", outputs[o].option, path,
                               model);
    }
  return CLI_GO_ON;
}

// True if the statistics would be written where the unfinished output is.
static bool is_unfinished_output(const cli_translate_values *v) {
  static const char *const suffixes[] = {".partial", ".partial.state"};
  bool same = false;
  for (size_t i = 0; v->stats != NULL && !cli_is_standard(v->output) && i < 2; i++) {
    const size_t size = strlen(v->output) + strlen(suffixes[i]) + 1;
    char *path = malloc(size);
    if (path == NULL) return false;  // opening the output will tell
    snprintf(path, size, "%s%s", v->output, suffixes[i]);
    same = same || cli_same_file(v->stats, path);
    free(path);
  }
  return same;
}

// No output replaces an input or another output. Two readers of standard input would take turns.
static int check_pairs(const cli_verb *verb, const cli_translate_values *v) {
  const struct {
    const char *one, *other, *path, *other_path;
  } pairs[] = {
      {"--output", "--input", v->output, v->input},
      {"--stats", "--output", v->stats, v->output},
      {"--stats", "--input", v->stats, v->input},
      {"--stats", "--score-target", v->stats, v->score_target},
      {"--score-target", "--output", v->score_target, v->output},
  };
  const int code = check_homes(verb, v);
  if (code != CLI_GO_ON) return code;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    const char *path = pairs[i].path, *other = pairs[i].other_path;
    if (cli_same_file(path, other))
      return cli_usage_error(verb, "%s and %s are the same file: %s", pairs[i].one, pairs[i].other,
                             path);
  }
  if (is_unfinished_output(v))
    return cli_usage_error(verb, "--stats %s: the unfinished output is there", v->stats);
  if (v->stats != NULL && cli_is_standard(v->stats) && cli_is_standard(v->output))
    return cli_usage_error(verb, "--stats and the translations cannot both go to standard output");
  if (v->score_target != NULL && cli_is_standard(v->score_target) && cli_is_standard(v->input))
    return cli_usage_error(verb, "--input and --score-target cannot both be standard input");
  return CLI_GO_ON;
}

int cli_translate_check_files(const cli_verb *verb, const cli_translate_values *v) {
  const int code = check_pairs(verb, v);
  return code == CLI_GO_ON ? check_model_files(verb, v) : code;
}
