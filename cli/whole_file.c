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

static ig_status open_beside(cli_whole_file *f, ig_error *err) {
  struct stat info;
  const bool exists = stat(f->path, &info) == 0;
  const mode_t mask = umask(0);
  umask(mask);
  f->mode = exists ? info.st_mode & 07777 : 0666 & ~mask;
  f->final = cli_final_path(f->path, exists);
  if (f->final == NULL) return fail_system(f->path, err);
  int descriptor;
  const ig_status status = open_temporary(f->final, &f->temporary, &descriptor, err);
  if (status != IG_OK) {
    f->temporary = NULL;  // it was freed
    return status;
  }
  f->file = fdopen(descriptor, "w");
  if (f->file != NULL) return IG_OK;
  close(descriptor);
  return fail_system(f->path, err);
}

ig_status cli_whole_file_open(cli_whole_file *f, const char *path, ig_error *err) {
  *f = (cli_whole_file){.path = cli_is_standard(path) ? "standard output" : path};
  errno = 0;
  if (!cli_is_standard(path) && !cli_is_direct(path)) return open_beside(f, err);
  f->file = cli_is_standard(path) ? stdout : cli_open_direct(path);
  return f->file != NULL ? IG_OK : fail_system(path, err);
}

ig_status cli_whole_file_commit(cli_whole_file *f, ig_error *err) {
  errno = 0;
  bool good = !ferror(f->file) && fflush(f->file) == 0;
  if (f->final != NULL)
    good = good && fchmod(fileno(f->file), f->mode) == 0 && fsync(fileno(f->file)) == 0;
  if (f->file != stdout) good = fclose(f->file) == 0 && good;
  f->file = NULL;
  if (f->final != NULL && good && rename(f->temporary, f->final) == 0) {
    free(f->temporary);
    f->temporary = NULL;
  } else if (f->final != NULL) {
    good = false;
  }
  if (!good) fail_system(f->path, err);
  cli_whole_file_close(f);
  return good ? IG_OK : IG_ERROR_IO;
}

void cli_whole_file_close(cli_whole_file *f) {
  if (f->file != NULL && f->file != stdout) fclose(f->file);
  if (f->temporary != NULL) unlink(f->temporary);
  free(f->temporary);
  free(f->final);
  *f = (cli_whole_file){0};
}

ig_status cli_whole_file_write(const char *path, const char *text, size_t size, ig_error *err) {
  cli_whole_file f;
  ig_status status = cli_whole_file_open(&f, path, err);
  if (status == IG_OK) {
    (void)fwrite(text, 1, size, f.file);  // what failed is found when the file is complete
    status = cli_whole_file_commit(&f, err);
  }
  cli_whole_file_close(&f);
  return status;
}
