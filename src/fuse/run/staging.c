#include "fuse/run/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/writer.h"

static const char *const journal_name = "fusion.journal";

static ig_status fail_with_errno(const char *path, const char *what, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

// Names the directories: OUTPUT without slashes at its end, and OUTPUT.partial with its journal.
static ig_status name_directories(const char *output, ig_staging *s, ig_error *err) {
  s->output = ig_path_with_suffix(output, "", err);
  s->directory = ig_path_with_suffix(output, ".partial", err);
  if (!s->output || !s->directory) return IG_ERROR_MEMORY;
  s->journal_path = ig_path_join(s->directory, journal_name, err);
  return s->journal_path ? IG_OK : IG_ERROR_MEMORY;
}

static bool is_empty(const char *path) {
  DIR *directory = opendir(path);
  size_t entries = 0;
  while (directory && readdir(directory)) entries++;
  if (directory) closedir(directory);
  return entries == 2;  // itself and its parent
}

// Whether the directory is that of an unfinished fusion: it is empty, or has a journal or
// fusion.json. The journal is the first file that is written; once it is gone the fusion is
// complete, and fusion.json exists.
static ig_status is_unfinished(const ig_staging *s, bool *out, ig_error *err) {
  char *last = ig_path_join(s->directory, "fusion.json", err);
  if (!last) return IG_ERROR_MEMORY;
  *out = ig_file_exists(s->journal_path) || ig_file_exists(last) || is_empty(s->directory);
  free(last);
  return IG_OK;
}

static ig_status check_directories(const ig_staging *s, ig_error *err) {
  struct stat status;
  if (lstat(s->output, &status) == 0)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already; move it away, or choose another output",
                   s->output);
  if (lstat(s->directory, &status)) return IG_OK;
  bool unfinished;
  IG_TRY(is_unfinished(s, &unfinished, err));
  return unfinished ? IG_OK
                    : ig_fail(err, IG_ERROR_IO,
                              "%s: exists already, and is not an unfinished fusion", s->directory);
}

ig_status ig_staging_check(const char *output, ig_error *err) {
  ig_staging staging = {0};
  ig_status status = name_directories(output, &staging, err);
  if (status == IG_OK) status = check_directories(&staging, err);
  ig_staging_close(&staging);
  return status;
}

// Reads which tensors the journal says are done, if it is the journal of the same fusion. A last
// line that was cut short does not count.
static void read_journal(ig_staging *s, const char *fingerprint) {
  FILE *file = fopen(s->journal_path, "r");
  char line[128];
  if (!file) return;
  if (fgets(line, sizeof line, file) && strncmp(line, fingerprint, strlen(fingerprint)) == 0 &&
      line[strlen(fingerprint)] == '\n') {
    s->resumed = true;
    while (fgets(line, sizeof line, file) && strchr(line, '\n')) {
      char *end;
      const unsigned long long index = strtoull(line, &end, 10);
      if (*end == '\n' && index < s->tensors) s->done[index] = true;
    }
  }
  fclose(file);
}

static ig_status open_journal(ig_staging *s, const char *fingerprint, ig_error *err) {
  s->journal = fopen(s->journal_path, s->resumed ? "a" : "w");
  if (!s->journal) return fail_with_errno(s->journal_path, "write", err);
  if (!s->resumed && (fprintf(s->journal, "%s\n", fingerprint) < 0 || fflush(s->journal)))
    return fail_with_errno(s->journal_path, "write", err);
  return IG_OK;
}

static bool is_any(const char *name) { return strcmp(name, ".") != 0 && strcmp(name, "..") != 0; }

