// What ig_interrupter and ig_interrupt mean inside: long work looks at the interrupter of its own
// options between steps, saves its state and returns IG_INTERRUPTED. A step that may take long
// is cut short by a watch, and waiting for a pipe by ig_interrupt_wait_to_read.
#ifndef IG_BASE_INTERRUPT_H
#define IG_BASE_INTERRUPT_H
#include <stdatomic.h>
#include <stdbool.h>
#include "ingot/core.h"

bool ig_interrupt_requested(const ig_interrupter *interrupter);  // NULL: false

// One run's view of an interrupter. What sees the request leaves its work out, and whoever uses the
// results asks again before: from the first sight on the answer is the same, also when the
// interrupter is reset meanwhile. Any number of threads may ask at the same time.
typedef struct ig_interrupt_watch {
  const ig_interrupter *interrupter;  // NULL: nothing ends the work
  atomic_bool seen;                   // start from false
} ig_interrupt_watch;
bool ig_interrupt_seen(ig_interrupt_watch *watch);  // NULL: false
// IG_INTERRUPTED, with a message, if ig_interrupt_seen.
ig_status ig_interrupt_check(ig_interrupt_watch *watch, ig_error *err);

// Waits until there is something to read, or the end: IG_OK; or until the interrupter asks to stop:
// IG_INTERRUPTED, with a message. A pipe is best opened with O_NONBLOCK, so that opening it does
// not wait. interrupter NULL: only a writer ends the waiting.
ig_status ig_interrupt_wait_to_read(const ig_interrupter *interrupter, int descriptor,
                                    ig_error *err);
#endif
