// ingot translate: lines in, translations out; or the log-probabilities of given translations.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "identity.h"
#include "paths.h"
#include "ranks.h"
#include "streams.h"
#include "translate_values.h"
#include "whole_file.h"

// What a run is known by when it is resumed.
typedef struct run_identity {
  const cli_verb *verb;
  const cli_translate_values *values;
} run_identity;

static ig_status put_identity(void *context, char **out, ig_error *err) {
  // --strict decides whether a run ends, not what it writes.
  static const char *const without_effect[] = {"model",
                                               "input",
                                               "output",
                                               "resume",
                                               "strict",
                                               "threads",
                                               "workers",
                                               "batch-tokens",
                                               "draft",
                                               "draft-tokens",
                                               "stats",
                                               "quiet",
                                               "json",
                                               "alignments",
                                               "alignments-format",
                                               "alignments-layer",
                                               "alignments-head",
                                               "alignments-svg",
                                               NULL};
  static const char *const files[] = {"score-target", NULL};
  static const char *const contents[] = {"glossary", "bad-words", "shortlist", NULL};
  const run_identity *run = context;
  return cli_identity_text(&(cli_identity_options){.verb = run->verb,
                                                   .values = run->values,
                                                   .defaults = &cli_translate_no_values,
                                                   .without_effect = without_effect,
                                                   .files = files,
                                                   .contents = contents,
                                                   .models = &run->values->models},
                           out, err);
}

static size_t count_lines_each(const cli_translate_values *v) {
  if (v->alternatives > 0) return (size_t)v->alternatives;
  return v->n_best > 1 ? (size_t)v->n_best : 1;
}

static ig_status open_streams(cli_streams *s, run_identity *run, ig_error *err) {
  const cli_translate_values *v = run->values;
  const cli_streams_options options = {.source = v->input,
                                       .target = v->score_target,
                                       .count_lines = !v->log.quiet,
                                       .output = {.path = v->output,
                                                  .resume = v->resume,
                                                  .json = v->log.json,
                                                  .lines_each = count_lines_each(v),
                                                  .identity = put_identity,
                                                  .context = run}};
  // If the statistics cannot be written, that is said at once.
  const ig_status status = v->stats != NULL ? cli_whole_file_check(v->stats, err) : IG_OK;
  return status == IG_OK ? cli_streams_open(s, &options, err) : status;
}

// The error, and how many lines are written nevertheless.
static int fail_with_count(const cli_verb *verb, cli_streams *s, const ig_error *err) {
  char count[600];
  cli_output_stop(&s->output, count, sizeof count);
  if (s->own_error) return cli_fail(verb, "%s%s", err->message, count);
  return cli_fail(verb, "%s: %s%s", s->source_name, err->message, count);
}

// What is open while lines are translated.
typedef struct translation {
  cli_streams streams;
  cli_alignments alignments;
  ig_translator *translator;
  ig_cluster *cluster;  // NULL: this process is alone
} translation;

// Everything between opening and committing.
static int translate_streams(const cli_verb *verb, const cli_translate_values *values,
                             translation *t) {
  ig_translator *translator = t->translator;
  cli_streams *s = &t->streams;
  ig_error err = {0};
  bool to_terminal = s->output.file == stdout && isatty(STDOUT_FILENO);
  ig_reporter reporter = cli_report_begin(&values->log, !to_terminal);
  if (to_terminal) reporter.progress = NULL;
  ig_line_stream stream = cli_streams_lines(s);
  stream.cluster = t->cluster;
  ig_status status =
      values->score_target != NULL
          ? ig_score_targets(translator, &stream, cli_streams_read_target, &reporter, &err)
          : ig_translate_lines(translator, &stream, &reporter, &err);
  cli_report_end();
  if (status == IG_OK) {
    status = cli_output_commit(&s->output, &err);
    if (status == IG_OK) status = cli_alignments_commit(&t->alignments, &err);
    s->own_error |= status != IG_OK;
  }
  s->own_error |= t->alignments.failed;
  if (status != IG_OK) return fail_with_count(verb, s, &err);
  if (values->stats != NULL)
    status = cli_translate_write_stats(values, translator, stream.lines_before, &err);
  return status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message);
}

