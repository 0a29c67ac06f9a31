// ROUGE (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries") as rouge_score 0.1.2
// computes it: the mean over all lines of each line's F-measure, precision and recall.
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "ingot_score.h"
#include "metric/metric_kind.h"
#include "metric/ngrams.h"
#include "metric/rouge_words.h"

#define ROUGE_SCORE "0.1.2"

// Indices of the statistics.
enum { PRECISION, RECALL, F_MEASURE, LINES, WORDLESS };

static bool is_by_sentence(const ig_score_options *o) { return o->metric == IG_METRIC_ROUGE_LSUM; }

// ---- longest common subsequences -----------------------------------------------------

// table[i * (b.count + 1) + j]: the length of the longest common subsequence of the first i symbols
// of a and the first j of b. The caller frees it.
static ig_status make_table(ig_symbols a, ig_symbols b, uint32_t **table, ig_error *err) {
  const size_t width = b.count + 1;
  *table = ig_allocate(a.count + 1, width * sizeof **table, err);
  if (!*table) return IG_ERROR_MEMORY;
  for (size_t i = 1; i <= a.count; i++) {
    uint32_t *row = *table + i * width;
    const uint32_t *above = row - width;
    for (size_t j = 1; j <= b.count; j++) {
      const uint32_t larger = above[j] > row[j - 1] ? above[j] : row[j - 1];
      row[j] = a.symbols[i - 1] == b.symbols[j - 1] ? above[j - 1] + 1 : larger;
    }
  }
  return IG_OK;
}

// Marks the symbols of a that are in one of the longest common subsequences of a and b: of several,
// the one that rouge_score finds.
static ig_status mark_common(ig_symbols a, ig_symbols b, bool *marked, ig_error *err) {
  uint32_t *table;
  IG_TRY(make_table(a, b, &table, err));
  const size_t width = b.count + 1;
  for (size_t i = a.count, j = b.count; i > 0 && j > 0;) {
    if (a.symbols[i - 1] == b.symbols[j - 1]) {
      marked[i - 1] = true;
      i--;
      j--;
    } else if (table[i * width + j - 1] > table[(i - 1) * width + j]) {
      j--;
    } else {
      i--;
    }
  }
  free(table);
  return IG_OK;
}

static ig_symbols sentence_at(const ig_rouge_words *text, size_t k) {
  const size_t begin = k > 0 ? text->ends[k - 1] : 0;
  return (ig_symbols){text->words.number + begin, text->ends[k] - begin};
}

// How often each word is left to be matched, in the hypothesis and in the reference.
typedef struct words_left {
  size_t *hypothesis, *reference;  // (numbers of words)
} words_left;

static void count_words(const ig_words *words, size_t *counts) {
  for (size_t i = 0; i < words->count; i++) counts[words->number[i]]++;
}

// A word of the reference's sentence counts if it is in a longest common subsequence with any
// sentence of the hypothesis, and no more often than both texts have it.
static ig_status add_union(ig_symbols sentence, const ig_rouge_words *hypothesis, words_left *left,
                           size_t *matches, ig_error *err) {
  bool *marked = ig_allocate(sentence.count, sizeof *marked, err);
  ig_status status = marked ? IG_OK : IG_ERROR_MEMORY;
  for (size_t k = 0; status == IG_OK && k < hypothesis->sentences; k++)
    status = mark_common(sentence, sentence_at(hypothesis, k), marked, err);
  for (size_t i = 0; status == IG_OK && i < sentence.count; i++) {
    const size_t word = (size_t)sentence.symbols[i];
    if (!marked[i] || !left->hypothesis[word] || !left->reference[word]) continue;
    left->hypothesis[word]--;
    left->reference[word]--;
    (*matches)++;
  }
  free(marked);
  return status;
}

static ig_status match_summaries(const ig_rouge_words *hypothesis, const ig_rouge_words *reference,
                                 size_t *matches, ig_error *err) {
  const size_t numbers = hypothesis->words.count + reference->words.count;
  size_t *counts = ig_allocate(numbers, 2 * sizeof *counts, err);
  if (!counts) return IG_ERROR_MEMORY;
  words_left left = {counts, counts + numbers};
  count_words(&hypothesis->words, left.hypothesis);
  count_words(&reference->words, left.reference);
  ig_status status = IG_OK;
  for (size_t k = 0; status == IG_OK && k < reference->sentences; k++)
    status = add_union(sentence_at(reference, k), hypothesis, &left, matches, err);
  free(counts);
  return status;
}

// The length alone: one row of the table at a time, so that long texts take little memory.
static ig_status match_sequence(ig_symbols a, ig_symbols b, size_t *matches, ig_error *err) {
  uint32_t *row = ig_allocate(b.count + 1, sizeof *row, err);
  if (!row) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < a.count; i++) {
    uint32_t above_left = 0;
    for (size_t j = 1; j <= b.count; j++) {
      const uint32_t above = row[j], larger = above > row[j - 1] ? above : row[j - 1];
      row[j] = a.symbols[i] == b.symbols[j - 1] ? above_left + 1 : larger;
      above_left = above;
    }
  }
  *matches = row[b.count];
  free(row);
  return IG_OK;
}

