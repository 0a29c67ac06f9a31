// Are these options a Transformer that can be built?
#ifndef IG_MODEL_CONFIG_H
#define IG_MODEL_CONFIG_H
#include "ingot.h"
// All of them at once; the message names the option. where: a path, or what the options came from.
ig_status ig_config_check(const ig_config *config, const char *where, ig_error *err);
#endif
