// A shortlist in either form: read, checked against a vocabulary, and asked for a sentence's list.
#include "input.h"

#include "text/shortlist_load.h"

enum { SOURCE = 8, TARGET = 16 };

static ig_tokenizer *make_tokenizer(void) {
  static const char *const source[] = {"</s>", "<unk>", "ab", "ba", "fade", "bead", "cab"},
                           *const target[] = {"</s>", "<unk>", "ba", "bac", "ab"};
  ig_tokenizer *tokenizer;
  ig_error err;
  const ig_token_list lists[] = {{source, 7}, {target, 5}};
  if (ig_tokenizer_from_tokens(&lists[0], &lists[1], &tokenizer, &err) != IG_OK) abort();
  return tokenizer;
}

// Ids ascend, each is below the vocabulary's end, and the first ones are there.
static void take_list(const ig_shortlist *s) {
  static const int source[] = {0, 2, 3, SOURCE - 1};
  uint64_t marks[1] = {0};
  int ids[TARGET];
  ig_shortlist_mark_sentence(s, &(ig_shortlist_sentence){source, 4, true}, TARGET, marks);
  const int count = ig_shortlist_take(marks, TARGET, ids);
  for (int i = 0; i < count; i++)
    if (ids[i] < (i ? ids[i - 1] + 1 : 0) || ids[i] >= TARGET) abort();
  if (s->first > 0 && (count == 0 || ids[0] != 0)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static ig_tokenizer *tokenizer;
  if (!tokenizer) tokenizer = make_tokenizer();
  const ig_shortlist_loading how = {
      .tokenizer = tokenizer, .source_size = SOURCE, .target_size = TARGET, .first = 1, .best = 2};
  ig_shortlist *s;
  ig_error err = {0};
  if (ig_shortlist_load(write_input(data, size), &how, &s, &err) == IG_OK) take_list(s);
  ig_shortlist_free(s);
  return 0;
}
