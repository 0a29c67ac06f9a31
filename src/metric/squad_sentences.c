#include "metric/squad_sentences.h"

#include <stdint.h>

#include "base/report.h"
#include "metric/character_class.h"
#include "text/utf8.h"

enum { TOLD = 10 };

static bool is_among(int32_t c, const char *signs) {
  for (; *signs; signs++)
    if (c == *signs) return true;
  return false;
}

// Whether another sentence may begin in the rest of a text after . ? or !: Punkt looks at stops
// before white space and more, and before a sign that is no word's.
static bool may_go_on(const char *text) {
  size_t step;
  int32_t c = (int32_t)ig_utf8_decode(text, &step);
  if (c && is_among(c, ")\";}]*:@'({[!?")) return true;
  if (!c || !ig_character_class_is_space(c)) return false;
  while (c && ig_character_class_is_space(c)) c = (int32_t)ig_utf8_decode(text += step, &step);
  return c && !ig_character_class_is_han(c);
}

// text: UTF-8.
static bool may_be_cut(const char *text) {
  for (; *text; text++)
    if (is_among(*text, ".?!") && may_go_on(text + 1)) return true;
  return false;
}

typedef struct sentence_telling {
  const ig_reporter *reporter;
  size_t count;
} sentence_telling;

static void look_at(sentence_telling *t, const char *id, const char *what, const char *text) {
  if (!text || !may_be_cut(text) || t->count++ >= TOLD) return;
  ig_report(t->reporter, IG_LEVEL_WARNING,
            "question %s: its %s may be several sentences in Latin letters, which the official "
            "script cuts by a model (Punkt) that is not built here: F1 may differ",
            id, what);
}

size_t ig_squad_sentences_tell(const ig_squad *squad, const ig_squad_predictions *predictions,
                               const ig_reporter *reporter) {
  sentence_telling t = {reporter, 0};
  for (size_t i = 0; i < squad->count; i++) {
    const ig_squad_question *q = &squad->questions[i];
    for (size_t k = 0; k < q->answer_count; k++) look_at(&t, q->id, "answer", q->answers[k].text);
    look_at(&t, q->id, "prediction", predictions->texts[i]);
  }
  if (t.count > TOLD)
    ig_report(reporter, IG_LEVEL_WARNING,
              "%zu answers and predictions may be several sentences in all", t.count);
  return t.count;
}
