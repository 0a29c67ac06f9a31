// The files of a model's directory besides config.json and weights, which go along with its
// configuration: tokenizers, templates, processors, custom code, and files of folders such as
// 1_Pooling. Every other file is listed with the reason why it is left out.
#ifndef IG_FUSE_INPUT_DONOR_FILES_H
#define IG_FUSE_INPUT_DONOR_FILES_H
#include "base/problems.h"
#include "io/safetensors.h"

typedef struct ig_donor_file {
  char *name;            // "vocab.txt", "1_Pooling/config.json"
  const char *left_out;  // why it does not go along; NULL: it goes along
} ig_donor_file;

typedef struct ig_donor_files {
  ig_donor_file *items;  // sorted by name
  size_t count, capacity;
  // Set by the caller: they will belong to the same model, so that its README goes along, too.
  bool of_same_model;
} ig_donor_files;  // start from {0}; ig_donor_files_free

// Lists the files of the directory. weights: those that are fused, which are not listed, nor is
// config.json; NULL: the directory is that of a tokenizer. Links may lead to files in the
// directory, or, in a snapshot of the hub's cache, to its blobs; others are left out.
ig_status ig_donor_files_list(const char *directory, const ig_safetensors *weights,
                              ig_donor_files *out, ig_error *err);
void ig_donor_files_free(ig_donor_files *files);
// Whether the list has a file of this name that goes along.
bool ig_donor_files_has(const ig_donor_files *files, const char *name);
// Whether a file of this name belongs to the tokenizer.
bool ig_donor_files_is_tokenizer(const char *name);
// What the notes say of files that are left out.
typedef struct ig_donor_notes {
  const char *reference;  // what the directory is called
  bool of_tokenizer;      // only the tokenizer's files are told, for the others are not wanted
} ig_donor_notes;
// Adds a note for each reason with the names of the files that are left out for it, ten at most.
ig_status ig_donor_files_note(const ig_donor_files *files, const ig_donor_notes *about,
                              ig_problems *notes, ig_error *err);
#endif
