// Exchanges whole directories, and clears away what is left without touching what is not Ingot's.
#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // renameat2
#endif
#endif
#include "train/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/report.h"
#include "base/writer.h"
#include "io/model_directory.h"

static ig_status io_error(const char *path, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
}

static void warn(const ig_replacement *replacement, const char *path) {
  ig_report(replacement->reporter, IG_LEVEL_WARNING, "%s: %s", path, strerror(errno));
}

// ---- names ------------------------------------------------------------------

static ig_status expect_directory(const char *path, ig_error *err) {
  struct stat status;
  if (lstat(path, &status)) return errno == ENOENT ? IG_OK : io_error(path, err);
  if (S_ISDIR(status.st_mode)) return IG_OK;
  return ig_fail(err, IG_ERROR_IO,
                 "%s: expected a directory, or nothing: checkpoints are written here; found %s",
                 path, S_ISLNK(status.st_mode) ? "a symbolic link" : "a file");
}

// The directory itself: that which a symbolic link leads to, which then stays as it is.
static ig_status resolve_link(const char *path, bool *linked, char **out, ig_error *err) {
  struct stat status;
  *linked = lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
  *out = *linked ? realpath(path, NULL) : ig_allocate_copy(path, strlen(path), err);
  if (*out) return IG_OK;
  return *linked ? ig_fail(err, IG_ERROR_IO, "%s: a symbolic link that cannot be followed: %s",
                           path, strerror(errno))
                 : IG_ERROR_MEMORY;
}

ig_status ig_replace_open(ig_replacement *replacement, const char *path, const char *const *own,
                          const ig_reporter *reporter, ig_error *err) {
  *replacement = (ig_replacement){.own = own, .reporter = reporter};
  bool linked;
  ig_status status = resolve_link(path, &linked, &replacement->path, err);
  // What is beside a link's target belongs to no run, so these names must be such as only Ingot
  // gives.
  if (status == IG_OK) {
    replacement->temporary =
        ig_path_with_suffix(replacement->path, linked ? ".ingot-tmp" : ".tmp", err);
    replacement->old = ig_path_with_suffix(replacement->path, linked ? ".ingot-old" : ".old", err);
    if (!replacement->temporary || !replacement->old) status = IG_ERROR_MEMORY;
  }
  if (status == IG_OK) status = expect_directory(replacement->path, err);
  if (status == IG_OK) status = expect_directory(replacement->temporary, err);
  if (status == IG_OK) status = expect_directory(replacement->old, err);
  if (status != IG_OK) ig_replace_close(replacement);
  return status;
}

void ig_replace_close(ig_replacement *replacement) {
  free(replacement->path);
  free(replacement->temporary);
  free(replacement->old);
  *replacement = (ig_replacement){0};
}

static bool is_file_or_its_temporary(const char *name, const char *file) {
  return strcmp(name, file) == 0 || ig_writer_is_temporary_of(name, file);
}

static bool is_own(const ig_replacement *replacement, const char *name) {
  const char *file;
  for (size_t at = 0; (file = ig_model_directory_next(IG_MODEL_DIRECTORY_ROLE_WRITTEN, &at));)
    if (is_file_or_its_temporary(name, file)) return true;
  for (const char *const *own = replacement->own; *own; own++)
    if (is_file_or_its_temporary(name, *own)) return true;
  return false;
}

// ---- clearing away ----------------------------------------------------------

typedef struct moving {
  const ig_replacement *replacement;
  const char *from_path, *to_path;
  int from, to;  // descriptors of the directories; to -1: nowhere
} moving;

