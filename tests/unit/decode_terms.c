// Terms in beam search: with beams for all hypotheses the best of all that have the terms is found,
// with few beams each hypothesis has them, and a search without terms is what it was.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/search.h"
#include "decode/terms.h"
#include "decode_fixture.h"

// Tokens from V on are never written: a beam is at most half as wide as the vocabulary.
enum { V = 6, ALL_TOKENS = 320, END = 0, START = 5, LONGEST = 4, ALL_BEAMS = 160, SENTENCES = 12 };

// log p of a token after another, in a sentence.
static float table[SENTENCES][V][V];
static float logits[SENTENCES * ALL_BEAMS * ALL_TOKENS];

static void fill_table(void) {
  uint32_t h = 7;
  for (int s = 0; s < SENTENCES; s++)
    for (int a = 0; a < V; a++) {
      double sum = 0;
      for (int b = 0; b < V; b++) {
        h = h * 1664525u + 1013904223u;
        table[s][a][b] = (float)(h >> 8) / 16777216.0f * 5.0f;
        sum += exp((double)table[s][a][b]);
      }
      for (int b = 0; b < V; b++) table[s][a][b] -= (float)log(sum);
    }
}

static float *run(void *context, const ig_decoder_step *step) {
  (void)context;
  for (int i = 0; i < step->rows * ALL_TOKENS; i++) logits[i] = -INFINITY;
  for (int r = 0; r < step->rows; r++)
    memcpy(logits + r * ALL_TOKENS, table[step->seat[r]][step->ids[r]], sizeof table[0][0]);
  return logits;
}

// Two forms of term 0, which share a token, and one of term 1.
static const int ids[] = {2, 3, 2, 2, 1, 4};
static const ig_term_form forms[] = {{.term = 0, .ids = ids, .length = 2},
                                     {.term = 0, .ids = ids + 2, .length = 3},
                                     {.term = 1, .ids = ids + 5, .length = 1}};

static bool has(const int *text, int length, const ig_term_form *form) {
  for (int i = 0; i + form->length <= length; i++)
    if (memcmp(text + i, form->ids, (size_t)form->length * sizeof *text) == 0) return true;
  return false;
}
static bool has_all(const int *text, int length, int terms) {
  const bool first = has(text, length, &forms[0]) || has(text, length, &forms[1]);
  return first && (terms == 1 || has(text, length, &forms[2]));
}

// What the seats ask for.
typedef struct asking_feed {
  ig_terms **terms;
  int waiting;
  ig_hypothesis found[SENTENCES][4];
  int found_ids[SENTENCES][4][32];
  int n_best;
} asking_feed;

static ig_status join(void *context, const int *seats, ig_sentence_options *options, int free,
                      int *joined, ig_error *err) {
  (void)err;
  asking_feed *f = context;
  *joined = f->waiting < free ? f->waiting : free;
  for (int i = 0; i < *joined; i++) options[i].terms = f->terms ? f->terms[seats[i]] : NULL;
  f->waiting -= *joined;
  return IG_OK;
}
static ig_status leave(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)err;
  asking_feed *f = context;
  for (int k = 0; k < f->n_best; k++) {
    f->found[seat][k] = found[k];
    memcpy(f->found_ids[seat][k], found[k].ids, (size_t)found[k].length * sizeof(int));
    f->found[seat][k].ids = f->found_ids[seat][k];
  }
  return IG_OK;
}

// list (count): NULL: none.
static void decode_with(const ig_decode_options *options, const ig_term_form *list, int count,
                        asking_feed *feed) {
  ig_terms *made[SENTENCES] = {NULL};
  const ig_kernels *kernels;
  ig_search *search;
  const ig_stepper stepper = {.run = run};
  *feed = (asking_feed){.terms = made, .waiting = SENTENCES, .n_best = options->n_best};
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  for (int s = 0; list && s < SENTENCES; s++)
    assert_int_equal(ig_terms_create(list, count, options, &made[s], NULL), IG_OK);
  assert_int_equal(ig_search_create(options, kernels, NULL, SENTENCES, &search, NULL), IG_OK);
  const ig_search_feed its = {.join = join, .leave = leave, .context = feed};
  assert_int_equal(ig_search_stream(search, &stepper, &its, SENTENCES, NULL), IG_OK);
  ig_search_free(search);
  for (int s = 0; s < SENTENCES; s++) ig_terms_free(made[s]);
}

