// Lines as a stream (ig_translate_lines), as one array (ig_translate_texts) and by a future, in
// turn: the least time of each, and how many texts are not the same.
//
//   bench_texts MODEL REPEATS [THREADS] < lines
//
// Processor time of all threads, so that a busy machine counts less.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingot_texts.h"

#define MOST_LINES 10000

typedef struct text_lines {
  char *lines[MOST_LINES], *out[MOST_LINES];
  size_t count, read, written;
} text_lines;

static void stop_on_error(ig_status status, const ig_error *err) {
  if (status == IG_OK) return;
  fprintf(stderr, "%s\n", err->message);
  exit(1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static ig_status read_line(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  text_lines *t = context;
  *line = t->read < t->count ? t->lines[t->read++] : NULL;
  *length = *line ? strlen(*line) : 0;
  return IG_OK;
}

static ig_status write_line(void *context, const char *line, size_t length, ig_error *err) {
  (void)err;
  text_lines *t = context;
  free(t->out[t->written]);
  t->out[t->written++] = strndup(line, length);
  return IG_OK;
}

typedef enum way { WAY_STREAM, WAY_ARRAY, WAY_FUTURE, WAYS } way;

static ig_translations *run(way how, ig_translator *translator, text_lines *t) {
  const char *const *texts = (const char *const *)t->lines;
  const ig_line_stream stream = {.read = read_line, .write = write_line, .context = t};
  ig_translations *found = NULL;
  ig_future *future = NULL;
  ig_error err;
  t->read = t->written = 0;
  if (how == WAY_STREAM)
    stop_on_error(ig_translate_lines(translator, &stream, NULL, &err), &err);
  else if (how == WAY_ARRAY)
    stop_on_error(ig_translate_texts(translator, texts, t->count, NULL, &found, &err), &err);
  else {
    stop_on_error(ig_submit_texts(translator, texts, t->count, NULL, &future, &err), &err);
    stop_on_error(ig_future_wait(future, &found, &err), &err);
  }
  ig_future_free(future);
  return found;
}

static size_t count_different(const ig_translations *found, const text_lines *t) {
  size_t different = 0;
  for (size_t i = 0; found && i < t->count; i++)
    different += strcmp(found->texts[i].text, t->out[i]) != 0;
  return different;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s MODEL REPEATS [THREADS] < lines\n", argv[0]);
    return 2;
  }
  static text_lines t;
  static char line[65536];
  while (t.count < MOST_LINES && fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = '\0';
    t.lines[t.count++] = strdup(line);
  }
  ig_translator_options options = ig_translator_options_default();
  options.threads = argc > 3 ? atoi(argv[3]) : 1;
  ig_translator *translator;
  ig_error err;
  stop_on_error(ig_translator_open(argv[1], &options, &translator, &err), &err);
  double least[WAYS] = {1e30, 1e30, 1e30};
  size_t different = 0;
  for (int i = 0; i < atoi(argv[2]); i++)
    for (int how = 0; how < WAYS; how++) {
      const double begin = seconds();
      ig_translations *found = run((way)how, translator, &t);
      const double time = seconds() - begin;
      if (time < least[how]) least[how] = time;
      different += count_different(found, &t);
      ig_translations_free(found);
    }
  printf("%zu lines: stream %.3f s, array %.3f s, future %.3f s; different texts: %zu\n", t.count,
         least[WAY_STREAM], least[WAY_ARRAY], least[WAY_FUTURE], different);
  ig_translator_free(translator);
  for (size_t i = 0; i < t.count; i++) {
    free(t.lines[i]);
    free(t.out[i]);
  }
  return different > 0;
}
