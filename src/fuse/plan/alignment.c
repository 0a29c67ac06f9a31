#include "fuse/plan/alignment.h"

#include <stdlib.h>

void ig_alignment_free(ig_alignment *a) {
  if (!a) return;
  for (int side = 0; side < 2; side++) {
    for (size_t m = 0; a->side[side].row_of && m < a->models; m++) free(a->side[side].row_of[m]);
    free(a->side[side].row_of);
    free(a->side[side].rules);
  }
  ig_pieces_free(&a->output);
  json_decref(a->new_tokens);
  free(a->directory);
  free(a->new_id);
  free(a);
}
