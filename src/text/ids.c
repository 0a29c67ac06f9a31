#include "text/ids.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

ig_status ig_ids_append(ig_ids *list, int id, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&list->ids, &list->capacity, list->count + 1, sizeof *list->ids,
                          err));
  list->ids[list->count++] = id;
  return IG_OK;
}

void ig_ids_free(ig_ids *list) {
  free(list->ids);
  *list = (ig_ids){0};
}