// The entry's name in `to`, followed by a number if another entry has that name.
static bool find_free_name(int to, const char *name, char out[NAME_MAX + 1]) {
  struct stat status;
  for (int n = 0; n < 1000; n++) {
    const int length = n ? snprintf(out, NAME_MAX + 1, "%s.~%d~", name, n)
                         : snprintf(out, NAME_MAX + 1, "%s", name);
    if (length > NAME_MAX) break;
    if (fstatat(to, out, &status, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (errno == ENOENT) return true;
    return false;
  }
  errno = EEXIST;
  return false;
}

static bool move_along(const moving *m, const char *name) {
  char wanted[NAME_MAX + 1];
  if (m->to < 0) return false;
  if (!find_free_name(m->to, name, wanted) || renameat(m->from, name, m->to, wanted)) {
    ig_report(m->replacement->reporter, IG_LEVEL_WARNING,
              "%s/%s cannot move along into %s, and stays: %s", m->from_path, name, m->to_path,
              strerror(errno));
    return false;
  }
  if (strcmp(name, wanted) != 0)
    ig_report(m->replacement->reporter, IG_LEVEL_WARNING,
              "%s/%s is now %s/%s, beside another one of its name", m->from_path, name, m->to_path,
              wanted);
  return true;
}

// Removes or moves one entry; false: it stays.
static bool take_out(const moving *m, const char *name) {
  if (!is_own(m->replacement, name)) return move_along(m, name);
  if (unlinkat(m->from, name, 0) == 0) return true;
  // A directory with the name of one of our files:
  if (errno == EISDIR || errno == EPERM) return move_along(m, name);
  ig_report(m->replacement->reporter, IG_LEVEL_WARNING, "%s/%s cannot be removed: %s", m->from_path,
            name, strerror(errno));
  return false;
}

// Returns how many entries stay; -1, with a warning: the directory cannot be read.
static int take_all_out(const moving *m) {
  ig_listing listing;
  ig_error failure = {0};
  int stay = 0;
  if (ig_listing_read_open(m->from, m->from_path, &listing, &failure) != IG_OK) {
    ig_report(m->replacement->reporter, IG_LEVEL_WARNING, "%s", failure.message);
    stay = -1;
  }
  for (size_t i = 0; stay >= 0 && i < listing.count; i++) stay += !take_out(m, listing.names[i]);
  ig_listing_free(&listing);
  return stay;
}

static int open_directory(const char *path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Removes our files from directory `from`, moves all else into `to` (NULL or absent: it stays), and
// removes the directory. Returns false if the directory is not empty then.
static bool clear_away(const ig_replacement *replacement, const char *from, const char *to) {
  moving m = {.replacement = replacement,
              .from_path = from,
              .to_path = to,
              .from = open_directory(from),
              .to = -1};
  if (m.from < 0 && errno == ENOENT) return true;
  if (m.from < 0) {
    warn(replacement, from);
    return false;
  }
  if (to) m.to = open_directory(to);
  // If another process put an entry there meanwhile, try again.
  bool gone = false, again = true;
  for (int round = 0; again && round < 8; round++) {
    const int stay = take_all_out(&m);
    gone = stay == 0 && rmdir(from) == 0;
    again = stay == 0 && !gone && (errno == ENOTEMPTY || errno == EEXIST);
    if (stay == 0 && !gone && !again) warn(replacement, from);
  }
  if (m.to >= 0) close(m.to);
  close(m.from);
  return gone;
}

// ---- replacing --------------------------------------------------------------

ig_status ig_replace_recover(const ig_replacement *replacement, ig_error *err) {
  if (access(replacement->path, F_OK) && access(replacement->old, F_OK) == 0 &&
      rename(replacement->old, replacement->path))
    return io_error(replacement->old, err);
  clear_away(replacement, replacement->old, replacement->path);
  clear_away(replacement, replacement->temporary, replacement->path);
  return IG_OK;
}

// What is not ours in `temporary` could not move along before. It does now, with the whole
// directory.
ig_status ig_replace_begin(const ig_replacement *replacement, ig_error *err) {
  clear_away(replacement, replacement->old, replacement->path);
  clear_away(replacement, replacement->temporary, NULL);
  return ig_path_make_directories(replacement->temporary, err);
}

void ig_replace_abandon(const ig_replacement *replacement) {
  clear_away(replacement, replacement->temporary, NULL);
}

// Gives the new directory its name: in one step if the system can, else by way of `old`, which
// ig_replace_recover understands. *left: where the old one is now; NULL: there was none.
static ig_status swap_in(const ig_replacement *replacement, const char **left, ig_error *err) {
  *left = NULL;
  if (rename(replacement->temporary, replacement->path) == 0) return IG_OK;
#ifdef RENAME_EXCHANGE
  *left = replacement->temporary;
  if (renameat2(AT_FDCWD, replacement->temporary, AT_FDCWD, replacement->path, RENAME_EXCHANGE) ==
      0)
    return IG_OK;
#endif
  *left = replacement->old;
  if (rename(replacement->path, replacement->old)) return io_error(replacement->path, err);
  if (rename(replacement->temporary, replacement->path) == 0) return IG_OK;
  const ig_status status = io_error(replacement->temporary, err);
  if (rename(replacement->old, replacement->path)) warn(replacement, replacement->old);
  return status;
}

ig_status ig_replace_commit(const ig_replacement *replacement, ig_error *err) {
  const char *left;
  IG_TRY(swap_in(replacement, &left, err));
  // The old one is removed only when the new one is sure to stay, whatever happens to the machine.
  ig_error unsure = {0};
  if (ig_path_sync_parent(replacement->path, &unsure) != IG_OK)
    ig_report(replacement->reporter, IG_LEVEL_WARNING,
              "%s is written, but may be lost if the machine fails now: %s", replacement->path,
              unsure.message);
  else if (left)
    clear_away(replacement, left, replacement->path);
  return IG_OK;
}

// It loses its name first, so that a crash within the removal leaves nothing that looks like a
// model.
bool ig_replace_remove(const ig_replacement *replacement) {
  clear_away(replacement, replacement->temporary, replacement->path);
  if (rename(replacement->path, replacement->temporary)) {
    warn(replacement, replacement->path);
    return false;
  }
  if (clear_away(replacement, replacement->temporary, NULL)) return true;
  if (rename(replacement->temporary, replacement->path)) warn(replacement, replacement->temporary);
  ig_report(replacement->reporter, IG_LEVEL_WARNING,
            "%s: the checkpoint is removed, what else lies there stays", replacement->path);
  return true;
}
