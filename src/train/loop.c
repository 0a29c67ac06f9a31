// ig_train: updates, validation, checkpoints, until the configuration or the user says stop.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "io/json.h"
#include "train/checkpoint.h"
#include "train/run.h"
#include "train/trainer.h"

typedef struct ig_loop {
  ig_run *run;
  ig_batch_buffer *micro;  // (accumulate): the batches of one update
  int first_update;        // done before this process
  uint64_t first_source, first_target;
  double first_seconds;
  int saved;                        // update of the last save; -1: none
  double reported;                  // when progress was last reported
  double rate;                      // target tokens a second, smoothed
  double learning_rate, grad_norm;  // of the last update
} ig_loop;

// Batches for one update, across epochs; the cursor moves on.
static ig_status gather(ig_loop *l, size_t *targets, ig_error *err) {
  ig_run_state *s = &l->run->state;
  *targets = 0;
  for (int i = 0; i < l->run->config.accumulate; i++) {
    size_t batches;
    IG_TRY(ig_batcher_epoch(l->run->batcher, s->epoch, &batches, err));
    if (s->batch >= batches) {
      s->epoch++;
      s->batch = 0;
      IG_TRY(ig_batcher_epoch(l->run->batcher, s->epoch, &batches, err));
    }
    IG_TRY(ig_batcher_get(l->run->batcher, s->batch++, &l->micro[i], err));
    s->source_tokens += l->micro[i].source_tokens;
    *targets += l->micro[i].target_tokens;
  }
  s->target_tokens += *targets;
  return IG_OK;
}

static ig_status diverged(const ig_loop *l, int update, const char *what, double value, ig_error *err) {
  char kept[512] = "no checkpoint had been written yet";
  if (l->saved >= 0) snprintf(kept, sizeof kept, "%.400s holds the state of update %d", l->run->latest, l->saved);
  return ig_fail(err, IG_ERROR_DIVERGED,
                 "update %d: %s is not finite (%g); nothing was overwritten: %s. "
                 "Try a lower train.learning_rate, a longer train.warmup, or train.clip_norm: 1.0",
                 update, what, value, kept);
}

static ig_status update(ig_loop *l, ig_error *err) {
  ig_run_state *s = &l->run->state;
  const double begin = ig_seconds();
  const int number = s->update + 1;
  size_t targets;
  IG_TRY(gather(l, &targets, err));
  double loss = 0, nll = 0;
  for (int i = 0; i < l->run->config.accumulate; i++) {
    ig_loss part = {0};
    IG_TRY(ig_trainer_accumulate(l->run->trainer, &l->micro[i].batch, (double)targets, &part, err));
    loss += part.loss * (double)part.tokens;
    nll += part.nll * (double)part.tokens;
  }
  if (!isfinite(loss)) return diverged(l, number, "the loss", loss, err);
  l->learning_rate = ig_schedule_rate(&l->run->config.schedule, number);
  const ig_status status = ig_trainer_update(l->run->trainer, (float)l->learning_rate, &l->grad_norm, err);
  if (status == IG_ERROR_DIVERGED) return diverged(l, number, "the gradient's norm", l->grad_norm, err);
  IG_TRY(status);
  s->update = number;
  s->window_loss += loss;
  s->window_nll += nll;
  s->window_tokens += targets;
  const double seconds = ig_seconds() - begin, now = (double)targets / (seconds > 1e-9 ? seconds : 1e-9);
  s->seconds += seconds;
  l->rate = l->rate > 0 ? 0.9 * l->rate + 0.1 * now : now;
  return IG_OK;
}

static void report_progress(ig_loop *l) {
  const ig_run_state *s = &l->run->state;
  const double now = ig_seconds();
  if (now - l->reported < 0.1) return;
  l->reported = now;
  ig_progress progress = {
      .what = "training", .done = s->update, .total = l->run->config.updates, .unit = "updates", .rate = l->rate, .rate_unit = "tokens"};
  if (s->window_tokens > 0) {
    const double tokens = (double)s->window_tokens;
    snprintf(progress.note, sizeof progress.note, "loss %.3f ppl %.2f", s->window_loss / tokens, exp(s->window_nll / tokens));
  }
  ig_report_progress(l->run->reporter, &progress);
}

