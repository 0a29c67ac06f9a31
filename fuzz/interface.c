// The public functions that take batches, ids, options and lines, with whatever a program may put
// into them but invalid pointers. The first byte of the input chooses one.
#include "input.h"

#include "ingot_score.h"
#include "text/tokenizer.h"

enum { WORDS = 12, MOST_LINES = 16, MOST_SEQUENCES = 4, MOST_IDS = 48 };

static char directory[SCRATCH], glossary[SCRATCH + 16];
static ig_model *model;

static void remove_directory(void) {
  ig_model_free(model);
  remove_scratch(directory);
}

static void write_glossary(void) {
  snprintf(glossary, sizeof glossary, "%s/terms.tsv", directory);
  FILE *file = fopen(glossary, "w");
  if (!file || fputs("a\tb c\t1\nd e\tA\n中\tü\n", file) == EOF || fclose(file) != 0) abort();
}

static void make_model(void) {
  static const char json[] =
      "{\"vocab_size\": 15, \"d_model\": 8, \"encoder_layers\": 1, \"decoder_layers\": 1,"
      "\"encoder_attention_heads\": 2, \"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 8,"
      "\"decoder_ffn_dim\": 8, \"max_position_embeddings\": 32, \"pad_token_id\": 14,"
      "\"eos_token_id\": 0, \"decoder_start_token_id\": 14, \"forced_eos_token_id\": null}";
  static const char *const words[WORDS] = {"a", "b", "c",  "d", "e", ".",
                                           ",", "A", ">>", "ü", "1", "中"};
  ig_tokenizer *tokenizer;
  ig_config *config;
  ig_error err;
  make_scratch(directory);
  if (ig_tokenizer_from_tokens(&(ig_token_list){words, WORDS}, NULL, &tokenizer, &err) != IG_OK ||
      ig_config_create("marian", json, &config, &err) != IG_OK ||
      ig_model_create(config, 1, &model, &err) != IG_OK ||
      ig_model_save(model, directory, "float32", &err) != IG_OK ||
      ig_tokenizer_save(tokenizer, directory, &err) != IG_OK) {
    fprintf(stderr, "%s\n", err.message);
    abort();
  }
  ig_config_free(config);
  ig_tokenizer_free(tokenizer);
  write_glossary();
  atexit(remove_directory);
}

// A failure has a message.
static bool is_fine(ig_status status, const ig_error *err) {
  if (status != IG_OK && (err->status != status || !*err->message)) abort();
  return status == IG_OK;
}

static int take_int(input_bytes *input) {
  // Small numbers are as likely as any others.
  const uint8_t kind = take_byte(input);
  int value;
  if (kind < 224) return kind % 64 - 2;
  take_bytes(input, &value, sizeof value);
  return value;
}

static float take_float(input_bytes *input) {
  float value;
  take_bytes(input, &value, sizeof value);
  return value;
}

// ---- lines ----------------------------------------------------------------------

typedef struct input_lines {
  const char *line[MOST_LINES];
  size_t length[MOST_LINES];
  size_t count, next, next_target, written;
} input_lines;

// The rest of the input, at its newlines. Each line is an allocation of its own.
static void take_lines(input_bytes *input, input_lines *lines) {
  *lines = (input_lines){0};
  while (lines->count < MOST_LINES && input->left) {
    const uint8_t *end = memchr(input->at, '\n', input->left);
    const size_t length = end ? (size_t)(end - input->at) : input->left;
    char *line = malloc(length + 1);
    if (!line) abort();
    take_bytes(input, line, length);
    line[length] = '\0';
    if (end) take_byte(input);
    lines->length[lines->count] = length;
    lines->line[lines->count++] = line;
  }
}

static void free_lines(input_lines *lines) {
  for (size_t i = 0; i < lines->count; i++) free((char *)lines->line[i]);
}

static ig_status give_line(input_lines *lines, size_t *next, const char **line, size_t *length) {
  *line = *next < lines->count ? lines->line[*next] : NULL;
  *length = *line ? lines->length[*next] : 0;
  *next += *line != NULL;
  return IG_OK;
}
static ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  input_lines *lines = context;
  return give_line(lines, &lines->next, line, length);
}
static ig_status read_target(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  input_lines *lines = context;
  return give_line(lines, &lines->next_target, line, length);
}
static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)err;
  input_lines *lines = context;
  if (length && memchr(line, '\n', length)) abort();
  lines->written++;
  return IG_OK;
}

