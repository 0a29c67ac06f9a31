// The config.json of the model that a plan makes.
#ifndef IG_FUSE_PLAN_OUTPUT_CONFIG_H
#define IG_FUSE_PLAN_OUTPUT_CONFIG_H
#include <jansson.h>

#include "fuse/plan/fusion_plan.h"

// The donor's config.json with the output's numbers of layers, dtype and vocabulary: a new
// reference. NULL: out of memory.
json_t *ig_output_config_make(const ig_fusion_plan *plan);
#endif
