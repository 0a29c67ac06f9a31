#include "io/lora.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "ingot.h"

struct ig_lora_adapters {
  ig_lora_adapter **items;
  size_t count, capacity;
  ig_lora_changes changes;
  ig_lora *of_weight;  // (weights): those of each weight
  size_t weights;
};

// ---- opening ----------------------------------------------------------------

static ig_status open_next(ig_lora_adapters *adapters, const char **names, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&adapters->items, &adapters->capacity, adapters->count + 1,
                          sizeof *adapters->items, err));
  char *directory;
  IG_TRY(ig_model_name_find(*names, &directory, names, err));
  const ig_status status = ig_lora_adapter_open(directory, &adapters->items[adapters->count], err);
  free(directory);
  adapters->count += status == IG_OK;
  return status;
}

ig_status ig_lora_open(const char *names, ig_lora_adapters **out, ig_error *err) {
  ig_lora_adapters *adapters = *out = ig_allocate(1, sizeof *adapters, err);
  ig_status status = adapters ? IG_OK : IG_ERROR_MEMORY;
  while (status == IG_OK && names) status = open_next(adapters, &names, err);
  if (status == IG_OK) return IG_OK;
  ig_lora_close(adapters);
  *out = NULL;
  return status;
}

void ig_lora_close(ig_lora_adapters *adapters) {
  if (!adapters) return;
  for (size_t i = 0; i < adapters->count; i++) ig_lora_adapter_close(adapters->items[i]);
  free(adapters->items);
  ig_lora_change_free_all(&adapters->changes);
  free(adapters->of_weight);
  free(adapters);
}

size_t ig_lora_adapter_count(const ig_lora_adapters *adapters) {
  return adapters ? adapters->count : 0;
}

const ig_lora_adapter *ig_lora_adapter_at(const ig_lora_adapters *adapters, size_t index) {
  return adapters->items[index];
}

// ---- weights ----------------------------------------------------------------

// Brings the changes of each weight together, in their order: those of one adapter are of different
// weights.
static void group(ig_lora_changes *changes) {
  for (size_t i = 1; i < changes->count; i++) {
    const ig_lora_change moved = changes->items[i];
    size_t to = i;
    while (to > 0 && changes->items[to - 1].weight != moved.weight) to--;
    if (to == 0) continue;
    memmove(&changes->items[to + 1], &changes->items[to], (i - to) * sizeof moved);
    changes->items[to] = moved;
  }
}

static ig_status list_weights(ig_lora_adapters *adapters, ig_error *err) {
  const ig_lora_changes *changes = &adapters->changes;
  adapters->of_weight = ig_allocate(changes->count, sizeof *adapters->of_weight, err);
  if (!adapters->of_weight) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < changes->count; i++) {
    const bool is_new = i == 0 || changes->items[i].weight != changes->items[i - 1].weight;
    if (is_new) adapters->of_weight[adapters->weights++] = (ig_lora){.changes = &changes->items[i]};
    adapters->of_weight[adapters->weights - 1].count++;
  }
  return IG_OK;
}

ig_status ig_lora_attach(ig_lora_adapters *adapters, const ig_safetensors *model,
                         const ig_lora_layout *layout, ig_error *err) {
  for (size_t i = 0; i < adapters->count; i++)
    IG_TRY(ig_lora_adapter_attach(adapters->items[i], model, layout, &adapters->changes, err));
  group(&adapters->changes);
  return list_weights(adapters, err);
}

ig_status ig_lora_note(const ig_lora_adapters *adapters, ig_problems *notes, ig_error *err) {
  for (size_t i = 0; i < ig_lora_adapter_count(adapters); i++)
    IG_TRY(ig_lora_adapter_note(adapters->items[i], notes, err));
  return IG_OK;
}

ig_lora ig_lora_find(const ig_lora_adapters *adapters, const ig_safetensor *weight) {
  for (size_t i = 0; adapters && i < adapters->weights; i++)
    if (adapters->of_weight[i].changes->weight == weight) return adapters->of_weight[i];
  return (ig_lora){0};
}

size_t ig_lora_count(const ig_lora_adapters *adapters) { return adapters->weights; }
const ig_safetensor *ig_lora_weight(const ig_lora_adapters *adapters, size_t index) {
  return adapters->of_weight[index].changes->weight;
}

// ---- values -----------------------------------------------------------------

size_t ig_lora_scratch(const ig_lora *lora, size_t count) {
  size_t most = 0;
  for (size_t i = 0; i < lora->count; i++) {
    const size_t needed = ig_lora_change_scratch(&lora->changes[i], count);
    if (needed > most) most = needed;
  }
  return most;
}

ig_status ig_lora_apply(const ig_lora *lora, size_t first, size_t count, float *x, float *scratch,
                        ig_error *err) {
  for (size_t i = 0; i < lora->count; i++)
    IG_TRY(ig_lora_change_apply(&lora->changes[i], first, count, x, scratch, err));
  return IG_OK;
}
