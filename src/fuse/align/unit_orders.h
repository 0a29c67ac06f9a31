// The orders in which a model's units fit those of another, by the method of a recipe's `align`,
// and how well they fit.
#ifndef IG_FUSE_ALIGN_UNIT_ORDERS_H
#define IG_FUSE_ALIGN_UNIT_ORDERS_H
#include <jansson.h>
#include "fuse/align/symmetries.h"
#include "fuse/plan/fusion_plan.h"
#include "fuse/search/learning_data.h"
#include "kernel/kernels.h"

typedef struct ig_unit_orders_args {
  const ig_recipe_align *how;
  const ig_symmetries *symmetries;
  const ig_model *to;
  ig_model *from;                   // its values are put in order
  const char *to_name, *from_name;  // for messages
  ig_learning_data *data;           // of a method that takes data
  const ig_kernels *kernels;
  ig_pool *pool;
  const ig_reporter *reporter;  // told how well they fit
  const ig_interrupter *interrupter;
} ig_unit_orders_args;

// The symmetries that the recipe means: ig_symmetries_list, or with the stream of sinusoids.
ig_status ig_unit_orders_list(const ig_recipe_align *how, const ig_model *model, const char *where,
                              ig_symmetries *out, ig_error *err);
// Puts `from` in the orders that fit `to`, or softly in several at once. *found, new: what
// fusion.json tells of it.
ig_status ig_unit_orders_put(const ig_unit_orders_args *args, json_t **found, ig_error *err);
// Bytes of buffers besides the models' values, and, by activations, besides those of a batch.
ig_status ig_unit_orders_memory(const ig_recipe_align *how, const ig_symmetries *symmetries,
                                const ig_kernels *kernels, size_t *out, ig_error *err);
#endif
