// ingot embed: a vector for each line.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "ingot_embed.h"
#include "input.h"
#include "options.h"
#include "output_path.h"
#include "report.h"
#include "stop.h"
#include "whole_file.h"

typedef struct embed_values {
  const char *model, *input, *output, *pooling, *unit_length, *format, *type, *stats;
  int max_length, threads, workers, batch_tokens;
  bool strict;
  cli_log log;
} embed_values;
#define CLI_VALUES embed_values

enum { TOGETHER = 1024 };  // lines that are read before their vectors are written

static const char *const poolings[] = {"mean", "first", "max", NULL};
static const char *const yes_or_no[] = {"no", "yes", NULL};
static const char *const formats[] = {"text", "binary", NULL};

static const cli_option embed_options[] = {
    CLI_REQUIRED_OPTION('m', "model", "DIR", model,
                        "The directory of an encoder, named as in translate."),
    CLI_TEXT_OPTION('i', "input", "FILE", input,
                    "Texts, one a line, .gz too. Default: standard input (-)."),
    CLI_TEXT_OPTION('o', "output", "FILE", output,
                    "Where the vectors go. Default: standard output (-)."),
    CLI_CHOICE_OPTION("format", "NAME", format, formats,
                      "text, a line of numbers for each line, or binary, 32-bit floats in the "
                      "machine's order, vector after vector. Default: text."),
    CLI_CHOICE_OPTION("pooling", "NAME", pooling, poolings,
                      "How the tokens' vectors become one: their mean, the first one "
                      "([CLS]) or the largest numbers. Default: what 1_Pooling/config.json says, "
                      "else mean."),
    CLI_CHOICE_OPTION("unit-length", "NAME", unit_length, yes_or_no,
                      "Whether each vector is divided by its length. Default: yes where "
                      "modules.json lists a Normalize."),
    CLI_INTEGER_OPTION("max-length", "N", max_length, 1, 1 << 20,
                       "Tokens of a text, at most; longer ones are cut, with a warning. Default: "
                       "max_seq_length of sentence-transformers, else the model's positions."),
    CLI_WEIGHT_TYPE_OPTION,
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, CLI_MOST_THREADS,
                       "Batches at the same time, each on one thread. Default: by the work."),
    CLI_INTEGER_OPTION("batch-tokens", "N", batch_tokens, 1, 1 << 24,
                       "Tokens a batch. Default: 2048. Results do not depend on it."),
    CLI_STRICT_OPTION,
    CLI_STATS_OPTION,
    CLI_QUIET_OPTION,
    CLI_JSON_OPTION,
};

// What is open while vectors are made.
typedef struct embedding {
  const embed_values *values;
  ig_embedder *embedder;
  ig_lines *lines;
  cli_whole_file out;
  char *texts[TOGETHER];
  float *vectors;  // (TOGETHER, d)
} embedding;

static ig_status read_texts(embedding *e, size_t *count, ig_error *err) {
  *count = 0;
  while (*count < TOGETHER) {
    const char *line;
    size_t length;
    const ig_status status = ig_lines_next(e->lines, &line, &length, err);
    if (status != IG_OK || line == NULL) return status;
    e->texts[*count] = strdup(line);
    if (e->texts[*count] == NULL) return cli_error_memory(err);
    ++*count;
  }
  return IG_OK;
}

static void write_text(FILE *file, const float *vector, int size) {
  for (int i = 0; i < size; i++) fprintf(file, i > 0 ? " %.9g" : "%.9g", (double)vector[i]);
  fputc('\n', file);
}

static ig_status write_vectors(embedding *e, size_t count, ig_error *err) {
  const int size = ig_embedder_size(e->embedder);
  const char *format = e->values->format;
  FILE *file = e->out.file;
  if (format != NULL && strcmp(format, "binary") == 0)
    fwrite(e->vectors, sizeof *e->vectors * (size_t)size, count, file);
  else
    for (size_t i = 0; i < count; i++) write_text(file, e->vectors + i * (size_t)size, size);
  if (!ferror(file)) return IG_OK;
  return cli_error(err, IG_ERROR_IO, "%s: cannot write", e->out.path ? e->out.path : "output");
}

static ig_status embed_lines(embedding *e, ig_error *err) {
  size_t count = TOGETHER;
  while (count == TOGETHER) {
    ig_status status = read_texts(e, &count, err);
    if (status == IG_OK)
      status = ig_embedder_run(e->embedder, (const char *const *)e->texts, count, e->vectors, err);
    if (status == IG_OK) status = write_vectors(e, count, err);
    for (size_t i = 0; i < count; i++) free(e->texts[i]);
    if (status != IG_OK) return status;
  }
  return cli_whole_file_commit(&e->out, err);
}

