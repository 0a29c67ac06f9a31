#include "partial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "error.h"
#include "paths.h"

#define MARK_FORMAT "at %zu %zu %016" PRIx64 " %016" PRIx64 "\n"
#define MARK_SCAN "at %zu %zu %16" SCNx64 " %16" SCNx64

uint64_t cli_partial_chain(uint64_t before, const char *line, size_t length) {
  return XXH3_64bits_withSeed(line, length, before);
}

// ---- opening ----------------------------------------------------------------

static char *with_suffix(const char *path, const char *suffix) {
  const size_t size = strlen(path) + strlen(suffix) + 1;
  char *text = malloc(size);
  if (text != NULL) snprintf(text, size, "%s%s", path, suffix);
  return text;
}

static ig_status name_files(cli_partial *p, const char *path, bool exists, ig_error *err) {
  p->path = cli_final_path(path, exists);
  if (p->path == NULL) return cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
  p->partial = with_suffix(p->path, ".partial");
  p->state = with_suffix(p->path, ".partial.state");
  return p->partial != NULL && p->state != NULL ? IG_OK : cli_error_memory(err);
}

static ig_status refuse_kind(const char *path, ig_error *err) {
  return cli_error(err, IG_ERROR_IO,
                   "%s is in the way: expected a regular file of an unfinished run, or nothing",
                   path);
}

// Opens a file of ours: links are not followed, so that nothing elsewhere is written to.
static ig_status open_own(const char *path, int flags, mode_t mode, int *descriptor,
                          ig_error *err) {
  const mode_t ours = mode | S_IRUSR | S_IWUSR;
  *descriptor = open(path, flags | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, ours);
  const int reason = errno;
  struct stat info;
  if (*descriptor >= 0 && fstat(*descriptor, &info) == 0 && S_ISREG(info.st_mode)) return IG_OK;
  if (*descriptor >= 0) close(*descriptor);
  const bool opened = *descriptor >= 0;
  *descriptor = -1;
  if (opened || reason == ELOOP || reason == EISDIR || reason == ENXIO)
    return refuse_kind(path, err);
  char *copy = strdup(path);
  cli_error(err, IG_ERROR_IO, "cannot write into %s: %s", copy != NULL ? dirname(copy) : path,
            strerror(reason));
  free(copy);
  return IG_ERROR_IO;
}

// True if the name still leads to the open file: a run that ended meanwhile has renamed it.
static bool is_still_named(const char *path, int descriptor) {
  struct stat named, open;
  return lstat(path, &named) == 0 && fstat(descriptor, &open) == 0 && named.st_dev == open.st_dev &&
         named.st_ino == open.st_ino;
}

// Opens OUT.partial and locks it. A file system that has no locks is written to without.
static ig_status open_partial(cli_partial *p, ig_error *err) {
  int descriptor = -1;
  for (bool named = false; !named; named = is_still_named(p->partial, descriptor)) {
    if (descriptor >= 0) close(descriptor);
    const ig_status status = open_own(p->partial, O_RDWR, p->mode, &descriptor, err);
    if (status != IG_OK) return status;
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      close(descriptor);
      return cli_error(err, IG_ERROR_IO, "%s: another process is writing it", p->partial);
    }
  }
  p->file = fdopen(descriptor, "r+");
  if (p->file != NULL) return IG_OK;
  close(descriptor);
  return cli_error_memory(err);
}

static ig_status fail_system(const char *path, ig_error *err) {
  return cli_error(err, IG_ERROR_IO, "%s: %s", path, strerror(errno != 0 ? errno : EIO));
}

static ig_status begin_anew(cli_partial *p, const char *identity, ig_error *err) {
  const size_t length = strlen(identity);
  errno = 0;
  if (ftruncate(fileno(p->file), 0) != 0) return fail_system(p->partial, err);
  if (ftruncate(p->state_descriptor, 0) != 0 ||
      write(p->state_descriptor, identity, length) != (ssize_t)length)
    return fail_system(p->state, err);
  return IG_OK;
}

// ---- going on ---------------------------------------------------------------

