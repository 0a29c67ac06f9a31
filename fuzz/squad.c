// A corpus in SQuAD's JSON up to the first NUL byte, and after it predictions, which are scored by
// all rules. Where an answer is said to be in its context, it is.
#include "input.h"

#include "data/squad.h"
#include "ingot_score.h"

static void check_answers(const ig_squad *squad) {
  for (size_t i = 0; i < squad->count; i++) {
    const ig_squad_question *q = &squad->questions[i];
    for (size_t j = 0; j < q->answer_count; j++) {
      const ig_squad_answer *a = &q->answers[j];
      if (a->begin != IG_SQUAD_NOWHERE &&
          strncmp(q->context + a->begin, a->text, strlen(a->text)) != 0)
        abort();
    }
    if (ig_squad_find(squad, q->id) == IG_SQUAD_NOWHERE) abort();
  }
}

static void check_score(const ig_squad_options *options, const char *corpus,
                        const char *predictions) {
  ig_squad_score score;
  ig_error err = {0};
  if (ig_score_squad(options, corpus, predictions, &score, &err) != IG_OK) return;
  if (!(score.all.f1 >= 0 && score.all.f1 <= 100.0001 && score.all.exact <= 100.0001)) abort();
}

// The path of the second file.
static const char *write_predictions(const char *text) {
  static char path[sizeof input_file + 16];
  snprintf(path, sizeof path, "%s.json", input_file);
  FILE *file = fopen(path, "wb");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
  return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const languages[] = {"en", "vi", "ar", "zh"};
  input_bytes input = {data, size};
  size_t length, other;
  char *corpus = take_text(&input, &length), *predictions = take_text(&input, &other);
  const char *path = write_input(corpus, length);
  ig_squad squad;
  ig_error err = {0};
  if (ig_squad_read(&(ig_squad_reading){.path = path}, &squad, &err) == IG_OK) {
    check_answers(&squad);
    ig_squad_free(&squad);
    const char *second = write_predictions(other ? predictions : "{}");
    for (int rules = IG_SQUAD_RULES_FILE; rules <= IG_SQUAD_RULES_CMRC; rules++)
      for (size_t i = 0; i < (rules == IG_SQUAD_RULES_MLQA ? 4 : 1); i++)
        check_score(
            &(ig_squad_options){.rules = (ig_squad_rules)rules,
                                .language = rules == IG_SQUAD_RULES_MLQA ? languages[i] : NULL},
            path, second);
    check_score(&(ig_squad_options){.rules = IG_SQUAD_RULES_V2, .null_odds = second}, path, second);
  }
  free(corpus);
  free(predictions);
  return 0;
}
