// ingot bench: what this machine can do, and how much of it a model uses. Sentences are random
// token ids, and every translation has the same number of tokens. So the work depends on the
// model's sizes alone: no tokenizer runs, and no sentence ends early.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_table.h"
#include "error.h"
#include "ingot_measure.h"
#include "options.h"
#include "report.h"

typedef struct bench_values {
  const char *model, *only, *type;
  int threads, workers, batch_tokens, beam_size, length, sentences, repeat;
  bool csv, json;
} bench_values;
#define CLI_VALUES bench_values

static const char *const groups[] = {"machine", "product", "layer", "run", NULL};

static const cli_option bench_options[] = {
    CLI_TEXT_OPTION('m', "model", "DIR", model,
                    "The model's directory, named as in translate. Without it the machine alone is "
                    "measured."),
    CLI_CHOICE_OPTION("only", "GROUP", only, groups,
                      "Only these figures: machine, product, layer or run."),
    CLI_CHOICE_OPTION("type", "TYPE", type, cli_weight_types,
                      "What the weights are held as in decoding steps and translations, as in "
                      "translate. Default: int8 if the directory holds int8, else fp32."),
    CLI_INTEGER_OPTION("beam-size", "N", beam_size, 1, 1024,
                       "Of the translations. Default: 1 (greedy)."),
    CLI_INTEGER_OPTION("length", "N", length, 2, 100000,
                       "Tokens of each source sentence and of each translation, end of sentence "
                       "included. Default: 24."),
    CLI_INTEGER_OPTION(
        "sentences", "N", sentences, 1, 10000000,
        "Of the batch that is translated, and that a training step sees. Default: 256 and 85."),
    CLI_INTEGER_OPTION("repeat", "N", repeat, 1, 1000, "The best of N runs counts. Default: 3."),
    CLI_THREADS_OPTION,
    CLI_INTEGER_OPTION("workers", "N", workers, 1, 4096, "As in translate."),
    CLI_INTEGER_OPTION("batch-tokens", "N", batch_tokens, 1, 10000000, "As in translate."),
    CLI_FLAG_OPTION(0, "csv", csv, "Print comma-separated values, with a line of headings."),
    CLI_FLAG_OPTION(0, "json", json, "Print one JSON object."),
};

// Everything that one run of the verb shares.
typedef struct bench {
  const bench_values *values;
  const char *type;  // that is decoded with
  bench_table table;
  int threads;
  double peak[IG_PEAKS];  // (ig_peak): of all threads, 10^9 operations a second
  ig_config *config;
  ig_error err;
} bench;

static bool is_wanted(const bench *b, const char *group) {
  return !b->values->only || strcmp(b->values->only, group) == 0;
}

// A figure of whole runs. share: of the peak; below 0: not known.
static void add_run(bench *b, const char *type, const char *name, double value, const char *unit,
                    double share) {
  const bench_row r = {.group = "run",
                       .name = name,
                       .type = type,
                       .threads = b->threads,
                       .value = value,
                       .unit = unit,
                       .share = share};
  bench_table_row(&b->table, &r);
}

// Of translations.
static double inference_peak(const bench *b) {
  return b->peak[strcmp(b->type, "int8") == 0 ? IG_PEAK_INT8 : IG_PEAK_INFERENCE];
}

// ---- the machine ------------------------------------------------------------

// The peak of every instruction set. Operations on whole numbers are not floating-point ones.
static ig_status measure_arithmetic(bench *b, ig_peak peak, int threads) {
  const bool whole = peak == IG_PEAK_INT8, bf16 = peak == IG_PEAK_BFLOAT16;
  bench_row r = {.group = "machine",
                 .name = "arithmetic",
                 .type = whole  ? "int8"
                         : bf16 ? "bf16"
                                : "fp32",
                 .threads = threads,
                 .unit = whole ? "GOP/s" : "GFLOP/s",
                 .share = -1};
  for (size_t i = 0; (r.isa = ig_isa_supported(i)) != NULL; i++) {
    ig_status status = ig_machine_peak(r.isa, peak, threads, &r.value, &b->err);
    if (status != IG_OK) return status;
    bench_table_row(&b->table, &r);
  }
  return IG_OK;
}

static ig_status measure_machine_with(bench *b, int threads) {
  ig_status status = measure_arithmetic(b, IG_PEAK_TRAINING, threads);
  if (status == IG_OK) status = measure_arithmetic(b, IG_PEAK_BFLOAT16, threads);
  if (status == IG_OK) status = measure_arithmetic(b, IG_PEAK_INT8, threads);
  if (status != IG_OK) return status;
  ig_bandwidth bandwidth;
  status = ig_machine_bandwidth(threads, &bandwidth, &b->err);
  if (status != IG_OK) return status;
  char name[64];
  bench_row r = {.group = "machine", .name = name, .threads = threads, .unit = "GB/s", .share = -1};
  snprintf(name, sizeof name, "read, last-level cache (%zu MB)", bandwidth.cache_bytes >> 20);
  r.value = bandwidth.cache;
  bench_table_row(&b->table, &r);
  snprintf(name, sizeof name, "read, memory (%zu MB)", bandwidth.memory_bytes >> 20);
  r.value = bandwidth.memory;
  bench_table_row(&b->table, &r);
  return IG_OK;
}

