// Messages between ranks, with an eye on whether the others are still there.
#include "cluster/cluster.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "cluster/life.h"
#include "cluster/state.h"

#define ENDED_PATIENCE 5.0   // seconds that a message of a rank that has ended may still take
#define FAILED_PATIENCE 1.0  // seconds that a rank which failed waits for the others to hear of it

int ig_cluster_rank(const ig_cluster *c) { return c ? c->carrier.rank : 0; }
int ig_cluster_size(const ig_cluster *c) { return c ? c->carrier.size : 1; }

// ---- joining and leaving ----------------------------------------------------

ig_status ig_cluster_create(const ig_carrier *carrier, double silence, ig_cluster **out,
                            ig_error *err) {
  *out = NULL;
  ig_cluster *c = ig_allocate(1, sizeof *c, err);
  ig_peer *peers = c ? ig_allocate((size_t)carrier->size, sizeof *peers, err) : NULL;
  ig_status status = peers ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    c->carrier = *carrier;
    c->silence = silence;
    c->peers = peers;
    pthread_mutex_init(&c->lock, NULL);
    status = ig_life_begin(c, err);
    if (status != IG_OK) pthread_mutex_destroy(&c->lock);
  }
  if (status == IG_OK) {
    *out = c;
    return IG_OK;
  }
  carrier->leave(carrier->self, false);
  free(peers);
  free(c);
  return status;
}

static void rest(long nanoseconds) {
  const struct timespec time = {.tv_nsec = nanoseconds};
  nanosleep(&time, NULL);
}

// What the others are told: of this rank's failure, or of that which made it fail.
static void note_end(ig_cluster *c, const ig_error *failure) {
  if (!failure) {
    c->own.state = IG_RANK_STATE_ENDED;
    return;
  }
  if (c->failure.state == IG_RANK_STATE_FAILED) {
    c->own = c->failure;
    return;
  }
  c->own.state = IG_RANK_STATE_FAILED;
  c->own.culprit = c->carrier.rank;
  snprintf(c->own.text, sizeof c->own.text, "rank %d of %d has failed: %.500s", c->carrier.rank,
           c->carrier.size, failure->message);
}

static void wait_for_ends(ig_cluster *c, bool failed) {
  const double begin = ig_clock_seconds();
  for (bool all = false; !all;) {
    pthread_mutex_lock(&c->lock);
    all = ig_life_tell_end(c);
    pthread_mutex_unlock(&c->lock);
    if (failed && ig_clock_seconds() - begin > FAILED_PATIENCE) return;
    if (!all) rest(10000000);
  }
}

// A sign to a rank that is lost may never leave.
static void give_up_signs(ig_cluster *c) {
  for (int r = 0; r < c->carrier.size && !c->broken; r++)
    if (c->peers[r].sign && !c->carrier.cancel(c->carrier.self, c->peers[r].sign)) c->broken = true;
}

// Rank 0 has failed in the same way, or because of this failure.
static bool rank_0_tells(const ig_cluster *c, const ig_error *failure) {
  const ig_life_sign *said = &c->peers[0].last;
  char begin[400];
  snprintf(begin, sizeof begin, "%.399s", failure->message);
  return c->carrier.rank > 0 && said->state == IG_RANK_STATE_FAILED && strstr(said->text, begin);
}

// How this rank's work has ended, after it has said so.
static ig_status end_of(const ig_cluster *c, const ig_error *failure, ig_error *err) {
  if (!failure) return ig_life_check(c, err);
  return ig_fail(err, failure->status, "%s", rank_0_tells(c, failure) ? "" : failure->message);
}

