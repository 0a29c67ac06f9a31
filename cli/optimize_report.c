#include "optimize_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

enum { SHOWN_ON_TERMINAL = 10 };

static const char *const score_names[CLI_CHECK_SCORES] = {"BLEU", "chrF"};

static bool make_room(cli_optimize_report *r) {
  if (r->count < r->capacity) return true;
  const size_t capacity = r->capacity ? 2 * r->capacity : 64;
  ig_optimized_tensor *more = realloc(r->tensors, capacity * sizeof *more);
  if (!more) return false;
  r->tensors = more;
  r->capacity = capacity;
  return true;
}

void cli_optimize_report_add(void *context, const ig_optimized_tensor *tensor) {
  cli_optimize_report *r = context;
  char *name = strdup(tensor->name);
  if (!name || !make_room(r)) {
    free(name);
    r->failed = true;
    return;
  }
  r->tensors[r->count] = *tensor;
  r->tensors[r->count++].name = name;
}

void cli_optimize_report_free(cli_optimize_report *r) {
  for (size_t i = 0; i < r->count; i++) free((char *)r->tensors[i].name);
  free(r->tensors);
}

// ---- text -------------------------------------------------------------------

static int compare_errors(const void *a, const void *b) {
  const ig_optimized_tensor *x = a, *y = b;
  if (x->relative_error > y->relative_error) return -1;
  if (x->relative_error < y->relative_error) return 1;
  return strcmp(x->name, y->name);
}

static void print_table(const cli_optimize_report *r, size_t shown) {
  puts("relative error  largest error  tensor");
  for (size_t i = 0; i < shown; i++) {
    const ig_optimized_tensor *t = &r->tensors[i];
    printf("%14.6f  %13.6g  %s%s\n", t->relative_error, t->largest_error, t->name,
           t->kept ? " (kept as it was)" : "");
  }
  if (shown < r->count) printf("and %zu tensors that lose less\n", r->count - shown);
}

static void print_check(const cli_optimize_check *check) {
  for (int i = 0; i < CLI_CHECK_SCORES; i++)
    printf("%s %.2f before, %.2f after: %+.2f\n", score_names[i], check->before[i], check->after[i],
           check->after[i] - check->before[i]);
}

static void print_shortlist(const ig_shortlist_made *s) {
  printf(
      "shortlist of %zu pairs of lines: %zu source tokens lead to %zu target tokens; a sentence "
      "has %.0f in the mean, and in these texts %.2f%% of its translation's (on others fewer: "
      "--check); %.1f MB of memory\n",
      s->pairs, s->source_tokens, s->target_tokens, s->list, 100 * s->covered,
      (double)s->peak_bytes / 1e6);
}

static void print_text(cli_optimize_report *r, const ig_optimized *sum,
                       const cli_optimize_check *check) {
  const bool few = isatty(STDOUT_FILENO) && r->count > SHOWN_ON_TERMINAL;
  if (r->count) {
    qsort(r->tensors, r->count, sizeof *r->tensors, compare_errors);
    print_table(r, few ? SHOWN_ON_TERMINAL : r->count);
  }
  const bool weights_stay = sum->shortlist.pairs && sum->changed + sum->kept == 0;
  if (!weights_stay)
    printf("%zu tensors changed, %zu kept; %zu bytes before, %zu after: %.1f%%\n", sum->changed,
           sum->kept, sum->bytes_before, sum->bytes_after,
           sum->bytes_before ? 100 * (double)sum->bytes_after / (double)sum->bytes_before : 0);
  if (sum->shortlist.pairs) print_shortlist(&sum->shortlist);
  if (check) print_check(check);
}

// ---- JSON -------------------------------------------------------------------

static void print_member(const char *name, double value) {
  printf("\"%s\": ", name);
  cli_json_number(stdout, value);
}

static void print_tensor_json(const ig_optimized_tensor *t) {
  fputs("{\"name\": ", stdout);
  cli_json_string(stdout, t->name);
  fputs(", ", stdout);
  print_member("relative_error", t->relative_error);
  fputs(", ", stdout);
  print_member("largest_error", t->largest_error);
  printf(", \"kept\": %s}", t->kept ? "true" : "false");
}

static void print_check_json(const cli_optimize_check *check) {
  fputs(", \"check\": {", stdout);
  for (int i = 0; i < CLI_CHECK_SCORES; i++) {
    printf("%s\"%s\": {", i ? ", " : "", score_names[i]);
    print_member("before", check->before[i]);
    fputs(", ", stdout);
    print_member("after", check->after[i]);
    fputs(", ", stdout);
    print_member("difference", check->after[i] - check->before[i]);
    putchar('}');
  }
  putchar('}');
}

static void print_shortlist_json(const ig_shortlist_made *s) {
  printf(
      ", \"shortlist\": {\"pairs\": %zu, \"left_out\": %zu, \"source_tokens\": %zu, "
      "\"target_tokens\": %zu, \"peak_bytes\": %zu, ",
      s->pairs, s->left_out, s->source_tokens, s->target_tokens, s->peak_bytes);
  print_member("list", s->list);
  fputs(", ", stdout);
  print_member("covered", s->covered);
  putchar('}');
}

static void print_json(const cli_optimize_report *r, const ig_optimized *sum,
                       const cli_optimize_check *check) {
  printf(
      "{\"changed\": %zu, \"kept\": %zu, \"bytes_before\": %zu, \"bytes_after\": %zu, "
      "\"tensors\": [",
      sum->changed, sum->kept, sum->bytes_before, sum->bytes_after);
  for (size_t i = 0; i < r->count; i++) {
    if (i) fputs(", ", stdout);
    print_tensor_json(&r->tensors[i]);
  }
  putchar(']');
  if (sum->shortlist.pairs) print_shortlist_json(&sum->shortlist);
  if (check) print_check_json(check);
  puts("}");
}

void cli_optimize_report_print(cli_optimize_report *r, const ig_optimized *sum,
                               const cli_optimize_check *check, bool json) {
  if (json)
    print_json(r, sum, check);
  else
    print_text(r, sum, check);
}
