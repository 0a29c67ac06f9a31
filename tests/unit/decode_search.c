// Greedy and beam search on a toy model against what transformers' generate() found
// (tests/golden/decode/search.txt, made by make_search.py).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/processors.h"
#include "decode/search.h"
#include "decode_fixture.h"

#define SENTENCES 6  // of each case
#define MAX_LENGTH 32
#define MAX_SLOTS 64
#define MAX_VOCABULARY 1600

// The toy finds its past as a real model does: each step stores its token in the cache row it was
// given and reads those before through history.
typedef struct toy {
  int vocab_size, eos_id, max_length;
  int number[SENTENCES];  // of the sentence at each seat
  int steps;
  int cache[MAX_SLOTS * MAX_LENGTH];
  float logits[MAX_SLOTS * MAX_VOCABULARY];
  int most_rows;
  bool poisoned;                // NaN from position 2 on
  ig_interrupter *interrupter;  // called within the first step
} toy;

static uint32_t mix(uint32_t h, uint32_t x) {
  h = (h ^ x) * 0x9E3779B1u;
  return h ^ (h >> 15);
}

static float toy_logit(int sentence, int position, int before, int last, int token, int eos_id) {
  uint32_t h = 0x12345678u;
  const int parts[] = {sentence, position, before, last, token};
  for (int i = 0; i < 5; i++) h = mix(h, (uint32_t)parts[i]);
  const float value = (float)(h >> 8 & 0xFFFFu) / 65536.0f * 6.0f;
  return value + (token == eos_id ? (float)position * 0.5f : 0.0f);
}

static float *toy_run(void *context, const ig_decoder_step *step) {
  toy *t = context;
  assert_in_range(step->rows, 1, MAX_SLOTS);
  if (step->rows > t->most_rows) t->most_rows = step->rows;
  t->steps++;
  if (t->interrupter) ig_interrupt(t->interrupter);
  for (int r = 0; r < step->rows; r++)
    t->cache[step->history[r * t->max_length + step->position[r]]] = step->ids[r];
  for (int r = 0; r < step->rows; r++) {
    const int position = step->position[r], *history = step->history + r * t->max_length;
    const int before = position > 0 ? t->cache[history[position - 1]] : 0;
    assert_int_equal(t->cache[history[0]], 1);
    for (int j = 0; j < t->vocab_size; j++)
      t->logits[r * t->vocab_size + j] =
          t->poisoned && position >= 2
              ? NAN
              : toy_logit(t->number[step->seat[r]], position, before, step->ids[r], j, t->eos_id);
  }
  return t->logits;
}

static void toy_choose(void *context, const ig_decoder_step *step, ig_choice *choice) {
  choose_from(choice, step->rows, toy_run(context, step));
}

// With written logits, or with tokens that are chosen from blocks of them by three threads.
static ig_stepper stepper_of(toy *t, bool choosing) {
  ig_stepper stepper = {.run = toy_run, .context = t, .threads = 3};
  if (choosing) stepper.choose = toy_choose;
  return stepper;
}

typedef struct search_case {
  ig_decode_options options;
  int offsets[8], ids[16];  // bad words
  char name[512];
} search_case;

// The ids after `name`, commas between them; none where it is missing.
static void parse_alternatives(const char *line, const char *name, ig_alternatives *out) {
  const char *p = strstr(line, name);
  if (!p) return;
  char *end = (char *)p + strlen(name) - 1;
  do out->ids[out->count++] = (int)strtol(end + 1, &end, 10);
  while (*end == ',');
}

