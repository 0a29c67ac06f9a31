// As SQuAD 2.0's script: from "nothing is answered" on, questions are answered one after another,
// the surest first. Of equal numbers the file's order counts, and a best in the midst of them is
// none that a threshold reaches.
#include "metric/squad_best.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

typedef struct ranked_question {
  double number;
  size_t place;                   // in the file of numbers
  const ig_squad_scored *scored;  // NULL: without a prediction, or not scored
} ranked_question;

static int compare_ranked(const void *left, const void *right) {
  const ranked_question *a = left, *b = right;
  if (a->number != b->number) return a->number < b->number ? -1 : 1;
  return (a->place > b->place) - (a->place < b->place);
}

static double value_of(const ig_squad_scored *s, bool exact) {
  return exact ? s->raw.exact : s->raw.f1;
}

typedef struct ranked_questions {
  const ranked_question *list;  // (count)
  size_t count;
  const ig_squad *squad;
  size_t unanswerable, predicted;
} ranked_questions;

static void find_best(const ranked_questions *ranked, bool exact, double *best, double *threshold) {
  double now = (double)ranked->unanswerable, most = now;
  *threshold = 0;
  for (size_t i = 0; i < ranked->count; i++) {
    const ig_squad_scored *s = ranked->list[i].scored;
    if (!s) continue;
    if (ranked->squad->questions[s->question].answer_count > 0)
      now += value_of(s, exact);
    else if (*s->prediction)
      now -= 1;
    if (now <= most) continue;
    most = now;
    *threshold = ranked->list[i].number;
  }
  *best = 100.0 * most / (double)ranked->predicted;
}

ig_status ig_squad_best_find(const ig_squad_best_input *in, ig_squad_score *out, ig_error *err) {
  ranked_question *list = ig_allocate(in->odds->count, sizeof *list, err);
  const ig_squad_scored **of_question =
      list ? ig_allocate(in->squad->count, sizeof *of_question, err) : NULL;
  ranked_questions ranked = {list, in->odds->count, in->squad, 0, 0};
  if (of_question) {
    for (size_t i = 0; i < in->count; i++) {
      const ig_squad_scored *s = &in->scored[i];
      ranked.unanswerable += in->squad->questions[s->question].answer_count == 0;
      ranked.predicted += s->prediction != NULL;
      if (s->prediction) of_question[s->question] = s;
    }
    for (size_t i = 0; i < in->odds->count; i++) {
      const size_t at = in->odds->order[i];
      list[i] = (ranked_question){in->odds->numbers[at], i, of_question[at]};
    }
    qsort(list, in->odds->count, sizeof *list, compare_ranked);
    out->has_best = ranked.predicted > 0;
  }
  if (out->has_best) {
    find_best(&ranked, true, &out->best_exact, &out->best_exact_threshold);
    find_best(&ranked, false, &out->best_f1, &out->best_f1_threshold);
  }
  const ig_status status = of_question ? IG_OK : IG_ERROR_MEMORY;
  free(list);
  free(of_question);
  return status;
}
