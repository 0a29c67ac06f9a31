// Models that other programs keep in forms of their own, as what a directory of transformers has.
// Tensors are read from the original file when they are asked for.
#ifndef IG_MODEL_ARCH_FOREIGN_H
#define IG_MODEL_ARCH_FOREIGN_H
#include <jansson.h>
#include "base/problems.h"
#include "io/safetensors.h"

typedef struct ig_foreign {
  ig_safetensors *tensors;  // by the names that a family has for them; NULL: there is no such model
  json_t *config;           // config.json
  json_t *files;            // an object: the other JSON files by their names, "vocab.json"
  json_t *copies;           // an object: files to copy, by their new names
  const char *lacks_text;   // what a tokenizer lacks, for messages; NULL: nothing
  ig_problems notes;        // what the model has and the directory will not
} ig_foreign;

// Opens the model if the directory has no config.json and holds one in such a form. What it asks
// for and no family has is IG_ERROR_UNSUPPORTED, by its name. ig_foreign_close in any case.
ig_status ig_foreign_open(const char *directory, ig_foreign *out, ig_error *err);
void ig_foreign_close(ig_foreign *model);
#endif
