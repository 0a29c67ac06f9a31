#include "answer/pipeline_spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/lower_case.h"
#include "text/utf8.h"

// A stretch of rows of one window.
typedef struct row_span {
  int first, last;
  float score;
} row_span;

struct ig_pipeline_spans {
  ig_pipeline_spans_options options;
  const char *context;
  float *start, *end;  // (rows): probabilities
  size_t start_capacity, end_capacity;
  row_span *best;  // (most): of one window, best first
  size_t most, best_count;
  ig_answer_span *answers;  // (count), each text once
  size_t count, capacity;
  // (slots, a power of two): one more than the index of an answer, at its text's hash or after it;
  // 0: nobody's. At most half of them are taken.
  size_t *table, slots;
  float least_null;  // the smallest score of "no answer" of any window
  bool has_null;
};

ig_status ig_pipeline_spans_create(const ig_pipeline_spans_options *options,
                                   ig_pipeline_spans **out, ig_error *err) {
  *out = NULL;
  ig_pipeline_spans *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  s->options = *options;
  // More than are asked for, since several may begin and end with the same words.
  const size_t wanted = (size_t)options->n_best;
  s->most = options->whole_words ? 2 * wanted + 10 : wanted;
  s->best = ig_allocate(s->most, sizeof *s->best, err);
  if (!s->best) {
    ig_pipeline_spans_free(s);
    return IG_ERROR_MEMORY;
  }
  *out = s;
  return IG_OK;
}

void ig_pipeline_spans_free(ig_pipeline_spans *s) {
  if (!s) return;
  free(s->start);
  free(s->end);
  free(s->best);
  free(s->answers);
  free(s->table);
  free(s);
}

void ig_pipeline_spans_begin(ig_pipeline_spans *s, const char *context) {
  s->context = context;
  s->count = 0;
  if (s->slots) memset(s->table, 0, s->slots * sizeof *s->table);
  s->least_null = 1000000.0f;  // the pipeline's own
  s->has_null = false;
}

// ---- the stretches of one window --------------------------------------------

static bool is_allowed(const ig_answer_window *w, int row) {
  return row == 0 || (row >= w->first && row < w->first + w->count);
}

// The softmax of one column over the allowed rows, 0 elsewhere.
static void find_probabilities(const ig_answer_window *w, int column, float *out) {
  float most = -INFINITY;
  for (int r = 0; r < w->rows; r++)
    if (is_allowed(w, r) && w->logits[2 * r + column] > most) most = w->logits[2 * r + column];
  double sum = 0;
  for (int r = 0; r < w->rows; r++) {
    out[r] = is_allowed(w, r) ? expf(w->logits[2 * r + column] - most) : 0.0f;
    sum += (double)out[r];
  }
  for (int r = 0; r < w->rows; r++) out[r] = out[r] / (float)sum;
}

// Keeps the best ones in order; of equal ones the first is the better one.
static void keep_best(ig_pipeline_spans *s, const row_span *found) {
  size_t at = s->best_count;
  while (at > 0 && found->score > s->best[at - 1].score) at--;
  if (at == s->most) return;
  if (s->best_count < s->most) s->best_count++;
  memmove(s->best + at + 1, s->best + at, (s->best_count - at - 1) * sizeof *s->best);
  s->best[at] = *found;
}

static void find_best(ig_pipeline_spans *s, const ig_answer_window *w) {
  s->best_count = 0;
  const int end = w->first + w->count;
  for (int first = w->first; first < end; first++)
    for (int last = first; last < end && last - first < s->options.max_answer_length; last++) {
      const row_span found = {first, last, s->start[first] * s->end[last]};
      if (found.score > 0) keep_best(s, &found);
    }
}

// ---- answers ----------------------------------------------------------------

// From the first character of the first token's word to the last one of the last token's, as far as
// the words are in the window.
static ig_source_range place_of(const ig_pipeline_spans *s, const ig_answer_window *w,
                                const row_span *span) {
  int first = span->first - w->first, last = span->last - w->first;
  if (s->options.whole_words && w->words[first] >= 0 && w->words[last] >= 0) {
    while (first > 0 && w->words[first - 1] == w->words[first]) first--;
    while (last + 1 < w->count && w->words[last + 1] == w->words[last]) last++;
  }
  return (ig_source_range){w->places[first].begin, w->places[last].end};
}

