// The files that make a Hugging Face model directory: the one list of them. A family that brings a
// file of its own (a tokenizer's, as a rule) adds a row to the table in model_directory.c; what
// fusion copies, records and compares and what training replaces follow from the row's roles.
#ifndef IG_IO_MODEL_DIRECTORY_H
#define IG_IO_MODEL_DIRECTORY_H
#include <stddef.h>
#include "ingot/core.h"

// What a file is for; a file can have several roles.
typedef enum ig_model_directory_role {
  IG_MODEL_DIRECTORY_ROLE_CONFIG = 1 << 0,      // config.json: what the model is
  IG_MODEL_DIRECTORY_ROLE_GENERATION = 1 << 1,  // how it is to be decoded
  IG_MODEL_DIRECTORY_ROLE_WEIGHTS = 1 << 2,     // when they are in one file, not in shards
  IG_MODEL_DIRECTORY_ROLE_TOKENIZER = 1 << 3,   // goes along wherever the tokenizer goes
  // Tells the tokenizer's kind.
  IG_MODEL_DIRECTORY_ROLE_KIND = 1 << 4,
  // Tells which piece each row of an embedding belongs to: rows are matched by it.
  IG_MODEL_DIRECTORY_ROLE_PIECES = 1 << 5,
  IG_MODEL_DIRECTORY_ROLE_WRITTEN = 1 << 6,  // Ingot itself writes it when it saves a model
} ig_model_directory_role;

// IG_ERROR_UNSUPPORTED, with advice, if the directory has what another program wrote (NAME.npz,
// model*.bin) in place of weights that transformers reads.
ig_status ig_model_directory_refuse_archive(const char *directory, ig_error *err);

// The name of the next file that has one of the roles (a sum of ig_model_directory_role), in the
// table's order; NULL at the end. *at is 0 at first.
const char *ig_model_directory_next(unsigned roles, size_t *at);
#endif
