// ingot translate: lines in, translations out; or the log-probabilities of given translations.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "identity.h"
#include "ingot.h"
#include "json.h"
#include "options.h"
#include "paths.h"
#include "report.h"
#include "streams.h"
#include "whole_file.h"

typedef struct translate_values {
  cli_list models;
  const char *ensemble, *weights, *input, *output, *score_target, *type, *stats;
  const char *split_sentences, *source_language, *target_language;
  int beam_size, n_best, min_length, max_length, no_repeat_ngram_size;
  double length_penalty, repetition_penalty, temperature, top_p, min_p;
  int top_k, seed;
  int threads, workers, batch_tokens;
  bool ids, ids_in, strict, resume, sample;
  cli_log log;
} translate_values;
#define CLI_VALUES translate_values

static const char *const types[] = {"fp32", NULL};
static const char *const splits[] = {"auto", "off", NULL};
static const char *const means[] = {"arithmetic", "geometric", NULL};  // as ig_mean

static const cli_option translate_options[] = {
    CLI_REQUIRED_LIST_OPTION(
        'm', "model", "DIR", models,
        "The model's directory; given several times, the models decide together (an ensemble)."),
    CLI_CHOICE_OPTION("ensemble", "MEAN", ensemble, means,
                      "How several models decide: by the mean of their probabilities (arithmetic), "
                      "or of their log-probabilities (geometric). "
                      "Default: arithmetic."),
    CLI_TEXT_OPTION(0, "weights", "A,B,...", weights,
                    "What each model counts for, in the order of -m: numbers from 0 on. Default: "
                    "all the same."),
    CLI_TEXT_OPTION('i', "input", "FILE", input,
                    "Lines of text, plain or compressed by gzip. Default: standard input (-)."),
    CLI_TEXT_OPTION(
        'o', "output", "FILE", output,
        "Default: standard output (-). A file is replaced only when all is translated; until then "
        "the finished lines are in FILE.partial."),
    CLI_FLAG_OPTION(0, "resume", resume,
                    "Go on from FILE.partial of -o FILE, which an earlier run with the same model, "
                    "options and input left: the result is that of a run that was never stopped. "
                    "Without one, begin."),
    CLI_CHOICE_OPTION("split-sentences", "MODE", split_sentences, splits,
                      "auto: the sentences of a line are translated one by one, and joined with "
                      "the white space between them; not with --ids, --ids-in, --n-best above 1 "
                      "and --score-target. off: a line is one sentence. Default: auto."),
    CLI_TEXT_OPTION(0, "source-language", "CODE", source_language,
                    "The source's language, as en: its abbreviations end no sentence. Default: "
                    "what the model's tokenizer_config.json says, else its directory's name, as "
                    "en-de. A multilingual model reads it from here: one of the codes that "
                    "ingot inspect lists."),
    CLI_TEXT_OPTION(0, "target-language", "CODE", target_language,
                    "The language to translate into, for a multilingual model: one of the codes "
                    "that ingot inspect lists. Default: what the model's files say."),
    CLI_INTEGER_OPTION(
        "beam-size", "N", beam_size, 1, 1024,
        "Hypotheses kept while searching; 1 is greedy. Default: the model's num_beams, else 1."),
    CLI_INTEGER_OPTION("n-best", "N", n_best, 1, 1024,
                       "Print the N best translations of each sentence, each as SCORE<TAB>TEXT; 1: "
                       "the best alone, without its score."),
    CLI_INTEGER_OPTION("min-length", "N", min_length, 0, 1000000,
                       "Fewest tokens to generate, the end-of-sentence token included."),
    CLI_INTEGER_OPTION(
        "max-length", "N", max_length, 1, 1000000,
        "Most tokens to generate, the end-of-sentence token included. Default: the model's."),
    CLI_NUMBER_OPTION("length-penalty", "X", length_penalty,
                      "Beam search divides a hypothesis' log-probability by its length to the "
                      "power of X. Default: the model's, else 1."),
    CLI_INTEGER_OPTION("no-repeat-ngram-size", "N", no_repeat_ngram_size, 0, 1000,
                       "No N tokens in a row occur twice in a translation; 0: they may. Default: "
                       "the model's, else 0."),
    CLI_NUMBER_OPTION("repetition-penalty", "X", repetition_penalty,
                      "The score of a token that the translation has already is divided by X, or, "
                      "if it is negative, multiplied. Default: the model's, else 1."),
    CLI_FLAG_OPTION(0, "sample", sample,
                    "Draw each token by its probability in place of searching for the best "
                    "translation; --n-best N draws N translations. The same seed gives the same "
                    "ones. Default: the model's do_sample."),
    CLI_NUMBER_OPTION("temperature", "X", temperature,
                      "Sampling divides logits by X: below 1 the likely tokens become likelier. "
                      "Default: the model's, else 1."),
    CLI_INTEGER_OPTION("top-k", "N", top_k, 0, 10000000,
                       "Sampling draws from the N likeliest tokens alone; 0: from all. Default: "
                       "the model's, else 50."),
    CLI_NUMBER_OPTION("top-p", "X", top_p,
                      "Sampling draws from the fewest tokens that have together a probability of "
                      "X. Default: the model's, else 1: all."),
    CLI_NUMBER_OPTION("min-p", "X", min_p,
                      "Sampling draws from tokens with at least X times the probability of the "
                      "likeliest. Default: the model's, else 0: all."),
    CLI_INTEGER_OPTION("seed", "N", seed, 0, 2147483647,
                       "Other numbers draw other translations. Default: 0."),
    CLI_CHOICE_OPTION("type", "TYPE", type, types, "What to compute with: fp32."),
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, CLI_MOST_THREADS,
                       "Batches translated at the same time, each on a thread of its own. Default: "
                       "chosen by the work."),
    CLI_INTEGER_OPTION(
        "batch-tokens", "N", batch_tokens, 1, 10000000,
        "Source tokens translated together, at most. Results do not depend on it. Default: 2048."),
    CLI_FLAG_OPTION(0, "ids", ids,
                    "Print target token ids, end of sentence included, instead of text. With "
                    "--score-target: both files are token ids."),
    CLI_FLAG_OPTION(
        0, "ids-in", ids_in,
        "The input is source token ids, taken as they stand. With --score-target: as --ids."),
    CLI_TEXT_OPTION(0, "score-target", "FILE", score_target,
                    "Do not translate: print the log-probability of each line of FILE as the "
                    "translation of the input's line; with --ids, of each token."),
    CLI_STRICT_OPTION,
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

