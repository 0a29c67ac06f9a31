// ig_held_out_questions: how well a model answers questions whose answers are known.
#include <stdlib.h>

#include "answer/answer_model.h"
#include "answer/answer_score.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"

struct ig_held_out_questions {
  ig_held_out_questions_options options;
  ig_squad squad;
};

ig_held_out_questions_options ig_held_out_questions_options_default(void) {
  return (ig_held_out_questions_options){.answering = ig_answerer_options_default()};
}

ig_status ig_held_out_questions_open(const char *path, const ig_held_out_questions_options *options,
                                     ig_held_out_questions **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(path, "path", err));
  ig_held_out_questions *h = ig_allocate(1, sizeof *h, err);
  if (!h) return IG_ERROR_MEMORY;
  h->options = options ? *options : ig_held_out_questions_options_default();
  const ig_status status =
      ig_squad_read(&(ig_squad_reading){path, h->options.reporter}, &h->squad, err);
  if (status == IG_OK)
    *out = h;
  else
    free(h);
  return status;
}

void ig_held_out_questions_free(ig_held_out_questions *h) {
  if (!h) return;
  ig_squad_free(&h->squad);
  free(h);
}

static ig_status open_answerer(const ig_held_out_questions *h, const char *directory,
                               ig_answerer **out, ig_error *err) {
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  ig_answerer_options options = h->options.answering;
  options.no_answer = ig_answer_score_has_unanswerable(&h->squad);
  const ig_status status = ig_answer_model_open_to_score(&alone, &options, out, err);
  return status == IG_ERROR_ARGUMENT ? ig_fail_in(err, status, "%s", directory) : status;
}

ig_status ig_score_held_out_questions(void *questions, const char *directory, double *score,
                                      ig_error *err) {
  const ig_held_out_questions *h = questions;
  ig_answerer *answerer;
  ig_answer_scores scores;
  IG_TRY(ig_fail_if_null(h, "questions", err));
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(score, "score", err));
  IG_TRY(open_answerer(h, directory, &answerer, err));
  const size_t count = h->squad.count;
  char **texts = ig_allocate(count, sizeof *texts, err);
  const ig_answer_scoring scoring = {&h->squad, count, h->options.answering.interrupter, texts};
  const ig_status status =
      texts ? ig_answer_score_questions(answerer, &scoring, &scores, err) : IG_ERROR_MEMORY;
  ig_answerer_free(answerer);
  for (size_t i = 0; texts && i < count; i++) free(texts[i]);
  free(texts);
  IG_TRY(status);
  if (scores.problems)
    ig_report(h->options.reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu held-out questions could not be asked, and count as \"\"", directory,
              scores.problems, count);
  *score = h->options.exact ? scores.exact : scores.f1;
  return IG_OK;
}
