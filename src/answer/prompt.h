// A question and its context as one text, for models that generate their answers:
// "question: QUESTION context: CONTEXT", both without the white space that they begin with, as the
// example run_seq2seq_qa of Hugging Face transformers has it.
#ifndef IG_ANSWER_PROMPT_H
#define IG_ANSWER_PROMPT_H
#include "ingot_answer.h"
#include "text/tokenizer.h"

typedef struct ig_prompt {
  char *text;
  size_t capacity;  // of text
  ig_ids ids;       // of the source, with the special tokens beside it
  // (ids): of each in the context, in bytes; of ids before `first` and from `end` on nothing
  ig_source_ranges places;
  size_t first, end;                     // the ids of the context
} ig_prompt;                             // start from {0}; ig_prompt_free
void ig_prompt_free(ig_prompt *prompt);  // leaves {0}

// Replaces what the prompt holds. IG_ERROR_ARGUMENT: the question or the context is empty;
// IG_ERROR_FORMAT: bytes that are no text.
ig_status ig_prompt_read(ig_prompt *prompt, const ig_tokenizer *tokenizer, const ig_question *asked,
                         ig_error *err);
#endif
