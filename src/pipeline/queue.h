// Sentences that wait for a worker. Workers take from the front, and the longest are in front:
// sentences that are decoded together then have about the same length, and the short ones, which
// come last, even out when the workers finish.
//
// Example: sentences of 1, 3, 0, 5, 3 and 2 ids are queued in the order 3, 1, 4, 5, 0 (lengths 5,
// 3, 3, 2, 1); sentence 2 has no ids and is not queued. A worker that takes at most 6 tokens gets
// sentence 3 (5 tokens: sentence 1 would make it 8), the next one sentences 1 and 4, the next one
// 5 and 0.
#ifndef IG_PIPELINE_QUEUE_H
#define IG_PIPELINE_QUEUE_H
#include <stdatomic.h>
#include "decode/decode_options.h"
#include "text/ids.h"

// One sentence of a job, borrowed from who submits it until the job is done.
typedef struct ig_queue_sentence {
  const ig_ids *sources;               // (members): the source in each member's ids
  size_t length;                       // source ids, the most of any member; 0: it is not queued
  const ig_ids *target;                // what is to be scored; NULL: the sentence is decoded
  const ig_sentence_options *options;  // for decoding; NULL: those of the job
  // For encoding with types of tokens: the first id of type 1. 0: all are of type 0.
  size_t second_text;
} ig_queue_sentence;

// ig_queue_free; borrows the sentences.
typedef struct ig_queue {
  const ig_queue_sentence *sentences;
  size_t *order;  // (count): indices of sentences
  size_t count;   // sentences that are queued
  size_t tokens;  // their source ids
  int longest_source, longest_target;
  atomic_size_t next;  // the first index of `order` that nobody has taken
} ig_queue;

// How much a worker takes at once. A sentence's tokens are those of its longer side.
typedef struct ig_queue_limits {
  size_t sentences, tokens;  // at most
  size_t fewest;             // take nothing if fewer than this many fit, unless these are the last
  bool alone;                // a single sentence may have more tokens
} ig_queue_limits;

ig_status ig_queue_fill(ig_queue *queue, const ig_queue_sentence *sentences, size_t count,
                        ig_error *err);
void ig_queue_free(ig_queue *queue);
// Takes sentences: the result says how many, and order[*first] is the first of them. Any number of
// threads may take at the same time; each sentence is taken once.
size_t ig_queue_take(ig_queue *queue, const ig_queue_limits *limits, size_t *first);
// From now on nothing is taken any more.
void ig_queue_stop(ig_queue *queue);
#endif
