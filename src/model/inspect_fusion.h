// The part of ig_inspect's report that tells what a fused model was made from: fusion.json, as it
// stands there. src/fuse/record/provenance.c writes it.
#ifndef IG_MODEL_INSPECT_FUSION_H
#define IG_MODEL_INSPECT_FUSION_H
#include <jansson.h>
#include <stdio.h>
#include "ingot/core.h"

// *out: a new reference; NULL: the model was not fused.
ig_status ig_inspect_load_fusion(const char *directory, json_t **out, ig_error *err);
void ig_inspect_print_fusion(FILE *out, const json_t *fusion);  // NULL: nothing
#endif
