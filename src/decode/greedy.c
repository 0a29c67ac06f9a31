// Greedy search: see greedy.h.
#include "decode/greedy.h"

#include <math.h>

#include "decode/finished.h"
#include "decode/processors.h"

// The log-probability of the hypothesis with the token. logits: after the processors.
static float score_with(const ig_selection *selection, const ig_sentence *sentence,
                        const float *logits, size_t token) {
  if (!selection->options->score_greedy) return 0;
  const float sum = selection->kernels->log_sum_exp((size_t)selection->options->vocab_size, logits,
                                                    sentence->largest);
  return selection->rows->score[sentence->first_row] + logits[token] - sum;
}

void ig_greedy_select(const ig_selection *selection, ig_sentence *sentence, float *logits) {
  const ig_decode_options *options = selection->options;
  const size_t vocabulary = (size_t)options->vocab_size;
  const size_t stride = (size_t)options->sentence.max_length + 1;
  const ig_processors_sequence sequence = {
      .options = &sentence->options,
      .ids = selection->rows->ids + (size_t)sentence->first_row * stride,
      .length = sentence->length};
  ig_processors_apply(options, &sequence, 0, logits);
  const size_t best = selection->kernels->argmax(vocabulary, logits);
  if (best >= vocabulary || !isfinite(logits[best])) {
    sentence->failed = true;
    return;
  }
  const float score = score_with(selection, sentence, logits, best);
  sentence->next[0] = (ig_candidate){.token = (int)best, .score = score};
  sentence->next_rows = 1;
  if (!ig_finished_by(options, sentence, (int)best)) return;
  ig_finished_add(selection, sentence, &sentence->next[0],
                  ig_finished_score(options, sentence, score, sentence->length));
  sentence->done = true;
}
