// What a launcher of several processes (mpirun, srun) has put into the environment of this one.
#ifndef IG_BASE_LAUNCHER_H
#define IG_BASE_LAUNCHER_H
#include "ingot/core.h"

typedef struct ig_launcher {
  int processes;         // that it has started together, this one among them; 1: none is at work
  const char *variable;  // that says so
  bool other_mpi;        // it is not one of Open MPI's
} ig_launcher;
ig_launcher ig_launcher_find(void);
// The environment for a command that this process starts, which is none of the launcher's: without
// what the launcher has put there. *out is for the caller to free(); its strings are not.
ig_status ig_launcher_environment(char ***out, ig_error *err);
#endif
