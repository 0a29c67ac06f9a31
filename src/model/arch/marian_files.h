// Which files of a directory of Marian are what: the model, its decoder's settings, vocabularies.
#ifndef IG_MODEL_ARCH_MARIAN_FILES_H
#define IG_MODEL_ARCH_MARIAN_FILES_H
#include "io/yaml.h"

// Paths, for free(); NULL: there is no such file.
typedef struct ig_marian_files {
  char *model;          // model.npz, or model.bin
  char *shortlist;      // of words that the target may have
  ig_yaml *decoder;     // decoder.yml
  char *vocabulary[2];  // of source and target
  char *pieces[2];      // SentencePiece models of both, which may be the vocabularies
} ig_marian_files;

// model NULL: the directory has no model of Marian. ig_marian_files_free in any case.
ig_status ig_marian_files_find(const char *directory, ig_marian_files *out, ig_error *err);
void ig_marian_files_free(ig_marian_files *files);
#endif
