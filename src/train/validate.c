// Validation: the loss over every pair of data.valid, BLEU and chrF of real decoding.
#include "train/validate.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "ingot_score.h"
#include "pipeline/translate_model.h"
#include "train/batches.h"
#include "train/trainer.h"
#include "train/validate_answers.h"

// Lines that each thread translates between two looks at the interruption flag.
enum { LINES_A_THREAD = 64 };

static ig_status fail_if_interrupted(const ig_run *run, ig_error *err) {
  return ig_interrupt_requested(run->interrupter)
             ? ig_fail(err, IG_INTERRUPTED, "interrupted within a validation")
             : IG_OK;
}

static ig_status measure_loss(ig_run *run, ig_validation *out, ig_error *err) {
  ig_batch_buffer buffer = {0};
  size_t batches = 0, tokens = 0, correct = 0;
  double loss = 0, nll = 0;
  ig_status status = ig_batcher_epoch(run->valid_batcher, 0, &batches, err);
  for (size_t b = 0; status == IG_OK && b < batches; b++) {
    ig_loss_sums part = {0};
    status = fail_if_interrupted(run, err);
    if (status == IG_OK) status = ig_batches_get_valid(run, b, &buffer, err);
    if (status == IG_OK) status = ig_trainer_score(run->trainer, &buffer.batch, &part, err);
    loss += part.loss;
    nll += part.nll;
    tokens += part.tokens;
    correct += part.correct;
  }
  ig_batcher_buffer_free(&buffer);
  out->loss = tokens ? loss / (double)tokens : 0;
  out->nll = tokens ? nll / (double)tokens : 0;
  out->accuracy = tokens ? 100.0 * (double)correct / (double)tokens : 0;
  return status;
}

// Tokens that a translation may have. A model that has learnt little yet does not stop by itself;
// half as many again as the longest reference has are enough to see that.
static int generated_limit(const ig_run *run) {
  size_t longest = 0;
  for (size_t p = 0; p < run->valid.pairs; p++) {
    const size_t length = ig_corpus_length(&run->valid, IG_SIDE_TARGET, p);
    if (length > longest) longest = length;
  }
  const size_t limit = longest + longest / 2 + 10;
  const int positions = ig_model_config(run->model)->positions.count;
  return positions > 1 && limit > (size_t)positions - 1 ? positions - 1 : (int)limit;
}

static ig_status score_translations(const ig_run *run, ig_metric metric, const ig_validation *v,
                                    double *out, ig_error *err) {
  const ig_score_options options = {.metric = metric, .tokenize = run->valid_tokenize};
  ig_score result;
  IG_TRY(ig_score_lines(&options, (const char *const *)v->translations,
                        (const char *const *)run->valid.text[IG_SIDE_TARGET], v->translated,
                        &result, err));
  *out = result.value;
  return IG_OK;
}

// hypotheses (count): malloc'ed strings, NULL after the first failure. A translation does not
// depend on those beside it, so that the parts give what the whole would.
static ig_status translate_sources(ig_run *run, size_t count, char **hypotheses, ig_error *err) {
  ig_pool *pool = ig_trainer_pool(run->trainer);
  ig_translator_options options = ig_translator_options_default();
  options.beam_size = run->config.valid_beam_size;
  options.max_length = generated_limit(run);
  options.split_sentences = IG_SPLIT_SENTENCES_OFF;  // what the model learns is whole lines
  const size_t part = (size_t)ig_pool_threads(pool) * LINES_A_THREAD;
  const char *const *lines = (const char *const *)run->valid.text[IG_SIDE_SOURCE];
  const ig_translate_model_args args = {
      .model = run->model, .tokenizer = run->tokenizer, .options = &options, .pool = pool};
  for (size_t i = 0; i < count; i += part) {
    IG_TRY(fail_if_interrupted(run, err));
    IG_TRY(ig_translate_model(&args, lines + i, count - i < part ? count - i : part, hypotheses + i,
                              err));
  }
  return IG_OK;
}

static ig_status validate_model(ig_run *run, ig_validation *out, ig_error *err) {
  IG_TRY(measure_loss(run, out, err));
  if (!isfinite(out->loss) || run->config.data.train_text.count) return IG_OK;
  const size_t cap = (size_t)run->config.valid_sentences,
               count = cap == 0 || run->valid.lines < cap ? run->valid.lines : cap;
  if (run->config.data.train_questions) return ig_validate_answers(run, count, out, err);
  out->translations = ig_allocate(count, sizeof *out->translations, err);
  if (!out->translations) return IG_ERROR_MEMORY;
  out->translated = count;
  IG_TRY(translate_sources(run, count, out->translations, err));
  IG_TRY(score_translations(run, IG_METRIC_BLEU, out, &out->bleu, err));
  return score_translations(run, IG_METRIC_CHRF, out, &out->chrf, err);
}

ig_status ig_validate_run(ig_run *run, ig_validation *out, ig_error *err) {
  *out = (ig_validation){0};
  ig_trainer_swap_average(run->trainer);
  const ig_status status = validate_model(run, out, err);
  ig_trainer_swap_average(run->trainer);
  return status;
}

void ig_validate_free(ig_validation *v) {
  for (size_t i = 0; i < v->translated; i++) free(v->translations[i]);
  free(v->translations);
  *v = (ig_validation){0};
}

bool ig_validate_is_best(const ig_run *run, const ig_divergence_rule *rule, const ig_validation *v,
                         double *value) {
  const ig_run_state *s = &run->state;
  const double values[] = {v->loss, v->bleu, v->chrf, v->f1, v->exact};
  const ig_best_metric metric = run->config.best_metric;
  *value = values[metric];
  const ig_loss_verdict verdict = ig_divergence_judge(rule, &s->divergence, v->loss);
  if (verdict == IG_LOSS_VERDICT_DIVERGED) return false;
  if (!s->has_best) return true;
  const bool chance =
      verdict != IG_LOSS_VERDICT_SOUND ||
      ig_divergence_judge(rule, &s->divergence, s->best_loss) != IG_LOSS_VERDICT_SOUND;
  if (chance || metric == IG_BEST_METRIC_LOSS) return v->loss < s->best_loss;
  return *value > s->best || (*value == s->best && v->loss < s->best_loss);
}
