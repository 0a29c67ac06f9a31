// A list of what keeps something from being carried out. All of it is listed before anything is
// reported, so that nobody mends one thing only to meet the next.
#ifndef IG_BASE_PROBLEMS_H
#define IG_BASE_PROBLEMS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_problem {
  char *tensors;  // the first few tensors that have it, "a, b, c"; NULL: it concerns no tensor
  size_t named;   // tensors in `tensors`
  size_t more;    // tensors besides those
  char *text;
} ig_problem;

typedef struct ig_problems {
  ig_problem *items;
  size_t count, capacity;
  bool
      of_system;  // one is that the system refused something: a file is missing (ig_problems_judge)
} ig_problems;

// Adds a problem. tensor NULL: it concerns no tensor. The same text with another tensor is the same
// problem.
ig_status ig_problems_add(ig_problems *problems, const char *tensor, ig_error *err,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
// Out of memory is a failure, returned in err. Any other status but IG_OK is a problem, whose text
// is why's message. `why` must be another error than `err`.
ig_status ig_problems_judge(ig_problems *problems, ig_status status, const ig_error *why,
                            ig_error *err);
// Moves all problems; `from` is empty then.
ig_status ig_problems_move(ig_problems *to, ig_problems *from, ig_error *err);
// Reports each problem as a WARNING and returns an error that begins with `what` and tells their
// number; where nobody is told of the problems, the error has as many of them as fit. Its status is
// IG_ERROR_IO if one is of the system, else IG_ERROR_FORMAT. If there are none: IG_OK.
ig_status ig_problems_report(const ig_problems *problems, const char *what,
                             const ig_reporter *reporter, ig_error *err);
// Reports each as a WARNING, as something to know that keeps nothing from being done.
void ig_problems_tell(const ig_problems *notes, const ig_reporter *reporter);
void ig_problems_free(ig_problems *problems);
#endif