// terms 0: none.
static void decode(const ig_decode_options *options, int terms, asking_feed *feed) {
  decode_with(options, terms ? forms : NULL, terms == 1 ? 2 : 3, feed);
}

// The best score of all texts of at most LONGEST tokens that have the terms before their end.
static float best_of_all(int sentence, int terms) {
  float best = -INFINITY;
  int count = 1;
  for (int length = 1; length <= LONGEST; length++) {
    for (int n = 0; n < count; n++) {
      int text[LONGEST];
      for (int i = 0, rest = n; i < length - 1; i++, rest /= V - 1) text[i] = 1 + rest % (V - 1);
      if (!has_all(text, length - 1, terms)) continue;
      float sum = 0, last = table[sentence][length > 1 ? text[length - 2] : START][END];
      for (int i = 0; i < length - 1; i++) sum += table[sentence][i ? text[i - 1] : START][text[i]];
      // At the last place any token ends a text.
      for (int token = 1; token < V && length == LONGEST; token++)
        last = fmaxf(last, table[sentence][text[length - 2]][token]);
      if (sum + last > best) best = sum + last;
    }
    count *= V - 1;
  }
  return best;
}

static void finds_the_best(void **state) {
  (void)state;
  static asking_feed feed;
  ig_decode_options options = plain_options(ALL_BEAMS, ALL_TOKENS, START, END);
  options.sentence.max_length = LONGEST;
  options.length_penalty = 0;  // with which no running hypothesis becomes better
  for (int terms = 1; terms <= 2; terms++) {
    decode(&options, terms, &feed);
    for (int s = 0; s < SENTENCES; s++) {
      const ig_hypothesis *h = &feed.found[s][0];
      assert_true(has_all(h->ids, h->length, terms));
      const float best = best_of_all(s, terms);
      if (fabsf(best - h->score) > 1e-5f)
        fail_msg("sentence %d, %d terms: %f, the best is %f", s, terms, (double)h->score,
                 (double)best);
    }
  }
}

static void each_has_them(void **state) {
  (void)state;
  static asking_feed feed;
  for (int beam = 2; beam <= 6; beam += 2)
    for (int longest = 6; longest <= 20; longest += 7) {
      ig_decode_options options = plain_options(beam, ALL_TOKENS, START, END);
      options.n_best = 2;
      options.sentence.max_length = longest;
      decode(&options, 2, &feed);
      for (int s = 0; s < SENTENCES; s++)
        for (int k = 0; k < 2; k++) {
          const ig_hypothesis *h = &feed.found[s][k];
          if (h->length > 0 && !has_all(h->ids, h->length, 2))
            fail_msg("beam %d, longest %d, sentence %d, %d", beam, longest, s, k);
          if (k == 0) assert_true(h->length > 0);
        }
    }
}

// Negative control: without terms most hypotheses lack them; and nothing depends on the memory of
// terms that others ask for.
static void none_asked_for(void **state) {
  (void)state;
  static asking_feed feed;
  ig_decode_options options = plain_options(4, ALL_TOKENS, START, END);
  decode(&options, 0, &feed);
  int lacking = 0;
  for (int s = 0; s < SENTENCES; s++)
    lacking += !has_all(feed.found[s][0].ids, feed.found[s][0].length, 2);
  assert_true(lacking > SENTENCES / 2);
}

static void counts_what_is_met(void **state) {
  (void)state;
  static const int texts[][6] = {{2, 3, 0}, {2, 2, 2, 1, 0}, {2, 2, 3, 4, 0}, {3, 2, 0}, {4, 1, 0}};
  static const uint64_t met[] = {1, 1, 3, 0, 2};
  ig_decode_options options = plain_options(4, ALL_TOKENS, START, END);
  ig_terms *terms;
  assert_int_equal(ig_terms_create(forms, 3, &options, &terms, NULL), IG_OK);
  for (size_t i = 0; i < sizeof met / sizeof *met; i++)
    assert_int_equal(ig_terms_met(terms, texts[i], 6), met[i]);
  assert_int_equal(ig_terms_length(terms), 3);
  ig_terms_free(terms);
}

