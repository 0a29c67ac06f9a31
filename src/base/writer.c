// Atomic writes: a temporary file in the same directory, synced and renamed.
#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file_kind.h"
#include "base/path.h"

// Where the bytes are to end: what a symbolic link leads to, so that the link itself stays. NULL:
// memory is out.
static char *final_path(const char *path, ig_error *err) {
  char *resolved = realpath(path, NULL);
  return resolved ? resolved : ig_allocate_copy(path, strlen(path), err);
}

// O_EXCL and a name made of this process and a count keep two writers of one path from sharing a
// temporary file. Permissions follow the umask.
static int open_temporary(const char *path, char **name, ig_error *err) {
  static atomic_uint counter;
  size_t size = strlen(path) + 48;
  char *text = ig_allocate(size, 1, err);
  if (!text) return -1;
  snprintf(text, size, "%s.tmp-%ld-%u", path, (long)getpid(), atomic_fetch_add(&counter, 1));
  int descriptor = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) {  // a crashed process with our number left it
    unlink(text);
    descriptor = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_CLOEXEC, 0666);
  }
  if (descriptor < 0) {
    ig_fail_system(err, path, "create");
    free(text);
    return -1;
  }
  *name = text;
  return descriptor;
}

// True for ".tmp-", a process, "-", a count, and nothing else.
static bool is_temporary_end(const char *end) {
  static const char *const infixes[] = {".tmp-", "-"};
  for (size_t i = 0; i < 2; i++) {
    if (strncmp(end, infixes[i], strlen(infixes[i])) != 0) return false;
    end += strlen(infixes[i]);
    const size_t digits = strspn(end, "0123456789");
    if (digits == 0) return false;
    end += digits;
  }
  return *end == '\0';
}

bool ig_writer_is_temporary(const char *name) {
  const char *end = strstr(name, ".tmp-");
  return end && is_temporary_end(end);
}

bool ig_writer_is_temporary_of(const char *name, const char *file) {
  const size_t length = strlen(file);
  return strncmp(name, file, length) == 0 && is_temporary_end(name + length);
}

// Looks at what is at the path now. A directory is an error.
static ig_status look_at(const char *path, struct stat *status, bool *exists, ig_error *err) {
  *exists = stat(path, status) == 0;
  if (*exists && S_ISDIR(status->st_mode))
    return ig_fail(err, IG_ERROR_IO, "%s: cannot write: is a directory", path);
  return IG_OK;
}

// True if what is at the path is written to as it is: there is nothing to rename over.
static bool is_direct(const char *path, const struct stat *status) {
  return !S_ISREG(status->st_mode) || ig_path_descriptor(path) >= 0;
}

static int open_direct(const char *path) {
  const int own = ig_path_descriptor(path);
  return own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 0) : open(path, O_WRONLY | O_CLOEXEC);
}

static ig_status open_writer(ig_writer *writer, const char *path, bool named, ig_error *err) {
  struct stat status;
  bool exists;
  IG_TRY(look_at(path, &status, &exists, err));
  const bool direct = exists && is_direct(path, &status);
  if (direct && !named)
    return ig_fail(err, IG_ERROR_IO, "%s: cannot write: expected a regular file, found %s", path,
                   ig_file_kind_name(status.st_mode));
  writer->path = final_path(path, err);
  if (!writer->path) return IG_ERROR_MEMORY;
  int descriptor =
      direct ? open_direct(path) : open_temporary(writer->path, &writer->temporary, err);
  if (descriptor >= 0) writer->file = fdopen(descriptor, "wb");
  if (writer->file) {
    if (exists && !direct)
      (void)fchmod(descriptor, status.st_mode & 07777);  // the new file has the old one's mode
    return IG_OK;
  }
  ig_status result = err->status != IG_OK ? err->status : ig_fail_system(err, path, "open");
  if (descriptor >= 0) close(descriptor);
  ig_writer_abandon(writer);
  return result;
}

ig_status ig_writer_open(ig_writer *writer, const char *path, ig_error *err) {
  ig_error local = {0};
  *writer = (ig_writer){0};
  return open_writer(writer, path, false, err ? err : &local);
}

ig_status ig_writer_open_named(ig_writer *writer, const char *path, ig_error *err) {
  ig_error local = {0};
  *writer = (ig_writer){0};
  return open_writer(writer, path, true, err ? err : &local);
}

ig_status ig_writer_check_named(const char *path, ig_error *err) {
  struct stat status;
  bool exists;
  IG_TRY(look_at(path, &status, &exists, err));
  if (exists && is_direct(path, &status))
    return access(path, W_OK) == 0 ? IG_OK : ig_fail_system(err, path, "write");
  ig_writer writer;
  IG_TRY(ig_writer_open(&writer, path, err));
  ig_writer_abandon(&writer);
  return IG_OK;
}

ig_status ig_writer_write(ig_writer *writer, const void *data, size_t size, ig_error *err) {
  if (size == 0 || fwrite(data, 1, size, writer->file) == size) return IG_OK;
  return ig_fail_system(err, writer->path, "write");
}

ig_status ig_writer_commit(ig_writer *writer, ig_error *err) {
  ig_status result = IG_OK;
  if (fflush(writer->file) != 0) result = ig_fail_system(err, writer->path, "write");
  if (result == IG_OK && writer->temporary && fsync(fileno(writer->file)) != 0)
    result = ig_fail_system(err, writer->path, "sync");
  int closed = fclose(writer->file);
  writer->file = NULL;
  if (result == IG_OK && closed != 0) result = ig_fail_system(err, writer->path, "close");
  if (result == IG_OK && writer->temporary) {
    if (rename(writer->temporary, writer->path) != 0) {
      result = ig_fail_system(err, writer->path, "replace");
    } else {
      free(writer->temporary);
      writer->temporary = NULL;
      result = ig_path_sync_parent(writer->path, err);
    }
  }
  ig_writer_abandon(writer);
  return result;
}

void ig_writer_abandon(ig_writer *writer) {
  if (!writer) return;
  if (writer->file) fclose(writer->file);
  if (writer->temporary) unlink(writer->temporary);
  free(writer->temporary);
  free(writer->path);
  *writer = (ig_writer){0};
}
