// Binary files of named items, as Marian writes its models (marian-dev, src/common/binary.cpp): a
// header of each item, names, shapes, and values at multiples of 256. All numbers are
// little-endian. Floats, plain integers and matrices that are quantised for products of integers
// (intgemm8, intgemm16) are read, these as floats; what is packed for one kind of processor is
// refused by its name.
#ifndef IG_IO_ITEM_FILE_H
#define IG_IO_ITEM_FILE_H
#include "base/file.h"
#include "io/safetensor.h"

typedef struct ig_item_file ig_item_file;  // ig_item_file_close

// True if the file begins as one of this form does.
bool ig_item_file_is(const ig_file *file, const char *path, ig_error *err);
// file and path must outlive *out.
ig_status ig_item_file_open(const ig_file *file, const char *path, ig_item_file **out,
                            ig_error *err);
void ig_item_file_close(ig_item_file *file);  // NULL is fine
size_t ig_item_file_count(const ig_item_file *file);
const ig_safetensor *ig_item_file_get(const ig_item_file *file, size_t index);
// That items are read otherwise than they are stored; "": none is.
const char *ig_item_file_note(const ig_item_file *file);
#endif
