// Lines of the log, of metrics.jsonl, and the progress of a training.
#include "train/loop_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/report.h"
#include "base/text_repair.h"
#include "text/utf8.h"
#include "train/metrics.h"

// Bytes of a sample that are shown.
enum { SAMPLE_BYTES = 600 };

// What is predicted, and what a rate counts: tokens, or of questions to an encoder the place of an
// answer in each window.
static bool predicts_tokens(const ig_run *run) {
  return !run->config.data.train_questions || run->generates;
}

enum { PERPLEXITY_TEXT = 40, KL_TEXT = 40 };

// `before` and the perplexity, which is one of tokens: nothing of places.
static void describe_perplexity(const ig_run *run, const char *before, double nll,
                                char out[PERPLEXITY_TEXT]) {
  *out = '\0';
  if (predicts_tokens(run)) ig_number_format(out, PERPLEXITY_TEXT, "%s %.4g", before, exp(nll));
}

// Whether the loss has a divergence: of teachers from the model, or of two passes of R-Drop.
static bool has_divergence(const ig_run *run) {
  return run->config.teachers.count > 0 || run->config.r_drop > 0;
}

// How large that is, if there is one.
static void describe_kl_divergence(const ig_run *run, double kl_divergence, char out[KL_TEXT]) {
  *out = '\0';
  if (has_divergence(run)) ig_number_format(out, KL_TEXT, ", KL divergence %.4f", kl_divergence);
}

void ig_loop_log_progress(ig_training_loop *l) {
  const ig_run_state *s = &l->run->state;
  const double now = ig_clock_seconds();
  if (now - l->reported < 0.1) return;
  l->reported = now;
  const double limit = l->run->config.max_seconds, gone = now - l->begin;
  ig_progress progress = {.what = "training",
                          .done = s->update,
                          .total = l->run->config.updates,
                          .unit = "updates",
                          .rate = l->rate,
                          .rate_unit = predicts_tokens(l->run) ? "tokens" : "windows",
                          .seconds_left = limit > gone ? limit - gone : 0};
  if (s->window.tokens > 0) {
    const double tokens = (double)s->window.tokens;
    char perplexity[PERPLEXITY_TEXT];
    describe_perplexity(l->run, " ppl", s->window.nll / tokens, perplexity);
    ig_number_format(progress.note, sizeof progress.note, "loss %.3f%s", s->window.loss / tokens,
                     perplexity);
  }
  ig_report_progress(l->run->reporter, &progress);
}

// Means of a window, over its targets or its updates.
typedef struct window_means {
  double loss, nll, kl_divergence, gradient_norm, clipped, rate, learning_rate;
} window_means;

static window_means means_of(const ig_run *run) {
  const ig_log_window *w = &run->state.window;
  const double tokens = (double)w->tokens, updates = w->updates > 0 ? w->updates : 1;
  return (window_means){
      .loss = w->loss / tokens,
      .nll = w->nll / tokens,
      .kl_divergence = w->kl_divergence / tokens,
      .gradient_norm = w->gradient_norm / updates,
      .clipped = (double)w->clipped / updates,
      .rate = tokens / (w->seconds > 1e-9 ? w->seconds : 1e-9),
      .learning_rate = ig_schedule_rate(&run->config.schedule, run->state.update)};
}

// The line of metrics.jsonl; NULL: out of memory.
static json_t *window_json(const ig_run *run, const window_means *m) {
  const ig_run_state *s = &run->state;
  json_t *line =
      json_pack("{s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:s*}", "update",
                s->update, "epoch", (json_int_t)s->epoch, "loss", m->loss, "nll", m->nll,
                "learning_rate", m->learning_rate, "gradient_norm", m->gradient_norm, "clipped",
                m->clipped, "source_tokens", (json_int_t)s->source_tokens, "target_tokens",
                (json_int_t)s->target_tokens, "target_tokens_per_second", m->rate, "seconds",
                s->seconds, "compute", ig_train_config_other_compute(&run->config));
  if (!line || !has_divergence(run) ||
      json_object_set_new(line, "kl_divergence", json_real(m->kl_divergence)) == 0)
    return line;
  json_decref(line);
  return NULL;
}

ig_status ig_loop_log_window(ig_training_loop *l, ig_error *err) {
  ig_run_state *s = &l->run->state;
  if (s->window.tokens == 0) return IG_OK;
  const window_means m = means_of(l->run);
  char perplexity[PERPLEXITY_TEXT], kl_divergence[KL_TEXT];
  describe_perplexity(l->run, ", perplexity", m.nll, perplexity);
  describe_kl_divergence(l->run, m.kl_divergence, kl_divergence);
  ig_report(l->run->reporter, IG_LEVEL_INFO,
            "update %d, epoch %llu: loss %.4f%s%s, learning rate %.3g, gradient norm %.3f, %.*f "
            "%s/s",
            s->update, (unsigned long long)s->epoch + 1, m.loss, perplexity, kl_divergence,
            m.learning_rate, m.gradient_norm, m.rate < 100, m.rate,
            predicts_tokens(l->run) ? "target tokens" : "windows");
  s->window = (ig_log_window){0};
  l->unsaved = true;
  return ig_metrics_append(l->run, window_json(l->run, &m), err);
}

// One of the three lines of a sample, cut at a letter.
static void log_sample(const ig_reporter *reporter, const char *what, const char *text) {
  size_t length = strlen(text);
  const bool cut = length > SAMPLE_BYTES;
  if (cut) length = ig_utf8_before(text, SAMPLE_BYTES);
  ig_report(reporter, IG_LEVEL_INFO, "  %-9s  %.*s%s", what, (int)length, text, cut ? "…" : "");
}

