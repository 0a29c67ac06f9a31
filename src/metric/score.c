// ig_score_lines: passes a corpus, line by line, through one of the metrics.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "ingot_score.h"
#include "metric/bleu_tokenizer.h"
#include "metric/metric_kind.h"
#include "metric/ngrams.h"
#include "metric/resampling.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { REFERENCES_MOST = 1000 };

static const ig_metric_kind *const kinds[] = {
    [IG_METRIC_BLEU] = &ig_metric_bleu,       [IG_METRIC_CHRF] = &ig_metric_chrf,
    [IG_METRIC_TER] = &ig_metric_ter,         [IG_METRIC_ROUGE_1] = &ig_metric_rouge,
    [IG_METRIC_ROUGE_2] = &ig_metric_rouge,   [IG_METRIC_ROUGE_L] = &ig_metric_rouge,
    [IG_METRIC_ROUGE_LSUM] = &ig_metric_rouge};

static ig_status check_score_options(const ig_score_options *o, size_t count, ig_error *err) {
  if ((unsigned)o->metric >= COUNT(kinds))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "metric: expected IG_METRIC_BLEU (0) to IG_METRIC_ROUGE_LSUM (%d), found %d",
                   IG_METRIC_ROUGE_LSUM, (int)o->metric);
  if (o->reference_count >= REFERENCES_MOST)
    return ig_fail(err, IG_ERROR_ARGUMENT, "reference_count: expected less than %d, found %zu",
                   REFERENCES_MOST, o->reference_count);
  if (count == 0) return ig_fail(err, IG_ERROR_ARGUMENT, "there is no line to score");
  const bool tokenizes = o->metric != IG_METRIC_CHRF && o->metric != IG_METRIC_TER;
  if (tokenizes && o->tokenize && !ig_bleu_tokenizer_find(o->tokenize))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "tokenize: expected 13a, zh, char, intl or none, found \"%s\"", o->tokenize);
  if (o->metric == IG_METRIC_CHRF &&
      (o->chrf_word_order < 0 || o->chrf_word_order > IG_NGRAMS_MOST))
    return ig_fail(err, IG_ERROR_ARGUMENT, "chrf_word_order: expected 0 to %d, found %d",
                   IG_NGRAMS_MOST, o->chrf_word_order);
  return IG_OK;
}

// One text of the corpus.
typedef struct scored_text {
  const char *name;
  const char *const *lines;
  bool strict;
  ig_text_repair repair;
} scored_text;

// Decodes lines[index], which messages call line `number`.
static ig_status decode_line(scored_text *text, size_t index, size_t number, ig_codes *codes,
                             ig_error *err) {
  const char *line = text->lines[index];
  ig_status status = ig_fail_if_null(line, "text", err);
  size_t length = line ? strlen(line) : 0;
  if (status == IG_OK && !text->strict)
    status = ig_text_repair_line(&text->repair, number, &line, &length, err);
  if (status == IG_OK) status = ig_codes_decode(codes, line, err);
  return status == IG_OK ? status : ig_fail_in(err, status, "%s line %zu", text->name, number);
}

typedef struct scoring {
  const ig_score_options *options;
  const ig_metric_kind *kind;
  scored_text hypothesis, reference;
  ig_codes *codes;  // (1 + reference_count): the line and its references
} scoring;

static ig_status add_line(scoring *s, size_t index, double statistics[IG_STATISTICS],
                          ig_error *err) {
  const size_t references = s->options->reference_count;
  IG_TRY(decode_line(&s->hypothesis, index, index + 1, &s->codes[0], err));
  for (size_t i = 0; i < references; i++)
    IG_TRY(decode_line(&s->reference, index * references + i, index + 1, &s->codes[1 + i], err));
  const ig_status status = s->kind->add(s->options, &s->codes[0], &s->codes[1], statistics, err);
  return status == IG_OK ? status : ig_fail_in(err, status, "line %zu", index + 1);
}

static ig_status score_corpus(scoring *s, size_t count, ig_score *out, ig_error *err) {
  double statistics[IG_STATISTICS] = {0};
  for (size_t i = 0; i < count; i++) IG_TRY(add_line(s, i, statistics, err));
  s->kind->finish(s->options, statistics, out);
  out->repaired = s->hypothesis.repair.lines + s->reference.repair.lines;
  return IG_OK;
}

