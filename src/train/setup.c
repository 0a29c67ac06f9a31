// The order in which a run is set up: what fails soon comes before what takes long.
#include "train/setup.h"

#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "nn/gemm.h"
#include "train/batches.h"
#include "train/checkpoint.h"
#include "train/events.h"
#include "train/identity.h"
#include "train/metrics.h"
#include "train/output_directory.h"
#include "train/ranks.h"
#include "train/resume.h"
#include "train/resume_changes.h"
#include "train/run_adapter.h"
#include "train/run_data.h"
#include "train/run_groups.h"
#include "train/run_model.h"
#include "train/run_new_tokens.h"
#include "train/run_teachers.h"
#include "train/run_tokenizer.h"
#include "train/trainer.h"
#include "train/valid_metric.h"

static ig_status make_trainer(ig_run *run, ig_error *err) {
  const ig_train_config *c = &run->config;
  const ig_trainer_options options = {.optimizer = c->optimizer,
                                      .label_smoothing = (float)c->label_smoothing,
                                      .seed = c->seed,
                                      .threads = run->threads,
                                      .recompute = c->recompute,
                                      .groups = c->groups,
                                      .compute = c->compute};
  IG_TRY(ig_trainer_create_adapted(run->model, &options, run->adapter, &run->trainer, err));
  if (c->r_drop > 0 && !run->generates)
    return ig_fail(
        err, IG_ERROR_UNSUPPORTED,
        "%s: train.r_drop is built for models with a decoder, and %s is an encoder alone", c->path,
        c->init ? c->init : c->family->name);
  const ig_dropouts dropouts = ig_config_dropouts(&run->model->config);
  if (c->r_drop > 0 &&
      !(dropouts.sublayers > 0 || dropouts.attention > 0 || dropouts.activation > 0))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: train.r_drop compares two draws of dropout, and the model has none: set "
                   "model.dropout above 0, or leave r_drop out",
                   c->path);
  ig_trainer_set_r_drop(run->trainer, (float)c->r_drop);
  return c->ema > 0 ? ig_trainer_keep_average(run->trainer, c->ema, err) : IG_OK;
}

// The corpora must be loaded to know whether this is the same run, and the model before them where
// the configuration does not say its sizes.
static ig_status make_model_and_data(ig_run *run, ig_error *err) {
  ig_config wanted = {0};
  IG_TRY(ig_run_model_load(run, &wanted, err));
  IG_TRY(ig_run_groups_check(run, &wanted, err));
  IG_TRY(ig_run_adapter_check(run, err));
  IG_TRY(ig_run_teachers_load(run, err));
  IG_TRY(ig_run_data_load(run, wanted.positions.count, err));
  IG_TRY(ig_run_new_tokens_tell_unused(run, err));
  if (run->config.data.valid.count) ig_valid_metric_choose(run);
  IG_TRY(ig_identity_make(run, &wanted, &run->identity, err));
  if (run->valid.pairs) IG_TRY(ig_identity_make_comparison(run, &run->comparison, err));
  if (run->resumed) IG_TRY(ig_resume_read_state(run, err));
  IG_TRY(ig_run_model_finish(run, &wanted, err));
  IG_TRY(ig_run_adapter_make(run, err));
  IG_TRY(make_trainer(run, err));
  IG_TRY(ig_run_teachers_begin(run, err));
  return ig_batches_make(run, err);
}

static ig_status tell_compute(const ig_run *run, ig_error *err) {
  const ig_kernels *kernels;
  const char *compute = ig_train_config_other_compute(&run->config);
  if (!compute) return IG_OK;
  IG_TRY(ig_kernels_select(&kernels, err));
  if (ig_gemm_multiplies_bf16(kernels))
    ig_report(run->reporter, IG_LEVEL_INFO, "linear layers compute in %s", compute);
  else
    ig_report(
        run->reporter, IG_LEVEL_WARNING,
        "train.compute: this CPU has no instruction that multiplies %s (%s): products are the "
        "same as on one that has, but training is not faster than in float32",
        compute, kernels->name);
  return IG_OK;
}

// Nothing has been learned yet, so there is nothing to save.
static ig_status check_interrupted(const ig_run *run, ig_error *err) {
  const char *reason = NULL;
  bool interrupted = ig_interrupt_requested(run->interrupter);
  IG_TRY(ig_ranks_agree(run, &reason, &interrupted, err));
  if (!interrupted) return IG_OK;
  return ig_fail(err, IG_INTERRUPTED,
                 "interrupted before the first update; the same command starts again");
}

// Ranks that follow come when all that rank 0 makes for them is there.
static ig_status open_output(ig_run *run, ig_error *err) {
  if (run->follows) IG_TRY(ig_ranks_begin(run, err));
  if (run->follows && run->resumed) IG_TRY(ig_run_check_shared(run, run->latest, err));
  if (!run->follows) IG_TRY(ig_output_directory_open(run, err));
  if (!run->follows) IG_TRY(ig_resume_find_checkpoint(run, err));
  IG_TRY(ig_run_adapter_check_checkpoint(run, err));
  IG_TRY(ig_run_tokenizer_make(run, err));
  return run->follows ? IG_OK : ig_ranks_begin(run, err);
}

static ig_status set_up_run(ig_run *run, ig_error *err) {
  IG_TRY(ig_output_directory_name_paths(run, err));
  IG_TRY(ig_run_model_check(run, err));
  IG_TRY(ig_run_data_check(run, err));
  IG_TRY(open_output(run, err));
  IG_TRY(check_interrupted(run, err));
  IG_TRY(make_model_and_data(run, err));
  IG_TRY(check_interrupted(run, err));
  ig_report(run->reporter, IG_LEVEL_INFO, "model: %s, %zu parameters",
            ig_config_family(&run->model->config), ig_model_parameters(run->model));
  IG_TRY(tell_compute(run, err));
  ig_run_groups_tell(run);
  ig_run_adapter_tell(run);
  if (run->resumed) IG_TRY(ig_resume_trainer(run, err));
  IG_TRY(ig_ranks_check_same(run, err));
  if (run->follows) return IG_OK;
  IG_TRY(ig_metrics_truncate(run->metrics, &run->state, err));
  IG_TRY(ig_resume_changes_tell(run, err));
  // A directory that cannot hold a checkpoint is told now, and a run that is killed before its
  // first save leaves best/ and metrics.jsonl beside a checkpoint that knows whose they are.
  if (!run->resumed) IG_TRY(ig_checkpoint_save(run, run->latest, true, err));
  return ig_events_open(run, err);
}

ig_status ig_setup_dry_run(ig_run *run, ig_error *err) {
  IG_TRY(ig_output_directory_name_paths(run, err));
  IG_TRY(ig_run_model_check(run, err));
  IG_TRY(ig_run_data_check(run, err));
  IG_TRY(ig_output_directory_open(run, err));
  IG_TRY(ig_run_tokenizer_make(run, err));
  IG_TRY(check_interrupted(run, err));
  IG_TRY(make_model_and_data(run, err));
  return tell_compute(run, err);
}

ig_status ig_setup_run(ig_run *run, ig_error *err) {
  const ig_status status = set_up_run(run, err);
  if (status != IG_OK && !run->follows) ig_output_directory_remove_made(run);
  return status;
}
