// ig_translate_texts: an array of texts as a stream whose sentences are kept in place of lines.
#include "pipeline/translate_texts.h"

#include <string.h>

#include "base/fail.h"
#include "pipeline/kept_translations.h"
#include "pipeline/translate_lines.h"

typedef struct text_array {
  const char *const *texts;  // (count)
  size_t count, read;
} text_array;

static ig_status read_text(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  text_array *a = context;
  *line = a->read < a->count ? a->texts[a->read++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

ig_status ig_translate_texts_check(const char *const *texts, size_t count, ig_error *err) {
  if (count > 0) IG_TRY(ig_fail_if_null(texts, "texts", err));
  for (size_t i = 0; i < count; i++)
    if (!texts[i])
      return ig_fail(err, IG_ERROR_ARGUMENT, "texts: text %zu: expected a value, found NULL",
                     i + 1);
  return IG_OK;
}

// What the call asks for is the translator's while it runs.
static ig_status run_texts(ig_translator *t, text_array *a, const ig_texts_options *options,
                           ig_kept_translations *kept, ig_error *err) {
  const ig_review before = t->review;
  const ig_line_stream stream = {.read = read_text, .context = a, .total = a->count};
  ig_stream_input in = {.stream = &stream, .keeps_breaks = true, .kept = kept};
  t->review.scores |= options->log_probs;
  t->review.keeps_alignments = options->alignments;
  const ig_status status = ig_translate_lines_run(t, &in, &options->reporter, err);
  t->review = before;
  return status;
}

ig_status ig_translate_texts(ig_translator *t, const char *const *texts, size_t count,
                             const ig_texts_options *options, ig_translations **out,
                             ig_error *err) {
  static const ig_texts_options defaults;
  text_array array = {.texts = texts, .count = count};
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(t, "translator", err));
  IG_TRY(ig_translate_texts_check(texts, count, err));
  ig_kept_translations kept = {.most = count, .n_best = t->format.n_best};
  ig_status status = run_texts(t, &array, options ? options : &defaults, &kept, err);
  if (status == IG_OK) status = ig_kept_translations_hand_over(&kept, out, err);
  ig_kept_translations_free(&kept);
  return status;
}
