// Translation edit rate (Snover et al. 2006): insertions, deletions, substitutions and shifts of
// word sequences, divided by the reference's length. Limits, preferences and the beam around the
// diagonal are those of sacreBLEU's imitation of tercom, so that the numbers are the same.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "base/size.h"
#include "ingot_score.h"
#include "metric/metric_kind.h"
#include "metric/ter_tokenizer.h"
#include "metric/words.h"

// tercom's limits: the longest shift and the farthest, the beam's half width, shifts tried in all.
enum { SHIFT_SIZE = 10, SHIFT_DISTANCE = 50, BEAM = 25, CANDIDATES = 1000 };
enum { EDITS = 0, LENGTH = 1 };  // indices of the statistics
enum { UNREACHED = 1 << 29 };    // the cost of a cell outside the beam

typedef enum edit_kind { EDIT_KEEP, EDIT_SUBSTITUTE, EDIT_INSERT, EDIT_DELETE } edit_kind;

// One pair of lines. Hypotheses are arrays of h words, the reference has r.
typedef struct aligner {
  size_t h, r;
  const int32_t *reference;   // (r)
  int32_t *words;             // (h): the hypothesis as shifted so far
  int32_t *candidate, *best;  // (h)
  int *cost;                  // (h+1, r+1)
  unsigned char *edits;       // (h+1, r+1): how each cell was reached
  // (r): the hypothesis position of each reference word, plus one: 0 is before the first.
  size_t *aligned;
  unsigned char *h_error, *r_error;  // (h), (r)
  int checked;                       // shift candidates tried
} aligner;

// The columns of row i that the beam reaches: first .. last-1.
static void beam_of(const aligner *a, size_t i, size_t *first, size_t *last) {
  const double ratio = (double)a->r / (double)a->h;
  const double width = BEAM < ratio / 2 ? ceil(ratio / 2 + BEAM) : BEAM,
               middle = floor((double)i * ratio);
  *first = middle > width ? (size_t)(middle - width) : 0;
  *last = (size_t)(middle + width) < a->r + 1 && i < a->h ? (size_t)(middle + width) : a->r + 1;
}

static void reach_cell(int *cost, unsigned char *how, int new_cost, edit_kind kind) {
  if (new_cost >= *cost) return;
  *cost = new_cost;
  *how = (unsigned char)kind;
}

// Levenshtein distance of words (h) to the reference.
static int distance(aligner *a, const int32_t *words) {
  const size_t width = a->r + 1;
  for (size_t j = 0; j <= a->r; j++) {
    a->cost[j] = (int)j;
    a->edits[j] = EDIT_INSERT;
  }
  for (size_t i = 1; i <= a->h; i++) {
    int *row = a->cost + i * width, *above = row - width;
    unsigned char *how = a->edits + i * width;
    size_t first, last;
    beam_of(a, i, &first, &last);
    for (size_t j = 0; j <= a->r; j++) row[j] = UNREACHED;
    for (size_t j = first; j < last; j++) {
      if (j == 0) {
        row[0] = above[0] + 1;
        how[0] = EDIT_DELETE;
        continue;
      }
      const bool same = words[i - 1] == a->reference[j - 1];
      reach_cell(&row[j], &how[j], above[j - 1] + !same, same ? EDIT_KEEP : EDIT_SUBSTITUTE);
      reach_cell(&row[j], &how[j], above[j] + 1, EDIT_DELETE);
      reach_cell(&row[j], &how[j], row[j - 1] + 1, EDIT_INSERT);
    }
  }
  return a->cost[a->h * width + a->r];
}

// Follows the edits back, to find where in the hypothesis each reference word is, and which words
// of either are wrong.
static void align_words(aligner *a) {
  const size_t width = a->r + 1;
  for (size_t i = a->h, j = a->r; i > 0 || j > 0;) {
    const edit_kind how = (edit_kind)a->edits[i * width + j];
    if (how == EDIT_INSERT) {  // the reference has a word more
      a->aligned[j - 1] = i;
      a->r_error[--j] = 1;
    } else if (how == EDIT_DELETE) {
      a->h_error[--i] = 1;
    } else {
      a->aligned[j - 1] = i;
      a->h_error[--i] = how == EDIT_SUBSTITUTE;
      a->r_error[--j] = how == EDIT_SUBSTITUTE;
    }
  }
}

