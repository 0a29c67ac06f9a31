/* Ingot: texts as vectors, by encoders (sentence embeddings). Conventions: ingot.h. */
#ifndef INGOT_EMBED_H
#define INGOT_EMBED_H

#include "ingot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the vectors of a text's tokens, special ones included, become one. */
typedef enum ig_pooling {
  IG_POOLING_OF_MODEL, /* as 1_Pooling/config.json of sentence-transformers says, else the mean */
  IG_POOLING_MEAN,
  IG_POOLING_FIRST, /* that of the first token, as BERT's [CLS] */
  IG_POOLING_MAX    /* the largest number of each column */
} ig_pooling;

typedef enum ig_unit_length {
  IG_UNIT_LENGTH_OF_MODEL, /* yes where modules.json lists a Normalize, else no */
  IG_UNIT_LENGTH_NO,
  IG_UNIT_LENGTH_YES /* each vector is divided by its length */
} ig_unit_length;

typedef struct ig_embedder_options {
  int threads, workers; /* as in ig_translator_options */
  const char *type;     /* as in ig_translator_options */
  ig_pooling pooling;
  ig_unit_length unit_length;
  /* tokens of a text, special ones included: what is longer is cut, and told by ig_embed_stats;
   * default 0: max_seq_length of sentence_bert_config.json, else all that the model has positions
   * for */
  int max_length;
  int batch_tokens;            /* tokens a batch; default 0: 2048 */
  ig_interrupter *interrupter; /* as in ig_translator_options */
} ig_embedder_options;
ig_embedder_options ig_embedder_options_default(void);

typedef struct ig_embedder ig_embedder; /* ig_embedder_free */
/* Loads a model and its tokenizer. IG_ERROR_UNSUPPORTED: the model has a decoder, or asks for a
 * pooling that is not built. */
ig_status ig_embedder_open(const char *directory, const ig_embedder_options *options,
                           ig_embedder **out, ig_error *err);
void ig_embedder_free(ig_embedder *embedder);
int ig_embedder_size(const ig_embedder *embedder); /* numbers of a vector: d */

/* vectors (count, d). A text's vector does not depend on the others. Texts are UTF-8; one that is
 * none is IG_ERROR_FORMAT, with its number, counted from 1. */
ig_status ig_embedder_run(ig_embedder *embedder, const char *const *texts, size_t count,
                          float *vectors, ig_error *err);

typedef struct ig_embed_stats {
  size_t texts, tokens, cut; /* so far; cut: texts that were longer than max_length */
  double load_seconds, seconds;
  int threads;
} ig_embed_stats;
ig_embed_stats ig_embedder_stats(const ig_embedder *embedder);

#ifdef __cplusplus
}
#endif
#endif
