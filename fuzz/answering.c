// Questions and contexts, as texts, as a line of JSON and with whatever options: answers are
// stretches of their contexts, and what cannot be asked has a reason. The first bytes of the input
// are the options; then come texts with a NUL between them.
#include "input.h"

#include <math.h>

#include "ingot_answer.h"

enum { MOST_QUESTIONS = 4 };

static char directory[SCRATCH];

static void remove_directory(void) { remove_scratch(directory); }

static void write_vocabulary(void) {
  char path[SCRATCH + 16];
  snprintf(path, sizeof path, "%s/vocab.txt", directory);
  FILE *file = fopen(path, "w");
  if (!file ||
      fputs("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n##a\n##b\n?\n.\n中\nü\n", file) == EOF ||
      fclose(file) != 0)
    abort();
}

static void make_model(void) {
  static const char json[] =
      "{\"architectures\": [\"BertForQuestionAnswering\"], \"vocab_size\": 14, \"hidden_size\": 8,"
      "\"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 8,"
      "\"max_position_embeddings\": 32, \"initializer_range\": 0.5}";
  ig_config *config;
  ig_model *model;
  ig_error err;
  make_scratch(directory);
  atexit(remove_directory);
  write_vocabulary();
  if (ig_config_create("bert", json, &config, &err) != IG_OK ||
      ig_model_create(config, 1, &model, &err) != IG_OK ||
      ig_model_save(model, directory, "float32", &err) != IG_OK) {
    fprintf(stderr, "%s\n", err.message);
    abort();
  }
  ig_model_free(model);
  ig_config_free(config);
}

// A failure has a message.
static bool is_fine(ig_status status, const ig_error *err) {
  if (status != IG_OK && (err->status != status || !*err->message)) abort();
  return status == IG_OK;
}

static int take_small(input_bytes *input) { return take_byte(input) % 40 - 2; }

static ig_answerer *take_answerer(input_bytes *input) {
  const uint8_t flags = take_byte(input);
  ig_answerer_options options = ig_answerer_options_default();
  options.threads = 1;
  options.post_processing = (ig_post_processing)(flags & 1);
  options.no_answer = flags & 2;
  options.part_words = flags & 4;
  options.passages = flags & 16;
  options.n_best = take_small(input);
  options.max_answer_length = take_small(input);
  options.max_length = take_small(input);
  options.stride = take_small(input);
  options.batch_tokens = take_small(input);
  options.null_threshold = (double)take_small(input);
  const ig_ensemble_member members[] = {{directory, 1}, {directory, 3}};
  const ig_ensemble ensemble = {.members = members, .count = flags & 8 ? 2 : 1};
  ig_answerer *answerer;
  ig_error err = {0};
  return is_fine(ig_answerer_open(&ensemble, &options, &answerer, &err), &err) ? answerer : NULL;
}

static size_t count_codes(const char *text, size_t bytes) {
  size_t codes = 0;
  for (size_t i = 0; i < bytes; i++) codes += ((unsigned char)text[i] & 0xc0) != 0x80;
  return codes;
}

static void check_passage(const ig_answer *a, const char *context) {
  const size_t length = strlen(a->passage);
  if (a->passage_begin > a->begin || a->passage_begin + length < a->end ||
      memcmp(a->passage, context + a->passage_begin, length) != 0)
    abort();
}

static void check_answers(const ig_answers *found, const char *context) {
  if (found->chosen < -1 || (found->chosen >= 0 && (size_t)found->chosen >= found->count)) abort();
  if (found->problem && (found->count || !*found->problem)) abort();
  if (!isfinite(found->null_odds)) abort();
  for (size_t i = 0; i < found->count; i++) {
    const ig_answer *a = &found->list[i];
    const size_t length = strlen(a->text);
    if (a->begin > a->end || a->end > strlen(context) || length != a->end - a->begin ||
        memcmp(a->text, context + a->begin, length) != 0)
      abort();
    if (a->start_code != count_codes(context, a->begin) ||
        a->end_code != count_codes(context, a->end) || !isfinite(a->score))
      abort();
    if (a->passage) check_passage(a, context);
  }
}

static void answer(ig_answerer *answerer, char *const *texts, size_t count) {
  ig_question questions[MOST_QUESTIONS] = {{0}};
  ig_answers found[MOST_QUESTIONS];
  ig_error err = {0};
  // Each text is the context of the one before.
  for (size_t i = 0; i < count; i++)
    questions[i] = (ig_question){texts[i], texts[i + 1 < count ? i + 1 : i]};
  if (!is_fine(ig_answerer_run(answerer, questions, count, found, &err), &err)) abort();
  for (size_t i = 0; i < count; i++) {
    check_answers(&found[i], questions[i].context);
    ig_answers_free(&found[i]);
  }
}

// ---- lines ----------------------------------------------------------------------

typedef struct one_line {
  const char *text;
  bool read;
  int written;
} one_line;

static ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  one_line *l = context;
  *line = l->read ? NULL : l->text;
  *length = *line ? strlen(*line) : 0;
  l->read = true;
  return IG_OK;
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)err;
  if (length < 2 || line[0] != '{' || memchr(line, '\n', length)) abort();
  ((one_line *)context)->written++;
  return IG_OK;
}

static void answer_line(ig_answerer *answerer, const char *text) {
  one_line line = {.text = text};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = &line};
  ig_error err = {0};
  if (!is_fine(ig_answer_lines(answerer, &stream, NULL, &err), &err) || line.written != 1) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!*directory) make_model();
  input_bytes input = {data, size};
  char *texts[MOST_QUESTIONS];
  size_t count = 0, length;
  ig_answerer *answerer = take_answerer(&input);
  if (!answerer) return 0;
  do {
    texts[count] = take_text(&input, &length);
    if (!texts[count]) abort();
    count++;
  } while (count < MOST_QUESTIONS && input.left);
  answer(answerer, texts, count);
  answer_line(answerer, texts[0]);
  for (size_t i = 0; i < count; i++) free(texts[i]);
  ig_answerer_free(answerer);
  return 0;
}