static bool any_set(const unsigned char *flags, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (flags[i]) return true;
  return false;
}

static void copy_words(int32_t **to, const int32_t *from, size_t count) {
  memcpy(*to, from, count * sizeof *from);
  *to += count;
}

// Writes the words with the stretch start .. start+length-1 moved to before position target.
static void shift_words(const aligner *a, size_t start, size_t length, size_t target,
                        int32_t *out) {
  const int32_t *w = a->words;
  const size_t end = start + length;
  if (target < start) {
    copy_words(&out, w, target);
    copy_words(&out, w + start, length);
    copy_words(&out, w + target, start - target);
    copy_words(&out, w + end, a->h - end);
  } else if (target > end) {
    copy_words(&out, w, start);
    copy_words(&out, w + end, target - end);
    copy_words(&out, w + start, length);
    copy_words(&out, w + target, a->h - target);
  } else {  // target is within the stretch: that many of the words after it come before it
    const size_t following = target - start < a->h - end ? target - start : a->h - end;
    copy_words(&out, w, start);
    copy_words(&out, w + end, following);
    copy_words(&out, w + start, length);
    copy_words(&out, w + end + following, a->h - end - following);
  }
}

// The best shift so far: most edits saved, then longest, then earliest in the hypothesis, then
// earliest target.
typedef struct shift_rank {
  bool found;
  long gain, length, start, target;
} shift_rank;

static bool is_better_shift(const shift_rank *a, const shift_rank *b) {
  if (!b->found) return true;
  if (a->gain != b->gain) return a->gain > b->gain;
  if (a->length != b->length) return a->length > b->length;
  if (a->start != b->start) return a->start < b->start;
  return a->target < b->target;
}

// A stretch of the hypothesis that occurs in the reference too.
typedef struct common_stretch {
  size_t start_h, start_r, length;
} common_stretch;

static void try_targets(aligner *a, const common_stretch *m, int before, shift_rank *best) {
  size_t previous = SIZE_MAX;
  // The target is offset - 1 words after the stretch's start in the reference.
  for (size_t offset = 0; offset <= m->length; offset++) {
    size_t target = 0;
    if (m->start_r + offset > 0) {
      if (m->start_r + offset - 1 >= a->r) break;
      target = a->aligned[m->start_r + offset - 1];
    }
    if (target == previous) continue;
    previous = target;
    shift_words(a, m->start_h, m->length, target, a->candidate);
    const shift_rank now = {true, before - distance(a, a->candidate), (long)m->length,
                            (long)m->start_h, (long)target};
    a->checked++;
    if (!is_better_shift(&now, best)) continue;
    *best = now;
    memcpy(a->best, a->candidate, a->h * sizeof *a->best);
  }
}

// A shift makes sense if both places are wrong now and the target is not inside the stretch itself.
static bool is_worth_trying(const aligner *a, const common_stretch *m) {
  const size_t after = a->aligned[m->start_r];  // one more than the position
  if (!any_set(a->h_error + m->start_h, m->length) || !any_set(a->r_error + m->start_r, m->length))
    return false;
  return !(after > m->start_h && after <= m->start_h + m->length);
}

// Tries every shift; a->best are the words after the best one.
static shift_rank find_best_shift(aligner *a) {
  shift_rank best = {0};
  const int before = distance(a, a->words);
  align_words(a);
  for (size_t i = 0; i < a->h; i++)
    for (size_t j = 0; j < a->r; j++) {
      if ((i > j ? i - j : j - i) > SHIFT_DISTANCE) continue;
      for (size_t n = 0;
           n < SHIFT_SIZE && i + n < a->h && j + n < a->r && a->words[i + n] == a->reference[j + n];
           n++) {
        const common_stretch m = {i, j, n + 1};
        if (!is_worth_trying(a, &m)) continue;
        try_targets(a, &m, before, &best);
        if (a->checked >= CANDIDATES) return best;
      }
    }
  return best;
}

static long count_edits(aligner *a) {
  long shifts = 0;
  for (;;) {
    const shift_rank best = find_best_shift(a);
    if (a->checked >= CANDIDATES || !best.found || best.gain <= 0) break;
    shifts++;
    memcpy(a->words, a->best, a->h * sizeof *a->words);
  }
  return shifts + distance(a, a->words);
}

