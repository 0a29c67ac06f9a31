// What a run needs of an ig_trainer beyond the public interface: its state, for checkpoints, and
// memory in advance.
#ifndef IG_TRAIN_TRAINER_H
#define IG_TRAIN_TRAINER_H
#include "base/pool.h"
#include "data/batcher.h"
#include "ingot.h"
#include "nn/loss.h"
#include "train/parameter_groups.h"
#include "train/teaching.h"

// First and second moments, flat, in the order of the model's trained values; returns their length.
size_t ig_trainer_moments(ig_trainer *trainer, float **m, float **v);
// After the moments have been restored: how many updates they are of.
void ig_trainer_set_updates(ig_trainer *trainer, uint32_t updates);
// Memory for all batches of a run, before the first.
ig_status ig_trainer_reserve(ig_trainer *trainer, const ig_batch_bounds *most,
                             const ig_batch_bounds *expected, ig_error *err);
// As ig_trainer_accumulate, in sums over the counted targets.
ig_status ig_trainer_accumulate_sums(ig_trainer *trainer, const ig_batch *batch, double normalizer,
                                     ig_loss_sums *sums, ig_error *err);
// Teachers from the next batch on. Weights are divided by their sum (all 0: equal ones); who has
// the weight 0 is not run. Models are borrowed until the trainer is freed, for what was made to run
// one is kept; the arrays are not. May be called between any two batches, also of one update. After
// an error of the arguments nothing has changed.
ig_status ig_trainer_set_teaching(ig_trainer *trainer, const ig_teaching *teaching, ig_error *err);
// The loss of a batch in sums by the references alone, and how many masked tokens the model finds.
ig_status ig_trainer_score(ig_trainer *trainer, const ig_batch *batch, ig_loss_sums *sums,
                           ig_error *err);
// The loss that training has, teachers included, without dropout and without a backward.
ig_status ig_trainer_score_taught(ig_trainer *trainer, const ig_batch *batch, ig_loss_sums *sums,
                                  ig_error *err);
// Targets of a batch that count: tokens to predict, or of a model with a head for spans sequences.
size_t ig_trainer_targets(const ig_trainer *trainer, const ig_batch *batch);
ig_pool *ig_trainer_pool(ig_trainer *trainer);                            // borrowed
const ig_parameter_groups *ig_trainer_groups(const ig_trainer *trainer);  // borrowed
#endif
