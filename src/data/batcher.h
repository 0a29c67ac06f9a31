// Batches by token budget. In each epoch, pairs are shuffled anew, sorted by length within pools of
// many batches and cut into batches; then the batches of each pool are shuffled. All of it is a
// pure function of (corpus, options, epoch), so that (epoch, index) is all that a resumed run must
// know.
#ifndef IG_DATA_BATCHER_H
#define IG_DATA_BATCHER_H
#include "data/corpus.h"
#include "ingot.h"

// Pairs one after the other in the corpus, and how often an epoch has each of them. Their order is
// shuffled once and repeated without end; each epoch takes the next weight * pairs of it. So after
// k epochs every pair was seen k * weight times, rounded up or down.
typedef struct ig_batcher_part {
  size_t pairs;
  double weight;  // above 0
} ig_batcher_part;

typedef struct ig_batcher_options {
  // Target tokens of a batch, at most; source tokens are twice as many at most. Padding does not
  // count, for there is none.
  int batch_tokens;
  int batch_sequences;  // pairs of a batch, at most; 0: any number
  int pool_batches;     // how many batches' worth of pairs are sorted by length together; 0: 100
  uint64_t seed;
  // (part_count) the corpus from its first pair to its last, copied; NULL: one part of weight 1.
  // Other weights than 1 need shuffle.
  const ig_batcher_part *parts;
  size_t part_count;
  bool shuffle;  // false: the corpus's own order within and between pools (validation)
  int decoder_start_id;
} ig_batcher_options;

typedef struct ig_batcher ig_batcher;  // ig_batcher_free; borrows the corpus
ig_status ig_batcher_create(const ig_corpus *corpus, const ig_batcher_options *options,
                            ig_batcher **out, ig_error *err);
void ig_batcher_free(ig_batcher *batcher);

// Lays out an epoch (no work if it is the present one) and tells how many batches it has: at least
// 1.
ig_status ig_batcher_epoch(ig_batcher *batcher, uint64_t epoch, size_t *batches, ig_error *err);

// Pairs of an epoch, each as often as the epoch has it, at most.
size_t ig_batcher_entries(const ig_batcher *batcher);

// The largest numbers of any batch, each on its own; index 0 source, 1 target.
typedef struct ig_batch_bounds {
  size_t sequences, tokens[2], longest[2];
} ig_batch_bounds;
// No batch of any epoch exceeds the first; the second is exact for the epoch that is laid out.
ig_batch_bounds ig_batcher_most(const ig_batcher *batcher);
ig_batch_bounds ig_batcher_largest(const ig_batcher *batcher);

// A batch of ingot.h and the arrays that it points to. Start from {0}; it grows as needed.
// ig_batcher_buffer_free releases it.
typedef struct ig_batch_buffer {
  ig_batch batch;
  int *source, *source_offsets, *target_input, *target_output, *target_offsets;
  size_t capacity[5];
  ig_corpus_room room;
  size_t source_tokens, target_tokens;  // end of sentence included
} ig_batch_buffer;
// Batch `index` of the present epoch. A pair longer than batch_tokens is a batch of its own.
ig_status ig_batcher_get(const ig_batcher *batcher, size_t index, ig_batch_buffer *out,
                         ig_error *err);
// Which pairs of the corpus it holds, in its order: (*count), borrowed until the next epoch.
const uint32_t *ig_batcher_pairs(const ig_batcher *batcher, size_t index, size_t *count);
void ig_batcher_buffer_free(ig_batch_buffer *buffer);
#endif
