// Microseconds of each sentence, translated one at a time by ig_translate, for
// bench/python_overhead.py.
//
//   bench_one_at_a_time MODEL REPEATS < lines
//
// A line of output for each line of input: the least time of the repeats. One thread.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingot.h"

static void stop_on_error(ig_status status, const ig_error *err) {
  if (status == IG_OK) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s MODEL REPEATS\n", argv[0]);
    return 2;
  }
  ig_error err;
  ig_engine *engine = NULL;
  ig_translator *translator = NULL;
  const ig_ensemble_member member = {.directory = argv[1], .weight = 1};
  const ig_ensemble ensemble = {.members = &member, .count = 1, .mean = IG_MEAN_ARITHMETIC};
  ig_engine_options on_one_thread = ig_engine_options_default();
  on_one_thread.threads = 1;
  stop_on_error(ig_engine_open(&ensemble, &on_one_thread, &engine, &err), &err);
  stop_on_error(ig_translator_open_on(engine, NULL, &translator, &err), &err);
  char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    double least = 1e30;
    for (int i = atoi(argv[2]); i > 0; i--) {
      char *out;
      const double begin = microseconds();
      stop_on_error(ig_translate(translator, line, &out, &err), &err);
      free(out);
      const double time = microseconds() - begin;
      if (time < least) least = time;
    }
    printf("%.3f\n", least);
  }
  ig_translator_free(translator);
  ig_engine_free(engine);
}
