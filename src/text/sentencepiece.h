// SentencePiece with a C interface: training, loading, encoding, sampling, decoding. It prints
// nothing and lets no exception out.
#ifndef IG_TEXT_SENTENCEPIECE_H
#define IG_TEXT_SENTENCEPIECE_H
#include <stddef.h>
#include "ingot/core.h"
#ifdef __cplusplus
extern "C" {
#endif

// A model, for ig_sentencepiece_free. Immutable: any number of threads may share it.
typedef struct ig_sentencepiece ig_sentencepiece;

typedef struct ig_piece_sink {
  // Called once for each piece, in order; a status other than IG_OK ends that and is returned.
  // piece is not NUL-terminated.
  ig_status (*piece)(void *context, const char *piece, size_t length, int id, ig_error *err);
  void *context;
} ig_piece_sink;

ig_status ig_sentencepiece_load(const char *path, ig_sentencepiece **out, ig_error *err);
// From a serialized model in memory, which is copied; name is for messages.
ig_status ig_sentencepiece_load_memory(const void *data, size_t size, const char *name,
                                       ig_sentencepiece **out, ig_error *err);
void ig_sentencepiece_free(ig_sentencepiece *model);

int ig_sentencepiece_size(const ig_sentencepiece *model);
int ig_sentencepiece_unk_id(const ig_sentencepiece *model);
int ig_sentencepiece_eos_id(const ig_sentencepiece *model);  // -1: none
// NUL-terminated; lives as long as the model. NULL: no such id.
const char *ig_sentencepiece_piece(const ig_sentencepiece *model, int id);
// The serialized model, as in the file.
const void *ig_sentencepiece_bytes(const ig_sentencepiece *model, size_t *size);

ig_status ig_sentencepiece_encode(const ig_sentencepiece *model, const char *text, size_t length,
                                  const ig_piece_sink *sink, ig_error *err);

// Subword regularization (Kudo 2018, arXiv:1804.10959): one of the n best segmentations, drawn with
// probability proportional to P^alpha. The draw is a pure function of (text, options): the n-best
// list is SentencePiece's, the random numbers are ours. Unigram models only.
typedef struct ig_sentencepiece_sampling {
  int n_best;   // 2..512
  float alpha;  // 0: uniform; large: the best one
  // The arguments of ig_random_uniform: for example the run's seed, the side and epoch, the line.
  uint64_t seed, stream, position;
} ig_sentencepiece_sampling;
ig_status ig_sentencepiece_sample(const ig_sentencepiece *model, const char *text, size_t length,
                                  const ig_sentencepiece_sampling *sampling,
                                  const ig_piece_sink *sink, ig_error *err);

// The text of NUL-terminated pieces. *out is NUL-terminated, for the caller to free().
ig_status ig_sentencepiece_decode(const ig_sentencepiece *model, const char *const *pieces,
                                  size_t count, char **out, size_t *length, ig_error *err);

typedef struct ig_sentencepiece_training {
  const char *const *files;  // text, one sentence a line; .gz too
  size_t file_count;
  int vocab_size;
  const char *model_type;     // "unigram", "bpe", "char", "word"
  double character_coverage;  // 0.9995 for rich scripts, 1 for small ones
  size_t max_sentences;       // train on this many, drawn evenly; 0: all
  int max_sentence_bytes;     // longer lines are left out
  // The model may depend on it (sums over threads), so it does not follow the machine.
  int threads;
  // A corpus that is too small for vocab_size gives a smaller vocabulary, not an error (unigram).
  bool soft_vocab_limit;
} ig_sentencepiece_training;
// 8000, unigram, 0.9995, all, 4192 bytes, 4 threads, hard limit.
ig_sentencepiece_training ig_sentencepiece_training_default(void);
// Trains a model with </s> = 0, <unk> = 1, no <s> and no <pad>, and writes its file atomically.
// Lines that are no text are repaired as ig_lines does, without a word: whoever loads the corpus
// tells.
ig_status ig_sentencepiece_train(const ig_sentencepiece_training *training, const char *model_path,
                                 ig_error *err);
#ifdef __cplusplus
}
#endif
#endif
