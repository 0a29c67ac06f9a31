// ig_train: updates, validation, checkpoints, until the configuration or the user says stop.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/number.h"
#include "base/path.h"
#include "base/report.h"
#include "base/writer.h"
#include "io/json.h"
#include "train/batches.h"
#include "train/checkpoint.h"
#include "train/dry_run.h"
#include "train/loop_log.h"
#include "train/ranks.h"
#include "train/saving.h"
#include "train/setup.h"
#include "train/stats_path.h"
#include "train/trainer.h"
#include "train/training_loop.h"
#include "train/validate.h"

// The error of `what` that happened at `update`, with advice.
static ig_status fail_diverged(const ig_training_loop *l, int update, const char *what,
                               ig_error *err) {
  return ig_fail(err, IG_ERROR_DIVERGED,
                 "update %d: %s; nothing was overwritten: %.400s holds the state of update %d. Try "
                 "a lower train.learning_rate, a longer train.warmup, or train.clip_norm: 1.0",
                 update, what, l->run->latest, l->saved);
}

static ig_status fail_not_finite(const ig_training_loop *l, int update, const char *what,
                                 double value, ig_error *err) {
  char text[96];
  ig_number_format(text, sizeof text, "%s is not finite (%g)", what, value);
  return fail_diverged(l, update, text, err);
}

static ig_status check_loss(ig_training_loop *l, int update, double loss, ig_error *err) {
  ig_divergence *d = &l->run->state.divergence;
  if (!isfinite(loss)) return fail_not_finite(l, update, "the loss", loss, err);
  if (!ig_divergence_note(&l->rule, d, loss)) return IG_OK;
  char text[256];
  ig_number_format(
      text, sizeof text,
      "the loss is %.4g, and for %d updates in a row has been above %.4g, %g times that of "
      "%s (train.divergence_factor)",
      loss, d->above, ig_divergence_limit(&l->rule, d), l->rule.factor,
      d->first_loss > log((double)l->rule.vocab_size) ? "the first update"
                                                      : "a model that knows nothing");
  return fail_diverged(l, update, text, err);
}

static void note_update(ig_training_loop *l, const ig_loss_sums *sums, double gradient_norm,
                        double seconds) {
  ig_run_state *s = &l->run->state;
  const double clip = (double)l->run->config.optimizer.clip_norm,
               rate = (double)sums->tokens / (seconds > 1e-9 ? seconds : 1e-9);
  ig_log_window *w = &s->window;
  w->loss += sums->loss;
  w->nll += sums->nll;
  w->kl_divergence += sums->kl_divergence;
  w->tokens += sums->tokens;
  w->gradient_norm += gradient_norm;
  w->updates++;
  w->clipped += clip > 0 && gradient_norm > clip;
  w->seconds += seconds;
  s->seconds += seconds;
  l->rate = l->rate > 0 ? 0.9 * l->rate + 0.1 * rate : rate;
}

static ig_status do_update(ig_training_loop *l, ig_error *err) {
  ig_run_state *s = &l->run->state;
  const double begin = ig_clock_seconds();
  const int number = s->update + 1;
  ig_loss_sums sums;
  IG_TRY(ig_micro_batches_run(&l->micro, l->run, &sums, err));
  // Of plain text it may happen that no token is masked.
  if (sums.tokens) IG_TRY(check_loss(l, number, sums.loss / (double)sums.tokens, err));
  double norm = 0;
  const ig_status status = ig_trainer_update(
      l->run->trainer, (float)ig_schedule_rate(&l->run->config.schedule, number), &norm, err);
  if (status == IG_ERROR_DIVERGED)
    return fail_not_finite(l, number, "the gradient's norm", norm, err);
  IG_TRY(status);
  s->update = number;
  l->unsaved = true;
  note_update(l, &sums, norm, ig_clock_seconds() - begin);
  return IG_OK;
}

static ig_status keep_best(ig_training_loop *l, const ig_validation *v, double value,
                           ig_error *err) {
  ig_run_state *s = &l->run->state;
  s->has_best = true;
  s->best = value;
  s->best_loss = v->loss;
  s->best_update = s->update;
  IG_TRY(ig_checkpoint_save(l->run, l->run->best, false, err));
  l->best_unsaved = true;
  return IG_OK;
}

