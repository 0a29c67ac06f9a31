// Which tensors of a model directory inference in int8 packs as int8.
#ifndef IG_OPTIMIZE_INT8_TENSORS_H
#define IG_OPTIMIZE_INT8_TENSORS_H
#include "convert/conversion.h"

typedef struct ig_int8_tensors {
  size_t count;  // of the model's tensors
  bool *chosen;  // (count): inference packs it so
  bool *table;   // (count): it is a table of embeddings too
  // Names of the modules that have a table for their weight, which the file does not name.
  json_t *sharers;
} ig_int8_tensors;

// A model that Ingot cannot run is an error. ig_int8_tensors_free in any case; start from {0}.
ig_status ig_int8_tensors_choose(const ig_conversion_source *source, ig_int8_tensors *out,
                                 ig_error *err);
void ig_int8_tensors_free(ig_int8_tensors *tensors);
#endif
