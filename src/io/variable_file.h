// Binary files of named variables, as CTranslate2 writes its models (model.bin): the name of a
// specification, variables one after another, and further names of some of them. All numbers are
// little-endian. Matrices that are quantised to 8 or 16 bits, row by row, are read as floats.
// Versions 2 to 6. Format: ctranslate2/specs/model_spec.py and src/models/model.cc.
#ifndef IG_IO_VARIABLE_FILE_H
#define IG_IO_VARIABLE_FILE_H
#include "base/file.h"
#include "io/safetensor.h"

typedef struct ig_variable_file ig_variable_file;  // ig_variable_file_close

// True if the file begins as one of this form does.
bool ig_variable_file_is(const ig_file *file, const char *path, ig_error *err);
// file and path must outlive *out. Another specification than that of a Transformer with encoder
// and decoder is IG_ERROR_UNSUPPORTED, by its name.
ig_status ig_variable_file_open(const ig_file *file, const char *path, ig_variable_file **out,
                                ig_error *err);
void ig_variable_file_close(ig_variable_file *file);  // NULL is fine
// Two names of one variable are two tensors that begin at the same byte.
size_t ig_variable_file_count(const ig_variable_file *file);
const ig_safetensor *ig_variable_file_get(const ig_variable_file *file, size_t index);
// That variables are read otherwise than they are stored; "": none is.
const char *ig_variable_file_note(const ig_variable_file *file);
#endif
