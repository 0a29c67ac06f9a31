#include "train/dry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "base/report.h"
#include "base/size.h"
#include "model/run/memory_plan.h"
#include "train/batches.h"
#include "train/output_directory.h"
#include "train/run_adapter.h"
#include "train/run_groups.h"
#include "train/setup.h"
#include "train/trainer.h"

#define MOST_UPDATES 20     // that are timed
#define ENOUGH_SECONDS 5.0  // after which no further one is

// What a few updates took.
typedef struct timed_updates {
  int updates;
  double seconds, target_tokens;
  size_t batches;  // of an epoch
} timed_updates;

// ---- a few updates ----------------------------------------------------------

static ig_status do_update(ig_run *run, ig_batch_buffer *batch, int number, double *targets,
                           ig_error *err) {
  size_t batches;
  *targets = 0;
  for (int i = 0; i < run->config.accumulate; i++) {
    ig_loss_sums sums;
    IG_TRY(ig_batches_epoch(run, run->state.epoch, &batches, err));
    IG_TRY(ig_batches_get(run, (size_t)run->state.batch, batch, err));
    run->state.batch = (run->state.batch + 1) % batches;
    IG_TRY(ig_trainer_accumulate_sums(run->trainer, &batch->batch, 0, &sums, err));
    *targets += (double)sums.tokens;
  }
  return ig_trainer_update(run->trainer, (float)ig_schedule_rate(&run->config.schedule, number),
                           NULL, err);
}

// The first update warms up and is not counted.
static ig_status time_updates(ig_run *run, ig_batch_buffer *batch, timed_updates *out,
                              ig_error *err) {
  double targets;
  IG_TRY(ig_batches_epoch(run, run->state.epoch, &out->batches, err));
  IG_TRY(do_update(run, batch, 1, &targets, err));
  const double begin = ig_clock_seconds();
  while (out->updates < MOST_UPDATES && (out->updates == 0 || out->seconds < ENOUGH_SECONDS)) {
    if (ig_interrupt_requested(run->interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted");
    IG_TRY(do_update(run, batch, out->updates + 2, &targets, err));
    out->updates++;
    out->target_tokens += targets;
    out->seconds = ig_clock_seconds() - begin;
  }
  return IG_OK;
}

// ---- what is told -----------------------------------------------------------

static void describe_time(double seconds, char out[48]) {
  const long whole = seconds < 1e9 ? (long)(seconds + 0.5) : 1000000000;
  snprintf(out, 48, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
}

// Updates of the whole run by train.updates and train.epochs, whichever ends first; 0: no limit.
static double updates_of(const ig_train_config *c, size_t batches) {
  const double by_epochs = (double)c->epochs * (double)batches / c->accumulate;
  if (!c->updates || (c->epochs && by_epochs < c->updates)) return by_epochs;
  return c->updates;
}

// Values that have moments and an average: the adapter's, or the model's, frozen ones among them.
static size_t count_moving(const ig_run *run) {
  float *m, *v;
  return ig_trainer_moments(run->trainer, &m, &v);
}

static double megabytes(size_t bytes) { return 1e-6 * (double)bytes; }

// latest/: what it holds of weights, two moments, and with an average the weights beside it.
static size_t checkpoint_bytes(const ig_run *run) {
  const size_t moving = count_moving(run),
               weights = run->adapter ? moving : ig_model_parameters(run->model);
  return sizeof(float) * (weights + 2 * moving + (run->config.ema > 0 ? moving : 0));
}

static void tell_sizes(const ig_run *run, const timed_updates *timed) {
  const ig_train_config *c = &run->config;
  const ig_batch_bounds most = ig_batcher_largest(run->batcher);
  ig_report(run->reporter, IG_LEVEL_INFO, "vocabulary: %d tokens of the source, %d of the target",
            ig_tokenizer_source_size(run->tokenizer), ig_tokenizer_target_size(run->tokenizer));
  ig_report(run->reporter, IG_LEVEL_INFO,
            "model: %s, %zu parameters; a checkpoint takes about %.3g MB of disk",
            ig_config_family(&run->model->config), ig_model_parameters(run->model),
            megabytes(checkpoint_bytes(run)));
  ig_run_groups_tell(run);
  ig_run_adapter_tell(run);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "batches: %zu in an epoch; the largest has %zu sequences, %zu source and %zu target "
            "tokens%s",
            timed->batches, most.sequences, most.tokens[0], most.tokens[1],
            c->accumulate > 1 ? ", several are one update" : "");
}

// What a run holds beside an ordinary training.
static void describe_besides(const ig_run *run, char out[128]) {
  size_t teachers = 0;
  int length = 0;
  *out = '\0';
  for (size_t i = 0; i < run->config.teachers.count; i++)
    teachers += sizeof(float) * ig_model_parameters(run->teachers[i].model);
  if (run->config.ema > 0)
    length = snprintf(out, 128, ", the average of weights %.1f MB",
                      megabytes(sizeof(float) * count_moving(run)));
  if (teachers)
    snprintf(out + length, 128 - (size_t)length,
             ", teachers' weights %.1f MB (their passes come on top)", megabytes(teachers));
}

// The plan is of batches with as many tokens on either side; R-Drop has each sequence twice.
static ig_status tell_memory(const ig_run *run, ig_error *err) {
  const ig_batch_bounds most = ig_batcher_largest(run->batcher);
  const ig_memory_plan_sizes sizes = {
      .tokens =
          (run->config.r_drop > 0 ? 2 : 1) * (int)ig_size_larger(most.tokens[0], most.tokens[1]),
      .length = (int)ig_size_larger(most.longest[0], most.longest[1]),
      .beam_size = 1,
      .threads = run->threads};
  ig_memory_plan plan;
  char besides[128];
  describe_besides(run, besides);
  IG_TRY(ig_memory_plan_of(ig_model_config(run->model), &sizes, &plan, err));
  ig_report(run->reporter, IG_LEVEL_INFO,
            "memory planned: weights %.1f MB, gradients %.1f MB, moments %.1f MB, activations of "
            "the largest batch up to %.1f MB%s",
            megabytes(plan.training.weights),
            megabytes(plan.training.gradients -
                      sizeof(float) * ig_trainer_groups(run->trainer)->frozen_values),
            megabytes(2 * sizeof(float) * count_moving(run)),
            megabytes(plan.training.scratch + (run->config.recompute ? plan.training.recomputed
                                                                     : plan.training.activations)),
            besides);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "memory taken: %.1f MB at most so far, data and vocabulary included; validation comes "
            "on top",
            megabytes(ig_peak_memory()));
  return IG_OK;
}

static void tell_time(const ig_run *run, const timed_updates *timed) {
  const ig_train_config *c = &run->config;
  const double each = timed->seconds / timed->updates, updates = updates_of(c, timed->batches);
  char epoch[48], whole[48];
  describe_time(each * (double)timed->batches / c->accumulate, epoch);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "time: %.3g s an update (mean of %d), %.0f target tokens/s; an epoch takes %s", each,
            timed->updates, timed->target_tokens / timed->seconds, epoch);
  describe_time(each * updates, whole);
  if (updates > 0 && (c->max_seconds <= 0 || each * updates < c->max_seconds)) {
    ig_report(run->reporter, IG_LEVEL_INFO,
              "time: the run has %.0f updates and takes about %s, without validation and saving",
              updates, whole);
    return;
  }
  describe_time(c->max_seconds, whole);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "time: train.max_seconds ends the run after %s, at about update %.0f", whole,
            c->max_seconds / each);
}

