// Question-answering corpora in the JSON of SQuAD: v1.1, v2.0, and those of its form, such as
// XQuAD, MLQA, CMRC2018 and DRCD. Two others are read as well: rows of Hugging Face datasets, which
// are questions, each with its context and answers {"text": [...], "answer_start": [...]}, in a
// list, in {"data": a list}, or one a line; and the first form of CMRC2018 (context_text,
// query_text), whose answers have no place.
#ifndef IG_DATA_SQUAD_H
#define IG_DATA_SQUAD_H
#include <stddef.h>
#include <stdint.h>
#include "ingot/core.h"

typedef struct ig_squad_answer {
  const char *text;  // UTF-8
  int64_t stated;    // answer_start in the file, in code points; -1: it has none from 0 on
  // Where the text is in the context. If it is not where the file says, the occurrence nearest to
  // that; IG_SQUAD_NOWHERE if there is none, and such an answer is no span to train on.
  size_t start;  // in code points
  size_t begin;  // in bytes
} ig_squad_answer;
#define IG_SQUAD_NOWHERE SIZE_MAX

typedef struct ig_squad_question {
  const char *id;  // an id that is a number in the file is its digits
  const char *text;
  const char *context;
  size_t article;  // from 0
  // A question without any has no answer in its context. plausible_answers are left out: they are
  // wrong ones.
  const ig_squad_answer *answers;  // (answer_count)
  size_t answer_count;
} ig_squad_question;

// What is odd in a file and yet read. Counts of answers: moved, absent; of questions: the others.
typedef struct ig_squad_oddities {
  size_t moved;      // answers that are elsewhere than at their answer_start
  size_t absent;     // answers whose text does not occur in the context
  size_t duplicate;  // questions with the id of an earlier one
  size_t blank;      // questions of nothing but white space
  size_t doubtful;   // is_impossible contradicts the answers
} ig_squad_oddities;

typedef struct ig_squad {
  const char *version;           // as the file says; NULL: it does not
  ig_squad_question *questions;  // (count), in the order of the file
  size_t count;
  size_t articles;         // rows of one title, or of one context, that follow are one
  size_t answered;         // questions with an answer
  bool states_impossible;  // a question says whether it is impossible, as in v2.0
  ig_squad_oddities oddities;
  // The three below are private.
  void *json;
  ig_squad_answer *answers;
  struct ig_squad_place *sorted;  // (count)
} ig_squad;

typedef struct ig_squad_reading {
  const char *path;             // a file, or a pipe
  const ig_reporter *reporter;  // is told the first ten oddities of each kind, and their numbers
} ig_squad_reading;

// What is no JSON of this form is IG_ERROR_FORMAT, with the place: article, paragraph and question,
// counted from 1. A file without questions is one, too.
ig_status ig_squad_read(const ig_squad_reading *reading, ig_squad *out, ig_error *err);
void ig_squad_free(ig_squad *squad);  // leaves {0}
// The number of the last question with that id; IG_SQUAD_NOWHERE: there is none.
size_t ig_squad_find(const ig_squad *squad, const char *id);
#endif
