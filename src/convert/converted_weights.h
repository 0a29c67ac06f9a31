// Writes all tensors of a model as safetensors files.
#ifndef IG_CONVERT_CONVERTED_WEIGHTS_H
#define IG_CONVERT_CONVERTED_WEIGHTS_H
#include "convert/new_directory.h"
#include "fuse/input/fuse_models.h"
#include "ingot.h"
#include "model/arch/foreign.h"

// Which tensors become int8: I8 of the same name and shape by the recipe of kernel/int8.h, row by
// row, and NAME_scale of F32 (rows, 1).
typedef struct ig_converted_int8 {
  bool (*is_chosen)(const void *context, const char *tensor);
  const void *context;
} ig_converted_int8;

typedef struct ig_converted_weights {
  const ig_fuse_model *model;
  const ig_dtype *type;           // of floating-point tensors; NULL: the one that each has
  const ig_converted_int8 *int8;  // NULL: none
  bool keeps_int8;                // tensors that are int8 with scales stay so; false: become floats
  const ig_convert_options *options;
} ig_converted_weights;

// A stored copy of a tensor that it is tied to is not written, which is told. A value that is too
// large for the type is IG_ERROR_FORMAT.
ig_status ig_converted_weights_write(const ig_converted_weights *w, ig_new_directory *to,
                                     ig_error *err);
#endif
