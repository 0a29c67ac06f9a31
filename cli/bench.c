// ingot bench: how fast this model runs on this machine. Sentences are random token ids and every translation has the same number of tokens, so that
// the work depends on the model's sizes alone: no tokenizer, no early end of sentence.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingot.h"
#include "json.h"
#include "options.h"
#include "report.h"

typedef struct bench_values {
  const char *model;
  int threads, workers, batch_tokens, beam_size, length, sentences, repeat;
  bool json;
} bench_values;
#define CLI_VALUES bench_values

static const cli_option bench_options[] = {
    CLI_REQUIRED_OPTION('m', "model", "DIR", model, "The model's directory."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 1024, "Default: 1 (greedy)."),
    CLI_INTEGER_OPTION("length", "N", length, 1, 100000,
                       "Tokens of each source sentence and of each translation, end of sentence included. Default: 24."),
    CLI_INTEGER_OPTION("sentences", "N", sentences, 1, 10000000, "In the batch. Default: 256."),
    CLI_INTEGER_OPTION("repeat", "N", repeat, 1, 1000, "The best of N runs counts. Default: 3."),
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, 4096, "As in translate."),
    CLI_INTEGER_OPTION("batch-tokens", "N", batch_tokens, 1, 10000000, "As in translate."),
    CLI_FLAG_OPTION(0, "json", json, "Print one JSON object."),
};

typedef struct bench_result {
  char family[16];
  size_t parameters;
  int threads, workers;
  double load_seconds;
  double batch_tokens_per_second;  // generated
  double single_seconds;           // a sentence, one after the other
  double peak;                     // of the machine, GFLOP/s
  double reached;                  // by the batch, GFLOP/s of matrix products
} bench_result;

// The sentences, as the translator reads them.
typedef struct sentences {
  char **lines;
  size_t count, next;
} sentences;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  sentences *s = context;
  *line = s->next < s->count ? s->lines[s->next++] : NULL;
  *length = *line != NULL ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status drop_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)context, (void)line, (void)length, (void)err;
  return IG_OK;
}

static void sentences_free(sentences *s) {
  for (size_t i = 0; s->lines != NULL && i < s->count; i++) free(s->lines[i]);
  free(s->lines);
}

// `length` ids a line, the last one the end of sentence. The ids come from a linear congruence (Knuth, TAOCP 2, 3.3.4): the same on every machine.
static bool sentences_create(sentences *s, const ig_config *config, int count, int length) {
  *s = (sentences){.lines = calloc((size_t)count, sizeof(char *)), .count = (size_t)count};
  if (s->lines == NULL) return false;
  uint64_t random = 1;
  for (size_t i = 0; i < s->count; i++) {
    size_t size = (size_t)length * 12 + 1, used = 0;
    char *line = s->lines[i] = malloc(size);
    if (line == NULL) return false;
    for (int j = 0; j + 1 < length; j++) {
      int id;
      do {
        random = random * 6364136223846793005u + 1442695040888963407u;
        id = (int)((random >> 33) % (uint64_t)config->vocab_size);
      } while ((id == config->pad_id || id == config->eos_id || id == config->bos_id) && config->vocab_size > 4);
      used += (size_t)snprintf(line + used, size - used, "%d ", id);
    }
    snprintf(line + used, size - used, "%d", config->eos_id);
  }
  return true;
}

static ig_status run_once(ig_translator *translator, sentences *s, size_t count, double *seconds, ig_error *err) {
  ig_line_stream stream = {.read = read_line, .write = drop_line, .context = s};
  size_t all = s->count;
  double begin = now();
  s->next = 0;
  s->count = count;
  ig_status status = ig_translate_lines(translator, &stream, NULL, err);
  s->count = all;
  *seconds = now() - begin;
  return status;
}

// The batch, then one sentence at a time: the best of `repeat` runs each, after one to warm up.
static ig_status measure(ig_translator *translator, const bench_values *values, sentences *s, bench_result *result, ig_error *err) {
  double seconds, batch = 1e30, single = 1e30;
  ig_status status = run_once(translator, s, s->count, &seconds, err);
  for (int i = 0; status == IG_OK && i < values->repeat; i++) {
    status = run_once(translator, s, s->count, &seconds, err);
    if (seconds < batch) batch = seconds;
  }
  ig_translate_stats stats = ig_translator_stats(translator);
  result->threads = stats.threads;
  result->workers = stats.workers;
  result->batch_tokens_per_second = (double)values->length * values->sentences / batch;
  for (int i = 0; status == IG_OK && i < values->repeat * 4; i++) {
    status = run_once(translator, s, 1, &seconds, err);
    if (seconds < single) single = seconds;
  }
  result->single_seconds = single;
  return status;
}

// Floating-point operations of the matrix products for a sentence of `length` tokens on both sides (attention's own products, some percent, left out).
static double operations(const ig_config *c, int length, int beam_size) {
  double d = c->d_model, layers = c->decoder_layers;
  double encoder =
      c->encoder_layers * (4 * d * d + 2 * d * c->encoder_ffn) + layers * 2 * d * d;  // keys and values of cross-attention: once a source token
  double decoder = layers * (6 * d * d + 2 * d * c->decoder_ffn) + d * c->target_vocab_size;
  return 2 * length * (encoder + beam_size * decoder);
}

