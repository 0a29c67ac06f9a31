#include "answer/answer_json.h"

const char *ig_answer_json_text(const ig_answers *a) {
  if (a->nothing_found) return "empty";
  return a->chosen >= 0 ? a->list[a->chosen].text : "";
}

// Logits are floats, whose nine digits say all.
static json_t *answer_object(const ig_answer *a) {
  return json_pack("{s:s, s:f, s:I, s:I, s:f, s:f}", "text", a->text, "score", a->score, "start",
                   (json_int_t)a->start_code, "end", (json_int_t)a->end_code, "start_logit",
                   (double)a->start_logit, "end_logit", (double)a->end_logit);
}

json_t *ig_answer_json_list(const ig_answers *a) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < a->count; i++)
    if (json_array_append_new(list, answer_object(&a->list[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

// "There is no answer" is in the list where it may be one.
static double score_of_none(const ig_answers *a) {
  for (size_t i = 0; i < a->count; i++)
    if (a->list[i].begin == a->list[i].end) return a->list[i].score;
  return 0;
}

json_t *ig_answer_json_object(const ig_answers *a) {
  if (a->problem) return json_pack("{s:s}", "error", a->problem);
  if (a->chosen < 0)
    return json_pack("{s:s, s:f, s:i, s:i}", "answer", ig_answer_json_text(a), "score",
                     score_of_none(a), "start", 0, "end", 0);
  const ig_answer *best = &a->list[a->chosen];
  return json_pack("{s:s, s:f, s:I, s:I}", "answer", best->text, "score", best->score, "start",
                   (json_int_t)best->start_code, "end", (json_int_t)best->end_code);
}