static ig_status judge_validation(ig_training_loop *l, const ig_validation *v, ig_error *err) {
  ig_run_state *s = &l->run->state;
  if (!isfinite(v->loss)) return fail_not_finite(l, s->update, "the validation loss", v->loss, err);
  double value;
  const bool better = ig_validate_is_best(l->run, &l->rule, v, &value);
  s->validated = s->update;
  s->worse = better ? 0 : s->worse + 1;
  if (better) IG_TRY(keep_best(l, v, value, err));
  return ig_loop_log_validation(l, v, better, err);
}

static ig_status validate_and_keep_best(ig_training_loop *l, ig_error *err) {
  ig_validation v;
  IG_TRY(ig_saving_before_validation(l, err));
  const double begin = ig_clock_seconds();
  ig_status status = ig_ranks_validate(l->run, &v, err);
  l->validation_seconds = ig_clock_seconds() - begin;
  l->run->state.validation_due = status == IG_INTERRUPTED;
  l->unsaved = true;
  if (status == IG_OK) status = judge_validation(l, &v, err);
  ig_validate_free(&v);
  return status;
}

// Why the run is over, or NULL.
static const char *reason_to_stop(const ig_training_loop *l) {
  ig_run *run = l->run;
  const ig_train_config *c = &run->config;
  const ig_run_state *s = &run->state;
  if (c->updates && s->update >= c->updates) return "all updates are done";
  // state->epoch moves on with the first batch of the next epoch, so that the end of the last epoch
  // shows in either of two ways.
  size_t batches;
  if (c->epochs &&
      (s->epoch >= (uint64_t)c->epochs ||
       (s->epoch + 1 == (uint64_t)c->epochs && s->batch > 0 &&
        ig_batches_epoch(run, s->epoch, &batches, NULL) == IG_OK && s->batch >= batches)))
    return "all epochs are done";
  // A process whose time is over before its first update does one nevertheless: else a run whose
  // loading takes that long would never get on.
  if (c->max_seconds > 0 && s->update > l->first_update &&
      ig_clock_seconds() - l->begin >= c->max_seconds)
    return "the time is over";
  if (c->patience && s->worse >= c->patience)
    return "no validation was better for as long as train.patience says";
  return NULL;
}

static ig_status validate_and_save(ig_training_loop *l, ig_error *err) {
  const ig_train_config *c = &l->run->config;
  const ig_run_state *s = &l->run->state;
  const bool due = s->validation_due || (c->validate_every && s->update % c->validate_every == 0);
  if (due && l->run->valid.pairs) IG_TRY(validate_and_keep_best(l, err));
  return ig_saving_after_update(l, err);
}

static ig_status between_updates(ig_training_loop *l, ig_error *err) {
  ig_loop_log_progress(l);
  if (l->run->state.update % l->run->config.log_every == 0) IG_TRY(ig_loop_log_window(l, err));
  return validate_and_save(l, err);
}

static ig_status end_interrupted(ig_training_loop *l, ig_error *err) {
  const ig_run *run = l->run;
  const int update = run->state.update;
  if (ig_saving_is_held_back(l))
    return ig_fail(err, IG_INTERRUPTED,
                   "interrupted at update %d, where the loss is too high to save; %s holds the "
                   "state of update %d",
                   update, run->latest, l->saved);
  IG_TRY(ig_saving_write_latest(l, err));
  return ig_fail(
      err, IG_INTERRUPTED,
      "interrupted at update %d; the state is saved in %s, and the same command goes on from there",
      update, run->latest);
}

static ig_status end_finished(ig_training_loop *l, const char *reason, ig_error *err) {
  ig_run *run = l->run;
  ig_report(run->reporter, IG_LEVEL_INFO, "finished at update %d: %s", run->state.update, reason);
  IG_TRY(ig_loop_log_window(l, err));
  if (run->valid.pairs && run->state.validated != run->state.update)
    IG_TRY(validate_and_keep_best(l, err));
  if (!ig_saving_is_held_back(l)) return ig_saving_write_latest(l, err);
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "the loss is too high to save the last update, %d; %s holds the state of update %d",
            run->state.update, run->latest, l->saved);
  return IG_OK;
}

