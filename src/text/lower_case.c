#include "text/lower_case.h"

uint32_t ig_lower_case_of(uint32_t code) {
  size_t low = 0, high = ig_lower_case_run_count;
  if (code == 0x130) return 'i';
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (code > ig_lower_case_runs[middle].last)
      low = middle + 1;
    else
      high = middle;
  }
  const ig_lower_case_run *run = &ig_lower_case_runs[low];
  if (low == ig_lower_case_run_count || code < run->first) return code;
  return (code - run->first) % run->step ? code : (uint32_t)((int32_t)code + run->difference);
}