static void parse_case(const char *line, search_case *c) {
  ig_decode_options *o = &c->options;
  char early[8];
  int renormalize, words, used = 0;
  *o = (ig_decode_options){.start_id = 1, .eos_id = 2};
  assert_int_equal(
      sscanf(line, "case %d %d %d %d %d %f %7s %d %f %d %d %d %d %n", &o->vocab_size, &o->beam_size,
             &o->n_best, &o->sentence.min_length, &o->sentence.max_length, &o->length_penalty,
             early, &o->no_repeat_ngram, &o->repetition_penalty, &renormalize,
             &o->sentence.forced_bos, &o->sentence.forced_eos, &words, &used),
      13);
  o->renormalize = renormalize;
  o->early_stopping = early[0] == 't'   ? IG_EARLY_STOPPING_AT_ONCE
                      : early[0] == 'n' ? IG_EARLY_STOPPING_NEVER
                                        : IG_EARLY_STOPPING_HEURISTIC;
  const char *p = line + used;
  c->offsets[0] = 0;
  for (int w = 0, n = 0; w < words; w++) {
    char *end;
    c->ids[n++] = (int)strtol(p, &end, 10);
    for (; *end == ',';) c->ids[n++] = (int)strtol(end + 1, &end, 10);
    c->offsets[w + 1] = n;
    p = end;
  }
  o->bad_words = (ig_bad_words){words, c->offsets, c->ids};
  parse_alternatives(p, "ends ", &o->eos_alternatives);
  parse_alternatives(p, "first ", &o->sentence.forced_bos_alternatives);
  parse_alternatives(p, "last ", &o->sentence.forced_eos_alternatives);
  snprintf(c->name, sizeof c->name, "%s", line);
}

// The line as the golden has it; score apart, for it is compared with a tolerance.
static void compare(const search_case *c, const ig_hypothesis *h, const char *expected) {
  char found[512] = "", wanted[512];
  for (int i = 0; i < h->length; i++)
    snprintf(found + strlen(found), sizeof found - strlen(found), " %d", h->ids[i]);
  float score;
  int used;
  assert_int_equal(sscanf(expected, "%f%n", &score, &used), 1);
  snprintf(wanted, sizeof wanted, "%s", expected + used);
  wanted[strcspn(wanted, "\n")] = 0;
  if (strcmp(found, wanted) != 0 || fabsf(score - h->score) > 1e-5f + 1e-6f * fabsf(score)) {
    print_error("%sexpected %sfound    %f%s\n", c->name, expected, (double)h->score, found);
    fail();
  }
}

static const ig_kernels *kernels(void) {
  const ig_kernels *k;
  assert_int_equal(ig_kernels_select(&k, NULL), IG_OK);
  return k;
}

static FILE *golden(void) {
  const char *source = getenv("INGOT_SOURCE");
  char path[1024];
  snprintf(path, sizeof path, "%s/tests/golden/decode/search.txt", source ? source : ".");
  FILE *f = fopen(path, "r");
  if (!f) fail_msg("%s cannot be opened", path);
  return f;
}

// The golden's next case: its toy and a search of `sentences`; NULL after the last.
static ig_search *next_case(FILE *f, int sentences, ig_pool *pool, search_case *c, toy *t) {
  char line[512];
  ig_search *search;
  if (!fgets(line, sizeof line, f)) return NULL;
  parse_case(line, c);
  *t = (toy){.vocab_size = c->options.vocab_size,
             .eos_id = 2,
             .max_length = c->options.sentence.max_length};
  assert_int_equal(ig_search_create(&c->options, kernels(), pool, sentences, &search, NULL), IG_OK);
  return search;
}

static void compare_next(FILE *f, const search_case *c, const ig_hypothesis *h) {
  char line[512];
  assert_non_null(fgets(line, sizeof line, f));
  compare(c, h, line);
}

// Runs every case with `batch` sentences at a time; returns the number of cases.
static int run_golden(int batch, bool choosing, ig_pool *pool) {
  static toy t;
  FILE *f = golden();
  search_case c;
  int cases = 0;
  for (ig_search *search; (search = next_case(f, batch, pool, &c, &t)) != NULL; cases++) {
    for (int first = 0; first < SENTENCES; first += batch) {
      memset(t.cache, 0, sizeof t.cache);
      for (int i = 0; first + i < SENTENCES; i++) t.number[i] = first + i;
      const int count = SENTENCES - first < batch ? SENTENCES - first : batch;
      const ig_stepper stepper = stepper_of(&t, choosing);
      const ig_hypothesis *found;
      assert_int_equal(ig_search_run(search, &stepper, count, &found, NULL), IG_OK);
      for (int i = 0; i < count * c.options.n_best; i++) compare_next(f, &c, &found[i]);
    }
    ig_search_free(search);
  }
  fclose(f);
  return cases;
}