// ---- lines ---------------------------------------------------------------------------

static size_t ngram_order(const ig_score_options *o) {
  return o->metric == IG_METRIC_ROUGE_1 ? 1 : o->metric == IG_METRIC_ROUGE_2 ? 2 : 0;
}

static ig_status match_words(const ig_score_options *o, ig_rouge_words *hypothesis,
                             ig_rouge_words *reference, size_t *matches, ig_error *err) {
  *matches = 0;
  if (hypothesis->words.count == 0 || reference->words.count == 0) return IG_OK;
  IG_TRY(ig_words_number(&hypothesis->words, &hypothesis->text, &reference->words, &reference->text,
                         err));
  const ig_symbols h = {hypothesis->words.number, hypothesis->words.count},
                   r = {reference->words.number, reference->words.count};
  if (ngram_order(o) > 0) return ig_ngrams_matches(h, r, ngram_order(o), matches, err);
  if (is_by_sentence(o)) return match_summaries(hypothesis, reference, matches, err);
  return match_sequence(h, r, matches, err);
}

typedef struct rouge_values {
  double precision, recall, f;
} rouge_values;

// What is counted of a text: its n-grams, or its words.
static double units_of(const ig_score_options *o, const ig_rouge_words *text) {
  const size_t order = ngram_order(o);
  return (double)(order > 0 ? ig_ngrams_count(text->words.count, order) : text->words.count);
}

static ig_status compare_with(const ig_score_options *o, ig_rouge_words *hypothesis,
                              ig_rouge_words *reference, rouge_values *out, ig_error *err) {
  size_t matches;
  IG_TRY(match_words(o, hypothesis, reference, &matches, err));
  const double h = units_of(o, hypothesis), r = units_of(o, reference);
  out->precision = h > 0 ? (double)matches / h : 0;
  out->recall = r > 0 ? (double)matches / r : 0;
  const double sum = out->precision + out->recall;
  out->f = sum > 0 ? 2 * out->precision * out->recall / sum : 0;
  return IG_OK;
}

// Of several references the first with the best F-measure counts.
static ig_status add_rouge_line(const ig_score_options *o, ig_codes *hypothesis,
                                ig_codes *references, double s[IG_STATISTICS], ig_error *err) {
  rouge_values best = {.f = -1};
  ig_rouge_words h = {0};
  bool wordless = false;
  const bool is_text = hypothesis->count > 0;
  ig_status status = ig_rouge_words_read(&h, o, is_by_sentence(o), hypothesis, err);
  if (status == IG_OK) wordless = is_text && h.words.count == 0;
  for (size_t i = 0; status == IG_OK && i < o->reference_count; i++) {
    ig_rouge_words r = {0};
    rouge_values values = {0};
    const bool reference_is_text = references[i].count > 0;
    status = ig_rouge_words_read(&r, o, is_by_sentence(o), &references[i], err);
    if (status == IG_OK) status = compare_with(o, &h, &r, &values, err);
    wordless = wordless || (reference_is_text && r.words.count == 0);
    if (values.f > best.f) best = values;
    ig_rouge_words_free(&r);
  }
  ig_rouge_words_free(&h);
  s[PRECISION] += best.precision;
  s[RECALL] += best.recall;
  s[F_MEASURE] += best.f;
  s[LINES] += 1;
  s[WORDLESS] += wordless;
  return status;
}

static double score_rouge(const ig_score_options *o, const double *s) {
  (void)o;
  return 100 * s[F_MEASURE] / s[LINES];
}

static void finish_rouge(const ig_score_options *o, const double s[IG_STATISTICS], ig_score *out) {
  static const char *const names[] = {[IG_METRIC_ROUGE_1] = "rouge1",
                                      [IG_METRIC_ROUGE_2] = "rouge2",
                                      [IG_METRIC_ROUGE_L] = "rougeL",
                                      [IG_METRIC_ROUGE_LSUM] = "rougeLsum"};
  out->value = score_rouge(o, s);
  out->wordless = (size_t)s[WORDLESS];
  ig_number_format(out->line, sizeof out->line,
                   "%s|nrefs:%zu|case:lc|tok:%s|stem:%s|version:rouge_score-" ROUGE_SCORE
                   " = %.1f (precision %.1f, recall %.1f)",
                   names[o->metric], o->reference_count, o->tokenize ? o->tokenize : "rouge",
                   o->rouge_stemmer ? "yes" : "no", out->value, 100 * s[PRECISION] / s[LINES],
                   100 * s[RECALL] / s[LINES]);
}

const ig_metric_kind ig_metric_rouge = {add_rouge_line, score_rouge, NULL, WORDLESS + 1,
                                        finish_rouge};
