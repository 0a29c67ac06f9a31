// What carries bytes between ranks: functions that a plugin gives (plugins/openmpi.c), or a test
// (tests/thread_carrier.h). A cluster calls them one at a time, from any of its threads.
#ifndef IG_CLUSTER_CARRIER_H
#define IG_CLUSTER_CARRIER_H
#include <stdbool.h>
#include <stddef.h>

#define IG_CARRIER_VERSION 1  // of this contract: a plugin of another one is refused
#define IG_CARRIER_OPEN "ig_carrier_open"
enum {
  IG_CARRIER_TEXT = 512,      // bytes of an error's text
  IG_CARRIER_MOST = 1 << 30,  // bytes of a message, at most
};

typedef enum ig_transfer_state {
  IG_TRANSFER_STATE_GOING_ON,
  IG_TRANSFER_STATE_DONE,
  IG_TRANSFER_STATE_FAILED,
} ig_transfer_state;

typedef struct ig_carrier {
  void *self;
  int rank, size;
  // Begin a transfer and return at once; NULL: it failed. Messages of one tag between two ranks
  // arrive in their order, each in a receive of as many bytes. The data stay the caller's until the
  // transfer is done.
  void *(*send)(void *self, int to, int tag, const void *data, size_t bytes);
  void *(*receive)(void *self, int from, int tag, void *data, size_t bytes);
  // One that is done or has failed is freed by this.
  ig_transfer_state (*test)(void *self, void *transfer);
  // Gives up a transfer whose data will go away. false: it cannot be stopped, and no function but
  // `leave` may be called any more.
  bool (*cancel)(void *self, void *transfer);
  // Whether a message waits to be received.
  bool (*waits)(void *self, int from, int tag);
  const char *(*error)(void *self);  // what failed last
  // The last call. Not orderly: others may be dead, so nobody is waited for.
  void (*leave)(void *self, bool orderly);
} ig_carrier;

// The one function of a plugin. processes: how many the launcher says it has started. false: *out
// is unset, and `error` says why.
typedef bool ig_carrier_opener(int version, int processes, ig_carrier *out,
                               char error[IG_CARRIER_TEXT]);
#endif