static ig_status bench(const bench_values *values, bench_result *result, ig_error *err) {
  ig_model *model = NULL;
  ig_status status = ig_model_load(values->model, &model, err);
  if (status != IG_OK) return status;
  ig_config config = *ig_model_config(model);
  snprintf(result->family, sizeof result->family, "%s", config.family);
  result->parameters = ig_model_parameters(model);
  ig_model_free(model);

  ig_translator_options options = ig_translator_options_default();
  options.beam_size = values->beam_size;
  options.min_length = options.max_length = values->length;
  options.threads = values->threads;
  options.workers = values->workers;
  options.batch_tokens = values->batch_tokens;
  options.ids_in = options.ids_out = true;
  result->load_seconds = 1e30;
  ig_translator *translator = NULL;
  for (int i = 0; status == IG_OK && i < values->repeat; i++) {
    ig_translator_close(translator);
    translator = NULL;
    status = ig_translator_open(values->model, &options, &translator, err);
    if (status != IG_OK) break;
    double seconds = ig_translator_stats(translator).load_seconds;
    if (seconds < result->load_seconds) result->load_seconds = seconds;
  }
  sentences s = {0};
  if (status == IG_OK && !sentences_create(&s, &config, values->sentences, values->length)) {
    snprintf(err->message, sizeof err->message, "out of memory");
    status = err->status = IG_ERROR_MEMORY;
  }
  if (status == IG_OK) status = measure(translator, values, &s, result, err);
  if (status == IG_OK) status = ig_machine_peak(result->threads, &result->peak, err);
  result->reached = operations(&config, values->length, values->beam_size) * result->batch_tokens_per_second / values->length * 1e-9;
  sentences_free(&s);
  ig_translator_close(translator);
  return status;
}

static void print_text(const bench_values *values, const bench_result *result, const char *isa) {
  printf("model    %s (%s, %.2f M parameters)\n", values->model, result->family, (double)result->parameters / 1e6);
  printf("machine  %s, %d thread%s\n", isa, result->threads, result->threads == 1 ? "" : "s");
  printf("load     %.1f ms\n", result->load_seconds * 1e3);
  printf("batch    %.0f tokens/s (%d sentences, %d source tokens and %d generated each, beam %d, %d worker%s)\n", result->batch_tokens_per_second,
         values->sentences, values->length, values->length, values->beam_size, result->workers, result->workers == 1 ? "" : "s");
  printf("peak     %.0f GFLOP/s; the batch's matrix products reach %.0f%% of it\n", result->peak, 100 * result->reached / result->peak);
  printf("single   %.2f ms a sentence (%.0f tokens/s)\n", result->single_seconds * 1e3, values->length / result->single_seconds);
}

static void print_json(const bench_values *values, const bench_result *result, const char *isa) {
  fputs("{\"model\": ", stdout);
  cli_json_string(stdout, values->model);
  printf(", \"family\": \"%s\", \"parameters\": %zu, \"isa\": \"%s\", \"threads\": %d, \"workers\": %d", result->family, result->parameters, isa,
         result->threads, result->workers);
  printf(", \"beam_size\": %d, \"sentences\": %d, \"length\": %d, \"load_seconds\": %.6f", values->beam_size, values->sentences, values->length,
         result->load_seconds);
  printf(", \"batch_tokens_per_second\": %.1f, \"single_seconds\": %.6f, \"peak_gflops\": %.1f, \"batch_gflops\": %.1f}\n",
         result->batch_tokens_per_second, result->single_seconds, result->peak, result->reached);
}

static int run(const cli_verb *verb, int argc, char **argv) {
  bench_values values = {.beam_size = 1, .length = 24, .sentences = 256, .repeat = 3};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code != CLI_GO_ON) return code;
  bench_result result = {0};
  const char *isa = "";
  ig_error err = {0};
  ig_status status = ig_isa_name(&isa, &err);
  if (status == IG_OK) status = bench(&values, &result, &err);
  if (status != IG_OK) return cli_fail(verb, "%s", err.message);
  (values.json ? print_json : print_text)(&values, &result, isa);
  return CLI_OK;
}

const cli_verb cli_bench = {
    .name = "bench",
    .summary = "Speed of this model on this machine.",
    .synopsis = "bench -m MODEL [--beam-size N] [--length N] [--sentences N] [--threads N] [--workers N] [--repeat N] [--json]",
    .description =
        "Translates random token ids to translations of a fixed length and prints the time to load the model, generated tokens per second "
        "for a batch beside the machine's arithmetic peak, and the time of one sentence. Each figure is the best of several runs.",
    .examples = "ingot bench -m models/en-de --beam-size 4",
    .options = bench_options,
    .option_count = sizeof bench_options / sizeof *bench_options,
    .run = run,
};
