#include "decode/placeable_form.h"

#include <string.h>

static bool has_inside(const int *form, int length, const int *word, int size) {
  for (int i = 0; i + size <= length; i++)
    if (memcmp(form + i, word, (size_t)size * sizeof *form) == 0) return true;
  return false;
}

// The tokens of a hypothesis and those of a form after them.
typedef struct hypothesis_and_form {
  const ig_placeable_hypothesis *before;
  const int *form;  // from the first token that is to come
  int all;          // tokens of both
} hypothesis_and_form;

static int token_at(const hypothesis_and_form *j, int i) {
  const int own = j->before->count;
  return i < own ? j->before->ids[i] : j->form[i - own];
}

static bool same_ngrams(const hypothesis_and_form *j, int a, int b, int n) {
  for (int i = 0; i < n; i++)
    if (token_at(j, a + i) != token_at(j, b + i)) return false;
  return true;
}

// Is the n-gram that begins at `first` the repetition of one before it?
static bool is_repetition(const hypothesis_and_form *j, int first, int n) {
  for (int i = 0; i < first; i++)
    if (same_ngrams(j, i, first, n)) return true;
  return false;
}

bool ig_placeable_form_after(const ig_placeable_hypothesis *hypothesis, const int *form, int length,
                             int begun) {
  const int n = hypothesis->no_repeat_ngram, own = hypothesis->count;
  const hypothesis_and_form j = {hypothesis, form + begun, own + length - begun};
  if (n == 0) return true;
  // N-grams that lie inside the form, and end in what is yet to come of it.
  for (int first = own - begun; first + n <= j.all; first++)
    if (first + n > own && is_repetition(&j, first, n)) return false;
  return true;
}

bool ig_placeable_form_ever(const ig_decode_options *o, const int *form, int length) {
  const ig_bad_words *bad = &o->bad_words;
  for (int i = 0; i < bad->count; i++)
    if (has_inside(form, length, bad->ids + bad->offsets[i], bad->offsets[i + 1] - bad->offsets[i]))
      return false;
  const ig_placeable_hypothesis empty = {.no_repeat_ngram = o->no_repeat_ngram};
  return ig_placeable_form_after(&empty, form, length, 0);
}
