/* Ingot: answering questions from passages: by encoders with a head for spans, which find a stretch
 * of the passage (extractive question answering), and by encoder-decoder models, which generate the
 * answer from "question: ... context: ...". Conventions: ingot.h. */
#ifndef INGOT_ANSWER_H
#define INGOT_ANSWER_H

#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How answers come out of the numbers that an encoder gives each token. */
typedef enum ig_post_processing {
  /* As the last question-answering pipeline of Hugging Face transformers (4.57): softmax within
   * each window of a context, whole words, the scores of equal texts added. */
  IG_POST_PROCESSING_PIPELINE,
  /* As transformers' example run_qa: sums of logits, compared over all windows; tokens. */
  IG_POST_PROCESSING_RUN_QA
} ig_post_processing;

typedef struct ig_answerer_options {
  int threads, workers;               /* as in ig_translator_options */
  const char *type;                   /* as in ig_translator_options */
  ig_post_processing post_processing; /* default IG_POST_PROCESSING_PIPELINE */
  /* answers of a question, at most; default 0: 1, of run_qa 20; generated at most beam_size */
  int n_best;
  /* in tokens; default 0: 15, of run_qa and generated 30, the end token included */
  int max_answer_length;
  /* tokens of a window: of a question, a part of its context and the special ones; default 0: 384,
   * or all that the model has positions for if these are fewer */
  int max_length;
  /* tokens that two windows of a context share; default -1: 128, or half of max_length if that is
   * less */
  int stride;
  /* "there is no answer" may be the answer, as in SQuAD 2.0; default false. A model that generates
   * needs no leave: nothing generated is no answer */
  bool no_answer;
  /* of run_qa: how much better it must be than the best answer; default 0 */
  double null_threshold;
  /* answers begin and end with tokens, where the pipeline takes whole words; default false */
  bool part_words;
  int batch_tokens;            /* tokens a batch; default 0: 2048 */
  ig_interrupter *interrupter; /* as in ig_translator_options */
  /* of models that generate, as in ig_translator_options */
  int beam_size;
  float length_penalty;
  bool passages; /* each answer has its passage; default false */
} ig_answerer_options;
ig_answerer_options ig_answerer_options_default(void);

typedef struct ig_answerer ig_answerer; /* ig_answerer_free */
/* Loads models and their tokenizers. Several answer together: by the mean of their logits by their
 * weights (of their probabilities where they generate); they need one vocabulary.
 * IG_ERROR_UNSUPPORTED: an encoder without such a head. IG_ERROR_ARGUMENT: an option of the other
 * kind of models: post_processing (run_qa), null_threshold and part_words are not of those that
 * generate, beam_size and length_penalty of those alone. */
ig_status ig_answerer_open(const ig_ensemble *ensemble, const ig_answerer_options *options,
                           ig_answerer **out, ig_error *err);
void ig_answerer_free(ig_answerer *answerer);
/* Do its models generate their answers? */
bool ig_answerer_generates(const ig_answerer *answerer);

typedef struct ig_question {
  const char *question, *context; /* UTF-8 */
} ig_question;

/* A stretch of the context, or a text that was generated; of "there is no answer" the text is ""
 * and the places are 0. */
typedef struct ig_answer {
  char *text;
  size_t begin, end;           /* in bytes of the context, the end excluded */
  size_t start_code, end_code; /* the same in code points */
  /* of the pipeline a sum over windows, which is no probability; of run_qa the probability among
   * the answers of the list; of generated text log p / length^length_penalty of its tokens, the end
   * included */
  double score;
  float start_logit, end_logit; /* of generated text 0 */
  /* Is the text at its place? Of generated text that does not occur in the context the places
   * are 0. */
  bool placed;
  /* With ig_answerer_options.passages the sentences that the answer is in; of generated text
   * without a place what the model read. NULL: no answer, or not asked for */
  char *passage;
  size_t passage_begin;                        /* of it in the context, in bytes */
  size_t passage_start_code, passage_end_code; /* in code points */
} ig_answer;

