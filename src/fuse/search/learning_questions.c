#include "fuse/search/learning_questions.h"

#include <stdlib.h>

#include "answer/answer_corpus.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "data/split.h"

// ---- windows ----------------------------------------------------------------

static ig_status check_windows(const char *path, const ig_answer_corpus_counts *counts,
                               ig_error *err) {
  if (counts->windows == 0) return ig_fail(err, IG_ERROR_FORMAT, "%s: no question is left", path);
  if (counts->without_answer < counts->windows) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: none of %zu windows holds an answer: there is nothing to learn from", path,
                 counts->windows);
}

static ig_status make_windows(const ig_learning_questions_args *args, const ig_squad *squad,
                              ig_corpus *out, ig_error *err) {
  ig_answer_corpus_counts counts;
  IG_TRY(ig_answer_corpus_make(&args->reading, squad, out, &counts, err));
  ig_answer_corpus_tell(args->reporter, &(ig_answer_corpus_report){.name = args->path,
                                                                   .prompts = args->reading.prompts,
                                                                   .squad = squad,
                                                                   .corpus = out,
                                                                   .counts = &counts});
  free(counts.first_problem);
  return check_windows(args->path, &counts, err);
}

// ---- two parts --------------------------------------------------------------

// The windows of the questions whose mark is `wanted`.
static ig_status make_marked(const ig_learning_questions_args *args, const ig_squad *squad,
                             const bool *marks, bool wanted, ig_corpus *out, ig_error *err) {
  ig_squad some = {.questions = ig_allocate(squad->count, sizeof *some.questions, err)};
  if (!some.questions) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < squad->count; i++)
    if (marks[i] == wanted) some.questions[some.count++] = squad->questions[i];
  const ig_status status = make_windows(args, &some, out, err);
  free(some.questions);
  return status;
}

// All windows of a question are in one part.
static ig_status divide(const ig_learning_questions_args *args, const ig_squad *squad,
                        ig_corpus *rest, ig_corpus *drawn, ig_error *err) {
  bool *marks;
  ig_status status =
      ig_split_draw(squad->count, "questions", args->valid_share, args->seed, &marks, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", args->path);
  status = make_marked(args, squad, marks, false, rest, err);
  if (status == IG_OK) status = make_marked(args, squad, marks, true, drawn, err);
  free(marks);
  return status;
}

ig_status ig_learning_questions_load(const ig_learning_questions_args *args, ig_corpus *all,
                                     ig_corpus *valid, ig_error *err) {
  ig_squad squad;
  IG_TRY(ig_squad_read(&(ig_squad_reading){args->path, args->reporter}, &squad, err));
  const ig_status status =
      valid ? divide(args, &squad, all, valid, err) : make_windows(args, &squad, all, err);
  ig_squad_free(&squad);
  return status;
}