// Whether two stretches of the context are the same text but for case.
static bool is_same_text(const char *context, ig_source_range a, ig_source_range b) {
  while (a.begin < a.end && b.begin < b.end) {
    size_t steps[2];
    const uint32_t one = ig_lower_case_of(ig_utf8_decode(context + a.begin, &steps[0])),
                   other = ig_lower_case_of(ig_utf8_decode(context + b.begin, &steps[1]));
    if (one != other) return false;
    a.begin += steps[0];
    b.begin += steps[1];
  }
  return a.begin >= a.end && b.begin >= b.end;
}

// The same for equal texts, whatever their case (FNV-1a of the small letters).
static uint64_t hash_text(const char *context, ig_source_range place) {
  uint64_t hash = 0xCBF29CE484222325u;
  while (place.begin < place.end) {
    size_t step;
    hash = (hash ^ ig_lower_case_of(ig_utf8_decode(context + place.begin, &step))) * 0x100000001B3u;
    place.begin += step;
  }
  return hash ^ hash >> 32;
}

// The slot of the answer with this text, or the free one where it belongs.
static size_t *find_slot(const ig_pipeline_spans *s, ig_source_range place) {
  size_t at = (size_t)hash_text(s->context, place) & (s->slots - 1);
  while (s->table[at] && !is_same_text(s->context, s->answers[s->table[at] - 1].place, place))
    at = (at + 1) & (s->slots - 1);
  return &s->table[at];
}

static ig_status grow_table(ig_pipeline_spans *s, ig_error *err) {
  if (2 * (s->count + 1) <= s->slots) return IG_OK;
  const size_t slots = s->slots ? 2 * s->slots : 64;
  size_t *table = ig_allocate(slots, sizeof *table, err);
  if (!table) return IG_ERROR_MEMORY;
  free(s->table);
  s->table = table;
  s->slots = slots;
  for (size_t i = 0; i < s->count; i++) *find_slot(s, s->answers[i].place) = i + 1;
  return IG_OK;
}

static ig_status add_answer(ig_pipeline_spans *s, const ig_answer_span *found, ig_error *err) {
  IG_TRY(grow_table(s, err));
  size_t *slot = find_slot(s, found->place);
  if (*slot) {
    s->answers[*slot - 1].score += found->score;
    return IG_OK;
  }
  // One more for "no answer".
  IG_TRY(
      ig_allocate_more((void **)&s->answers, &s->capacity, s->count + 2, sizeof *s->answers, err));
  s->answers[s->count++] = *found;
  *slot = s->count;
  return IG_OK;
}

ig_status ig_pipeline_spans_add(ig_pipeline_spans *s, const ig_answer_window *w, ig_error *err) {
  const size_t rows = (size_t)w->rows;
  IG_TRY(ig_allocate_more((void **)&s->start, &s->start_capacity, rows, sizeof *s->start, err));
  IG_TRY(ig_allocate_more((void **)&s->end, &s->end_capacity, rows, sizeof *s->end, err));
  find_probabilities(w, 0, s->start);
  find_probabilities(w, 1, s->end);
  const float null = s->start[0] * s->end[0];
  s->has_null = true;
  if (null < s->least_null) s->least_null = null;
  find_best(s, w);
  for (size_t i = 0; i < s->best_count; i++) {
    const row_span *b = &s->best[i];
    const ig_answer_span found = {.place = place_of(s, w, b),
                                  .score = (double)b->score,
                                  .start = w->logits[2 * b->first],
                                  .end = w->logits[2 * b->last + 1]};
    IG_TRY(add_answer(s, &found, err));
  }
  // Where a window has fewer stretches than are looked for, the pipeline takes impossible ones,
  // which score 0 and have no text.
  const ig_answer_span nothing = {.score = 0};
  return s->best_count < s->most ? add_answer(s, &nothing, err) : IG_OK;
}

// The best ones come first, in order; of equal ones the first stays the first. Returns how many
// they are. The others are lost.
static size_t keep_first(ig_answer_span *answers, size_t count, size_t most) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_answer_span moved = answers[i];
    if (kept == most && moved.score <= answers[kept - 1].score) continue;
    size_t at = kept < most ? kept++ : kept - 1;
    for (; at > 0 && answers[at - 1].score < moved.score; at--) answers[at] = answers[at - 1];
    answers[at] = moved;
  }
  return kept;
}

const ig_answer_span *ig_pipeline_spans_end(ig_pipeline_spans *s, size_t *count) {
  if (s->options.no_answer && s->has_null)
    s->answers[s->count++] = (ig_answer_span){.score = (double)s->least_null};
  *count = keep_first(s->answers, s->count, (size_t)s->options.n_best);
  return s->answers;
}
