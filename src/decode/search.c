// The search is a loop: it lets sentences join, steps the rows of all, lets each sentence choose
// its next rows, and delivers those that are done.
#include "decode/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "decode/beam.h"
#include "decode/greedy.h"
#include "decode/sampling.h"

// S sentences, B beam size, N max_length, slots = S * B.
struct ig_search {
  const ig_decode_options *options;
  const ig_kernels *kernels;
  ig_pool *pool;
  int capacity;                                   // S
  int beam_size, n_best, vocab_size, max_length;  // that the memory was made for
  int candidate_count;                            // C, of each sentence: for these, too
  ig_arena arena;
  ig_search_rows rows[2];  // this step's and the next's
  int current;
  int *last, *position, *sentence_of;  // (slots): the step's columns
  // (S): the active ones, moved together as others leave. The storage that a sentence points to
  // belongs to its seat.
  ig_sentence *sentences;
  int active;
  int *free_seats;  // (S): the next to be taken first
  int free_count;
  ig_sentence_options *joining;     // (S): of the sentences that are about to join
  ig_slot *slots;                   // (S, B)
  size_t run_slots;                 // seats of the running search times B
  ig_candidate *candidates, *next;  // (S, C), (S, B)
  ig_scored_token *best;            // (S, C)
  int *finished;                    // (S, B, N)
  ig_hypothesis *results;           // (S, n_best)
  ig_choice choice;                 // of the running step
  ig_arena choice_arena;            // its memory
  float *logits;                    // of the running step, (rows, V); NULL: it was chosen
  const ig_drafted *drafted;        // of the running step, (rows); NULL: one position a row
};

static float *step_decoder(void *context, const ig_decoder_step *step) {
  return ig_decoder_run_step(context, step);
}

static void choose_by_decoder(void *context, const ig_decoder_step *step, ig_choice *choice) {
  const ig_gemm_reader reader = ig_choice_reader(choice);
  ig_decoder_run_read(context, step, &reader);
}

ig_stepper ig_search_stepper_of(ig_decoder_run *decoder) {
  return (ig_stepper){.run = step_decoder,
                      .choose = choose_by_decoder,
                      .threads = ig_decoder_run_threads(decoder),
                      .context = decoder};
}

static void carve(ig_search *s, ig_arena *arena) {
  const size_t sentences = (size_t)s->capacity, beam = (size_t)s->beam_size,
               n = (size_t)s->max_length, slots = sentences * beam;
  for (int i = 0; i < 2; i++) {
    s->rows[i].ids = IG_TAKE(arena, int, slots *(n + 1));
    s->rows[i].history = IG_TAKE(arena, int, slots *n);
    s->rows[i].score = IG_TAKE(arena, float, slots);
  }
  s->last = IG_TAKE(arena, int, slots);
  s->position = IG_TAKE(arena, int, slots);
  s->sentence_of = IG_TAKE(arena, int, slots);
  s->sentences = IG_TAKE(arena, ig_sentence, sentences);
  s->free_seats = IG_TAKE(arena, int, sentences);
  s->joining = IG_TAKE(arena, ig_sentence_options, sentences);
  s->slots = IG_TAKE(arena, ig_slot, slots);
  s->candidates = IG_TAKE(arena, ig_candidate, sentences * (size_t)s->candidate_count);
  s->next = IG_TAKE(arena, ig_candidate, slots);
  s->best = IG_TAKE(arena, ig_scored_token, sentences * (size_t)s->candidate_count);
  s->finished = IG_TAKE(arena, int, slots *n);
  s->results = IG_TAKE(arena, ig_hypothesis, sentences * (size_t)s->n_best);
}

// Memory for choosing from as many rows by as many threads, at least.
static ig_status reserve_choice(ig_search *s, int rows, int threads, ig_error *err) {
  const ig_choice_size has = s->choice.size;
  ig_arena plan = ig_arena_measure();
  if (rows <= has.rows && threads <= has.threads) return IG_OK;
  ig_choice choice = {.kernels = s->kernels,
                      .size = {.rows = rows > has.rows ? rows : has.rows,
                               .best = s->beam_size == 1 ? 1 : s->candidate_count,
                               .vocabulary = s->vocab_size,
                               .threads = threads > has.threads ? threads : has.threads}};
  ig_choice_carve(&choice, &plan);
  s->choice = (ig_choice){0};  // until there is memory
  if (plan.overflow)
    return ig_fail(err, IG_ERROR_MEMORY, "a step of %d rows needs more memory than there is", rows);
  IG_TRY(ig_arena_reserve(&s->choice_arena, plan.peak, 0, err));
  ig_choice_carve(&choice, &s->choice_arena);
  s->choice = choice;
  return IG_OK;
}

