// What the files of an optimized directory say of it.
#ifndef IG_OPTIMIZE_OPTIMIZE_RECORD_H
#define IG_OPTIMIZE_OPTIMIZE_RECORD_H
#include <jansson.h>
#include "fuse/input/fuse_models.h"
#include "ingot_optimize.h"

// quantization_config of config.json, as the library compressed-tensors names its parts: int8 with
// a scale for each output, activations quantised as they come. ignore: an array of the modules that
// stay floats, borrowed. NULL: out of memory.
json_t *ig_optimize_record_quantization(const json_t *ignore);

// What the directory was made from, as new references. Of the weights: the type (NULL: they are as
// they were), and the files that were read, with their hashes.
ig_status ig_optimize_record_make(const ig_fuse_model *model, const char *type, json_t **out,
                                  ig_error *err);
// Adds how the shortlist was made: its numbers, and the files of its corpus, with their hashes.
ig_status ig_optimize_record_add_shortlist(json_t *record, const ig_shortlist_options *options,
                                           const ig_shortlist_made *made, ig_error *err);
// Adds what the record of the directory that was read says of its shortlist, which goes along.
ig_status ig_optimize_record_keep_shortlist(json_t *record, const char *directory, ig_error *err);
#endif
