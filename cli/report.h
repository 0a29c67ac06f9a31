// What the user sees on standard error: messages, errors, a progress bar on a terminal, JSON lines
// on request. One per process.
#ifndef CLI_REPORT_H
#define CLI_REPORT_H
#include "ingot.h"
#include "options.h"

typedef struct cli_log {
  bool quiet;  // warnings and errors only
  bool json;   // one object a line
  bool clock;  // lines say when they were written
} cli_log;

// The reporter to hand to the library. bar_allowed is false if data goes to the same terminal.
ig_reporter cli_report_begin(const cli_log *log, bool bar_allowed);
void cli_report_end(void);  // ends the line of the bar

// Both print "ingot VERB: …" and return the exit code that goes with it.
int cli_fail(const cli_verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
int cli_usage_error(const cli_verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// As cli_fail, with a message of the library. Where it begins with the member of its options that
// an option of the verb sets ("n_best: …"), the option's name stands there ("--n-best: …").
int cli_fail_of_library(const cli_verb *verb, const char *message);
// As cli_fail, with the message that memory is out.
int cli_fail_memory(const cli_verb *verb);
#endif
