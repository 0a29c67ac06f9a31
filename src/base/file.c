// Files: reads at a place, reads and writes of whole files.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file_kind.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "base/writer.h"

static ig_status fail_not_regular(const char *path, const char *found, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO, "%s: expected a regular file, found %s", path, found);
}

// Whether what was opened at the path is a regular file.
static ig_status check_regular(int handle, const char *path, struct stat *status, ig_error *err) {
  if (fstat(handle, status) != 0) return ig_fail_system(err, path, "stat");
  if (S_ISREG(status->st_mode)) return IG_OK;
  return fail_not_regular(path, ig_file_kind_name(status->st_mode), err);
}

// A pipe without a writer must not keep the caller waiting; for a regular file O_NONBLOCK has no
// meaning.
ig_status ig_file_open(ig_file *file, const char *path, ig_error *err) {
  *file = (ig_file){0};
  int handle = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (handle < 0 && errno == ENXIO) return fail_not_regular(path, "a socket or a device", err);
  if (handle < 0) return ig_fail_system(err, path, "open");
  *file = (ig_file){.open = true, .handle = handle};
  struct stat status = {0};
  const ig_status result = check_regular(handle, path, &status, err);
  file->size = (size_t)status.st_size;
  file->device = (unsigned long long)status.st_dev;
  file->inode = (unsigned long long)status.st_ino;
  if (result != IG_OK) ig_file_close(file);
  return result;
}

ig_status ig_file_check_regular(const char *path, ig_error *err) {
  ig_file file;
  IG_TRY(ig_file_open(&file, path, err));
  ig_file_close(&file);
  return IG_OK;
}

// A pipe that nobody reads cannot be opened for writing without waiting: ENXIO.
ig_status ig_file_open_to_append(const char *path, FILE **out, ig_error *err) {
  *out = NULL;
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int handle = open(path, flags, 0666);
  if (handle < 0 && errno == ENXIO) return fail_not_regular(path, "a pipe or a device", err);
  if (handle < 0) return ig_fail_system(err, path, "open");
  struct stat status;
  ig_status result = check_regular(handle, path, &status, err);
  if (result == IG_OK && !(*out = fdopen(handle, "a"))) result = ig_fail_system(err, path, "open");
  if (result != IG_OK) close(handle);
  return result;
}

bool ig_file_is_crowded(int handle) {
  const long most = sysconf(_SC_OPEN_MAX);
  return most > 0 && handle >= most / 2;
}

void ig_file_rest(ig_file *file) {
  if (file->open && file->handle >= 0) close(file->handle);
  file->handle = -1;
}

static ig_status read_resting(const ig_file *file, const char *path, size_t offset, void *to,
                              size_t size, ig_error *err) {
  ig_file again;
  IG_TRY(ig_file_open(&again, path, err));
  ig_status status = IG_OK;
  if (again.device != file->device || again.inode != file->inode || again.size != file->size)
    status = ig_fail(err, IG_ERROR_FORMAT, "%s: another file than when it was opened", path);
  if (status == IG_OK) status = ig_file_read(&again, path, offset, to, size, err);
  ig_file_close(&again);
  return status;
}

ig_status ig_file_read(const ig_file *file, const char *path, size_t offset, void *to, size_t size,
                       ig_error *err) {
  if (file->handle < 0) return read_resting(file, path, offset, to, size, err);
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(file->handle, (char *)to + done, size - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ig_fail_system(err, path, "read");
    if (got == 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: ends at byte %zu, expected %zu: it was cut short while it was read", path,
                     offset + done, offset + size);
    done += (size_t)got;
  }
  return IG_OK;
}

void ig_file_close(ig_file *file) {
  if (file->open && file->handle >= 0) close(file->handle);
  *file = (ig_file){0};
}

// What is read to its end.
typedef struct whole_file {
  int handle;
  const char *path;
  size_t most;
  const ig_interrupter *interrupter;
} whole_file;

