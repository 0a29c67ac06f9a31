// Files: reads at a place, whole reads, atomic writes, directories.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"

static ig_status fail_on(ig_error *err, const char *path, const char *what) {
  return ig_fail(err, errno == ENOMEM ? IG_ERROR_MEMORY : IG_ERROR_IO, "%s: cannot %s: %s", path,
                 what, strerror(errno));
}

ig_status ig_file_open(ig_file *file, const char *path, ig_error *err) {
  *file = (ig_file){0};
  int handle = open(path, O_RDONLY | O_CLOEXEC);
  if (handle < 0) return fail_on(err, path, "open");
  *file = (ig_file){.open = true, .handle = handle};
  struct stat status;
  ig_status result = IG_OK;
  if (fstat(handle, &status) != 0)
    result = fail_on(err, path, "stat");
  else if (!S_ISREG(status.st_mode))
    result = ig_fail(err, IG_ERROR_IO, "%s: expected a regular file, found %s", path,
                     S_ISDIR(status.st_mode) ? "a directory" : "something else");
  else
    file->size = (size_t)status.st_size;
  if (result != IG_OK) ig_file_close(file);
  return result;
}

ig_status ig_file_read(const ig_file *file, const char *path, size_t offset, void *to, size_t size,
                       ig_error *err) {
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(file->handle, (char *)to + done, size - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_on(err, path, "read");
    if (got == 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: ends at byte %zu, expected %zu: it was cut short while it was read", path,
                     offset + done, offset + size);
    done += (size_t)got;
  }
  return IG_OK;
}

void ig_file_close(ig_file *file) {
  if (file->open) close(file->handle);
  *file = (ig_file){0};
}

// Reads to the end instead of trusting a size: pipes have none, and a file may grow meanwhile.
static ig_status read_stream(FILE *file, const char *path, char **out, size_t *size,
                             ig_error *err) {
  char *text = NULL;
  size_t capacity = 0, length = 0;
  for (;;) {
    size_t needed;
    ig_status status = ig_size_add(length, 65536, &needed)
                           ? ig_allocate_more((void **)&text, &capacity, needed, 1, err)
                           : ig_fail(err, IG_ERROR_MEMORY, "%s: too large to read", path);
    if (status != IG_OK) {
      free(text);
      return status;
    }
    size_t got = fread(text + length, 1, capacity - length - 1, file);
    length += got;
    if (got == 0) break;
  }
  if (ferror(file)) {
    free(text);
    return fail_on(err, path, "read");
  }
  text[length] = '\0';
  *out = text;
  if (size) *size = length;
  return IG_OK;
}

ig_status ig_file_load(const char *path, char **out, size_t *size, ig_error *err) {
  *out = NULL;
  if (size) *size = 0;
  FILE *file = fopen(path, "rbe");
  if (!file) return fail_on(err, path, "open");
  ig_status status = read_stream(file, path, out, size, err);
  fclose(file);
  return status;
}

// ---- atomic writes ----------------------------------------------------------

// Where the bytes shall end: behind a symbolic link, so that the link itself stays. NULL when
// memory is out.
static char *final_path(const char *path, ig_error *err) {
  char *resolved = realpath(path, NULL);
  return resolved ? resolved : ig_allocate_copy(path, strlen(path), err);
}

// O_EXCL and a name of this process and count: two writers of one path never share a temporary
// file, and permissions follow the umask.
static int open_temporary(const char *path, char **name, ig_error *err) {
  static atomic_uint counter;
  size_t room = strlen(path) + 48;
  char *text = ig_allocate(room, 1, err);
  if (!text) return -1;
  snprintf(text, room, "%s.tmp-%ld-%u", path, (long)getpid(), atomic_fetch_add(&counter, 1));
  int descriptor = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0 && errno == EEXIST) {  // left by a crashed process that had our number
    unlink(text);
    descriptor = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_EXCL | O_CLOEXEC, 0666);
  }
  if (descriptor < 0) {
    fail_on(err, path, "create");
    free(text);
    return -1;
  }
  *name = text;
  return descriptor;
}

// ".tmp-", a process, "-", a count.
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

