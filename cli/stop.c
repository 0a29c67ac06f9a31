#include "stop.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static ig_interrupter *interrupter;  // of the one run of this process; never freed
static bool announced;               // set before the handler is installed

// The first signal asks to stop, and to save what the verb saves; the next one kills. SIGHUP only
// asks: a terminal that is closed may send it several times, and its shell once more.
static void ask_to_stop(int signal_number) {
  static const char text[] = "\nstopping as soon as it can (a second signal stops at once)\n";
  stop_signal = signal_number;
  if (signal_number != SIGHUP) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
  }
  ig_interrupt(interrupter);
  if (announced && write(STDERR_FILENO, text, sizeof text - 1) < 0) return;
}

ig_interrupter *cli_stop_on_signals(bool announce) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  ig_error unused;
  announced = announce;
  // Without memory for it nothing stops gently, and the signals do what they do by default.
  if (ig_interrupter_create(&interrupter, &unused) != IG_OK) return NULL;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    struct sigaction old, action = {.sa_handler = ask_to_stop, .sa_flags = SA_RESTART};
    // An ignored SIGINT (a shell's background job) stays ignored, and so does nohup's SIGHUP.
    if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
      sigaction(signals[i], &action, NULL);
  }
  return interrupter;
}

int cli_stop_code(ig_status status, int code) {
  return status == IG_INTERRUPTED && stop_signal != 0 ? 128 + stop_signal : code;
}
