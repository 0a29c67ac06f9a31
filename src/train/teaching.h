// What a trainer's model learns besides, or in place of, the references: the distributions that
// other models, its teachers, give of each next token (nn/soft_targets.h), or encoders of where an
// answer begins and ends (model/head/span.c).
#ifndef IG_TRAIN_TEACHING_H
#define IG_TRAIN_TEACHING_H
#include "ingot.h"

typedef struct ig_teacher {
  // Has a decoder, or as the trained model a head for spans, and that one's target ids; source ids,
  // and of encoders windows, mean the same to both. Its
  // family, its sizes and the form of its weights (ig_load_packed) are its own.
  const ig_model *model;
  double weight;  // of its probabilities; from 0 on
} ig_teacher;

typedef struct ig_teaching {
  const ig_teacher *teachers;  // (count)
  size_t count;                // 0: the references alone
  double share;                // of the teachers in the loss, 0 to 1; the rest is the references'
  double temperature;          // that both sides' logits are divided by; above 0
  int top_k;                   // a distribution is that of its k most likely tokens; 0: of all,
                               // and always so for encoders
} ig_teaching;
#endif