static ig_status log_window(ig_loop *l, ig_error *err) {
  ig_run_state *s = &l->run->state;
  if (s->window_tokens == 0) return IG_OK;
  const double loss = s->window_loss / (double)s->window_tokens, nll = s->window_nll / (double)s->window_tokens;
  ig_report(l->run->reporter, IG_INFO,
            "update %d, epoch %llu: loss %.4f, perplexity %.2f, learning rate %.3g, gradient norm %.3f, %.0f target tokens/s", s->update,
            (unsigned long long)s->epoch + 1, loss, exp(nll), l->learning_rate, l->grad_norm, l->rate);
  s->window_loss = s->window_nll = 0;
  s->window_tokens = 0;
  return ig_metrics_append(l->run->metrics,
                           json_pack("{s:i, s:I, s:f, s:f, s:f, s:f, s:I, s:f}", "update", s->update, "epoch", (json_int_t)s->epoch, "loss", loss,
                                     "nll", nll, "learning_rate", l->learning_rate, "gradient_norm", l->grad_norm, "target_tokens",
                                     (json_int_t)s->target_tokens, "seconds", s->seconds),
                           err);
}

static ig_status validate(ig_loop *l, ig_error *err) {
  ig_run *run = l->run;
  ig_run_state *s = &run->state;
  ig_validation v;
  IG_TRY(ig_run_validate(run, &v, err));
  const double values[] = {v.loss, v.bleu, v.chrf}, value = values[run->config.best_metric];
  if (!isfinite(v.loss)) return diverged(l, s->update, "the validation loss", v.loss, err);
  const bool better = !s->has_best || (run->config.best_metric == IG_BEST_LOSS ? value < s->best : value > s->best);
  s->validated = s->update;
  s->worse = better ? 0 : s->worse + 1;
  if (better) {
    s->has_best = true;
    s->best = value;
    s->best_update = s->update;
    IG_TRY(ig_checkpoint_save(run, run->best, false, err));
  }
  ig_report(run->reporter, IG_INFO, "validation at update %d: loss %.4f, perplexity %.2f, BLEU %.2f, chrF %.2f%s", s->update, v.loss, exp(v.nll),
            v.bleu, v.chrf, better ? ", the best so far" : "");
  return ig_metrics_append(run->metrics,
                           json_pack("{s:i, s:f, s:f, s:f, s:f, s:b}", "update", s->update, "valid_loss", v.loss, "valid_nll", v.nll, "bleu", v.bleu,
                                     "chrf", v.chrf, "best", (int)better),
                           err);
}

static ig_status save(ig_loop *l, ig_error *err) {
  if (l->saved == l->run->state.update) return IG_OK;
  IG_TRY(ig_checkpoint_save(l->run, l->run->latest, true, err));
  l->saved = l->run->state.update;
  return IG_OK;
}

// Why to stop, or NULL.
static const char *finished(const ig_run *run) {
  const ig_train_config *c = &run->config;
  const ig_run_state *s = &run->state;
  if (c->updates && s->update >= c->updates) return "all updates are done";
  // The cursor turns to the next epoch with that epoch's first batch, so an epoch's end is looked for in both places.
  size_t batches;
  if (c->epochs && (s->epoch >= (uint64_t)c->epochs || (s->epoch + 1 == (uint64_t)c->epochs && s->batch > 0 &&
                                                        ig_batcher_epoch(run->batcher, s->epoch, &batches, NULL) == IG_OK && s->batch >= batches)))
    return "all epochs are done";
  if (c->max_seconds > 0 && s->seconds >= c->max_seconds) return "the time is over";
  if (c->patience && s->worse >= c->patience) return "no validation was better for as long as train.patience says";
  return NULL;
}