ig_status ig_search_create(const ig_decode_options *options, const ig_kernels *kernels,
                           ig_pool *pool, int sentences, ig_search **out, ig_error *err) {
  IG_TRY(ig_decode_options_check(options, err));
  ig_search *s = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  *s = (ig_search){.options = options,
                   .kernels = kernels,
                   .pool = pool,
                   .capacity = sentences,
                   .beam_size = options->beam_size,
                   .n_best = options->n_best,
                   .vocab_size = options->vocab_size,
                   .candidate_count = ig_decode_options_candidates(options),
                   .max_length = options->sentence.max_length};
  ig_arena plan = ig_arena_measure();
  carve(s, &plan);
  ig_status status =
      plan.overflow
          ? ig_fail(err, IG_ERROR_MEMORY,
                    "%d sentences of beam %d and length %d need more memory than can be addressed",
                    sentences, options->beam_size, s->max_length)
          : ig_arena_create(&s->arena, plan.peak, err);
  if (status == IG_OK)
    status = reserve_choice(s, sentences * s->beam_size, ig_pool_threads(pool), err);
  if (status != IG_OK) {
    ig_search_free(s);
    return status;
  }
  carve(s, &s->arena);
  *out = s;
  return IG_OK;
}

void ig_search_free(ig_search *search) {
  if (!search) return;
  ig_arena_free(&search->arena);
  ig_arena_free(&search->choice_arena);
  free(search);
}

bool ig_search_adopt(ig_search *s, const ig_decode_options *options) {
  if (options->beam_size != s->beam_size || options->n_best != s->n_best ||
      ig_decode_options_candidates(options) != s->candidate_count ||
      options->vocab_size != s->vocab_size || options->sentence.max_length != s->max_length)
    return false;
  s->options = options;
  return true;
}

// Position-major, so that the cache rows that a run touches are one stretch, however long its
// sentences might have become.
static size_t cache_row(const ig_search *s, int seat, int beam, int position) {
  return (size_t)position * s->run_slots + (size_t)seat * (size_t)s->beam_size + (size_t)beam;
}

// The sentence at `seat` with its first row, which holds the start token.
static void begin_sentence(ig_search *s, int seat, int row, const ig_sentence_options *options) {
  const size_t beam = (size_t)s->beam_size, n = (size_t)s->max_length, first = (size_t)seat * beam,
               candidates = (size_t)s->candidate_count;
  ig_search_rows *rows = &s->rows[s->current];
  s->sentences[s->active++] = (ig_sentence){.seat = seat,
                                            .first_row = row,
                                            .options = *options,
                                            .rows = 1,
                                            .length = 1,
                                            .open = true,
                                            .slots = s->slots + first,
                                            .candidates = s->candidates + (size_t)seat * candidates,
                                            .next = s->next + first,
                                            .best = s->best + (size_t)seat * candidates};
  for (size_t b = 0; b < beam; b++)
    s->slots[first + b] =
        (ig_slot){.score = IG_SENTENCE_NEVER_WINS, .ids = s->finished + (first + b) * n};
  rows->ids[(size_t)row * (n + 1)] = s->options->start_id;
  rows->history[(size_t)row * n] = (int)cache_row(s, seat, 0, 0);
  rows->score[row] = 0;
}

static ig_status let_join(ig_search *s, const ig_search_feed *feed, ig_error *err) {
  if (s->free_count == 0) return IG_OK;
  const ig_sentence *last = s->active ? &s->sentences[s->active - 1] : NULL;
  const int row = last ? last->first_row + last->rows : 0;
  int joined = 0;
  for (int i = 0; i < s->free_count; i++) s->joining[i] = s->options->sentence;
  IG_TRY(feed->join(feed->context, s->free_seats, s->joining, s->free_count, &joined, err));
  for (int i = 0; i < joined; i++) {
    assert(s->joining[i].max_length <= s->max_length);
    begin_sentence(s, s->free_seats[i], row + i, &s->joining[i]);
  }
  s->free_count -= joined;
  memmove(s->free_seats, s->free_seats + joined, (size_t)s->free_count * sizeof *s->free_seats);
  return IG_OK;
}

