// The flag that ig_interrupt() sets. Long work looks at it between steps, saves its state and
// returns IG_INTERRUPTED.
#ifndef IG_BASE_INTERRUPT_H
#define IG_BASE_INTERRUPT_H
#include "ingot/core.h"
bool ig_interrupt_requested(void);
void ig_interrupt_clear(void);
#endif
