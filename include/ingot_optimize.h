/* Ingot: weights of fewer bits, and what they cost. Conventions: ingot.h. */
#ifndef INGOT_OPTIMIZE_H
#define INGOT_OPTIMIZE_H
#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a tensor loses. */
typedef struct ig_optimized_tensor {
  const char *name;
  double relative_error; /* root mean square of the differences, over that of the values */
  double largest_error;  /* the largest difference of one value */
  bool kept;             /* it stays as it was: relative_error is above keep_above */
} ig_optimized_tensor;
/* A lexical shortlist for the model's vocabularies (docs/shortlists.md), made of a parallel corpus:
 * the model is told which target tokens the source tokens of a sentence lead to. */
typedef struct ig_shortlist_options {
  const char *source, *target; /* files of text, plain or .gz, one the translation of the other */
  int first;                   /* target tokens of every sentence; default 0: 100 */
  int best;                    /* target tokens of a source token, at most; default 0: 100 */
} ig_shortlist_options;
typedef struct ig_shortlist_made {
  size_t pairs, left_out; /* of lines: used, and empty or too long */
  size_t source_tokens;   /* of the vocabulary that have a list */
  size_t target_tokens;   /* in all lists together */
  double list;            /* target tokens that a sentence of the corpus may have, in the mean */
  double covered;         /* of the corpus's target tokens, the share that its sentence may have */
  size_t peak_bytes;      /* of memory, for corpus and probabilities together */
} ig_shortlist_made;

typedef struct ig_optimize_options {
  /* "int8": the weights that inference in int8 packs so, with a scale for each row (docs/int8.md);
   * "bf16", "fp16": all floating-point tensors. Default NULL: "int8"; with a shortlist the weights
   * stay as they are */
  const char *type;
  /* int8: tensors whose relative error is above this stay as they are, and run so; default 0: none
   * does */
  double keep_above;
  size_t shard_bytes;   /* as in ig_fuse_options; default 0: one file */
  ig_reporter reporter; /* default: nothing is reported */
  /* is told of each tensor that gets the type, or would have; default NULL: nobody is */
  void (*tensor)(void *context, const ig_optimized_tensor *tensor);
  void *tensor_context;        /* handed to `tensor` */
  ig_interrupter *interrupter; /* stops the run; default NULL: nothing does */
  /* int8: a table of embeddings stays as it is though it is the weight of a layer too, which then
   * runs so; other programs need that (docs/int8.md). Default false */
  bool keep_table;
  /* The directory gets a shortlist, lex.s2t.bin, beside the weights; default NULL: none */
  const ig_shortlist_options *shortlist;
  int threads; /* that cut the shortlist's corpus into tokens; default 0: all cores */
} ig_optimize_options;
ig_optimize_options ig_optimize_options_default(void);
typedef struct ig_optimized {
  size_t changed, kept;             /* tensors that got the type, and that keep_above kept */
  size_t bytes_before, bytes_after; /* of all tensors, scales included */
  ig_shortlist_made shortlist;      /* all 0 without one */
} ig_optimized;
/* Writes a model directory again with weights of another type, as ig_convert does, whose words
 * about input and output hold here too. The directory has the file optimization.json, which says
 * what it was made from. A model whose weights are int8 already cannot become int8; with a
 * shortlist and no type they stay so. out NULL: nobody wants the counts. */
ig_status ig_optimize(const char *directory, const char *output, const ig_optimize_options *options,
                      ig_optimized *out, ig_error *err);

#ifdef __cplusplus
}
#endif
#endif