static bool can_choose(const ig_search *s, const ig_stepper *stepper) {
  bool any_terms = false;
  for (int i = 0; i < s->active; i++) any_terms |= s->sentences[i].options.terms != NULL;
  return stepper->choose && ig_choice_serves(s->options) && !any_terms;
}

static void add_choices(ig_search *s) {
  const size_t width = (size_t)s->max_length + 1;
  ig_choice_begin(&s->choice, s->options, ig_choice_sum_for(s->options));
  for (int i = 0; i < s->active; i++) {
    const ig_sentence *sentence = &s->sentences[i];
    const int *ids = s->rows[s->current].ids + (size_t)sentence->first_row * width;
    for (int r = 0; r < sentence->rows; r++)
      ig_choice_add(&s->choice, &(ig_processors_sequence){.options = &sentence->options,
                                                          .ids = ids + (size_t)r * width,
                                                          .length = sentence->length});
  }
}

static void step_rows(ig_search *s, const ig_stepper *stepper) {
  const size_t width = (size_t)s->max_length + 1;
  const ig_search_rows *rows = &s->rows[s->current];
  int count = 0;
  for (int i = 0; i < s->active; i++) {
    const ig_sentence *sentence = &s->sentences[i];
    for (int r = 0; r < sentence->rows; r++, count++) {
      s->last[count] = rows->ids[(size_t)count * width + (size_t)sentence->length - 1];
      s->position[count] = sentence->length - 1;
      s->sentence_of[count] = sentence->seat;
    }
  }
  const ig_decoder_step args = {count, s->last, s->position, s->sentence_of, rows->history};
  if (can_choose(s, stepper)) {
    add_choices(s);
    stepper->choose(stepper->context, &args, &s->choice);
    s->logits = NULL;
  } else {
    s->logits = stepper->run(stepper->context, &args);
  }
  s->drafted = stepper->drafted;
  s->rows[s->current].normalizer = stepper->normalizer;
  s->rows[s->current].attention = stepper->attention;
  s->rows[s->current].attention_stride = stepper->attention_stride;
}

// Takes the drafted tokens as long as they are what the model chooses, and then what it chooses.
static void select_drafted(ig_search *s, const ig_selection *selection, ig_sentence *sentence) {
  const size_t row = (size_t)sentence->first_row, n = (size_t)s->max_length;
  const ig_drafted *drafted = &s->drafted[row];
  const ig_search_rows *rows = selection->rows;
  for (int i = 0;; i++) {
    ig_greedy_select(selection, sentence, drafted->first_row + i);
    const ig_candidate *next = &sentence->next[0];
    if (sentence->failed || sentence->done || i == drafted->count ||
        next->token != drafted->tokens[i])
      return;
    const int length = sentence->length++;
    rows->ids[row * (n + 1) + (size_t)length] = next->token;
    rows->history[row * n + (size_t)length] = (int)cache_row(s, sentence->seat, 0, length);
    rows->score[row] = next->score;
  }
}

static void select_next(void *context, size_t index, int worker) {
  (void)worker;
  ig_search *s = context;
  ig_sentence *sentence = &s->sentences[index];
  const ig_selection selection = {.options = s->options,
                                  .kernels = s->kernels,
                                  .rows = &s->rows[s->current],
                                  .logits = s->logits,
                                  .choice = &s->choice};
  if (s->drafted)
    select_drafted(s, &selection, sentence);
  else if (s->options->sampling.on)
    ig_sampling_select(&selection, sentence);
  else if (s->beam_size > 1)
    ig_beam_select(&selection, sentence);
  else
    ig_greedy_select(&selection, sentence, sentence->first_row);
}

// Writes the chosen rows of `sentence` from row `first` of the next step on.
static void extend_rows(ig_search *s, ig_sentence *sentence, int first) {
  const size_t n = (size_t)s->max_length, length = (size_t)sentence->length;
  const ig_search_rows *from = &s->rows[s->current];
  ig_search_rows *to = &s->rows[!s->current];
  for (int i = 0; i < sentence->next_rows; i++) {
    const ig_candidate *c = &sentence->next[i];
    const size_t row = (size_t)(first + i), parent = (size_t)(sentence->first_row + c->row);
    memcpy(to->ids + row * (n + 1), from->ids + parent * (n + 1), length * sizeof(int));
    memcpy(to->history + row * n, from->history + parent * n, length * sizeof(int));
    to->ids[row * (n + 1) + length] = c->token;
    to->history[row * n + length] = (int)cache_row(s, sentence->seat, i, sentence->length);
    to->score[row] = c->score;
  }
  sentence->first_row = first;
  sentence->rows = sentence->next_rows;
  sentence->length++;
}

