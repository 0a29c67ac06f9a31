// Making, locking and removing the output directory.
#include "train/output_directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/writer.h"

ig_status ig_output_directory_name_paths(ig_run *run, ig_error *err) {
  run->latest = ig_path_join(run->config.output, "latest", err);
  run->best = ig_path_join(run->config.output, "best", err);
  run->metrics = ig_path_join(run->config.output, "metrics.jsonl", err);
  return run->latest && run->best && run->metrics ? IG_OK : IG_ERROR_MEMORY;
}

// The path without its last component: "a/b/" and "a/b" become "a", "a" becomes "".
static void cut_last_component(char *path) {
  size_t length = strlen(path);
  while (length > 0 && path[length - 1] == '/') length--;
  while (length > 0 && path[length - 1] != '/') length--;
  while (length > 0 && path[length - 1] == '/') length--;
  path[length] = '\0';
}

// How many directories at the end of path do not exist yet.
static ig_status count_missing(const char *path, int *missing, ig_error *err) {
  char *prefix = ig_allocate_copy(path, strlen(path), err);
  if (!prefix) return IG_ERROR_MEMORY;
  for (*missing = 0; *prefix && !ig_file_exists(prefix); cut_last_component(prefix)) ++*missing;
  free(prefix);
  return IG_OK;
}

ig_status ig_output_directory_try(const char *path, ig_error *err) {
  int missing;
  IG_TRY(count_missing(path, &missing, err));
  char *made = ig_allocate_copy(path, strlen(path), err);
  if (!made) return IG_ERROR_MEMORY;
  ig_status status = ig_path_make_directories(path, err);
  if (status == IG_OK && access(path, W_OK | X_OK) != 0)
    status = ig_fail_system(err, path, "write into");
  for (int i = 0; i < missing; i++, cut_last_component(made)) rmdir(made);
  free(made);
  return status;
}

void ig_output_directory_remove_made(ig_run *run) {
  for (int i = 0; i < 2; i++)
    if (run->made_files[i]) unlink(run->made_files[i]);
  char *path = run->made_lock && run->lock ? ig_path_join(run->config.output, ".lock", NULL) : NULL;
  if (!path) return;
  unlink(path);
  cut_last_component(path);
  for (int i = 0; i < run->made_directories && rmdir(path) == 0; i++) cut_last_component(path);
  free(path);
}

// Two trainings in one directory would delete each other's files. The system releases the lock when
// the process ends, however it does.
static ig_status lock_output(ig_run *run, ig_error *err) {
  char *path = ig_path_join(run->config.output, ".lock", err);
  if (!path) return IG_ERROR_MEMORY;
  run->made_lock = !ig_file_exists(path);
  const ig_status status = ig_file_open_to_append(path, &run->lock, err);
  if (status != IG_OK) {
    free(path);
    return status;
  }
  // A start that failed may have removed the file after we opened it and before we locked it: then
  // ours is no longer the file that others will lock.
  struct stat held, named;
  const bool ours = flock(fileno(run->lock), LOCK_EX | LOCK_NB) == 0 &&
                    fstat(fileno(run->lock), &held) == 0 && stat(path, &named) == 0 &&
                    held.st_ino == named.st_ino;
  free(path);
  if (ours) return IG_OK;
  fclose(run->lock);
  run->lock = NULL;
  return ig_fail(err, IG_ERROR_IO, "%s: another training is running in this directory",
                 run->config.output);
}

// A directory that takes no files is told now, not at the first checkpoint.
static ig_status check_writable(const ig_run *run, ig_error *err) {
  ig_writer writer;
  IG_TRY(ig_writer_open(&writer, run->metrics, err));
  ig_writer_abandon(&writer);
  return IG_OK;
}

ig_status ig_output_directory_open(ig_run *run, ig_error *err) {
  IG_TRY(count_missing(run->config.output, &run->made_directories, err));
  IG_TRY(ig_path_make_directories(run->config.output, err));
  IG_TRY(lock_output(run, err));
  return check_writable(run, err);
}
