// Logits processors: which tokens may and which may not come next.
#include "decode/processors.h"

#include <math.h>
#include <string.h>

static void set_score(const ig_token_scores *scores, int token, float value) {
  float *score = ig_token_scores_find(scores, token);
  if (score) *score = value;
}

static void ban(const ig_token_scores *scores, int token) { set_score(scores, token, -INFINITY); }

// Changes the score of each id that the sequence holds, once: s < 0 ? s * p : s / p   (Keskar et
// al. 2019, CTRL, 4.1)
static void penalize_repetition(float penalty, const ig_processors_sequence *sequence,
                                float normalizer, const ig_token_scores *scores) {
  const int *ids = sequence->ids;
  for (int i = 0; i < sequence->length; i++) {
    bool seen = false;
    for (int j = 0; j < i && !seen; j++) seen = ids[j] == ids[i];
    float *score = seen ? NULL : ig_token_scores_find(scores, ids[i]);
    if (!score) continue;
    const float s = *score - normalizer;
    *score = (s < 0 ? s * penalty : s / penalty) + normalizer;
  }
}

static void ban_repeated_ngrams(int n, const int *ids, int length, const ig_token_scores *scores) {
  const int prefix = n - 1;
  const int *last = ids + length - prefix;
  for (int i = 0; i + n <= length; i++)
    if (memcmp(ids + i, last, (size_t)prefix * sizeof *ids) == 0) ban(scores, ids[i + prefix]);
}

static void ban_bad_words(const ig_bad_words *bad, const int *ids, int length,
                          const ig_token_scores *scores) {
  for (int i = 0; i < bad->count; i++) {
    const int *word = bad->ids + bad->offsets[i];
    const int n = bad->offsets[i + 1] - bad->offsets[i], prefix = n - 1;
    // Hugging Face matches only prefixes for which the whole sequence is no longer than the
    // context.
    if (n > 1 && n > length) continue;
    if (memcmp(word, ids + length - prefix, (size_t)prefix * sizeof *ids) == 0)
      ban(scores, word[prefix]);
  }
}

// A token that must come next, or one of those that do as well.
typedef struct forced_token {
  int id;  // -1: any token may come
  const ig_alternatives *others;
} forced_token;

static void force_token(const forced_token *forced, const ig_token_scores *scores) {
  for (int j = 0; j < scores->count; j++) scores->values[j] = -INFINITY;
  set_score(scores, forced->id, 0);
  for (int i = 0; i < forced->others->count; i++) set_score(scores, forced->others->ids[i], 0);
}

static void ban_ends(const ig_decode_options *o, const ig_token_scores *scores) {
  if (o->eos_id >= 0) ban(scores, o->eos_id);
  for (int i = 0; i < o->eos_alternatives.count; i++) ban(scores, o->eos_alternatives.ids[i]);
}

static forced_token next_forced(const ig_sentence_options *own, int generated) {
  static const ig_alternatives none;
  if (own->forced_eos >= 0 && generated == own->max_length - 1)
    return (forced_token){own->forced_eos, &own->forced_eos_alternatives};
  if (generated < own->prefix_length) return (forced_token){own->prefix[generated], &none};
  const bool first = generated == 0 && own->prefix_length == 0;
  return (forced_token){first ? own->forced_bos : -1, &own->forced_bos_alternatives};
}

// Suppressed tokens hold for the first token that is the model's own choice.
static int first_chosen(const ig_sentence_options *own) {
  return own->prefix_length > 0 ? own->prefix_length : own->forced_bos >= 0;
}

bool ig_processors_force(const ig_processors_sequence *sequence) {
  return next_forced(sequence->options, sequence->length - 1).id >= 0;
}

bool ig_processors_may_raise(const ig_decode_options *o, const ig_processors_sequence *sequence) {
  return o->repetition_penalty != 1.0f || ig_processors_force(sequence);
}

void ig_processors_apply(const ig_decode_options *o, const ig_processors_sequence *sequence,
                         float normalizer, const ig_token_scores *scores) {
  const ig_sentence_options *own = sequence->options;
  const int *ids = sequence->ids;
  const int length = sequence->length, generated = length - 1;
  const forced_token forced = next_forced(own, generated);
  if (forced.id >= 0) {
    force_token(&forced, scores);
    return;
  }
  if (o->repetition_penalty != 1.0f)
    penalize_repetition(o->repetition_penalty, sequence, normalizer, scores);
  if (o->no_repeat_ngram > 0 && length >= o->no_repeat_ngram)
    ban_repeated_ngrams(o->no_repeat_ngram, ids, length, scores);
  ban_bad_words(&o->bad_words, ids, length, scores);
  if (generated < own->min_length) ban_ends(o, scores);
  for (int i = 0; generated == first_chosen(own) && i < o->begin_suppressed.count; i++)
    ban(scores, o->begin_suppressed.ids[i]);
}

// Of scores that are all 0 one must be left.
bool ig_processors_ban_all(const ig_decode_options *o, const ig_processors_sequence *sequence,
                           const ig_token_scores *tokens) {
  enum { PART = 256 };
  float values[PART];
  for (int at = 0; at < tokens->count; at += PART) {
    const int left = tokens->count - at;
    const ig_token_scores part = {.values = values,
                                  .ids = tokens->ids ? tokens->ids + at : NULL,
                                  .first = tokens->first + at,
                                  .count = left < PART ? left : PART};
    for (int i = 0; i < part.count; i++) values[i] = 0;
    ig_processors_apply(o, sequence, 0, &part);
    for (int i = 0; i < part.count; i++)
      if (isfinite(values[i])) return false;
  }
  return true;
}
