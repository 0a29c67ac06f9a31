// How well a model does on what it was not trained on: translations of lines by BLEU and chrF, and
// its loss on the right ones; or answers to questions in SQuAD's form by F1 and exact matches.
//   cc score_held_out.c $(pkg-config --cflags --libs ingot) && ./a.out MODEL SQUAD.json
//   ./a.out MODEL "A line." "Its translation." …
#include <ingot_answer.h>
#include <ingot_score.h>
#include <stdio.h>
#include <stdlib.h>

static ig_status score_lines(const char *model, char **texts, size_t count, ig_error *err) {
  const char **sources = calloc(2 * count, sizeof *sources), **references = sources + count;
  if (!sources) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    sources[i] = texts[2 * i];
    references[i] = texts[2 * i + 1];
  }
  const ig_score_options metrics[] = {{.metric = IG_METRIC_BLEU}, {.metric = IG_METRIC_CHRF}};
  double minus_loss, scores[2];
  ig_held_out_options options = ig_held_out_options_default();
  options.sources = sources;
  options.references = references;
  options.count = count;
  options.loss = true;
  options.others = metrics;
  options.other_count = 2;
  options.other_scores = scores;
  const ig_status status = ig_score_held_out(&options, model, &minus_loss, err);
  if (status == IG_OK)
    printf("BLEU %.1f, chrF %.1f, loss %.3f\n", scores[0], scores[1], -minus_loss);
  free(sources);
  return status;
}

static ig_status score_questions(const char *model, const char *file, ig_error *err) {
  ig_held_out_questions *questions;
  double scores[2];
  for (int exact = 0; exact < 2; exact++) {
    ig_held_out_questions_options options = ig_held_out_questions_options_default();
    options.exact = exact;
    ig_status status = ig_held_out_questions_open(file, &options, &questions, err);
    if (status == IG_OK)
      status = ig_score_held_out_questions(questions, model, &scores[exact], err);
    ig_held_out_questions_free(questions);
    if (status != IG_OK) return status;
  }
  printf("F1 %.1f, exact %.1f\n", scores[0], scores[1]);
  return IG_OK;
}

int main(int argc, char **argv) {
  if (argc < 3 || (argc > 3 && argc % 2 == 1)) {
    fprintf(stderr, "usage: %s MODEL SQUAD.json, or MODEL LINE TRANSLATION ...\n", argv[0]);
    return 2;
  }
  ig_error err;
  const size_t lines = (size_t)(argc - 2) / 2;
  const ig_status status = argc == 3 ? score_questions(argv[1], argv[2], &err)
                                     : score_lines(argv[1], argv + 2, lines, &err);
  if (status != IG_OK) fprintf(stderr, "%s\n", err.message);
  return status != IG_OK;
}
