// Line files and atomic output: see lines.h.
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ig_status fail(ig_error *err, ig_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static ig_status fail(ig_error *err, ig_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  err->status = status;
  vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return status;
}

bool cli_is_standard(const char *path) { return path == NULL || strcmp(path, "-") == 0; }

// ---- input ------------------------------------------------------------------

#define FIRST_BUFFER ((size_t)1 << 16)
#define MOST_WAITS 20

ig_status cli_input_open(cli_input *input, const char *path, ig_error *err) {
  *input = (cli_input){.descriptor = STDIN_FILENO, .name = "standard input"};
  if (cli_is_standard(path)) return IG_OK;
  input->name = path;
  input->descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (input->descriptor >= 0) return IG_OK;
  input->name = NULL;
  return fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
}

void cli_input_close(cli_input *input) {
  if (input->name != NULL && input->descriptor != STDIN_FILENO) close(input->descriptor);
  free(input->buffer);
  *input = (cli_input){0};
}

// Whether a line lies in the buffer as a whole.
static bool has_line(cli_input *input) {
  const char *newline = input->scanned < input->end ? memchr(input->buffer + input->scanned, '\n',
                                                             input->end - input->scanned)
                                                    : NULL;
  input->scanned = newline != NULL ? (size_t)(newline - input->buffer) : input->end;
  return newline != NULL;
}

// Room for more bytes and for a NUL behind them. What is left of the last line moves to the front.
static bool make_room(cli_input *input) {
  if (input->begin > 0) {
    memmove(input->buffer, input->buffer + input->begin, input->end - input->begin);
    input->end -= input->begin;
    input->scanned -= input->begin;
    input->begin = 0;
  }
  if (input->end + 1 < input->capacity) return true;
  const size_t capacity = input->capacity > 0 ? 2 * input->capacity : FIRST_BUFFER;
  char *grown = realloc(input->buffer, capacity);
  if (grown == NULL) return false;
  input->buffer = grown;
  input->capacity = capacity;
  return true;
}

static void read_more(cli_input *input) {
  if (!make_room(input)) {
    input->ended = true;
    input->failure = ENOMEM;
    return;
  }
  ssize_t n;
  do n = read(input->descriptor, input->buffer + input->end, input->capacity - input->end - 1);
  while (n < 0 && errno == EINTR);
  if (n > 0) input->end += (size_t)n;
  input->ended = n <= 0;
  input->failure = n < 0 ? errno : 0;
}

ig_status cli_input_read(cli_input *input, const char **line, size_t *length, ig_error *err) {
  bool whole;
  while (!(whole = has_line(input)) && !input->ended) read_more(input);
  *line = NULL;
  *length = 0;
  if (!whole && input->failure != 0)
    return fail(err, IG_ERROR_IO, "%s: %s", input->name, strerror(input->failure));
  if (!whole && input->begin == input->end) return IG_OK;
  *line = input->buffer + input->begin;
  *length = input->scanned - input->begin;
  input->buffer[input->scanned] = '\0';  // in place of the newline, or behind the last line
  input->begin = input->scanned += whole;
  return IG_OK;
}

static bool has_bytes(const cli_input *input, int milliseconds) {
  struct pollfd wanted = {.fd = input->descriptor, .events = POLLIN};
  return poll(&wanted, 1, milliseconds) != 0;  // what poll cannot tell, read will
}

// A pipe that has run dry may belong to a writer as fast as we are, who needs a moment to fill it
// again. It gets a few such moments for each time that we give up, so that one who writes slowly
// but steadily does not keep others waiting.
bool cli_input_ready(cli_input *input) {
  while (!has_line(input) && !input->ended) {
    if (!has_bytes(input, 0) && (++input->waits > MOST_WAITS || !has_bytes(input, 1))) {
      input->waits = 0;
      return false;
    }
    read_more(input);
  }
  return true;
}

static ig_status append_line(cli_text *text, size_t *capacity, const char *line, size_t length,
                             const char *name, ig_error *err) {
  if (memchr(line, '\0', length) != NULL)
    return fail(err, IG_ERROR_FORMAT, "%s:%zu: a NUL byte; this is no text", name, text->count + 1);
  if (text->count == *capacity) {
    *capacity = *capacity * 2 + 256;
    char **grown = realloc(text->lines, *capacity * sizeof *grown);
    if (grown == NULL)
      return fail(err, IG_ERROR_MEMORY, "%s: out of memory at line %zu", name, text->count + 1);
    text->lines = grown;
  }
  text->lines[text->count] = strdup(line);
  if (text->lines[text->count] == NULL)
    return fail(err, IG_ERROR_MEMORY, "%s: out of memory at line %zu", name, text->count + 1);
  text->count++;
  return IG_OK;
}

ig_status cli_text_read(cli_text *text, const char *path, ig_error *err) {
  *text = (cli_text){0};
  cli_input input;
  size_t capacity = 0, length;
  const char *line;
  ig_status status = cli_input_open(&input, path, err);
  while (status == IG_OK) {
    status = cli_input_read(&input, &line, &length, err);
    if (status != IG_OK || line == NULL) break;
    status = append_line(text, &capacity, line, length, input.name, err);
  }
  cli_input_close(&input);
  if (status != IG_OK) cli_text_free(text);
  return status;
}

void cli_text_free(cli_text *text) {
  for (size_t i = 0; i < text->count; i++) free(text->lines[i]);
  free(text->lines);
  *text = (cli_text){0};
}

// ---- output -----------------------------------------------------------------

// The temporaries that exist now, for the signal handler: a killed command leaves none behind.
static const char *volatile pending[4];

static void remove_pending(int signal_number) {
  for (size_t i = 0; i < sizeof pending / sizeof *pending; i++)
    if (pending[i] != NULL) unlink(pending[i]);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

static void watch_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old, action = {.sa_handler = remove_pending};
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
      sigaction(signals[i], &action, NULL);
  }
}

