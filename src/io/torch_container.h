// The two forms of torch.save: where the pickle and the bytes of its storages are.
// Form: torch/serialization.py, _save and _legacy_save.
#ifndef IG_IO_TORCH_CONTAINER_H
#define IG_IO_TORCH_CONTAINER_H
#include "io/torch_storage.h"

// An opened container. Its pickle is read, and each storage has its place.
typedef struct ig_torch_container {
  const ig_file *file;
  const char *path;
  ig_zip zip;
  unsigned char *bytes;  // of the pickle
  ig_pickle pickle;
  ig_torch_storages storages;
  bool is_big_endian;
} ig_torch_container;

typedef enum ig_torch_form {
  IG_TORCH_FORM_NONE,
  IG_TORCH_FORM_ZIP,
  IG_TORCH_FORM_LEGACY,
} ig_torch_form;
ig_status ig_torch_container_form(const ig_file *file, const char *path, ig_torch_form *out,
                                  ig_error *err);
// ig_torch_container_close also after an error.
ig_status ig_torch_container_open_zip(ig_torch_container *c, ig_error *err);
ig_status ig_torch_container_open_legacy(ig_torch_container *c, ig_error *err);
void ig_torch_container_close(ig_torch_container *c);
#endif
