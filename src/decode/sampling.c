// Sampling: see sampling.h.
#include "decode/sampling.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "decode/finished.h"
#include "decode/processors.h"

// ---- which tokens may be drawn ----------------------------------------------

// The weights above a limit: how many they are, or what they add up to.
static double measure_above(const float *weights, size_t count, float limit, bool counting) {
  double measure = 0;
  for (size_t i = 0; i < count; i++)
    if (weights[i] > limit) measure += counting ? 1 : (double)weights[i];
  return measure;
}

// The least limit above which there is less than `goal`: the smallest of the weights that stay.
// Floats from 0 on are in the order of their bits, so that 31 halvings find it without sorting.
static float find_limit(const float *weights, size_t count, double goal, bool counting) {
  uint32_t low = 0, high = 0x7F800000;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    float limit;
    memcpy(&limit, &middle, sizeof limit);
    if (measure_above(weights, count, limit, counting) < goal)
      high = middle;
    else
      low = middle + 1;
  }
  float limit;
  memcpy(&limit, &low, sizeof limit);
  return limit;
}

static double drop_below(float *weights, size_t count, float limit) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (weights[i] < limit) weights[i] = 0;
    sum += (double)weights[i];
  }
  return sum;
}

double ig_sampling_weigh(const ig_sampling *s, size_t count, float *scores) {
  float largest = -INFINITY;
  for (size_t i = 0; i < count; i++) largest = scores[i] > largest ? scores[i] : largest;
  if (!isfinite(largest)) return 0;
  for (size_t i = 0; i < count; i++) scores[i] = expf((scores[i] - largest) / s->temperature);
  double sum = drop_below(scores, count, 0);
  if (s->top_k > 0 && (size_t)s->top_k < count)
    sum = drop_below(scores, count, find_limit(scores, count, (double)s->top_k, true));
  if (s->top_p < 1)
    sum = drop_below(scores, count, find_limit(scores, count, (double)s->top_p * sum, false));
  if (s->min_p > 0) sum = drop_below(scores, count, s->min_p);  // the largest weight is 1
  return sum;
}

// ---- drawing ----------------------------------------------------------------

static size_t draw(const float *weights, size_t count, double sum, double uniform) {
  double passed = 0;
  size_t last = 0;
  for (size_t i = 0; i < count; i++) {
    if (weights[i] == 0) continue;
    passed += (double)weights[i];
    last = i;
    if (passed > uniform * sum) return i;
  }
  return last;  // the sum was rounded up
}

// A row of the step: what its next tokens are drawn from.
typedef struct drawn_row {
  int row;
  const float *weights;  // (V)
  double sum;
  float largest,
      normalizer;  // log p of the model: largest + temperature * log(weight) - normalizer
} drawn_row;

static bool weigh_row(const ig_selection *selection, const ig_sentence *sentence, int r,
                      float *logits, drawn_row *out) {
  const ig_token_scores scores = ig_sentence_scores(selection, logits);
  const ig_decode_options *options = selection->options;
  const size_t vocabulary = (size_t)options->vocab_size;
  const ig_processors_sequence sequence = ig_sentence_sequence(selection, sentence, r);
  ig_processors_apply(options, &sequence, 0, &scores);
  const size_t best = selection->kernels->argmax(vocabulary, logits);
  *out = (drawn_row){.row = r, .weights = logits};
  if (best >= vocabulary || !isfinite(logits[best])) return false;
  out->largest = logits[best];
  out->normalizer = selection->kernels->log_sum_exp(vocabulary, logits);
  out->sum = ig_sampling_weigh(&options->sampling, vocabulary, logits);
  return out->sum > 0 && isfinite(out->normalizer);
}

// The next token of one sample. candidates[row].row is the number of the sample in that row.
static void draw_next(const ig_selection *selection, ig_sentence *sentence, const drawn_row *from,
                      int sample) {
  const ig_decode_options *options = selection->options;
  const uint64_t stream =
      sentence->options.number * (uint64_t)options->beam_size + (uint64_t)sample;
  const double uniform =
      ig_random_uniform(options->sampling.seed, stream, (uint64_t)sentence->length);
  const size_t token = draw(from->weights, (size_t)options->vocab_size, from->sum, uniform);
  const float log_probability =
      from->largest + options->sampling.temperature * logf(from->weights[token]) - from->normalizer;
  const ig_candidate next = {
      .score = selection->rows->score[sentence->first_row + from->row] + log_probability,
      .row = from->row,
      .token = (int)token};
  if (ig_finished_by(options, sentence, next.token)) {
    ig_finished_add(selection, sentence, &next,
                    ig_finished_score(options, sentence, next.score, sentence->length));
    return;
  }
  sentence->candidates[sentence->next_rows].row = sample;
  sentence->next[sentence->next_rows++] = next;
}

void ig_sampling_select(const ig_selection *selection, ig_sentence *sentence) {
  const ig_decode_options *options = selection->options;
  sentence->next_rows = 0;
  for (int r = 0; r < sentence->rows; r++) {
    drawn_row row;
    float *x = ig_sentence_logits(selection, sentence->first_row + r);
    if (!weigh_row(selection, sentence, r, x, &row)) {
      if (ig_sentence_bans_all(selection, sentence, r, sentence->first_row + r)) continue;
      sentence->failed = true;
      return;
    }
    // The first step has one row, from which all samples begin.
    const int first = sentence->length == 1 ? 0 : sentence->candidates[r].row,
              end = sentence->length == 1 ? options->beam_size : first + 1;
    for (int sample = first; sample < end; sample++) draw_next(selection, sentence, &row, sample);
  }
  sentence->done = sentence->next_rows == 0;
}
