// A file of questions in the JSON of SQuAD, answered into files of JSON.
#include <stdlib.h>
#include <string.h>

#include "answer/answer_json.h"
#include "answer/squad_batch.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "data/squad.h"
#include "io/json.h"

enum { TOGETHER = 256 };  // questions of a run of the answerer, at most
enum { TOLD = 10 };       // problems that are told

typedef struct squad_answering {
  ig_answerer *answerer;
  const ig_answer_files *files;
  const ig_squad *squad;
  json_t *predictions, *n_best, *null_odds;  // the last two NULL: not wanted
  size_t problems;
} squad_answering;

static void tell_problem(squad_answering *s, const ig_squad_question *question,
                         const char *problem) {
  if (++s->problems > TOLD) return;
  ig_report(s->files->reporter, IG_LEVEL_WARNING, "%s: question %s: not asked: %s",
            s->files->questions, question->id, problem);
}

static ig_status out_of_memory(squad_answering *s, ig_error *err) {
  return ig_fail_memory_in(s->files->predictions, err);
}

static ig_status take_answers(squad_answering *s, const ig_squad_question *question,
                              const ig_answers *answers, ig_error *err) {
  if (answers->problem) tell_problem(s, question, answers->problem);
  int failed =
      json_object_set_new(s->predictions, question->id, json_string(ig_answer_json_text(answers)));
  if (s->n_best)
    failed |= json_object_set_new(s->n_best, question->id, ig_answer_json_list(answers));
  if (s->null_odds)
    failed |= json_object_set_new(s->null_odds, question->id, json_real(answers->null_odds));
  return failed ? out_of_memory(s, err) : IG_OK;
}

static ig_status answer_some(squad_answering *s, size_t first, size_t count, ig_error *err) {
  ig_question questions[TOGETHER] = {0};
  ig_answers answers[TOGETHER];
  for (size_t i = 0; i < count; i++) {
    const ig_squad_question *q = &s->squad->questions[first + i];
    questions[i] = (ig_question){q->text, q->context};
  }
  IG_TRY(ig_answerer_run(s->answerer, questions, count, answers, err));
  ig_status status = IG_OK;
  for (size_t i = 0; i < count; i++) {
    if (status == IG_OK)
      status = take_answers(s, &s->squad->questions[first + i], &answers[i], err);
    ig_answers_free(&answers[i]);
  }
  return status;
}

static ig_status answer_all(squad_answering *s, ig_error *err) {
  const size_t count = s->squad->count;
  for (size_t first = 0, some; first < count; first += some) {
    some = ig_squad_batch_count(s->squad, first, TOGETHER);
    IG_TRY(answer_some(s, first, some, err));
    ig_report_progress(s->files->reporter, &(ig_progress){.what = "answering",
                                                          .unit = "questions",
                                                          .done = (double)(first + some),
                                                          .total = (double)count});
  }
  if (s->problems > TOLD)
    ig_report(s->files->reporter, IG_LEVEL_WARNING, "%s: %zu questions were not asked",
              s->files->questions, s->problems);
  return IG_OK;
}

static ig_status save(const char *path, const json_t *json, ig_error *err) {
  return json ? ig_json_save_named(path, json, 9, err) : IG_OK;
}

static ig_status answer_and_save(squad_answering *s, ig_error *err) {
  const ig_answer_files *f = s->files;
  s->predictions = json_object();
  if (f->n_best) s->n_best = json_object();
  if (f->null_odds) s->null_odds = json_object();
  if (!s->predictions || (f->n_best && !s->n_best) || (f->null_odds && !s->null_odds))
    return out_of_memory(s, err);
  IG_TRY(answer_all(s, err));
  IG_TRY(save(f->n_best, s->n_best, err));
  IG_TRY(save(f->null_odds, s->null_odds, err));
  return save(f->predictions, s->predictions, err);
}

ig_status ig_answer_squad(ig_answerer *answerer, const ig_answer_files *files, ig_error *err) {
  ig_squad squad = {0};
  IG_TRY(ig_fail_if_null(answerer, "answerer", err));
  IG_TRY(ig_fail_if_null(files, "files", err));
  IG_TRY(ig_fail_if_null(files->questions, "questions", err));
  IG_TRY(ig_fail_if_null(files->predictions, "predictions", err));
  IG_TRY(ig_squad_read(&(ig_squad_reading){files->questions, files->reporter}, &squad, err));
  squad_answering s = {.answerer = answerer, .files = files, .squad = &squad};
  const ig_status status = answer_and_save(&s, err);
  json_decref(s.predictions);
  json_decref(s.n_best);
  json_decref(s.null_odds);
  ig_squad_free(&squad);
  return status;
}
