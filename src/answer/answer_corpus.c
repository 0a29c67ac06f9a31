#include "answer/answer_corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/head/head.h"

enum { TOGETHER = 256 };  // questions that are read at once

typedef struct corpus_making {
  const ig_squad *squad;
  ig_corpus *corpus;
  ig_answer_corpus_counts *counts;
  size_t id_capacity[2], offset_capacity[2];
} corpus_making;

static ig_status append(corpus_making *m, ig_side side, const int *ids, size_t count,
                        ig_error *err) {
  ig_corpus *c = m->corpus;
  const size_t pairs = c->pairs, used = pairs ? c->offsets[side][pairs] : 0;
  IG_TRY(ig_allocate_more((void **)&c->ids[side], &m->id_capacity[side], used + count,
                          sizeof *c->ids[side], err));
  IG_TRY(ig_allocate_more((void **)&c->offsets[side], &m->offset_capacity[side], pairs + 2,
                          sizeof *c->offsets[side], err));
  if (pairs == 0) c->offsets[side][0] = 0;
  for (size_t i = 0; i < count; i++) c->ids[side][used + i] = ids[i];
  c->offsets[side][pairs + 1] = used + count;
  return IG_OK;
}

// The rows of a window where the answer begins and ends; false: it does not hold all of it.
static bool find_rows(const ig_reading_window *w, const ig_source_range *places,
                      ig_source_range answer, int rows[IG_SPAN_TARGETS]) {
  const size_t last = w->count - 1;
  if (places[0].begin > answer.begin || places[last].end < answer.end) return false;
  size_t begin = 0, end = last;
  while (begin < last && places[begin + 1].begin <= answer.begin) begin++;
  while (end > 0 && places[end - 1].end >= answer.end) end--;
  rows[IG_SPAN_BEGIN] = (int)(w->context_row + begin);
  rows[IG_SPAN_END] = (int)(w->context_row + end);
  return true;
}

static ig_status add_window(corpus_making *m, const ig_reading_window *w,
                            const ig_source_range *places, const ig_squad_question *question,
                            ig_error *err) {
  int numbers[IG_SPAN_TARGETS] = {[IG_SPAN_SECOND_TEXT] = (int)w->second_text};
  bool found = false;
  if (question->answer_count > 0) {
    const ig_squad_answer *a = &question->answers[0];
    const ig_source_range answer = {a->begin, a->begin + strlen(a->text)};
    found = find_rows(w, places + w->first, answer, numbers);
  }
  IG_TRY(append(m, IG_SIDE_SOURCE, w->ids.ids, w->ids.count, err));
  IG_TRY(append(m, IG_SIDE_TARGET, numbers, IG_SPAN_TARGETS, err));
  m->corpus->pairs++;
  m->counts->windows++;
  m->counts->without_answer += !found;
  return IG_OK;
}

static ig_status note_problem(corpus_making *m, const ig_squad_question *question,
                              const char *problem, ig_error *err) {
  if (m->counts->problems++ > 0) return IG_OK;
  const size_t size = strlen(question->id) + strlen(problem) + 32;
  m->counts->first_problem = ig_allocate(size, 1, err);
  if (!m->counts->first_problem) return IG_ERROR_MEMORY;
  snprintf(m->counts->first_problem, size, "question %s: %s", question->id, problem);
  return IG_OK;
}

static ig_status add_question(corpus_making *m, const ig_reading *r, size_t index,
                              const ig_squad_question *question, ig_error *err) {
  const ig_reading_question *q = &r->questions[index];
  if (q->problem) return note_problem(m, question, q->problem, err);
  if (question->answer_count > 0 && question->answers[0].start == IG_SQUAD_NOWHERE) {
    m->counts->absent++;
    return IG_OK;
  }
  const ig_source_range *places = r->contexts[q->context].tokens.places.list;
  for (size_t i = 0; i < q->windows; i++)
    IG_TRY(add_window(m, &r->windows[q->first_window + i], places, question, err));
  return IG_OK;
}

static ig_status add_some(corpus_making *m, const ig_reading_options *options, size_t first,
                          size_t count, ig_error *err) {
  ig_question asked[TOGETHER];
  ig_reading reading;
  const ig_squad_question *questions = m->squad->questions + first;
  for (size_t i = 0; i < count; i++)
    asked[i] = (ig_question){questions[i].text, questions[i].context};
  ig_status status = ig_reading_make(options, asked, count, &reading, err);
  for (size_t i = 0; status == IG_OK && i < count; i++)
    status = add_question(m, &reading, i, &questions[i], err);
  ig_reading_free(&reading);
  return status;
}

ig_status ig_answer_corpus_make(const ig_reading_options *options, const ig_squad *squad,
                                ig_corpus *out, ig_answer_corpus_counts *counts, ig_error *err) {
  *out = (ig_corpus){.lines = squad->count};
  *counts = (ig_answer_corpus_counts){0};
  corpus_making m = {.squad = squad, .corpus = out, .counts = counts};
  for (size_t first = 0; first < squad->count; first += TOGETHER) {
    const size_t left = squad->count - first;
    const ig_status status = add_some(&m, options, first, left < TOGETHER ? left : TOGETHER, err);
    if (status == IG_OK) continue;
    ig_corpus_free(out);
    free(counts->first_problem);
    counts->first_problem = NULL;
    return status;
  }
  return IG_OK;
}
