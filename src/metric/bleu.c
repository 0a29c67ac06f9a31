// Corpus BLEU (Papineni et al. 2002) as sacreBLEU computes it: order 4, exponential smoothing (Chen
// and Cherry 2014, method 3).
#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "ingot_score.h"
#include "metric/bleu_tokenizer.h"
#include "metric/metric_kind.h"
#include "metric/ngrams.h"
#include "metric/words.h"

enum { ORDER = 4 };  // the longest n-gram

// Indices of the statistics; of the last two, one for each order.
enum { HYPOTHESIS_LENGTH = 0, REFERENCE_LENGTH = 1, CORRECT = 2, TOTAL = CORRECT + ORDER };

static const char *tokenizer_name(const ig_score_options *o) {
  return o->tokenize ? o->tokenize : "13a";
}

static ig_status tokenize_line(const ig_score_options *o, ig_codes *line, ig_words *words,
                               ig_error *err) {
  if (o->lowercase) IG_TRY(ig_codes_lower(line, err));
  IG_TRY(ig_bleu_tokenizer_find(tokenizer_name(o))->tokenize(line, err));
  return ig_words_split(words, line, err);
}

// The length nearest to the hypothesis's; of two equally near the shorter.
static size_t nearest_length(size_t hypothesis, const ig_words *references, size_t count) {
  size_t nearest = references[0].count;
  for (size_t i = 1; i < count; i++) {
    const size_t length = references[i].count,
                 off = length > hypothesis ? length - hypothesis : hypothesis - length,
                 least = nearest > hypothesis ? nearest - hypothesis : hypothesis - nearest;
    if (off < least || (off == least && length < nearest)) nearest = length;
  }
  return nearest;
}

// words: those of the hypothesis, then those of each of the references.
static ig_status add_matches(const ig_words *words, ig_symbols *symbols, size_t references,
                             double s[IG_STATISTICS], ig_error *err) {
  for (size_t i = 0; i <= references; i++)
    symbols[i] = (ig_symbols){words[i].number, words[i].count};
  s[HYPOTHESIS_LENGTH] += (double)words[0].count;
  s[REFERENCE_LENGTH] += (double)nearest_length(words[0].count, words + 1, references);
  for (size_t n = 1; n <= ORDER; n++) {
    size_t matches;
    IG_TRY(ig_ngrams_matches_any(symbols[0], symbols + 1, references, n, &matches, err));
    s[CORRECT + n - 1] += (double)matches;
    s[TOTAL + n - 1] += (double)ig_ngrams_count(words[0].count, n);
  }
  return IG_OK;
}

static ig_status add_bleu_line(const ig_score_options *o, ig_codes *hypothesis,
                               ig_codes *references, double s[IG_STATISTICS], ig_error *err) {
  const size_t texts = o->reference_count + 1;
  ig_words *words = ig_allocate(texts, sizeof *words, err);
  const ig_codes **codes = words ? ig_allocate(texts, sizeof *codes, err) : NULL;
  ig_symbols *symbols = codes ? ig_allocate(texts, sizeof *symbols, err) : NULL;
  ig_status status = symbols ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < texts; i++) {
    ig_codes *line = i == 0 ? hypothesis : &references[i - 1];
    codes[i] = line;
    status = tokenize_line(o, line, &words[i], err);
  }
  if (status == IG_OK) status = ig_words_number_all(words, codes, texts, err);
  if (status == IG_OK) status = add_matches(words, symbols, o->reference_count, s, err);
  for (size_t i = 0; words && i < texts; i++) ig_words_free(&words[i]);
  free(symbols);
  free(codes);
  free(words);
  return status;
}

static double brevity_penalty(double hypothesis, double reference) {
  if (hypothesis >= reference) return 1.0;
  return hypothesis > 0 ? exp(1.0 - reference / hypothesis) : 0.0;
}

// Smoothed precisions in percent; false if no n-gram matched at all.
static bool smoothed_precisions(const double *s, double p[ORDER]) {
  double smooth = 1.0;
  bool any = false;
  for (int n = 0; n < ORDER; n++) any = any || s[CORRECT + n] > 0;
  for (int n = 0; n < ORDER; n++) p[n] = 0;
  if (!any) return false;
  for (int n = 0; n < ORDER && s[TOTAL + n] > 0; n++) {
    if (s[CORRECT + n] > 0) {
      p[n] = 100.0 * s[CORRECT + n] / s[TOTAL + n];
    } else {
      smooth *= 2;
      p[n] = 100.0 / (smooth * s[TOTAL + n]);
    }
  }
  return true;
}

// The longest n-grams that the hypotheses have.
static int effective_order(const double *s) {
  int order = 0;
  while (order < ORDER && s[TOTAL + order] > 0) order++;
  return order;
}

// The longest n-grams that count, and the mean of the logarithms of their precisions.
static double score_of(const ig_score_options *o, const double *s, const double p[ORDER],
                       bool any) {
  const double bp = brevity_penalty(s[HYPOTHESIS_LENGTH], s[REFERENCE_LENGTH]);
  const int order = o->effective_order ? effective_order(s) : ORDER;
  double logs = 0;
  for (int n = 0; n < order; n++) logs += p[n] > 0 ? log(p[n]) : -9999999999.0;
  return any ? bp * exp(logs / order) : 0.0;
}

static double score_bleu(const ig_score_options *o, const double *s) {
  double p[ORDER];
  const bool any = smoothed_precisions(s, p);
  return score_of(o, s, p, any);
}

// Precisions are rounded to float32 at each step; what is made of them is of doubles.
static double score_bleu_narrowly(const ig_score_options *o, const float *sums, bool *wide) {
  double s[TOTAL + ORDER], p[ORDER] = {0};
  float smooth = 1;
  bool any = false;
  *wide = true;
  for (int i = 0; i < TOTAL + ORDER; i++) s[i] = (double)sums[i];
  for (int n = 0; n < ORDER; n++) any = any || sums[CORRECT + n] > 0;
  for (int n = 0; any && n < ORDER && sums[TOTAL + n] > 0; n++) {
    float narrow = 100.0f * sums[CORRECT + n];
    if (sums[CORRECT + n] > 0) {
      narrow /= sums[TOTAL + n];
    } else {
      smooth *= 2;
      narrow = smooth * sums[TOTAL + n];
      narrow = 100.0f / narrow;
    }
    p[n] = (double)narrow;
  }
  return score_of(o, s, p, any);
}

static void finish_bleu(const ig_score_options *o, const double s[IG_STATISTICS], ig_score *out) {
  double p[ORDER];
  const double hypothesis = s[HYPOTHESIS_LENGTH], reference = s[REFERENCE_LENGTH],
               bp = brevity_penalty(hypothesis, reference);
  const bool any = smoothed_precisions(s, p);
  out->value = score_of(o, s, p, any);
  ig_number_format(
      out->line, sizeof out->line,
      "BLEU|nrefs:%zu|case:%s|eff:%s|tok:%s|smooth:exp|version:" IG_SACREBLEU
      " = %.1f %.1f/%.1f/%.1f/%.1f (BP = %.3f ratio = %.3f hyp_len = %.0f ref_len = %.0f)",
      o->reference_count, o->lowercase ? "lc" : "mixed", o->effective_order ? "yes" : "no",
      tokenizer_name(o), out->value, p[0], p[1], p[2], p[3], bp,
      reference > 0 ? hypothesis / reference : 0.0, hypothesis, reference);
}

const ig_metric_kind ig_metric_bleu = {add_bleu_line, score_bleu, score_bleu_narrowly,
                                       TOTAL + ORDER, finish_bleu};
