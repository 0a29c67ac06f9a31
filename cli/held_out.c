#include "held_out.h"

#include <stdlib.h>
#include <string.h>

#include "report.h"

ig_status cli_held_out_open(cli_held_out *h, const char *source, const char *reference,
                            ig_error *err) {
  ig_status status = cli_text_read(&h->source, source, err);
  if (status == IG_OK) status = cli_text_read(&h->reference, reference, err);
  if (status != IG_OK) return status;
  if (h->source.count == h->reference.count && h->source.count > 0) return IG_OK;
  snprintf(err->message, sizeof err->message,
           "%s has %zu lines and %s %zu: expected as many, and some", source, h->source.count,
           reference, h->reference.count);
  return err->status = IG_ERROR_FORMAT;
}

void cli_held_out_close(cli_held_out *h) {
  cli_text_free(&h->source);
  cli_text_free(&h->reference);
}

typedef struct translation {
  const cli_text *source;
  size_t read;
  cli_text output;
} translation;

static ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  translation *t = context;
  *line = t->read < t->source->count ? t->source->lines[t->read++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  translation *t = context;
  char *copy = malloc(length + 1);
  if (!copy) {
    snprintf(err->message, sizeof err->message, "out of memory");
    return err->status = IG_ERROR_MEMORY;
  }
  memcpy(copy, line, length);
  copy[length] = '\0';
  t->output.lines[t->output.count++] = copy;
  return IG_OK;
}

static ig_status translate(const cli_held_out *h, const char *directory, translation *t,
                           ig_error *err) {
  ig_translator_options options = ig_translator_options_default();
  options.threads = h->threads;
  options.beam_size = h->beam_size;
  ig_translator *translator;
  ig_status status = ig_translator_open(directory, &options, &translator, err);
  if (status != IG_OK) return status;
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = t};
  const ig_reporter silent = {0};
  status = ig_translate_lines(translator, &stream, &silent, err);
  ig_translator_free(translator);
  return status;
}

ig_status cli_held_out_score(void *context, const char *directory, double *score, ig_error *err) {
  const cli_held_out *h = context;
  translation t = {.source = &h->source};
  t.output.lines = calloc(h->source.count, sizeof *t.output.lines);
  if (!t.output.lines) {
    snprintf(err->message, sizeof err->message, "out of memory");
    return err->status = IG_ERROR_MEMORY;
  }
  ig_score result = {0};
  ig_status status = translate(h, directory, &t, err);
  if (status == IG_OK)
    status = ig_score_lines(&h->score, (const char *const *)t.output.lines,
                            (const char *const *)h->reference.lines, t.output.count, &result, err);
  *score = result.value;
  cli_text_free(&t.output);
  return status;
}
