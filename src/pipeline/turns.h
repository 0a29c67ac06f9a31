// Turns: which of several jobs may use the workers of an engine, and how many of them. First come,
// first served.
//
// A job gets either everything that the engine has, alone, or one worker beside other jobs that
// have one each. It gets everything if it asks for that (a large job, which keeps all workers
// busy), or if nobody else works or waits: a small job's layers then use all threads.
//
// Example with two workers: small jobs A, B, C come at the same time. A finds the engine idle and
// gets everything; B and C wait. When A is done, B sees C waiting and takes worker 0; C takes
// worker 1 and runs beside B. A large job D that comes now waits for both, and whoever comes after
// D waits for D.
#ifndef IG_PIPELINE_TURNS_H
#define IG_PIPELINE_TURNS_H
#include "ingot/core.h"

typedef struct ig_turns ig_turns;  // ig_turns_free; any number of threads may use it
enum { IG_TURNS_EVERYTHING = -1 };

// With one worker every job gets everything.
ig_status ig_turns_create(int workers, ig_turns **out, ig_error *err);
// True in a child of fork(): who had a turn is not there to end it, and the other functions, but
// ig_turns_free, could wait for ever.
bool ig_turns_are_lost(const ig_turns *turns);
void ig_turns_free(ig_turns *turns);
// Waits for the caller's turn. Returns the number of the worker that is the caller's now, from 0
// on, or IG_TURNS_EVERYTHING.
int ig_turns_begin(ig_turns *turns, bool wants_everything);
// Takes everything if nobody works or waits; else returns false at once.
bool ig_turns_try_everything(ig_turns *turns);
// given: what begin returned; IG_TURNS_EVERYTHING after a successful try.
void ig_turns_end(ig_turns *turns, int given);
#endif
