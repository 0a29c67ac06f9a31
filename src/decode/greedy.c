// Greedy search: see greedy.h.
#include "decode/greedy.h"

#include <math.h>

#include "decode/finished.h"
#include "decode/processors.h"

// The best token of written logits.
static ig_choice_found find_best(const ig_selection *selection, const ig_sentence *sentence,
                                 float *logits) {
  const ig_decode_options *options = selection->options;
  const ig_kernels *kernels = selection->kernels;
  const size_t vocabulary = (size_t)options->vocab_size;
  const ig_processors_sequence sequence = ig_sentence_sequence(selection, sentence, 0);
  const ig_token_scores scores = ig_sentence_scores(selection, logits);
  ig_processors_apply(options, &sequence, 0, &scores);
  const size_t best = kernels->argmax(vocabulary, logits);
  sentence->best[0] = (ig_scored_token){logits[best], (int)best};
  return (ig_choice_found){sentence->best, 1,
                           options->score_greedy ? kernels->log_sum_exp(vocabulary, logits) : 0};
}

void ig_greedy_select(const ig_selection *selection, ig_sentence *sentence, int row) {
  const ig_decode_options *options = selection->options;
  float *logits = ig_sentence_logits(selection, row);
  const ig_choice_found found =
      logits ? find_best(selection, sentence, logits) : ig_choice_of(selection->choice, row);
  const ig_scored_token best = found.best[0];
  if (!isfinite(best.score)) {
    sentence->done = ig_sentence_bans_all(selection, sentence, 0, row);
    sentence->failed = !sentence->done;
    return;
  }
  const float before = selection->rows->score[sentence->first_row],
              score = options->score_greedy ? before + best.score - found.normalizer : 0;
  sentence->next[0] = (ig_candidate){.token = best.token, .score = score};
  sentence->next_rows = 1;
  if (!ig_finished_by(options, sentence, best.token)) return;
  ig_finished_add(selection, sentence, &sentence->next[0],
                  ig_finished_score(options, sentence, score, sentence->length));
  sentence->done = true;
}
