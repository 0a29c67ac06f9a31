// Answers that are generated: each window's by a search of its own, and the best of all windows.
#include "answer/generation.h"

#include <stdlib.h>
#include <string.h>

#include "answer/answerer_state.h"
#include "answer/passage.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "text/utf8.h"

// One of the n best texts of a window.
typedef struct generated_text {
  char *text;  // without white space at its ends
  float score;
  size_t window;
} generated_text;

typedef struct generation {
  ig_answerer *answerer;
  const ig_reading *reading;
  size_t n_best;
  ig_reading_sentences sentences;
  generated_text *texts;  // (windows, n_best): best first
} generation;

// ---- windows through the engine ---------------------------------------------

static void free_generation(generation *g) {
  for (size_t i = 0; g->texts && i < g->reading->window_count * g->n_best; i++)
    free(g->texts[i].text);
  free(g->texts);
  ig_reading_sentences_free(&g->sentences);
}

static ig_status reserve(generation *g, ig_error *err) {
  const int members = ig_engine_members_of(g->answerer->engine)->models.count;
  IG_TRY(ig_reading_sentences_make(g->reading, (size_t)members, &g->sentences, err));
  g->texts = ig_allocate(g->reading->window_count * g->n_best, sizeof *g->texts, err);
  return g->texts ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status decode_text(const ig_tokenizer *tokenizer, const ig_hypothesis *h, char **out,
                             ig_error *err) {
  IG_TRY(ig_tokenizer_decode(tokenizer, h->ids, (size_t)h->length, out, err));
  const char *text = *out;
  size_t length = strlen(text);
  ig_utf8_strip(&text, &length);
  memmove(*out, text, length);
  (*out)[length] = '\0';
  return IG_OK;
}

// On the threads of the workers: each window has texts of its own.
static ig_status keep_texts(void *context, size_t window, const ig_hypothesis *found,
                            ig_error *err) {
  const generation *g = context;
  for (size_t i = 0; i < g->n_best; i++) {
    generated_text *text = &g->texts[window * g->n_best + i];
    *text = (generated_text){.score = found[i].score, .window = window};
    IG_TRY(decode_text(g->answerer->tokenizer, &found[i], &text->text, err));
  }
  return IG_OK;
}

static ig_status run_windows(generation *g, ig_error *err) {
  ig_answerer *a = g->answerer;
  ig_engine_counts counts;
  IG_TRY(reserve(g, err));
  const ig_engine_job job = {.sentences = g->sentences.list,
                             .count = g->reading->window_count,
                             .options = &a->decode,
                             .batch_tokens = a->options.batch_tokens,
                             .decoded = keep_texts,
                             .context = g,
                             .interrupter = a->options.interrupter};
  const ig_status status = ig_engine_run(a->engine, &job, &counts, err);
  a->stats.tokens += counts.source_tokens;
  a->stats.generated_tokens += counts.target_tokens;
  return status;
}

// ---- the best of all windows ------------------------------------------------

static bool is_empty(const generated_text *t) { return *t->text == '\0'; }

static int compare_scores(const void *a, const void *b) {
  const generated_text *const *x = a, *const *y = b;
  if ((*x)->score != (*y)->score) return (*x)->score > (*y)->score ? -1 : 1;
  return *x < *y ? -1 : 1;  // the earlier window
}

// The texts of the windows that have an answer, or of all if none has one, best first; returns how
// many. A window has none if its best text is empty: it does not know the answer, which says
// nothing of the others.
static size_t sort_texts(const generation *g, const ig_reading_question *q,
                         const generated_text **out) {
  const generated_text *texts = g->texts + q->first_window * g->n_best;
  bool answered = false;
  size_t count = 0;
  for (size_t w = 0; w < q->windows; w++) answered |= !is_empty(&texts[w * g->n_best]);
  for (size_t w = 0; w < q->windows; w++) {
    const generated_text *its = &texts[w * g->n_best];
    for (size_t i = 0; i < g->n_best && (!answered || !is_empty(its)); i++) out[count++] = &its[i];
  }
  qsort(out, count, sizeof *out, compare_scores);
  return count;
}

static ig_status write_answer(const generation *g, const char *context, const generated_text *t,
                              ig_answer *out, ig_error *err) {
  const ig_source_range window = g->reading->windows[t->window].place;
  ig_source_range place = {0};
  const bool placed = is_empty(t) || ig_passage_locate(context, t->text, window, &place);
  *out = (ig_answer){.text = ig_allocate_copy(t->text, strlen(t->text), err),
                     .begin = place.begin,
                     .end = place.end,
                     .score = (double)t->score,
                     .placed = placed};
  if (!out->text) return IG_ERROR_MEMORY;
  return ig_passage_place(g->answerer->sentences, context, window, out, err);
}

static bool is_listed(const ig_answers *answers, const char *text) {
  for (size_t i = 0; i < answers->count; i++)
    if (strcmp(answers->list[i].text, text) == 0) return true;
  return false;
}

// Of equal texts the best stays.
static ig_status write_answers(const generation *g, const ig_reading_question *q,
                               const generated_text *const *sorted, size_t count, ig_answers *out,
                               ig_error *err) {
  const char *context = g->reading->contexts[q->context].text;
  out->list = ig_allocate(g->n_best, sizeof *out->list, err);
  if (!out->list) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count && out->count < g->n_best; i++) {
    if (is_listed(out, sorted[i]->text)) continue;
    ig_answer *answer = &out->list[out->count++];
    IG_TRY(write_answer(g, context, sorted[i], answer, err));
  }
  out->chosen = *out->list[0].text ? 0 : -1;
  return IG_OK;
}

static ig_status answer_one(const generation *g, size_t question, ig_answers *out, ig_error *err) {
  const ig_reading_question *q = &g->reading->questions[question];
  const generated_text **sorted = ig_allocate(q->windows * g->n_best, sizeof *sorted, err);
  if (!sorted) return IG_ERROR_MEMORY;
  out->generated = true;
  const ig_status status = write_answers(g, q, sorted, sort_texts(g, q, sorted), out, err);
  free(sorted);
  return status;
}

ig_status ig_generation_answer(ig_answerer *a, const ig_reading *reading, ig_answers *out,
                               ig_error *err) {
  generation g = {.answerer = a, .reading = reading, .n_best = (size_t)a->options.n_best};
  ig_status status = run_windows(&g, err);
  for (size_t i = 0; status == IG_OK && i < reading->question_count; i++) {
    if (reading->questions[i].problem) continue;
    status = answer_one(&g, i, &out[i], err);
    if (status == IG_OK && ig_interrupt_requested(a->options.interrupter))
      status = ig_fail(err, IG_INTERRUPTED, "interrupted");
  }
  free_generation(&g);
  return status;
}
