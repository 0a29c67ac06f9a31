// Prints fusion.json in a few lines, the part of ig_inspect's report that tells what a fused model
// was made from. fuse/record/provenance.h writes that file.
#ifndef IG_FUSE_RECORD_FUSION_NOTE_H
#define IG_FUSE_RECORD_FUSION_NOTE_H
#include <jansson.h>
#include <stdio.h>

#include "ingot/core.h"

// Loads the fusion.json of a model directory. *out is a new reference, or NULL if the model was not
// fused.
ig_status ig_fusion_note_load(const char *directory, json_t **out, ig_error *err);
void ig_fusion_note_print(FILE *out, const json_t *fusion);  // NULL: prints nothing
#endif
