// The reporter: see report.h.
#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "json.h"

static struct {
  cli_log log;
  bool bar;                       // progress redraws one line of a terminal
  bool drawn;                     // the cursor is after a bar
  bool begun;                     // progress was reported before
  bool shown;                     // progress was shown before
  bool closed;                    // what was last reported as over was shown so, if it had to be
  double last;                    // when progress was last shown, or else the reporter began
  double begin_time, begin_done;  // for the time left: a resumed run does not begin at 0
  char what[64];                  // is being done
  double done;                    // of it
} state;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void clear_bar(void) {
  if (state.drawn) fputs("\r\033[K", stderr);
  state.drawn = false;
}

// The local time now in a form of strftime, or nothing where no clock is wanted.
static const char *format_clock(char *out, size_t size, const char *form) {
  const time_t seconds = time(NULL);
  struct tm local;
  out[0] = '\0';
  if (state.log.clock && localtime_r(&seconds, &local) != NULL)
    out[strftime(out, size - 1, form, &local)] = '\0';
  return out;
}

// Ends an object.
static void json_end(void) {
  char clock[48];
  fprintf(stderr, "%s}\n",
          format_clock(clock, sizeof clock, ", \"time\": \"%Y-%m-%dT%H:%M:%S%z\""));
}

static void json_line(const char *level, const char *text) {
  fprintf(stderr, "{\"level\": \"%s\", \"message\": ", level);
  cli_json_string(stderr, text);
  json_end();
}

// What a plain line begins with.
static void print_clock(void) {
  char clock[32];
  fputs(format_clock(clock, sizeof clock, "[%Y-%m-%d %H:%M:%S] "), stderr);
}

static void message(void *context, ig_level level, const char *text) {
  (void)context;
  if (state.log.quiet && level != IG_LEVEL_WARNING) return;
  clear_bar();
  if (state.log.json)
    json_line(level == IG_LEVEL_WARNING ? "warning" : "info", text);
  else {
    print_clock();
    fprintf(stderr, "%s%s\n", level == IG_LEVEL_WARNING ? "warning: " : "", text);
  }
}

// 950, 12.3k, 4.56M
static void format_count(char *out, size_t size, double value) {
  if (value < 1e4)
    snprintf(out, size, "%.4g", value);
  else if (value < 1e6)
    snprintf(out, size, "%.1fk", value / 1e3);
  else
    snprintf(out, size, "%.2fM", value / 1e6);
}

// Whole things that are done, and parts of them where they are few: a book may be one line.
static void format_done(char *out, size_t size, const ig_progress *progress) {
  if (progress->total < 10 && progress->done < 10 && progress->done > floor(progress->done))
    snprintf(out, size, "%.2f", progress->done);
  else
    format_count(out, size, floor(progress->done));
}

// Seconds until all is done as fast as until now; HUGE_VAL: that cannot be told yet.
static double work_left(const ig_progress *progress, double time) {
  double gained = progress->done - state.begin_done, elapsed = time - state.begin_time;
  if (progress->total <= progress->done || gained <= 0 || elapsed < 1) return HUGE_VAL;
  return elapsed / gained * (progress->total - progress->done);
}