static ig_translator_options translator_options(const translate_values *values) {
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = values->beam_size;
  options.n_best = values->n_best;
  options.min_length = values->min_length;
  options.max_length = values->max_length;
  options.length_penalty = (float)values->length_penalty;
  options.no_repeat_ngram = values->no_repeat_ngram_size;
  if (!isnan(values->repetition_penalty))
    options.repetition_penalty = (float)values->repetition_penalty;
  options.sampling = (ig_sampling_options){.on = values->sample ? IG_SWITCH_ON : IG_SWITCH_MODEL,
                                           .temperature = (float)values->temperature,
                                           .top_k = values->top_k,
                                           .top_p = (float)values->top_p,
                                           .min_p = (float)values->min_p,
                                           .seed = (uint64_t)values->seed};
  options.threads = values->threads;
  options.workers = values->workers;
  options.batch_tokens = values->batch_tokens;
  options.ids_in = values->ids_in || (values->ids && values->score_target != NULL);
  options.ids_out = values->ids;
  options.type = values->type;
  options.strict = values->strict;
  if (values->split_sentences != NULL && strcmp(values->split_sentences, "off") == 0)
    options.split_sentences = IG_SPLIT_SENTENCES_OFF;
  options.source_language = values->source_language;
  options.target_language = values->target_language;
  return options;
}

// ru_maxrss is in kilobytes, on macOS in bytes.
static double peak_bytes(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return (double)usage.ru_maxrss;
#else
  return (double)usage.ru_maxrss * 1024;
#endif
}

// The models as JSON: a name, or a list of names.
static void write_models(FILE *file, const cli_list *models) {
  if (models->count > 1) fputc('[', file);
  for (size_t i = 0; i < models->count; i++) {
    if (i > 0) fputs(", ", file);
    cli_json_string(file, models->items[i]);
  }
  if (models->count > 1) fputc(']', file);
}

