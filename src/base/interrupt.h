// What ig_interrupter and ig_interrupt mean inside: long work looks at the interrupter of its own
// options between steps, saves its state and returns IG_INTERRUPTED.
#ifndef IG_BASE_INTERRUPT_H
#define IG_BASE_INTERRUPT_H
#include "ingot.h"
bool ig_interrupt_requested(const ig_interrupter *interrupter);  // NULL: false
#endif
