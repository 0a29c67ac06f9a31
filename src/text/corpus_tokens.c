// Makes the vocabulary of a whitespace tokenizer from text: the tokens of a corpus by frequency.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/lines.h"
#include "text/tally.h"
#include "text/tokenizer.h"
#include "text/whitespace.h"

static ig_status count_token(void *context, const char *token, size_t length, ig_error *err) {
  return ig_tally_add(context, token, length, 1, err);
}

static ig_status count_lines(ig_tally *tally, ig_lines *lines, const char *path, ig_error *err) {
  for (;;) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(lines, &line, &length, err));
    if (!line) return IG_OK;
    ig_status status = ig_whitespace_split(line, length, count_token, tally, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s:%zu", path, ig_lines_number(lines));
  }
}

// The tokens of one side's files. The list borrows them from the tally.
typedef struct side_tokens {
  ig_tally tally;
  ig_tally_entry *sorted;
  const char **tokens;
  ig_token_list list;
} side_tokens;

static void free_side(side_tokens *s) {
  ig_tally_free(&s->tally);
  free(s->sorted);
  free(s->tokens);
}

// Special tokens are not counted: they get the same ids on both sides, however often the text has
// them.
static bool is_special(const char *token) {
  for (int s = 0; s < IG_TOKENIZER_SPECIAL_COUNT; s++)
    if (strcmp(token, ig_tokenizer_description_words.special[s]) == 0) return true;
  return false;
}

static ig_status count_side(side_tokens *s, const char *const *files, size_t file_count,
                            const ig_corpus_tokens *options, ig_error *err) {
  for (size_t i = 0; i < file_count; ++i) {
    ig_lines *lines;
    IG_TRY(ig_lines_open(files[i], NULL, &lines, err));
    ig_status status = count_lines(&s->tally, lines, files[i], err);
    ig_lines_close(lines);
    IG_TRY(status);
  }
  size_t count = (size_t)s->tally.texts.size, kept = 0;
  IG_TRY(ig_tally_sort(&s->tally, &s->sorted, err));
  s->tokens = ig_allocate(count, sizeof *s->tokens, err);
  if (!s->tokens) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count && s->sorted[i].count >= options->min_count &&
                     (options->max_tokens == 0 || kept < options->max_tokens);
       ++i)
    if (!is_special(s->sorted[i].text)) s->tokens[kept++] = s->sorted[i].text;
  s->list = (ig_token_list){s->tokens, kept};
  return IG_OK;
}

ig_status ig_tokenizer_from_corpus(const ig_corpus_tokens *corpus, ig_tokenizer **out,
                                   ig_error *err) {
  *out = NULL;
  side_tokens source = {0}, target = {0};
  bool shared = corpus->target_file_count == 0;
  ig_status status =
      count_side(&source, corpus->source_files, corpus->source_file_count, corpus, err);
  if (status == IG_OK && !shared)
    status = count_side(&target, corpus->target_files, corpus->target_file_count, corpus, err);
  if (status == IG_OK)
    status = ig_tokenizer_from_tokens(&source.list, shared ? NULL : &target.list, out, err);
  free_side(&source);
  free_side(&target);
  return status;
}
