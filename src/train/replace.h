// A directory that is replaced as a whole: its successor is written beside it and takes its place
// in one step. Only files that Ingot writes are ever removed, and none through a symbolic link;
// whatever else lies in the directory (a model card, notes, a notebook's folder) moves along.
#ifndef IG_TRAIN_REPLACE_H
#define IG_TRAIN_REPLACE_H
#include "ingot/core.h"

typedef struct ig_place {
  char *path;       // the directory itself: behind a symbolic link
  char *temporary;  // its successor while that is written; behind the step, what is left of its
                    // predecessor
  char *old;  // its predecessor, within the step of a system that cannot exchange two directories
  const char *const *own;  // names of the files that Ingot writes there, NULL at the end; borrowed
  const ig_reporter *reporter;  // borrowed
} ig_place;

// path need not exist. IG_ERROR_IO where something that is no directory has one of the three names.
// On success the caller closes.
ig_status ig_place_open(ig_place *place, const char *path, const char *const *own,
                        const ig_reporter *reporter, ig_error *err);
void ig_place_close(ig_place *place);

// Behind a crash: path is then whole, old or new, or absent. What cannot be cleared away stays,
// with a warning.
ig_status ig_place_recover(const ig_place *place, ig_error *err);
// temporary is then a directory without files of Ingot's.
ig_status ig_place_begin(const ig_place *place, ig_error *err);
// temporary becomes path. What fails behind that step is a warning.
ig_status ig_place_commit(const ig_place *place, ig_error *err);
void ig_place_abandon(const ig_place *place);  // instead of commit
// Ingot's files, and the directory where nothing else lies in it. false: they stay, with a warning.
bool ig_place_remove(const ig_place *place);
#endif
