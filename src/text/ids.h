// A growable list of token ids.
#ifndef IG_TEXT_IDS_H
#define IG_TEXT_IDS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_ids {
  int *ids;
  size_t count, capacity;
} ig_ids;  // start from {0}; ig_ids_free
ig_status ig_ids_append(ig_ids *list, int id, ig_error *err);
void ig_ids_free(ig_ids *list);  // leaves {0}
#endif