ig_status ig_cluster_leave(ig_cluster *c, const ig_error *failure, ig_error *err) {
  if (!c) {
    if (failure && err) *err = *failure;
    return failure ? failure->status : IG_OK;
  }
  pthread_mutex_lock(&c->lock);
  note_end(c, failure);
  pthread_mutex_unlock(&c->lock);
  wait_for_ends(c, failure != NULL);
  ig_life_stop(c);
  give_up_signs(c);
  const ig_status status = end_of(c, failure, err);
  c->carrier.leave(c->carrier.self, status == IG_OK);
  pthread_mutex_destroy(&c->lock);
  free(c->peers);
  free(c);
  return status;
}

// ---- transfers --------------------------------------------------------------

static void *begin_message(ig_cluster *c, const ig_cluster_message *m) {
  ig_carrier *t = &c->carrier;
  return m->send ? t->send(t->self, m->rank, IG_TAG_WORK, m->send, m->bytes)
                 : t->receive(t->self, m->rank, IG_TAG_WORK, m->receive, m->bytes);
}

static ig_status fail_carrier(ig_cluster *c, int rank, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO, "a message between ranks %d and %d: %s", c->carrier.rank, rank,
                 c->carrier.error(c->carrier.self));
}

// Who has ended sends nothing any more.
static ig_status check_ended(const ig_cluster *c, int rank, ig_error *err) {
  const ig_peer *peer = &c->peers[rank];
  if (peer->state != IG_RANK_STATE_ENDED || ig_clock_seconds() - peer->ended < ENDED_PATIENCE)
    return IG_OK;
  return ig_fail(
      err, IG_ERROR_IO,
      "rank %d of %d has ended, and rank %d still waits for it: do all ranks do the same?", rank,
      c->carrier.size, c->carrier.rank);
}

// Looks at each transfer once: those that are done become NULL.
static ig_status look(ig_cluster *c, const ig_cluster_message *messages, void **transfers,
                      size_t count, size_t *done, ig_error *err) {
  ig_carrier *t = &c->carrier;
  IG_TRY(ig_life_check(c, err));
  for (size_t i = 0; i < count; i++) {
    if (!transfers[i]) continue;
    const ig_transfer_state state = t->test(t->self, transfers[i]);
    if (state != IG_TRANSFER_STATE_GOING_ON) transfers[i] = NULL;
    if (state == IG_TRANSFER_STATE_FAILED) return fail_carrier(c, messages[i].rank, err);
    *done += state == IG_TRANSFER_STATE_DONE;
    if (state == IG_TRANSFER_STATE_GOING_ON) IG_TRY(check_ended(c, messages[i].rank, err));
  }
  return IG_OK;
}

// At first the other is expected at once; the longer it takes, the less often is asked.
static void pause_between_looks(int looks) {
  if (looks < 200)
    sched_yield();
  else
    rest(looks < 1000 ? 20000 : 200000);
}

static ig_status wait_for_all(ig_cluster *c, const ig_cluster_message *messages, void **transfers,
                              size_t count, ig_error *err) {
  size_t done = 0;
  for (int looks = 0;; looks += looks < 1000) {
    const size_t before = done;
    pthread_mutex_lock(&c->lock);
    const ig_status status = look(c, messages, transfers, count, &done, err);
    pthread_mutex_unlock(&c->lock);
    if (status != IG_OK || done == count) return status;
    if (done > before) looks = 0;
    pause_between_looks(looks);
  }
}

// After a failure: the caller's buffers may go away.
static void abandon(ig_cluster *c, void **transfers, size_t count) {
  pthread_mutex_lock(&c->lock);
  for (size_t i = 0; i < count; i++)
    if (transfers[i] && !c->carrier.cancel(c->carrier.self, transfers[i])) c->broken = true;
  pthread_mutex_unlock(&c->lock);
}

static ig_status check_sizes(const ig_cluster_message *messages, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (messages[i].bytes > IG_CARRIER_MOST)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "a message between ranks of %zu bytes: expected %d at most", messages[i].bytes,
                     IG_CARRIER_MOST);
  return IG_OK;
}

