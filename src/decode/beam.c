// Beam search: see beam.h.
#include "decode/beam.h"

#include <math.h>

#include "decode/finished.h"
#include "decode/processors.h"
#include "decode/terms.h"

static bool ranks_before(const ig_candidate *a, const ig_candidate *b) {
  if (a->score != b->score) return a->score > b->score;
  return a->row != b->row ? a->row < b->row : a->token < b->token;
}

// ---- the best candidates of all rows: a heap with the worst of them on top ----

static void sift_down(ig_candidate *heap, int count, int i) {
  for (;;) {
    int worst = i;
    for (int child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
      if (ranks_before(&heap[worst], &heap[child])) worst = child;
    if (worst == i) return;
    const ig_candidate moved = heap[i];
    heap[i] = heap[worst];
    heap[worst] = moved;
    i = worst;
  }
}

static void sift_up(ig_candidate *heap, int i) {
  while (i > 0 && ranks_before(&heap[(i - 1) / 2], &heap[i])) {
    const ig_candidate moved = heap[i];
    heap[i] = heap[(i - 1) / 2];
    heap[(i - 1) / 2] = moved;
    i = (i - 1) / 2;
  }
}

// The candidates of all rows.
typedef struct candidate_heap {
  ig_candidate *list;
  int count, capacity;
} candidate_heap;

// Returns whether it was among the best so far.
static bool offer(candidate_heap *heap, ig_candidate candidate) {
  if (heap->count < heap->capacity) {
    heap->list[heap->count] = candidate;
    sift_up(heap->list, heap->count++);
    return true;
  }
  if (!ranks_before(&candidate, &heap->list[0])) return false;
  heap->list[0] = candidate;
  sift_down(heap->list, heap->count, 0);
  return true;
}

// Offers the best tokens of a row, whose hypothesis has the score.
static void offer_row(candidate_heap *heap, int row, float score, const ig_choice_found *found) {
  for (int i = 0; i < found->count; i++) {
    const ig_candidate candidate = {(found->best[i].score - found->normalizer) + score, row,
                                    found->best[i].token};
    // The others are no better; equal ones may have a lower token.
    if (!offer(heap, candidate) && candidate.score < heap->list[0].score) return;
  }
}

// Turns the heap into a list, best first.
static void sort_heap(ig_candidate *heap, int count) {
  for (int last = count - 1; last > 0; last--) {
    const ig_candidate worst = heap[0];
    heap[0] = heap[last];
    heap[last] = worst;
    sift_down(heap, last, 0);
  }
}

// ---- rows -------------------------------------------------------------------

// Runs the processors over the sentence's r-th row of written logits. Returns the normalizer: log p
// of a token is its logit - normalizer.
static float process_row(const ig_selection *selection, const ig_sentence *sentence, int r,
                         float *logits) {
  const ig_decode_options *options = selection->options;
  const ig_kernels *kernels = selection->kernels;
  const size_t vocabulary = (size_t)options->vocab_size, row = (size_t)(sentence->first_row + r);
  const ig_processors_sequence sequence = ig_sentence_sequence(selection, sentence, r);
  const float *given = selection->rows->normalizer;
  // Renormalising makes the first normalizer cancel out, unless the repetition penalty scales
  // log-probabilities.
  const bool needed = !options->renormalize || options->repetition_penalty != 1.0f;
  const ig_token_scores scores = ig_sentence_scores(selection, logits);
  float normalizer = 0;
  if (needed) normalizer = given ? given[row] : kernels->log_sum_exp(vocabulary, logits);
  ig_processors_apply(options, &sequence, normalizer, &scores);
  if (ig_processors_force(&sequence)) normalizer = 0;
  if (sentence->options.terms) ig_terms_ban(options, sentence, sequence.ids, logits);
  return options->renormalize ? kernels->log_sum_exp(vocabulary, logits) : normalizer;
}

static void offer_terms(const ig_selection *selection, ig_sentence *sentence, int r,
                        const ig_term_row *processed) {
  const size_t stride = (size_t)selection->options->sentence.max_length + 1,
               row = (size_t)(sentence->first_row + r);
  const ig_search_rows *rows = selection->rows;
  ig_term_row term_row = *processed;
  term_row.row = r;
  term_row.ids = rows->ids + row * stride;
  term_row.score = rows->score[row];
  term_row.attention = rows->attention ? rows->attention + row * rows->attention_stride : NULL;
  ig_terms_offer(selection, sentence, &term_row);
}

// The best tokens of the sentence's r-th row.
static ig_choice_found find_best(const ig_selection *selection, ig_sentence *sentence, int r) {
  const int row = sentence->first_row + r;
  float *logits = ig_sentence_logits(selection, row);
  if (!logits) return ig_choice_of(selection->choice, row);
  const float normalizer = process_row(selection, sentence, r, logits);
  const ig_token_scores scores = ig_sentence_scores(selection, logits);
  ig_best_tokens best = {.list = sentence->best,
                         .capacity = ig_decode_options_candidates(selection->options)};
  if (!isfinite(normalizer)) return (ig_choice_found){.normalizer = normalizer};
  if (sentence->options.terms)
    offer_terms(selection, sentence, r, &(ig_term_row){.logits = logits, .normalizer = normalizer});
  ig_best_tokens_scan(&best, &scores, INFINITY);
  return (ig_choice_found){best.list, best.count, normalizer};
}

// Puts the best candidates of all rows (ig_decode_options_candidates) into sentence->candidates,
// best first; returns how many they are.
static int find_candidates(const ig_selection *selection, ig_sentence *sentence) {
  candidate_heap heap = {.list = sentence->candidates,
                         .capacity = ig_decode_options_candidates(selection->options)};
  if (sentence->options.terms) ig_terms_begin(sentence->options.terms);
  for (int r = 0; r < sentence->rows; r++) {
    const ig_choice_found found = find_best(selection, sentence, r);
    if (!isfinite(found.normalizer)) {
      if (ig_sentence_bans_all(selection, sentence, r, sentence->first_row + r)) continue;
      sentence->failed = true;
      return 0;
    }
    offer_row(&heap, r, selection->rows->score[sentence->first_row + r], &found);
  }
  sort_heap(heap.list, heap.count);
  return heap.count;
}

// ---- what runs on, what is finished -----------------------------------------

// Puts the beam_size best candidates into sentence->next; those that end count 1e9 less.
static void choose_running(const ig_decode_options *options, ig_sentence *sentence, int count) {
  const int beam = options->beam_size;
  sentence->next_rows = 0;
  for (int i = 0; i < count; i++) {
    ig_candidate c = sentence->candidates[i];
    if (ig_finished_by(options, sentence, c.token)) c.score += IG_SENTENCE_NEVER_WINS;
    int rank = sentence->next_rows;
    while (rank > 0 && c.score > sentence->next[rank - 1].score) rank--;
    if (rank == beam) continue;
    if (sentence->next_rows < beam) sentence->next_rows++;
    for (int j = sentence->next_rows - 1; j > rank; j--) sentence->next[j] = sentence->next[j - 1];
    sentence->next[rank] = c;
  }
}

static bool all_finished(const ig_sentence *sentence, int beam) {
  for (int i = 0; i < beam; i++)
    if (!sentence->slots[i].finished) return false;
  return true;
}

// Can the best running hypothesis still beat the worst finished one? (_check_early_stop_heuristic)
static bool improvable(const ig_decode_options *options, const ig_sentence *sentence) {
  const int beam = options->beam_size;
  const bool longest =
      options->early_stopping == IG_EARLY_STOPPING_NEVER && options->length_penalty > 0;
  const float best = ig_finished_score(options, sentence, sentence->next[0].score,
                                       longest ? sentence->options.max_length : sentence->length);
  const float worst = sentence->slots[beam - 1].score;  // sorted
  for (int i = 0; i < beam; i++)
    if (best > (sentence->slots[i].finished ? worst : IG_SENTENCE_NEVER_WINS)) return true;
  return false;
}

void ig_beam_select(const ig_selection *selection, ig_sentence *sentence) {
  const ig_decode_options *options = selection->options;
  const int beam = options->beam_size, count = find_candidates(selection, sentence);
  if (sentence->failed) return;
  if (sentence->options.terms) {
    ig_terms_choose(selection, sentence, count);
    return;
  }
  choose_running(options, sentence, count);
  bool all_end = true;
  for (int i = 0; i < count; i++) {
    const ig_candidate *c = &sentence->candidates[i];
    const bool end = ig_finished_by(options, sentence, c->token);
    all_end = all_end && end;
    if (end && i < beam)
      ig_finished_add(selection, sentence, c,
                      ig_finished_score(options, sentence, c->score, sentence->length));
  }
  sentence->open = sentence->open && improvable(options, sentence);
  const bool full =
      options->early_stopping == IG_EARLY_STOPPING_AT_ONCE && all_finished(sentence, beam);
  sentence->done = !sentence->open || full || all_end;
}
