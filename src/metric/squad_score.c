// Scores of predicted answers, summed in the order of the official scripts, so that all digits are
// theirs.
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/report.h"
#include "ingot_score.h"
#include "metric/character_class.h"
#include "metric/squad_best.h"
#include "metric/squad_questions.h"
#include "metric/squad_resampling.h"
#include "metric/squad_sentences.h"
#include "text/utf8.h"

// ---- the figures ----------------------------------------------------------------------

typedef enum squad_group {
  SQUAD_GROUP_ALL,
  SQUAD_GROUP_ANSWERABLE,
  SQUAD_GROUP_UNANSWERABLE
} squad_group;

// The scripts of 1.1 and CMRC multiply each sum by 100 and then divide, as that of 2.0 does.
static ig_squad_part sum_group(const ig_squad *squad, const ig_squad_scored *scored, size_t count,
                               squad_group group) {
  ig_squad_part part = {0};
  for (size_t i = 0; i < count; i++) {
    const bool answerable = squad->questions[scored[i].question].answer_count > 0;
    if (group != SQUAD_GROUP_ALL && answerable != (group == SQUAD_GROUP_ANSWERABLE)) continue;
    part.exact += scored[i].values.exact;
    part.f1 += scored[i].values.f1;
    part.total++;
  }
  if (part.total == 0) return part;
  part.exact = 100.0 * part.exact / (double)part.total;
  part.f1 = 100.0 * part.f1 / (double)part.total;
  return part;
}

// What is surer than the threshold to have no answer counts as if "" had been predicted.
static ig_status apply_threshold(const ig_squad *squad, const ig_squad_odds *odds,
                                 const ig_squad_options *o, ig_squad_scored *scored, size_t count,
                                 ig_error *err) {
  const double threshold = o->null_threshold ? *o->null_threshold : 1.0;
  for (size_t i = 0; i < count; i++) {
    const ig_squad_question *q = &squad->questions[scored[i].question];
    if (!scored[i].prediction) continue;
    if (!odds->given[scored[i].question])
      return ig_fail(err, IG_ERROR_FORMAT, "%s: it has no number for question %s", o->null_odds,
                     q->id);
    if (odds->numbers[scored[i].question] > threshold)
      scored[i].values.exact = scored[i].values.f1 = q->answer_count == 0;
  }
  return IG_OK;
}

static ig_status use_odds(const ig_squad *squad, const ig_squad_options *o, ig_squad_scored *scored,
                          size_t count, ig_squad_score *out, ig_error *err) {
  if (!o->null_odds) return IG_OK;
  ig_squad_odds odds;
  IG_TRY(ig_squad_odds_read(&odds, squad, o->null_odds, err));
  ig_status status = apply_threshold(squad, &odds, o, scored, count, err);
  if (status == IG_OK)
    status = ig_squad_best_find(&(ig_squad_best_input){squad, &odds, scored, count}, out, err);
  ig_squad_odds_free(&odds);
  return status;
}

// ---- the corpus -----------------------------------------------------------------------

static void tell_questions(const ig_squad *squad, const ig_squad_options *o,
                           const ig_squad_scored *scored, size_t count) {
  for (size_t i = 0; o->question && i < count; i++)
    o->question(o->question_context,
                &(ig_squad_question_score){.id = squad->questions[scored[i].question].id,
                                           .prediction = scored[i].prediction,
                                           .answer = scored[i].answer,
                                           .exact = scored[i].values.exact,
                                           .f1 = scored[i].values.f1});
}

static ig_status score_corpus(const ig_squad *squad, const ig_squad_options *o,
                              const ig_squad_predictions *predictions, ig_squad_score *out,
                              ig_error *err) {
  const ig_answer_manner manner = {out->rules, o->language ? o->language : "en"};
  ig_squad_scored *scored;
  size_t count;
  IG_TRY(ig_squad_questions_score(squad, &manner, predictions, &scored, &count, err));
  ig_status status = use_odds(squad, o, scored, count, out, err);
  if (status == IG_OK) {
    out->all = sum_group(squad, scored, count, SQUAD_GROUP_ALL);
    if (out->rules == IG_SQUAD_RULES_V2) {
      out->answerable = sum_group(squad, scored, count, SQUAD_GROUP_ANSWERABLE);
      out->unanswerable = sum_group(squad, scored, count, SQUAD_GROUP_UNANSWERABLE);
    }
    tell_questions(squad, o, scored, count);
    status = ig_squad_resampling_run(&(ig_squad_sample){squad, &manner, scored, count}, o, err);
  }
  free(scored);
  return status;
}

// ---- the rules ------------------------------------------------------------------------

