#include "ranks.h"

#include "ingot.h"
#include "report.h"

int cli_ranks_join(const cli_verb *verb, ig_cluster **out) {
  ig_error err = {0};
  return ig_cluster_join(out, &err) == IG_OK ? CLI_GO_ON : cli_fail(verb, "%s", err.message);
}

// Another rank that has failed may end at any moment now, and mpirun then ends this process: so
// rank 0 tells first and leaves later.
static int end_first(const cli_verb *verb, ig_cluster *cluster, ig_status status,
                     const ig_error *err) {
  ig_error end = {0};
  if (status == IG_OK)
    return ig_cluster_leave(cluster, NULL, &end) == IG_OK ? CLI_OK
                                                          : cli_fail(verb, "%s", end.message);
  cli_fail(verb, "%s", err->message);
  // All ranks are interrupted together: none has failed.
  ig_cluster_leave(cluster, status == IG_INTERRUPTED ? NULL : err, &end);
  return CLI_FAILED;
}

int cli_ranks_end(const cli_verb *verb, ig_cluster *cluster, ig_status status,
                  const ig_error *err) {
  const int rank = ig_cluster_rank(cluster);
  if (rank == 0) return end_first(verb, cluster, status, err);
  ig_error end = {0};
  const bool failed = status != IG_OK && status != IG_INTERRUPTED;
  const ig_status left = ig_cluster_leave(cluster, failed ? err : NULL, &end);
  if (left != IG_OK && end.message[0] != '\0') cli_fail(verb, "rank %d: %s", rank, end.message);
  return status == IG_OK && left == IG_OK ? CLI_OK : CLI_FAILED;
}

int cli_ranks_leave(const cli_verb *verb, ig_cluster *cluster, int code) {
  static const ig_error failure = {IG_ERROR_IO, "see what it says itself"};
  ig_error end = {0};
  if (ig_cluster_leave(cluster, code == CLI_OK ? NULL : &failure, &end) == IG_OK || code != CLI_OK)
    return code;
  return cli_fail(verb, "%s", end.message);
}
