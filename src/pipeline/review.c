// The review of a window's sentences: see review.h.
#include "pipeline/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/kept_unknown.h"
#include "pipeline/token_alignment.h"

// Weights that are held at the same time, of one pair at least: what bounds the memory.
#define MOST_WEIGHTS ((size_t)4 << 20)

// Pairs that are reviewed together.
typedef struct review_chunk {
  ig_translator *translator;
  bool scoring;
  ig_reviewed_pair *pairs;  // (count)
  size_t count, capacity;
  size_t weights;  // of all pairs
} review_chunk;

// ---- weights ------------------------------------------------------------------

static const ig_window_sentence *sentence_of(const review_chunk *c, const ig_reviewed_pair *pair) {
  return &c->translator->window.sentences[pair->sentence];
}

static size_t count_weights(const review_chunk *c, const ig_reviewed_pair *pair) {
  return pair->target.count * sentence_of(c, pair)->sources[0].count;
}

// Are the weights of the pair asked for?
static bool is_asked_for(const review_chunk *c, const ig_ids *target) {
  const ig_translator *t = c->translator;
  if (target->count == 0) return false;
  if (ig_review_options_align(&t->review) || (t->review.scores && !c->scoring)) return true;
  return !c->scoring && t->review.keep_unknown && ig_kept_unknown_occurs(t, target);
}

static ig_status add_pair(review_chunk *c, size_t sentence, int hypothesis, ig_ids target,
                          ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&c->pairs, &c->capacity, c->count + 1, sizeof *c->pairs, err));
  ig_reviewed_pair *pair = &c->pairs[c->count++];
  *pair = (ig_reviewed_pair){.sentence = sentence, .hypothesis = hypothesis, .target = target};
  if (is_asked_for(c, &target)) c->weights += count_weights(c, pair);
  return IG_OK;
}

// The pairs of the window's sentences from *next on.
static ig_status fill_chunk(review_chunk *c, size_t *next, ig_error *err) {
  const ig_window *w = &c->translator->window;
  const int each = c->scoring ? 1 : c->translator->format.n_best;
  for (; *next < w->count && c->weights < MOST_WEIGHTS; ++*next) {
    const ig_window_sentence *s = &w->sentences[*next];
    for (int k = 0; k < each; k++) {
      ig_ids target = {0};
      if (s->length > 0 && c->scoring)
        target = s->target;
      else if (s->length > 0)
        target = (ig_ids){.ids = (int *)s->found[k].ids, .count = (size_t)s->found[k].count};
      IG_TRY(add_pair(c, *next, k, target, err));
    }
  }
  return IG_OK;
}

// from (count), or NULL.
static ig_status copy_values(const float *from, size_t count, float **out, ig_error *err) {
  if (!from) return IG_OK;
  *out = ig_allocate(count, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  memcpy(*out, from, count * sizeof **out);
  return IG_OK;
}

// A token that had to come has no share in a score.
static void set_forced(const ig_translator *t, const ig_reviewed_pair *pair) {
  const ig_sentence_options *own = &t->decode.sentence;
  const size_t count = pair->target.count;
  const int most = t->window.sentences[pair->sentence].max_length;
  if (!pair->log_probs) return;
  if (own->forced_bos >= 0) pair->log_probs[0] = 0;
  for (size_t i = 0; i < count && (int)i < own->prefix_length; i++) pair->log_probs[i] = 0;
  if (own->forced_eos >= 0 && count == (size_t)most) pair->log_probs[count - 1] = 0;
}

static ig_status keep_weights(void *context, size_t index, const ig_engine_scores *scores,
                              ig_error *err) {
  review_chunk *c = context;
  ig_reviewed_pair *pair = &c->pairs[index];
  IG_TRY(copy_values(scores->weights, count_weights(c, pair), &pair->weights, err));
  IG_TRY(copy_values(scores->log_probs, pair->target.count, &pair->log_probs, err));
  set_forced(c->translator, pair);
  return IG_OK;
}

static ig_status run_chunk(review_chunk *c, ig_error *err) {
  const ig_translator *t = c->translator;
  ig_queue_sentence *sentences = ig_allocate(c->count, sizeof *sentences, err);
  if (!sentences) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < c->count; i++) {
    const ig_reviewed_pair *pair = &c->pairs[i];
    const ig_window_sentence *s = sentence_of(c, pair);
    sentences[i] = (ig_queue_sentence){.sources = s->sources,
                                       .length = is_asked_for(c, &pair->target) ? s->length : 0,
                                       .target = &pair->target};
  }
  const bool attends = ig_review_options_align(&t->review) || t->review.keep_unknown;
  const ig_engine_job job = {.sentences = sentences,
                             .count = c->count,
                             .options = &t->decode,
                             .batch_tokens = t->batch_tokens,
                             .scored = keep_weights,
                             .context = c,
                             .interrupter = t->interrupter,
                             .attention = attends ? &t->review.attention : NULL,
                             .without_log_probs = !t->review.scores || c->scoring,
                             .start_id = t->starts_otherwise ? &t->decode.start_id : NULL};
  ig_engine_counts counts;
  const ig_status status = ig_engine_run(t->engine, &job, &counts, err);
  free(sentences);
  return status;
}

