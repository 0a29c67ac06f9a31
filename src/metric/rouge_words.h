// The words of a text that ROUGE compares, sentence after sentence.
#ifndef IG_METRIC_ROUGE_WORDS_H
#define IG_METRIC_ROUGE_WORDS_H
#include "ingot_score.h"
#include "metric/codes.h"
#include "metric/words.h"

typedef struct ig_rouge_words {
  ig_codes text;   // the words one after another, with a space after each
  ig_words words;  // of text
  size_t *ends;    // (sentences): the words of sentence k are those from ends[k - 1] to before it
  size_t sentences, capacity;
} ig_rouge_words;

// Reads a line, in lower case, as rouge_score's DefaultTokenizer does: words are stretches of a to
// z and 0 to 9, as their stems where the options say so; or as the options' tokenizer does.
// by_sentence: a sentence ends at a newline and at the options' rouge_sentence_end; otherwise the
// whole line is one. It changes the line. ig_rouge_words_free in any case.
ig_status ig_rouge_words_read(ig_rouge_words *out, const ig_score_options *options,
                              bool by_sentence, ig_codes *line, ig_error *err);
void ig_rouge_words_free(ig_rouge_words *words);
#endif
