// Drafting: see draft.h.
#include "decode/draft.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

// Rows of a sentence in a step of the draft, at most: where all its tokens were accepted, it has
// not read the last of them itself, nor the one that the model chose after it.
#define UNREAD_ROWS 2

// A sentence.
typedef struct drafted_sentence {
  ig_sentence_options options;
  bool joined;            // the draft has read its source
  bool proposing;         // the draft goes on in this step
  int length;             // settled ids, the start token included
  int read;               // of the ids: the draft has the keys of the positions before this one
  int count;              // drafted ids, which follow the settled ones
  int most;               // to be drafted in the next step
  int room;               // for drafted ids in this step
  int reading;            // rows of the draft's running step
  float log_probability;  // by the draft, that all its guesses since the settled ids are right
  int *ids;               // (max_length + 1)
  ig_draft_counts counts;
} drafted_sentence;

// Rows of a step; N = max_length.
typedef struct step_rows {
  int count, max_length;
  int *ids, *position, *seat;  // (slots)
  int *history;                // (slots, N)
} step_rows;

struct ig_draft {
  const ig_member *member;
  const ig_kernels *kernels;
  ig_inference *inference;
  int start_id, tokens;  // as in the plan
  float least_log_probability, going_log_probability;
  int seats, longest;                // longest: source rows, at most
  const ig_decode_options *options;  // of the running search
  ig_stepper model;
  ig_sentence_lists *lists;     // of the draft's own decoder; NULL: none were asked for yet
  bool listed;                  // the running search has lists
  drafted_sentence *sentences;  // (seats)
  ig_drafted *drafted;          // (seats): of the running step
  ig_arena arena;
  step_rows draft, whole;  // the draft's step, and the model's
  ig_choice choice;        // of the draft's step
  ig_draft_counts counts;
};

// ---- memory -----------------------------------------------------------------

static int smaller(int a, int b) { return a < b ? a : b; }

static void carve_rows(step_rows *rows, ig_arena *arena, int slots) {
  rows->ids = IG_TAKE(arena, int, slots);
  rows->position = IG_TAKE(arena, int, slots);
  rows->seat = IG_TAKE(arena, int, slots);
  rows->history = IG_TAKE(arena, int, (size_t)slots *(size_t)rows->max_length);
}

static void carve(ig_draft *d, ig_arena *arena) {
  d->sentences = IG_TAKE(arena, drafted_sentence, d->seats);
  d->drafted = IG_TAKE(arena, ig_drafted, d->seats);
  carve_rows(&d->draft, arena, UNREAD_ROWS * d->seats);
  carve_rows(&d->whole, arena, (1 + d->tokens) * d->seats);
  ig_choice_carve(&d->choice, arena);
  for (int i = 0; i < d->seats; i++) {
    int *ids = IG_TAKE(arena, int, d->whole.max_length + 1);
    if (d->sentences) d->sentences[i].ids = ids;
  }
}

static ig_status create_parts(ig_draft *d, const ig_draft_plan *plan, ig_pool *pool,
                              ig_error *err) {
  ig_inference_size size = plan->size;
  size.longest = d->longest;
  size.slots = UNREAD_ROWS * d->seats;
  size.max_length = d->draft.max_length;
  size.attended = 0;
  size.without_logits = true;
  IG_TRY(ig_kernels_select(&d->kernels, err));
  IG_TRY(ig_inference_create(d->member->model, pool, &size, &d->inference, err));
  d->choice = (ig_choice){.kernels = d->kernels,
                          .size = {.rows = size.slots,
                                   .best = 1,
                                   .vocabulary = d->member->model->config.target_vocab_size,
                                   .threads = ig_pool_threads(pool)}};
  ig_arena measured = ig_arena_measure();
  carve(d, &measured);
  if (measured.overflow)
    return ig_fail(err, IG_ERROR_MEMORY, "drafts of %d tokens need more memory than there is",
                   d->tokens);
  IG_TRY(ig_arena_create(&d->arena, measured.peak, err));
  carve(d, &d->arena);
  return IG_OK;
}

ig_status ig_draft_create(const ig_draft_plan *plan, ig_pool *pool, ig_draft **out, ig_error *err) {
  assert(plan->tokens >= 1 && plan->tokens <= IG_DRAFT_MOST_TOKENS);
  *out = NULL;
  ig_draft *d = ig_allocate(1, sizeof *d, err);
  if (!d) return IG_ERROR_MEMORY;
  const int positions = ig_decode_options_longest(&plan->member->model->config);
  d->member = plan->member;
  d->start_id = plan->start_id;
  d->tokens = plan->tokens;
  d->least_log_probability = logf(plan->least_probability);
  d->going_log_probability = logf(plan->going_probability);
  d->seats = plan->size.sentences;
  d->longest = smaller(plan->size.longest, positions);
  d->whole.max_length = plan->size.max_length;
  d->draft.max_length = smaller(plan->size.max_length, positions);
  const ig_status status = create_parts(d, plan, pool, err);
  if (status == IG_OK)
    *out = d;
  else
    ig_draft_free(d);
  return status;
}