static void test_golden_one_by_one(void **state) {
  (void)state;
  assert_int_equal(run_golden(1, false, NULL), 29);
  assert_int_equal(run_golden(1, true, NULL), 29);
}

static void test_golden_any_batch(void **state) {
  (void)state;
  for (int choosing = 0; choosing < 2; choosing++) {
    run_golden(SENTENCES, choosing, NULL);
    run_golden(4, choosing, NULL);
  }
}

static void test_golden_threads(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  run_golden(SENTENCES, false, pool);
  run_golden(SENTENCES, true, pool);
  ig_pool_free(pool);
}

// ---- sentences that join while others run -----------------------------------

// Keeps what it gets in text, as the golden has it, for the search reuses the seats.
typedef struct toy_feed {
  toy *toy;
  const search_case *c;
  int next, group;  // sentences join when so many seats are free
  int most_active, active;
  ig_hypothesis found[SENTENCES * MAX_SLOTS];
  int ids[SENTENCES * MAX_SLOTS][MAX_LENGTH];
} toy_feed;

static ig_status toy_join(void *context, const int *seats, ig_sentence_options *options, int free,
                          int *joined, ig_error *err) {
  (void)options, (void)err;
  toy_feed *f = context;
  *joined = 0;
  if (free < f->group && f->active) return IG_OK;
  while (*joined < free && f->next < SENTENCES) f->toy->number[seats[(*joined)++]] = f->next++;
  f->active += *joined;
  if (f->active > f->most_active) f->most_active = f->active;
  return IG_OK;
}

static ig_status toy_leave(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)err;
  toy_feed *f = context;
  const int n_best = f->c->options.n_best, first = f->toy->number[seat] * n_best;
  for (int i = 0; i < n_best; i++) {
    f->found[first + i] = found[i];
    f->found[first + i].ids =
        memcpy(f->ids[first + i], found[i].ids, (size_t)found[i].length * sizeof(int));
  }
  f->active--;
  return IG_OK;
}

// Every case of the golden over `seats` seats; returns the number of steps.
static int stream_golden(int seats, int group, ig_pool *pool) {
  static toy t;
  static toy_feed feed;
  FILE *f = golden();
  search_case c;
  int steps = 0;
  for (ig_search *search; (search = next_case(f, SENTENCES, pool, &c, &t)) != NULL;
       steps += t.steps) {
    feed = (toy_feed){.toy = &t, .c = &c, .group = group};
    assert_int_equal(
        ig_search_stream(search, &(ig_stepper){.run = toy_run, .context = &t},
                         &(ig_search_feed){.join = toy_join, .leave = toy_leave, .context = &feed},
                         seats, NULL),
        IG_OK);
    assert_int_equal(feed.most_active, seats);
    assert_int_equal(feed.active, 0);
    for (int i = 0; i < SENTENCES * c.options.n_best; i++) compare_next(f, &c, &feed.found[i]);
    ig_search_free(search);
  }
  fclose(f);
  return steps;
}

static void test_golden_joining(void **state) {
  (void)state;
  ig_pool *pool;
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  const int alone = stream_golden(1, 1, NULL), at_once = stream_golden(3, 1, NULL),
            by_three = stream_golden(3, 3, pool);
  stream_golden(4, 2, NULL);
  assert_true(at_once < by_three);  // a seat that is filled at once saves steps
  assert_true(by_three < alone);
  ig_pool_free(pool);
}

// ---- options of a sentence's own --------------------------------------------

