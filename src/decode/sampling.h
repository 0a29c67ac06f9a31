// Sampling: each next token is drawn by its probability, as transformers does with do_sample
// (generation/utils.py _sample), from what temperature, top_k, top_p and min_p leave. A sentence
// has options->beam_size samples, which never see each other.
//
// The random numbers are functions of the seed, the sentence, the sample and the position: the
// texts are the same for any batch and any number of threads.
#ifndef IG_DECODE_SAMPLING_H
#define IG_DECODE_SAMPLING_H
#include "decode/sentence.h"

// Chooses sentence->next from the written logits of its rows, which are changed; moves finished
// hypotheses into the slots, with the score that beam search would give them, and sets done or
// failed.
void ig_sampling_select(const ig_selection *selection, ig_sentence *sentence);
// Turns scores (count) into what they are drawn by: exp((score - largest) / temperature), and 0 for
// those that the options leave out. Returns the sum; 0: every score is -infinity.
double ig_sampling_weigh(const ig_sampling *sampling, size_t count, float *scores);
#endif
