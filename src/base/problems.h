// What keeps a recipe from being carried out: all of it is listed, so that nobody mends one thing
// only to meet the next.
#ifndef IG_BASE_PROBLEMS_H
#define IG_BASE_PROBLEMS_H
#include <stddef.h>
#include "ingot/core.h"

typedef struct ig_problem {
  char *tensors;  // the first few that it is a problem of, "a, b, c"; NULL: of none
  size_t more;    // tensors besides those
  size_t named;
  char *text;
} ig_problem;

typedef struct ig_problems {
  ig_problem *items;
  size_t count, capacity;
} ig_problems;

// tensor NULL: of no tensor. The same text of another tensor is the same problem.
ig_status ig_problems_add(ig_problems *problems, const char *tensor, ig_error *err,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
// `from` is empty behind it.
ig_status ig_problems_move(ig_problems *to, ig_problems *from, ig_error *err);
// One WARNING each. 0 problems: IG_OK; else an error that begins with `what` and tells their
// number.
ig_status ig_problems_report(const ig_problems *problems, const char *what,
                             const ig_reporter *reporter, ig_error *err);
void ig_problems_free(ig_problems *problems);
#endif