// The step during which the interrupter is called is the last one, whatever the beam; nothing of it
// is used, for it may be half a step.
static void test_no_step_after_an_interruption(void **state) {
  (void)state;
  static toy t;
  static toy_feed feed;
  FILE *f = golden();
  ig_interrupter *interrupter;
  search_case c;
  int cases = 0;
  assert_int_equal(ig_interrupter_create(&interrupter, NULL), IG_OK);
  for (ig_search *search; (search = next_case(f, SENTENCES, NULL, &c, &t)) != NULL; cases++) {
    t.interrupter = interrupter;
    feed = (toy_feed){.toy = &t, .c = &c, .group = 1};
    ig_interrupt_watch watch = {.interrupter = interrupter};
    const ig_search_feed interrupted = {
        .join = toy_join, .leave = toy_leave, .context = &feed, .watch = &watch};
    ig_interrupter_reset(interrupter);
    assert_int_equal(ig_search_stream(search, &(ig_stepper){.run = toy_run, .context = &t},
                                      &interrupted, SENTENCES, NULL),
                     IG_INTERRUPTED);
    assert_int_equal(t.steps, 1);
    char line[512];
    for (int i = 0; i < SENTENCES * c.options.n_best; i++)
      assert_non_null(fgets(line, sizeof line, f));
    ig_search_free(search);
  }
  t.interrupter = NULL;
  assert_int_equal(cases, 29);
  ig_interrupter_free(interrupter);
  fclose(f);
}

// A feed whose sentences bring options of their own.
typedef struct own_feed {
  toy_feed feed;
  const ig_sentence_options *own;  // (SENTENCES)
} own_feed;

static ig_status join_with_options(void *context, const int *seats, ig_sentence_options *options,
                                   int free, int *joined, ig_error *err) {
  own_feed *f = context;
  const int first = f->feed.next;
  const ig_status status = toy_join(&f->feed, seats, options, free, joined, err);
  for (int i = 0; i < *joined; i++) options[i] = f->own[first + i];
  return status;
}

// Sentence `number` alone in a search whose options these are.
static void expect_as_alone(const own_feed *together, int number, const ig_decode_options *o) {
  static toy t;
  t = (toy){.vocab_size = o->vocab_size,
            .eos_id = 2,
            .max_length = o->sentence.max_length,
            .number = {number}};
  ig_search *search;
  const ig_hypothesis *found;
  assert_int_equal(ig_search_create(o, kernels(), NULL, 1, &search, NULL), IG_OK);
  assert_int_equal(
      ig_search_run(search, &(ig_stepper){.run = toy_run, .context = &t}, 1, &found, NULL), IG_OK);
  for (int i = 0; i < o->n_best; i++) {
    const ig_hypothesis *h = &together->feed.found[number * o->n_best + i];
    assert_int_equal(h->length, found[i].length);
    assert_memory_equal(h->ids, found[i].ids, (size_t)h->length * sizeof(int));
    assert_memory_equal(&h->score, &found[i].score, sizeof h->score);
  }
  ig_search_free(search);
}

