#include "ending.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof ending_signals / sizeof *ending_signals };

// Set before the handler is installed, but for the count.
static cli_ending ending;
static char before_count[64], after_count[600], after_none[64];
static atomic_size_t written_lines;
static atomic_bool held;
static atomic_int held_signal;  // that came meanwhile; 0: none

// The functions that a handler may call are few: snprintf is not one of them.
static size_t put_count(char *to, size_t value) {
  char digits[24];
  size_t count = 0, used = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  while (count > 0) to[used++] = digits[--count];
  return used;
}

static size_t put_text(char *to, const char *text) {
  const size_t length = strlen(text);
  memcpy(to, text, length);
  return length;
}

static void say_and_end(int signal_number) {
  if (atomic_load(&held)) {
    atomic_store(&held_signal, signal_number);
    return;
  }
  char text[sizeof before_count + sizeof after_count + 32];
  const size_t lines = atomic_load(&written_lines);
  const bool nothing_kept = lines == 0 && ending.partial != NULL;
  size_t used = put_text(text, before_count);
  used += put_count(text + used, lines);
  used += put_text(text + used, lines == 1 ? " line" : " lines");
  used += put_text(text + used, nothing_kept ? after_none : after_count);
  if (nothing_kept) {
    unlink(ending.partial);
    unlink(ending.state);
  }
  if (write(STDERR_FILENO, text, used) < 0) used = 0;
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void cli_ending_text(char *text, size_t size, size_t lines, const char *partial) {
  if (partial != NULL && lines > 0)
    snprintf(text, size, "; %zu line%s written to %.400s: the same command with --resume goes on",
             lines, lines == 1 ? "" : "s", partial);
  else
    snprintf(text, size, "; %zu line%s written", lines, lines == 1 ? "" : "s");
}

// What a handler says around the count.
static void prepare_texts(void) {
  const char *close = ending.json ? "\"}\n" : "\n";
  snprintf(before_count, sizeof before_count, "%s",
           ending.json             ? "{\"level\": \"warning\", \"message\": \"interrupted; "
           : isatty(STDERR_FILENO) ? "\ningot translate: interrupted; "
                                   : "ingot translate: interrupted; ");
  snprintf(after_none, sizeof after_none, " written%s", close);
  if (ending.partial == NULL || ending.json)
    snprintf(after_count, sizeof after_count, " written%s", close);
  else
    snprintf(after_count, sizeof after_count,
             " written to %.400s: the same command with --resume goes on%s", ending.partial, close);
}

static void install_handlers(void) {
  for (size_t i = 0; i < SIGNALS; i++) {
    struct sigaction old, action = {.sa_handler = say_and_end, .sa_flags = SA_RESTART};
    // An ignored SIGINT (a shell's background job) stays ignored, and so does nohup's SIGHUP.
    if (sigaction(ending_signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
      sigaction(ending_signals[i], &action, NULL);
  }
}

void cli_ending_hold(void) {
  atomic_store(&held, true);
  install_handlers();
}

void cli_ending_begin(const cli_ending *e) {
  ending = *e;
  prepare_texts();
  install_handlers();
  atomic_store(&held, false);
  const int came = atomic_exchange(&held_signal, 0);
  if (came != 0) say_and_end(came);
}

void cli_ending_count(size_t lines) { atomic_store(&written_lines, lines); }

void cli_ending_end(void) {
  for (size_t i = 0; i < SIGNALS; i++) {
    struct sigaction old, action = {.sa_handler = SIG_DFL};
    if (sigaction(ending_signals[i], NULL, &old) == 0 && old.sa_handler == say_and_end)
      sigaction(ending_signals[i], &action, NULL);
  }
  atomic_store(&held, false);
  const int came = atomic_exchange(&held_signal, 0);
  if (came != 0) raise(came);
}
