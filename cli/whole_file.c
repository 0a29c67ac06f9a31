#include "whole_file.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "paths.h"

static ig_status fail_system(const char *path, ig_error *err) {
  return cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno != 0 ? errno : EIO));
}

// A file in the same directory, to be renamed: *temporary is malloc'ed.
static ig_status open_temporary(const char *path, char **temporary, int *descriptor,
                                ig_error *err) {
  const size_t size = strlen(path) + 16;
  *temporary = malloc(size);
  if (*temporary == NULL) return cli_error_memory(err);
  snprintf(*temporary, size, "%s.tmp-XXXXXX", path);
  *descriptor = mkstemp(*temporary);
  if (*descriptor >= 0) return IG_OK;
  const int reason = errno;
  cli_error(err, IG_ERROR_IO, "%s: cannot write into %s: %s", path, dirname(*temporary),
            strerror(reason));
  free(*temporary);
  return IG_ERROR_IO;
}

ig_status cli_whole_file_check(const char *path, ig_error *err) {
  struct stat info;
  if (cli_is_standard(path)) return IG_OK;
  const bool exists = stat(path, &info) == 0;
  if (cli_is_direct(path))
    return exists && access(path, W_OK) == 0 && !S_ISDIR(info.st_mode)
               ? IG_OK
               : cli_error(err, IG_ERROR_IO, "%s: cannot be written", path);
  char *final = cli_final_path(path, exists), *temporary = NULL;
  if (final == NULL) return fail_system(path, err);
  int descriptor;
  const ig_status status = open_temporary(final, &temporary, &descriptor, err);
  free(final);
  if (status != IG_OK) return status;
  unlink(temporary);
  close(descriptor);
  free(temporary);
  return IG_OK;
}

static bool put_text(FILE *file, const char *text, size_t size) {
  return file != NULL && fwrite(text, 1, size, file) == size && fflush(file) == 0;
}

static ig_status replace_file(const char *final, mode_t mode, const char *text, size_t size,
                              ig_error *err) {
  char *temporary;
  int descriptor;
  const ig_status status = open_temporary(final, &temporary, &descriptor, err);
  if (status != IG_OK) return status;
  FILE *file = fdopen(descriptor, "w");
  errno = 0;
  bool good = put_text(file, text, size) && fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0;
  if (file == NULL)
    close(descriptor);
  else
    good = fclose(file) == 0 && good;
  good = good && rename(temporary, final) == 0;
  if (!good) {
    fail_system(final, err);
    unlink(temporary);
  }
  free(temporary);
  return good ? IG_OK : IG_ERROR_IO;
}

ig_status cli_whole_file_write(const char *path, const char *text, size_t size, ig_error *err) {
  struct stat info;
  errno = 0;
  if (cli_is_standard(path))
    return put_text(stdout, text, size) ? IG_OK : fail_system("standard output", err);
  if (cli_is_direct(path)) {
    FILE *file = cli_open_direct(path);
    bool good = put_text(file, text, size);
    if (file != NULL) good = fclose(file) == 0 && good;
    return good ? IG_OK : fail_system(path, err);
  }
  const bool exists = stat(path, &info) == 0;
  char *final = cli_final_path(path, exists);
  if (final == NULL) return fail_system(path, err);
  const mode_t mask = umask(0);
  umask(mask);
  const ig_status status =
      replace_file(final, exists ? info.st_mode & 07777 : 0666 & ~mask, text, size, err);
  free(final);
  return status;
}
