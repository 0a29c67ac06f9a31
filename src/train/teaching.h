// What a trainer's model learns besides, or in place of, the references: the distributions that
// other models, its teachers, give of each next token (nn/soft_targets.h).
#ifndef IG_TRAIN_TEACHING_H
#define IG_TRAIN_TEACHING_H
#include "ingot.h"

typedef struct ig_teacher {
  // Has a decoder, and the trained model's target ids; source ids mean the same to both. Its
  // family, its sizes and the form of its weights (ig_load_packed) are its own.
  const ig_model *model;
  double weight;  // of its probabilities; from 0 on
} ig_teacher;

typedef struct ig_teaching {
  const ig_teacher *teachers;  // (count)
  size_t count;                // 0: the references alone
  double share;                // of the teachers in the loss, 0 to 1; the rest is the references'
  double temperature;          // that both sides' logits are divided by; above 0
  int top_k;                   // a distribution is that of its k most likely tokens; 0: of all
} ig_teaching;

// From the next batch on. Weights are divided by their sum (all 0: equal ones); who has the weight
// 0 is not run. Models are borrowed until the trainer is freed, for what was made to run one is
// kept; the arrays are not. May be called between any two batches, also of one update. After an
// error of the arguments nothing has changed.
ig_status ig_trainer_set_teaching(ig_trainer *trainer, const ig_teaching *teaching, ig_error *err);
#endif