// ---- translators ----------------------------------------------------------------

// Whatever is asked for, each row of weights adds up to 1 and each link leads to a source token.
static ig_status keep_alignment(void *context, const ig_token_alignment *a, ig_error *err) {
  (void)context, (void)err;
  for (int j = 0; j < a->target_count; j++) {
    float sum = 0;
    for (int i = 0; i < a->source_count; i++) sum += a->weights[j * a->source_count + i];
    if (!(sum > 0.999f && sum < 1.001f) || a->links[j] >= a->source_count) abort();
  }
  return IG_OK;
}

static ig_status keep_token(void *context, const ig_token_event *event, ig_error *err) {
  (void)context, (void)err;
  if (event->count < 1 || event->ids[event->count - 1] < 0 || event->line < 1) abort();
  return IG_OK;
}

static ig_translator_options take_options(input_bytes *input) {
  static const char *const types[] = {NULL, "fp32", "int9"}, *const languages[] = {NULL, "en", "/"},
                           *const stoppings[] = {NULL, "true", "never", "x"};
  ig_translator_options o = ig_translator_options_default();
  o.beam_size = take_int(input);
  o.n_best = take_int(input);
  o.min_length = take_int(input);
  o.max_length = take_int(input);
  o.length_penalty = take_float(input);
  o.no_repeat_ngram = take_int(input);
  o.threads = take_byte(input) % 5 - 1;
  o.workers = take_byte(input) % 5 - 1;
  o.batch_tokens = take_int(input);
  const uint8_t flags = take_byte(input);
  o.ids_in = flags & 1;
  o.ids_out = flags & 2;
  o.strict = flags & 4;
  o.split_sentences = (ig_split_sentences)(flags >> 3 & 3);
  o.type = types[(flags >> 5) % 3];
  o.source_language = languages[take_byte(input) % 3];
  if (take_byte(input) & 1) {
    o.sampling.on = (ig_switch)(take_byte(input) & 3);
    o.sampling.temperature = take_float(input);
    o.sampling.top_k = take_int(input);
    o.sampling.top_p = take_float(input);
    o.sampling.min_p = take_float(input);
    o.repetition_penalty = take_float(input);
  }
  const uint8_t more = take_byte(input);
  o.keep_unknown = more & 2;
  if (more & 4) o.glossary = glossary;
  if (more & 8) o.bad_words = glossary;  // lines of text, too
  if (more & 16) o.prefix = "a b: ";
  if ((more & 48) == 48) o.target_prefix = o.ids_out ? "3 4" : "b c";
  o.early_stopping = stoppings[more >> 5 & 3];
  o.score_columns = (ig_score_columns)(take_byte(input) % 3);
  if (take_byte(input) & 1) o.on_token.write = keep_token;
  if (more & 128) o.max_length_factor = take_float(input);
  if (more & 1) {
    o.alignments.write = keep_alignment;
    o.alignments.layer = take_int(input);
    o.alignments.head = take_int(input);
  }
  return o;
}

static void translate_text(ig_translator *t, input_bytes *input) {
  size_t length;
  ig_error err = {0};
  char *text = take_text(input, &length), *out = NULL;
  if (!is_fine(ig_translate(t, text, &out, &err), &err) && out) abort();
  free(text);
  free(out);
}

static void use_translator(uint8_t kind, input_bytes *input) {
  const ig_translator_options options = take_options(input);
  ig_translator *t = NULL;
  ig_error err = {0};
  if (!is_fine(ig_translator_open(directory, &options, &t, &err), &err)) {
    if (t) abort();
    return;
  }
  input_lines lines = {0};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &lines};
  if (kind == 0) translate_text(t, input);
  take_lines(input, &lines);
  if (kind == 1 && is_fine(ig_translate_lines(t, &stream, NULL, &err), &err) &&
      lines.written < lines.count)
    abort();
  if (kind == 2 && is_fine(ig_score_targets(t, &stream, read_target, NULL, &err), &err) &&
      lines.written < lines.count)
    abort();
  free_lines(&lines);
  ig_translator_free(t);
}

