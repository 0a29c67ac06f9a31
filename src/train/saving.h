// When a run saves its state: with each new best/, every save_every updates, every save_minutes,
// and at its end. The first checkpoint, of update 0, is written by the set-up: a run that is killed
// at any moment leaves a latest/ to go on from.
#ifndef IG_TRAIN_SAVING_H
#define IG_TRAIN_SAVING_H
#include "train/training_loop.h"

// Whether the loss runs away: such a checkpoint must not replace one from before.
bool ig_saving_is_held_back(const ig_training_loop *loop);
// Writes latest/, unless it holds this state already.
ig_status ig_saving_write_latest(ig_training_loop *loop, ig_error *err);
// After an update and its validation: the checkpoint of save_every with its kept copy; or latest/
// alone, where best/ is new or save_minutes are over. While the loss is too high the last good
// checkpoint stays, and the save that was left out comes when the loss has come down.
ig_status ig_saving_after_update(ig_training_loop *loop, ig_error *err);
// Before a validation, which may take long: saves if save_minutes will be over before it ends. The
// state says that the validation is due: a run that is killed within it makes up for it.
ig_status ig_saving_before_validation(ig_training_loop *loop, ig_error *err);
#endif
