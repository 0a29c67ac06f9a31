#include "text/unigram.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

static const double unknown_penalty = 10;

void ig_unigram_free(ig_unigram *u) {
  free(u->nodes);
  free(u->scores);
  free(u->ids);
  *u = (ig_unigram){0};
}

void ig_unigram_free_work(ig_unigram_work *work) {
  free(work->steps);
  *work = (ig_unigram_work){0};
}

// ---- the tree ---------------------------------------------------------------

// In the order of their bytes; of equal ones that with the lower id first.
static int compare_pieces(const void *a, const void *b) {
  const ig_unigram_piece *x = a, *y = b;
  const int order = strcmp(x->text, y->text);
  return order ? order : (x->id > y->id) - (x->id < y->id);
}

// A node whose children are to be made: its pieces are [begin, end), and have `depth` bytes of the
// text in common.
typedef struct unigram_stretch {
  size_t begin, end, depth;
} unigram_stretch;
typedef struct unigram_making {
  ig_unigram *unigram;
  const ig_unigram_piece *pieces;
  unigram_stretch *stretches;  // by node
  size_t stretch_capacity;
} unigram_making;

static ig_status add_node(unigram_making *m, unsigned char byte, unigram_stretch stretch,
                          ig_error *err) {
  ig_unigram *u = m->unigram;
  const size_t at = u->node_count;
  if (at >= UINT32_MAX) return ig_fail(err, IG_ERROR_FORMAT, "too many pieces");
  IG_TRY(ig_allocate_more((void **)&u->nodes, &u->node_capacity, at + 1, sizeof *u->nodes, err));
  IG_TRY(ig_allocate_more((void **)&m->stretches, &m->stretch_capacity, at + 1,
                          sizeof *m->stretches, err));
  u->nodes[at] = (ig_unigram_node){.byte = byte, .piece = -1};
  m->stretches[at] = stretch;
  u->node_count++;
  return IG_OK;
}

static unsigned char byte_of(const unigram_making *m, size_t piece, size_t depth) {
  return (unsigned char)m->pieces[piece].text[depth];
}

// Pieces that end at the node come first, as they are in order.
static ig_status make_children(unigram_making *m, size_t node, ig_error *err) {
  ig_unigram *u = m->unigram;
  const unigram_stretch s = m->stretches[node];
  size_t i = s.begin;
  for (; i < s.end && byte_of(m, i, s.depth) == 0; i++)
    if (s.depth > 0) u->nodes[node].piece = (int)i;
  u->nodes[node].first_child = (uint32_t)u->node_count;
  while (i < s.end) {
    const unsigned char byte = byte_of(m, i, s.depth);
    size_t end = i + 1;
    while (end < s.end && byte_of(m, end, s.depth) == byte) end++;
    IG_TRY(add_node(m, byte, (unigram_stretch){i, end, s.depth + 1}, err));
    u->nodes[node].child_count++;
    i = end;
  }
  return IG_OK;
}

static ig_status make_tree(ig_unigram *u, const ig_unigram_piece *pieces, size_t count,
                           ig_error *err) {
  unigram_making m = {.unigram = u, .pieces = pieces};
  ig_status status = add_node(&m, 0, (unigram_stretch){0, count, 0}, err);
  for (size_t node = 0; status == IG_OK && node < u->node_count; node++)
    status = make_children(&m, node, err);
  free(m.stretches);
  return status;
}

ig_status ig_unigram_make(ig_unigram *u, ig_unigram_piece *pieces, size_t count, int unknown_id,
                          ig_error *err) {
  double lowest = 0;
  u->scores = ig_allocate(count, sizeof *u->scores, err);
  u->ids = ig_allocate(count, sizeof *u->ids, err);
  if (!u->scores || !u->ids) return IG_ERROR_MEMORY;
  qsort(pieces, count, sizeof *pieces, compare_pieces);
  for (size_t i = 0; i < count; i++) {
    u->scores[i] = pieces[i].score;
    u->ids[i] = pieces[i].id;
    if (i == 0 || pieces[i].score < lowest) lowest = pieces[i].score;
  }
  u->unknown_id = unknown_id;
  u->unknown_score = lowest - unknown_penalty;
  return make_tree(u, pieces, count, err);
}

const ig_unigram_node *ig_unigram_child(const ig_unigram *u, const ig_unigram_node *node,
                                        unsigned char byte) {
  const ig_unigram_node *children = u->nodes + node->first_child;
  size_t low = 0, high = node->child_count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (children[middle].byte < byte)
      low = middle + 1;
    else
      high = middle;
  }
  return low < node->child_count && children[low].byte == byte ? &children[low] : NULL;
}

// ---- the best segmentation --------------------------------------------------

// The best way to the byte before which it ends.
typedef struct unigram_step {
  double score;
  size_t begin;  // of its last part
  int id;
  bool reached;
} unigram_step;

static void try_step(unigram_step *step, double score, size_t begin, int id) {
  if (step->reached && !(score > step->score)) return;
  *step = (unigram_step){score, begin, id, true};
}

// The ways on from a byte. A character that is no piece itself may be unknown.
static void go_on_from(const ig_unigram *u, unigram_step *steps, const char *text, size_t length,
                       size_t begin) {
  const double score = steps[begin].score;
  const size_t character = begin + ig_utf8_step(text + begin);
  const ig_unigram_node *node = u->nodes;
  bool known = false;
  for (size_t at = begin; at < length; at++) {
    node = ig_unigram_child(u, node, (unsigned char)text[at]);
    if (!node) break;
    if (node->piece < 0) continue;
    try_step(&steps[at + 1], u->scores[node->piece] + score, begin, u->ids[node->piece]);
    known = known || at + 1 == character;
  }
  if (!known) try_step(&steps[character], u->unknown_score + score, begin, u->unknown_id);
}

static ig_status add_part(ig_unigram_parts *out, ig_unigram_part part, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&out->list, &out->capacity, out->count + 1, sizeof *out->list,
                          err));
  out->list[out->count++] = part;
  return IG_OK;
}

// From the end to the beginning; then the order is turned.
static ig_status collect_parts(const ig_unigram *u, const unigram_step *steps, size_t length,
                               ig_unigram_parts *out, ig_error *err) {
  out->count = 0;
  for (size_t end = length; end > 0; end = steps[end].begin) {
    const ig_unigram_part part = {steps[end].begin, end, steps[end].id};
    ig_unigram_part *last = out->count ? &out->list[out->count - 1] : NULL;
    if (last && part.id == u->unknown_id && last->id == u->unknown_id)
      last->begin = part.begin;
    else
      IG_TRY(add_part(out, part, err));
  }
  for (size_t i = 0; i < out->count / 2; i++) {
    const ig_unigram_part part = out->list[i];
    out->list[i] = out->list[out->count - 1 - i];
    out->list[out->count - 1 - i] = part;
  }
  return IG_OK;
}

ig_status ig_unigram_encode(const ig_unigram *u, ig_unigram_work *work, const char *text,
                            size_t length, ig_unigram_parts *out, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&work->steps, &work->step_capacity, length + 1,
                          sizeof *work->steps, err));
  memset(work->steps, 0, (length + 1) * sizeof *work->steps);
  for (size_t i = 0; i < length; i += ig_utf8_step(text + i))
    go_on_from(u, work->steps, text, length, i);
  return collect_parts(u, work->steps, length, out, err);
}
