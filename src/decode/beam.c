// Beam search: see beam.h.
#include "decode/beam.h"

#include <math.h>

#include "decode/finished.h"
#include "decode/processors.h"
#include "decode/terms.h"

// Logits that are compared with the limit together: a multiple of every vector length.
#define SCAN 64

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

typedef struct row_scan {
  ig_candidate *heap;
  int count, capacity;
  int row;
  float normalizer, score;  // a candidate scores (x - normalizer) + score
  float limit;              // no logit up to this one can enter the heap, which is full
} row_scan;

// The heap's worst score in terms of the logits, lowered by more than the rounding of the two
// additions, so that the scan never passes over a winner.
static void set_limit(row_scan *s) {
  if (s->count < s->capacity) {
    s->limit = -INFINITY;
    return;
  }
  const float worst = s->heap[0].score;
  const double slack =
      1e-6 * (1.0 + fabs((double)worst) + fabs((double)s->score) + fabs((double)s->normalizer));
  s->limit = worst == -INFINITY
                 ? -INFINITY
                 : (float)((double)worst - (double)s->score + (double)s->normalizer - slack);
}

static void offer(row_scan *s, float logit, int token) {
  const ig_candidate candidate = {(logit - s->normalizer) + s->score, s->row, token};
  if (s->count < s->capacity) {
    s->heap[s->count] = candidate;
    sift_up(s->heap, s->count++);
  } else if (candidate.score > s->heap[0].score) {  // an equal one comes later in order: it loses
    s->heap[0] = candidate;
    sift_down(s->heap, s->count, 0);
  } else {
    return;
  }
  set_limit(s);
}

static bool any_above(const float *x, float limit) {
  int any = 0;
  for (int i = 0; i < SCAN; i++) any |= x[i] > limit;
  return any != 0;
}

static void scan_block(row_scan *s, int begin, int end, const float *logits) {
  int j = begin;
  for (; j + SCAN <= end; j += SCAN) {
    if (!any_above(logits + j, s->limit)) continue;
    for (int i = j; i < j + SCAN; i++)
      if (logits[i] > s->limit) offer(s, logits[i], i);
  }
  for (; j < end; j++)
    if (logits[j] > s->limit) offer(s, logits[j], j);
}

// Offers the row's logits to the heap. largest: no logit of each block is larger; NULL: unknown.
static void scan_row(row_scan *s, int vocabulary, const float *logits, const float *largest) {
  set_limit(s);
  int j = 0;
  for (; s->count < s->capacity && j < vocabulary; j++) offer(s, logits[j], j);
  if (s->score == -INFINITY) return;
  for (int end; j < vocabulary; j = end) {
    end = (j / IG_LOGITS_BLOCK + 1) * IG_LOGITS_BLOCK;
    if (end > vocabulary) end = vocabulary;
    if (!largest || largest[j / IG_LOGITS_BLOCK] > s->limit) scan_block(s, j, end, logits);
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

// What the processors have made of a row: log p of a token is its logit - normalizer.
typedef struct processed_row {
  float normalizer;
  bool largest_known;  // sentence->largest holds no less than the largest logit of each block
} processed_row;

// Runs the processors over the sentence's r-th row.
static processed_row process_row(const ig_selection *selection, const ig_sentence *sentence, int r,
                                 float *logits) {
  const ig_decode_options *options = selection->options;
  const ig_kernels *kernels = selection->kernels;
  const size_t vocabulary = (size_t)options->vocab_size, row = (size_t)(sentence->first_row + r);
  const size_t stride = (size_t)options->sentence.max_length + 1;
  const ig_processors_sequence sequence = {.options = &sentence->options,
                                           .ids = selection->rows->ids + row * stride,
                                           .length = sentence->length};
  const float *given = selection->rows->normalizer;
  // Renormalising makes the first normalizer cancel out, unless the repetition penalty scales
  // log-probabilities.
  const bool needed = !options->renormalize || options->repetition_penalty != 1.0f;
  float normalizer = 0;
  if (needed && given)
    normalizer = given[row];
  else if (needed)
    normalizer = kernels->log_sum_exp(vocabulary, logits, sentence->largest);
  normalizer = ig_processors_apply(options, &sequence, normalizer, logits);
  if (sentence->options.terms) ig_terms_ban(options, sentence, sequence.ids, logits);
  if (options->renormalize)
    return (processed_row){kernels->log_sum_exp(vocabulary, logits, sentence->largest), true};
  return (processed_row){normalizer, !given && !ig_processors_may_raise(options, &sequence)};
}

static void offer_terms(const ig_selection *selection, ig_sentence *sentence, const row_scan *scan,
                        const float *logits) {
  const size_t stride = (size_t)selection->options->sentence.max_length + 1,
               row = (size_t)(sentence->first_row + scan->row);
  const ig_search_rows *rows = selection->rows;
  const float *attention = rows->attention ? rows->attention + row * rows->attention_stride : NULL;
  ig_terms_offer(selection, sentence,
                 &(ig_term_row){.row = scan->row,
                                .ids = selection->rows->ids + row * stride,
                                .logits = logits,
                                .attention = attention,
                                .normalizer = scan->normalizer,
                                .score = scan->score});
}

// Puts the best candidates of all rows (ig_decode_options_candidates) into sentence->candidates,
// best first; returns how many they are.
static int find_candidates(const ig_selection *selection, ig_sentence *sentence, float *logits) {
  const ig_decode_options *options = selection->options;
  row_scan scan = {.heap = sentence->candidates, .capacity = ig_decode_options_candidates(options)};
  if (sentence->options.terms) ig_terms_begin(sentence->options.terms);
  for (int r = 0; r < sentence->rows; r++) {
    float *x = logits + (size_t)r * (size_t)options->vocab_size;
    const processed_row row = process_row(selection, sentence, r, x);
    scan.row = r;
    scan.score = selection->rows->score[sentence->first_row + r];
    scan.normalizer = row.normalizer;
    if (!isfinite(scan.normalizer)) sentence->failed = true;
    if (sentence->failed) return 0;
    if (sentence->options.terms) offer_terms(selection, sentence, &scan, x);
    scan_row(&scan, options->vocab_size, x, row.largest_known ? sentence->largest : NULL);
  }
  sort_heap(scan.heap, scan.count);
  return scan.count;
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

void ig_beam_select(const ig_selection *selection, ig_sentence *sentence, float *logits) {
  const ig_decode_options *options = selection->options;
  const int beam = options->beam_size, count = find_candidates(selection, sentence, logits);
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
