// Ranks as threads of one process, and a carrier between them, for tests that need no Open MPI. A
// rank can be struck dumb: it goes on, and nobody hears of it any more.
#ifndef IG_TESTS_THREAD_CARRIER_H
#define IG_TESTS_THREAD_CARRIER_H
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"

enum { MOST_RANKS = 8, MOST_TAGS = 4 };

typedef struct letter {
  struct letter *next;
  size_t bytes;
  char data[];
} letter;

typedef struct letter_box {
  letter *first, **end;
  size_t asked, served;  // receives that have begun, and that are done
} letter_box;

typedef struct post_office {
  pthread_mutex_t lock;
  int size;
  letter_box boxes[MOST_RANKS][MOST_RANKS][MOST_TAGS];  // (from, to, tag)
  bool dumb[MOST_RANKS];
  size_t floats;  // bytes of work that were sent
} post_office;

typedef struct desk {
  post_office *office;
  int rank;
} desk;

// What a receive waits for. A send is done when it begins.
typedef struct awaited {
  letter_box *box;
  size_t number;  // of those of the box
  void *data;
  size_t bytes;
} awaited;

static inline void *post_send(void *self, int to, int tag, const void *data, size_t bytes) {
  const desk *d = self;
  letter *l = malloc(sizeof *l + bytes);
  awaited *sent = calloc(1, sizeof *sent);
  if (!l || !sent) abort();
  l->next = NULL;
  l->bytes = bytes;
  memcpy(l->data, data, bytes);
  pthread_mutex_lock(&d->office->lock);
  if (d->office->dumb[d->rank]) {
    free(l);
  } else {
    letter_box *box = &d->office->boxes[d->rank][to][tag];
    *box->end = l;
    box->end = &l->next;
    if (tag == 1) d->office->floats += bytes;
  }
  pthread_mutex_unlock(&d->office->lock);
  return sent;
}

static inline void *post_receive(void *self, int from, int tag, void *data, size_t bytes) {
  const desk *d = self;
  awaited *a = malloc(sizeof *a);
  if (!a) abort();
  letter_box *box = &d->office->boxes[from][d->rank][tag];
  pthread_mutex_lock(&d->office->lock);
  *a = (awaited){box, box->asked++, data, bytes};
  pthread_mutex_unlock(&d->office->lock);
  return a;
}

// Receives of one box get its letters in the order in which they began.
static inline ig_transfer_state post_test(void *self, void *transfer) {
  const desk *d = self;
  awaited *a = transfer;
  letter *l = NULL;
  if (a->box) {
    pthread_mutex_lock(&d->office->lock);
    if (a->number == a->box->served) l = a->box->first;
    if (l) a->box->first = l->next;
    if (l) a->box->served++;
    if (l && !a->box->first) a->box->end = &a->box->first;
    pthread_mutex_unlock(&d->office->lock);
    if (!l) return IG_TRANSFER_STATE_GOING_ON;
  }
  const bool fits = !l || l->bytes == a->bytes;
  if (l && fits) memcpy(a->data, l->data, l->bytes);
  free(l);
  free(a);
  return fits ? IG_TRANSFER_STATE_DONE : IG_TRANSFER_STATE_FAILED;
}

static inline bool post_cancel(void *self, void *transfer) {
  (void)self;
  free(transfer);
  return true;
}

static inline bool post_waits(void *self, int from, int tag) {
  const desk *d = self;
  pthread_mutex_lock(&d->office->lock);
  const bool waits = d->office->boxes[from][d->rank][tag].first != NULL;
  pthread_mutex_unlock(&d->office->lock);
  return waits;
}

static inline const char *post_error(void *self) {
  (void)self;
  return "a letter of another size";
}

static inline void post_leave(void *self, bool orderly) {
  (void)orderly;
  free(self);
}

static inline void post_open(post_office *office, int size) {
  memset(office, 0, sizeof *office);
  office->size = size;
  pthread_mutex_init(&office->lock, NULL);
  for (int i = 0; i < MOST_RANKS * MOST_RANKS * MOST_TAGS; i++) {
    letter_box *box = &office->boxes[0][0][0] + i;
    box->end = &box->first;
  }
}

static inline void post_close(post_office *office) {
  for (int i = 0; i < MOST_RANKS * MOST_RANKS * MOST_TAGS; i++)
    for (letter *l = (&office->boxes[0][0][0] + i)->first, *next; l; l = next) {
      next = l->next;
      free(l);
    }
  pthread_mutex_destroy(&office->lock);
}

static inline ig_cluster *post_join(post_office *office, int rank, double silence) {
  desk *d = malloc(sizeof *d);
  ig_cluster *cluster = NULL;
  if (!d) abort();
  *d = (desk){office, rank};
  const ig_carrier carrier = {.self = d,
                              .rank = rank,
                              .size = office->size,
                              .send = post_send,
                              .receive = post_receive,
                              .test = post_test,
                              .cancel = post_cancel,
                              .waits = post_waits,
                              .error = post_error,
                              .leave = post_leave};
  if (ig_cluster_create(&carrier, silence, &cluster, NULL) != IG_OK) abort();
  return cluster;
}

static inline void post_strike_dumb(post_office *office, int rank) {
  pthread_mutex_lock(&office->lock);
  office->dumb[rank] = true;
  pthread_mutex_unlock(&office->lock);
}

// ---- ranks as threads -------------------------------------------------------

typedef struct rank_thread {
  pthread_t thread;
  post_office *office;
  int rank;
  double silence;
  void *task;
  ig_status (*work)(void *task, ig_cluster *cluster, ig_error *err);
  ig_status status, left;  // of the work, and of leaving
  ig_error err, left_err;
} rank_thread;

static inline void *run_rank(void *context) {
  rank_thread *r = context;
  ig_cluster *cluster = post_join(r->office, r->rank, r->silence);
  r->status = r->work(r->task, cluster, &r->err);
  r->left = ig_cluster_leave(cluster, r->status == IG_OK ? NULL : &r->err, &r->left_err);
  return NULL;
}

// Runs work on so many ranks and waits for their ends. ranks (size): what came of each.
static inline void run_ranks(rank_thread *ranks, int size, double silence, void *task,
                             ig_status (*work)(void *, ig_cluster *, ig_error *),
                             post_office *office) {
  post_open(office, size);
  for (int r = 0; r < size; r++) {
    ranks[r] =
        (rank_thread){.office = office, .rank = r, .silence = silence, .task = task, .work = work};
    if (pthread_create(&ranks[r].thread, NULL, run_rank, &ranks[r])) abort();
  }
  for (int r = 0; r < size; r++) pthread_join(ranks[r].thread, NULL);
  post_close(office);
}
#endif