static ig_status measure_machine(bench *b) {
  ig_status status = measure_machine_with(b, 1);
  return status == IG_OK && b->threads > 1 ? measure_machine_with(b, b->threads) : status;
}

// ---- products and layers ----------------------------------------------------

static void add_timing(void *context, const ig_timing *timing) {
  bench *b = context;
  if (!is_wanted(b, timing->group)) return;
  const double gflops = timing->operations / timing->seconds * 1e-9;
  bench_row r = {.group = timing->group,
                 .name = timing->name,
                 .type = timing->type,
                 .threads = b->threads,
                 .m = timing->m,
                 .n = timing->n,
                 .k = timing->k,
                 .share = -1};
  if (timing->operations > 0) r.share = gflops / b->peak[timing->peak];
  r.value = timing->n ? gflops : timing->seconds * 1e3;
  r.unit = !timing->n ? "ms" : timing->peak == IG_PEAK_INT8 ? "GOP/s" : "GFLOP/s";
  bench_table_row(&b->table, &r);
}

static ig_status measure_products_and_layers(bench *b) {
  ig_timing_options options = ig_timing_options_default();
  options.length = b->values->length;
  options.threads = b->threads;
  options.repeat = b->values->repeat;
  options.type = b->type;
  return ig_time_model(b->config, &options, add_timing, b, &b->err);
}

// ---- translating ------------------------------------------------------------

// Lines of token ids, as the translator reads them.
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

// Ids come from a linear congruence (Knuth, TAOCP 2, 3.3.4), so that every machine has the same.
static int random_id(uint64_t *state, int count) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (int)((*state >> 33) % (uint64_t)count);
}

// `length` ids a line, the last one the end of sentence.
static bool sentences_create(sentences *s, const ig_config *config, int count, int length) {
  const ig_vocabulary_facts facts = ig_config_vocabulary(config);
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
        id = random_id(&random, facts.source_size);
      } while ((id == facts.pad_id || id == facts.eos_id || id == facts.bos_id) &&
               facts.source_size > 4);
      used += (size_t)snprintf(line + used, size - used, "%d ", id);
    }
    snprintf(line + used, size - used, "%d", facts.eos_id);
  }
  return true;
}

