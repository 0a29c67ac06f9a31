// The clock that rates and times are taken from.
#ifndef IG_BASE_CLOCK_H
#define IG_BASE_CLOCK_H
double ig_clock_seconds(void);  // monotonic: never set back
#endif
