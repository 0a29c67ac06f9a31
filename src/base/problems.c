#include "base/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"

enum { MOST_TEXT = 1000, MOST_NAMED = 10, MOST_NAMES = 2000, MOST_LINE = 3200 };

// Adds one more tensor to a problem that is listed already.
static ig_status add_tensor(ig_problem *p, const char *tensor, ig_error *err) {
  if (p->named == MOST_NAMED) {
    p->more++;
    return IG_OK;
  }
  const size_t before = p->tensors ? strlen(p->tensors) : 0, size = before + strlen(tensor) + 3;
  char *names = ig_allocate(size, 1, err);
  if (!names) return IG_ERROR_MEMORY;
  snprintf(names, size, "%s%s%s", p->tensors ? p->tensors : "", p->tensors ? ", " : "", tensor);
  free(p->tensors);
  p->tensors = names;
  p->named++;
  return IG_OK;
}

static ig_problem *find_problem(const ig_problems *problems, const char *text) {
  for (size_t i = 0; i < problems->count; i++)
    if (strcmp(problems->items[i].text, text) == 0) return &problems->items[i];
  return NULL;
}

ig_status ig_problems_add(ig_problems *problems, const char *tensor, ig_error *err,
                          const char *format, ...) {
  char text[MOST_TEXT];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  ig_problem *p = find_problem(problems, text);
  if (!p) {
    IG_TRY(ig_allocate_more((void **)&problems->items, &problems->capacity, problems->count + 1,
                            sizeof *problems->items, err));
    p = &problems->items[problems->count];
    *p = (ig_problem){.text = ig_allocate_copy(text, strlen(text), err)};
    if (!p->text) return IG_ERROR_MEMORY;
    problems->count++;
  }
  return tensor ? add_tensor(p, tensor, err) : IG_OK;
}

ig_status ig_problems_judge(ig_problems *problems, ig_status status, const ig_error *why,
                            ig_error *err) {
  if (status == IG_OK) return IG_OK;
  if (status == IG_ERROR_MEMORY) return ig_fail(err, status, "%s", why->message);
  problems->of_system |= status == IG_ERROR_IO;
  return ig_problems_add(problems, NULL, err, "%s", why->message);
}

ig_status ig_problems_move(ig_problems *to, ig_problems *from, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&to->items, &to->capacity, to->count + from->count,
                          sizeof *to->items, err));
  if (from->count) memcpy(to->items + to->count, from->items, from->count * sizeof *from->items);
  to->count += from->count;
  to->of_system |= from->of_system;
  from->count = 0;
  ig_problems_free(from);
  return IG_OK;
}

static void write_problem(const ig_problem *p, char line[MOST_LINE]) {
  char more[48] = "";
  if (p->more)
    snprintf(more, sizeof more, " and %zu more tensor%s", p->more, p->more == 1 ? "" : "s");
  snprintf(line, MOST_LINE, "%.*s%s%s%s", MOST_NAMES, p->tensors ? p->tensors : "", more,
           p->tensors ? ": " : "", p->text);
}

void ig_problems_tell(const ig_problems *notes, const ig_reporter *reporter) {
  for (size_t i = 0; i < notes->count; i++) {
    char line[MOST_LINE];
    write_problem(&notes->items[i], line);
    ig_report(reporter, IG_LEVEL_WARNING, "%s", line);
  }
}

// ": A; B; and 3 more": as many as fit, the first in any case.
static void list_problems(const ig_problems *problems, char *list, size_t size) {
  enum { COUNT_ROOM = 32 };
  size_t used = 0;
  for (size_t i = 0; i < problems->count; i++) {
    char line[MOST_LINE];
    write_problem(&problems->items[i], line);
    if (i > 0 && used + strlen(line) + 2 + COUNT_ROOM > size) {
      snprintf(list + used, size - used, "; and %zu more", problems->count - i);
      return;
    }
    snprintf(list + used, size - used, "%s%s", i ? "; " : ": ", line);
    used = strlen(list);
    if (used + COUNT_ROOM > size) used = size - COUNT_ROOM;
  }
}

ig_status ig_problems_report(const ig_problems *problems, const char *what,
                             const ig_reporter *reporter, ig_error *err) {
  if (problems->count == 0) return IG_OK;
  char list[sizeof err->message] = "";
  const bool is_told = reporter && reporter->message;
  ig_problems_tell(problems, reporter);
  char begin[sizeof err->message];
  const int used = snprintf(begin, sizeof begin, "%.500s cannot be carried out: %zu problem%s",
                            what, problems->count, problems->count == 1 ? "" : "s");
  if (!is_told) list_problems(problems, list, sizeof list - (size_t)used);
  return ig_fail(err, problems->of_system ? IG_ERROR_IO : IG_ERROR_FORMAT, "%s%s", begin, list);
}

void ig_problems_free(ig_problems *problems) {
  for (size_t i = 0; i < problems->count; i++) {
    free(problems->items[i].tensors);
    free(problems->items[i].text);
  }
  free(problems->items);
  *problems = (ig_problems){0};
}