static ig_status translate_once(ig_translator *translator, sentences *s, size_t count,
                                double *seconds, ig_error *err) {
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

// Translates the batch, and then one sentence at a time. The best of `repeat` runs counts, after
// one to warm up.
static ig_status time_translator(bench *b, ig_translator *translator, sentences *s) {
  const bench_values *v = b->values;
  double seconds, batch = INFINITY, single = INFINITY;
  ig_status status = translate_once(translator, s, s->count, &seconds, &b->err);
  for (int i = 0; status == IG_OK && i < v->repeat; i++) {
    status = translate_once(translator, s, s->count, &seconds, &b->err);
    if (seconds < batch) batch = seconds;
  }
  for (int i = 0; status == IG_OK && i < v->repeat * 4; i++) {
    status = translate_once(translator, s, 1, &seconds, &b->err);
    if (seconds < single) single = seconds;
  }
  if (status != IG_OK) return status;
  const double count = (double)s->count, tokens = count * v->length,
               work = 1e-9 * ig_translation_operations(b->config, v->length, v->beam_size);
  char name[96];
  const int workers = ig_translator_stats(translator).workers;
  snprintf(name, sizeof name, "translation, %zu sentences, beam %d, %d worker%s", s->count,
           v->beam_size, workers, workers == 1 ? "" : "s");
  add_run(b, b->type, name, tokens / batch, "tokens/s", work * count / batch / inference_peak(b));
  snprintf(name, sizeof name, "translation, one sentence, beam %d", v->beam_size);
  add_run(b, b->type, name, single * 1e3, "ms", work / single / inference_peak(b));
  return IG_OK;
}

static ig_status measure_translation(bench *b) {
  const bench_values *v = b->values;
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = v->beam_size;
  options.min_length = options.max_length = v->length;
  options.threads = b->threads;
  options.workers = v->workers;
  options.batch_tokens = v->batch_tokens;
  options.type = b->type;
  options.ids_in = options.ids_out = true;
  ig_translator *translator = NULL;
  sentences s = {0};
  ig_status status = IG_OK;
  double load = INFINITY;
  for (int i = 0; status == IG_OK && i < v->repeat; i++) {
    ig_translator_free(translator);
    translator = NULL;
    status = ig_translator_open(v->model, &options, &translator, &b->err);
    if (status == IG_OK) load = fmin(load, ig_translator_stats(translator).load_seconds);
  }
  if (status == IG_OK) add_run(b, b->type, "loading", load * 1e3, "ms", -1);
  if (status == IG_OK &&
      !sentences_create(&s, b->config, v->sentences ? v->sentences : 256, v->length))
    status = cli_error_memory(&b->err);
  if (status == IG_OK) status = time_translator(b, translator, &s);
  sentences_free(&s);
  ig_translator_free(translator);
  return status;
}

// ---- a training step --------------------------------------------------------

// Pairs of sentences of equal length. Source, decoder input and decoder output are the same ids.
typedef struct step_batch {
  int *ids, *offsets;
  ig_batch batch;
} step_batch;

static void step_batch_free(step_batch *s) {
  free(s->ids);
  free(s->offsets);
}

static bool step_batch_create(step_batch *s, const ig_config *config, int count, int length) {
  const ig_vocabulary_facts facts = ig_config_vocabulary(config);
  const int most = facts.source_size < facts.target_size ? facts.source_size : facts.target_size;
  const size_t tokens = (size_t)count * (size_t)length;
  s->ids = malloc(tokens * sizeof *s->ids);
  s->offsets = malloc(((size_t)count + 1) * sizeof *s->offsets);
  if (!s->ids || !s->offsets) return false;
  uint64_t random = 1;
  for (size_t i = 0; i < tokens; i++) {
    do {
      s->ids[i] = random_id(&random, most);
    } while (s->ids[i] == facts.pad_id);
  }
  for (int i = 0; i <= count; i++) s->offsets[i] = i * length;
  s->batch = (ig_batch){.sequences = count,
                        .source = s->ids,
                        .source_offsets = s->offsets,
                        .target_input = s->ids,
                        .target_output = s->ids,
                        .target_offsets = s->offsets};
  return true;
}

// What products of training are computed in (train.compute).
typedef struct training_type {
  const char *compute, *name;
  ig_peak peak;
} training_type;

// Times forward, backward and update together: the best of `repeat` steps after one to warm up.
static ig_status time_trainer(bench *b, const training_type *type, ig_trainer *trainer,
                              const ig_batch *batch) {
  double best = INFINITY;
  for (int i = 0; i <= b->values->repeat; i++) {
    const double begin = now();
    ig_status status = ig_trainer_accumulate(trainer, batch, 0, NULL, &b->err);
    if (status == IG_OK) status = ig_trainer_update(trainer, 1e-5f, NULL, &b->err);
    if (status != IG_OK) return status;
    if (i > 0) best = fmin(best, now() - begin);
  }
  char name[96];
  snprintf(name, sizeof name, "training step, %d sentences", batch->sequences);
  // Each product of the forward pass has two in the backward pass.
  const double work =
      3e-9 * ig_translation_operations(b->config, b->values->length, 1) * batch->sequences;
  add_run(b, type->name, name, (double)batch->sequences * b->values->length / best, "tokens/s",
          work / best / b->peak[type->peak]);
  return IG_OK;
}

static ig_status measure_training(bench *b, const training_type *type) {
  const int count =
      b->values->sentences ? b->values->sentences : 85;  // of 24 tokens: a batch of 2,040 rows
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = b->threads;
  options.label_smoothing = 0.1f;
  options.optimizer.clip_norm = 1;
  options.compute = type->compute;
  ig_model *model = NULL;
  ig_trainer *trainer = NULL;
  step_batch batch = {0};
  ig_status status = ig_model_create(b->config, 1, &model, &b->err);
  if (status == IG_OK) status = ig_trainer_create(model, &options, &trainer, &b->err);
  if (status == IG_OK && !step_batch_create(&batch, b->config, count, b->values->length))
    status = cli_error_memory(&b->err);
  if (status == IG_OK) status = time_trainer(b, type, trainer, &batch.batch);
  step_batch_free(&batch);
  ig_trainer_free(trainer);
  ig_model_free(model);
  return status;
}

// ---- the verb ---------------------------------------------------------------

static ig_status read_config_and_peaks(bench *b) {
  if (b->values->model) {
    // Weights that cannot be read are an error before anything is measured.
    ig_model *model = NULL;
    ig_status status = ig_model_load(b->values->model, &model, &b->err);
    if (model && !b->type) b->type = ig_model_stored_type(model);
    ig_model_free(model);
    if (status == IG_OK) status = ig_config_load(b->values->model, &b->config, &b->err);
    if (status != IG_OK) return status;
  }
  ig_status status = IG_OK;
  for (int i = 0; status == IG_OK && i < IG_PEAKS; i++)
    status = ig_machine_peak(NULL, (ig_peak)i, b->threads, &b->peak[i], &b->err);
  return status;
}

static ig_status measure_wanted(bench *b) {
  static const training_type types[] = {{"float32", "fp32", IG_PEAK_TRAINING},
                                        {"bfloat16", "bf16", IG_PEAK_BFLOAT16}};
  ig_status status = is_wanted(b, "machine") ? measure_machine(b) : IG_OK;
  if (!b->values->model) return status;
  if (status == IG_OK && (is_wanted(b, "product") || is_wanted(b, "layer")))
    status = measure_products_and_layers(b);
  if (status == IG_OK && is_wanted(b, "run")) status = measure_translation(b);
  for (size_t i = 0; status == IG_OK && is_wanted(b, "run") && i < 2; i++)
    status = measure_training(b, &types[i]);
  return status;
}

// Of the machine alone there is nothing else to choose, and batches are of whole runs.
static int check_values(const cli_verb *verb, const bench_values *v) {
  const bool model = v->model && (!v->only || strcmp(v->only, "machine") != 0),
             runs = model && (!v->only || strcmp(v->only, "run") == 0);
  const struct {
    const char *name;
    bool given, of_something;
  } rules[] = {
      {"--type", v->type != NULL, model},      {"--length", v->length > 0, model},
      {"--beam-size", v->beam_size > 0, runs}, {"--sentences", v->sentences > 0, runs},
      {"--workers", v->workers > 0, runs},     {"--batch-tokens", v->batch_tokens > 0, runs}};
  if (v->csv && v->json) return cli_usage_error(verb, "--csv and --json exclude each other");
  if (!v->model && v->only && strcmp(v->only, "machine") != 0)
    return cli_usage_error(verb, "--only %s needs a model", v->only);
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (rules[i].given && !rules[i].of_something)
      return cli_usage_error(verb, "%s has no effect on %s", rules[i].name,
                             model ? "products and layers" : "the machine alone");
  return CLI_GO_ON;
}

static int run_bench(const cli_verb *verb, int argc, char **argv) {
  bench_values values = {.repeat = 3};
  cli_operands operands;
  int code = cli_parse(verb, &values, &operands, argc, argv);
  if (code == CLI_GO_ON) code = check_values(verb, &values);
  if (code != CLI_GO_ON) return code;
  if (values.beam_size == 0) values.beam_size = 1;
  if (values.length == 0) values.length = 24;
  char cpu[64];
  ig_cpu_name(cpu);
  bench b = {.values = &values,
             .type = values.type,
             .threads = values.threads ? values.threads : ig_cpu_count()};
  b.table = (bench_table){.format = values.json  ? BENCH_JSON
                                    : values.csv ? BENCH_CSV
                                                 : BENCH_TEXT,
                          .cpu = cpu,
                          .model = values.model};
  ig_status status = ig_isa_name(&b.table.isa, &b.err);
  if (status == IG_OK) status = read_config_and_peaks(&b);
  if (status != IG_OK) return cli_fail(verb, "%s", b.err.message);
  bench_table_begin(&b.table);
  status = measure_wanted(&b);
  ig_config_free(b.config);
  if (status != IG_OK) return cli_fail(verb, "%s", b.err.message);
  bench_table_end(&b.table);
  return CLI_OK;
}

const cli_verb cli_bench = {
    .name = "bench",
    .summary = "What this machine can do, and what a model makes of it.",
    .synopsis =
        "bench [-m MODEL] [--only GROUP] [--type TYPE] [--beam-size N] [--length N] [--sentences "
        "N] [--threads "
        "N] [--workers N] [--repeat N] [--csv | --json]",
    .description =
        "Measures the machine first: operations a second of each instruction set on fp32, bf16 and "
        "int8 operands in the innermost cache (a multiply-add is two), and bytes a second read "
        "from the last-level cache and from memory, with one thread and with all.\n\n"
        "With a model: the matrix products of its layers in training and in decoding, whole layers "
        "forward and backward, loading, translating random "
        "token ids to translations of a fixed length, and training steps, each as a share of the "
        "machine's arithmetic peak with as many threads: of its type, of int8 for what --type int8 "
        "runs. Training is timed in fp32 and in bf16 (train.compute). Each figure is the best of "
        "several.",
    .examples =
        "ingot bench\ningot bench -m models/en-de --only run --beam-size 4 --type int8\ningot "
        "bench -m "
        "models/en-de --csv > bench.csv",
    .options = bench_options,
    .option_count = sizeof bench_options / sizeof *bench_options,
    .run = run_bench,
};
