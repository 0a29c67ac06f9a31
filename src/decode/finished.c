// Hypotheses that have ended.
#include "decode/finished.h"

#include <math.h>
#include <string.h>

bool ig_finished_by(const ig_decode_options *options, const ig_sentence *sentence, int token) {
  return ig_decode_options_ends(options, token) || sentence->length >= sentence->options.max_length;
}

float ig_finished_score(const ig_decode_options *options, const ig_sentence *sentence,
                        float log_probability, int length) {
  if (length > sentence->options.prefix_length) length -= sentence->options.prefix_length;
  return log_probability / (float)pow((double)length, (double)options->length_penalty);
}

void ig_finished_add(const ig_selection *selection, ig_sentence *sentence, const ig_candidate *last,
                     float score) {
  int rank = selection->options->beam_size;
  while (rank > 0 && score > sentence->slots[rank - 1].score) rank--;
  ig_finished_add_at(selection, sentence, last, score, rank);
}

void ig_finished_add_at(const ig_selection *selection, ig_sentence *sentence,
                        const ig_candidate *last, float score, int rank) {
  const ig_decode_options *options = selection->options;
  const int size = options->beam_size, generated = sentence->length;
  if (rank == size) return;
  ig_slot slot = sentence->slots[size - 1];  // the last one gives up its storage
  for (int i = size - 1; i > rank; i--) sentence->slots[i] = sentence->slots[i - 1];
  const size_t stride = (size_t)options->sentence.max_length + 1;
  const int *ids = selection->rows->ids + (size_t)(sentence->first_row + last->row) * stride;
  memcpy(slot.ids, ids + 1, (size_t)(generated - 1) * sizeof *ids);
  slot.ids[generated - 1] = last->token;
  slot.length = generated;
  slot.score = score;
  slot.finished = true;
  sentence->slots[rank] = slot;
}
