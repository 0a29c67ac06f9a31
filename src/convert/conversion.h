// Writing a model directory again, which ig_convert and ig_optimize do: its weights as safetensors,
// its configuration, and the files that go along.
#ifndef IG_CONVERT_CONVERSION_H
#define IG_CONVERT_CONVERSION_H
#include <jansson.h>
#include "convert/converted_weights.h"

// The file of an optimized directory that says what it was made from.
#define IG_CONVERSION_RECORD "optimization.json"

// A file that the output gets besides what is written of the model.
typedef struct ig_conversion_file {
  const char *name;  // the model's own of this name does not go along
  ig_status (*write)(const void *context, const char *path, ig_error *err);
  const void *context;
} ig_conversion_file;

typedef struct ig_conversion {
  const char *directory, *output;
  const ig_convert_options *options;
  const ig_converted_int8 *int8;  // NULL: no tensor becomes int8
  bool keeps_int8;                // weights that are int8 stay so, and config.json as it is
  // quantization_config of the new config.json, which then has no other; NULL: none
  const json_t *quantization;
  const json_t *record;             // what optimization.json says; NULL: there is none
  const ig_conversion_file *added;  // (added_count)
  size_t added_count;
} ig_conversion;

// As ig_convert.
ig_status ig_conversion_run(const ig_conversion *conversion, ig_error *err);

// What can be known to be wrong about an output before the model is opened.
ig_status ig_conversion_check_output(const char *output, ig_error *err);

// The model that a name means, opened to be written again.
typedef struct ig_conversion_source {
  char *directory;
  ig_foreign foreign;  // a model of another program, or
  ig_fuse_models models;
  ig_fuse_model made_of_foreign;
  const ig_fuse_model *model;
} ig_conversion_source;
// ig_conversion_close in any case; start from {0}. An adapter is refused.
ig_status ig_conversion_open(const char *name, ig_conversion_source *out, ig_error *err);
void ig_conversion_close(ig_conversion_source *source);
#endif