static void score_lines(input_bytes *input) {
  static const char *const names[] = {NULL, "13a", "zh", "char", "intl", "none", "x"};
  ig_score_options options = {.metric = (ig_metric)(take_byte(input) % 9),
                              .tokenize = names[take_byte(input) % 7],
                              .chrf_word_order = take_int(input)};
  const uint8_t flags = take_byte(input);
  options.lowercase = flags & 1;
  options.strict = flags & 2;
  options.effective_order = flags & 4;
  options.rouge_stemmer = flags & 8;
  options.rouge_sentence_end = flags & 16 ? "a" : NULL;
  input_lines lines;
  take_lines(input, &lines);
  ig_score score;
  ig_error err = {0};
  const size_t half = lines.count / 2;
  is_fine(ig_score_lines(&options, lines.line, lines.line + half, half, &score, &err), &err);
  free_lines(&lines);
}

// ---- batches --------------------------------------------------------------------

typedef struct fuzzed_batch {
  int source[MOST_IDS], input[MOST_IDS], output[MOST_IDS];
  int source_offsets[MOST_SEQUENCES + 1], target_offsets[MOST_SEQUENCES + 1];
} fuzzed_batch;

static void take_ids(input_bytes *input, int ids[MOST_IDS]) {
  for (int i = 0; i < MOST_IDS; i++) {
    const uint8_t byte = take_byte(input);
    ids[i] = byte < 250 ? byte % 15 : take_int(input);
  }
}

// The last one is the length of the arrays that a program gives, so that it is no more than these
// have.
static void take_offsets(input_bytes *input, int offsets[MOST_SEQUENCES + 1]) {
  for (int i = 0; i <= MOST_SEQUENCES; i++) {
    const uint8_t step = take_byte(input);
    offsets[i] =
        step < 240 ? (i ? (int)((unsigned)offsets[i - 1] + step % 8) : 0) : take_int(input);
  }
}

static void step_trainer(input_bytes *input) {
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = 1;
  options.label_smoothing = take_byte(input) % 2 ? 0 : take_float(input);
  options.recompute = take_byte(input) & 1;
  fuzzed_batch b;
  ig_batch batch = {.sequences = take_byte(input) % (MOST_SEQUENCES + 2) - 1,
                    .source = b.source,
                    .source_offsets = b.source_offsets,
                    .target_input = b.input,
                    .target_output = b.output,
                    .target_offsets = b.target_offsets};
  take_offsets(input, b.source_offsets);
  take_offsets(input, b.target_offsets);
  take_ids(input, b.source);
  take_ids(input, b.input);
  take_ids(input, b.output);
  const int last = batch.sequences < 0 ? 0 : batch.sequences;
  if (b.source_offsets[last] > MOST_IDS || b.target_offsets[last] > MOST_IDS) return;
  const double normalizer = (double)take_float(input);
  const float rate = take_float(input);
  ig_trainer *trainer = NULL;
  ig_error err = {0};
  ig_loss loss;
  float *logits = malloc(MOST_IDS * 15 * sizeof *logits);
  if (!logits) abort();
  if (is_fine(ig_trainer_create(model, &options, &trainer, &err), &err)) {
    is_fine(ig_trainer_forward(trainer, &batch, logits, &loss, &err), &err);
    // The weights stay as they are: what an input does must not depend on those before it.
    if (is_fine(ig_trainer_accumulate(trainer, &batch, normalizer, &loss, &err), &err) && rate == 0)
      is_fine(ig_trainer_update(trainer, 0, NULL, &err), &err);
  }
  ig_trainer_free(trainer);
  free(logits);
}

static void generate(input_bytes *input) {
  int ids[MOST_IDS], out[MOST_IDS], length = 0;
  const ig_generate_args args = {
      .source = ids,
      .source_length = take_byte(input) % (MOST_IDS + 2) - 1,
      .max_length = take_byte(input) % (MOST_IDS + 2) - 1,
  };
  take_ids(input, ids);
  if (args.source_length > MOST_IDS || args.max_length > MOST_IDS) return;
  ig_error err = {0};
  if (is_fine(ig_generate(model, &args, out, &length, &err), &err) &&
      (length < 0 || length > args.max_length))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!model) make_model();
  input_bytes input = {data, size};
  const uint8_t kind = take_byte(&input) % 6;
  if (kind < 3)
    use_translator(kind, &input);
  else if (kind == 3)
    score_lines(&input);
  else if (kind == 4)
    step_trainer(&input);
  else
    generate(&input);
  return 0;
}
