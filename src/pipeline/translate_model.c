// Lines translated with a model in memory: an engine that borrows the model, and one stream over
// it.
#include "pipeline/translate_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/engine.h"

typedef struct memory_lines {
  const char *const *lines;
  size_t count, next, written;
  char **out;
} memory_lines;

static ig_status read_memory(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  memory_lines *m = context;
  *line = NULL;
  *length = 0;
  if (m->next == m->count) return IG_OK;
  *line = m->lines[m->next++];
  *length = strlen(*line);
  return IG_OK;
}

static ig_status write_memory(void *context, const char *line, size_t length, ig_error *err) {
  memory_lines *m = context;
  char *copy = ig_allocate_copy(line, length, err);
  if (!copy) return IG_ERROR_MEMORY;
  m->out[m->written++] = copy;
  return IG_OK;
}

static ig_status translate_memory(const ig_translate_model_args *args, memory_lines *memory,
                                  ig_error *err) {
  const ig_line_stream stream = {.read = read_memory, .write = write_memory, .context = memory};
  ig_engine *engine;
  ig_translator *translator = NULL;
  IG_TRY(ig_engine_borrow(args->model, args->tokenizer, args->pool, &engine, err));
  ig_status status = ig_translator_open_on(engine, args->options, &translator, err);
  if (status == IG_OK) status = ig_translate_lines(translator, &stream, NULL, err);
  ig_translator_free(translator);
  ig_engine_free(engine);
  return status;
}

ig_status ig_translate_model(const ig_translate_model_args *args, const char *const *lines,
                             size_t count, char **out, ig_error *err) {
  if (args->options->n_best > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT, "n_best: expected 1 for a model in memory, found %d",
                   args->options->n_best);
  memory_lines memory = {.lines = lines, .count = count, .out = out};
  const ig_status status = translate_memory(args, &memory, err);
  if (status == IG_OK) return IG_OK;
  for (size_t i = 0; i < memory.written; i++) {
    free(out[i]);
    out[i] = NULL;
  }
  return status;
}