typedef struct ig_answers {
  ig_answer *list; /* (count), best first */
  size_t count;
  int chosen; /* index of the answer; -1: there is none */
  /* of run_qa with no_answer: the logits of "no answer" less those of the best answer */
  double null_odds;
  /* of run_qa: no stretch was found, for which it writes the word "empty" */
  bool nothing_found;
  char *problem;  /* why the question could not be asked, and has no answer; NULL: it was asked */
  bool generated; /* by a model that generates its answers */
} ig_answers;
void ig_answers_free(ig_answers *answers); /* what it holds; leaves {0} */

/* A context longer than the model reads at once is read in windows that overlap. Where each window
 * generates an answer, those that generate nothing are passed over unless all do, and the best
 * score wins.
 *
 * Answers all questions (count) into out (count), which the caller frees one by one. A question
 * without any token, one that leaves no room for its context, a context without any token, and
 * bytes that are no text are problems of that question alone. The answers do not depend on what
 * else is asked. */
ig_status ig_answerer_run(ig_answerer *answerer, const ig_question *questions, size_t count,
                          ig_answers *out, ig_error *err);

/* Answers a file of questions in the JSON of SQuAD (v1.1, v2.0, and those of its form) into files
 * of JSON as the example run_qa writes them: {id: answer}, {id: [{text, score, start, end, ...}]}
 * and {id: null odds}. */
typedef struct ig_answer_files {
  const char *questions;
  const char *predictions;
  const char *n_best;          /* NULL: not wanted */
  const char *null_odds;       /* NULL: not wanted; of run_qa with no_answer */
  const ig_reporter *reporter; /* is told what is odd in the file; NULL: nobody is */
} ig_answer_files;
ig_status ig_answer_squad(ig_answerer *answerer, const ig_answer_files *files, ig_error *err);

/* Answers lines of JSON, {"question": ..., "context": ...} with an "id" or without, by lines of
 * JSON: {"id", "answer", "score", "start", "end"}, start and end in code points (null: the text
 * does not occur in the context), with "n_best" where there are several answers, and with
 * passages "passage": {"text", "start", "end"}. A line that is no such object gives {"error": ...},
 * and is told. */
ig_status ig_answer_lines(ig_answerer *answerer, const ig_line_stream *stream,
                          const ig_reporter *reporter, ig_error *err);

typedef struct ig_answer_stats {
  size_t questions, windows, tokens; /* so far */
  size_t problems;                   /* questions that could not be asked */
  double seconds;                    /* without loading */
  double load_seconds;
  int threads;
  size_t generated_tokens;
} ig_answer_stats;
ig_answer_stats ig_answerer_stats(const ig_answerer *answerer);

/* Questions that a model was not trained on, with their answers: to score models by, such as those
 * that greedy_soup chooses from. */
typedef struct ig_held_out_questions_options {
  bool exact; /* the score is the percentage of exact answers; default false: F1 */
  /* how models answer: encoders as run_qa in any case, and with no_answer where a question has
   * none; default: ig_answerer_options_default */
  ig_answerer_options answering;
  /* is told what is odd in the file, and of each model which questions it could not be asked: both
   * it and answering.interrupter must outlive the questions; default NULL: nobody is */
  const ig_reporter *reporter;
} ig_held_out_questions_options;
ig_held_out_questions_options ig_held_out_questions_options_default(void);
typedef struct ig_held_out_questions ig_held_out_questions; /* ig_held_out_questions_free */
/* Reads a file in SQuAD's form. options NULL: the defaults. */
ig_status ig_held_out_questions_open(const char *path, const ig_held_out_questions_options *options,
                                     ig_held_out_questions **out, ig_error *err);
void ig_held_out_questions_free(ig_held_out_questions *questions);
/* Has the model in a directory answer; *score is what SQuAD's scripts say, in percent: by the rules
 * of 2.0 where a question has no answer, else of 1.1. `questions` is an ig_held_out_questions: both
 * can be given to ig_fuse_options as score and score_context. */
ig_status ig_score_held_out_questions(void *questions, const char *directory, double *score,
                                      ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
