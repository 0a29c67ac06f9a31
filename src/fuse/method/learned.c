// Sums whose coefficients are learned from held-out pairs: with a base, of differences from it, as
// task_arithmetic forms them; without one, of the models, as linear does with normalize: false.
#include "fuse/method/methods.h"

const ig_method ig_method_learned = {
    .name = "learned",
    .summary = "weighted sum whose weights are learned from held-out pairs",
    .base = IG_BASE_USE_OPTIONAL,
    .least_inputs = 1,
    .most_inputs = IG_METHOD_INPUTS,
    .learns = true};