static void print_stats(FILE *file, const translate_values *values, const ig_translate_stats *stats,
                        const char *isa, size_t lines_before) {
  fprintf(file,
          "{\"lines\": %zu, \"sentences\": %zu, \"source_tokens\": %zu, \"target_tokens\": %zu, "
          "\"cut\": %zu, \"divided\": %zu, ",
          stats->lines, stats->sentences, stats->source_tokens, stats->target_tokens,
          stats->truncated, stats->divided);
  fprintf(file,
          "\"repaired_lines\": %zu, \"unknown_codes\": %zu, \"unknown_sources\": %zu, "
          "\"unknown_targets\": %zu, \"empty\": %zu, \"unfinished\": %zu, \"unknown_outputs\": "
          "%zu, \"empty_outputs\": %zu, \"late_codes\": %zu, ",
          stats->repaired, stats->unknown_codes, stats->unknown_sources, stats->unknown_targets,
          stats->empty, stats->unfinished, stats->unknown_outputs, stats->empty_outputs,
          stats->late_codes);
  fprintf(file, "\"lines_before\": %zu, ", lines_before);
  fprintf(file, "\"load_seconds\": %.6f, \"seconds\": %.6f, \"peak_rss_bytes\": %.0f, ",
          stats->load_seconds, stats->seconds, peak_bytes());
  fprintf(file, "\"isa\": \"%s\", \"threads\": %d, \"workers\": %d, \"model\": ", isa,
          stats->threads, stats->workers);
  write_models(file, &values->models);
  fputs("}\n", file);
}

static ig_status write_stats(const translate_values *values, const ig_translator *translator,
                             size_t lines_before, ig_error *err) {
  const ig_translate_stats stats = ig_translator_stats(translator);
  const char *isa = "";
  const ig_status status = ig_isa_name(&isa, err);
  if (status != IG_OK) return status;
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (file == NULL) return cli_error_memory(err);
  print_stats(file, values, &stats, isa, lines_before);
  const ig_status written = fclose(file) == 0 ? cli_whole_file_write(values->stats, text, size, err)
                                              : cli_error_memory(err);
  free(text);
  return written;
}

// What a run is known by when it is resumed.
typedef struct run_identity {
  const cli_verb *verb;
  const translate_values *values;
} run_identity;

static const translate_values no_values = {.length_penalty = NAN,
                                           .repetition_penalty = NAN,
                                           .temperature = NAN,
                                           .top_p = NAN,
                                           .min_p = NAN,
                                           .top_k = -1,
                                           .no_repeat_ngram_size = -1};

static ig_status put_identity(void *context, char **out, ig_error *err) {
  // --strict decides whether a run ends, not what it writes.
  static const char *const without_effect[] = {"model",  "input",   "output",  "resume",
                                               "strict", "threads", "workers", "batch-tokens",
                                               "stats",  "quiet",   "json",    NULL};
  static const char *const files[] = {"score-target", NULL};
  const run_identity *run = context;
  return cli_identity_text(&(cli_identity_options){.verb = run->verb,
                                                   .values = run->values,
                                                   .defaults = &no_values,
                                                   .without_effect = without_effect,
                                                   .files = files,
                                                   .models = &run->values->models},
                           out, err);
}