static ig_status edits_of(const ig_words *h, const ig_words *r, double *edits, ig_error *err) {
  *edits = (double)(h->count + r->count);  // one of the two is empty
  if (h->count == 0 || r->count == 0) return IG_OK;
  size_t cells;
  if (!ig_size_multiply(h->count + 1, r->count + 1, &cells))
    return ig_fail(err, IG_ERROR_MEMORY, "a line of %zu words is too long for TER", h->count);
  aligner a = {.h = h->count, .r = r->count, .reference = r->number};
  int32_t *words = ig_allocate(3 * h->count, sizeof *words, err);
  a.cost = words ? ig_allocate(cells, sizeof *a.cost, err) : NULL;
  a.edits = a.cost ? ig_allocate(cells + h->count + r->count, 1, err) : NULL;
  a.aligned = a.edits ? ig_allocate(r->count, sizeof *a.aligned, err) : NULL;
  if (a.aligned) {
    a.words = words;
    a.candidate = words + h->count;
    a.best = words + 2 * h->count;
    a.h_error = a.edits + cells;
    a.r_error = a.h_error + h->count;
    memcpy(a.words, h->number, h->count * sizeof *a.words);
    *edits = (double)count_edits(&a);
  }
  const ig_status status = a.aligned ? IG_OK : IG_ERROR_MEMORY;
  free(words);
  free(a.cost);
  free(a.edits);
  free(a.aligned);
  return status;
}

// Of several references the fewest edits count, and the mean of their lengths.
static ig_status add_ter_line(const ig_score_options *o, ig_codes *hypothesis, ig_codes *references,
                              double s[IG_STATISTICS], ig_error *err) {
  ig_words h = {0};
  double least = INFINITY, lengths = 0;
  ig_status status = ig_ter_tokenizer_apply(o, hypothesis, err);
  if (status == IG_OK) status = ig_words_split(&h, hypothesis, err);
  for (size_t i = 0; status == IG_OK && i < o->reference_count; i++) {
    ig_words r = {0};
    double edits = 0;
    status = ig_ter_tokenizer_apply(o, &references[i], err);
    if (status == IG_OK) status = ig_words_split(&r, &references[i], err);
    if (status == IG_OK) status = ig_words_number(&h, hypothesis, &r, &references[i], err);
    if (status == IG_OK) status = edits_of(&h, &r, &edits, err);
    if (edits < least) least = edits;
    lengths += (double)r.count;
    ig_words_free(&r);
  }
  if (status == IG_OK) {
    s[EDITS] += least;
    s[LENGTH] += lengths / (double)o->reference_count;
  }
  ig_words_free(&h);
  return status;
}

static const char *yes_or_no(bool flag) { return flag ? "yes" : "no"; }

static double score_ter(const ig_score_options *o, const double *s) {
  (void)o;
  return s[LENGTH] > 0 ? 100.0 * (s[EDITS] / s[LENGTH]) : s[EDITS] > 0 ? 100.0 : 0.0;
}

static double score_ter_narrowly(const ig_score_options *o, const float *s, bool *wide) {
  (void)o;
  *wide = !(s[LENGTH] > 0);
  if (*wide) return s[EDITS] > 0 ? 100.0 : 0.0;
  const float ratio = s[EDITS] / s[LENGTH];
  return (double)(100 * ratio);
}

static void finish_ter(const ig_score_options *o, const double s[IG_STATISTICS], ig_score *out) {
  out->value = score_ter(o, s);
  ig_number_format(
      out->line, sizeof out->line,
      "TER|nrefs:%zu|case:%s|tok:tercom|norm:%s|punct:%s|asian:%s|version:" IG_SACREBLEU " = %.1f",
      o->reference_count, o->ter_case_sensitive ? "mixed" : "lc", yes_or_no(o->ter_normalized),
      yes_or_no(!o->ter_no_punctuation), yes_or_no(o->ter_asian), out->value);
}

const ig_metric_kind ig_metric_ter = {add_ter_line, score_ter, score_ter_narrowly, LENGTH + 1,
                                      finish_ter};
