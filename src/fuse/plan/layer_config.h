// Numbers of layers, and lists with an entry for each layer, in the config.json of the output. They
// follow the layers that the plan has. The keys are those that the donor's config.json has: none is
// added.
#ifndef IG_FUSE_PLAN_LAYER_CONFIG_H
#define IG_FUSE_PLAN_LAYER_CONFIG_H
#include <jansson.h>

#include "fuse/plan/fusion_plan.h"

// Lists the stacks whose number of layers differs from the donor's, besides those of slices. Adds a
// problem if config.json tells other numbers of layers than the donor has, or no entry for a layer;
// a note if it tells none, or has keys that count layers and cannot follow.
ig_status ig_layer_config_check(ig_fusion_plan *plan, ig_error *err);
// Whether a key of this name tells a number of layers.
bool ig_layer_config_is_count(const char *key);
// Changes a copy of the donor's configuration. false: out of memory.
bool ig_layer_config_set(const ig_fusion_plan *plan, json_t *config);
#endif
