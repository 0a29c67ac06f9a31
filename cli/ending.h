// A signal that ends the process: how many lines are written is said all the same.
#ifndef CLI_ENDING_H
#define CLI_ENDING_H
#include <stdbool.h>
#include <stddef.h>

typedef struct cli_ending {
  const char *partial, *state;  // of the output (partial.h), borrowed; NULL: it has none
  bool json;                    // say it as one JSON object
} cli_ending;

// From now on SIGINT, SIGTERM and SIGHUP wait for cli_ending_begin or cli_ending_end: files are
// being made, and whoever is stopped meanwhile must leave none.
void cli_ending_hold(void);
// From now on SIGINT, SIGTERM and SIGHUP say on standard error that translate was interrupted, and
// how many lines are written, before they end the process. A partial output without lines is
// removed then.
void cli_ending_begin(const cli_ending *ending);
void cli_ending_count(size_t lines);
void cli_ending_end(void);

// "; 12 lines written to OUT.partial: the same command with --resume goes on", or without a partial
// output "; 12 lines written".
void cli_ending_text(char *text, size_t size, size_t lines, const char *partial);
#endif