static ig_status run_updates(ig_training_loop *l, ig_error *err) {
  if (l->run->state.validation_due) IG_TRY(validate_and_save(l, err));
  for (;;) {
    const char *reason = reason_to_stop(l);
    bool interrupted = ig_interrupt_requested(l->run->interrupter);
    IG_TRY(ig_ranks_agree(l->run, &reason, &interrupted, err));
    if (reason) return end_finished(l, reason, err);
    if (interrupted) return IG_INTERRUPTED;
    IG_TRY(do_update(l, err));
    IG_TRY(between_updates(l, err));
  }
}

static ig_status run_to_the_end(ig_training_loop *l, ig_error *err) {
  const ig_status status = run_updates(l, err);
  return status == IG_INTERRUPTED ? end_interrupted(l, err) : status;
}

// Pairs of the data, and those that were left out. Returns whether memory is out.
static bool add_pairs(json_t *stats, const ig_run *run) {
  const ig_corpus *train = &run->train, *valid = &run->valid;
  const struct {
    const char *name;
    size_t value;
  } counts[] = {{"pairs", train->pairs},
                {"too_long_pairs", train->too_long},
                {"empty_pairs", train->empty},
                {"identical_pairs", train->filtered[IG_PAIR_VERDICT_IDENTICAL]},
                {"script_pairs", train->filtered[IG_PAIR_VERDICT_SCRIPT]},
                {"ratio_pairs", train->filtered[IG_PAIR_VERDICT_RATIO]},
                {"duplicate_pairs", train->filtered[IG_PAIR_VERDICT_DUPLICATE]},
                {"lines_without_pair", train->without_pair},
                {"valid_pairs", valid->pairs},
                {"valid_too_long_pairs", valid->too_long},
                {"valid_empty_pairs", valid->empty},
                {"valid_lines_without_pair", valid->without_pair}};
  int failed = 0;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    failed |= json_object_set_new(stats, counts[i].name, json_integer((json_int_t)counts[i].value));
  return failed != 0;
}

// Values that the optimizer moves: the adapter's, or the model's that are not frozen.
static json_int_t trained_parameters(const ig_run *run) {
  return (json_int_t)(run->adapter ? run->adapter->value_count
                                   : ig_model_parameters(run->model) -
                                         ig_trainer_frozen_values(run->trainer));
}

// Of a training that several processes share. Returns whether memory is out.
static bool add_ranks(json_t *stats, const ig_training_loop *l) {
  if (!l->run->cluster) return false;
  int failed = json_object_set_new(stats, "ranks", json_integer(ig_cluster_size(l->run->cluster)));
  failed |= json_object_set_new(stats, "communication_seconds", json_real(l->micro.seconds));
  return failed != 0;
}

static ig_status write_stats(const ig_training_loop *l, const char *path, ig_error *err) {
  const ig_run_state *s = &l->run->state;
  const double seconds = s->seconds - l->first_seconds,
               target_tokens = (double)(s->target_tokens - l->first_target);
  const char *isa;
  IG_TRY(ig_isa_name(&isa, err));
  const json_int_t peak = (json_int_t)ig_peak_memory();
  json_t *stats = json_pack(
      "{s:i, s:i, s:I, s:I, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:s, s:i, s:s, s:I}", "updates",
      s->update - l->first_update, "update", s->update, "source_tokens",
      (json_int_t)(s->source_tokens - l->first_source), "target_tokens", (json_int_t)target_tokens,
      "load_seconds", l->load_seconds, "seconds", seconds, "target_tokens_per_second",
      seconds > 0 ? target_tokens / seconds : 0.0, "total_seconds", ig_clock_seconds() - l->begin,
      "parameters", (json_int_t)ig_model_parameters(l->run->model), "frozen_parameters",
      (json_int_t)ig_trainer_frozen_values(l->run->trainer), "trained_parameters",
      trained_parameters(l->run), "peak_rss_bytes", peak, "isa", isa, "threads",
      ig_pool_threads(ig_trainer_pool(l->run->trainer)), "compute", l->run->config.compute,
      "repaired_lines", (json_int_t)(l->run->train.repaired + l->run->valid.repaired));
  const ig_status status = !stats || add_pairs(stats, l->run) || add_ranks(stats, l)
                               ? ig_fail_memory_in(path, err)
                               : ig_json_save_named(path, stats, 9, err);
  json_decref(stats);
  return status;
}

