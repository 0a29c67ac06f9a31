// Signals that ask long work to save its state and stop.
#ifndef CLI_STOP_H
#define CLI_STOP_H
#include <stdbool.h>
#include "ingot.h"

// From now on SIGINT, SIGTERM and SIGHUP interrupt the library's work that gets the interrupter;
// with `announce` a line on standard error says so. To be called once.
ig_interrupter *cli_stop_on_signals(bool announce);
// The exit code of work that ended with this status: 128 + the signal if one interrupted it, else
// `code`.
int cli_stop_code(ig_status status, int code);
#endif
