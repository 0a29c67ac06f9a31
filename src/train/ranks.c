#include "train/ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "cluster/cluster.h"
#include "io/content_hash.h"
#include "io/json.h"
#include "nn/nn.h"
#include "train/identity.h"
#include "train/trainer.h"

ig_status ig_ranks_begin(ig_run *run, ig_error *err) {
  return ig_cluster_broadcast(run->cluster, &run->resumed, sizeof run->resumed, err);
}

// ---- the same run -----------------------------------------------------------

static json_t *hash_of(const float *values, size_t count) {
  char text[IG_HASH_TEXT];
  if (!values) return json_null();
  ig_content_hash_text(values, count * sizeof *values, text);
  return json_string(text);
}

// Adds what decides, besides the run's identity, how long it goes on and from where.
static int add_course(const ig_run *run, json_t *object) {
  const ig_train_config *c = &run->config;
  float *m, *v;
  const size_t moments = ig_trainer_moments(run->trainer, &m, &v);
  const struct {
    const char *key;
    json_t *value;
  } members[] = {
      {"Ingot's version", json_string(ig_version())},
      {"train.updates", json_integer(c->updates)},
      {"train.epochs", json_integer(c->epochs)},
      {"train.validate_every", json_integer(c->validate_every)},
      {"train.patience", json_integer(c->patience)},
      {"train.log_every", json_integer(c->log_every)},
      {"train.divergence_factor", json_real(c->divergence_factor)},
      {"train.divergence_updates", json_integer(c->divergence_updates)},
      {"data.valid", json_boolean(run->valid.pairs > 0)},
      {"the update to go on from", json_integer(run->state.update)},
      {"the model's weights", hash_of(run->model->values, run->model->trained_count)},
      {"the adapter's weights", run->adapter ? hash_of(run->adapter->values, moments) : NULL},
      {"the first moments", hash_of(m, moments)},
      {"the second moments", hash_of(v, moments)},
      {"the average of weights", hash_of(ig_trainer_average(run->trainer), moments)}};
  int failed = 0;
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    failed |= members[i].value && json_object_set_new(object, members[i].key, members[i].value);
  return failed;
}

static ig_status describe(const ig_run *run, json_t **out, ig_error *err) {
  *out = json_deep_copy(run->identity);
  if (*out && add_course(run, *out) == 0) return IG_OK;
  json_decref(*out);
  *out = NULL;
  return ig_fail_memory_in(run->config.path, err);
}

static ig_status compare(const ig_run *run, const char *text, const json_t *own, ig_error *err) {
  json_t *first = NULL;
  const int rank = ig_cluster_rank(run->cluster);
  IG_TRY(ig_json_parse(text, strlen(text), "what rank 0 trains", &first, err));
  const char *key = ig_identity_different_key(first, own);
  const ig_status status =
      key ? ig_fail(err, IG_ERROR_ARGUMENT,
                    "%s: rank %d and rank 0 differ in %s: all ranks need the same configuration, "
                    "files and version",
                    run->config.path, rank, key)
          : IG_OK;
  json_decref(first);
  return status;
}

// What rank 0 says of the run becomes known to all, as it would be read from a file.
static ig_status share_description(const ig_run *run, json_t *own, char **text, ig_error *err) {
  *text = ig_json_text(own, JSON_COMPACT | JSON_REAL_PRECISION(17));
  if (!*text) return ig_fail_memory_in(run->config.path, err);
  if (ig_cluster_rank(run->cluster) > 0) free(*text);
  return ig_cluster_broadcast_text(run->cluster, text, err);
}

// One rank's rounding would draw its weights away from those of the others.
static ig_status check_arithmetic(const ig_run *run, ig_error *err) {
  const char *isa;
  char first[32] = "";
  IG_TRY(ig_isa_name(&isa, err));
  if (ig_cluster_rank(run->cluster) == 0) snprintf(first, sizeof first, "%s", isa);
  IG_TRY(ig_cluster_broadcast(run->cluster, first, sizeof first, err));
  if (ig_kernels_same_floats(first, isa)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "rank %d computes with %s and rank 0 with %s, which round differently: set IG_ISA "
                 "for all ranks to one that every machine has",
                 ig_cluster_rank(run->cluster), isa, first);
}

ig_status ig_ranks_check_same(ig_run *run, ig_error *err) {
  json_t *own;
  char *text = NULL;
  if (!run->cluster) return IG_OK;
  IG_TRY(check_arithmetic(run, err));
  IG_TRY(describe(run, &own, err));
  ig_status status = share_description(run, own, &text, err);
  if (status == IG_OK && ig_cluster_rank(run->cluster) > 0) status = compare(run, text, own, err);
  free(text);
  json_decref(own);
  IG_TRY(status);
  return ig_cluster_meet(run->cluster, err);  // nobody begins before all are found to be the same
}

// ---- the course of the run --------------------------------------------------

// What a rank thinks of going on.
typedef struct rank_opinion {
  bool ends, interrupted;
} rank_opinion;

ig_status ig_ranks_agree(const ig_run *run, const char **reason, bool *interrupted, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(run->cluster);
  const rank_opinion own = {*reason != NULL, *interrupted};
  if (size == 1) return IG_OK;
  rank_opinion *all = ig_allocate(size, sizeof *all, err);
  if (!all) return IG_ERROR_MEMORY;
  const ig_status status = ig_cluster_gather_all(run->cluster, &own, sizeof own, all, err);
  if (!all[0].ends)
    *reason = NULL;
  else if (!*reason)
    *reason = "rank 0 says so";
  for (size_t r = 0; r < size; r++) *interrupted |= all[r].interrupted;
  free(all);
  return status;
}

typedef struct shared_validation {
  ig_status status;
  ig_validation validation;
} shared_validation;

ig_status ig_ranks_validate(ig_run *run, ig_validation *out, ig_error *err) {
  *out = (ig_validation){0};
  if (!run->cluster) return ig_validate_run(run, out, err);
  shared_validation shared = {0};
  if (!run->follows) {
    shared.status = ig_validate_run(run, out, err);
    shared.validation = *out;
    // What failed here is told by who leaves; an interruption concerns all.
    if (shared.status != IG_OK && shared.status != IG_INTERRUPTED) return shared.status;
  }
  const ig_status status = ig_cluster_broadcast(run->cluster, &shared, sizeof shared, err);
  if (status != IG_OK || !run->follows) return status == IG_OK ? shared.status : status;
  *out = shared.validation;
  out->translations = NULL;  // pointers of another process
  out->translated = 0;
  return shared.status == IG_OK ? IG_OK
                                : ig_fail(err, shared.status, "interrupted within a validation");
}
