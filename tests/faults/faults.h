// Faults on demand: the n-th allocation, or the n-th call that writes to the disk, fails as the
// system would let it fail. The file is linked with --wrap, so that the calls of the library's own
// objects (and, by its hooks, those of Jansson) are counted.
#ifndef IG_TESTS_FAULTS_H
#define IG_TESTS_FAULTS_H
#include <stdbool.h>

typedef enum fault_kind { FAULT_NONE, FAULT_MEMORY, FAULT_WRITE } fault_kind;

// From now on the nth call of the kind fails, counted from 1; nth 0: calls are counted only.
void faults_arm(fault_kind kind, long nth);
void faults_disarm(void);
// From now on the stack of each counted call is remembered; false: no more.
void faults_remember_stacks(bool on);
// Whether the nth call is among the first three that came from its place, by the same way. True for
// calls that were not remembered.
bool faults_is_telling(long nth);
bool faults_fired(void);         // since the last faults_arm
long faults_calls(void);         // of the kind armed, since then
const char *faults_where(void);  // the function that failed
long faults_live(void);          // allocations, mappings and open files that exist
#endif