// Reads "A,B,..." into the members' weights: as many as there are members.
static int read_weights(const cli_verb *verb, const char *text, ig_ensemble_member *members,
                        size_t count) {
  const char *p = text;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    char *end;
    const double weight = strtod(p, &end);
    if (end == p || !isfinite(weight) || weight < 0 || (*end != ',' && *end != '\0'))
      return cli_usage_error(
          verb, "--weights: expected numbers from 0 on with commas between them, found '%s'", text);
    if ((*end == '\0') != (i + 1 == count))
      return cli_usage_error(
          verb, "--weights: expected a number for each of %zu models, found '%s'", count, text);
    members[i].weight = weight;
    sum += weight;
    p = end + 1;
  }
  if (sum > 0) return CLI_GO_ON;
  return cli_usage_error(verb, "--weights: at least one must be above 0, found '%s'", text);
}

// The members have their directories; their weights are still to be read.
static int open_members(const cli_verb *verb, const cli_translate_values *v,
                        ig_ensemble_member *members, translation *t) {
  ig_translator_options options = cli_translate_library_options(v);
  if (v->alignments != NULL || v->alignments_svg != NULL) {
    options.alignments.write = cli_alignments_write;
    options.alignments.context = &t->alignments;
  }
  ig_ensemble ensemble = {.members = members, .count = v->models.count};
  if (cli_translate_is_geometric(v)) ensemble.mean = IG_MEAN_GEOMETRIC;
  if (v->weights != NULL) {
    const int code = read_weights(verb, v->weights, members, ensemble.count);
    if (code != CLI_GO_ON) return code;
  }
  ig_error err = {0};
  if (ig_translator_open_ensemble(&ensemble, &options, &t->translator, &err) == IG_OK)
    return CLI_GO_ON;
  return cli_fail(verb, "%s", err.message);
}

static int open_translator(const cli_verb *verb, const cli_translate_values *v, translation *t) {
  const size_t count = v->models.count;
  ig_ensemble_member *members = calloc(count, sizeof *members);
  if (members == NULL) return cli_fail_memory(verb);
  for (size_t i = 0; i < count; i++) members[i].directory = v->models.items[i];
  const int code = open_members(verb, v, members, t);
  free(members);
  return code;
}

// Rank 0 reads and writes for this process.
static int follow(const cli_verb *verb, const translation *t) {
  ig_error err = {0};
  const ig_line_stream stream = {.cluster = t->cluster};
  const ig_status status = ig_translate_lines(t->translator, &stream, NULL, &err);
  return cli_ranks_end(verb, t->cluster, status, &err);
}

// The model is opened before the output, so that a wrong path leaves no trace.
static int open_and_translate(const cli_verb *verb, const cli_translate_values *values,
                              translation *t) {
  ig_error err = {0};
  run_identity run = {.verb = verb, .values = values};
  const int code = open_translator(verb, values, t);
  if (code != CLI_GO_ON || ig_cluster_rank(t->cluster) > 0) return code;
  ig_status status = open_streams(&t->streams, &run, &err);
  const cli_alignments_options alignments = cli_translate_alignments(values);
  if (status == IG_OK) status = cli_alignments_open(&t->alignments, &alignments, &err);
  return status == IG_OK ? translate_streams(verb, values, t) : cli_fail(verb, "%s", err.message);
}

// What one process does alone.
static int check_alone(const cli_verb *verb, const cli_translate_values *v) {
  const struct {
    const char *name;
    bool given;
  } rules[] = {{"--score-target", v->score_target != NULL},
               {"--alignments", v->alignments != NULL},
               {"--alignments-svg", v->alignments_svg != NULL}};
  for (size_t i = 0; ig_cluster_processes() > 1 && i < sizeof rules / sizeof *rules; i++)
    if (rules[i].given)
      return cli_fail(verb, "%s is for one process, and %d were started together", rules[i].name,
                      ig_cluster_processes());
  return CLI_GO_ON;
}

static int run_parsed(const cli_verb *verb, const cli_translate_values *values) {
  int code = check_alone(verb, values);
  if (code == CLI_GO_ON) code = cli_translate_check_options(verb, values);
  if (code == CLI_GO_ON) code = cli_translate_check_files(verb, values);
  if (code != CLI_GO_ON) return code;
  cli_report_begin(&values->log, false);
  translation t = {0};
  code = cli_ranks_join(verb, &t.cluster);
  if (code != CLI_GO_ON) return code;
  code = open_and_translate(verb, values, &t);
  code = code == CLI_GO_ON ? follow(verb, &t) : cli_ranks_leave(verb, t.cluster, code);
  cli_streams_close(&t.streams);
  cli_alignments_close(&t.alignments);
  ig_translator_free(t.translator);
  return code;
}

int cli_translate_run(const cli_verb *verb, int argc, char **argv) {
  cli_translate_values values = cli_translate_no_values;
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = run_parsed(verb, &values);
  cli_list_free(&values.models);
  return code;
}