static void test_sentences_bring_options_of_their_own(void **state) {
  (void)state;
  static const int prefix[] = {8, 30, 8, 5};
  static const ig_sentence_options own[SENTENCES] = {
      {.max_length = 3, .forced_bos = -1, .forced_eos = 2, .prefix = prefix, .prefix_length = 4},
      {.max_length = 20, .forced_bos = 7, .forced_eos = -1},
      {.min_length = 9, .max_length = 12, .forced_bos = -1, .forced_eos = 2},
      {.max_length = 20, .forced_bos = 9, .forced_eos = -1, .prefix = prefix, .prefix_length = 4},
      {.min_length = 20, .max_length = 20, .forced_bos = 11, .forced_eos = -1},
      {.max_length = 1, .forced_bos = -1, .forced_eos = -1}};
  for (int beam = 1; beam <= 4; beam += 3) {
    for (int seats = 2; seats <= SENTENCES; seats += 2) {
      static toy t;
      static own_feed f;
      search_case c = {.options = plain_options(beam, 50, 1, 2)};
      c.options.n_best = beam;
      t = (toy){.vocab_size = 50, .eos_id = 2, .max_length = 20};
      f = (own_feed){.feed = {.toy = &t, .c = &c, .group = 1}, .own = own};
      ig_search *search;
      assert_int_equal(ig_search_create(&c.options, kernels(), NULL, seats, &search, NULL), IG_OK);
      assert_int_equal(
          ig_search_stream(
              search, &(ig_stepper){.run = toy_run, .context = &t},
              &(ig_search_feed){.join = join_with_options, .leave = toy_leave, .context = &f},
              seats, NULL),
          IG_OK);
      ig_search_free(search);
      for (int i = 0; i < SENTENCES; i++) {
        ig_decode_options alone = c.options;
        alone.sentence = own[i];
        expect_as_alone(&f, i, &alone);
        const ig_hypothesis *best = &f.feed.found[i * beam];
        assert_true(best->length >= own[i].min_length && best->length <= own[i].max_length);
        if (own[i].prefix_length == 0 && own[i].forced_bos >= 0)
          assert_int_equal(best->ids[0], own[i].forced_bos);
        for (int j = 0; j < own[i].prefix_length && j < best->length - 1; j++)
          assert_int_equal(best->ids[j], prefix[j]);
        if (own[i].prefix_length > 0) assert_true(best->length > 2);
      }
    }
  }
}

// A search takes other options if its memory fits them, and then gives what a new one would.
static void test_a_search_adopts_options(void **state) {
  (void)state;
  static toy t;
  t = (toy){.vocab_size = 50, .eos_id = 2, .max_length = 20, .number = {0, 1, 2}};
  const ig_stepper stepper = {.run = toy_run, .context = &t};
  ig_decode_options first = plain_options(4, 50, 1, 2), other = first, longer = first,
                    wider = first;
  other.length_penalty = 0.2f;
  other.sentence.min_length = 12;
  longer.sentence.max_length = 21;
  wider.beam_size = 5;
  ig_search *search, *fresh;
  const ig_hypothesis *found, *expected;
  assert_int_equal(ig_search_create(&first, kernels(), NULL, 3, &search, NULL), IG_OK);
  assert_int_equal(ig_search_create(&other, kernels(), NULL, 3, &fresh, NULL), IG_OK);
  assert_int_equal(ig_search_run(search, &stepper, 3, &found, NULL), IG_OK);
  assert_false(ig_search_adopt(search, &longer));
  assert_false(ig_search_adopt(search, &wider));
  assert_true(ig_search_adopt(search, &other));
  assert_int_equal(ig_search_run(search, &stepper, 3, &found, NULL), IG_OK);
  assert_int_equal(ig_search_run(fresh, &stepper, 3, &expected, NULL), IG_OK);
  for (int s = 0; s < 3; s++) {
    assert_true(found[s].length >= 12);
    assert_int_equal(found[s].length, expected[s].length);
    assert_memory_equal(found[s].ids, expected[s].ids, (size_t)found[s].length * sizeof(int));
    assert_memory_equal(&found[s].score, &expected[s].score, sizeof(float));
  }
  ig_search_free(search);
  ig_search_free(fresh);
}

static ig_decode_options plain(int beam) { return plain_options(beam, 50, 1, 2); }

// ---- blocks of logits that are passed over ----------------------------------

// The largest value of a block is said to be higher or lower than it is, the sum remaining what it
// is: exp(-by) times a sum that counts against a value larger by `by`.
static ig_exp_sum lifted_exp_sum(size_t n, const float *x, float by) {
  const ig_exp_sum sum = kernels()->exp_sum(n, x);
  return (ig_exp_sum){sum.largest + by, sum.sum * expf(-by)};
}
static ig_exp_sum passing_over_nothing(size_t n, const float *x) {
  return lifted_exp_sum(n, x, 20);
}
static ig_exp_sum passing_over_all(size_t n, const float *x) { return lifted_exp_sum(n, x, -20); }

