#include "answer/answer_corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/squad_batch.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "model/head/head.h"

enum { TOGETHER = 256 };  // questions that are read at once

typedef struct corpus_making {
  const ig_reading_options *options;
  const ig_squad *squad;
  ig_corpus *corpus;
  ig_answer_corpus_counts *counts;
  size_t id_capacity[2], offset_capacity[2];
  ig_ids none, text;  // of prompts: targets of windows without the question's answer, and with it
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

// The place of the question's answer in its context; empty: it has none.
static ig_source_range place_of(const ig_squad_question *question) {
  if (question->answer_count == 0) return (ig_source_range){0};
  const ig_squad_answer *a = &question->answers[0];
  return (ig_source_range){a->begin, a->begin + strlen(a->text)};
}

static ig_status add_pair(corpus_making *m, const ig_ids *source, const int *target, size_t count,
                          bool found, ig_error *err) {
  IG_TRY(append(m, IG_SIDE_SOURCE, source->ids, source->count, err));
  IG_TRY(append(m, IG_SIDE_TARGET, target, count, err));
  m->corpus->pairs++;
  m->counts->windows++;
  m->counts->without_answer += !found;
  return IG_OK;
}

static ig_status add_span(corpus_making *m, const ig_reading_window *w,
                          const ig_source_range *places, ig_source_range answer, ig_error *err) {
  int numbers[IG_SPAN_TARGETS] = {[IG_SPAN_SECOND_TEXT] = (int)w->second_text};
  const bool found = answer.end > answer.begin && find_rows(w, places + w->first, answer, numbers);
  return add_pair(m, &w->ids, numbers, IG_SPAN_TARGETS, found, err);
}

static ig_status add_text(corpus_making *m, const ig_reading_window *w, ig_source_range answer,
                          ig_error *err) {
  const bool found =
      answer.end > answer.begin && w->place.begin <= answer.begin && w->place.end >= answer.end;
  const ig_ids *target = found ? &m->text : &m->none;
  return add_pair(m, &w->ids, target->ids, target->count, found, err);
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

static ig_status encode_target(corpus_making *m, const char *text, ig_ids *out, ig_error *err) {
  ig_encode_notes notes = {0};
  const ig_side_text target = {.side = IG_SIDE_TARGET, .text = text, .length = strlen(text)};
  out->count = 0;
  IG_TRY(ig_tokenizer_encode_noted(m->options->tokenizer, &target, out, &notes, err));
  if (notes.unknown > 0 && m->counts->unknown++ == 0)
    memcpy(m->counts->first_unknown, notes.first_unknown, sizeof notes.first_unknown);
  return IG_OK;
}

// *fits: the question can be learnt; else that is noted.
static ig_status take_text(corpus_making *m, const ig_squad_question *question, bool *fits,
                           ig_error *err) {
  char problem[128];
  *fits = true;
  if (question->answer_count == 0) return IG_OK;
  IG_TRY(encode_target(m, question->answers[0].text, &m->text, err));
  *fits = m->text.count <= (size_t)m->options->max_length;
  if (*fits) return IG_OK;
  snprintf(problem, sizeof problem, "its answer has %zu tokens, more than a window's %d",
           m->text.count, m->options->max_length);
  return note_problem(m, question, problem, err);
}

static ig_status add_windows(corpus_making *m, const ig_reading *r, const ig_reading_question *q,
                             ig_source_range answer, ig_error *err) {
  const ig_source_range *places = r->contexts[q->context].tokens.places.list;
  const size_t without = m->counts->without_answer;
  for (size_t i = 0; i < q->windows; i++) {
    const ig_reading_window *w = &r->windows[q->first_window + i];
    IG_TRY(m->options->prompts ? add_text(m, w, answer, err) : add_span(m, w, places, answer, err));
  }
  const bool answered = answer.end > answer.begin;
  m->counts->cut += answered && m->counts->without_answer - without == q->windows;
  return IG_OK;
}

// An answer that does not occur in its context is no stretch of it, but the only window of a
// context can still generate it.
static ig_status add_question(corpus_making *m, const ig_reading *r, size_t index,
                              const ig_squad_question *question, ig_error *err) {
  const ig_reading_question *q = &r->questions[index];
  bool fits = true;
  if (q->problem) return note_problem(m, question, q->problem, err);
  ig_source_range answer = place_of(question);
  if (question->answer_count > 0 && question->answers[0].start == IG_SQUAD_NOWHERE) {
    if (!m->options->prompts || q->windows != 1) {
      m->counts->absent++;
      return IG_OK;
    }
    answer = r->windows[q->first_window].place;
  }
  if (m->options->prompts) IG_TRY(take_text(m, question, &fits, err));
  return fits ? add_windows(m, r, q, answer, err) : IG_OK;
}

static ig_status add_some(corpus_making *m, size_t first, size_t count, ig_error *err) {
  ig_question asked[TOGETHER] = {{0}};
  ig_reading reading;
  const ig_squad_question *questions = m->squad->questions + first;
  for (size_t i = 0; i < count; i++)
    asked[i] = (ig_question){questions[i].text, questions[i].context};
  ig_status status = ig_reading_make(m->options, asked, count, &reading, err);
  for (size_t i = 0; status == IG_OK && i < count; i++)
    status = add_question(m, &reading, i, &questions[i], err);
  ig_reading_free(&reading);
  return status;
}

static ig_status add_all(corpus_making *m, ig_error *err) {
  if (m->options->prompts) IG_TRY(encode_target(m, "", &m->none, err));
  for (size_t first = 0, some; first < m->squad->count; first += some) {
    some = ig_squad_batch_count(m->squad, first, TOGETHER);
    IG_TRY(add_some(m, first, some, err));
  }
  return IG_OK;
}

ig_status ig_answer_corpus_make(const ig_reading_options *options, const ig_squad *squad,
                                ig_corpus *out, ig_answer_corpus_counts *counts, ig_error *err) {
  *out = (ig_corpus){.lines = squad->count};
  *counts = (ig_answer_corpus_counts){0};
  corpus_making m = {.options = options, .squad = squad, .corpus = out, .counts = counts};
  const ig_status status = add_all(&m, err);
  ig_ids_free(&m.none);
  ig_ids_free(&m.text);
  if (status == IG_OK) return IG_OK;
  ig_corpus_free(out);
  free(counts->first_problem);
  counts->first_problem = NULL;
  return status;
}

void ig_answer_corpus_tell(const ig_reporter *reporter, const ig_answer_corpus_report *r) {
  const ig_answer_corpus_counts *counts = r->counts;
  const ig_corpus *corpus = r->corpus;
  ig_report(reporter, IG_LEVEL_INFO,
            "%s: %zu questions, %zu windows of %zu tokens, %zu of them without an answer", r->name,
            r->squad->count, counts->windows,
            corpus->pairs ? corpus->offsets[IG_SIDE_SOURCE][corpus->pairs] : 0,
            counts->without_answer);
  if (counts->absent)
    ig_report(reporter, IG_LEVEL_WARNING,
              "%s: %zu questions are left out: their answers do not occur in their contexts%s",
              r->name, counts->absent, r->prompts ? ", which have several windows" : "");
  if (counts->cut)
    ig_report(reporter, IG_LEVEL_WARNING,
              "%s: %zu questions have answers of which no window holds the whole: they teach that "
              "there is none",
              r->name, counts->cut);
  if (counts->problems)
    ig_report(reporter, IG_LEVEL_WARNING, "%s: %zu questions are left out, the first: %s", r->name,
              counts->problems, counts->first_problem);
  if (counts->unknown)
    ig_report(reporter, IG_LEVEL_WARNING,
              "%s: %zu answers cannot be generated as they are: the vocabulary lacks pieces of "
              "them, the first: '%s'",
              r->name, counts->unknown, counts->first_unknown);
}
