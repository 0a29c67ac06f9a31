// SentencePiece with a C interface: training, loading, encoding, sampling, decoding. It prints
// nothing and lets no exception out.
#ifndef IG_TEXT_SENTENCEPIECE_H
#define IG_TEXT_SENTENCEPIECE_H
#include <stdbool.h>
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
  // Called before each piece with its place in the text, in bytes; NULL: nobody wants it.
  void (*place)(void *context, size_t begin, size_t end);
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

// The text of NUL-terminated pieces; a piece that is the byte 0, which ends a text in C, gives a
// space. *out is NUL-terminated, for the caller to free().
ig_status ig_sentencepiece_decode(const ig_sentencepiece *model, const char *const *pieces,
                                  size_t count, char **out, size_t *length, ig_error *err);

typedef struct ig_sentencepiece_training {
  const char *const *files;  // text, one sentence a line; .gz too
  size_t file_count;
  // (file_count) how each file holds pairs, one side of which is read; NULL: all are lines of text.
  const struct ig_text_form *forms;
  int vocab_size;
  const char *model_type;  // "unigram", "bpe", "char", "word"
  // The share of the text's characters that become pieces, 0.98 to 1. 0: chosen from the text, 1
  // where it has at most 3,000 distinct characters, else the smallest share that keeps every
  // character that occurs ten times; less where vocab_size has no room for so many. 0 and 1 count
  // the characters of all lines, also of those that max_sentences and max_sentence_bytes leave out.
  double character_coverage;
  bool split_digits;   // each digit is a piece of its own, so that numbers can be copied
  bool byte_fallback;  // characters without a piece are spelt in bytes, for which 256 pieces exist
  // "nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity".
  const char *normalization;
  const char *const *symbols;  // user-defined: each is one piece wherever it occurs
  size_t symbol_count;
  size_t max_sentences;    // train on this many, drawn evenly; 0: all
  int max_sentence_bytes;  // longer lines are left out
  // The model may depend on it (sums over threads), so it does not follow the machine.
  int threads;
  // A corpus that is too small for vocab_size gives a smaller vocabulary, not an error.
  bool soft_vocab_limit;
} ig_sentencepiece_training;
// 8000, unigram, coverage chosen from the text, nmt_nfkc, all, 4192 bytes, 4 threads, hard limit.
ig_sentencepiece_training ig_sentencepiece_training_default(void);

// What became of a training.
typedef struct ig_sentencepiece_trained {
  int pieces;
  double character_coverage;
  // Distinct ones of the normalized text, and those that were given a piece. 0 and 0 where
  // training->character_coverage is between 0 and 1, for then nobody has counted, and for words.
  size_t characters, kept_characters;
  // Of more bytes than max_sentence_bytes, or with U+2047, by which the library knows <unk>. 0
  // where nobody has counted.
  size_t lines_left_out;
} ig_sentencepiece_trained;
// Trains a model with </s> = 0, <unk> = 1, the symbols from 2 on, no <s> and no <pad>, and writes
// its file atomically. *out may be NULL. Lines that are no text are repaired as ig_lines does,
// without a word: whoever loads the corpus tells. A vocab_size that this text has too few pieces or
// too many characters for is IG_ERROR_ARGUMENT, with a message about the number alone.
ig_status ig_sentencepiece_train(const ig_sentencepiece_training *training, const char *model_path,
                                 ig_sentencepiece_trained *out, ig_error *err);

struct ig_tally_entry;
// Trains a BPE model of at most vocab_size pieces on words and their counts, in which U+2581 and
// white space must not occur, and gives the sink its pieces: first the merged ones in the order in
// which they were made, then single characters. A piece that begins a word begins with U+2581.
ig_status ig_sentencepiece_merge_words(const struct ig_tally_entry *words, size_t count,
                                       int vocab_size, const ig_piece_sink *sink, ig_error *err);
#ifdef __cplusplus
}
#endif
#endif