ig_status ig_writer_open(ig_writer *writer, const char *path, ig_error *err) {
  *writer = (ig_writer){0};
  ig_error local = {0};
  if (!err) err = &local;
  struct stat status;
  bool exists = stat(path, &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return ig_fail(err, IG_ERROR_IO, "%s: cannot write: is a directory", path);
  writer->path = final_path(path, err);
  if (!writer->path) return IG_ERROR_MEMORY;
  // A terminal, a pipe or /dev/null is written to directly: there is nothing to rename over.
  int descriptor = exists && !S_ISREG(status.st_mode)
                       ? open(path, O_WRONLY | O_CLOEXEC)
                       : open_temporary(writer->path, &writer->temporary, err);
  if (descriptor >= 0) writer->file = fdopen(descriptor, "wb");
  if (writer->file) {
    if (exists && S_ISREG(status.st_mode))
      (void)fchmod(descriptor, status.st_mode & 07777);  // a replaced file keeps its mode
    return IG_OK;
  }
  ig_status result = err->status != IG_OK ? err->status : fail_on(err, path, "open");
  if (descriptor >= 0) close(descriptor);
  ig_writer_abandon(writer);
  return result;
}

ig_status ig_writer_write(ig_writer *writer, const void *data, size_t size, ig_error *err) {
  if (size == 0 || fwrite(data, 1, size, writer->file) == size) return IG_OK;
  return fail_on(err, writer->path, "write");
}

ig_status ig_path_sync_parent(const char *path, ig_error *err) {
  const char *slash = strrchr(path, '/');
  char *directory = !slash
                        ? ig_allocate_copy(".", 1, err)
                        : ig_allocate_copy(path, slash == path ? 1 : (size_t)(slash - path), err);
  if (!directory) return IG_ERROR_MEMORY;
  int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ig_status result = IG_OK;
  // Some file systems cannot sync a directory and say EINVAL; the rename itself has happened.
  if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS))
    result = fail_on(err, directory, "sync");
  if (descriptor >= 0) close(descriptor);
  free(directory);
  return result;
}

ig_status ig_writer_commit(ig_writer *writer, ig_error *err) {
  ig_status result = IG_OK;
  if (fflush(writer->file) != 0) result = fail_on(err, writer->path, "write");
  if (result == IG_OK && writer->temporary && fsync(fileno(writer->file)) != 0)
    result = fail_on(err, writer->path, "sync");
  int closed = fclose(writer->file);
  writer->file = NULL;
  if (result == IG_OK && closed != 0) result = fail_on(err, writer->path, "close");
  if (result == IG_OK && writer->temporary) {
    if (rename(writer->temporary, writer->path) != 0) {
      result = fail_on(err, writer->path, "replace");
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

ig_status ig_file_write(const char *path, const void *data, size_t size, ig_error *err) {
  ig_writer writer;
  IG_TRY(ig_writer_open(&writer, path, err));
  ig_status status = ig_writer_write(&writer, data, size, err);
  if (status == IG_OK) return ig_writer_commit(&writer, err);
  ig_writer_abandon(&writer);
  return status;
}

ig_status ig_file_copy(const char *from, const char *to, ig_error *err) {
  char *bytes;
  size_t size;
  IG_TRY(ig_file_load(from, &bytes, &size, err));
  ig_status status = ig_file_write(to, bytes, size, err);
  free(bytes);
  return status;
}

// ---- directories and names --------------------------------------------------

ig_status ig_file_stamp(const char *path, char text[IG_STAMP_TEXT], size_t *bytes, ig_error *err) {
  struct stat s;
  if (stat(path, &s)) return fail_on(err, path, "look at");
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

static ig_status make_directory(const char *path, ig_error *err) {
  if (mkdir(path, 0777) == 0) return IG_OK;
  int reason = errno;
  struct stat status;
  if (stat(path, &status) == 0) {
    if (S_ISDIR(status.st_mode)) return IG_OK;
    return ig_fail(err, IG_ERROR_IO,
                   "%s: cannot make a directory: a file of this name is in the way", path);
  }
  errno = reason;
  return fail_on(err, path, "make directory");
}

ig_status ig_path_make_directories(const char *path, ig_error *err) {
  if (!*path) return ig_fail(err, IG_ERROR_ARGUMENT, "cannot make a directory: its name is empty");
  char *prefix = ig_allocate_copy(path, strlen(path), err);
  if (!prefix) return IG_ERROR_MEMORY;
  ig_status result = IG_OK;
  for (char *p = prefix + 1; result == IG_OK && *p; p++) {
    if (*p != '/') continue;
    *p = '\0';
    result = make_directory(prefix, err);
    *p = '/';
  }
  if (result == IG_OK) result = make_directory(prefix, err);
  free(prefix);
  return result;
}

char *ig_path_join(const char *directory, const char *name, ig_error *err) {
  size_t length = strlen(directory), tail = strlen(name);
  bool slash = length > 0 && directory[length - 1] != '/';
  size_t room;
  if (!ig_size_add(length, tail, &room) || !ig_size_add(room, 2, &room)) {
    ig_fail(err, IG_ERROR_MEMORY, "cannot join two paths: too long");
    return NULL;
  }
  char *path = ig_allocate(room, 1, err);
  if (path) snprintf(path, room, "%s%s%s", directory, slash ? "/" : "", name);
  return path;
}
