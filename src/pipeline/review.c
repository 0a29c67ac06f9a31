// Alignments of a window's sentences: see review.h.
#include "pipeline/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// Weights that are held at the same time, of one pair at least: what bounds the memory.
#define MOST_WEIGHTS ((size_t)4 << 20)

#define SHALLOW 3  // layers, at most

// A source with one of its translations, or with its given target.
typedef struct reviewed_pair {
  size_t sentence;  // of the window
  int hypothesis;   // of n-best, from 0
  ig_ids target;    // borrowed; without ids: there is nothing to look at
  float *weights;   // (target ids, source ids), malloc'ed
} reviewed_pair;

// Pairs that are reviewed together.
typedef struct review_chunk {
  ig_translator *translator;
  bool scoring;
  reviewed_pair *pairs;  // (count)
  size_t count, capacity;
  size_t weights;  // of all pairs
} review_chunk;

// ---- what is asked for --------------------------------------------------------

// layer counts from 1, or from the last, which is -1. The default is the layer before the last, of
// a shallow decoder the last (docs/decisions/alignments.md).
static ig_status find_layer(int layer, int layers, int *out, ig_error *err) {
  *out = layers > SHALLOW ? layers - 2 : layers - 1;
  if (layer == 0) return IG_OK;
  *out = layer > 0 ? layer - 1 : layers + layer;
  if (*out >= 0 && *out < layers) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "alignments: layer: the decoder has layers 1 to %d (or -1 to %d, from the last), "
                 "found %d",
                 layers, -layers, layer);
}

ig_status ig_review_set_up(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const ig_config *config = &ig_translator_first_model(t)->config;
  const int heads = config->decoder.cross.heads;
  t->review.alignments = o->alignments;
  if (!o->alignments.write) return IG_OK;
  IG_TRY(find_layer(o->alignments.layer, config->decoder.layers, &t->review.attention.layer, err));
  if (o->alignments.head < 0 || o->alignments.head > heads)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alignments: head: the decoder has heads 1 to %d (0: the mean of all), found %d",
                   heads, o->alignments.head);
  t->review.attention.head = o->alignments.head - 1;
  return IG_OK;
}

bool ig_review_is_wanted(const ig_translator *t) { return t->review.alignments.write != NULL; }

// The ids come after the hypotheses in one block of memory.
ig_status ig_review_keep(const ig_translator *t, ig_window_sentence *sentence,
                         const ig_hypothesis *found, ig_error *err) {
  const size_t n = (size_t)t->decode.n_best;
  size_t ids = 0;
  for (size_t k = 0; k < n; k++) ids += (size_t)found[k].length;
  ig_hypothesis *kept = ig_allocate(1, n * sizeof *kept + ids * sizeof(int), err);
  if (!kept) return IG_ERROR_MEMORY;
  int *to = (int *)(kept + n);
  for (size_t k = 0; k < n; k++) {
    memcpy(to, found[k].ids, (size_t)found[k].length * sizeof *to);
    kept[k] = (ig_hypothesis){to, found[k].length, found[k].score};
    to += found[k].length;
  }
  sentence->found = kept;
  return IG_OK;
}

// ---- weights ------------------------------------------------------------------

static const ig_window_sentence *sentence_of(const review_chunk *c, const reviewed_pair *pair) {
  return &c->translator->window.sentences[pair->sentence];
}

static size_t count_weights(const review_chunk *c, const reviewed_pair *pair) {
  return pair->target.count * sentence_of(c, pair)->sources[0].count;
}

static ig_status add_pair(review_chunk *c, size_t sentence, int hypothesis, ig_ids target,
                          ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&c->pairs, &c->capacity, c->count + 1, sizeof *c->pairs, err));
  reviewed_pair *pair = &c->pairs[c->count++];
  *pair = (reviewed_pair){.sentence = sentence, .hypothesis = hypothesis, .target = target};
  c->weights += count_weights(c, pair);
  return IG_OK;
}

// The pairs of the window's sentences from *next on.
static ig_status fill_chunk(review_chunk *c, size_t *next, ig_error *err) {
  const ig_window *w = &c->translator->window;
  const int each = c->scoring ? 1 : c->translator->decode.n_best;
  for (; *next < w->count && c->weights < MOST_WEIGHTS; ++*next) {
    const ig_window_sentence *s = &w->sentences[*next];
    for (int k = 0; k < each; k++) {
      ig_ids target = {0};
      if (s->length > 0 && c->scoring)
        target = s->target;
      else if (s->length > 0)
        target = (ig_ids){.ids = (int *)s->found[k].ids, .count = (size_t)s->found[k].length};
      IG_TRY(add_pair(c, *next, k, target, err));
    }
  }
  return IG_OK;
}