static ig_status open_streams(cli_streams *s, run_identity *run, ig_error *err) {
  const translate_values *v = run->values;
  const cli_streams_options options = {
      .source = v->input,
      .target = v->score_target,
      .count_lines = !v->log.quiet,
      .output = {.path = v->output,
                 .resume = v->resume,
                 .json = v->log.json,
                 .lines_each = v->n_best > 1 ? (size_t)v->n_best : 1,
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

// Everything between opening and committing.
static int translate_streams(const cli_verb *verb, const translate_values *values,
                             ig_translator *translator, cli_streams *s) {
  ig_error err = {0};
  bool to_terminal = s->output.file == stdout && isatty(STDOUT_FILENO);
  ig_reporter reporter = cli_report_begin(&values->log, !to_terminal);
  if (to_terminal) reporter.progress = NULL;
  const ig_line_stream stream = cli_streams_lines(s);
  ig_status status =
      values->score_target != NULL
          ? ig_score_targets(translator, &stream, cli_streams_read_target, &reporter, &err)
          : ig_translate_lines(translator, &stream, &reporter, &err);
  cli_report_end();
  if (status == IG_OK) {
    status = cli_output_commit(&s->output, &err);
    s->own_error |= status != IG_OK;
  }
  if (status != IG_OK) return fail_with_count(verb, s, &err);
  if (values->stats != NULL) status = write_stats(values, translator, stream.lines_before, &err);
  return status == IG_OK ? CLI_OK : cli_fail(verb, "%s", err.message);
}

// Reports options that make sense alone, but not together.
static int check_options(const cli_verb *verb, const translate_values *v) {
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

static int check_homes(const cli_verb *verb, const translate_values *v) {
  const bool output = cli_begins_with_home(v->output);
  if (!output && !cli_begins_with_home(v->stats)) return CLI_GO_ON;
  const char *path = output ? v->output : v->stats;
  return cli_usage_error(verb,
                         "%s %s: '~' is not taken for the home directory: give the path of that, "
                         "or ./%s for a directory of this name",
                         output ? "--output" : "--stats", path, path);
}

// No output replaces a file of a model: its weights would be lost.
static int check_model_files(const cli_verb *verb, const translate_values *v) {
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
static bool is_unfinished_output(const translate_values *v) {
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
static int check_files(const cli_verb *verb, const translate_values *v) {
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
static int open_members(const cli_verb *verb, const translate_values *v,
                        ig_ensemble_member *members, ig_translator **out) {
  const ig_translator_options options = translator_options(v);
  ig_ensemble ensemble = {.members = members, .count = v->models.count};
  if (v->ensemble != NULL && strcmp(v->ensemble, means[IG_MEAN_GEOMETRIC]) == 0)
    ensemble.mean = IG_MEAN_GEOMETRIC;
  if (v->weights != NULL) {
    const int code = read_weights(verb, v->weights, members, ensemble.count);
    if (code != CLI_GO_ON) return code;
  }
  ig_error err = {0};
  if (ig_translator_open_ensemble(&ensemble, &options, out, &err) == IG_OK) return CLI_GO_ON;
  return cli_fail(verb, "%s", err.message);
}

static int open_translator(const cli_verb *verb, const translate_values *v, ig_translator **out) {
  const size_t count = v->models.count;
  ig_ensemble_member *members = calloc(count, sizeof *members);
  if (members == NULL) return cli_fail_memory(verb);
  for (size_t i = 0; i < count; i++) members[i].directory = v->models.items[i];
  const int code = open_members(verb, v, members, out);
  free(members);
  return code;
}

// The model is opened before the output, so that a wrong path leaves no trace.
static int open_and_translate(const cli_verb *verb, const translate_values *values, cli_streams *s,
                              ig_translator **translator) {
  ig_error err = {0};
  run_identity run = {.verb = verb, .values = values};
  const int code = open_translator(verb, values, translator);
  if (code != CLI_GO_ON) return code;
  if (open_streams(s, &run, &err) != IG_OK) return cli_fail(verb, "%s", err.message);
  return translate_streams(verb, values, *translator, s);
}

static int run_parsed(const cli_verb *verb, const translate_values *values) {
  int code = check_options(verb, values);
  if (code == CLI_GO_ON) code = check_files(verb, values);
  if (code == CLI_GO_ON) code = check_model_files(verb, values);
  if (code != CLI_GO_ON) return code;
  cli_report_begin(&values->log, false);
  ig_translator *translator = NULL;
  cli_streams s = {0};
  code = open_and_translate(verb, values, &s, &translator);
  cli_streams_close(&s);
  ig_translator_free(translator);
  return code;
}

static int run_translate(const cli_verb *verb, int argc, char **argv) {
  translate_values values = no_values;
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = run_parsed(verb, &values);
  cli_list_free(&values.models);
  return code;
}

const cli_verb cli_translate = {
    .name = "translate",
    .summary = "Translate lines of text, or score given translations.",
    .synopsis =
        "translate -m MODEL [-m MODEL ...] [-i IN] [-o OUT] [OPTION ...]\ntranslate -m MODEL -i "
        "SOURCE --score-target TARGET [--ids]",
    .description =
        "Reads lines and writes the translation of each, in the same order. A line of several "
        "sentences is translated sentence by sentence. Beam search is "
        "that of Hugging Face's transformers; "
        "defaults are those of the model's generation_config.json, or of its config.json where "
        "that "
        "file is missing. Any number of lines is "
        "translated in bounded memory; where the input pauses, all "
        "lines so far are answered at once.\n\n"
        "The output does not depend on --threads, --workers and --batch-tokens.\n\n"
        "Several models translate together, token by token, if they have one target vocabulary, "
        "the same pieces with the same ids: checkpoints of a "
        "run, "
        "runs from other seeds, models of other sizes or families. The source is each model's own "
        "to tokenize. Defaults are the first model's.\n\n"
        "The shipped model, models/en-de in the source, is PREFIX/share/ingot/models/en-de where "
        "Ingot is installed.",
    .examples =
        "echo 'How are you?' | ingot translate -m models/en-de\n"
        "ingot translate -m models/en-de -i test.en -o test.de --beam-size 4 --stats stats.json\n"
        "ingot translate -m models/en-de -i test.en --score-target test.de\n"
        "ingot translate -m run-1/best -m run-2/best -i test.en --ensemble geometric --weights 2,1",
    .options = translate_options,
    .option_count = sizeof translate_options / sizeof *translate_options,
    .run = run_translate,
};