// A walk through OUT.partial and the marks of its state, both from the beginning.
typedef struct mark_search {
  FILE *state;
  FILE *lines;     // OUT.partial
  cli_mark at;     // of `lines`: bytes and hash so far
  cli_mark found;  // the last mark that OUT.partial agrees with
  size_t marks;    // compared
  long state_end;  // after the found mark
  char *line;      // of getline
  size_t capacity;
} mark_search;

static ig_status refuse_identity(const cli_partial *p, const char *found, const char *expected,
                                 ig_error *err) {
  return cli_error(err, IG_ERROR_ARGUMENT,
                   "%s: cannot go on: it was made with '%.200s', and now it is '%.200s'; remove it "
                   "to begin anew",
                   p->partial, found, expected);
}

// Compares the first lines of the state with the identity, line by line.
static ig_status check_identity(const cli_partial *p, mark_search *s, const char *identity,
                                ig_error *err) {
  for (const char *expected = identity; *expected != '\0';) {
    const size_t length = (size_t)(strchr(expected, '\n') - expected);
    char *wanted = strndup(expected, length);
    if (wanted == NULL) return cli_error_memory(err);
    const ssize_t got = getline(&s->line, &s->capacity, s->state);
    ig_status status = IG_OK;
    if (got <= 0 || s->line[got - 1] != '\n') {
      status = cli_error(err, IG_ERROR_FORMAT,
                         "%s: cannot go on: %s does not say what it was made with; remove it to "
                         "begin anew",
                         p->partial, p->state);
    } else {
      s->line[got - 1] = '\0';
      if (strcmp(s->line, wanted) != 0) status = refuse_identity(p, s->line, wanted, err);
    }
    free(wanted);
    if (status != IG_OK) return status;
    expected += length + 1;
  }
  s->state_end = ftell(s->state);
  return IG_OK;
}

// Reads whole lines of OUT.partial until so many bytes are read. False: it does not come to that.
static bool read_to(mark_search *s, size_t bytes) {
  while (s->at.bytes < bytes) {
    const ssize_t got = getline(&s->line, &s->capacity, s->lines);
    if (got <= 0 || s->line[got - 1] != '\n') return false;
    s->at.bytes += (size_t)got;
    s->at.output = cli_partial_chain(s->at.output, s->line, (size_t)got - 1);
  }
  return s->at.bytes == bytes;
}

// The next mark of the state; false: there is none, or it was cut.
static bool next_mark(mark_search *s, cli_mark *mark) {
  char text[128];
  return fgets(text, sizeof text, s->state) != NULL && strchr(text, '\n') != NULL &&
         sscanf(text, MARK_SCAN, &mark->lines, &mark->bytes, &mark->input, &mark->output) == 4;
}

static ig_status find_mark(const cli_partial *p, mark_search *s, ig_error *err) {
  cli_mark mark;
  while (next_mark(s, &mark)) {
    s->marks++;
    if (!read_to(s, mark.bytes) || s->at.output != mark.output) break;
    s->found = mark;
    s->state_end = ftell(s->state);
  }
  // Less than the first mark says may be what a power failure left; other bytes are another's work.
  if (s->marks > 0 && s->found.lines == 0 && s->at.bytes >= mark.bytes)
    return cli_error(err, IG_ERROR_FORMAT,
                     "%s: cannot go on: it was changed after it was written; remove it to begin "
                     "anew",
                     p->partial);
  return IG_OK;
}

static ig_status search_mark(cli_partial *p, mark_search *s, const char *identity, ig_error *err) {
  s->state = fopen(p->state, "re");
  s->lines = fopen(p->partial, "re");
  if (s->state == NULL || s->lines == NULL) return fail_system(p->partial, err);
  const ig_status status = check_identity(p, s, identity, err);
  return status == IG_OK ? find_mark(p, s, err) : status;
}

// Finds where to go on and cuts both files there.
static ig_status go_on(cli_partial *p, const char *identity, ig_error *err) {
  mark_search s = {0};
  const ig_status status = search_mark(p, &s, identity, err);
  if (s.state != NULL) fclose(s.state);
  if (s.lines != NULL) fclose(s.lines);
  free(s.line);
  if (status != IG_OK) return status;
  p->mark = s.found;
  errno = 0;
  if (ftruncate(p->state_descriptor, s.state_end) != 0) return fail_system(p->state, err);
  if (ftruncate(fileno(p->file), (off_t)p->mark.bytes) != 0 ||
      fseeko(p->file, (off_t)p->mark.bytes, SEEK_SET) != 0)
    return fail_system(p->partial, err);
  return IG_OK;
}

