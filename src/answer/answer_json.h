// Answers as JSON.
#ifndef IG_ANSWER_ANSWER_JSON_H
#define IG_ANSWER_ANSWER_JSON_H
#include <jansson.h>
#include "ingot_answer.h"

// The text of the answer that was chosen: "" where there is none, borrowed from answers.
const char *ig_answer_json_text(const ig_answers *answers);
// A list of an object for each answer: text, score, start and end in code points (null: it has no
// place), the logits of one that was found, and its passage, if it was asked for.
// NULL: out of memory.
json_t *ig_answer_json_list(const ig_answers *answers);
// {"answer", "score", "start", "end"}, and "passage", of the answer that was chosen, or {"error"}
// of a question that could not be asked. NULL: out of memory.
json_t *ig_answer_json_object(const ig_answers *answers);
#endif