// Most do, but for a sentence that likes to repeat a token best.
static void assert_that_they_end(const asking_feed *feed) {
  int ended = 0;
  for (int s = 0; s < SENTENCES; s++) {
    const ig_hypothesis *h = &feed->found[s][0];
    ended += h->ids[h->length - 1] == END;
  }
  assert_true(ended >= SENTENCES - 1);
}

// A bad word excludes a term, or the forms of one but for the longest: what is left must come, and
// the end may.
static void bad_words_exclude(void **state) {
  (void)state;
  static asking_feed feed;
  int offsets[] = {0, 1}, four[] = {4}, pair_offsets[] = {0, 2}, pair[] = {2, 3};
  ig_decode_options options = plain_options(16, ALL_TOKENS, START, END);
  options.sentence.max_length = 24;
  options.length_penalty = 0;
  options.bad_words = (ig_bad_words){1, offsets, four};
  decode(&options, 2, &feed);
  assert_that_they_end(&feed);
  for (int s = 0; s < SENTENCES; s++) {
    const ig_hypothesis *h = &feed.found[s][0];
    assert_true(has_all(h->ids, h->length, 1));
    assert_false(has(h->ids, h->length, &forms[2]));
  }
  options.bad_words = (ig_bad_words){1, pair_offsets, pair};
  decode(&options, 2, &feed);
  for (int s = 0; s < SENTENCES; s++) {
    const ig_hypothesis *h = &feed.found[s][0];
    assert_true(has(h->ids, h->length, &forms[1]));
    assert_true(has(h->ids, h->length, &forms[2]));
  }
}

// No token may come twice, and two terms share one: either of them comes, and the end. A third,
// which has one twice, never can.
static void repetitions_exclude(void **state) {
  (void)state;
  static asking_feed feed;
  static const int shared[] = {2, 3, 3, 4, 1, 1};
  static const ig_term_form list[] = {{.term = 0, .ids = shared, .length = 2},
                                      {.term = 1, .ids = shared + 2, .length = 2},
                                      {.term = 2, .ids = shared + 4, .length = 2}};
  ig_decode_options options = plain_options(16, ALL_TOKENS, START, END);
  options.sentence.max_length = 24;
  options.length_penalty = 0;
  options.no_repeat_ngram = 1;
  decode_with(&options, list, 3, &feed);
  assert_that_they_end(&feed);
  ig_terms *terms;
  assert_int_equal(ig_terms_create(list, 3, &options, &terms, NULL), IG_OK);
  for (int s = 0; s < SENTENCES; s++) {
    const ig_hypothesis *h = &feed.found[s][0];
    assert_true(has(h->ids, h->length, &list[0]) != has(h->ids, h->length, &list[1]));
    assert_int_equal(ig_terms_met(terms, h->ids, h->length) ^ 7,
                     ig_terms_lost(terms, h->ids, h->length));
  }
  // What is begun may be ended, and where it is left cannot be begun once more.
  static const int begun[] = {2, 1, 3};
  assert_int_equal(ig_terms_lost(terms, begun, 1), 4);
  assert_int_equal(ig_terms_lost(terms, begun, 2), 4 + 1);
  assert_int_equal(ig_terms_lost(terms, begun + 2, 1), 4 + 1);
  ig_terms_free(terms);
}

static int set_up(void **state) {
  (void)state;
  fill_table();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_best),    cmocka_unit_test(each_has_them),
      cmocka_unit_test(none_asked_for),    cmocka_unit_test(counts_what_is_met),
      cmocka_unit_test(bad_words_exclude), cmocka_unit_test(repetitions_exclude)};
  return cmocka_run_group_tests(tests, set_up, NULL);
}
