// Learning rate as a function of the update's number.
#ifndef IG_TRAIN_SCHEDULE_H
#define IG_TRAIN_SCHEDULE_H
#include "ingot/core.h"

typedef enum ig_schedule_kind {
  IG_SCHEDULE_CONSTANT,
  IG_SCHEDULE_INVERSE_SQRT,
  IG_SCHEDULE_LINEAR,
  IG_SCHEDULE_COSINE
} ig_schedule_kind;

typedef struct ig_schedule {
  ig_schedule_kind kind;
  double learning_rate;        // at the end of the warm-up: the peak
  double warmup_initial_rate;  // where the warm-up starts (fairseq's --warmup-init-lr)
  double minimum_rate;         // floor after the warm-up
  int warmup;                  // updates
  int updates;                 // of the whole run: linear and cosine end there
} ig_schedule;

// update counts from 1.
double ig_schedule_rate(const ig_schedule *schedule, int update);
bool ig_schedule_parse(const char *name, ig_schedule_kind *out);  // "inverse_sqrt"
const char *ig_schedule_name(ig_schedule_kind kind);
#endif
