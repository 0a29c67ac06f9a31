// A corpus in SQuAD's JSON. Where an answer is said to be in its context, it is.
#include "input.h"

#include "data/squad.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ig_squad squad;
  ig_error err = {0};
  if (ig_squad_read(&(ig_squad_reading){.path = write_input(data, size)}, &squad, &err) != IG_OK)
    return 0;
  for (size_t i = 0; i < squad.count; i++) {
    const ig_squad_question *q = &squad.questions[i];
    for (size_t j = 0; j < q->answer_count; j++) {
      const ig_squad_answer *a = &q->answers[j];
      if (a->begin != IG_SQUAD_NOWHERE &&
          strncmp(q->context + a->begin, a->text, strlen(a->text)) != 0)
        abort();
    }
    if (ig_squad_find(&squad, q->id) == IG_SQUAD_NOWHERE) abort();
  }
  ig_squad_free(&squad);
  return 0;
}
