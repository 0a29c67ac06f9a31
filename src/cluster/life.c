#include "cluster/life.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fail.h"

#define TURN 0.1          // seconds between two looks at the others
#define SIGN_EVERY 1.0    // seconds between two signs
#define TURN_OVERDUE 2.0  // seconds: this process itself was stopped, and heard nobody

static void note_failure(ig_cluster *c, int culprit, const char *text) {
  if (c->failure.state == IG_RANK_STATE_FAILED) return;
  c->failure.state = IG_RANK_STATE_FAILED;
  c->failure.culprit = culprit;
  snprintf(c->failure.text, sizeof c->failure.text, "%s", text);
}

static void lose(ig_cluster *c, int rank, const char *how) {
  char text[sizeof c->failure.text];
  snprintf(text, sizeof text, "rank %d of %d is lost: %.400s", rank, c->carrier.size, how);
  c->peers[rank].state = IG_RANK_STATE_FAILED;
  note_failure(c, rank, text);
}

static void lose_silent(ig_cluster *c, int rank, double silent) {
  char how[96];
  snprintf(how, sizeof how, "no sign of life for %.1f seconds", silent);
  lose(c, rank, how);
}

// ---- speaking ---------------------------------------------------------------

// Sends this rank's state, unless the last sign has not even left yet.
static void give_sign(ig_cluster *c, int rank) {
  ig_carrier *t = &c->carrier;
  ig_peer *peer = &c->peers[rank];
  if (peer->sign) {
    const ig_transfer_state state = t->test(t->self, peer->sign);
    if (state == IG_TRANSFER_STATE_GOING_ON) return;
    peer->sign = NULL;
    if (state == IG_TRANSFER_STATE_FAILED) {
      lose(c, rank, t->error(t->self));
      return;
    }
    if (peer->sent.state != IG_RANK_STATE_AT_WORK) peer->told = true;
  }
  if (peer->told) return;
  peer->sent = c->own;
  peer->sign = t->send(t->self, rank, IG_TAG_LIFE, &peer->sent, sizeof peer->sent);
  if (!peer->sign) lose(c, rank, t->error(t->self));
}

static void give_signs(ig_cluster *c) {
  for (int r = 0; r < c->carrier.size; r++)
    if (r != c->carrier.rank && c->peers[r].state != IG_RANK_STATE_FAILED) give_sign(c, r);
}

// ---- listening --------------------------------------------------------------

// Takes one sign that waits.
static void hear(ig_cluster *c, int rank) {
  ig_carrier *t = &c->carrier;
  ig_peer *peer = &c->peers[rank];
  ig_life_sign sign = {0};
  void *transfer = t->receive(t->self, rank, IG_TAG_LIFE, &sign, sizeof sign);
  ig_transfer_state state = transfer ? IG_TRANSFER_STATE_GOING_ON : IG_TRANSFER_STATE_FAILED;
  while (state == IG_TRANSFER_STATE_GOING_ON) state = t->test(t->self, transfer);
  if (state == IG_TRANSFER_STATE_FAILED) {
    lose(c, rank, t->error(t->self));
    return;
  }
  peer->heard = ig_clock_seconds();
  if (sign.state != IG_RANK_STATE_AT_WORK && peer->state == IG_RANK_STATE_AT_WORK)
    peer->ended = peer->heard;
  peer->state = (ig_rank_state)sign.state;
  sign.text[sizeof sign.text - 1] = '\0';
  peer->last = sign;
  if (sign.state == IG_RANK_STATE_FAILED) note_failure(c, sign.culprit, sign.text);
}

static void listen(ig_cluster *c) {
  ig_carrier *t = &c->carrier;
  for (int r = 0; r < t->size; r++) {
    if (r == t->rank) continue;
    while (c->peers[r].state == IG_RANK_STATE_AT_WORK && t->waits(t->self, r, IG_TAG_LIFE))
      hear(c, r);
    const double silent = ig_clock_seconds() - c->peers[r].heard;
    if (c->peers[r].state == IG_RANK_STATE_AT_WORK && silent > c->silence)
      lose_silent(c, r, silent);
  }
}

// ---- the thread -------------------------------------------------------------

static void rest(void) {
  const struct timespec time = {.tv_nsec = (long)(TURN * 1e9)};
  nanosleep(&time, NULL);
}

// While this process did not run, nobody could be heard.
static void forgive(ig_cluster *c, double seconds) {
  for (int r = 0; r < c->carrier.size; r++) c->peers[r].heard += seconds;
}

static void *live(void *context) {
  ig_cluster *c = context;
  double turn = ig_clock_seconds(), signed_at = 0;
  for (bool stopping = false; !stopping;) {
    pthread_mutex_lock(&c->lock);
    const double now = ig_clock_seconds();
    if (now - turn > TURN_OVERDUE) forgive(c, now - turn);
    turn = now;
    if (!c->broken && now - signed_at >= SIGN_EVERY) {
      give_signs(c);
      signed_at = now;
    }
    if (!c->broken) listen(c);
    stopping = c->stopping;
    pthread_mutex_unlock(&c->lock);
    if (!stopping) rest();
  }
  return NULL;
}

ig_status ig_life_begin(ig_cluster *c, ig_error *err) {
  const double now = ig_clock_seconds();
  for (int r = 0; r < c->carrier.size; r++) c->peers[r].heard = now;
  if (pthread_create(&c->thread, NULL, live, c) == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "cannot start a thread for signs of life");
}

void ig_life_stop(ig_cluster *c) {
  pthread_mutex_lock(&c->lock);
  c->stopping = true;
  pthread_mutex_unlock(&c->lock);
  pthread_join(c->thread, NULL);
}

bool ig_life_tell_end(ig_cluster *c) {
  bool all = true;
  if (c->broken) return true;
  give_signs(c);
  listen(c);
  for (int r = 0; r < c->carrier.size; r++) {
    const ig_peer *peer = &c->peers[r];
    if (r == c->carrier.rank || peer->state == IG_RANK_STATE_FAILED) continue;
    all &= peer->state != IG_RANK_STATE_AT_WORK && peer->told;
  }
  return all;
}

ig_status ig_life_check(const ig_cluster *c, ig_error *err) {
  if (c->failure.state != IG_RANK_STATE_FAILED) return IG_OK;
  return ig_fail(err, IG_ERROR_IO, "%s", c->failure.text);
}