// Writes the statistics of a run that ended with `status`, which is returned. An interruption keeps
// its status and its message in *err even if they cannot be written.
static ig_status write_stats_of_end(const ig_training_loop *l, const char *path, ig_status status,
                                    ig_error *err) {
  if (status == IG_OK) return write_stats(l, path, err);
  ig_error failed = {0};
  if (status == IG_INTERRUPTED && write_stats(l, path, &failed) != IG_OK)
    ig_report(l->run->reporter, IG_LEVEL_WARNING, "the statistics are not written: %s",
              failed.message);
  return status;
}

// Among how many a model that knows nothing chooses: tokens of the vocabulary, or of a window.
static int choices_of(const ig_run *run) {
  return run->config.data.train_questions && !run->generates
             ? run->max_length
             : ig_model_config(run->model)->target_vocab_size;
}

static ig_status train_run(ig_run *run, const ig_train_options *options, ig_error *err) {
  const double begin = ig_clock_seconds();
  // A path that cannot be written is told before the run, not days later.
  if (options->stats_path && !run->follows) {
    IG_TRY(ig_path_refuse_home(options->stats_path, err));
    IG_TRY(ig_stats_path_check(run, options->stats_path, err));
    IG_TRY(ig_writer_check_named(options->stats_path, err));
  }
  ig_share share;
  IG_TRY(ig_share_make(run->config.accumulate, ig_cluster_rank(run->cluster),
                       ig_cluster_size(run->cluster), &share, err));
  IG_TRY(ig_setup_run(run, err));
  ig_training_loop l = {
      .run = run,
      .first_update = run->state.update,
      .first_source = run->state.source_tokens,
      .first_target = run->state.target_tokens,
      .first_seconds = run->state.seconds,
      .begin = begin,
      .load_seconds = ig_clock_seconds() - begin,
      .rule = {run->config.divergence_factor, run->config.divergence_updates, choices_of(run)},
      .saved_at = ig_clock_seconds(),
      .saved = run->state.update};
  ig_status status = ig_micro_batches_make(run, &l.micro, err);
  if (status == IG_OK) status = run_to_the_end(&l, err);
  if (options->stats_path && !run->follows)
    status = write_stats_of_end(&l, options->stats_path, status, err);
  ig_micro_batches_free(&l.micro);
  return status;
}

// Rank 0 speaks for all.
static ig_status join_ranks(ig_run *run, const ig_train_options *options, ig_error *err) {
  static const ig_reporter silent = {0};
  run->cluster = options->cluster;
  run->follows = ig_cluster_rank(run->cluster) > 0;
  if (options->dry_run && run->cluster)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "a dry run is of one process: start it alone, without mpirun or srun");
  if (!run->follows) return IG_OK;
  run->reporter = &silent;
  run->tell_metrics = NULL;
  return IG_OK;
}

static ig_status check_options(const char *config_path, const ig_train_options *options,
                               ig_error *err) {
  IG_TRY(ig_fail_if_null(config_path, "config_path", err));
  if (options->set_count) IG_TRY(ig_fail_if_null(options->set, "set", err));
  if (options->dry_run && options->stats_path)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "a dry run has no statistics: leave out --stats (stats_path)");
  for (size_t i = 0; i < options->set_count; i++)
    IG_TRY(ig_fail_if_null(options->set[i], "set: an assignment", err));
  return IG_OK;
}

ig_status ig_train(const char *config_path, const ig_train_options *options, ig_error *err) {
  const ig_train_options defaults = {0};
  if (!options) options = &defaults;
  IG_TRY(check_options(config_path, options, err));
  ig_run run = {.reporter = &options->reporter,
                .interrupter = options->interrupter,
                .tell_metrics = options->metrics,
                .metrics_context = options->metrics_context,
                .threads = options->threads};
  IG_TRY(join_ranks(&run, options, err));
  IG_TRY(ig_train_config_load(config_path, options->interrupter, options->set, options->set_count,
                              &run.config, err));
  const ig_status status = options->dry_run ? ig_dry_run(&run, err) : train_run(&run, options, err);
  ig_run_free(&run);
  ig_train_config_free(&run.config);
  return status;
}
