#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // pipe2
#endif
#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/launcher.h"
#include "base/number.h"

enum { MOST_OUTPUT = 1 << 20, SHOWN = 200 };

// The command as a process, in a group of its own, so that all that it begins can be stopped.
typedef struct running_command {
  const char *command;
  pid_t process;
  int descriptor;  // that its output is read from
  char *text;
  size_t size, capacity;
} running_command;

// ---- beginning --------------------------------------------------------------

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                   const int ends[2]) {
  int failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_adddup2(actions, ends[1], STDOUT_FILENO);
  if (!failed) failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP);
  if (!failed) failed = posix_spawnattr_setpgroup(attributes, 0);
  return failed;
}

// "COMMAND "$@"" with the argument as $1: the shell does not look into it.
static int spawn(running_command *r, const char *argument, const int ends[2], char *script,
                 char *const *environment) {
  char *const words[] = {(char *)"sh", (char *)"-c", script, (char *)"sh", (char *)argument, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (!failed) {
    failed = prepare(&actions, &attributes, ends);
    if (!failed)
      failed = posix_spawn(&r->process, "/bin/sh", &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static ig_status begin(running_command *r, const char *argument, ig_error *err) {
  static const char *const rest = " \"$@\"";
  size_t end = strlen(r->command);  // without line ends: after one the argument would be a command
  while (end > 0 && strchr(" \t\r\n", r->command[end - 1])) end--;
  const size_t length = end + strlen(rest) + 1;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return ig_fail_system(err, r->command, "run");
  char *script = ig_allocate(length, 1, err), **environment = NULL;
  if (script) snprintf(script, length, "%.*s%s", (int)end, r->command, rest);
  const bool ready = script && ig_launcher_environment(&environment, err) == IG_OK;
  const int failed = ready ? spawn(r, argument, ends, script, environment) : ENOMEM;
  free(environment);
  free(script);
  close(ends[1]);
  r->descriptor = ends[0];
  errno = failed;
  return failed ? ig_fail_system(err, r->command, "run") : IG_OK;
}

// ---- reading ----------------------------------------------------------------

// Forgets the older half once there is more than the last megabyte.
static void forget_beginning(running_command *r) {
  if (r->size <= 2 * (size_t)MOST_OUTPUT) return;
  memmove(r->text, r->text + r->size - MOST_OUTPUT, MOST_OUTPUT);
  r->size = MOST_OUTPUT;
}

static ig_status read_output(running_command *r, const ig_interrupter *interrupter, ig_error *err) {
  enum { PIECE = 4096 };
  for (;;) {
    forget_beginning(r);
    IG_TRY(ig_allocate_more((void **)&r->text, &r->capacity, r->size + PIECE + 1, 1, err));
    IG_TRY(ig_interrupt_wait_to_read(interrupter, r->descriptor, err));
    const ssize_t count = read(r->descriptor, r->text + r->size, PIECE);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ig_fail_system(err, r->command, "read from");
    r->text[r->size + (size_t)count] = '\0';
    if (count == 0) return IG_OK;
    r->size += (size_t)count;
  }
}

// Its end is near once its output has ended, unless it closed that and goes on.
static ig_status wait_for_end(const running_command *r, const ig_interrupter *interrupter, int *how,
                              ig_error *err) {
  for (;;) {
    const pid_t found = waitpid(r->process, how, interrupter ? WNOHANG : 0);
    if (found == r->process) return IG_OK;
    if (found < 0 && errno != EINTR) return ig_fail_system(err, r->command, "wait for");
    if (ig_interrupt_requested(interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted while a command ran");
    if (found == 0) usleep(1000);
  }
}

static void stop(const running_command *r) {
  int how;
  kill(-r->process, SIGKILL);
  while (waitpid(r->process, &how, 0) < 0 && errno == EINTR) {
  }
}

// ---- the end ----------------------------------------------------------------

void ig_command_last_line(const char *output, char *out, size_t size) {
  static const char *const blank = " \t\r\n\f\v";
  size_t end = strlen(output);
  while (end > 0 && strchr(blank, output[end - 1])) end--;
  size_t first = end;
  while (first > 0 && output[first - 1] != '\n') first--;
  while (first < end && strchr(blank, output[first])) first++;
  const size_t length = end - first < size - 1 ? end - first : size - 1;
  memcpy(out, output + first, length);
  out[length] = '\0';
}

static ig_status judge(const running_command *r, int how, ig_error *err) {
  char line[SHOWN];
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return IG_OK;
  ig_command_last_line(r->text, line, sizeof line);
  return ig_fail(err, IG_ERROR_IO, "'%.200s' ended with %s %d%s%s%s", r->command,
                 WIFEXITED(how) ? "exit code" : "signal",
                 WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how), *line ? ": '" : "", line,
                 *line ? "'" : "");
}

ig_status ig_command_run(const char *command, const char *argument,
                         const ig_interrupter *interrupter, char **output, ig_error *err) {
  running_command r = {.command = command, .descriptor = -1};
  int how = 0;
  *output = NULL;
  ig_status status = begin(&r, argument, err);
  if (status == IG_OK) {
    status = read_output(&r, interrupter, err);
    if (status == IG_OK) status = wait_for_end(&r, interrupter, &how, err);
    if (status != IG_OK) stop(&r);
  }
  if (r.descriptor >= 0) close(r.descriptor);
  if (status == IG_OK) status = judge(&r, how, err);
  if (status == IG_OK)
    *output = r.text;
  else
    free(r.text);
  return status;
}

ig_status ig_command_number(const char *command, const char *argument,
                            const ig_interrupter *interrupter, double *out, ig_error *err) {
  char *output, line[200];
  IG_TRY(ig_command_run(command, argument, interrupter, &output, err));
  ig_command_last_line(output, line, sizeof line);
  free(output);
  if (ig_number_parse(line, out)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "expected a number on the last line that '%.200s' writes, found '%s'", command,
                 line);
}
