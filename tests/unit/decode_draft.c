// Drafts change no token, no score and no event, whatever they propose; and a step that is not what
// it should be (a cache that is not cut off, a drafted row that does not see its past) is noticed
// by the same comparison.
#include <string.h>

#include "base/pool.h"
#include "decode/draft.h"
#include "decode_fixture.h"

#define VOCABULARY 50
#define SENTENCES 240
#define MOST_SEATS 6
#define MOST_TOKENS 5
#define LONGEST 12  // source ids
#define LENGTH 20   // target ids
enum { START = VOCABULARY - 1, END = 0 };

// ---- the models -------------------------------------------------------------

// NEAR is the model with noise on its weights: it is right now and then. SHORT has positions for
// fewer ids than sentences have, on both sides.
typedef enum draft_name { NO_DRAFT, SAME, NEAR, OTHER, SHORT, RECURRENT, DRAFTS } draft_name;
static ig_model *models[DRAFTS];

static ig_model *model_of(const ig_config *config, uint64_t seed) {
  ig_model *model;
  ig_error err = {0};
  if (ig_model_create(config, seed, &model, &err) != IG_OK) fail_msg("%s", err.message);
  return model;
}

static uint32_t draw(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static int make_models(void **state) {
  (void)state;
  const ig_config config = small_config(VOCABULARY, START);
  ig_config other = config, recurrent = config;
  other.d_model = 24;
  other.encoder.layers = other.decoder.layers = 1;
  ig_config_match_stacks(&other);
  recurrent.family = ig_family_find("marian_ssru");
  recurrent.decoder.recurrent = true;
  models[NO_DRAFT] = model_of(&config, 3);
  models[SAME] = model_of(&config, 3);
  models[NEAR] = model_of(&config, 3);
  models[OTHER] = model_of(&other, 4);
  other.positions.count = LONGEST - 4;
  models[SHORT] = model_of(&other, 5);
  models[RECURRENT] = model_of(&recurrent, 3);
  uint32_t h = 7;
  for (size_t i = 0; i < models[NEAR]->trained_count; i++)
    models[NEAR]->values[i] += 0.06f * ((float)draw(&h) / (float)(1 << 23) - 1);
  return 0;
}

static int free_models(void **state) {
  (void)state;
  for (int i = 0; i < DRAFTS; i++) ig_model_free(models[i]);
  return 0;
}

// ---- planted faults ---------------------------------------------------------

typedef enum fault { NO_FAULT, NOT_CUT_OFF, BLIND_TO_DRAFTED } fault;

// The model's stepper as it should not be.
typedef struct faulty_stepper {
  ig_stepper model;
  fault fault;
  int seats, spare;        // spare: a row of the cache that nobody uses
  int stored[MOST_SEATS];  // the last position with a key
  int history[MOST_SEATS * (1 + MOST_TOKENS)][LENGTH];
} faulty_stepper;

static float *run_faulty(void *context, const ig_decoder_step *step) {
  faulty_stepper *f = context;
  ig_decoder_step its = *step;
  memcpy(f->history, step->history, (size_t)step->rows * sizeof *f->history);
  its.history = f->history[0];
  for (int r = 0; r < step->rows; r++) {
    const int seat = step->seat[r], p = step->position[r];
    const bool drafted = r > 0 && step->seat[r - 1] == seat && step->position[r - 1] == p - 1;
    if (p == 0) f->stored[seat] = -1;
    // The key of a token that was rejected stays where the new one's belongs.
    if (f->fault == NOT_CUT_OFF && !drafted && p <= f->stored[seat]) f->history[r][p] = f->spare;
    if (p > f->stored[seat]) f->stored[seat] = p;
    if (f->fault == BLIND_TO_DRAFTED && drafted) f->history[r][p - 1] = f->history[r][0];
  }
  return f->model.run(f->model.context, &its);
}

// ---- decoding ---------------------------------------------------------------

typedef struct found_sentence {
  int ids[LENGTH], length, told;
  float score;
} found_sentence;

typedef struct decoding {
  draft_name draft;
  int tokens, seats;
  float least_probability, going_probability;
  ig_pool *pool;
  ig_decode_options options;
  fault fault;
  // The run.
  ig_inference *model;
  ig_draft *drafting;
  ig_draft_counts counts;
  int next, sentence_of[MOST_SEATS], generated;
  found_sentence found[SENTENCES];
} decoding;

// Of each kind some: short and long ones, with least lengths, forced beginnings and ends.
static void own_options(int sentence, ig_sentence_options *o) {
  static const int prefix[] = {5, 9, 2};
  o->max_length = sentence % 3 == 0 ? 1 + sentence % LENGTH : LENGTH;
  o->min_length = sentence % 5 == 0 ? o->max_length / 2 : 0;
  if (sentence % 4 == 1) o->forced_bos = 7;
  if (sentence % 7 == 2) o->forced_eos = END;
  if (sentence % 6 == 3 && o->max_length > 3) {
    o->prefix = prefix;
    o->prefix_length = 3;
  }
}

static ig_status join(void *context, const int *seats, ig_sentence_options *options, int free,
                      int *joined, ig_error *err) {
  (void)err;
  decoding *d = context;
  for (*joined = 0; *joined < free && d->next < SENTENCES; (*joined)++, d->next++) {
    uint32_t h = 1 + (uint32_t)d->next;
    int ids[LONGEST];
    const int length = 2 + (int)(draw(&h) % (LONGEST - 1)), seat = seats[*joined];
    for (int i = 0; i < length; i++) ids[i] = i + 1 < length ? 1 + (int)(draw(&h) % 48) : END;
    const ig_ragged rows = {1, (const int[]){0, length}};
    own_options(d->next, &options[*joined]);
    ig_inference_join(d->model, &seat, ids, &rows);
    if (d->drafting)
      assert_int_equal(ig_draft_join(d->drafting, &seat, &options[*joined], ids, &rows, NULL),
                       IG_OK);
    d->sentence_of[seat] = d->next;
  }
  return IG_OK;
}

static ig_status tell(void *context, int seat, const int *generated, int count, ig_error *err) {
  (void)err;
  decoding *d = context;
  found_sentence *found = &d->found[d->sentence_of[seat]];
  assert_int_equal(count, ++found->told);  // one by one
  assert_memory_equal(found->ids, generated, (size_t)(count - 1) * sizeof *generated);
  found->ids[count - 1] = generated[count - 1];
  return IG_OK;
}

static ig_status leave(void *context, int seat, const ig_hypothesis *hypothesis, ig_error *err) {
  (void)err;
  decoding *d = context;
  found_sentence *found = &d->found[d->sentence_of[seat]];
  // The tokens before the one after which none may come are told by the step, if at all.
  if (hypothesis->length == 0) *found = (found_sentence){0};
  assert_int_equal(found->told, hypothesis->length);
  assert_memory_equal(found->ids, hypothesis->ids, (size_t)hypothesis->length * sizeof *found->ids);
  found->length = hypothesis->length;
  if (hypothesis->length > 0) found->score = hypothesis->score;
  d->generated += hypothesis->length;
  ig_decoder_run_leave(d->model->decoder, seat);
  if (d->drafting) ig_draft_leave(d->drafting, seat, hypothesis->length);
  return IG_OK;
}

static void search(decoding *d, const ig_stepper *stepper) {
  const ig_kernels *kernels;
  ig_search *search;
  ig_error err = {0};
  const ig_search_feed feed = {.join = join, .leave = leave, .token = tell, .context = d};
  assert_int_equal(ig_kernels_select(&kernels, NULL), IG_OK);
  assert_int_equal(ig_search_create(&d->options, kernels, d->pool, d->seats, &search, NULL), IG_OK);
  if (ig_search_stream(search, stepper, &feed, d->seats, &err) != IG_OK)
    fail_msg("%s", err.message);
  ig_search_free(search);
}

static void decode(decoding *d) {
  const int slots = d->seats * (1 + d->tokens);
  const ig_inference_size size = {.sentences = d->seats,
                                  .source_rows = d->seats * LONGEST,
                                  .memory_rows = 2 * d->seats * LONGEST,
                                  .longest = LONGEST,
                                  .slots = slots + 1,
                                  .max_length = LENGTH};
  assert_int_equal(ig_inference_create(models[NO_DRAFT], d->pool, &size, &d->model, NULL), IG_OK);
  faulty_stepper faulty = {.model = ig_search_stepper_of(d->model->decoder),
                           .fault = d->fault,
                           .seats = d->seats,
                           .spare = slots * LENGTH};
  ig_stepper stepper = faulty.model;
  if (d->fault) stepper = (ig_stepper){.run = run_faulty, .context = &faulty};
  if (d->draft != NO_DRAFT) {
    const ig_member member = {models[d->draft], START, 1};
    const ig_draft_plan plan = {.member = &member,
                                .start_id = START,
                                .tokens = d->tokens,
                                .least_probability = d->least_probability,
                                .going_probability = d->going_probability,
                                .size = size};
    assert_int_equal(ig_draft_create(&plan, d->pool, &d->drafting, NULL), IG_OK);
    assert_int_equal(ig_draft_begin(d->drafting, &d->options, NULL, NULL), IG_OK);
    stepper = ig_draft_stepper(d->drafting, &stepper);
    search(d, &stepper);
    d->counts = ig_draft_counts_of(d->drafting);
  } else {
    search(d, &stepper);
  }
  ig_draft_free(d->drafting);
  ig_inference_free(d->model);
}

static decoding decoding_of(draft_name draft, int tokens, int seats) {
  decoding d = {.draft = draft, .tokens = tokens, .seats = seats};
  d.options = plain_options(1, VOCABULARY, START, END);
  d.options.sentence.max_length = LENGTH;
  d.options.score_greedy = true;
  return d;
}

static bool found_same(const decoding *a, const decoding *b) {
  return memcmp(a->found, b->found, sizeof a->found) == 0;
}

// ---- tests ------------------------------------------------------------------

static void expect_nothing_changed(const decoding *plain, draft_name draft, int tokens, int seats,
                                   ig_pool *pool) {
  decoding d = decoding_of(draft, tokens, seats);
  d.options = plain->options;
  d.pool = pool;
  decode(&d);
  if (!found_same(&d, plain)) fail_msg("draft %d, %d tokens, %d seats", draft, tokens, seats);
  assert_int_equal(d.counts.accepted + d.counts.steps, d.generated);
  assert_true(d.counts.accepted <= d.counts.drafted);
}

static void expect_no_draft_changes(const ig_decode_options *options) {
  static const int seats[] = {1, 2, MOST_SEATS};
  ig_pool *pool;
  decoding plain = decoding_of(NO_DRAFT, 0, 4);
  plain.options = *options;
  decode(&plain);
  assert_int_equal(ig_pool_create(2, &pool, NULL), IG_OK);
  for (draft_name draft = SAME; draft < DRAFTS; draft++)
    for (int i = 0; i < 3; i++)
      for (int tokens = 1; tokens <= MOST_TOKENS; tokens += 2)
        expect_nothing_changed(&plain, draft, tokens, seats[i], i == 1 ? pool : NULL);
  ig_pool_free(pool);
}

static void test_no_draft_changes_anything(void **state) {
  (void)state;
  const ig_decode_options options = decoding_of(NO_DRAFT, 0, 1).options;
  expect_no_draft_changes(&options);
}

static void test_processors_see_the_accepted_tokens(void **state) {
  (void)state;
  static int offsets[] = {0, 1, 3, 6}, ids[] = {4, 8, 3, 12, 13, 14}, suppressed[] = {6, 11};
  ig_decode_options options = decoding_of(NO_DRAFT, 0, 1).options;
  options.no_repeat_ngram = 2;
  options.repetition_penalty = 1.3f;
  options.bad_words = (ig_bad_words){3, offsets, ids};
  options.begin_suppressed = (ig_suppressed_tokens){2, suppressed};
  options.length_penalty = 0.6f;
  expect_no_draft_changes(&options);
}

// A sentence in which one token has come may go on with none: it has no translation, and what was
// drafted for it does not count.
static void test_sentences_without_a_translation_do_not_count(void **state) {
  (void)state;
  enum { WORD = 2 };
  static int offsets[VOCABULARY + 1], ids[VOCABULARY * WORD];
  decoding plain = decoding_of(NO_DRAFT, 0, 1), dead = plain;
  decode(&plain);
  for (int i = 0; i < VOCABULARY; i++) {
    offsets[i + 1] = (i + 1) * WORD;
    ids[i * WORD] = plain.found[SENTENCES - 1].ids[LENGTH / 2];
    ids[i * WORD + 1] = i;
  }
  dead.options.bad_words = (ig_bad_words){VOCABULARY, offsets, ids};
  const ig_decode_options options = dead.options;
  decode(&dead);
  int without = 0;
  for (int i = 0; i < SENTENCES; i++) without += dead.found[i].length == 0;
  assert_in_range(without, 1, SENTENCES - 1);
  expect_no_draft_changes(&options);
}

static void test_the_model_itself_is_always_right(void **state) {
  (void)state;
  decoding few = decoding_of(SAME, 1, 1), many = decoding_of(SAME, MOST_TOKENS, 1);
  decode(&few);
  decode(&many);
  assert_int_equal(few.counts.accepted, few.counts.drafted);
  assert_int_equal(many.counts.accepted, many.counts.drafted);
  // Nearly each step settles 1 + 1 tokens, or 1 + MOST_TOKENS once all have been right: the others
  // are at the ends of sentences and where the draft is not sure.
  assert_true(few.counts.steps * 10 < (size_t)few.generated * 7);
  assert_true(many.counts.steps * 10 < (size_t)many.generated * 4);
}

static void test_another_model_is_seldom_right(void **state) {
  (void)state;
  decoding other = decoding_of(OTHER, MOST_TOKENS, 1), near = decoding_of(NEAR, MOST_TOKENS, 1);
  decode(&other);
  decode(&near);
  assert_true(other.counts.drafted > 0 && other.counts.accepted * 2 < other.counts.drafted);
  // Otherwise nothing was tested: tokens are accepted, and others rejected.
  assert_true(near.counts.accepted * 5 > near.counts.drafted);
  assert_true(near.counts.accepted * 20 < near.counts.drafted * 19);
}

static void test_a_draft_that_is_not_sure_keeps_silent(void **state) {
  (void)state;
  decoding plain = decoding_of(NO_DRAFT, 0, 1), bold = decoding_of(NEAR, MOST_TOKENS, 2),
           shy = bold, silent = bold;
  shy.least_probability = 0.4f;
  silent.least_probability = 1.1f;
  decode(&plain);
  decode(&bold);
  decode(&shy);
  decode(&silent);
  assert_true(found_same(&shy, &plain) && found_same(&silent, &plain));
  assert_true(shy.counts.drafted > 0 && shy.counts.drafted < bold.counts.drafted);
  // And it is right more often.
  assert_true(shy.counts.accepted * bold.counts.drafted >
              bold.counts.accepted * shy.counts.drafted);
  assert_int_equal(silent.counts.drafted, 0);
  assert_int_equal(silent.counts.steps, silent.generated);
}

// A draft that goes on only from what it is sure of guesses one token where it is not.
static void test_a_draft_goes_on_where_it_is_sure(void **state) {
  (void)state;
  decoding plain = decoding_of(NO_DRAFT, 0, 1), bold = decoding_of(NEAR, MOST_TOKENS, 2),
           careful = bold, single = bold, one = decoding_of(NEAR, 1, 2);
  careful.going_probability = 0.5f;
  single.going_probability = 1.1f;
  decode(&plain);
  decode(&bold);
  decode(&careful);
  decode(&single);
  decode(&one);
  assert_true(found_same(&careful, &plain) && found_same(&single, &plain));
  assert_true(careful.counts.drafted < bold.counts.drafted);
  assert_memory_equal(&single.counts, &one.counts, sizeof one.counts);
}

static void test_counts_do_not_depend_on_the_company(void **state) {
  (void)state;
  decoding alone = decoding_of(NEAR, MOST_TOKENS, 1), together = decoding_of(NEAR, MOST_TOKENS, 5);
  decode(&alone);
  decode(&together);
  assert_memory_equal(&alone.counts, &together.counts, sizeof alone.counts);
}

static void test_planted_faults_are_noticed(void **state) {
  (void)state;
  decoding plain = decoding_of(NO_DRAFT, 0, 1);
  decode(&plain);
  for (fault f = NOT_CUT_OFF; f <= BLIND_TO_DRAFTED; f++) {
    decoding d = decoding_of(NEAR, MOST_TOKENS, 3);
    d.fault = f;
    decode(&d);
    if (found_same(&d, &plain)) fail_msg("fault %d was not noticed", f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_draft_changes_anything),
      cmocka_unit_test(test_processors_see_the_accepted_tokens),
      cmocka_unit_test(test_sentences_without_a_translation_do_not_count),
      cmocka_unit_test(test_the_model_itself_is_always_right),
      cmocka_unit_test(test_another_model_is_seldom_right),
      cmocka_unit_test(test_a_draft_that_is_not_sure_keeps_silent),
      cmocka_unit_test(test_a_draft_goes_on_where_it_is_sure),
      cmocka_unit_test(test_counts_do_not_depend_on_the_company),
      cmocka_unit_test(test_planted_faults_are_noticed),
  };
  return cmocka_run_group_tests(tests, make_models, free_models);
}