static ig_status begin_all(ig_cluster *c, const ig_cluster_message *messages, void **transfers,
                           size_t count, ig_error *err) {
  ig_status status = IG_OK;
  pthread_mutex_lock(&c->lock);
  for (size_t i = 0; status == IG_OK && i < count; i++) {
    transfers[i] = begin_message(c, &messages[i]);
    if (!transfers[i]) status = fail_carrier(c, messages[i].rank, err);
  }
  pthread_mutex_unlock(&c->lock);
  return status;
}

ig_status ig_cluster_transfer(ig_cluster *c, const ig_cluster_message *messages, size_t count,
                              ig_error *err) {
  if (!c || count == 0) return IG_OK;
  if (c->broken) return ig_fail(err, IG_ERROR_IO, "the ranks have lost each other");
  IG_TRY(check_sizes(messages, count, err));
  void **transfers = ig_allocate(count, sizeof *transfers, err);
  if (!transfers) return IG_ERROR_MEMORY;
  ig_status status = begin_all(c, messages, transfers, count, err);
  if (status == IG_OK) status = wait_for_all(c, messages, transfers, count, err);
  if (status != IG_OK) abandon(c, transfers, count);
  free(transfers);
  return status;
}

// ---- what all say to all ----------------------------------------------------

ig_status ig_cluster_broadcast(ig_cluster *c, void *data, size_t bytes, ig_error *err) {
  const int size = ig_cluster_size(c), rank = ig_cluster_rank(c);
  if (size == 1 || bytes == 0) return IG_OK;
  if (rank > 0)
    return ig_cluster_transfer(c, &(ig_cluster_message){.rank = 0, .receive = data, .bytes = bytes},
                               1, err);
  ig_cluster_message *messages = ig_allocate((size_t)size - 1, sizeof *messages, err);
  if (!messages) return IG_ERROR_MEMORY;
  for (int r = 1; r < size; r++)
    messages[r - 1] = (ig_cluster_message){.rank = r, .send = data, .bytes = bytes};
  const ig_status status = ig_cluster_transfer(c, messages, (size_t)size - 1, err);
  free(messages);
  return status;
}

ig_status ig_cluster_broadcast_text(ig_cluster *c, char **text, ig_error *err) {
  const int rank = ig_cluster_rank(c);
  uint64_t length = rank == 0 ? strlen(*text) : 0;
  if (rank > 0) *text = NULL;
  IG_TRY(ig_cluster_broadcast(c, &length, sizeof length, err));
  if (rank > 0) *text = ig_allocate((size_t)length + 1, 1, err);
  if (!*text) return IG_ERROR_MEMORY;
  return ig_cluster_broadcast(c, *text, (size_t)length, err);
}

ig_status ig_cluster_gather_all(ig_cluster *c, const void *own, size_t bytes, void *all,
                                ig_error *err) {
  const int size = ig_cluster_size(c), rank = ig_cluster_rank(c);
  memcpy((char *)all + (size_t)rank * bytes, own, bytes);
  if (size == 1 || bytes == 0) return IG_OK;
  ig_cluster_message *messages = ig_allocate(2 * (size_t)size, sizeof *messages, err);
  if (!messages) return IG_ERROR_MEMORY;
  size_t count = 0;
  for (int r = 0; r < size; r++) {
    if (r == rank) continue;
    messages[count++] = (ig_cluster_message){.rank = r, .send = own, .bytes = bytes};
    messages[count++] =
        (ig_cluster_message){.rank = r, .receive = (char *)all + (size_t)r * bytes, .bytes = bytes};
  }
  const ig_status status = ig_cluster_transfer(c, messages, count, err);
  free(messages);
  return status;
}

ig_status ig_cluster_meet(ig_cluster *c, ig_error *err) {
  const char own = 0;
  if (!c) return IG_OK;
  char *all = ig_allocate((size_t)ig_cluster_size(c), 1, err);
  const ig_status status = all ? ig_cluster_gather_all(c, &own, 1, all, err) : IG_ERROR_MEMORY;
  free(all);
  return status;
}