static ig_status keep_weights(void *context, size_t index, const ig_engine_scores *scores,
                              ig_error *err) {
  review_chunk *c = context;
  reviewed_pair *pair = &c->pairs[index];
  const size_t count = count_weights(c, pair);
  pair->weights = ig_allocate(count, sizeof *pair->weights, err);
  if (!pair->weights) return IG_ERROR_MEMORY;
  memcpy(pair->weights, scores->weights, count * sizeof *pair->weights);
  return IG_OK;
}

static ig_status run_chunk(review_chunk *c, ig_error *err) {
  const ig_translator *t = c->translator;
  ig_queue_sentence *sentences = ig_allocate(c->count, sizeof *sentences, err);
  if (!sentences) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < c->count; i++) {
    const reviewed_pair *pair = &c->pairs[i];
    const ig_window_sentence *s = sentence_of(c, pair);
    sentences[i] = (ig_queue_sentence){.sources = s->sources,
                                       .length = pair->target.count > 0 ? s->length : 0,
                                       .target = &pair->target};
  }
  const ig_engine_job job = {.sentences = sentences,
                             .count = c->count,
                             .options = &t->decode,
                             .batch_tokens = t->batch_tokens,
                             .scored = keep_weights,
                             .context = c,
                             .interrupter = t->interrupter,
                             .attention = &t->review.attention,
                             .without_log_probs = true,
                             .start_id = t->starts_otherwise ? &t->decode.start_id : NULL};
  ig_engine_counts counts;
  const ig_status status = ig_engine_run(t->engine, &job, &counts, err);
  free(sentences);
  return status;
}

// ---- alignments ---------------------------------------------------------------

// One side of a pair as the caller gets it.
typedef struct aligned_side {
  const ig_ids *ids;
  const char **pieces;  // (ids); NULL: ids come in, or go out
  int *positions;       // (ids): -1: a special token
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
    const bool special = is_special(t, side, out->ids, i);
    out->positions[i] = special ? -1 : out->next;
    if (!special || as_ids) out->next++;
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

static ig_status hand_out(ig_translator *t, const reviewed_pair *pair, const aligned_side *source,
                          const aligned_side *target, ig_error *err) {
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
  const ig_alignment_options *asked = &t->review.alignments;
  const ig_status status = asked->write(asked->context, &alignment, err);
  free(links);
  return status == IG_OK ? status : ig_fail_of_caller(status, "alignments: write", err);
}

// Positions go on in the next sentence of the line. Where there are n best, a line is a sentence.
static ig_status align(ig_translator *t, const reviewed_pair *pair, ig_error *err) {
  const ig_window_sentence *s = &t->window.sentences[pair->sentence];
  static const ig_ids none;
  ig_review *r = &t->review;
  if (s->number != r->line || pair->hypothesis > 0) r->source_next = r->target_next = 0;
  r->line = s->number;
  aligned_side source = {.ids = pair->target.count > 0 ? &s->sources[0] : &none},
               target = {.ids = &pair->target};
  ig_status status = make_side(t, IG_SIDE_SOURCE, t->ids_in, r->source_next, &source, err);
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

static ig_status align_chunk(const review_chunk *c, ig_error *err) {
  for (size_t i = 0; i < c->count; i++) IG_TRY(align(c->translator, &c->pairs[i], err));
  return IG_OK;
}

static void clear_chunk(review_chunk *c) {
  for (size_t i = 0; i < c->count; i++) free(c->pairs[i].weights);
  c->count = 0;
  c->weights = 0;
}

ig_status ig_review_window(ig_translator *t, bool scoring, ig_error *err) {
  if (!ig_review_is_wanted(t)) return IG_OK;
  review_chunk c = {.translator = t, .scoring = scoring};
  ig_status status = IG_OK;
  for (size_t next = 0; next < t->window.count && status == IG_OK;) {
    status = fill_chunk(&c, &next, err);
    if (status == IG_OK) status = run_chunk(&c, err);
    if (status == IG_OK) status = align_chunk(&c, err);
    clear_chunk(&c);
  }
  free(c.pairs);
  return status;
}
