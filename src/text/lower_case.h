// Lower case of single characters, whatever is around them: Unicode 17.0, as Hugging Face
// tokenizers 0.23 has it. The one character that becomes two is U+0130.
#ifndef IG_TEXT_LOWER_CASE_H
#define IG_TEXT_LOWER_CASE_H
#include <stddef.h>
#include <stdint.h>

// Every step-th character from first to last, and how far its lower case is.
typedef struct ig_lower_case_run {
  uint32_t first, last, step;
  int32_t difference;
} ig_lower_case_run;
extern const ig_lower_case_run ig_lower_case_runs[];  // (ig_lower_case_run_count) rising
extern const size_t ig_lower_case_run_count;

// The lower case of a character: the character itself where it has none. U+0130 gives i, which
// U+0307 belongs after.
uint32_t ig_lower_case_of(uint32_t code);
#endif
