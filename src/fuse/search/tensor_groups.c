#include "fuse/search/tensor_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { NAME_SIZE = 256 };

static const char *part_of(const ig_tensor_place *place) {
  if (place->head) return "head";
  if (place->embeddings) return "embeddings";
  if (place->cross_attention) return "cross_attention";
  if (place->stack == IG_TENSOR_STACK_ENCODER) return "encoder";
  return place->stack == IG_TENSOR_STACK_DECODER ? "decoder" : "model";
}

static const char *stack_of(const ig_tensor_place *place) {
  if (place->stack == IG_TENSOR_STACK_ENCODER) return "encoder.";
  return place->stack == IG_TENSOR_STACK_DECODER ? "decoder." : "";
}

static void name_group(const ig_plan_tensor *tensor, ig_learning_granularity granularity,
                       char name[NAME_SIZE]) {
  const ig_tensor_place place = ig_tensor_place_of(tensor->name);
  if (granularity == IG_LEARNING_GRANULARITY_TENSOR || granularity == IG_LEARNING_GRANULARITY_ROW)
    snprintf(name, NAME_SIZE, "%s", tensor->name);
  else if (granularity == IG_LEARNING_GRANULARITY_LAYER && place.layer >= 0)
    snprintf(name, NAME_SIZE, "%slayers.%d", stack_of(&place), place.layer);
  else if (granularity == IG_LEARNING_GRANULARITY_MODEL)
    snprintf(name, NAME_SIZE, "model");
  else
    snprintf(name, NAME_SIZE, "%s", part_of(&place));
}

// rows: of a group that is new.
static ig_status find_group(ig_tensor_groups *groups, const char *name, size_t rows, size_t *out,
                            ig_error *err) {
  for (*out = 0; *out < groups->count; ++*out)
    if (strcmp(groups->items[*out].name, name) == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&groups->items, &groups->capacity, groups->count + 1,
                          sizeof *groups->items, err));
  ig_tensor_group *g = &groups->items[groups->count];
  *g = (ig_tensor_group){.name = ig_allocate_copy(name, strlen(name), err),
                         .first = groups->coefficients,
                         .rows = rows};
  if (!g->name) return IG_ERROR_MEMORY;
  groups->coefficients += rows;
  groups->count++;
  return IG_OK;
}

ig_status ig_tensor_groups_make(const ig_fusion_plan *plan, ig_tensor_is_learned *is_learned,
                                const void *context, ig_tensor_groups *out, ig_error *err) {
  *out = (ig_tensor_groups){0};
  out->of_tensor = ig_allocate(plan->count, sizeof *out->of_tensor, err);
  if (!out->of_tensor) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    char name[NAME_SIZE];
    out->of_tensor[i] = SIZE_MAX;
    if (!is_learned(context, &plan->tensors[i])) continue;
    const ig_learning_granularity granularity = plan->recipe->learning->granularity;
    const bool by_row = granularity == IG_LEARNING_GRANULARITY_ROW;
    name_group(&plan->tensors[i], granularity, name);
    IG_TRY(find_group(out, name, by_row ? ig_fusion_plan_rows(&plan->tensors[i]) : 1,
                      &out->of_tensor[i], err));
  }
  return IG_OK;
}

void ig_tensor_groups_free(ig_tensor_groups *groups) {
  for (size_t i = 0; i < groups->count; i++) free(groups->items[i].name);
  free(groups->items);
  free(groups->of_tensor);
  *groups = (ig_tensor_groups){0};
}
