/* Ingot: scores of translations, summaries and answers. Conventions: ingot.h. */
#ifndef INGOT_SCORE_H
#define INGOT_SCORE_H
#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* BLEU, chrF and TER of translations as sacreBLEU, ROUGE of summaries as rouge_score computes them:
 * of words, of pairs of words, of the longest common subsequence, and of that by sentences. */
typedef enum ig_metric {
  IG_METRIC_BLEU,
  IG_METRIC_CHRF,
  IG_METRIC_TER,
  IG_METRIC_ROUGE_1,
  IG_METRIC_ROUGE_2,
  IG_METRIC_ROUGE_L,
  IG_METRIC_ROUGE_LSUM
} ig_metric;
/* All zero: the defaults. */
typedef struct ig_score_options {
  ig_metric metric; /* default: BLEU */
  /* for BLEU and ROUGE: "13a", "zh", "char", "intl", "none"; default NULL: "13a" for BLEU, and for
   * ROUGE stretches of a to z and 0 to 9, which leaves out all other letters */
  const char *tokenize;
  bool lowercase;      /* default false; ROUGE ignores case always */
  int chrf_word_order; /* default 0: chrF; 2: chrF++ */
  bool strict;         /* malformed UTF-8 is IG_ERROR_FORMAT; default false: read as U+FFFD */
  /* BLEU leaves out the orders of n-grams that are longer than the hypotheses, as sacreBLEU's
   * effective order: for the score of one sentence; default false */
  bool effective_order;
  /* Translations of each line to compare with; default 0: one. BLEU counts an n-gram as often as
   * the reference that has it most often and takes the nearest length, chrF takes the reference
   * with the best score, TER the fewest edits over the mean length, ROUGE the reference with the
   * best F-measure. */
  size_t reference_count;
  bool ter_case_sensitive; /* default false: TER ignores case */
  bool ter_normalized;     /* TER cuts off punctuation and reads &quot; &amp; &lt; &gt; */
  bool ter_no_punctuation; /* TER leaves out .,?:;!"() */
  bool ter_asian;          /* with the two before: for Chinese and Japanese characters, too */
  bool rouge_stemmer;      /* ROUGE compares the stems of English words (Porter's algorithm) */
  /* ROUGE: what ends a sentence within a line besides a newline, as "<n>", and is no word; default
   * NULL. Only ROUGE_LSUM looks at sentences. */
  const char *rouge_sentence_end;
} ig_score_options;
typedef struct ig_score {
  double value;    /* ROUGE: the mean F-measure, times 100 */
  char line[512];  /* what sacreBLEU prints in its text format; ROUGE: of the same form */
  size_t repaired; /* lines of either side that had malformed UTF-8 */
  /* ROUGE: lines with text in which the tokenizer finds no word, in either side */
  size_t wordless;
} ig_score;
/* hypotheses: `count` lines without newlines; references: reference_count for each, those of the
 * first line before those of the second. */
ig_status ig_score_lines(const ig_score_options *options, const char *const *hypotheses,
                         const char *const *references, size_t count, ig_score *out, ig_error *err);

typedef enum ig_paired_test {
  IG_PAIRED_TEST_RANDOMISATION, /* items change sides by chance (Riezler and Maxwell 2005) */
  IG_PAIRED_TEST_BOOTSTRAP      /* items are drawn again and again (Koehn 2004) */
} ig_paired_test;
/* How often lines, or questions, are drawn to see how sure a score is. All zero: the defaults. For
 * BLEU, chrF and TER the numbers are those of sacreBLEU 2.6.0 with the same seed. */
typedef struct ig_resampling {
  ig_paired_test test;
  int resamples;        /* of intervals and of BOOTSTRAP; default 0: 1000 */
  int trials;           /* of RANDOMISATION; default 0: 10000 */
  const uint64_t *seed; /* default NULL: 12345, as sacreBLEU's */
  bool interval;        /* with RANDOMISATION: intervals, too */
} ig_resampling;
typedef struct ig_interval {
  double mean, half; /* of the scores of resamples: 95 of 100 are within mean - half, mean + half */
} ig_interval;
typedef struct ig_resampled {
  double value, baseline_value; /* scores of the whole */
  bool has_interval;
  ig_interval interval, baseline_interval;
  /* of the test, with a baseline: how likely so large a difference would be if both were of the
   * same quality. Two systems that agree in everything have the smallest one there is. */
  double p_value;
  bool equal; /* the baseline equals the system item by item: p_value, the smallest, says nothing */
} ig_resampled;
/* As for ig_score_lines. baseline: lines of another system, to compare with; NULL: none. */
typedef struct ig_resampled_lines {
  const char *const *hypotheses, *const *baseline, *const *references;
  size_t count;
} ig_resampled_lines;
ig_status ig_score_resampled(const ig_score_options *options, const ig_resampling *resampling,
                             const ig_resampled_lines *lines, ig_resampled *out, ig_error *err);

