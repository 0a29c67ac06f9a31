// Files that torch.save wrote: zip archives, and the form that came before them. They are read as
// data (io/pickle.h): tensors and plain containers, and nothing is run.
#ifndef IG_IO_TORCH_FILE_H
#define IG_IO_TORCH_FILE_H
#include "base/file.h"
#include "io/safetensor.h"

typedef struct ig_torch_file ig_torch_file;  // ig_torch_file_close

// True if the file begins as one of the two forms does.
bool ig_torch_file_is(const ig_file *file, const char *path, ig_error *err);
// file and path must outlive *out.
ig_status ig_torch_file_open(const ig_file *file, const char *path, ig_torch_file **out,
                             ig_error *err);
void ig_torch_file_close(ig_torch_file *file);  // NULL is fine
size_t ig_torch_file_count(const ig_torch_file *file);
const ig_safetensor *ig_torch_file_get(const ig_torch_file *file, size_t index);
// What of the file is read and what is left out; "" if nothing is.
const char *ig_torch_file_note(const ig_torch_file *file);
#endif
