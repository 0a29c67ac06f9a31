// Places in a text: where tokens come from.
#ifndef IG_TEXT_SOURCE_RANGES_H
#define IG_TEXT_SOURCE_RANGES_H
#include <stddef.h>
#include "ingot/core.h"

// Bytes of the source, the end excluded.
typedef struct ig_source_range {
  size_t begin, end;
} ig_source_range;
typedef struct ig_source_ranges {
  ig_source_range *list;
  size_t count, capacity;
} ig_source_ranges;  // start from {0}; ig_source_ranges_free
ig_status ig_source_ranges_append(ig_source_ranges *ranges, ig_source_range range, ig_error *err);
void ig_source_ranges_free(ig_source_ranges *ranges);  // leaves {0}
#endif
