// Processes that a launcher has started together: each runs the same verb.
#ifndef CLI_RANKS_H
#define CLI_RANKS_H
#include "ingot_cluster.h"
#include "options.h"

// Joins them. *out NULL: this process is alone. Returns CLI_GO_ON, or the exit code after an error,
// which has been told.
int cli_ranks_join(const cli_verb *verb, ig_cluster **out);
// Leaves them after the verb's work, tells of a failure, once for all of them where it can, and
// returns the exit code. err: of the work, where status is not IG_OK.
int cli_ranks_end(const cli_verb *verb, ig_cluster *cluster, ig_status status, const ig_error *err);
// The same where the verb has told of its failure already, and ends with this exit code.
int cli_ranks_leave(const cli_verb *verb, ig_cluster *cluster, int code);
#endif
