// The plugin that carries a cluster's messages by Open MPI: src/cluster/carrier.h.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/carrier.h"

typedef struct communicator {
  MPI_Comm comm;     // our own, so that our tags are ours
  bool initialized;  // by us: then we finalize
  char error[IG_CARRIER_TEXT];
} communicator;

ig_carrier_opener ig_carrier_open;

// Notes what Open MPI says of the code; returns whether it was a failure.
static bool failed(communicator *c, int code) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  if (code == MPI_SUCCESS) return false;
  MPI_Error_string(code, text, &length);
  snprintf(c->error, sizeof c->error, "Open MPI: %.200s", text);
  return true;
}

typedef struct transfer {
  MPI_Request request;
  int expected;  // bytes that are to be received; -1: it is a send
} transfer;

static transfer *new_transfer(communicator *c, int expected) {
  transfer *t = malloc(sizeof *t);
  if (!t) {
    snprintf(c->error, sizeof c->error, "out of memory");
    return NULL;
  }
  t->expected = expected;
  return t;
}

// The transfer that has begun with this code.
static void *begun(communicator *c, transfer *t, int code) {
  if (!failed(c, code)) return t;
  free(t);
  return NULL;
}

static void *send(void *self, int to, int tag, const void *data, size_t bytes) {
  communicator *c = self;
  transfer *t = new_transfer(c, -1);
  if (!t) return NULL;
  return begun(c, t, MPI_Isend(data, (int)bytes, MPI_BYTE, to, tag, c->comm, &t->request));
}

static void *receive(void *self, int from, int tag, void *data, size_t bytes) {
  communicator *c = self;
  transfer *t = new_transfer(c, (int)bytes);
  if (!t) return NULL;
  return begun(c, t, MPI_Irecv(data, (int)bytes, MPI_BYTE, from, tag, c->comm, &t->request));
}

// Open MPI takes a shorter message than was asked for as received.
static bool is_whole(communicator *c, const transfer *t, const MPI_Status *status) {
  int cancelled = 0, found = 0;
  if (t->expected < 0) return true;
  MPI_Test_cancelled(status, &cancelled);
  MPI_Get_count(status, MPI_BYTE, &found);
  if (cancelled || found == t->expected) return true;
  snprintf(c->error, sizeof c->error,
           "a message of %d bytes, expected %d: do all ranks do the same?", found, t->expected);
  return false;
}

static ig_transfer_state test(void *self, void *of) {
  transfer *t = of;
  int done = 0;
  MPI_Status status;
  bool fine = !failed(self, MPI_Test(&t->request, &done, &status));
  if (fine && !done) return IG_TRANSFER_STATE_GOING_ON;
  fine = fine && is_whole(self, t, &status);
  free(t);
  return fine ? IG_TRANSFER_STATE_DONE : IG_TRANSFER_STATE_FAILED;
}

// A message that is on its way cannot be stopped; a receive to which none has come can.
static bool cancel(void *self, void *of) {
  if (MPI_Cancel(&((transfer *)of)->request) != MPI_SUCCESS) return false;
  for (int i = 0; i < 1000; i++)
    if (test(self, of) != IG_TRANSFER_STATE_GOING_ON) return true;
  return false;
}

static bool waits(void *self, int from, int tag) {
  communicator *c = self;
  int found = 0;
  return !failed(c, MPI_Iprobe(from, tag, c->comm, &found, MPI_STATUS_IGNORE)) && found;
}

static const char *error(void *self) { return ((communicator *)self)->error; }

// Without order neither the communicator nor the library is given back: both would wait for ranks
// that may be dead.
static void leave(void *self, bool orderly) {
  communicator *c = self;
  if (orderly) {
    MPI_Comm_free(&c->comm);
    if (c->initialized) MPI_Finalize();
  }
  free(c);
}

// The program that uses the library may have begun with MPI itself.
static bool initialize(communicator *c, char text[IG_CARRIER_TEXT]) {
  int initialized = 0, finalized = 0, level = MPI_THREAD_SINGLE;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (finalized) {
    snprintf(text, IG_CARRIER_TEXT,
             "MPI has been finalized already, by the program or when it left the ranks before");
    return false;
  }
  c->initialized = !initialized;
  if (initialized)
    MPI_Query_thread(&level);
  else if (failed(c, MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level)))
    level = MPI_THREAD_SINGLE;
  if (level >= MPI_THREAD_SERIALIZED) return true;
  snprintf(
      text, IG_CARRIER_TEXT,
      "MPI was initialized for a single thread: expected MPI_THREAD_SERIALIZED or more%s%.300s",
      *c->error ? ": " : "", c->error);
  return false;
}

static bool duplicate(communicator *c, int processes, ig_carrier *out, char text[IG_CARRIER_TEXT]) {
  if (failed(c, MPI_Comm_dup(MPI_COMM_WORLD, &c->comm)) ||
      failed(c, MPI_Comm_set_errhandler(c->comm, MPI_ERRORS_RETURN)) ||
      failed(c, MPI_Comm_rank(c->comm, &out->rank)) ||
      failed(c, MPI_Comm_size(c->comm, &out->size))) {
    snprintf(text, IG_CARRIER_TEXT, "%s", c->error);
    return false;
  }
  if (out->size == processes) return true;
  snprintf(text, IG_CARRIER_TEXT,
           "Open MPI sees %d of %d processes, so each would do all the work: was it another MPI's "
           "mpirun, or srun without --mpi=pmix?",
           out->size, processes);
  return false;
}

bool ig_carrier_open(int version, int processes, ig_carrier *out, char text[IG_CARRIER_TEXT]) {
  if (version != IG_CARRIER_VERSION) {
    snprintf(text, IG_CARRIER_TEXT, "the plugin for Open MPI is of another version of Ingot");
    return false;
  }
  communicator *c = calloc(1, sizeof *c);
  if (!c) {
    snprintf(text, IG_CARRIER_TEXT, "out of memory");
    return false;
  }
  *out = (ig_carrier){.self = c,
                      .send = send,
                      .receive = receive,
                      .test = test,
                      .cancel = cancel,
                      .waits = waits,
                      .error = error,
                      .leave = leave};
  if (initialize(c, text) && duplicate(c, processes, out, text)) return true;
  free(c);
  return false;
}