// ---- the temporary directory ------------------------------------------------

static ig_status make_directory(char **out, ig_error *err) {
  const char *parent = getenv("TMPDIR");
  *out = ig_path_join(parent && *parent ? parent : "/tmp", "ingot-dry-run-XXXXXX", err);
  if (!*out) return IG_ERROR_MEMORY;
  if (mkdtemp(*out)) return IG_OK;
  const ig_status status = ig_fail_system(err, *out, "make a temporary directory like this");
  free(*out);
  return status;
}

static ig_status tell_checkpoint(const ig_run *run, ig_error *err) {
  char *latest = ig_path_join(run->config.output, "latest", err);
  if (!latest) return IG_ERROR_MEMORY;
  if (ig_file_exists(latest))
    ig_report(run->reporter, IG_LEVEL_INFO,
              "%s exists: a run of the same options goes on from it; here all is told of a new run",
              latest);
  free(latest);
  return IG_OK;
}

static ig_status set_up_and_time(ig_run *run, ig_error *err) {
  timed_updates timed = {0};
  ig_batch_buffer batch = {0};
  IG_TRY(ig_setup_dry_run(run, err));
  const ig_status status = time_updates(run, &batch, &timed, err);
  ig_batcher_buffer_free(&batch);
  IG_TRY(status);
  tell_sizes(run, &timed);
  IG_TRY(tell_memory(run, err));
  tell_time(run, &timed);
  return IG_OK;
}

ig_status ig_dry_run(ig_run *run, ig_error *err) {
  char *directory;
  IG_TRY(ig_output_directory_try(run->config.output, err));
  IG_TRY(tell_checkpoint(run, err));
  IG_TRY(make_directory(&directory, err));
  const char *output = run->config.output;
  run->config.output = directory;
  const ig_status status = set_up_and_time(run, err);
  ig_output_directory_remove_made(run);
  rmdir(directory);
  run->config.output = output;
  free(directory);
  return status;
}
