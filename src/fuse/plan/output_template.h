// The chat template of the output, where the recipe asks for one.
#ifndef IG_FUSE_PLAN_OUTPUT_TEMPLATE_H
#define IG_FUSE_PLAN_OUTPUT_TEMPLATE_H
#include "fuse/plan/fusion_plan.h"

// Sets plan->chat_template as the recipe's chat_template says: a text, the content of a file, or,
// for `auto`, the template that most of the models have, of equally many the first in the recipe's
// order. Anything else is a problem; `auto` among models without templates is a note.
ig_status ig_output_template_choose(ig_fusion_plan *plan, ig_error *err);
#endif
