// Sampling: which tokens may be drawn, as transformers' logits warpers leave them, and how often
// each is.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "decode/sampling.h"
#include "decode/search.h"

enum { COUNT = 16 };
// Two are equal, one is banned.
static const float scores[COUNT] = {3.68465972f, 1.03777432f,    -3.42384267f,  -2.87482762f,
                                    4.03883886f, -0.537228882f,  -0.261435002f, -2.87482762f,
                                    0.78153646f, -0.0379355215f, -2.70537472f,  -INFINITY,
                                    1.9758445f,  -0.838815868f,  -1.1697917f,   -1.56467021f};
// torch.softmax of what TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper and
// MinPLogitsWarper of transformers 5.23 make of them, in this order.
static const struct {
  ig_sampling sampling;
  float probabilities[COUNT];
} cases[] = {
    {{.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0},
     {0.3547091f, 0.0251388f, 0.0002901943f, 0.000502485f, 0.5054642f, 0.005203905f, 0.006856543f,
      0.000502485f, 0.01945638f, 0.008573728f, 0.0005952723f, 0, 0.06423079f, 0.003849036f,
      0.002764464f, 0.001862591f}},
    {{.temperature = 0.7f, .top_k = 5, .top_p = 1, .min_p = 0},
     {0.3591627f, 0.008186698f, 0, 0, 0.5957049f, 0, 0, 0, 0.005677191f, 0, 0, 0, 0.03126848f, 0, 0,
      0}},
    {{.temperature = 1, .top_k = 0, .top_p = 0.8f, .min_p = 0},
     {0.4123693f, 0, 0, 0, 0.5876306f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    {{.temperature = 1.3f, .top_k = 10, .top_p = 0.9f, .min_p = 0},
     {0.3546707f, 0.04629916f, 0, 0, 0.4657436f, 0, 0, 0, 0.03801642f, 0, 0, 0, 0.09527014f, 0, 0,
      0}},
    {{.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0.1f},
     {0.3837165f, 0, 0, 0, 0.5468f, 0, 0, 0, 0, 0, 0, 0, 0.06948346f, 0, 0, 0}},
    {{.temperature = 0.9f, .top_k = 12, .top_p = 0.95f, .min_p = 0.05f},
     {0.3799432f, 0, 0, 0, 0.5631545f, 0, 0, 0, 0, 0, 0, 0, 0.05690242f, 0, 0, 0}},
    {{.temperature = 2, .top_k = 3, .top_p = 0.6f, .min_p = 0},
     {0.4558429f, 0, 0, 0, 0.544157f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
};
enum { CASES = sizeof cases / sizeof *cases };

static void as_transformers(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    float weights[COUNT];
    memcpy(weights, scores, sizeof scores);
    const double sum = ig_sampling_weigh(&cases[c].sampling, COUNT, weights);
    for (size_t i = 0; i < COUNT; i++) {
      const double found = (double)weights[i] / sum, expected = (double)cases[c].probabilities[i];
      if (fabs(found - expected) > 1e-6)
        fail_msg("case %zu, token %zu: %.8f, expected %.8f", c, i, found, expected);
    }
  }
}

static void nothing_to_draw(void **state) {
  (void)state;
  float banned[3] = {-INFINITY, -INFINITY, -INFINITY};
  const ig_sampling sampling = {.temperature = 1, .top_p = 1};
  assert_true(ig_sampling_weigh(&sampling, 3, banned) == 0);
}

// ---- drawing ----------------------------------------------------------------

// The same scores at each step; token 0 ends.
static float *give_scores(void *context, const ig_decoder_step *step) {
  float *logits = context;
  for (int r = 0; r < step->rows; r++) memcpy(logits + r * COUNT, scores, sizeof scores);
  return logits;
}

enum { SAMPLES = 7, SENTENCES = 600, LONGEST = 3 };

typedef struct sampled {
  int joined, counts[COUNT], draws, lengths[LONGEST + 1];
  int texts[SENTENCES][SAMPLES][LONGEST];
  int seats[SENTENCES];
} sampled;

static ig_status join_numbered(void *context, const int *seats, ig_sentence_options *options,
                               int free, int *joined, ig_error *err) {
  (void)err;
  sampled *s = context;
  for (*joined = 0; *joined < free && s->joined < SENTENCES; s->joined++, ++*joined) {
    s->seats[seats[*joined]] = s->joined;
    options[*joined].number = (uint64_t)s->joined;
  }
  return IG_OK;
}

static ig_status count_tokens(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)err;
  sampled *s = context;
  for (int i = 0; i < SAMPLES; i++) {
    s->lengths[found[i].length]++;
    for (int j = 0; j < found[i].length; j++, s->draws++) {
      s->counts[found[i].ids[j]]++;
      s->texts[s->seats[seat]][i][j] = found[i].ids[j];
    }
    if (i > 0) assert_true(found[i].score <= found[i - 1].score);
  }
  return IG_OK;
}

static void draw_all(const ig_decode_options *options, int seats, sampled *out) {
  static float logits[64 * SAMPLES * COUNT];
  const ig_kernels *kernels;
  ig_search *search;
  ig_error err;
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  memset(out, 0, sizeof *out);
  if (ig_search_create(options, kernels, NULL, seats, &search, &err) != IG_OK)
    fail_msg("%s", err.message);
  const ig_stepper stepper = {.run = give_scores, .context = logits};
  const ig_search_feed feed = {.join = join_numbered, .leave = count_tokens, .context = out};
  if (ig_search_stream(search, &stepper, &feed, seats, &err) != IG_OK) fail_msg("%s", err.message);
  ig_search_free(search);
}

static sampled first, second;

// As often as their probability says: within five standard deviations, for this seed.
static void frequencies(void **state) {
  (void)state;
  for (size_t c = 0; c < CASES; c++) {
    ig_decode_options options = {
        .beam_size = SAMPLES,
        .n_best = SAMPLES,
        .length_penalty = 1,
        .repetition_penalty = 1,
        .eos_id = 0,
        .start_id = 1,
        .vocab_size = COUNT,
        .sampling = cases[c].sampling,
        .sentence = {.max_length = LONGEST, .forced_bos = -1, .forced_eos = -1}};
    options.sampling.on = true;
    options.sampling.seed = 3;
    draw_all(&options, 64, &first);
    for (int i = 0; i < COUNT; i++) {
      const double p = (double)cases[c].probabilities[i], n = first.draws,
                   deviation = sqrt(n * p * (1 - p));
      if (fabs(first.counts[i] - n * p) > 5 * deviation)
        fail_msg("case %zu, token %d: %d of %d drawn, expected %.1f", c, i, first.counts[i],
                 first.draws, n * p);
    }
    assert_int_equal(first.lengths[1] + first.lengths[2] + first.lengths[3], SENTENCES * SAMPLES);
    // Whoever is decoded together, the texts are the same; another seed draws others.
    draw_all(&options, 5, &second);
    assert_memory_equal(first.texts, second.texts, sizeof first.texts);
    options.sampling.seed = 4;
    draw_all(&options, 5, &second);
    assert_memory_not_equal(first.texts, second.texts, sizeof first.texts);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(as_transformers),
                                     cmocka_unit_test(nothing_to_draw),
                                     cmocka_unit_test(frequencies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