static void set_pending(const char *from, const char *to) {
  for (size_t i = 0; i < sizeof pending / sizeof *pending; i++)
    if (pending[i] == from) {
      pending[i] = to;
      return;
    }
}

static ig_status open_temporary(cli_output *output, mode_t mode, ig_error *err) {
  size_t size = strlen(output->path) + 16;
  output->temporary = malloc(size);
  if (output->temporary == NULL)
    return fail(err, IG_ERROR_MEMORY, "%s: out of memory", output->name);
  snprintf(output->temporary, size, "%s.tmp-XXXXXX", output->path);
  int descriptor = mkstemp(output->temporary);
  if (descriptor < 0) {
    const int reason = errno;
    fail(err, IG_ERROR_IO, "%s: cannot write into %s: %s", output->name, dirname(output->temporary),
         strerror(reason));
    free(output->temporary);
    output->temporary = NULL;
    return IG_ERROR_IO;
  }
  set_pending(NULL, output->temporary);
  watch_signals();
  output->file = fchmod(descriptor, mode) == 0 ? fdopen(descriptor, "w") : NULL;
  if (output->file != NULL) return IG_OK;
  close(descriptor);
  return fail(err, IG_ERROR_IO, "%s: %s", output->temporary, strerror(errno));
}

#define MOST_LINKS 40

// What a link points to, as a path from where we are; for the caller to free(). NULL: it is no
// link, or memory is out.
static char *link_target(const char *path) {
  char name[4096];
  const ssize_t length = readlink(path, name, sizeof name - 1);
  if (length < 0) return NULL;
  name[length] = '\0';
  const char *slash = strrchr(path, '/');
  const int before = slash != NULL && name[0] != '/' ? (int)(slash - path) + 1 : 0;
  const size_t size = (size_t)before + (size_t)length + 1;
  char *target = malloc(size);
  if (target != NULL) snprintf(target, size, "%.*s%s", before, path, name);
  return target;
}