void ig_draft_free(ig_draft *d) {
  if (!d) return;
  ig_sentence_lists_free(d->lists);
  ig_inference_free(d->inference);
  ig_arena_free(&d->arena);
  free(d);
}

void ig_draft_watch(ig_draft *d, ig_interrupt_watch *watch) {
  d->inference->context.nn.watch = watch;
}

// ---- sentences --------------------------------------------------------------

ig_status ig_draft_begin(ig_draft *d, const ig_decode_options *options,
                         const ig_sentence_lists_source *lists, ig_error *err) {
  d->options = options;
  d->counts = (ig_draft_counts){0};
  d->listed = lists != NULL;
  ig_decoder_run_leave_all(d->inference->decoder);
  if (!lists) return IG_OK;
  if (!d->lists)
    IG_TRY(ig_sentence_lists_create(d->inference->decoder, d->member->model, d->seats,
                                    UNREAD_ROWS * d->seats, &d->lists, err));
  ig_sentence_lists_begin(d->lists, lists, options);
  return IG_OK;
}

int ig_draft_capacity(const ig_draft *d) { return ig_decoder_run_free_rows(d->inference->decoder); }

ig_status ig_draft_join(ig_draft *d, const int *seats, const ig_sentence_options *options,
                        const int *ids, const ig_ragged *sentences, ig_error *err) {
  for (int i = 0; i < sentences->sequences; i++) {
    const int begin = sentences->offsets[i], rows = sentences->offsets[i + 1] - begin;
    drafted_sentence *s = &d->sentences[seats[i]];
    *s = (drafted_sentence){
        .options = options[i], .joined = rows <= d->longest, .most = d->tokens, .ids = s->ids};
    if (!s->joined) continue;
    ig_inference_join(d->inference, &seats[i], ids + begin,
                      &(ig_ragged){1, (const int[]){0, rows}});
    if (d->listed)
      IG_TRY(
          ig_sentence_lists_join(d->lists, seats[i], ids + begin, (size_t)rows, &options[i], err));
  }
  return IG_OK;
}

static void add_counts(ig_draft_counts *sum, const drafted_sentence *s, int length) {
  sum->drafted += s->counts.drafted;
  sum->accepted += s->counts.accepted + (size_t)(length - s->length);
  sum->steps += s->counts.steps;
}

void ig_draft_leave(ig_draft *d, int seat, int length) {
  const drafted_sentence *s = &d->sentences[seat];
  if (length > 0) add_counts(&d->counts, s, length);
  if (!s->joined) return;
  ig_decoder_run_leave(d->inference->decoder, seat);
  if (d->listed) ig_sentence_lists_leave(d->lists, seat);
}

ig_draft_counts ig_draft_counts_of(const ig_draft *d) { return d->counts; }

// Drafted tokens that may follow: none beyond the sentence's last position, nor beyond what the
// draft has positions to read before them.
static int find_room(const ig_draft *d, const drafted_sentence *s) {
  const int of_sentence = s->options.max_length - s->length,
            of_draft = d->draft.max_length + 1 - s->length;
  return smaller(s->most, smaller(of_sentence, of_draft));
}

// What the search has settled since the last step: the drafted tokens before `position`, and there
// the id. The number of tokens to be drafted follows that of the accepted ones.
static void settle(const ig_draft *d, drafted_sentence *s, int position, int id) {
  const int accepted = position - s->length;
  s->counts.accepted += (size_t)accepted;
  s->counts.steps++;
  if (position > 0) s->most = smaller(d->tokens, accepted + (accepted == s->count ? 2 : 1));
  s->read = smaller(s->read, position);  // the keys of rejected tokens are cut off
  s->ids[position] = id;
  s->length = position + 1;
  s->count = 0;
  s->log_probability = 0;
  s->room = find_room(d, s);
  s->proposing = s->joined && s->room > 0;
}

// ---- steps ------------------------------------------------------------------

// A row for the id at `position`. The past of a greedy sentence is one row of the cache for each
// position; which one is for the steps to say.
static void add_row(step_rows *rows, const ig_draft *d, int seat, int position, int id) {
  const int row = rows->count++;
  int *history = rows->history + (size_t)row * (size_t)rows->max_length;
  rows->ids[row] = id;
  rows->position[row] = position;
  rows->seat[row] = seat;
  for (int p = 0; p <= position; p++) history[p] = p * d->seats + seat;
}

static ig_decoder_step step_of(const step_rows *rows) {
  return (ig_decoder_step){rows->count, rows->ids, rows->position, rows->seat, rows->history};
}