static ig_status let_leave(ig_search *s, const ig_search_feed *feed, const ig_sentence *sentence,
                           ig_error *err) {
  const int n_best = s->n_best;
  ig_hypothesis *found = s->results + (size_t)sentence->seat * (size_t)n_best;
  for (int i = 0; i < n_best; i++)
    found[i] = (ig_hypothesis){sentence->slots[i].ids, sentence->slots[i].length,
                               sentence->slots[i].score};
  s->free_seats[s->free_count++] = sentence->seat;
  return feed->leave(feed->context, sentence->seat, found, err);
}

// Of a sentence with one row: what it has is in its row, or if it is done in its slot.
static ig_status tell_tokens(ig_search *s, const ig_search_feed *feed, ig_sentence *sentence,
                             ig_error *err) {
  const size_t stride = (size_t)s->max_length + 1;
  int *ids = s->rows[s->current].ids + (size_t)sentence->first_row * stride + 1;
  if (sentence->done && !sentence->slots[0].finished) return IG_OK;  // it has no translation
  if (sentence->done)
    ids = sentence->slots[0].ids;
  else  // where extend_rows will copy from, and write it anew
    ids[sentence->length - 1] = sentence->next[0].token;
  while (sentence->told < sentence->length)
    IG_TRY(feed->token(feed->context, sentence->seat, ids, ++sentence->told, err));
  return IG_OK;
}

// Delivers the sentences that are done; the others take their next rows.
static ig_status advance(ig_search *s, const ig_search_feed *feed, ig_error *err) {
  int kept = 0, row = 0;
  for (int i = 0; i < s->active; i++) {
    if (s->sentences[i].failed)
      return ig_fail(err, IG_ERROR_DIVERGED,
                     "decoding: token %d has no finite score: the model computed NaN or Inf",
                     s->sentences[i].length);
    if (feed->token && s->beam_size == 1) IG_TRY(tell_tokens(s, feed, &s->sentences[i], err));
    if (s->sentences[i].done) {
      IG_TRY(let_leave(s, feed, &s->sentences[i], err));
      continue;
    }
    ig_sentence *sentence = &s->sentences[kept];
    *sentence = s->sentences[i];
    extend_rows(s, sentence, row);
    row += sentence->rows;
    kept++;
  }
  s->active = kept;
  s->current = !s->current;
  return IG_OK;
}

ig_status ig_search_stream(ig_search *s, const ig_stepper *stepper, const ig_search_feed *feed,
                           int seats, ig_error *err) {
  const int positions = stepper->positions > 1 ? stepper->positions : 1;
  IG_TRY(reserve_choice(s, s->capacity * s->beam_size * positions, stepper->threads, err));
  s->active = 0;
  s->current = 0;
  s->run_slots = (size_t)seats * (size_t)s->beam_size;
  s->free_count = seats;
  for (int i = 0; i < seats; i++) s->free_seats[i] = i;
  for (;;) {
    IG_TRY(let_join(s, feed, err));
    if (s->active == 0) return IG_OK;
    IG_TRY(ig_interrupt_check(feed->watch, err));
    step_rows(s, stepper);
    IG_TRY(ig_interrupt_check(feed->watch, err));
    ig_pool_run(s->active > 1 ? s->pool : NULL, (size_t)s->active, select_next, s);
    IG_TRY(advance(s, feed, err));
  }
}

// ---- sentences that have been encoded already -------------------------------

static ig_status join_encoded(void *context, const int *seats, ig_sentence_options *options,
                              int free, int *joined, ig_error *err) {
  (void)seats, (void)options, (void)free, (void)err;
  int *encoded = context;
  *joined = *encoded;
  *encoded = 0;
  return IG_OK;
}

// The results stay with their seat, which nobody takes.
static ig_status keep_results(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  (void)context, (void)seat, (void)found, (void)err;
  return IG_OK;
}

ig_status ig_search_run(ig_search *s, const ig_stepper *stepper, int sentences,
                        const ig_hypothesis **out, ig_error *err) {
  int encoded = sentences;
  *out = s->results;
  return ig_search_stream(
      s, stepper,
      &(ig_search_feed){.join = join_encoded, .leave = keep_results, .context = &encoded},
      sentences, err);
}