// A line of data.valid, or a question, and what the model made of it.
typedef struct shown_sample {
  const char *names[3], *texts[3];  // what was given, the reference, the output
} shown_sample;

static shown_sample sample_at(const ig_run *run, const ig_validation *v, size_t line) {
  const char *output = v->translations[line];
  if (!run->config.data.train_questions)
    return (shown_sample){
        {"source", "reference", "output"},
        {run->valid.text[IG_SIDE_SOURCE][line], run->valid.text[IG_SIDE_TARGET][line], output}};
  const ig_squad_question *q = &run->questions.questions[line];
  return (shown_sample){{"question", "reference", "output"},
                        {q->text, q->answer_count ? q->answers[0].text : "", output}};
}

static size_t count_samples(const ig_run *run, const ig_validation *v) {
  const size_t wanted = (size_t)run->config.samples;
  return wanted < v->translated ? wanted : v->translated;
}

// The same lines at each validation, evenly spaced, so that they can be compared.
static shown_sample sample_of(const ig_run *run, const ig_validation *v, size_t i) {
  return sample_at(run, v, i * v->translated / count_samples(run, v));
}

static void log_samples(const ig_training_loop *l, const ig_validation *v) {
  const size_t count = count_samples(l->run, v);
  for (size_t i = 0; i < count; i++) {
    const shown_sample sample = sample_of(l->run, v, i);
    for (int k = 0; k < 3; k++) log_sample(l->run->reporter, sample.names[k], sample.texts[k]);
  }
}

// A model may spell a text in bytes that are no letters. NULL: out of memory.
static json_t *text_json(const char *text) {
  json_t *json = json_string(text);
  ig_text_repair repair = {0};
  size_t length = strlen(text);
  if (!json && ig_text_repair_line(&repair, 1, &text, &length, NULL) == IG_OK)
    json = json_stringn(text, length);
  ig_text_repair_free(&repair);
  return json;
}

static json_t *samples_json(const ig_run *run, const ig_validation *v) {
  const size_t count = count_samples(run, v);
  json_t *list = json_array();
  int failed = !list;
  for (size_t i = 0; i < count; i++) {
    const shown_sample sample = sample_of(run, v, i);
    json_t *object = json_object();
    for (int k = 0; k < 3; k++)
      failed |= json_object_set_new(object, sample.names[k], text_json(sample.texts[k]));
    failed |= json_array_append_new(list, object);
  }
  if (!failed) return list;
  json_decref(list);
  return NULL;
}

// What the line of a validation says of best/.
static void describe_verdict(const ig_training_loop *l, const ig_validation *v, bool best,
                             char out[128]) {
  const ig_divergence *d = &l->run->state.divergence;
  *out = '\0';
  if (best) {
    snprintf(out, 128, ", the best so far");
    return;
  }
  switch (ig_divergence_judge(&l->rule, d, v->loss)) {
    case IG_LOSS_VERDICT_SOUND: return;
    case IG_LOSS_VERDICT_NOISE:
      ig_number_format(out, 128, "; not for best/: a model that knows nothing has loss %.4g",
                       log((double)l->rule.vocab_size));
      return;
    case IG_LOSS_VERDICT_DIVERGED:
      ig_number_format(out, 128, "; not for best/: the loss is above %.4g, the limit of divergence",
                       ig_divergence_limit(&l->rule, d));
  }
}

// What a validation has measured besides the loss.
typedef struct validation_scores {
  const char *names[2], *keys[2];  // of the log and of metrics.jsonl; the second NULL: one score
  double values[2];
} validation_scores;

static validation_scores scores_of(const ig_run *run, const ig_validation *v) {
  const ig_train_data *d = &run->config.data;
  if (d->train_text.count) return (validation_scores){{"accuracy"}, {"accuracy"}, {v->accuracy}};
  if (d->train_questions)
    return (validation_scores){{"exact", "F1"}, {"exact", "f1"}, {v->exact, v->f1}};
  return (validation_scores){{"BLEU", "chrF"}, {"bleu", "chrf"}, {v->bleu, v->chrf}};
}

// The line of metrics.jsonl; NULL: out of memory.
static json_t *validation_json(const ig_run *run, const ig_validation *v,
                               const validation_scores *scores, bool best) {
  json_t *line = json_pack("{s:i, s:f, s:f}", "update", run->state.update, "valid_loss", v->loss,
                           "valid_nll", v->nll);
  int failed = !line;
  for (int i = 0; i < 2 && scores->keys[i]; i++)
    failed |= json_object_set_new(line, scores->keys[i], json_real(scores->values[i]));
  failed |= json_object_set_new(line, "best", json_boolean(best));
  if (count_samples(run, v) > 0)
    failed |= json_object_set_new(line, "samples", samples_json(run, v));
  if (!failed) return line;
  json_decref(line);
  return NULL;
}

ig_status ig_loop_log_validation(const ig_training_loop *l, const ig_validation *v, bool best,
                                 ig_error *err) {
  const ig_run *run = l->run;
  char verdict[128], perplexity[PERPLEXITY_TEXT], second[64] = "";
  describe_verdict(l, v, best, verdict);
  const validation_scores scores = scores_of(run, v);
  if (scores.names[1])
    ig_number_format(second, sizeof second, ", %s %.2f", scores.names[1], scores.values[1]);
  describe_perplexity(run, ", perplexity", v->nll, perplexity);
  ig_report(run->reporter, IG_LEVEL_INFO, "validation at update %d: loss %.4f%s, %s %.2f%s%s",
            run->state.update, v->loss, perplexity, scores.names[0], scores.values[0], second,
            verdict);
  log_samples(l, v);
  return ig_metrics_append(run, validation_json(run, v, &scores, best), err);
}