// Where the bytes shall end: behind symbolic links, which stay, even where they point to nothing
// yet. For the caller to free().
static char *final_path(const char *path, bool exists) {
  if (exists) return realpath(path, NULL);
  char *final = strdup(path);
  for (int links = 0; final != NULL && links < MOST_LINKS; links++) {
    char *target = link_target(final);
    if (target == NULL) break;
    free(final);
    final = target;
  }
  return final;
}

// Two paths of which nothing exists: the directories decide. For the caller to free(); NULL where
// there is no directory either.
static char *future_path(const char *path) {
  char *final = final_path(path, false), *copy = final != NULL ? strdup(final) : NULL,
       *absolute = NULL;
  char *directory = copy != NULL ? realpath(dirname(copy), NULL) : NULL;
  if (directory != NULL) {
    const char *slash = strrchr(final, '/'), *name = slash != NULL ? slash + 1 : final;
    const size_t size = strlen(directory) + strlen(name) + 2;
    absolute = malloc(size);
    if (absolute != NULL) snprintf(absolute, size, "%s/%s", directory, name);
  }
  free(directory);
  free(copy);
  free(final);
  return absolute;
}

bool cli_same_file(const char *one, const char *other) {
  if (cli_is_standard(one) || cli_is_standard(other)) return false;
  struct stat a, b;
  const bool exists = stat(one, &a) == 0;
  if (exists != (stat(other, &b) == 0)) return false;
  if (exists) return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  char *path = future_path(one), *other_path = future_path(other);
  const bool same = path != NULL && other_path != NULL && strcmp(path, other_path) == 0;
  free(path);
  free(other_path);
  return same;
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
    return output->file != NULL ? IG_OK : fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
  }
  mode_t mask = umask(0);
  umask(mask);
  output->path = final_path(path, exists);
  if (output->path == NULL) return fail(err, IG_ERROR_IO, "%s: %s", path, strerror(errno));
  ig_status status = open_temporary(output, exists ? info.st_mode & 07777 : 0666 & ~mask, err);
  if (status != IG_OK) cli_output_abandon(output);
  return status;
}

ig_status cli_output_line(cli_output *output, const char *line, size_t length, ig_error *err) {
  if (fwrite(line, 1, length, output->file) != length || fputc('\n', output->file) == EOF)
    return fail(err, IG_ERROR_IO, "%s: %s", output->name, strerror(errno));
  return IG_OK;
}

ig_status cli_output_flush(cli_output *output, ig_error *err) {
  return fflush(output->file) == 0
             ? IG_OK
             : fail(err, IG_ERROR_IO, "%s: %s", output->name, strerror(errno));
}

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

ig_status cli_output_commit(cli_output *output, ig_error *err) {
  errno = 0;
  bool good = fflush(output->file) == 0 && !ferror(output->file);
  if (output->temporary != NULL) {
    good = good && fsync(fileno(output->file)) == 0;
    good = fclose(output->file) == 0 && good;
    output->file = NULL;
    good = good && rename(output->temporary, output->path) == 0;
    if (good) {
      set_pending(output->temporary, NULL);
      free(output->temporary);
      output->temporary = NULL;
      sync_directory(output->path);
    }
  }
  ig_status status =
      good ? IG_OK
           : fail(err, IG_ERROR_IO, "%s: %s", output->name, strerror(errno != 0 ? errno : EIO));
  cli_output_abandon(output);
  return status;
}

void cli_output_abandon(cli_output *output) {
  if (output->file != NULL && output->file != stdout) fclose(output->file);
  if (output->temporary != NULL) {
    unlink(output->temporary);
    set_pending(output->temporary, NULL);
  }
  free(output->temporary);
  free(output->path);
  *output = (cli_output){0};
}
