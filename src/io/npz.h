// Archives of arrays, as numpy.savez and Marian write them: a zip file with a member NAME.npy for
// each array. Formats: numpy/lib/format.py, versions 1 to 3. Arrays of Python objects are refused.
#ifndef IG_IO_NPZ_H
#define IG_IO_NPZ_H
#include "base/file.h"
#include "io/safetensor.h"

typedef struct ig_npz ig_npz;  // ig_npz_close

// file and path must outlive *out.
ig_status ig_npz_open(const ig_file *file, const char *path, ig_npz **out, ig_error *err);
void ig_npz_close(ig_npz *npz);  // NULL is fine
// The arrays by their names without ".npy".
size_t ig_npz_count(const ig_npz *npz);
const ig_safetensor *ig_npz_get(const ig_npz *npz, size_t index);
#endif
