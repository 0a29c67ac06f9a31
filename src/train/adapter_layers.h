// Which layers of a model an adapter is of.
#ifndef IG_TRAIN_ADAPTER_LAYERS_H
#define IG_TRAIN_ADAPTER_LAYERS_H
#include "train/adapter.h"

// Every linear layer but those of the head.
extern const char *const ig_adapter_layers_all;  // "all-linear"

// Whether the tensor is the weight of a linear layer, called NAME.weight.
bool ig_adapter_layers_is_linear(const ig_parameter *parameter);
// The length of NAME in NAME.weight.
int ig_adapter_layers_stem(const ig_parameter *parameter);
// The layers that target modules name, as PEFT finds them: a module's whole name or its end after a
// dot; or all-linear. *layers (*count) is malloc'ed, with parameters alone. A name that means no
// linear layer is IG_ERROR_ARGUMENT, and lists the ends of names that do.
ig_status ig_adapter_layers_choose(const ig_model *model, const char *const *targets,
                                   size_t target_count, ig_adapter_layer **layers, size_t *count,
                                   ig_error *err);
#endif
