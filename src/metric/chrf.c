// chrF and chrF++ (Popovic 2015, 2017): F2 of the average precision and recall over character 1- to
// 6-grams and word n-grams.
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "ingot_score.h"
#include "metric/metric_kind.h"
#include "metric/ngrams.h"
#include "metric/words.h"
#include "text/utf8.h"

enum { CHARACTERS = 6 };  // the longest n-gram of characters
// Statistics of one order: n-grams of the hypothesis, of the reference, and of both.
enum { PARTS = 3 };
static const double beta2 = 4.0;

static ig_status add_order(ig_symbols hypothesis, ig_symbols reference, size_t n, double *s,
                           ig_error *err) {
  size_t matches;
  IG_TRY(ig_ngrams_matches(hypothesis, reference, n, &matches, err));
  const size_t of_reference = ig_ngrams_count(reference.count, n);
  // An order that the reference lacks does not count against the hypothesis.
  s[0] += of_reference ? (double)ig_ngrams_count(hypothesis.count, n) : 0;
  s[1] += (double)of_reference;
  s[2] += (double)matches;
  return IG_OK;
}

static bool is_ascii_mark(int32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

// Words as chrF++ sees them: a punctuation mark at a word's end, or else at its beginning, is a
// word of its own.
static ig_status split_words(const ig_codes *line, ig_words *words, ig_error *err) {
  ig_words whole = {0};
  ig_status status = ig_words_split(&whole, line, err);
  for (size_t i = 0; status == IG_OK && i < whole.count; i++) {
    const size_t begin = whole.begin[i], end = whole.end[i];
    size_t cut = end;
    if (end - begin > 1)
      cut = is_ascii_mark(line->points[end - 1]) ? end - 1
            : is_ascii_mark(line->points[begin]) ? begin + 1
                                                 : end;
    status = ig_words_push(words, begin, cut, err);
    if (status == IG_OK && cut < end) status = ig_words_push(words, cut, end, err);
  }
  ig_words_free(&whole);
  return status;
}

static ig_status add_word_orders(int order, const ig_codes *hypothesis, const ig_codes *reference,
                                 double *s, ig_error *err) {
  ig_words h = {0}, r = {0};
  ig_status status = split_words(hypothesis, &h, err);
  if (status == IG_OK) status = split_words(reference, &r, err);
  if (status == IG_OK) status = ig_words_number(&h, hypothesis, &r, reference, err);
  for (size_t n = 1; status == IG_OK && n <= (size_t)order; n++)
    status = add_order((ig_symbols){h.number, h.count}, (ig_symbols){r.number, r.count}, n,
                       s + PARTS * (n - 1), err);
  ig_words_free(&h);
  ig_words_free(&r);
  return status;
}

static void remove_spaces(ig_codes *line) {
  size_t to = 0;
  for (size_t i = 0; i < line->count; i++)
    if (!ig_utf8_is_space((uint32_t)line->points[i])) line->points[to++] = line->points[i];
  line->count = to;
}

static ig_status add_pair(const ig_score_options *o, ig_codes *hypothesis, ig_codes *reference,
                          double s[IG_STATISTICS], ig_error *err) {
  if (o->lowercase) {
    IG_TRY(ig_codes_lower(hypothesis, err));
    IG_TRY(ig_codes_lower(reference, err));
  }
  if (o->chrf_word_order)
    IG_TRY(add_word_orders(o->chrf_word_order, hypothesis, reference, s + PARTS * CHARACTERS, err));
  remove_spaces(hypothesis);
  remove_spaces(reference);
  for (size_t n = 1; n <= CHARACTERS; n++)
    IG_TRY(add_order((ig_symbols){hypothesis->points, hypothesis->count},
                     (ig_symbols){reference->points, reference->count}, n, s + PARTS * (n - 1),
                     err));
  return IG_OK;
}

static double f_score(const ig_score_options *o, const double *s) {
  double precision = 0, recall = 0;
  int orders = 0;
  for (int n = 0; n < CHARACTERS + o->chrf_word_order; n++) {
    const double *part = s + PARTS * n;
    if (part[0] <= 0 || part[1] <= 0) continue;
    precision += part[2] / part[0];
    recall += part[2] / part[1];
    orders++;
  }
  if (orders) {
    precision /= orders;
    recall /= orders;
  }
  return precision + recall > 0
             ? 100.0 * ((1 + beta2) * precision * recall / (beta2 * precision + recall))
             : 0.0;
}

// Each operation is rounded to float32. Where no order counts the 0 is Python's, a double.
static double f_score_narrowly(const ig_score_options *o, const float *s, bool *wide) {
  const float factor = (float)beta2;
  float precision = 0, recall = 0;
  int orders = 0;
  for (int n = 0; n < CHARACTERS + o->chrf_word_order; n++) {
    const float *part = s + PARTS * n;
    if (part[0] <= 0 || part[1] <= 0) continue;
    precision += part[2] / part[0];
    recall += part[2] / part[1];
    orders++;
  }
  if (orders) {
    precision /= (float)orders;
    recall /= (float)orders;
  }
  *wide = !(precision + recall > 0);
  if (*wide) return 0;
  float score = (1 + factor) * precision;
  score *= recall;
  const float divisor = factor * precision;
  score /= divisor + recall;
  return (double)(100 * score);
}

// Of several references the first with the best score counts.
static ig_status add_chrf_line(const ig_score_options *o, ig_codes *hypothesis,
                               ig_codes *references, double s[IG_STATISTICS], ig_error *err) {
  if (o->reference_count == 1) return add_pair(o, hypothesis, references, s, err);
  double best[IG_STATISTICS] = {0}, most = -1;
  ig_codes copy = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < o->reference_count; i++) {
    double pair[IG_STATISTICS] = {0};
    status = ig_codes_copy(&copy, hypothesis, err);
    if (status == IG_OK) status = add_pair(o, &copy, &references[i], pair, err);
    const double score = f_score(o, pair);
    if (score <= most) continue;
    most = score;
    memcpy(best, pair, sizeof best);
  }
  ig_codes_free(&copy);
  for (size_t i = 0; i < IG_STATISTICS; i++) s[i] += best[i];
  return status;
}

static void finish_chrf(const ig_score_options *o, const double s[IG_STATISTICS], ig_score *out) {
  out->value = f_score(o, s);
  ig_number_format(out->line, sizeof out->line,
                   "chrF2%.*s|nrefs:%zu|case:%s|eff:yes|nc:%d|nw:%d|space:no|version:" IG_SACREBLEU
                   " = %.1f",
                   o->chrf_word_order, "++++++", o->reference_count, o->lowercase ? "lc" : "mixed",
                   CHARACTERS, o->chrf_word_order, out->value);
}

const ig_metric_kind ig_metric_chrf = {add_chrf_line, f_score, f_score_narrowly, IG_STATISTICS,
                                       finish_chrf};
