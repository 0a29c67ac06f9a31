// Forks of the process. A child has none of the threads of its parent, and mutexes that those held
// stay locked: what has threads notes the count when it is made and compares it later.
#ifndef IG_BASE_FORKS_H
#define IG_BASE_FORKS_H
// How many forks lie between this process and the one that first asked.
unsigned ig_forks_count(void);
#endif
