// What a reporter is told of a stream of lines while it is worked on: how many lines are done,
// parts of lines included, and how fast sentences are.
#ifndef IG_PIPELINE_STREAM_PROGRESS_H
#define IG_PIPELINE_STREAM_PROGRESS_H
#include <pthread.h>
#include <stdatomic.h>

#include "pipeline/window.h"

typedef struct ig_stream_progress {
  const ig_reporter *reporter;  // may be NULL
  const char *what;             // "translating"
  pthread_t caller;             // that called the library: reports are for it alone
  double begin, told;           // seconds: of the stream's beginning, and of the last report
  size_t total;                 // lines of the stream; 0: not known
  double lines;                 // that were done before this window, parts of lines included
  size_t sentences;             // that were worked on before this window
  // Of the window: IG_WINDOW_LINE for each line, and sentences.
  atomic_size_t finished, finished_sentences;
} ig_stream_progress;

// lines_before: of the text, before the stream.
void ig_stream_progress_begin(ig_stream_progress *progress, const ig_reporter *reporter,
                              const char *what, size_t lines_before);
// The sentence is done. May be called by any thread; those of the caller's report it if a while has
// passed since the last report.
void ig_stream_progress_sentence(ig_stream_progress *progress, const ig_window_sentence *sentence);
// The whole window is done, and the next one is to come.
void ig_stream_progress_window(ig_stream_progress *progress, const ig_window *window);
#endif
