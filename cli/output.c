#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "paths.h"
#include "temporaries.h"

static ig_status open_temporary(cli_output *output, mode_t mode, ig_error *err) {
  size_t size = strlen(output->path) + 16;
  output->temporary = malloc(size);
  if (output->temporary == NULL)
    return cli_error(err, IG_ERROR_MEMORY, "%s: out of memory", output->name);
  snprintf(output->temporary, size, "%s.tmp-XXXXXX", output->path);
  int descriptor = mkstemp(output->temporary);
  if (descriptor < 0) {
    const int reason = errno;
    cli_error(err, IG_ERROR_IO, "%s: cannot write into %s: %s", output->name,
              dirname(output->temporary), strerror(reason));
    free(output->temporary);
    output->temporary = NULL;
    return IG_ERROR_IO;
  }
  cli_temporaries_watch(output->temporary);
  output->file = fchmod(descriptor, mode) == 0 ? fdopen(descriptor, "w") : NULL;
  if (output->file != NULL) return IG_OK;
  close(descriptor);
  return cli_error(err, IG_ERROR_IO, "%s: %s", output->temporary, strerror(errno));
}

ig_status cli_output_open(cli_output *output, const char *path, ig_error *err) {
  *output = (cli_output){.file = stdout, .name = "standard output"};
  if (cli_is_standard(path)) return IG_OK;
  output->name = path;
  output->file = NULL;
  struct stat info;
  bool exists = stat(path, &info) == 0;
  if (exists && !S_ISREG(info.st_mode)) {
    output->file = fopen(path, "w");
    return output->file != NULL ? IG_OK
                                : cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
  }
  mode_t mask = umask(0);
  umask(mask);
  output->path = cli_final_path(path, exists);
  if (output->path == NULL) return cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
  ig_status status = open_temporary(output, exists ? info.st_mode & 07777 : 0666 & ~mask, err);
  if (status != IG_OK) cli_output_abandon(output);
  return status;
}

ig_status cli_output_line(cli_output *output, const char *line, size_t length, ig_error *err) {
  if (fwrite(line, 1, length, output->file) != length || fputc('\n', output->file) == EOF)
    return cli_error(err, IG_ERROR_IO, "%s: %s", output->name, strerror(errno));
  return IG_OK;
}

ig_status cli_output_flush(cli_output *output, ig_error *err) {
  return fflush(output->file) == 0
             ? IG_OK
             : cli_error(err, IG_ERROR_IO, "%s: %s", output->name, strerror(errno));
}

// Makes the rename last; that the directory cannot be synced is no failure, for some file systems
// cannot.
static void sync_directory(const char *path) {
  char *copy = strdup(path);
  if (copy == NULL) return;
  int descriptor = open(dirname(copy), O_RDONLY);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
  free(copy);
}

// Renames the temporary once its bytes are on the disk. False: errno says why not.
static bool put_in_place(cli_output *output) {
  const bool synced = fsync(fileno(output->file)) == 0;
  const bool closed = fclose(output->file) == 0;
  output->file = NULL;
  if (!synced || !closed || rename(output->temporary, output->path) != 0) return false;
  cli_temporaries_forget(output->temporary);
  free(output->temporary);
  output->temporary = NULL;
  sync_directory(output->path);
  return true;
}

ig_status cli_output_commit(cli_output *output, ig_error *err) {
  errno = 0;
  bool good = fflush(output->file) == 0 && !ferror(output->file);
  if (good && output->temporary != NULL) good = put_in_place(output);
  const int reason = errno != 0 ? errno : EIO;
  const ig_status status =
      good ? IG_OK : cli_error(err, IG_ERROR_IO, "%s: %s", output->name, strerror(reason));
  cli_output_abandon(output);
  return status;
}

void cli_output_abandon(cli_output *output) {
  if (output->file != NULL && output->file != stdout) fclose(output->file);
  if (output->temporary != NULL) {
    unlink(output->temporary);
    cli_temporaries_forget(output->temporary);
  }
  free(output->temporary);
  free(output->path);
  *output = (cli_output){0};
}
