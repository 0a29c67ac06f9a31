// What a run needs of an ig_trainer beyond the public interface: its state, for checkpoints, and
// memory in advance.
#ifndef IG_TRAIN_TRAINER_H
#define IG_TRAIN_TRAINER_H
#include "base/pool.h"
#include "data/batcher.h"
#include "ingot.h"
#include "nn/loss.h"
#include "train/adapter.h"
#include "train/parameter_groups.h"
#include "train/teaching.h"

// As ig_trainer_create, but what is trained is the adapter, which is borrowed: the model's weights
// follow it, and all that is not adapted stays as it is. options->groups must be empty.
ig_status ig_trainer_create_adapted(ig_model *model, const ig_trainer_options *options,
                                    ig_adapter *adapter, ig_trainer **out, ig_error *err);
// Keeps the average of the trained values from now on (train/weight_average.h). To be called once,
// before the first update or before what a checkpoint holds is restored.
ig_status ig_trainer_keep_average(ig_trainer *trainer, double decay, ig_error *err);
// Exchanges the trained values and their average: the model then is the averaged one, until the
// next call. Without an average it does nothing.
void ig_trainer_swap_average(ig_trainer *trainer);
// The average, or while they are exchanged the trained values; NULL: none is kept.
float *ig_trainer_average(ig_trainer *trainer);
// First and second moments, flat, in the order of the values that are trained: the model's, or the
// adapter's. Returns their length.
size_t ig_trainer_moments(ig_trainer *trainer, float **m, float **v);
// After the moments have been restored: how many updates they are of.
void ig_trainer_set_updates(ig_trainer *trainer, uint32_t updates);
// Memory for all batches of a run, before the first.
ig_status ig_trainer_reserve(ig_trainer *trainer, const ig_batch_bounds *most,
                             const ig_batch_bounds *expected, ig_error *err);
// As ig_trainer_accumulate, in sums over the counted targets.
ig_status ig_trainer_accumulate_sums(ig_trainer *trainer, const ig_batch *batch, double normalizer,
                                     ig_loss_sums *sums, ig_error *err);
// Leaves out a micro-batch that another rank accumulates: dropout counts its rows.
void ig_trainer_skip(ig_trainer *trainer, const ig_batch *batch);
// Teachers from the next batch on. Weights are divided by their sum (all 0: equal ones); who has
// the weight 0 is not run. Models are borrowed until the trainer is freed, for what was made to run
// one is kept; the arrays are not. May be called between any two batches, also of one update. After
// an error of the arguments nothing has changed.
ig_status ig_trainer_set_teaching(ig_trainer *trainer, const ig_teaching *teaching, ig_error *err);
// Whether the loss, from the next batch on, is the entropy of what the model says of each token
// (nn/entropy.h), in place of what references or teachers say. Of a model with a decoder.
void ig_trainer_set_entropy(ig_trainer *trainer, bool entropy);
// Whether the loss, from the next batch on, is that of R-Drop (nn/agreement.h), with this weight of
// the divergence; 0: it is not. Of a model with a decoder; batches then have no masks, and teachers
// and entropy are not asked. To be called before ig_trainer_reserve.
void ig_trainer_set_r_drop(ig_trainer *trainer, float weight);
// The loss of a batch in sums by the references alone, and how many masked tokens the model finds.
ig_status ig_trainer_score(ig_trainer *trainer, const ig_batch *batch, ig_loss_sums *sums,
                           ig_error *err);
// The loss that training has, of teachers or of the entropy too, without dropout and without a
// backward.
ig_status ig_trainer_score_taught(ig_trainer *trainer, const ig_batch *batch, ig_loss_sums *sums,
                                  ig_error *err);
// Targets of a batch that count: tokens to predict, or of a model with a head for spans sequences.
size_t ig_trainer_targets(const ig_trainer *trainer, const ig_batch *batch);
ig_pool *ig_trainer_pool(ig_trainer *trainer);                            // borrowed
const ig_parameter_groups *ig_trainer_groups(const ig_trainer *trainer);  // borrowed
// How many of the model's values stay as they are. With an adapter these are all.
size_t ig_trainer_frozen_values(const ig_trainer *trainer);
#endif