static ig_embedder_options library_options(const embed_values *v) {
  ig_embedder_options o = ig_embedder_options_default();
  for (int i = 0; v->pooling != NULL && poolings[i] != NULL; i++)
    if (strcmp(v->pooling, poolings[i]) == 0) o.pooling = (ig_pooling)(IG_POOLING_MEAN + i);
  if (v->unit_length != NULL)
    o.unit_length = strcmp(v->unit_length, "yes") == 0 ? IG_UNIT_LENGTH_YES : IG_UNIT_LENGTH_NO;
  o.type = v->type;
  o.threads = v->threads;
  o.workers = v->workers;
  o.max_length = v->max_length;
  o.batch_tokens = v->batch_tokens;
  o.interrupter = cli_stop_on_signals(!v->log.quiet && !v->log.json);
  return o;
}

static ig_status open_all(embedding *e, const ig_reporter *reporter, ig_error *err) {
  const embed_values *v = e->values;
  const ig_embedder_options options = library_options(v);
  const ig_lines_options reading = {
      .bad_bytes = v->strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR,
      .reporter = *reporter,
      .interrupter = options.interrupter};
  ig_status status = ig_embedder_open(v->model, &options, &e->embedder, err);
  if (status != IG_OK) return status;
  e->vectors = malloc(sizeof *e->vectors * TOGETHER * (size_t)ig_embedder_size(e->embedder));
  if (e->vectors == NULL) return cli_error_memory(err);
  status = cli_lines_open(v->input, &reading, &e->lines, err);
  return status == IG_OK ? cli_whole_file_open(&e->out, v->output, err) : status;
}

static ig_status write_stats(const embedding *e, ig_error *err) {
  const ig_embed_stats stats = ig_embedder_stats(e->embedder);
  const char *isa = "";
  char text[512];
  const ig_status status = ig_isa_name(&isa, err);
  if (status != IG_OK) return status;
  const int length = snprintf(
      text, sizeof text,
      "{\"texts\": %zu, \"tokens\": %zu, \"cut\": %zu, \"load_seconds\": %.6f, "
      "\"seconds\": %.6f, \"isa\": \"%s\", \"threads\": %d}\n",
      stats.texts, stats.tokens, stats.cut, stats.load_seconds, stats.seconds, isa, stats.threads);
  return cli_whole_file_write(e->values->stats, text, (size_t)length, err);
}

static void tell_cut(const embedding *e, const ig_reporter *reporter) {
  const size_t cut = ig_embedder_stats(e->embedder).cut;
  char text[128];
  if (cut == 0) return;
  snprintf(text, sizeof text, "%zu texts are longer than the model reads (--max-length), and cut",
           cut);
  if (reporter->message != NULL) reporter->message(reporter->context, IG_LEVEL_WARNING, text);
}

static int run_checked(const cli_verb *verb, const embed_values *v) {
  ig_error err = {0};
  embedding *e = calloc(1, sizeof *e);
  if (e == NULL) return cli_fail_memory(verb);
  e->values = v;
  const ig_reporter reporter = cli_report_begin(&v->log, false);
  ig_status status = open_all(e, &reporter, &err);
  if (status == IG_OK) status = embed_lines(e, &err);
  if (status == IG_OK) tell_cut(e, &reporter);
  if (status == IG_OK && v->stats != NULL) status = write_stats(e, &err);
  const int code =
      status == IG_OK ? CLI_OK : cli_stop_code(status, cli_fail(verb, "%s", err.message));
  cli_whole_file_close(&e->out);
  ig_lines_close(e->lines);
  ig_embedder_free(e->embedder);
  free(e->vectors);
  free(e);
  return code;
}

static int run_embed(const cli_verb *verb, int argc, char **argv) {
  embed_values values = {0};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  const cli_list models = {&values.model, 1};
  if (code == CLI_GO_ON) code = cli_check_output(verb, values.output, values.input, &models);
  if (code == CLI_GO_ON) code = cli_check_output(verb, values.stats, values.input, &models);
  return code == CLI_GO_ON ? run_checked(verb, &values) : code;
}

const cli_verb cli_embed = {
    .name = "embed",
    .summary = "Texts as vectors, by an encoder.",
    .synopsis = "embed -m MODEL [-i IN] [-o OUT] [--format text|binary] [--pooling NAME]",
    .description =
        "Writes a vector for each line: what the encoder gives its tokens, made one. A directory "
        "of sentence-transformers says itself how (1_Pooling, modules.json); what it asks for and "
        "is not built is refused by name. A line's vector has the same bits for any threads and "
        "whatever else is in the file.",
    .examples = "ingot embed -m models/sentences -i sentences.txt -o vectors.txt",
    .options = embed_options,
    .option_count = sizeof embed_options / sizeof *embed_options,
    .run = run_embed,
};
