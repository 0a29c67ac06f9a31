#include "temporaries.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

// NULL: a free entry. More than one command opens at the same time.
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

static void replace_pending(const char *from, const char *to) {
  for (size_t i = 0; i < sizeof pending / sizeof *pending; i++)
    if (pending[i] == from) {
      pending[i] = to;
      return;
    }
}

void cli_temporaries_watch(const char *path) {
  replace_pending(NULL, path);
  watch_signals();
}

void cli_temporaries_forget(const char *path) { replace_pending(path, NULL); }