// Everything that scoring needs for a text and its references.
static ig_status begin_scoring(const ig_score_options *o, const char *const *hypotheses,
                               const char *const *references, scoring *s, ig_error *err) {
  IG_TRY(ig_fail_if_null(hypotheses, "hypotheses", err));
  IG_TRY(ig_fail_if_null(references, "references", err));
  *s = (scoring){.options = o,
                 .kind = kinds[o->metric],
                 .hypothesis = {.name = "hypothesis", .lines = hypotheses, .strict = o->strict},
                 .reference = {.name = "reference", .lines = references, .strict = o->strict},
                 .codes = ig_allocate(1 + o->reference_count, sizeof *s->codes, err)};
  return s->codes ? IG_OK : IG_ERROR_MEMORY;
}

static void end_scoring(scoring *s) {
  for (size_t i = 0; i <= s->options->reference_count; i++) ig_codes_free(&s->codes[i]);
  free(s->codes);
  ig_text_repair_free(&s->hypothesis.repair);
  ig_text_repair_free(&s->reference.repair);
}

// Options as they hold, checked.
static ig_status settle_options(const ig_score_options *options, size_t count, ig_score_options *o,
                                ig_error *err) {
  *o = options ? *options : (ig_score_options){.metric = IG_METRIC_BLEU};
  if (o->reference_count == 0) o->reference_count = 1;
  return check_score_options(o, count, err);
}

ig_status ig_score_lines(const ig_score_options *options, const char *const *hypotheses,
                         const char *const *references, size_t count, ig_score *out,
                         ig_error *err) {
  ig_score_options o;
  scoring s;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_score){0};
  IG_TRY(settle_options(options, count, &o, err));
  IG_TRY(begin_scoring(&o, hypotheses, references, &s, err));
  const ig_status status = score_corpus(&s, count, out, err);
  end_scoring(&s);
  return status;
}

// ---- resampled ------------------------------------------------------------------------

// Statistics (count, kind->width) of each line, malloc'ed.
static ig_status list_statistics(const ig_score_options *o, const char *const *hypotheses,
                                 const ig_resampled_lines *lines, double **out, ig_error *err) {
  scoring s;
  IG_TRY(begin_scoring(o, hypotheses, lines->references, &s, err));
  const size_t width = s.kind->width;
  *out = ig_allocate(lines->count, width * sizeof **out, err);
  ig_status status = *out ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < lines->count; i++) {
    double statistics[IG_STATISTICS] = {0};
    status = add_line(&s, i, statistics, err);
    memcpy(*out + i * width, statistics, width * sizeof **out);
  }
  end_scoring(&s);
  return status;
}

static double score_sums(const void *context, const double *sums) {
  const ig_score_options *o = context;
  return kinds[o->metric]->score(o, sums);
}

static double score_narrow_sums(const void *context, const float *sums, bool *wide) {
  const ig_score_options *o = context;
  return kinds[o->metric]->narrow_score(o, sums, wide);
}

ig_status ig_score_resampled(const ig_score_options *options, const ig_resampling *resampling,
                             const ig_resampled_lines *lines, ig_resampled *out, ig_error *err) {
  ig_score_options o;
  const ig_resampling r = resampling ? *resampling : (ig_resampling){0};
  double *system = NULL, *baseline = NULL;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_resampled){0};
  IG_TRY(ig_fail_if_null(lines, "lines", err));
  IG_TRY(settle_options(options, lines->count, &o, err));
  IG_TRY(ig_resampling_check(&r, lines->count, err));
  ig_status status = list_statistics(&o, lines->hypotheses, lines, &system, err);
  if (status == IG_OK && lines->baseline) {
    status = list_statistics(&o, lines->baseline, lines, &baseline, err);
    if (status != IG_OK) ig_fail_in(err, status, "baseline");
  }
  const ig_resampled_metric metric = {
      .width = kinds[o.metric]->width,
      .score = score_sums,
      .narrow_score = kinds[o.metric]->narrow_score ? score_narrow_sums : NULL,
      .context = &o};
  if (status == IG_OK)
    status = ig_resampling_run(&metric, &(ig_resampled_items){system, baseline, lines->count}, &r,
                               out, err);
  free(system);
  free(baseline);
  return status;
}
