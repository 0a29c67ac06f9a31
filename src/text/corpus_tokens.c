// Makes the vocabulary of a whitespace tokenizer from text: the tokens of a corpus by frequency.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/tally.h"
#include "text/text_form.h"
#include "text/tokenizer.h"
#include "text/whitespace.h"

static ig_status count_token(void *context, const char *token, size_t length, ig_error *err) {
  return ig_tally_add(context, token, length, 1, err);
}

static ig_status count_texts(ig_tally *tally, ig_pairs *pairs, const char *path, ig_error *err) {
  for (;;) {
    ig_pair pair;
    IG_TRY(ig_pairs_next(pairs, &pair, err));
    const int side = pair.text[0] ? 0 : 1;
    if (!pair.text[side]) return IG_OK;
    const ig_status status =
        ig_whitespace_split(pair.text[side], pair.length[side], count_token, tally, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s:%zu", path, pair.line);
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

static ig_status count_files(ig_tally *tally, const char *const *files, const ig_text_form *forms,
                             size_t count, ig_error *err) {
  for (size_t i = 0; i < count; ++i) {
    ig_pairs *pairs;
    IG_TRY(ig_text_form_open(files, forms, i, &pairs, err));
    const ig_status status = count_texts(tally, pairs, files[i], err);
    ig_pairs_close(pairs);
    IG_TRY(status);
  }
  return IG_OK;
}

// Symbols come first, as if they were the most frequent: no limit leaves them out.
static ig_status count_symbols(ig_tally *tally, const ig_corpus_tokens *options, ig_error *err) {
  for (size_t i = 0; i < options->symbol_count; i++)
    IG_TRY(
        ig_tally_add(tally, options->symbols[i], strlen(options->symbols[i]), UINT64_MAX / 2, err));
  return IG_OK;
}

static ig_status sort_tokens(side_tokens *s, const ig_corpus_tokens *options, ig_error *err) {
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
  ig_status status = count_symbols(&source.tally, corpus, err);
  if (status == IG_OK)
    status = count_files(&source.tally, corpus->source_files, corpus->source_forms,
                         corpus->source_file_count, err);
  if (status == IG_OK) status = sort_tokens(&source, corpus, err);
  if (status == IG_OK && !shared)
    status = count_files(&target.tally, corpus->target_files, corpus->target_forms,
                         corpus->target_file_count, err);
  if (status == IG_OK && !shared) status = sort_tokens(&target, corpus, err);
  if (status == IG_OK)
    status = ig_tokenizer_from_tokens(&source.list, shared ? NULL : &target.list, out, err);
  free_side(&source);
  free_side(&target);
  return status;
}