/* Whose rules answers to questions are scored by. The numbers are those of the official scripts. */
typedef enum ig_squad_rules {
  IG_SQUAD_RULES_FILE, /* V2 if the file says that it is, or says of questions whether they are
                        * impossible, or has some without answers; else V1 */
  IG_SQUAD_RULES_V1,   /* SQuAD 1.1 */
  IG_SQUAD_RULES_V2,   /* SQuAD 2.0: a question without answers asks for none */
  IG_SQUAD_RULES_MLQA, /* MLQA, by language: its articles, and Chinese by characters */
  IG_SQUAD_RULES_CMRC  /* CMRC 2018, for Chinese: characters, and the longest stretch of them that
                        * both answers have; English within is cut as one sentence */
} ig_squad_rules;
/* One question, as it was scored. The texts live until the callback returns. */
typedef struct ig_squad_question_score {
  const char *id;
  const char *prediction; /* NULL: there is none */
  const char *answer;     /* of the right ones that with the best F1, the first of several; NULL:
                           * the question has none */
  double exact, f1;       /* 0 to 1 */
} ig_squad_question_score;
/* All zero: the defaults. */
typedef struct ig_squad_options {
  ig_squad_rules rules;
  const char
      *language; /* of MLQA: "en", "es", "hi", "vi", "de", "ar" or "zh"; default NULL: "en" */
  /* A JSON object of numbers by the ids of questions, for V2: the higher, the surer is it that the
   * question has no answer. It gives best_exact and best_f1; and predictions with a number above
   * null_threshold count as empty. Default NULL: none. */
  const char *null_odds;
  const double *null_threshold; /* default NULL: 1.0 */
  /* How sure the scores of all questions are; default NULL: nothing is drawn. baselines: files of
   * other systems' predictions, to compare with, which null_odds are not for. The two arrays are
   * filled: for each baseline, or (1) if there is none. */
  const ig_resampling *resampling;
  const char *const *baselines; /* (baseline_count) */
  size_t baseline_count;
  ig_resampled *resampled_exact, *resampled_f1;
  ig_reporter reporter;   /* is told what is odd in the files */
  void *question_context; /* handed to `question` */
  /* is told of each question, in the order of the file */
  void (*question)(void *context, const ig_squad_question_score *score);
  /* With resampling: articles are drawn with all their questions, which depend on one another;
   * a file of one article is refused. Default false: questions are drawn. */
  bool resample_articles;
} ig_squad_options;
/* A group of questions: percentages over `total` questions; total 0: none. */
typedef struct ig_squad_part {
  size_t total;
  double exact, f1;
} ig_squad_part;
typedef struct ig_squad_score {
  ig_squad_rules rules; /* by which it was scored */
  ig_squad_part all;
  ig_squad_part answerable, unanswerable; /* V2 only */
  /* V2 with null_odds: the best that a threshold could reach, and that threshold */
  bool has_best;
  double best_exact, best_exact_threshold, best_f1, best_f1_threshold;
  size_t missing; /* questions without a prediction, which count as wrong */
  size_t unknown; /* predictions for ids that the file does not have */
  size_t empty;   /* predictions that are null: "" for SQuAD and MLQA, "None" for CMRC */
  /* CMRC only: answers and predictions that may be several sentences in Latin letters, whose F1 may
   * differ from that of the official script: it cuts them by a trained model */
  size_t uncut;
} ig_squad_score;
/* reference: a file in SQuAD's form. hypothesis: a file with a JSON object of texts by ids. Where
 * V2's script fails on a missing prediction, it counts as wrong here. */
ig_status ig_score_squad(const ig_squad_options *options, const char *reference,
                         const char *hypothesis, ig_squad_score *out, ig_error *err);

/* Lines that a model was not trained on, and how its translations of them are scored. */
typedef struct ig_held_out_options {
  const char *const *sources;    /* (count): lines to translate, without newlines */
  const char *const *references; /* (count): their right translations, one for each */
  size_t count;
  ig_score_options score;      /* default: BLEU */
  int beam_size;               /* default 0: the model's */
  int threads;                 /* default 0: all cores; the score does not depend on it */
  ig_interrupter *interrupter; /* stops the run; default NULL: nothing does */
  /* Further scores of the same translations; default NULL: none. */
  const ig_score_options *others;
  size_t other_count;
  double *other_scores; /* (other_count), filled */
  /* As of ig_translator_options; default NULL: all tokens may come */
  const char *shortlist;
  /* In place of `score`: minus the loss, which is the mean of -log p over the tokens of the
   * references, their ends included; nothing is translated then, unless there are others. Default
   * false. */
  bool loss;
  ig_translate_stats *stats; /* of the scoring or the translations, filled; default NULL */
} ig_held_out_options;
ig_held_out_options ig_held_out_options_default(void);
/* Translates the sources with the model in a directory; *score is what ig_score_lines says of the
 * translations, or minus the loss. `options` is an ig_held_out_options: the function and its
 * options can be given to ig_fuse_options as score and score_context. */
ig_status ig_score_held_out(void *options, const char *directory, double *score, ig_error *err);

/* A command of the shell that says how good a model is. */
typedef struct ig_held_out_command_options {
  const char *command;         /* for /bin/sh; the model's directory follows as its last argument */
  ig_interrupter *interrupter; /* stops it, with all that it began; default NULL: nothing does */
} ig_held_out_command_options;
ig_held_out_command_options ig_held_out_command_options_default(void);
/* Runs the command; *score is the number on the last line that it writes, more being better. An
 * exit code, or anything but a finite number there, is an error that shows it. `options` is an
 * ig_held_out_command_options: both can be given to ig_fuse_options, as those of
 * ig_score_held_out. */
ig_status ig_score_held_out_command(void *options, const char *directory, double *score,
                                    ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
