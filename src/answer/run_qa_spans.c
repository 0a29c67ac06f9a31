#include "answer/run_qa_spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

struct ig_run_qa_spans {
  ig_run_qa_spans_options options;
  int *starts, *ends;  // (n_best): rows of one window with the largest logits, best first
  ig_answer_span *spans;
  size_t count, capacity;
  ig_answer_span null;  // of the window where its sum is the smallest
  bool has_null;
};

ig_status ig_run_qa_spans_create(const ig_run_qa_spans_options *options, ig_run_qa_spans **out,
                                 ig_error *err) {
  *out = NULL;
  ig_run_qa_spans *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->options = *options;
  s->starts = ig_allocate((size_t)options->n_best, sizeof *s->starts, err);
  s->ends = ig_allocate((size_t)options->n_best, sizeof *s->ends, err);
  if (!s->starts || !s->ends) {
    ig_run_qa_spans_free(s);
    return IG_ERROR_MEMORY;
  }
  *out = s;
  return IG_OK;
}

void ig_run_qa_spans_free(ig_run_qa_spans *s) {
  if (!s) return;
  free(s->starts);
  free(s->ends);
  free(s->spans);
  free(s);
}

void ig_run_qa_spans_begin(ig_run_qa_spans *s) {
  s->count = 0;
  s->has_null = false;
}

// The rows with the largest logits of a column, all rows of the window among them; of equal ones
// the last is the first. Returns how many there are.
static int find_largest(const ig_answer_window *w, int column, int most, int *rows) {
  int count = 0;
  for (int r = 0; r < w->rows; r++) {
    const float logit = w->logits[2 * r + column];
    int at = count;
    while (at > 0 && logit >= w->logits[2 * rows[at - 1] + column]) at--;
    if (at == most) continue;
    if (count < most) count++;
    memmove(rows + at + 1, rows + at, (size_t)(count - at - 1) * sizeof *rows);
    rows[at] = r;
  }
  return count;
}

static bool is_context(const ig_answer_window *w, int row) {
  return row >= w->first && row < w->first + w->count;
}

static void take_null(ig_run_qa_spans *s, const ig_answer_window *w) {
  const float score = w->logits[0] + w->logits[1];
  if (s->has_null && (double)score >= s->null.score) return;
  s->null = (ig_answer_span){.score = (double)score, .start = w->logits[0], .end = w->logits[1]};
  s->has_null = true;
}

ig_status ig_run_qa_spans_add(ig_run_qa_spans *s, const ig_answer_window *w, ig_error *err) {
  const int starts = find_largest(w, 0, s->options.n_best, s->starts),
            ends = find_largest(w, 1, s->options.n_best, s->ends);
  take_null(s, w);
  for (int i = 0; i < starts; i++)
    for (int j = 0; j < ends; j++) {
      const int first = s->starts[i], last = s->ends[j];
      if (!is_context(w, first) || !is_context(w, last) || last < first ||
          last - first >= s->options.max_answer_length)
        continue;
      const float start = w->logits[2 * first], end = w->logits[2 * last + 1];
      IG_TRY(
          ig_allocate_more((void **)&s->spans, &s->capacity, s->count + 1, sizeof *s->spans, err));
      s->spans[s->count++] = (ig_answer_span){
          .place = {w->places[first - w->first].begin, w->places[last - w->first].end},
          .score = (double)(start + end),
          .start = start,
          .end = end};
    }
  return IG_OK;
}

// Keeps the best ones in order; of equal ones the first stays the first.
static size_t keep_best(ig_answer_span *spans, size_t count, size_t most) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_answer_span moved = spans[i];
    size_t at = kept;
    while (at > 0 && spans[at - 1].score < moved.score) at--;
    if (at == most) continue;
    if (kept < most) kept++;
    memmove(spans + at + 1, spans + at, (kept - at - 1) * sizeof *spans);
    spans[at] = moved;
  }
  return kept;
}

static bool is_empty(const ig_answer_span *span) { return span->place.begin == span->place.end; }

static bool has_empty(const ig_run_qa_spans *s) {
  for (size_t i = 0; i < s->count; i++)
    if (is_empty(&s->spans[i])) return true;
  return false;
}

// The word "empty", which run_qa puts first where there is no other answer, has its part.
static void find_probabilities(ig_answer_span *spans, size_t count, bool without_answer) {
  const double most = count ? spans[0].score : 0;
  double sum = without_answer ? exp(-most) : 0;
  for (size_t i = 0; i < count; i++) sum += exp(spans[i].score - most);
  for (size_t i = 0; i < count; i++) spans[i].score = exp(spans[i].score - most) / sum;
}

static bool has_text(const ig_run_qa_spans *s) {
  for (size_t i = 0; i < s->count; i++)
    if (!is_empty(&s->spans[i])) return true;
  return false;
}

// The best answer of the list, and whether "no answer" beats it.
static void choose(const ig_run_qa_spans *s, ig_run_qa_result *out) {
  size_t best = 0;
  while (best < s->count && is_empty(&s->spans[best])) best++;
  out->nothing_found = best == s->count;
  out->chosen = out->nothing_found ? -1 : (int)best;
  if (!s->options.no_answer) return;
  const ig_answer_span none = {0}, *span = out->nothing_found ? &none : &s->spans[best];
  out->null_odds = s->null.score - (double)span->start - (double)span->end;
  if (out->null_odds <= s->options.null_threshold) return;
  out->chosen = -1;
  out->nothing_found = false;
}

ig_status ig_run_qa_spans_end(ig_run_qa_spans *s, ig_run_qa_result *out, ig_error *err) {
  const size_t most = (size_t)s->options.n_best;
  const bool with_null = s->options.no_answer && s->has_null;
  *out = (ig_run_qa_result){.chosen = -1};
  IG_TRY(ig_allocate_more((void **)&s->spans, &s->capacity, s->count + 2, sizeof *s->spans, err));
  if (with_null) s->spans[s->count++] = s->null;
  s->count = keep_best(s->spans, s->count, most);
  // It is among the answers even where it is none of the best.
  if (with_null && !has_empty(s)) s->spans[s->count++] = s->null;
  choose(s, out);
  find_probabilities(s->spans, s->count, !has_text(s));
  out->spans = s->spans;
  out->count = s->count;
  return IG_OK;
}
