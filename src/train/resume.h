// Going on from a checkpoint in the output directory.
#ifndef IG_TRAIN_RESUME_H
#define IG_TRAIN_RESUME_H
#include "train/run.h"

// Sets run->resumed: whether there is a checkpoint to go on from. What an interrupted save has left
// is put in order first.
ig_status ig_resume_find_checkpoint(ig_run *run, ig_error *err);
// Reads run->state, after checking that the checkpoint belongs to the same run (run->identity).
ig_status ig_resume_read_state(ig_run *run, ig_error *err);
// Puts the trainer where the checkpoint was.
ig_status ig_resume_trainer(ig_run *run, ig_error *err);
#endif
