// Turns: see turns.h. Who comes draws a ticket; only who holds the lowest ticket that has not been
// served may begin, so that a large job is not passed by small ones.
#include "pipeline/turns.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/forks.h"

struct ig_turns {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  size_t next_ticket, serving;
  bool everything;  // one job has all workers
  int working;      // jobs that have one worker each
  int workers;
  bool *taken;     // (workers)
  unsigned forks;  // of ig_forks_count
};

ig_status ig_turns_create(int workers, ig_turns **out, ig_error *err) {
  *out = NULL;
  ig_turns *t = ig_allocate(1, sizeof *t, err);
  bool *taken = ig_allocate((size_t)workers, sizeof *taken, err);
  if (!t || !taken) {
    free(t);
    free(taken);
    return IG_ERROR_MEMORY;
  }
  t->workers = workers;
  t->taken = taken;
  t->forks = ig_forks_count();
  pthread_mutex_init(&t->mutex, NULL);
  pthread_cond_init(&t->changed, NULL);
  *out = t;
  return IG_OK;
}

bool ig_turns_are_lost(const ig_turns *t) { return t->forks != ig_forks_count(); }

void ig_turns_free(ig_turns *t) {
  if (!t) return;
  if (!ig_turns_are_lost(t)) {
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->mutex);
  }
  free(t->taken);
  free(t);
}

static bool idle(const ig_turns *t) { return !t->everything && t->working == 0; }

static int take_worker(ig_turns *t) {
  int worker = 0;
  while (t->taken[worker]) worker++;
  t->taken[worker] = true;
  t->working++;
  return worker;
}

// Called with the mutex held, by whom is served next. False: he has to wait.
static bool take_turn(ig_turns *t, bool wants_everything, int *given) {
  const bool others_wait = t->next_ticket > t->serving + 1;
  if (idle(t) && (wants_everything || !others_wait || t->workers == 1)) {
    t->everything = true;
    *given = IG_TURNS_EVERYTHING;
    return true;
  }
  if (wants_everything || t->workers == 1 || t->everything || t->working == t->workers)
    return false;
  *given = take_worker(t);
  return true;
}

int ig_turns_begin(ig_turns *t, bool wants_everything) {
  int given;
  pthread_mutex_lock(&t->mutex);
  const size_t ticket = t->next_ticket++;
  while (t->serving != ticket || !take_turn(t, wants_everything, &given))
    pthread_cond_wait(&t->changed, &t->mutex);
  t->serving++;
  if (t->next_ticket > t->serving) pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->mutex);
  return given;
}

bool ig_turns_try_everything(ig_turns *t) {
  pthread_mutex_lock(&t->mutex);
  const bool taken = idle(t) && t->next_ticket == t->serving;
  if (taken) t->everything = true;
  pthread_mutex_unlock(&t->mutex);
  return taken;
}

void ig_turns_end(ig_turns *t, int given) {
  pthread_mutex_lock(&t->mutex);
  if (given == IG_TURNS_EVERYTHING) {
    t->everything = false;
  } else {
    t->taken[given] = false;
    t->working--;
  }
  pthread_cond_broadcast(&t->changed);
  pthread_mutex_unlock(&t->mutex);
}
