// The flag is a lock-free atomic: nothing else is both async-signal-safe and visible to other
// threads.
#include "base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "ingot.h"

struct ig_interrupter {
  atomic_int requested;
};

ig_status ig_interrupter_create(ig_interrupter **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = ig_allocate(1, sizeof **out, err);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

void ig_interrupter_free(ig_interrupter *interrupter) { free(interrupter); }

void ig_interrupt(ig_interrupter *interrupter) {
  if (interrupter) atomic_store_explicit(&interrupter->requested, 1, memory_order_relaxed);
}

void ig_interrupter_reset(ig_interrupter *interrupter) {
  if (interrupter) atomic_store_explicit(&interrupter->requested, 0, memory_order_relaxed);
}

bool ig_interrupt_seen(ig_interrupt_watch *watch) {
  if (!watch || !watch->interrupter) return false;
  if (atomic_load_explicit(&watch->seen, memory_order_relaxed)) return true;
  if (!ig_interrupt_requested(watch->interrupter)) return false;
  atomic_store_explicit(&watch->seen, true, memory_order_relaxed);
  return true;
}

ig_status ig_interrupt_check(ig_interrupt_watch *watch, ig_error *err) {
  return ig_interrupt_seen(watch) ? ig_fail(err, IG_INTERRUPTED, "interrupted") : IG_OK;
}

bool ig_interrupt_requested(const ig_interrupter *interrupter) {
  return interrupter && atomic_load_explicit(&interrupter->requested, memory_order_relaxed) != 0;
}

// A signal may come between the look at the interrupter and the waiting: so it looks every 20 ms.
ig_status ig_interrupt_wait_to_read(const ig_interrupter *interrupter, int descriptor,
                                    ig_error *err) {
  struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
  int ready;
  do {
    if (ig_interrupt_requested(interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted while it was read");
    ready = poll(&wanted, 1, interrupter ? 20 : -1);
  } while (ready == 0 || (ready < 0 && errno == EINTR));
  return IG_OK;  // what poll cannot tell, read will
}
