// The diagonal of a model's Fisher information on pairs of sentences, or on windows of questions:
// of each trained value the mean, over the pairs, of the squared derivative of the target's
// log-probability   (Matena & Raffel 2022, eq. 3):
//   F = mean over pairs (x, y) of (d log p(y | x) / d theta)^2,   log p(y | x) a sum over tokens,
//   of an encoder over where the answer begins and where it ends
// With labels of the model each token of y is drawn from p(. | x, the reference's tokens before it)
// in place of the reference's, and beginning and end from those of all rows: once for each pair,
// whichever others there are.
#ifndef IG_FUSE_SEARCH_FISHER_INFORMATION_H
#define IG_FUSE_SEARCH_FISHER_INFORMATION_H
#include "fuse/recipe/statistics_request.h"
#include "fuse/search/learning_data.h"
#include "ingot.h"

typedef struct ig_fisher_information_args {
  ig_model *model;  // without dropout
  ig_statistics_labels labels;
  uint64_t seed;           // of labels that are drawn
  ig_learning_data *data;  // its sets have one pair a batch
  const char *name;        // of the model, for messages
  int threads;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_fisher_information_args;

// out (trained values of the model), in their order; of several sets the mean by their shares. The
// same bits for any number of threads. The model's gradients are overwritten.
ig_status ig_fisher_information_measure(const ig_fisher_information_args *args, double *out,
                                        ig_error *err);
#endif