// Trusts no size: pipes have none, and a file may grow meanwhile.
static ig_status read_to_end(const whole_file *f, char **out, size_t *size, ig_error *err) {
  size_t capacity = 0, length = 0;
  for (;;) {
    IG_TRY(ig_allocate_more((void **)out, &capacity, length + 65536, 1, err));
    const ig_status waited = ig_interrupt_wait_to_read(f->interrupter, f->handle, err);
    if (waited != IG_OK) return ig_fail_in(err, waited, "%s", f->path);
    const ssize_t got = read(f->handle, *out + length, capacity - length - 1);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return ig_fail_system(err, f->path, "read");
    if (got == 0) break;
    length += (size_t)got;
    if (length > f->most)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: more than %zu bytes, the most that are read",
                     f->path, f->most);
  }
  (*out)[length] = '\0';
  if (size) *size = length;
  return IG_OK;
}

static ig_status load_handle(const whole_file *f, char **out, size_t *size, ig_error *err) {
  const ig_status status = read_to_end(f, out, size, err);
  if (status == IG_OK) return IG_OK;
  free(*out);
  *out = NULL;
  if (size) *size = 0;
  return status;
}

ig_status ig_file_load(const char *path, char **out, size_t *size, ig_error *err) {
  *out = NULL;
  if (size) *size = 0;
  ig_file file;
  IG_TRY(ig_file_open(&file, path, err));
  const whole_file whole = {.handle = file.handle, .path = path, .most = IG_FILE_MOST_BYTES};
  const ig_status status = load_handle(&whole, out, size, err);
  ig_file_close(&file);
  return status;
}

// A pipe that has no writer yet is opened at once: only then can the interrupter end the waiting.
ig_status ig_file_load_stream(const char *path, const ig_interrupter *interrupter, size_t most,
                              char **out, size_t *size, ig_error *err) {
  *out = NULL;
  if (size) *size = 0;
  const int handle = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (handle < 0) return ig_fail_system(err, path, "open");
  const whole_file whole = {
      .handle = handle, .path = path, .most = most, .interrupter = interrupter};
  const ig_status status = load_handle(&whole, out, size, err);
  close(handle);
  return status;
}

static ig_status write_and_commit(ig_writer *writer, const void *data, size_t size, ig_error *err) {
  const ig_status status = ig_writer_write(writer, data, size, err);
  if (status == IG_OK) return ig_writer_commit(writer, err);
  ig_writer_abandon(writer);
  return status;
}

ig_status ig_file_write(const char *path, const void *data, size_t size, ig_error *err) {
  ig_writer writer;
  IG_TRY(ig_writer_open(&writer, path, err));
  return write_and_commit(&writer, data, size, err);
}

ig_status ig_file_write_named(const char *path, const void *data, size_t size, ig_error *err) {
  ig_writer writer;
  IG_TRY(ig_writer_open_named(&writer, path, err));
  return write_and_commit(&writer, data, size, err);
}

ig_status ig_file_copy(const char *from, const char *to, ig_error *err) {
  char *bytes;
  size_t size;
  IG_TRY(ig_file_load(from, &bytes, &size, err));
  ig_status status = ig_file_write(to, bytes, size, err);
  free(bytes);
  return status;
}

ig_status ig_file_stamp(const char *path, char text[IG_STAMP_TEXT], size_t *bytes, ig_error *err) {
  struct stat s;
  if (stat(path, &s)) return ig_fail_system(err, path, "look at");
  snprintf(text, IG_STAMP_TEXT, "%llx-%llx-%llx-%llx.%lx-%llx.%lx", (unsigned long long)s.st_dev,
           (unsigned long long)s.st_ino, (unsigned long long)s.st_size,
           (unsigned long long)s.st_mtim.tv_sec, (unsigned long)s.st_mtim.tv_nsec,
           (unsigned long long)s.st_ctim.tv_sec, (unsigned long)s.st_ctim.tv_nsec);
  *bytes = (size_t)s.st_size;
  return IG_OK;
}

bool ig_file_exists(const char *path) { return access(path, F_OK) == 0; }

bool ig_file_exists_in(const char *directory, const char *name) {
  char *path = ig_path_join(directory, name, NULL);
  const bool exists = path && ig_file_exists(path);
  free(path);
  return exists;
}