// The next ids that the draft has not read. A recurrent unit takes them one by one.
static void add_unread(ig_draft *d, int seat) {
  drafted_sentence *s = &d->sentences[seat];
  const int together = d->member->model->config.decoder.recurrent ? 1 : UNREAD_ROWS;
  s->reading = smaller(s->length + s->count - s->read, together);
  for (int i = 0; i < s->reading; i++) {
    const int position = s->read + i, id = s->ids[position];
    const bool start = position == 0 && id == d->start_id;
    add_row(&d->draft, d, seat, position, start ? d->member->start_id : id);
  }
}

// The next token by the draft, if it is sure enough of all so far, and if it does not end the
// sentence: what would follow an end need not be looked at. A token is proposed that costs the
// model a row; to go on costs the draft a step, too, so it has to be surer for that.
static void propose(ig_draft *d, drafted_sentence *s, const ig_choice_found *found) {
  s->proposing = false;
  if (found->count == 0 || !isfinite(found->best[0].score)) return;
  const ig_scored_token best = found->best[0];
  if (ig_decode_options_ends(d->options, best.token)) return;
  s->log_probability += best.score - found->normalizer;
  if (!(s->log_probability >= d->least_log_probability)) return;
  s->ids[s->length + s->count++] = best.token;
  s->proposing = s->count < s->room && s->log_probability >= d->going_log_probability;
}

// Each row of a step has the settled and drafted ids up to its position.
static void add_choices(const ig_draft *d, const ig_decoder_step *step, ig_choice *choice) {
  for (int r = 0; r < step->rows; r++) {
    const drafted_sentence *s = &d->sentences[step->seat[r]];
    ig_choice_add(choice, &(ig_processors_sequence){&s->options, s->ids, step->position[r] + 1});
  }
}

static void choose_for_draft(ig_draft *d, const ig_decoder_step *step) {
  const ig_stepper stepper =
      d->listed ? ig_sentence_lists_stepper(d->lists) : ig_search_stepper_of(d->inference->decoder);
  ig_choice_begin(&d->choice, d->options, IG_CHOICE_SUM_PROCESSED);
  add_choices(d, step, &d->choice);
  stepper.choose(stepper.context, step, &d->choice);
}

// One step of the draft for all sentences that it is proposing for; false: there are none.
static bool step_draft(ig_draft *d, const ig_decoder_step *asked) {
  d->draft.count = 0;
  for (int r = 0; r < asked->rows; r++)
    if (d->sentences[asked->seat[r]].proposing) add_unread(d, asked->seat[r]);
  if (d->draft.count == 0) return false;
  const ig_decoder_step step = step_of(&d->draft);
  choose_for_draft(d, &step);
  for (int r = 0; r < step.rows; r++) {
    drafted_sentence *s = &d->sentences[step.seat[r]];
    if (step.position[r] == s->length + s->count - 1) {
      const ig_choice_found found = ig_choice_of(&d->choice, r);
      propose(d, s, &found);
    }
    s->read = step.position[r] + 1;
  }
  return true;
}

// The model's step: what the search asked for, and the drafted tokens after each of its rows.
static ig_decoder_step whole_step(ig_draft *d, const ig_decoder_step *asked) {
  for (int r = 0; r < asked->rows; r++)
    settle(d, &d->sentences[asked->seat[r]], asked->position[r], asked->ids[r]);
  while (step_draft(d, asked)) continue;
  d->whole.count = 0;
  for (int r = 0; r < asked->rows; r++) {
    const int seat = asked->seat[r];
    drafted_sentence *s = &d->sentences[seat];
    d->drafted[r] = (ig_drafted){d->whole.count, s->count, s->ids + s->length};
    s->counts.drafted += (size_t)s->count;
    for (int i = 0; i <= s->count; i++)
      add_row(&d->whole, d, seat, s->length - 1 + i, s->ids[s->length - 1 + i]);
  }
  return step_of(&d->whole);
}

static float *run(void *context, const ig_decoder_step *asked) {
  ig_draft *d = context;
  const ig_decoder_step step = whole_step(d, asked);
  return d->model.run(d->model.context, &step);
}

static void choose(void *context, const ig_decoder_step *asked, ig_choice *choice) {
  ig_draft *d = context;
  const ig_decoder_step step = whole_step(d, asked);
  ig_choice_begin(choice, choice->options, choice->sum);
  add_choices(d, &step, choice);
  d->model.choose(d->model.context, &step, choice);
}

ig_stepper ig_draft_stepper(ig_draft *d, const ig_stepper *model) {
  d->model = *model;
  ig_stepper stepper = *model;
  stepper.run = run;
  if (model->choose) stepper.choose = choose;
  stepper.positions = 1 + d->tokens;
  stepper.context = d;
  stepper.drafted = d->drafted;
  return stepper;
}
