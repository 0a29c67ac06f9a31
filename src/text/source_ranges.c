#include "text/source_ranges.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

ig_status ig_source_ranges_append(ig_source_ranges *ranges, ig_source_range range, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&ranges->list, &ranges->capacity, ranges->count + 1,
                          sizeof *ranges->list, err));
  ranges->list[ranges->count++] = range;
  return IG_OK;
}

void ig_source_ranges_free(ig_source_ranges *ranges) {
  free(ranges->list);
  *ranges = (ig_source_ranges){0};
}
