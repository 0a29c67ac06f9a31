// What a cluster knows of its ranks. cluster.c and life.c share it.
#ifndef IG_CLUSTER_STATE_H
#define IG_CLUSTER_STATE_H
#include <pthread.h>
#include "cluster/cluster.h"

typedef enum ig_rank_state {
  IG_RANK_STATE_AT_WORK,
  IG_RANK_STATE_ENDED,   // has done its part
  IG_RANK_STATE_FAILED,  // has said so, or is lost
} ig_rank_state;

// A sign of life, and the last one of a rank.
typedef struct ig_life_sign {
  int state;       // ig_rank_state
  int culprit;     // of a failure: the rank that began it
  char text[600];  // of a failure: what all ranks tell
} ig_life_sign;

// Another rank.
typedef struct ig_peer {
  ig_rank_state state;
  double heard;  // by the clock
  double ended;  // by the clock: when it said so
  ig_life_sign last;
  void *sign;  // a transfer that goes on; NULL: none
  ig_life_sign sent;
  bool told;  // how this rank has ended
} ig_peer;

struct ig_cluster {
  ig_carrier carrier;
  double silence;
  pthread_mutex_t lock;  // of all below and of the carrier's functions
  ig_peer *peers;        // (size), that of this rank unused
  ig_life_sign own;
  ig_life_sign failure;  // the first one of another rank; state: whether there is one
  bool broken;           // no function of the carrier but `leave` may be called any more
  bool stopping;         // the thread that gives signs
  pthread_t thread;
};

enum { IG_TAG_WORK = 1, IG_TAG_LIFE = 2 };
#endif
