#include "pipeline/stream_progress.h"

#include "base/clock.h"
#include "base/report.h"

// Seconds between reports while a window is worked on.
#define TOLD_EVERY 0.1

void ig_stream_progress_begin(ig_stream_progress *p, const ig_reporter *reporter, const char *what,
                              size_t lines_before) {
  p->reporter = reporter;
  p->what = what;
  p->caller = pthread_self();
  p->begin = p->told = ig_clock_seconds();
  p->total = 0;
  p->lines = (double)lines_before;
  p->sentences = 0;
  atomic_store(&p->finished, 0);
  atomic_store(&p->finished_sentences, 0);
}

static void report_lines(ig_stream_progress *p) {
  const double now = ig_clock_seconds(), seconds = now - p->begin,
               sentences = (double)(p->sentences + atomic_load(&p->finished_sentences));
  const ig_progress progress = {
      .what = p->what,
      .done = p->lines + (double)atomic_load(&p->finished) / IG_WINDOW_LINE,
      .total = (double)p->total,
      .unit = "lines",
      .rate = seconds > 0 ? sentences / seconds : 0,
      .rate_unit = "sentences"};
  p->told = now;
  ig_report_progress(p->reporter, &progress);
}

void ig_stream_progress_sentence(ig_stream_progress *p, const ig_window_sentence *sentence) {
  atomic_fetch_add(&p->finished, sentence->share);
  atomic_fetch_add(&p->finished_sentences, 1);
  if (!p->reporter || !p->reporter->progress || !pthread_equal(pthread_self(), p->caller)) return;
  if (ig_clock_seconds() - p->told >= TOLD_EVERY) report_lines(p);
}

// Blank sentences are done without being worked on, so the window's shares are added up here.
void ig_stream_progress_window(ig_stream_progress *p, const ig_window *window) {
  size_t shares = 0;
  for (size_t i = 0; i < window->count; i++) shares += window->sentences[i].share;
  p->lines += (double)shares / IG_WINDOW_LINE;
  p->sentences += atomic_exchange(&p->finished_sentences, 0);
  atomic_store(&p->finished, 0);
  report_lines(p);
}
