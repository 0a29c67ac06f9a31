// Futures: ig_translate_texts on a thread of its own (ingot_texts.h).
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/translate_texts.h"

struct ig_future {
  ig_translator *translator;
  char **texts;  // (count): copies
  size_t count;
  ig_texts_options options;
  pthread_t thread;
  bool started, joined, taken;
  atomic_bool ended;
  // Of the thread, until it is joined.
  ig_status status;
  ig_error err;
  ig_translations *found;
};

static void *translate_texts(void *context) {
  ig_future *f = context;
  f->status = ig_translate_texts(f->translator, (const char *const *)f->texts, f->count,
                                 &f->options, &f->found, &f->err);
  atomic_store(&f->ended, true);
  return NULL;
}

// Signals are for the program's own threads.
static ig_status start_thread(ig_future *f, ig_error *err) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  const int failed = pthread_create(&f->thread, NULL, translate_texts, f);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  f->started = !failed;
  return failed ? ig_fail(err, IG_ERROR_MEMORY, "cannot start a thread: %s", strerror(failed))
                : IG_OK;
}

static ig_status copy_texts(ig_future *f, const char *const *texts, size_t count, ig_error *err) {
  IG_TRY(ig_translate_texts_check(texts, count, err));
  f->texts = ig_allocate(count, sizeof *f->texts, err);
  if (!f->texts) return IG_ERROR_MEMORY;
  for (; f->count < count; f->count++) {
    f->texts[f->count] = ig_allocate_copy(texts[f->count], strlen(texts[f->count]), err);
    if (!f->texts[f->count]) return IG_ERROR_MEMORY;
  }
  return IG_OK;
}

ig_status ig_submit_texts(ig_translator *translator, const char *const *texts, size_t count,
                          const ig_texts_options *options, ig_future **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(translator, "translator", err));
  ig_future *f = ig_allocate(1, sizeof *f, err);
  if (!f) return IG_ERROR_MEMORY;
  f->translator = translator;
  if (options) f->options = *options;
  ig_status status = copy_texts(f, texts, count, err);
  if (status == IG_OK) status = start_thread(f, err);
  if (status == IG_OK)
    *out = f;
  else
    ig_future_free(f);
  return status;
}

bool ig_future_ready(const ig_future *f) { return !f || atomic_load(&f->ended); }

static void join_thread(ig_future *f) {
  if (f->started && !f->joined) pthread_join(f->thread, NULL);
  f->joined = true;
}

ig_status ig_future_wait(ig_future *f, ig_translations **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(f, "future", err));
  if (f->taken)
    return ig_fail(err, IG_ERROR_ARGUMENT, "future: what it found has been taken already");
  join_thread(f);
  f->taken = true;
  *out = f->found;
  f->found = NULL;
  return f->status == IG_OK ? IG_OK : ig_fail(err, f->status, "%s", f->err.message);
}

void ig_future_free(ig_future *f) {
  if (!f) return;
  join_thread(f);
  ig_translations_free(f->found);
  for (size_t i = 0; i < f->count; i++) free(f->texts[i]);
  free(f->texts);
  free(f);
}
