// Greedy search: the largest score wins, no softmax needed; the first index wins ties.
#include <math.h>
#include <string.h>

#include "decode/processors.h"
#include "decode/sentence.h"

void ig_sentence_select_greedy(const ig_decode_options *options, const ig_kernels *kernels,
                               const ig_search_rows *rows, ig_sentence *sentence, float *logits) {
  const size_t vocabulary = (size_t)options->vocab_size;
  const int *ids = rows->ids + (size_t)sentence->first_row * (size_t)(options->max_length + 1);
  ig_processors_apply(options, ids, sentence->length, 0, logits);
  const size_t best = kernels->argmax(vocabulary, logits);
  if (best >= vocabulary || !isfinite(logits[best])) {
    sentence->failed = true;
    return;
  }
  sentence->next[0] = (ig_candidate){.token = (int)best};
  sentence->next_rows = 1;
  const int generated = sentence->length;
  if ((int)best != options->eos_id && generated < options->max_length) return;
  ig_slot *slot = &sentence->slots[0];
  memcpy(slot->ids, ids + 1, (size_t)(generated - 1) * sizeof *ids);
  slot->ids[generated - 1] = (int)best;
  slot->length = generated;
  slot->finished = true;
  slot->score = 0;
  sentence->done = true;
}
