#include "text/word_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_word_pieces_free(ig_word_pieces *p) {
  ig_unigram_free(&p->tree);
  *p = (ig_word_pieces){0};
}

// Ids may have gaps.
static size_t list_pieces(const ig_vocabulary *v, ig_unigram_piece *pieces) {
  size_t count = 0;
  for (int id = 0; id < v->size; id++) {
    const char *text = ig_vocabulary_token(v, id);
    if (text) pieces[count++] = (ig_unigram_piece){.text = text, .id = id};
  }
  return count;
}

ig_status ig_word_pieces_make(ig_word_pieces *p, const ig_vocabulary *v, const char *prefix,
                              ig_error *err) {
  ig_unigram_piece *pieces = ig_allocate((size_t)v->size, sizeof *pieces, err);
  if (!pieces) return IG_ERROR_MEMORY;
  const ig_status status =
      ig_unigram_make(&p->tree, pieces, list_pieces(v, pieces), p->unknown_id, err);
  free(pieces);
  if (status != IG_OK) return status;
  p->going_on = p->tree.nodes;
  for (; p->going_on && *prefix; prefix++)
    p->going_on = ig_unigram_child(&p->tree, p->going_on, (unsigned char)*prefix);
  return IG_OK;
}

// The length of the longest piece that begins the text, as the node says where pieces begin.
static size_t find_longest(const ig_word_pieces *p, const ig_unigram_node *node, const char *text,
                           size_t length, int *id) {
  size_t longest = 0;
  for (size_t at = 0; node && at < length;) {
    node = ig_unigram_child(&p->tree, node, (unsigned char)text[at++]);
    if (!node || node->piece < 0) continue;
    longest = at;
    *id = p->tree.ids[node->piece];
  }
  return longest;
}

static bool is_too_long(const ig_word_pieces *p, const char *word, size_t length) {
  size_t characters = 0;
  if (length <= p->longest) return false;
  for (size_t i = 0; i < length; i += ig_utf8_step(word + i)) characters++;
  return characters > p->longest;
}

static ig_status add_part(ig_unigram_parts *out, size_t begin, size_t end, int id, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&out->list, &out->capacity, out->count + 1, sizeof *out->list,
                          err));
  out->list[out->count++] = (ig_unigram_part){begin, end, id};
  return IG_OK;
}

ig_status ig_word_pieces_encode(const ig_word_pieces *p, const char *word, size_t length,
                                ig_unigram_parts *out, ig_error *err) {
  const bool too_long = is_too_long(p, word, length);
  size_t at = 0;
  out->count = 0;
  while (at < length && !too_long) {
    int id = p->unknown_id;
    const ig_unigram_node *from = at == 0 ? p->tree.nodes : p->going_on;
    const size_t found = find_longest(p, from, word + at, length - at, &id);
    if (found == 0) break;
    IG_TRY(add_part(out, at, at + found, id, err));
    at += found;
  }
  if (at == length) return IG_OK;
  out->count = 0;
  return add_part(out, 0, length, p->unknown_id, err);
}
