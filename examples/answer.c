// The answerer inside a program of yours.
//   cc answer.c $(pkg-config --cflags --libs ingot) && ./a.out MODEL "A passage." "A question?" …
#include <ingot_answer.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s MODEL PASSAGE QUESTION ...\n", argv[0]);
    return 2;
  }
  const ig_ensemble_member member = {.directory = argv[1], .weight = 1};
  const ig_ensemble models = {.members = &member, .count = 1};
  ig_answerer *answerer;
  ig_error err;
  if (ig_answerer_open(&models, NULL, &answerer, &err) != IG_OK) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int code = 0;
  for (int i = 3; i < argc && code == 0; i++) {
    const ig_question question = {.question = argv[i], .context = argv[2]};
    ig_answers answers;
    if (ig_answerer_run(answerer, &question, 1, &answers, &err) != IG_OK) {
      fprintf(stderr, "%s\n", err.message);
      code = 1;
    } else if (answers.chosen < 0) {
      fprintf(stderr, "%s\n", answers.problem ? answers.problem : "there is no answer");
      code = 1;
    } else {
      const ig_answer *answer = &answers.list[answers.chosen];
      printf("%s", answer->text);
      if (answer->placed) printf(" (bytes %zu to %zu of the passage)", answer->begin, answer->end);
      putchar('\n');
    }
    ig_answers_free(&answers);
  }
  ig_answerer_free(answerer);
  return code;
}