// Which source ids are the caller's own, and not those of the prefix.
static ig_status find_own(const ig_translator *t, ig_reviewed_pair *pair, ig_error *err) {
  const ig_window_sentence *s = &t->window.sentences[pair->sentence];
  if (t->ids_in || t->prefix_length == 0) return IG_OK;
  const ig_side_text text = {IG_SIDE_SOURCE, t->window.text + s->source_text.begin,
                             s->source_text.length, t->sources[0].language};
  ig_ids ids = {0};
  ig_source_ranges ranges = {0};
  const ig_status status =
      ig_tokenizer_encode_placed(t->sources[0].tokenizer, &text, &ids, &ranges, err);
  while (pair->first_own < ranges.count && ranges.list[pair->first_own].end <= t->prefix_length)
    pair->first_own++;
  ig_ids_free(&ids);
  ig_source_ranges_free(&ranges);
  return status;
}

static ig_status find_unknown(const ig_translator *t, ig_reviewed_pair *pair, ig_error *err) {
  const ig_window_sentence *s = &t->window.sentences[pair->sentence];
  if (t->ids_in || s->notes.unknown == 0) return IG_OK;
  const ig_side_text text = {IG_SIDE_SOURCE, t->window.text + s->source_text.begin,
                             s->source_text.length, t->sources[0].language};
  return ig_unknown_pieces_find(t->sources[0].tokenizer, &text, &s->sources[0], &pair->unknown,
                                err);
}

// What a translation gets of its pair: log-probabilities, and copies. A sentence of which nothing
// is known has a pair for each that it might have.
static ig_status complete_translation(ig_translator *t, ig_reviewed_pair *pair, ig_error *err) {
  ig_window_sentence *sentence = &t->window.sentences[pair->sentence];
  if (sentence->length > 0 && pair->log_probs) {
    ig_translation_take_log_probs(&sentence->found[pair->hypothesis], &t->format, pair->log_probs);
    pair->log_probs = NULL;
  }
  if (!t->review.keep_unknown) return IG_OK;
  if (sentence->length > 0) return ig_kept_unknown_rewrite(t, pair, err);
  return pair->hypothesis == 0 ? ig_kept_unknown_copy_source(t, sentence, err) : IG_OK;
}

// What is asked for of the pairs, in their order.
static ig_status deliver_chunk(review_chunk *c, ig_error *err) {
  ig_translator *t = c->translator;
  for (size_t i = 0; i < c->count; i++) {
    ig_reviewed_pair *pair = &c->pairs[i];
    if (pair->weights) IG_TRY(find_own(t, pair, err));
    if (pair->weights) IG_TRY(find_unknown(t, pair, err));
    if (ig_review_options_align(&t->review)) IG_TRY(ig_token_alignment_hand_out(t, pair, err));
    if (!c->scoring) IG_TRY(complete_translation(t, pair, err));
  }
  return IG_OK;
}

static void clear_chunk(review_chunk *c) {
  for (size_t i = 0; i < c->count; i++) {
    free(c->pairs[i].weights);
    free(c->pairs[i].log_probs);
    ig_unknown_pieces_free(&c->pairs[i].unknown);
  }
  c->count = 0;
  c->weights = 0;
}

// Translations that the review was to complete are not finished.
static void drop_unfinished(ig_translator *t, size_t first) {
  if (!t->review.scores && !t->review.keep_unknown) return;
  for (size_t i = first; i < t->window.count; i++) {
    ig_translation_free_all(t->window.sentences[i].found, t->window.sentences[i].found_count);
    t->window.sentences[i].found = NULL;
  }
}

ig_status ig_review_window(ig_translator *t, bool scoring, ig_error *err) {
  if (!ig_review_options_ask(&t->review) || (scoring && !ig_review_options_align(&t->review)))
    return IG_OK;
  review_chunk c = {.translator = t, .scoring = scoring};
  ig_status status = IG_OK;
  for (size_t next = 0, first; next < t->window.count && status == IG_OK;) {
    first = next;
    status = fill_chunk(&c, &next, err);
    if (status == IG_OK) status = run_chunk(&c, err);
    if (status == IG_OK) status = deliver_chunk(&c, err);
    clear_chunk(&c);
    if (status != IG_OK && !scoring) drop_unfinished(t, first);
  }
  free(c.pairs);
  return status;
}
