// Masked tokens, as transformers' DataCollatorForLanguageModeling chooses them   (Devlin et al.
// 2019, 3.1; Liu et al. 2019, 4.1): each token that is not special is asked for with a probability
// of its own, and of those some are replaced by the mask, some by any token, and some stay. What is
// chosen is a pure function of the seed, the epoch, the corpus and the place of the token in it.
#ifndef IG_DATA_MASKING_H
#define IG_DATA_MASKING_H
#include "data/batcher.h"

typedef struct ig_masking_options {
  double probability;         // of a token to be asked for
  double mask_probability;    // of such a one to be replaced by the mask
  double random_probability;  // and by a token that is drawn from the whole vocabulary
  uint64_t seed;
} ig_masking_options;

typedef struct ig_masking {
  ig_masking_options options;
  int mask_id, vocabulary;
  bool *special;  // (vocabulary): tokens that are never asked for, <unk> among them
} ig_masking;     // start from {0}; ig_masking_free
// IG_ERROR_UNSUPPORTED: the tokenizer has no token for the mask.
ig_status ig_masking_make(const ig_tokenizer *tokenizer, const ig_masking_options *options,
                          ig_masking *out, ig_error *err);
void ig_masking_free(ig_masking *masking);  // leaves {0}

// Tokens of a corpus that can be asked for, and those of them that an epoch asks for.
typedef struct ig_masking_counts {
  size_t eligible, asked;
} ig_masking_counts;
void ig_masking_count(const ig_masking *masking, const ig_corpus *corpus, uint64_t epoch,
                      ig_masking_counts *out);

// Masks a batch of a corpus of one text, whose target is the text: afterwards the target is what is
// asked for, and -1 elsewhere. pairs: those of the batch, as ig_batcher_pairs gives them.
void ig_masking_apply(const ig_masking *masking, const ig_corpus *corpus, uint64_t epoch,
                      const uint32_t *pairs, ig_batch_buffer *batch);
#endif
