// Logits processors: what may and may not come next.
#include "decode/processors.h"

#include <math.h>
#include <string.h>

// Each id that is there already, once: s < 0 ? s * p : s / p   (Keskar et al. 2019, CTRL, 4.1)
static void repetition_penalty(float penalty, const int *ids, int length, float normalizer,
                               float *scores) {
  for (int i = 0; i < length; i++) {
    bool seen = false;
    for (int j = 0; j < i && !seen; j++) seen = ids[j] == ids[i];
    if (seen) continue;
    const float s = scores[ids[i]] - normalizer;
    scores[ids[i]] = (s < 0 ? s * penalty : s / penalty) + normalizer;
  }
}

static void no_repeat_ngram(int n, const int *ids, int length, float *scores) {
  const int prefix = n - 1;
  const int *last = ids + length - prefix;
  for (int i = 0; i + n <= length; i++)
    if (memcmp(ids + i, last, (size_t)prefix * sizeof *ids) == 0)
      scores[ids[i + prefix]] = -INFINITY;
}

static void bad_words(const ig_bad_words *bad, const int *ids, int length, float *scores) {
  for (int i = 0; i < bad->count; i++) {
    const int *word = bad->ids + bad->offsets[i];
    const int n = bad->offsets[i + 1] - bad->offsets[i], prefix = n - 1;
    // Hugging Face matches only prefixes for which the whole sequence is no longer than the
    // context.
    if (n > 1 && n > length) continue;
    if (memcmp(word, ids + length - prefix, (size_t)prefix * sizeof *ids) == 0)
      scores[word[prefix]] = -INFINITY;
  }
}

static void force(int id, int vocab_size, float *scores) {
  for (int j = 0; j < vocab_size; j++) scores[j] = -INFINITY;
  scores[id] = 0;
}

static bool forces_first(const ig_decode_options *o, int generated) {
  return o->forced_bos >= 0 && generated == 0;
}
static bool forces_last(const ig_decode_options *o, int generated) {
  return o->forced_eos >= 0 && generated == o->max_length - 1;
}

bool ig_processors_may_raise(const ig_decode_options *o, int length) {
  return o->repetition_penalty != 1.0f || forces_first(o, length - 1) || forces_last(o, length - 1);
}

float ig_processors_apply(const ig_decode_options *o, const int *ids, int length, float normalizer,
                          float *scores) {
  if (o->repetition_penalty != 1.0f)
    repetition_penalty(o->repetition_penalty, ids, length, normalizer, scores);
  if (o->no_repeat_ngram > 0 && length >= o->no_repeat_ngram)
    no_repeat_ngram(o->no_repeat_ngram, ids, length, scores);
  bad_words(&o->bad_words, ids, length, scores);
  const int generated = length - 1;
  if (o->eos_id >= 0 && generated < o->min_length) scores[o->eos_id] = -INFINITY;
  if (forces_first(o, generated)) {
    force(o->forced_bos, o->vocab_size, scores);
    normalizer = 0;
  }
  if (forces_last(o, generated)) {
    force(o->forced_eos, o->vocab_size, scores);
    normalizer = 0;
  }
  return normalizer;
}