static ig_status remove_files(const char *path, bool (*which)(const char *name), ig_error *err) {
  DIR *directory = opendir(path);
  if (!directory) return fail_with_errno(path, "open", err);
  ig_status status = IG_OK;
  for (const struct dirent *entry; status == IG_OK && (entry = readdir(directory)) != NULL;)
    // fusion.json, by which the directory is known, is removed last, so that a directory that is
    // half removed can be removed again.
    if (which(entry->d_name) && strcmp(entry->d_name, "fusion.json") != 0 &&
        unlinkat(dirfd(directory), entry->d_name, 0))
      status = fail_with_errno(path, "remove", err);
  if (status == IG_OK && which("fusion.json") && unlinkat(dirfd(directory), "fusion.json", 0) &&
      errno != ENOENT)
    status = fail_with_errno(path, "remove", err);
  closedir(directory);
  return status;
}

ig_status ig_staging_open(const char *output, const char *fingerprint, size_t tensors,
                          ig_staging *out, ig_error *err) {
  *out = (ig_staging){.tensors = tensors};
  IG_TRY(name_directories(output, out, err));
  IG_TRY(check_directories(out, err));
  out->done = ig_allocate(tensors, sizeof *out->done, err);
  if (!out->done) return IG_ERROR_MEMORY;
  IG_TRY(ig_path_make_directories(out->directory, err));
  read_journal(out, fingerprint);
  // Of another fusion all files are removed. Of this one only those are removed that were being
  // written when it was killed.
  IG_TRY(remove_files(out->directory, out->resumed ? ig_writer_is_temporary : is_any, err));
  return open_journal(out, fingerprint, err);
}

ig_status ig_staging_mark_done(ig_staging *s, size_t index, ig_error *err) {
  s->done[index] = true;
  return fprintf(s->journal, "%zu\n", index) < 0 ? fail_with_errno(s->journal_path, "write", err)
                                                 : IG_OK;
}

ig_status ig_staging_flush(ig_staging *s, ig_error *err) {
  return fflush(s->journal) ? fail_with_errno(s->journal_path, "write", err) : IG_OK;
}

ig_status ig_staging_commit(ig_staging *s, ig_error *err) {
  fclose(s->journal);
  s->journal = NULL;
  IG_TRY(ig_path_sync(s->directory, err));
  if (unlink(s->journal_path)) return fail_with_errno(s->journal_path, "remove", err);
  if (rename(s->directory, s->output)) return fail_with_errno(s->output, "rename to it", err);
  return ig_path_sync_parent(s->output, err);
}

void ig_staging_discard(ig_staging *s) {
  if (remove_files(s->directory, is_any, NULL) == IG_OK) rmdir(s->directory);
}

// Renames the directory to OUTPUT.partial before removing it, so that a crash cannot leave half a
// model under its name.
static ig_status remove_made(ig_staging *s, const char *directory, ig_error *err) {
  struct stat unused;
  IG_TRY(name_directories(directory, s, err));
  char *known = ig_path_join(s->output, "fusion.json", err);
  if (!known) return IG_ERROR_MEMORY;
  const bool made = ig_file_exists(known);
  free(known);
  if (!made)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already, and is not the work of a fusion",
                   s->output);
  if (lstat(s->directory, &unused) == 0)
    return ig_fail(err, IG_ERROR_IO, "%s: exists already, beside %s", s->directory, s->output);
  if (rename(s->output, s->directory)) return fail_with_errno(s->output, "remove", err);
  IG_TRY(remove_files(s->directory, is_any, err));
  return rmdir(s->directory) ? fail_with_errno(s->directory, "remove", err) : IG_OK;
}

ig_status ig_staging_remove(const char *directory, ig_error *err) {
  struct stat unused;
  if (lstat(directory, &unused))
    return errno == ENOENT ? IG_OK : fail_with_errno(directory, "look at", err);
  ig_staging staging = {0};
  const ig_status status = remove_made(&staging, directory, err);
  ig_staging_close(&staging);
  return status;
}

void ig_staging_close(ig_staging *s) {
  if (s->journal) fclose(s->journal);
  free(s->output);
  free(s->directory);
  free(s->journal_path);
  free(s->done);
  *s = (ig_staging){0};
}
