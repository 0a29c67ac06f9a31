// Alignments of pairs: see token_alignment.h.
#include "pipeline/token_alignment.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/alignment_copy.h"

// One side of a pair as the caller gets it.
typedef struct aligned_side {
  const ig_ids *ids;
  size_t first_own;     // ids before it are those of a prefix, which have no positions
  const char **pieces;  // (ids); NULL: ids come in, or go out
  int *positions;       // (ids): -1: a special token, or one of the prefix
  int next;             // position of what follows
} aligned_side;

static bool is_special(const ig_translator *t, ig_side side, const ig_ids *ids, size_t i) {
  const ig_tokenizer *tokenizer = ig_engine_members_of(t->engine)->tokenizers[0];
  if (tokenizer) return ig_tokenizer_is_special(tokenizer, side, ids->ids[i]);
  return i + 1 == ids->count && ig_decode_options_ends(&t->decode, ids->ids[i]);
}

// first: the position of the first token. as_ids: every id has a position, for whoever counts
// them sees special ones, too.
static ig_status make_side(const ig_translator *t, ig_side side, bool as_ids, int first,
                           aligned_side *out, ig_error *err) {
  const ig_tokenizer *tokenizer = ig_engine_members_of(t->engine)->tokenizers[0];
  const size_t count = out->ids->count;
  out->positions = ig_allocate(count, sizeof *out->positions, err);
  if (!out->positions) return IG_ERROR_MEMORY;
  if (tokenizer) out->pieces = ig_allocate(count, sizeof *out->pieces, err);
  if (tokenizer && !out->pieces) return IG_ERROR_MEMORY;
  out->next = first;
  for (size_t i = 0; i < count; i++) {
    const bool special = is_special(t, side, out->ids, i), own = i >= out->first_own;
    out->positions[i] = special || !own ? -1 : out->next;
    if (own && (!special || as_ids)) out->next++;
    if (tokenizer) out->pieces[i] = ig_tokenizer_piece_of_id(tokenizer, side, out->ids->ids[i]);
  }
  return IG_OK;
}

// The source token that is no special one and has the greatest weight, the first of equals; -1:
// there is none.
static int find_link(const aligned_side *source, const float *weights) {
  int best = -1;
  for (size_t i = 0; i < source->ids->count; i++)
    if (source->positions[i] >= 0 && (best < 0 || weights[i] > weights[best])) best = (int)i;
  return best;
}

static void find_links(const aligned_side *source, const aligned_side *target, const float *weights,
                       int *links) {
  for (size_t j = 0; j < target->ids->count; j++)
    links[j] = target->positions[j] < 0 ? -1 : find_link(source, weights + j * source->ids->count);
}

static ig_status tell_caller(const ig_alignment_options *asked, const ig_token_alignment *alignment,
                             ig_error *err) {
  if (!asked->write) return IG_OK;
  const ig_status status = asked->write(asked->context, alignment, err);
  return status == IG_OK ? status : ig_fail_of_caller(status, "alignments: write", err);
}

static ig_status hand_out(ig_translator *t, const ig_reviewed_pair *pair,
                          const aligned_side *source, const aligned_side *target, ig_error *err) {
  const ig_window_sentence *s = &t->window.sentences[pair->sentence];
  int *links = ig_allocate(target->ids->count, sizeof *links, err);
  if (!links) return IG_ERROR_MEMORY;
  find_links(source, target, pair->weights, links);
  const ig_token_alignment alignment = {.line = s->number,
                                        .hypothesis = pair->hypothesis,
                                        .ends_line = s->ends_line,
                                        .source_count = (int)source->ids->count,
                                        .target_count = (int)target->ids->count,
                                        .source_ids = source->ids->ids,
                                        .target_ids = target->ids->ids,
                                        .source_pieces = source->pieces,
                                        .target_pieces = target->pieces,
                                        .source_positions = source->positions,
                                        .target_positions = target->positions,
                                        .weights = pair->weights,
                                        .links = links};
  ig_status status = tell_caller(&t->review.alignments, &alignment, err);
  if (status == IG_OK && t->review.keeps_alignments && pair->target.count > 0)
    status = ig_alignment_copy_make(&alignment, &s->found[pair->hypothesis].alignment, err);
  free(links);
  return status;
}

// A piece that the source's vocabulary lacks is shown as what stands there.
static void show_unknown(const ig_translator *t, const ig_reviewed_pair *pair,
                         const aligned_side *source) {
  for (size_t i = 0, k = 0; k < pair->unknown.count && i < source->ids->count; i++)
    if (source->ids->ids[i] == ig_tokenizer_unk_id(t->sources[0].tokenizer, IG_SIDE_SOURCE))
      source->pieces[i] = pair->unknown.list[k++];
}

// Positions go on in the next sentence of the line. Where there are n best, a line is a sentence.
ig_status ig_token_alignment_hand_out(ig_translator *t, const ig_reviewed_pair *pair,
                                      ig_error *err) {
  const ig_window_sentence *s = &t->window.sentences[pair->sentence];
  static const ig_ids none;
  ig_review *r = &t->review;
  if (s->number != r->line || pair->hypothesis > 0) r->source_next = r->target_next = 0;
  r->line = s->number;
  aligned_side source = {.ids = pair->target.count > 0 ? &s->sources[0] : &none,
                         .first_own = pair->first_own};
  aligned_side target = {.ids = &pair->target};
  ig_status status = make_side(t, IG_SIDE_SOURCE, t->ids_in, r->source_next, &source, err);
  if (status == IG_OK) show_unknown(t, pair, &source);
  if (status == IG_OK)
    status = make_side(t, IG_SIDE_TARGET, !t->format.tokenizer, r->target_next, &target, err);
  if (status == IG_OK) status = hand_out(t, pair, &source, &target, err);
  r->source_next = source.next;
  r->target_next = target.next;
  free(source.pieces);
  free(source.positions);
  free(target.pieces);
  free(target.positions);
  return status;
}
