// The best tokens of each row of a step, chosen while the output layer's product runs: a block of
// logits is looked at in the cache of the thread that computed it, and then forgotten. Logits that
// cannot win are never written to memory, and neither log-sum-exp nor the choice reads them again.
//
// Nothing that is found depends on the threads: the best tokens are the best ones of all in a fixed
// order (decode/best_tokens.h), and the exponentials are summed block by block, each by one thread,
// and the blocks in order (kernel/exp_sum.h). They are what log_sum_exp and a look at all logits of
// a row together give.
//
// Processors are applied to the blocks. Those that need log p of a token before they change it have
// to wait for all logits, and so have samples and ensembles: they take the written ones.
#ifndef IG_DECODE_CHOICE_H
#define IG_DECODE_CHOICE_H
#include "decode/best_tokens.h"
#include "decode/processors.h"
#include "model/run/decoder_run.h"

// What log p is counted against.
typedef enum ig_choice_sum {
  IG_CHOICE_SUM_NONE,       // nobody asks for log p
  IG_CHOICE_SUM_PLAIN,      // all logits as they come; a forced token has a log p of 0
  IG_CHOICE_SUM_PROCESSED,  // what the processors leave
} ig_choice_sum;

// Is a choice from blocks possible with these options, and against what is log p counted then?
bool ig_choice_serves(const ig_decode_options *options);
ig_choice_sum ig_choice_sum_for(const ig_decode_options *options);

typedef struct ig_choice_size {
  int rows;        // of a step, at most
  int best;        // tokens of a row
  int vocabulary;  // V
  int threads;     // that read blocks at the same time
} ig_choice_size;

typedef struct ig_choice {
  const ig_decode_options *options;
  const ig_kernels *kernels;
  ig_choice_size size;
  ig_choice_sum sum;
  int count;                          // rows of the running step
  const ig_token_scores *lists;       // (rows): what they choose from; NULL: all tokens
  ig_processors_sequence *sequences;  // (rows)
  bool *raised;                       // (rows): may the processors raise a score?
  ig_exp_sum *sums;                   // (rows, blocks of V)
  ig_best_tokens *best;               // (threads, rows)
  ig_scored_token *list;              // (threads, rows, size.best)
} ig_choice;

// Buffers of the size that stands in it already.
void ig_choice_carve(ig_choice *choice, ig_arena *arena);

// A step: first its rows are added, in the order of the product's, each with the sequence whose
// next token is wanted; then the product is read; then the rows are asked for.
void ig_choice_begin(ig_choice *choice, const ig_decode_options *options, ig_choice_sum sum);
void ig_choice_add(ig_choice *choice, const ig_processors_sequence *sequence);
// In place of reading the product: the logits of some tokens of each row, lists (rows), first 0,
// are in memory. They are chosen from when the rows are asked for, and borrowed until then.
void ig_choice_take(ig_choice *choice, const ig_token_scores *lists);
ig_gemm_reader ig_choice_reader(ig_choice *choice);

typedef struct ig_choice_found {
  const ig_scored_token *best;  // (count): best first, as the processors left them
  int count;
  float normalizer;  // log p = score - normalizer
} ig_choice_found;
// Different rows may be asked for at the same time; each once. Valid until the next step.
ig_choice_found ig_choice_of(ig_choice *choice, int row);
// Are all tokens that the row could choose from banned?
bool ig_choice_bans_all(const ig_choice *choice, int row);
#endif
