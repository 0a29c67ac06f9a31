// How soon a translation ends after ig_interrupt: the processor time that its thread takes between
// the request and the return, at moments spread over the run. One thread, ids in and out.
//
//   bench_cancelling DIRECTORY [BEAM [IDS [LINES [MOMENTS]]]] [score]
//
// A line has IDS ids; LINES of them are translated at once, or scored. Prints the largest and the
// mean time in milliseconds.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingot.h"

typedef struct cancelling {
  ig_translator *translator;
  ig_interrupter *interrupter;
  char *line;
  size_t count, read, targets;
  bool scoring;
  atomic_bool begun;
  clockid_t clock;  // of the thread that translates
  double asked;     // its processor time at the request
  double wait;      // processor time from the beginning to the request
} cancelling;

static void stop_on_error(ig_status status, const ig_error *err) {
  if (status == IG_OK || status == IG_INTERRUPTED) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

static double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static ig_status read_source(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  cancelling *c = context;
  *line = c->read++ < c->count ? c->line : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status read_target(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  cancelling *c = context;
  *line = c->targets++ < c->count ? c->line : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status drop_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)context, (void)line, (void)length, (void)err;
  return IG_OK;
}

static void *request(void *context) {
  cancelling *c = context;
  while (!atomic_load(&c->begun)) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  const double begin = seconds_of(c->clock);
  while (seconds_of(c->clock) - begin < c->wait)
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
  c->asked = seconds_of(c->clock);
  ig_interrupt(c->interrupter);
  return NULL;
}

// Milliseconds from the request, which comes after `wait` seconds, to the return; below 0: the run
// had ended before. A wait below 0 is a run without request, and its own time.
static double measure_once(cancelling *c, double wait) {
  pthread_t thread;
  ig_error err = {0};
  const ig_line_stream stream = {.read = read_source, .write = drop_line, .context = c};
  c->read = 0;
  c->targets = 0;
  c->wait = wait;
  ig_interrupter_reset(c->interrupter);
  atomic_store(&c->begun, false);
  pthread_getcpuclockid(pthread_self(), &c->clock);
  if (wait >= 0) pthread_create(&thread, NULL, request, c);
  const double begin = seconds_of(c->clock);
  atomic_store(&c->begun, true);
  const ig_status status = c->scoring
                               ? ig_score_targets(c->translator, &stream, read_target, NULL, &err)
                               : ig_translate_lines(c->translator, &stream, NULL, &err);
  const double end = seconds_of(c->clock);
  stop_on_error(status, &err);
  if (wait < 0) return 1e3 * (end - begin);
  pthread_join(thread, NULL);
  return status == IG_INTERRUPTED ? 1e3 * (end - c->asked) : -1;
}

int main(int argc, char **argv) {
  const bool scoring = argc > 2 && strcmp(argv[argc - 1], "score") == 0;
  const int numbers = argc - scoring;
  const int beam = numbers > 2 ? atoi(argv[2]) : 1, ids = numbers > 3 ? atoi(argv[3]) : 100;
  const int moments = numbers > 5 ? atoi(argv[5]) : 20;
  if (argc < 2) return 2;
  cancelling c = {.count = numbers > 4 ? (size_t)atoi(argv[4]) : 1, .scoring = scoring};
  ig_translator_options options = ig_translator_options_default();
  ig_error err = {0};
  options.ids_in = options.ids_out = true;
  options.threads = 1;
  options.beam_size = beam;
  options.min_length = options.max_length = 20;
  c.line = calloc((size_t)ids + 1, 8);
  if (!c.line) return 1;
  for (int i = 0; i + 1 < ids; i++) sprintf(c.line + strlen(c.line), "%d ", 10 + i % 50);
  strcat(c.line, "0");
  stop_on_error(ig_interrupter_create(&c.interrupter, &err), &err);
  options.interrupter = c.interrupter;
  stop_on_error(ig_translator_open(argv[1], &options, &c.translator, &err), &err);
  const double whole = measure_once(&c, -1);
  double most = 0, sum = 0;
  int stopped = 0;
  for (int m = 0; m < moments; m++) {
    const double found = measure_once(&c, 1e-3 * whole * m / moments);
    if (found < 0) continue;
    stopped++;
    sum += found;
    if (found > most) most = found;
  }
  printf(
      "%s, beam %d, %zu lines of %d ids: the whole %.0f ms; of %d requests the latest return "
      "after %.1f ms, the mean %.1f ms\n",
      scoring ? "scoring" : "translating", beam, c.count, ids, whole, stopped, most,
      stopped ? sum / stopped : 0);
  ig_translator_free(c.translator);
  ig_interrupter_free(c.interrupter);
  free(c.line);
  return 0;
}
