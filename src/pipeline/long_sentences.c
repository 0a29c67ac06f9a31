// Sentences that are too long: see long_sentences.h.
#include "pipeline/long_sentences.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/clauses.h"
#include "text/sentences.h"
#include "text/utf8.h"

// The parts of a window's long sentences.
typedef struct division {
  const ig_window *window;
  const ig_encoding *encoding;
  ig_window_part *parts;
  size_t count, capacity;
  char *text;  // of a part, its prefix included, while its ids are counted
  size_t text_capacity;
  ig_ids ids;
} division;

static ig_text_span span_of(const division *d, const char *text, size_t length) {
  return (ig_text_span){(size_t)(text - d->window->text), length};
}

// Has every member positions for this part?
static ig_status find_fit(division *d, ig_borrowed_text prefix, ig_borrowed_text part, bool *fits,
                          ig_error *err) {
  const size_t length = prefix.length + part.length;
  *fits = true;
  IG_TRY(ig_allocate_more((void **)&d->text, &d->text_capacity, length + 1, 1, err));
  memcpy(d->text, prefix.text, prefix.length);
  memcpy(d->text + prefix.length, part.text, part.length);
  d->text[length] = '\0';
  for (int m = 0; m < d->window->members && *fits; m++) {
    const ig_source_encoding *source = &d->encoding->sources[m];
    d->ids.count = 0;
    IG_TRY(ig_tokenizer_encode_source(source->tokenizer, d->text, length, &d->ids, err));
    *fits = d->ids.count <= (size_t)source->longest;
  }
  return IG_OK;
}

// The first part of rest, of about `most` bytes, or fewer if they have too many ids.
static ig_status find_part(division *d, ig_borrowed_text prefix, ig_borrowed_text rest, size_t most,
                           ig_clause *part, ig_error *err) {
  bool fits;
  *part = (ig_clause){rest.length, rest.length};
  if (rest.length > most) *part = ig_clauses_first(rest.text, rest.length, most);
  for (;;) {
    IG_TRY(find_fit(d, prefix, (ig_borrowed_text){rest.text, part->end}, &fits, err));
    if (fits) return IG_OK;
    const ig_clause smaller = ig_clauses_first(rest.text, rest.length, part->end * 3 / 4);
    if (smaller.end >= part->end) return IG_OK;
    *part = smaller;
  }
}

// Bytes of the next part of `length` bytes, of which a part should have `bytes` at most: parts are
// of about one length, and a fourth is left for the search of a place.
static size_t part_bytes(size_t length, size_t bytes) {
  const size_t parts = (length + bytes - 1) / bytes;
  return length / parts + length / parts / 4 + 1;
}

static ig_status add_parts(division *d, size_t index, ig_borrowed_text prefix,
                           ig_borrowed_text rest, ig_error *err) {
  const ig_window_sentence *sentence = &d->window->sentences[index];
  // A fourth of the positions, by the ids of the whole sentence: models were trained on sentences
  // far shorter than their positions, and of such as fill them they leave words out.
  const size_t times = sentence->truncated_from / sentence->truncated_to + 1,
               bytes = rest.length / times / 4 + 1;
  ig_text_span gap = {0};
  for (bool first = true; rest.length > 0; first = false) {
    ig_clause part;
    IG_TRY(find_part(d, prefix, rest, part_bytes(rest.length, bytes), &part, err));
    IG_TRY(ig_allocate_more((void **)&d->parts, &d->capacity, d->count + 1, sizeof *d->parts, err));
    d->parts[d->count++] = (ig_window_part){.sentence = index,
                                            .prefix = span_of(d, prefix.text, prefix.length),
                                            .source = span_of(d, rest.text, part.end),
                                            .gap = first ? (ig_text_span){0} : gap};
    gap = span_of(d, rest.text + part.end, part.next - part.end);
    rest = (ig_borrowed_text){rest.text + part.next, rest.length - part.next};
  }
  return IG_OK;
}

static ig_status divide_sentence(division *d, size_t index, ig_error *err) {
  const ig_window_sentence *sentence = &d->window->sentences[index];
  const char *text = d->window->text + sentence->source_text.begin;
  size_t length = sentence->source_text.length;
  const char *begin = text;
  ig_utf8_strip(&text, &length);
  // White space that a prefix begins with is gone, too.
  const size_t gone = (size_t)(text - begin);
  size_t prefix = d->encoding->prefix_length;
  prefix = prefix > gone ? prefix - gone : 0;
  if (prefix > length) prefix = length;
  prefix += ig_sentences_prefix(text + prefix, length - prefix);
  return add_parts(d, index, (ig_borrowed_text){text, prefix},
                   (ig_borrowed_text){text + prefix, length - prefix}, err);
}

static ig_status find_parts(division *d, ig_losses *losses, ig_error *err) {
  const ig_window *w = d->window;
  for (size_t i = 0; i < w->count; i++) {
    const size_t before = d->count;
    if (w->sentences[i].truncated_from == 0) continue;
    IG_TRY(divide_sentence(d, i, err));
    if (d->count - before < 2)
      d->count = before;
    else
      ig_losses_of_division(losses, &w->sentences[i], d->count - before);
  }
  return IG_OK;
}

ig_status ig_long_sentences_divide(ig_window *window, const ig_encoding *encoding,
                                   ig_losses *losses, ig_error *err) {
  division d = {.window = window, .encoding = encoding};
  ig_status status = find_parts(&d, losses, err);
  if (status == IG_OK && d.count > 0)
    status = ig_window_divide(window, d.parts, d.count, encoding, err);
  free(d.parts);
  free(d.text);
  ig_ids_free(&d.ids);
  return status;
}
