#include "answer/answer_json.h"

const char *ig_answer_json_text(const ig_answers *a) {
  if (a->nothing_found) return "empty";
  return a->chosen >= 0 ? a->list[a->chosen].text : "";
}

// A place in code points; null: there is none.
static json_t *place(const ig_answer *a, size_t code) {
  return a->placed ? json_integer((json_int_t)code) : json_null();
}

static json_t *passage(const ig_answer *a) {
  return json_pack("{s:s, s:I, s:I}", "text", a->passage, "start",
                   (json_int_t)a->passage_start_code, "end", (json_int_t)a->passage_end_code);
}

// Hands out the object, or NULL after freeing it.
static json_t *unless_failed(json_t *object, int failed) {
  if (!failed) return object;
  json_decref(object);
  return NULL;
}

// The text under the key. Logits are floats, whose nine digits say all.
static json_t *answer_object(const ig_answer *a, const char *key, bool logits) {
  json_t *object = json_pack("{s:s, s:f, s:o, s:o}", key, a->text, "score", a->score, "start",
                             place(a, a->start_code), "end", place(a, a->end_code));
  if (!object) return NULL;
  int failed = 0;
  if (logits) {
    failed |= json_object_set_new(object, "start_logit", json_real((double)a->start_logit));
    failed |= json_object_set_new(object, "end_logit", json_real((double)a->end_logit));
  }
  if (a->passage) failed |= json_object_set_new(object, "passage", passage(a));
  return unless_failed(object, failed);
}

json_t *ig_answer_json_list(const ig_answers *a) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < a->count; i++)
    list = unless_failed(
        list, json_array_append_new(list, answer_object(&a->list[i], "text", !a->generated)));
  return list;
}

// "There is no answer" is in the list where it may be one.
static double score_of_none(const ig_answers *a) {
  for (size_t i = 0; i < a->count; i++)
    if (*a->list[i].text == '\0') return a->list[i].score;
  return 0;
}

json_t *ig_answer_json_object(const ig_answers *a) {
  if (a->problem) return json_pack("{s:s}", "error", a->problem);
  if (a->chosen >= 0) return answer_object(&a->list[a->chosen], "answer", false);
  return json_pack("{s:s, s:f, s:i, s:i}", "answer", ig_answer_json_text(a), "score",
                   score_of_none(a), "start", 0, "end", 0);
}
