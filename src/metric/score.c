// ig_score_lines: passes a corpus, line by line, through one of the metrics.
#include <string.h>

#include "base/fail.h"
#include "base/text_repair.h"
#include "ingot.h"
#include "metric/bleu_tokenizer.h"
#include "metric/metric_kind.h"
#include "metric/ngrams.h"

static ig_status check_score_options(const ig_score_options *o, size_t count, ig_error *err) {
  if (o->metric != IG_METRIC_BLEU && o->metric != IG_METRIC_CHRF && o->metric != IG_METRIC_TER)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "metric: expected IG_METRIC_BLEU, IG_METRIC_CHRF or IG_METRIC_TER, found %d",
                   (int)o->metric);
  if (count == 0) return ig_fail(err, IG_ERROR_ARGUMENT, "there is no line to score");
  if (o->metric == IG_METRIC_BLEU && o->tokenize && !ig_bleu_tokenizer_find(o->tokenize))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "tokenize: expected 13a, zh, char, intl or none, found \"%s\"", o->tokenize);
  if (o->metric == IG_METRIC_CHRF &&
      (o->chrf_word_order < 0 || o->chrf_word_order > IG_NGRAMS_MOST))
    return ig_fail(err, IG_ERROR_ARGUMENT, "chrf_word_order: expected 0 to %d, found %d",
                   IG_NGRAMS_MOST, o->chrf_word_order);
  return IG_OK;
}

// One side of the corpus.
typedef struct scored_side {
  const char *name;
  const char *const *lines;
  bool strict;
  ig_text_repair repair;
  ig_codes codes;  // of the line that is being scored
} scored_side;

static ig_status decode_line(scored_side *side, size_t index, ig_error *err) {
  const char *line = side->lines[index];
  ig_status status = ig_fail_if_null(line, "text", err);
  size_t length = line ? strlen(line) : 0;
  if (status == IG_OK && !side->strict)
    status = ig_text_repair_line(&side->repair, index + 1, &line, &length, err);
  if (status == IG_OK) status = ig_codes_decode(&side->codes, line, err);
  return status == IG_OK ? status : ig_fail_in(err, status, "%s line %zu", side->name, index + 1);
}

static void release_side(scored_side *side) {
  ig_codes_free(&side->codes);
  ig_text_repair_free(&side->repair);
}

ig_status ig_score_lines(const ig_score_options *options, const char *const *hypotheses,
                         const char *const *references, size_t count, ig_score *out,
                         ig_error *err) {
  static const ig_metric_kind *const kinds[] = {[IG_METRIC_BLEU] = &ig_metric_bleu,
                                                [IG_METRIC_CHRF] = &ig_metric_chrf,
                                                [IG_METRIC_TER] = &ig_metric_ter};
  const ig_score_options defaults = {.metric = IG_METRIC_BLEU};
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_score){0};
  IG_TRY(check_score_options(options, count, err));
  IG_TRY(ig_fail_if_null(hypotheses, "hypotheses", err));
  IG_TRY(ig_fail_if_null(references, "references", err));
  const ig_metric_kind *kind = kinds[options->metric];
  double statistics[IG_STATISTICS] = {0};
  scored_side hypothesis = {.name = "hypothesis", .lines = hypotheses, .strict = options->strict};
  scored_side reference = {.name = "reference", .lines = references, .strict = options->strict};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    status = decode_line(&hypothesis, i, err);
    if (status == IG_OK) status = decode_line(&reference, i, err);
    if (status != IG_OK) break;
    status = kind->add(options, &hypothesis.codes, &reference.codes, statistics, err);
    if (status != IG_OK) ig_fail_in(err, status, "line %zu", i + 1);
  }
  if (status == IG_OK) {
    kind->finish(options, statistics, out);
    out->repaired = hypothesis.repair.lines + reference.repair.lines;
  }
  release_side(&hypothesis);
  release_side(&reference);
  return status;
}
