// A small random model in a directory of its own, and a translator on it.
#ifndef TESTS_TRANSLATOR_FIXTURE_H
#define TESTS_TRANSLATOR_FIXTURE_H
#include "line_fixture.h"

#include <unistd.h>

#include "model_fixture.h"
#include "text/tokenizer.h"

#define LINES 90

static char directory[] = "/tmp/ingot-translator-XXXXXX";

static inline int make_directory(void **state) {
  (void)state;
  static char words[WORDS][16];
  const char *tokens[WORDS];
  for (int i = 0; i < WORDS; i++) {
    snprintf(words[i], sizeof words[i], "w%d", i);
    tokens[i] = words[i];
  }
  if (!mkdtemp(directory)) return -1;
  ig_tokenizer *tokenizer;
  ig_model *model;
  ig_error err;
  if (ig_tokenizer_from_tokens(&(ig_token_list){tokens, WORDS}, NULL, &tokenizer, &err) != IG_OK)
    return -1;
  const ig_config config = small_config(ig_tokenizer_source_size(tokenizer),
                                        ig_tokenizer_pad_id(tokenizer, IG_SIDE_TARGET));
  if (ig_model_create(&config, 3, &model, &err) != IG_OK) return -1;
  const int status = ig_model_save(model, directory, "float32", &err) == IG_OK &&
                             ig_tokenizer_save(tokenizer, directory, &err) == IG_OK
                         ? 0
                         : -1;
  ig_model_free(model);
  ig_tokenizer_free(tokenizer);
  return status;
}

static inline int remove_directory(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -r %s", directory);
  return system(command);
}

static inline const char **some_lines(void) { return random_lines(LINES, 32); }

static inline ig_translator *open_with(ig_translator_options options) {
  ig_translator *t;
  ig_error err = {0};
  if (ig_translator_open(directory, &options, &t, &err) != IG_OK) fail_msg("%s", err.message);
  return t;
}

static inline void translate_with(ig_translator *t, streams *s) {
  ig_error err = {0};
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = s};
  const ig_reporter reporter = {.message = keep_warning, .context = s};
  if (ig_translate_lines(t, &stream, &reporter, &err) != IG_OK) fail_msg("%s", err.message);
}

static inline void translate(ig_translator_options options, streams *s) {
  ig_translator *t = open_with(options);
  translate_with(t, s);
  const ig_translate_stats stats = ig_translator_stats(t);
  assert_int_equal(stats.sentences, s->count);
  assert_true(stats.target_tokens > 0 && stats.source_tokens > 0);
  ig_translator_free(t);
}

static inline ig_translator_options options_of(int beam, int n_best) {
  ig_translator_options o = ig_translator_options_default();
  o.beam_size = beam;
  o.n_best = n_best;
  o.max_length = 24;
  o.threads = 1;
  return o;
}

static inline ig_engine *open_engine(ig_engine_options options) {
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  ig_engine *engine;
  ig_error err = {0};
  if (ig_engine_open(&alone, &options, &engine, &err) != IG_OK) fail_msg("%s", err.message);
  return engine;
}

// What the sentences give one by one, with the gaps between them. NULL ends the sentences.
static inline char *join_alone(ig_translator *t, const char *const *sentences,
                               const char *const *gaps) {
  char *joined = calloc(1, 4096), *out;
  for (size_t i = 0; sentences[i]; i++) {
    assert_int_equal(ig_translate(t, sentences[i], &out, NULL), IG_OK);
    assert_true(strlen(joined) + strlen(out) < 4000);
    strcat(joined, i ? gaps[i - 1] : "");
    strcat(joined, out);
    free(out);
  }
  return joined;
}
#endif
