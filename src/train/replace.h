// A model directory that is replaced as a whole: the new one is written beside it and takes its
// name in one step. Only files that Ingot writes are ever removed, and none through a symbolic
// link; whatever else is in the directory (a model card, notes, a notebook's folder) moves along.
#ifndef IG_TRAIN_REPLACE_H
#define IG_TRAIN_REPLACE_H
#include "ingot/core.h"

typedef struct ig_replacement {
  char *path;  // the directory itself; where it was given as a symbolic link, what that leads to
  // The new directory while it is written. After the step: the old one, until it is removed.
  char *temporary;
  char *old;  // the old one, within the step, on systems that cannot exchange two directories
  // Files that Ingot writes there besides those of a model, NULL at the end; borrowed.
  const char *const *own;
  const ig_reporter *reporter;  // borrowed
} ig_replacement;

// path need not exist. IG_ERROR_IO if one of the three names belongs to something that is no
// directory. On success the caller closes.
ig_status ig_replace_open(ig_replacement *replacement, const char *path, const char *const *own,
                          const ig_reporter *reporter, ig_error *err);
void ig_replace_close(ig_replacement *replacement);

// After a crash: path is then whole, old or new, or absent. What cannot be cleared away stays, with
// a warning.
ig_status ig_replace_recover(const ig_replacement *replacement, ig_error *err);
// Makes `temporary` a directory without files of Ingot's.
ig_status ig_replace_begin(const ig_replacement *replacement, ig_error *err);
// `temporary` becomes path. What fails after that step is a warning.
ig_status ig_replace_commit(const ig_replacement *replacement, ig_error *err);
void ig_replace_abandon(const ig_replacement *replacement);  // instead of commit
// Removes Ingot's files, and the directory if nothing else is in it. false: they stay, with a
// warning.
bool ig_replace_remove(const ig_replacement *replacement);
#endif
