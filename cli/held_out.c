#include "held_out.h"

#include <stdio.h>

ig_status cli_held_out_open(cli_held_out *h, const char *source, const char *reference,
                            const ig_reporter *reporter, ig_error *err) {
  const ig_lines_options reading = {.reporter = *reporter, .interrupter = h->options.interrupter};
  ig_status status = cli_text_read(&h->source, source, &reading, err);
  if (status == IG_OK) status = cli_text_read(&h->reference, reference, &reading, err);
  if (status != IG_OK) return status;
  h->options.sources = (const char *const *)h->source.lines;
  h->options.references = (const char *const *)h->reference.lines;
  h->options.count = h->source.count;
  if (h->source.count == h->reference.count && h->source.count > 0) return IG_OK;
  snprintf(err->message, sizeof err->message,
           "%s has %zu line%s and %s %zu: expected as many, and some", source, h->source.count,
           h->source.count == 1 ? "" : "s", reference, h->reference.count);
  return err->status = IG_ERROR_FORMAT;
}

void cli_held_out_close(cli_held_out *h) {
  cli_text_free(&h->source);
  cli_text_free(&h->reference);
  ig_held_out_questions_free(h->questions);
}