static ig_status begin_or_go_on(cli_partial *p, const cli_partial_options *options, ig_error *err) {
  struct stat info;
  if (fstat(fileno(p->file), &info) != 0) return fail_system(p->partial, err);
  const bool has_lines = info.st_size > 0;
  if (has_lines && !options->resume)
    return cli_error(err, IG_ERROR_ARGUMENT,
                     "%s holds finished lines of an earlier run: --resume goes on from it; remove "
                     "it to begin anew",
                     p->partial);
  const ig_status status =
      open_own(p->state, O_WRONLY | O_APPEND, p->mode, &p->state_descriptor, err);
  if (status != IG_OK) return status;
  return has_lines ? go_on(p, options->identity, err) : begin_anew(p, options->identity, err);
}

static void close_files(cli_partial *p) {
  if (p->file != NULL) fclose(p->file);
  if (p->state_descriptor >= 0) close(p->state_descriptor);
  free(p->path);
  free(p->partial);
  free(p->state);
  *p = (cli_partial){.state_descriptor = -1};
}

ig_status cli_partial_open(cli_partial *p, const cli_partial_options *options, ig_error *err) {
  *p = (cli_partial){.state_descriptor = -1};
  struct stat info;
  const bool exists = stat(options->path, &info) == 0;
  const mode_t mask = umask(0);
  umask(mask);
  p->mode = exists ? info.st_mode & 07777 : 0666 & ~mask;
  ig_status status = name_files(p, options->path, exists, err);
  if (status == IG_OK) status = open_partial(p, err);
  if (status == IG_OK) status = begin_or_go_on(p, options, err);
  if (status == IG_OK) return IG_OK;
  // What holds nothing was made by this call, or is as good.
  if (p->file != NULL && fstat(fileno(p->file), &info) == 0 && info.st_size == 0) {
    unlink(p->partial);
    if (p->state_descriptor >= 0) unlink(p->state);
  }
  close_files(p);
  return status;
}

// ---- marks and the end ------------------------------------------------------

ig_status cli_partial_record(cli_partial *p, const cli_mark *mark, ig_error *err) {
  char text[128];
  const int length =
      snprintf(text, sizeof text, MARK_FORMAT, mark->lines, mark->bytes, mark->input, mark->output);
  errno = 0;
  if (write(p->state_descriptor, text, (size_t)length) != length) return fail_system(p->state, err);
  p->mark = *mark;
  return IG_OK;
}

// Makes the rename last; that the directory cannot be synced is no failure, for some file systems
// cannot.
static void sync_directory(const char *path) {
  char *copy = strdup(path);
  if (copy == NULL) return;
  const int descriptor = open(dirname(copy), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
  free(copy);
}

// Puts the bytes on the disk and closes the file.
static bool close_written(cli_partial *p) {
  (void)fchmod(fileno(p->file), p->mode);
  const bool synced = fflush(p->file) == 0 && fsync(fileno(p->file)) == 0;
  const bool closed = fclose(p->file) == 0;
  p->file = NULL;
  return synced && closed;
}

ig_status cli_partial_commit(cli_partial *p, ig_error *err) {
  errno = 0;
  const int lock = dup(fileno(p->file));  // keeps the lock until the file has its name
  const bool good = close_written(p) && rename(p->partial, p->path) == 0;
  const ig_status status = good ? IG_OK : fail_system(p->path, err);
  if (good) {
    sync_directory(p->path);
    unlink(p->state);
  }
  if (lock >= 0) close(lock);
  close_files(p);
  return status;
}

void cli_partial_stop(cli_partial *p) {
  if (p->path == NULL) return;
  // What the buffer holds must not come after the last mark: it is not whole.
  const int descriptor = dup(fileno(p->file));
  fclose(p->file);
  p->file = NULL;
  if (p->mark.lines == 0) {
    unlink(p->partial);
    unlink(p->state);
  } else if (descriptor >= 0) {
    (void)!ftruncate(descriptor, (off_t)p->mark.bytes);
  }
  if (descriptor >= 0) close(descriptor);
  close_files(p);
}