static ig_status check_squad_options(const ig_squad_options *o, ig_error *err) {
  if ((unsigned)o->rules > IG_SQUAD_RULES_CMRC)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "rules: expected IG_SQUAD_RULES_FILE (0) to IG_SQUAD_RULES_CMRC (%d), found %d",
                   IG_SQUAD_RULES_CMRC, (int)o->rules);
  if (!o->resampling && o->baseline_count)
    return ig_fail(err, IG_ERROR_ARGUMENT, "baselines: they need `resampling`, found NULL");
  if (!o->resampling && o->resample_articles)
    return ig_fail(err, IG_ERROR_ARGUMENT, "resample_articles: it needs `resampling`, found NULL");
  if (o->resampling) {
    IG_TRY(ig_fail_if_null(o->resampled_exact, "resampled_exact", err));
    IG_TRY(ig_fail_if_null(o->resampled_f1, "resampled_f1", err));
  }
  for (size_t i = 0; i < o->baseline_count; i++) {
    IG_TRY(ig_fail_if_null(o->baselines, "baselines", err));
    IG_TRY(ig_fail_if_null(o->baselines[i], "baselines", err));
  }
  if (o->language && o->rules != IG_SQUAD_RULES_MLQA)
    return ig_fail(err, IG_ERROR_ARGUMENT, "language: only IG_SQUAD_RULES_MLQA has languages");
  if (o->language && !ig_answer_words_know(o->language))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "language: expected en, es, hi, vi, de, ar or zh, found \"%s\"", o->language);
  return IG_OK;
}

static ig_squad_rules rules_of_file(const ig_squad *squad) {
  const char *version = squad->version ? squad->version : "";
  const bool second = squad->states_impossible || squad->answered < squad->count ||
                      strncmp(version, "v2", 2) == 0 || strncmp(version, "2", 1) == 0;
  return second ? IG_SQUAD_RULES_V2 : IG_SQUAD_RULES_V1;
}

static ig_status check_corpus(const ig_squad *squad, const char *path, const ig_squad_options *o,
                              ig_squad_rules rules, ig_error *err) {
  if (squad->answered == 0 && !squad->states_impossible)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: no question has an answer: it is to be answered, and nothing to score by",
                   path);
  if (rules != IG_SQUAD_RULES_V2 && o->null_odds)
    return ig_fail(err, IG_ERROR_ARGUMENT, "null_odds: only the rules of SQuAD 2.0 use them");
  for (size_t i = 0; rules != IG_SQUAD_RULES_V2 && i < squad->count; i++)
    if (squad->questions[i].answer_count == 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: question %s has no answer, which only the rules of SQuAD 2.0 allow", path,
                     squad->questions[i].id);
  return IG_OK;
}

static bool has_han(const char *text) {
  size_t step;
  for (; *text; text += step)
    if (ig_character_class_is_han((int32_t)ig_utf8_decode(text, &step))) return true;
  return false;
}

// Words between spaces are hardly words of Chinese: F1 would be little more than exact match.
static void tell_if_chinese(const ig_squad *squad, const char *path, const ig_squad_options *o) {
  size_t answers = 0, chinese = 0;
  for (size_t i = 0; i < squad->count; i++)
    for (size_t k = 0; k < squad->questions[i].answer_count; k++) {
      answers++;
      chinese += has_han(squad->questions[i].answers[k].text);
    }
  if (o->rules == IG_SQUAD_RULES_FILE && chinese > answers / 2)
    ig_report(&o->reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu answers are Chinese, and SQuAD's rules compare words between spaces; "
              "those of CMRC compare characters (--language zh)",
              path, chinese, answers);
}

ig_status ig_score_squad(const ig_squad_options *options, const char *reference,
                         const char *hypothesis, ig_squad_score *out, ig_error *err) {
  const ig_squad_options o = options ? *options : (ig_squad_options){0};
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = (ig_squad_score){0};
  IG_TRY(ig_fail_if_null(reference, "reference", err));
  IG_TRY(ig_fail_if_null(hypothesis, "hypothesis", err));
  IG_TRY(check_squad_options(&o, err));
  ig_squad squad;
  ig_squad_predictions predictions = {0};
  IG_TRY(ig_squad_read(&(ig_squad_reading){reference, &o.reporter}, &squad, err));
  out->rules = o.rules == IG_SQUAD_RULES_FILE ? rules_of_file(&squad) : o.rules;
  tell_if_chinese(&squad, reference, &o);
  const char *null_text = out->rules == IG_SQUAD_RULES_CMRC ? "None" : "";
  ig_status status = check_corpus(&squad, reference, &o, out->rules, err);
  if (status == IG_OK)
    status =
        ig_squad_predictions_read(&predictions, &squad, hypothesis, null_text, &o.reporter, err);
  if (status == IG_OK) {
    out->missing = predictions.missing;
    out->unknown = predictions.unknown;
    out->empty = predictions.empty;
    if (out->rules == IG_SQUAD_RULES_CMRC)
      out->uncut = ig_squad_sentences_tell(&squad, &predictions, &o.reporter);
    status = score_corpus(&squad, &o, &predictions, out, err);
  }
  ig_squad_predictions_free(&predictions);
  ig_squad_free(&squad);
  return status;
}