// Steps of a quarter: a row has many logits that are equal.
static float *run_with_ties(void *context, const ig_decoder_step *step) {
  float *logits = toy_run(context, step);
  for (int i = 0; i < step->rows * ((toy *)context)->vocab_size; i++)
    logits[i] = floorf(logits[i] * 4) / 4;
  return logits;
}

static void choose_with_ties(void *context, const ig_decoder_step *step, ig_choice *choice) {
  choose_from(choice, step->rows, run_with_ties(context, step));
}

// The ids and scores of a search of three sentences, by either way.
typedef struct both_ways {
  int ids[12][MAX_LENGTH];
  float score[12];
} both_ways;

static both_ways found_by(const ig_decode_options *o, bool choosing) {
  static toy t;
  both_ways out = {.score = {0}};
  t = (toy){.vocab_size = o->vocab_size,
            .eos_id = 2,
            .max_length = o->sentence.max_length,
            .number = {0, 1, 2}};
  const ig_stepper stepper = stepper_of(&t, choosing);
  ig_search *search;
  const ig_hypothesis *found;
  assert_int_equal(ig_search_create(o, kernels(), NULL, 3, &search, NULL), IG_OK);
  assert_int_equal(ig_search_run(search, &stepper, 3, &found, NULL), IG_OK);
  for (int s = 0; s < 3 * o->n_best; s++) {
    memcpy(out.ids[s], found[s].ids, (size_t)found[s].length * sizeof(int));
    out.score[s] = found[s].score;
  }
  ig_search_free(search);
  return out;
}

// So that the way may change from step to step: of several blocks, with and without what bars,
// forces or penalizes.
static void test_both_ways_give_the_same_bits(void **state) {
  (void)state;
  for (int beam = 1; beam <= 4; beam += 3) {
    for (int i = 0; i < 5; i++) {
      ig_decode_options o = plain(beam);
      o.n_best = beam;
      o.vocab_size = 1600;
      o.score_greedy = true;
      o.renormalize = i == 1;
      if (i == 2) o.no_repeat_ngram = 2;
      if (i == 2) o.sentence.min_length = 10;
      if (i == 3) o.sentence.forced_bos = 1500;
      if (i == 3) o.sentence.forced_eos = 2;
      if (i == 4) o.repetition_penalty = 0.5f;
      const both_ways written = found_by(&o, false), chosen = found_by(&o, true);
      assert_memory_equal(&written, &chosen, sizeof written);
    }
  }
}

// How many of the hypotheses found with these kernels differ from those in `expected`; with `set`
// these are written first, and found in written logits.
static int others(const ig_decode_options *o, const ig_kernels *k, int expected[][MAX_LENGTH],
                  bool set) {
  static toy t;
  t = (toy){.vocab_size = o->vocab_size,
            .eos_id = 2,
            .max_length = o->sentence.max_length,
            .number = {0, 1, 2}};
  ig_stepper stepper = {.run = run_with_ties, .context = &t, .threads = 2};
  ig_search *search;
  const ig_hypothesis *found;
  int count = 0;
  if (!set) stepper.choose = choose_with_ties;
  assert_int_equal(ig_search_create(o, k, NULL, 3, &search, NULL), IG_OK);
  assert_int_equal(ig_search_run(search, &stepper, 3, &found, NULL), IG_OK);
  for (int s = 0; s < 3 * o->n_best; s++) {
    if (set) memcpy(expected[s], found[s].ids, (size_t)found[s].length * sizeof(int));
    count += memcmp(expected[s], found[s].ids, (size_t)found[s].length * sizeof(int)) != 0;
  }
  ig_search_free(search);
  return count;
}

