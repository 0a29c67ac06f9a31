// What ends a hypothesis, and the list of those that have ended: for greedy search, beam search and
// sampling.
#ifndef IG_DECODE_FINISHED_H
#define IG_DECODE_FINISHED_H
#include "decode/sentence.h"

// Does the token end a hypothesis of the sentence, by itself or by its place?
bool ig_finished_by(const ig_decode_options *options, const ig_sentence *sentence, int token);
// log p / length^length_penalty, of the tokens after the sentence's prefix.
float ig_finished_score(const ig_decode_options *options, const ig_sentence *sentence,
                        float log_probability, int length);
// Puts the hypothesis that the candidate ends among the sentence's slots, which are sorted, if its
// score is above the last one's.
void ig_finished_add(const ig_selection *selection, ig_sentence *sentence, const ig_candidate *last,
                     float score);
// The same at slot `rank`, for who sorts them otherwise; rank beam_size: nowhere.
void ig_finished_add_at(const ig_selection *selection, ig_sentence *sentence,
                        const ig_candidate *last, float score, int rank);
#endif
