#include "model/arch/tensor_changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_status make_room(ig_tensor_changes *c, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&c->items, &c->capacity, c->count + 1, sizeof *c->items, err));
  return ig_allocate_more((void **)&c->names, &c->names_capacity, c->count + 1, sizeof *c->names,
                          err);
}

ig_status ig_tensor_changes_add(ig_tensor_changes *c, ig_safetensors_change change,
                                const char *theirs, const char *ours, ig_error *err) {
  const ig_status status = make_room(c, err);
  if (status != IG_OK) {
    free(change.values);
    return status;
  }
  snprintf(c->names[c->count][0], IG_TENSOR_CHANGES_NAME, "%s", theirs ? theirs : "");
  snprintf(c->names[c->count][1], IG_TENSOR_CHANGES_NAME, "%s", ours);
  c->items[c->count++] = change;
  return IG_OK;
}

bool ig_tensor_changes_reads(const ig_tensor_changes *c, const char *theirs) {
  for (size_t i = 0; i < c->count; i++)
    if (strcmp(c->names[i][0], theirs) == 0) return true;
  return false;
}

ig_status ig_tensor_changes_apply(ig_tensor_changes *c, ig_safetensors *file, ig_error *err) {
  for (size_t i = 0; i < c->count; i++) {
    if (!c->items[i].values) c->items[i].from = c->names[i][0];
    c->items[i].name = c->names[i][1];
  }
  const ig_status status = ig_safetensors_change_all(file, c->items, c->count, err);
  c->count = 0;  // values are the file's now
  return status;
}

void ig_tensor_changes_free(ig_tensor_changes *c) {
  for (size_t i = 0; i < c->count; i++) free(c->items[i].values);
  free(c->items);
  free(c->names);
  *c = (ig_tensor_changes){0};
}