static void test_blocks_that_cannot_win_are_passed_over(void **state) {
  (void)state;
  ig_kernels none = *kernels(), all = *kernels();
  none.exp_sum = passing_over_nothing;
  all.exp_sum = passing_over_all;
  // Plain; renormalised after bans; forced ends; a penalty below 1, which raises the scores of
  // tokens that have been generated, and for which all logits are written.
  for (int i = 0; i < 4; i++) {
    ig_decode_options o = plain(4);
    o.n_best = 4;
    o.vocab_size = 1600;
    o.sentence.min_length = 6;
    if (i == 1) {
      o.renormalize = true;
      o.no_repeat_ngram = 2;
    }
    if (i == 2) {
      o.sentence.forced_bos = 1500;
      o.sentence.forced_eos = 2;
      o.no_repeat_ngram = 2;
      o.sentence.max_length = 8;
    }
    if (i == 3) o.repetition_penalty = 0.5f;
    int expected[12][MAX_LENGTH];
    assert_int_equal(others(&o, kernels(), expected, true), 0);
    assert_int_equal(others(&o, kernels(), expected, false), 0);
    assert_int_equal(others(&o, &none, expected, false), 0);
    if (i < 3) assert_true(others(&o, &all, expected, false) > 0);  // the largest values are heeded
  }
}

static ig_status full_disk(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)context, (void)seat, (void)found, (void)err;
  return IG_ERROR_IO;
}

static void test_a_failing_feed_ends_the_search(void **state) {
  (void)state;
  static toy t;
  t = (toy){.vocab_size = 50, .eos_id = 2, .max_length = 20};
  const search_case c = {.options = plain(2)};
  toy_feed feed = {.toy = &t, .c = &c, .group = 1};
  ig_search *search;
  assert_int_equal(ig_search_create(&c.options, kernels(), NULL, 2, &search, NULL), IG_OK);
  assert_int_equal(
      ig_search_stream(search, &(ig_stepper){.run = toy_run, .context = &t},
                       &(ig_search_feed){.join = toy_join, .leave = full_disk, .context = &feed}, 2,
                       NULL),
      IG_ERROR_IO);
  ig_search_free(search);
}

// The negative control of the comparison: it must report another length penalty.
static void test_comparison_bites(void **state) {
  (void)state;
  static toy t = {.vocab_size = 50, .eos_id = 2, .max_length = 20, .number = {0, 1, 2}};
  ig_decode_options o[2] = {plain(4), plain(4)};
  o[1].length_penalty = 0.5f;
  float score[2];
  for (int i = 0; i < 2; i++) {
    ig_search *search;
    const ig_hypothesis *found;
    assert_int_equal(ig_search_create(&o[i], kernels(), NULL, 1, &search, NULL), IG_OK);
    assert_int_equal(
        ig_search_run(search, &(ig_stepper){.run = toy_run, .context = &t}, 1, &found, NULL),
        IG_OK);
    score[i] = found->score;
    ig_search_free(search);
  }
  assert_true(fabsf(score[0] - score[1]) > 1e-3f);
}

static void test_nan_is_an_error(void **state) {
  (void)state;
  for (int beam = 1; beam <= 4; beam += 3) {
    static toy t;
    t = (toy){.vocab_size = 50, .eos_id = 2, .max_length = 20, .poisoned = true};
    ig_decode_options o = plain(beam);
    o.sentence.min_length = 5;
    ig_search *search;
    const ig_hypothesis *found;
    ig_error err = {0};
    assert_int_equal(ig_search_create(&o, kernels(), NULL, 1, &search, NULL), IG_OK);
    assert_int_equal(
        ig_search_run(search, &(ig_stepper){.run = toy_run, .context = &t}, 1, &found, &err),
        IG_ERROR_DIVERGED);
    assert_non_null(strstr(err.message, "token 3"));
    ig_search_free(search);
  }
}

