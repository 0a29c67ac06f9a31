/* The version, statuses, errors and reports of Ingot: what every other header needs. ingot.h
 * includes it. */
#ifndef INGOT_CORE_H
#define INGOT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INGOT_VERSION_MAJOR 0
#define INGOT_VERSION_MINOR 2
#define INGOT_VERSION_PATCH 0
#define INGOT_VERSION_STRING "0.2.0"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status and errors --------------------------------------------------- */

typedef enum ig_status {
  IG_OK = 0,
  IG_ERROR_ARGUMENT = 1,    /* an option or a value that makes no sense */
  IG_ERROR_IO = 2,          /* the operating system refused */
  IG_ERROR_FORMAT = 3,      /* a file is not what it should be */
  IG_ERROR_MEMORY = 4,      /* no memory was left */
  IG_ERROR_UNSUPPORTED = 5, /* well-formed, but not something this version does */
  IG_ERROR_DIVERGED = 6,    /* training met NaN or Inf, or a loss that ran away */
  IG_INTERRUPTED = 7,       /* ig_interrupt was called; state was saved */
} ig_status;

typedef struct ig_error {
  ig_status status;
  char message[1024]; /* one line: what, where (file, tensor, line), expected and found */
} ig_error;

/* The version of the library that runs: it may be newer than INGOT_VERSION_STRING of the header
 * that a program was compiled with. */
const char *ig_version(void);
/* "ok", "argument", "io", ...: a static string. */
const char *ig_status_name(ig_status status);
/* Makes a text safe to show on a terminal or in a log, in place: what a terminal would obey, and
 * what changes the order in which letters are shown, becomes spaces (control characters U+0000 to
 * U+001F and U+007F to U+009F, separators of lines and paragraphs, bidirectional embeddings,
 * overrides and isolates); bytes that are no UTF-8 become question marks. keep_lines: newlines and
 * tabs stay. The library's messages, notes and reports are clean already. NULL is fine. */
void ig_clean_text(char *text, bool keep_lines);

typedef struct ig_interrupter ig_interrupter; /* asks runs to stop: ingot.h */
typedef struct ig_cluster ig_cluster;         /* processes that work together: ingot_cluster.h */

/* ---- reports: the library hands lines and progress to the caller --------- */

typedef enum ig_level { IG_LEVEL_INFO, IG_LEVEL_WARNING } ig_level;

typedef struct ig_progress {
  const char *what;      /* "training" */
  double done, total;    /* in units; total 0: unknown */
  const char *unit;      /* "updates" */
  double rate;           /* per second, of rate_unit */
  const char *rate_unit; /* NULL: no rate is known */
  char note[128];        /* "loss 3.21 ppl 24.8" */
  double seconds_left;   /* at most, where a limit of time ends the work; 0: no such limit */
} ig_progress;

/* Both functions are called on the thread that called the library; one that is NULL is left out.
 * Strings are borrowed until the function returns. */
typedef struct ig_reporter {
  void (*message)(void *context, ig_level level, const char *text);
  void (*progress)(void *context, const ig_progress *progress);
  void *context; /* handed to both */
} ig_reporter;

#ifdef __cplusplus
}
#endif
#endif