static ig_status between_updates(ig_loop *l, ig_error *err) {
  const ig_train_config *c = &l->run->config;
  const int done = l->run->state.update;
  report_progress(l);
  if (done % c->log_every == 0) IG_TRY(log_window(l, err));
  if (c->validate_every && done % c->validate_every == 0) IG_TRY(validate(l, err));
  if (!c->save_every || done % c->save_every) return IG_OK;
  IG_TRY(save(l, err));
  return c->keep ? ig_checkpoint_keep(l->run, err) : IG_OK;
}

static ig_status loop(ig_loop *l, ig_error *err) {
  ig_run *run = l->run;
  const char *reason;
  while (!(reason = finished(run))) {
    if (ig_interrupted()) {
      IG_TRY(save(l, err));
      ig_interrupt_clear();
      return ig_fail(err, IG_INTERRUPTED, "interrupted at update %d; the state is saved in %s, and the same command goes on from there",
                     run->state.update, run->latest);
    }
    IG_TRY(update(l, err));
    IG_TRY(between_updates(l, err));
  }
  ig_report(run->reporter, IG_INFO, "finished at update %d: %s", run->state.update, reason);
  if (run->state.update > l->first_update) IG_TRY(log_window(l, err));
  if (run->valid.pairs && run->state.validated != run->state.update) {
    IG_TRY(validate(l, err));
    l->saved = -1;  // the state has changed
  }
  return save(l, err);
}

static ig_status write_stats(const ig_loop *l, const char *path, double load_seconds, ig_error *err) {
  const ig_run_state *s = &l->run->state;
  const char *isa;
  IG_TRY(ig_isa_name(&isa, err));
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  const json_int_t peak = usage.ru_maxrss;
#else
  const json_int_t peak = (json_int_t)usage.ru_maxrss * 1024;
#endif
  json_t *stats =
      json_pack("{s:i, s:i, s:I, s:I, s:f, s:f, s:I, s:I, s:s, s:i}", "updates", s->update - l->first_update, "update", s->update, "source_tokens",
                (json_int_t)(s->source_tokens - l->first_source), "target_tokens", (json_int_t)(s->target_tokens - l->first_target), "load_seconds",
                load_seconds, "seconds", s->seconds - l->first_seconds, "parameters", (json_int_t)ig_model_parameters(l->run->model),
                "peak_rss_bytes", peak, "isa", isa, "threads", ig_pool_threads(ig_trainer_pool(l->run->trainer)));
  if (!stats) return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", path);
  const ig_status status = ig_json_save(path, stats, 9, err);
  json_decref(stats);
  return status;
}

static ig_status train(ig_run *run, const ig_train_options *options, ig_error *err) {
  const double begin = ig_seconds();
  IG_TRY(ig_run_setup(run, err));
  const double load_seconds = ig_seconds() - begin;
  const size_t accumulate = (size_t)run->config.accumulate;
  ig_loop l = {.run = run,
               .first_update = run->state.update,
               .first_source = run->state.source_tokens,
               .first_target = run->state.target_tokens,
               .first_seconds = run->state.seconds,
               .saved = run->resumed ? run->state.update : -1};
  l.micro = ig_allocate(accumulate, sizeof *l.micro, err);
  if (!l.micro) return IG_ERROR_MEMORY;
  ig_status status = loop(&l, err);
  for (size_t i = 0; i < accumulate; i++) ig_batch_buffer_free(&l.micro[i]);
  free(l.micro);
  if (options->stats_path && (status == IG_OK || status == IG_INTERRUPTED)) {
    const ig_status written = write_stats(&l, options->stats_path, load_seconds, status == IG_OK ? err : NULL);
    if (status == IG_OK) status = written;
  }
  return status;
}

ig_status ig_train(const char *config_path, const ig_train_options *options, ig_error *err) {
  ig_run run = {.reporter = &options->reporter, .threads = options->threads};
  IG_TRY(ig_train_config_load(config_path, options->set, options->set_count, &run.config, err));
  const ig_status status = train(&run, options, err);
  ig_run_free(&run);
  ig_train_config_free(&run.config);
  return status;
}