// Where every token that might come is banned, a sentence has no translation: that is no fault of
// the model's, and other sentences go on.
static void test_banned_tokens_are_no_error(void **state) {
  (void)state;
  enum { GREEDY, SAMPLING, BEAM, RENORMALIZED, WAYS };
  for (int way = 0; way < WAYS; way++)
    for (int choosing = 0; choosing < 2; choosing++) {
      static toy t;
      t = (toy){.vocab_size = 8, .eos_id = 2, .max_length = 20, .number = {0, 1, 2}};
      ig_decode_options o = plain(way < BEAM ? 1 : 3);
      o.vocab_size = 8;
      o.no_repeat_ngram = 1;  // after six tokens, an end banned until the twelfth
      o.sentence.min_length = 12;
      o.sampling = (ig_sampling){.on = way == SAMPLING, .temperature = 1, .top_p = 1};
      o.renormalize = way == RENORMALIZED;
      ig_search *search;
      const ig_hypothesis *found;
      ig_error err = {0};
      const ig_stepper stepper = stepper_of(&t, choosing);
      assert_int_equal(ig_search_create(&o, kernels(), NULL, 2, &search, &err), IG_OK);
      if (ig_search_run(search, &stepper, 2, &found, &err) != IG_OK) fail_msg("%s", err.message);
      for (int i = 0; i < 2; i++) assert_int_equal(found[i].length, 0);
      // The negative control: with a token for each position they have translations.
      o.no_repeat_ngram = 0;
      if (ig_search_run(search, &stepper, 2, &found, &err) != IG_OK) fail_msg("%s", err.message);
      for (int i = 0; i < 2; i++) assert_true(found[i].length >= 12);
      ig_search_free(search);
    }
}

static void test_options_are_checked(void **state) {
  (void)state;
  ig_search *search;
  ig_decode_options o = plain(26);
  assert_int_equal(ig_search_create(&o, kernels(), NULL, 1, &search, NULL),
                   IG_ERROR_ARGUMENT);  // 52 candidates of 50
  o = plain(4);
  o.n_best = 5;
  assert_int_equal(ig_search_create(&o, kernels(), NULL, 1, &search, NULL), IG_ERROR_ARGUMENT);
  o = plain(4);
  o.sentence.min_length = 21;
  assert_int_equal(ig_search_create(&o, kernels(), NULL, 1, &search, NULL), IG_ERROR_ARGUMENT);
  o = plain(4);
  o.length_penalty = NAN;
  assert_int_equal(ig_search_create(&o, kernels(), NULL, 1, &search, NULL), IG_ERROR_ARGUMENT);
}

static void test_first_step_has_one_row_a_sentence(void **state) {
  (void)state;
  static toy t = {.vocab_size = 50, .eos_id = 2, .max_length = 1};
  ig_decode_options o = plain(4);
  o.sentence.max_length = 1;
  ig_search *search;
  const ig_hypothesis *found;
  assert_int_equal(ig_search_create(&o, kernels(), NULL, 3, &search, NULL), IG_OK);
  assert_int_equal(
      ig_search_run(search, &(ig_stepper){.run = toy_run, .context = &t}, 3, &found, NULL), IG_OK);
  assert_int_equal(t.most_rows, 3);
  ig_search_free(search);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden_one_by_one),
      cmocka_unit_test(test_golden_any_batch),
      cmocka_unit_test(test_golden_threads),
      cmocka_unit_test(test_golden_joining),
      cmocka_unit_test(test_sentences_bring_options_of_their_own),
      cmocka_unit_test(test_a_search_adopts_options),
      cmocka_unit_test(test_both_ways_give_the_same_bits),
      cmocka_unit_test(test_blocks_that_cannot_win_are_passed_over),
      cmocka_unit_test(test_no_step_after_an_interruption),
      cmocka_unit_test(test_a_failing_feed_ends_the_search),
      cmocka_unit_test(test_comparison_bites),
      cmocka_unit_test(test_nan_is_an_error),
      cmocka_unit_test(test_banned_tokens_are_no_error),
      cmocka_unit_test(test_options_are_checked),
      cmocka_unit_test(test_first_step_has_one_row_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