// " 0:12:34 left", or nothing if it cannot be told yet.
static void format_time_left(char *out, size_t size, const ig_progress *progress, double time) {
  out[0] = '\0';
  double left = work_left(progress, time);
  if (progress->seconds_left > 0 && progress->seconds_left < left) left = progress->seconds_left;
  if (!(left < 3600.0 * 24 * 365)) return;
  long seconds = (long)left;
  snprintf(out, size, "  %ld:%02ld:%02ld left", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void format_line(char *out, size_t size, const ig_progress *progress, double time) {
  char done[24], total[32] = "", rate[64] = "", left[48];
  format_done(done, sizeof done, progress);
  if (progress->total > 0) {
    total[0] = '/';
    format_count(total + 1, sizeof total - 1, progress->total);
  }
  if (progress->rate > 0) {
    char value[24];
    format_count(value, sizeof value, progress->rate);
    snprintf(rate, sizeof rate, "  %s %s/s", value,
             progress->rate_unit != NULL ? progress->rate_unit : "");
  }
  format_time_left(left, sizeof left, progress, time);
  snprintf(out, size, "%s%s %s%s%s%s%s", done, total, progress->unit != NULL ? progress->unit : "",
           progress->note[0] != '\0' ? "  " : "", progress->note, rate, left);
}

static void draw_bar(const ig_progress *progress, const char *line) {
  struct winsize window;
  int columns =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20 ? window.ws_col : 80;
  char text[512], bar[24] = "";
  if (progress->total > 0) {
    double part = progress->done < progress->total ? progress->done / progress->total : 1;
    int width = 14, full = (int)(width * part);
    for (int i = 0; i < width; i++) bar[i] = i < full ? '#' : '.';
  }
  snprintf(text, sizeof text, "%s %s%s%s", progress->what, bar, bar[0] != '\0' ? " " : "", line);
  fprintf(stderr, "\r%.*s\033[K", columns - 1, text);
  fflush(stderr);
  state.drawn = true;
}

static void json_number(const char *name, double value) {
  if (isfinite(value)) fprintf(stderr, ", \"%s\": %.10g", name, value);
}

static void json_progress(const ig_progress *progress) {
  fputs("{\"level\": \"progress\", \"what\": ", stderr);
  cli_json_string(stderr, progress->what);
  fputs(", \"unit\": ", stderr);
  cli_json_string(stderr, progress->unit != NULL ? progress->unit : "");
  json_number("done", progress->done);
  if (progress->total > 0) json_number("total", progress->total);
  if (progress->rate > 0) json_number("rate", progress->rate);
  if (progress->seconds_left > 0) json_number("seconds_left", progress->seconds_left);
  fputs(", \"note\": ", stderr);
  cli_json_string(stderr, progress->note);
  json_end();
}

// Seconds of work that a log gets a line for, the first one earlier: short work leaves none, and
// long work soon shows that it goes on.
#define FIRST_LINE_SECONDS 5
#define LINE_SECONDS 10
#define BAR_SECONDS 0.1

// The end of what was shown before is shown, once; everything else when it is time for it.
static bool is_due(const ig_progress *progress, double time) {
  const bool over = progress->total > 0 && progress->done >= progress->total;
  const bool was_closed = state.closed;
  state.closed = over;
  if (over && was_closed) return false;
  if (state.bar) return over || time - state.last >= BAR_SECONDS;
  if (over && state.shown) return true;
  return time - state.last >= (state.shown ? LINE_SECONDS : FIRST_LINE_SECONDS);
}

static void progress(void *context, const ig_progress *progress) {
  (void)context;
  if (state.log.quiet) return;
  double time = now();
  // The time that is left is reckoned from the beginning of what is being done, not of the command.
  const char *what = progress->what ? progress->what : "";
  if (!state.begun || progress->done < state.done ||
      strncmp(what, state.what, sizeof state.what - 1) != 0) {
    state.begun = true;
    snprintf(state.what, sizeof state.what, "%s", what);
    state.begin_time = time;
    state.begin_done = progress->done;
  }
  state.done = progress->done;
  if (!is_due(progress, time)) return;
  state.shown = true;
  state.last = time;
  if (state.log.json) {
    json_progress(progress);
    return;
  }
  char line[384];
  format_line(line, sizeof line, progress, time);
  if (state.bar)
    draw_bar(progress, line);
  else {
    print_clock();
    fprintf(stderr, "%s: %s\n", progress->what, line);
  }
}

ig_reporter cli_report_begin(const cli_log *log, bool bar_allowed) {
  memset(&state, 0, sizeof state);
  state.log = *log;
  state.bar = bar_allowed && !log->json && isatty(STDERR_FILENO);
  state.last = state.bar ? 0 : now();
  return (ig_reporter){.message = message, .progress = progress};
}

void cli_report_end(void) {
  if (state.drawn) fputc('\n', stderr);
  state.drawn = false;
}

static void say_error(const cli_verb *verb, const char *format, va_list arguments) {
  char text[1400], line[1500];
  vsnprintf(text, sizeof text, format, arguments);
  ig_clean_text(text, false);
  cli_report_end();
  if (state.log.json) {
    json_line("error", text);
    return;
  }
  snprintf(line, sizeof line, "ingot%s%s: %s\n", verb != NULL ? " " : "",
           verb != NULL ? verb->name : "", text);
  fputs(line, stderr);
}

int cli_fail(const cli_verb *verb, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say_error(verb, format, arguments);
  va_end(arguments);
  return CLI_FAILED;
}

// Whether the first `length` letters are the option's name with underscores.
static bool is_member(const cli_option *option, const char *member, size_t length) {
  if (strlen(option->name) != length) return false;
  for (size_t i = 0; i < length; i++)
    if (option->name[i] != (member[i] == '_' ? '-' : member[i])) return false;
  return true;
}

int cli_fail_of_library(const cli_verb *verb, const char *message) {
  const size_t length = strcspn(message, ": ");
  for (size_t i = 0; message[length] == ':' && i < verb->option_count; i++)
    if (is_member(&verb->options[i], message, length))
      return cli_fail(verb, "--%s%s", verb->options[i].name, message + length);
  return cli_fail(verb, "%s", message);
}

int cli_usage_error(const cli_verb *verb, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  say_error(verb, format, arguments);
  va_end(arguments);
  if (!state.log.json)
    fprintf(stderr, "'ingot help%s%s' shows what there is.\n", verb != NULL ? " " : "",
            verb != NULL ? verb->name : "");
  return CLI_USAGE;
}

int cli_fail_memory(const cli_verb *verb) {
  ig_error err;
  cli_error_memory(&err);
  return cli_fail(verb, "%s", err.message);
}
