// The flag is a lock-free atomic: nothing else is both async-signal-safe and visible to other
// threads.
#include "base/interrupt.h"

#include <stdatomic.h>

#include "ingot.h"

static atomic_int interrupted;

void ig_interrupt(void) { atomic_store_explicit(&interrupted, 1, memory_order_relaxed); }
bool ig_interrupt_requested(void) {
  return atomic_load_explicit(&interrupted, memory_order_relaxed) != 0;
}
void ig_interrupt_clear(void) { atomic_store_explicit(&interrupted, 0, memory_order_relaxed); }
