// A worker: sentences from the queue through encoder and search, or through scoring.
#include "pipeline/worker.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "decode/ensemble_encoding.h"

// Waiting sentences join as soon as they come to this part of those being decoded.
#define JOIN_SHARE 8
// Memory is reserved for so many times the source rows that a worker has at the same time: the gaps
// that leaving sentences left do not always fit the joining ones.
#define MEMORY_SLACK 2
// Source ids that join at a time, unless a sentence has more: between them the interrupter is
// looked at. No translation depends on it, and the time does not.
#define JOIN_TOKENS 256

// Ids of several sentences back to back: sentence i owns ids offsets[i] .. offsets[i+1]-1.
typedef struct ragged_ids {
  ig_ids ids;
  int *offsets;  // (capacity)
  size_t capacity;
} ragged_ids;

struct ig_worker {
  const ig_members *members;
  const ig_kernels *kernels;
  ig_pool *pool;
  ig_ensemble_inference *inference;
  ig_inference_size size;  // of the inference
  ig_search *search;
  ig_draft *draft;           // NULL: none was asked
  int draft_tokens;          // of the draft
  ig_sentence_lists *lists;  // NULL: none were asked
  ig_ensemble_scorer *scorer;
  ig_ensemble_encoding *encoding;
  int encoding_rows;  // of the encoding, at most
  bool encoding_without_outputs;
  int *types;  // (rows): of the tokens that are encoded
  size_t type_capacity;
  ragged_ids source, target;
  size_t *sentences;  // (seats): the job's sentence in each seat
  size_t sentence_capacity;
  float *log_probs;  // (target rows), when scoring
  size_t log_prob_capacity;
  float *weights;  // of each sentence (target rows, source rows), when its attention is asked for
  size_t weight_capacity;
  size_t *weight_offsets;  // (sentences): where those of each begin
  size_t weight_offset_capacity;
  ig_interrupt_watch watch;  // of the job
};

ig_status ig_worker_create(const ig_members *members, const ig_kernels *kernels, ig_pool *pool,
                           ig_worker **out, ig_error *err) {
  ig_worker *w = ig_allocate(1, sizeof *w, err);
  *out = w;
  if (!w) return IG_ERROR_MEMORY;
  w->members = members;
  w->kernels = kernels;
  w->pool = pool;
  return IG_OK;
}

void ig_worker_free(ig_worker *w) {
  if (!w) return;
  ig_ensemble_inference_free(w->inference);
  ig_search_free(w->search);
  ig_draft_free(w->draft);
  ig_sentence_lists_free(w->lists);
  ig_ensemble_scorer_free(w->scorer);
  ig_ensemble_encoding_free(w->encoding);
  free(w->types);
  ig_ids_free(&w->source.ids);
  ig_ids_free(&w->target.ids);
  free(w->source.offsets);
  free(w->target.offsets);
  free(w->sentences);
  free(w->log_probs);
  free(w->weights);
  free(w->weight_offsets);
  free(w);
}

static int larger(int a, int b) { return a > b ? a : b; }

// Sentences order[first] and those after it: what was taken from the queue.
typedef struct taken_batch {
  const ig_queue *queue;
  size_t first, count;
} taken_batch;

static size_t sentence_of(const taken_batch *b, size_t i) { return b->queue->order[b->first + i]; }

#define TARGETS (-1)

// The ids of the sentences' sources for one member, or of their targets, back to back.
static ig_status gather_ids(ragged_ids *all, const taken_batch *b, int member, ig_error *err) {
  const size_t count = b->count;
  IG_TRY(ig_allocate_more((void **)&all->offsets, &all->capacity, count + 1, sizeof *all->offsets,
                          err));
  all->ids.count = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_queue_sentence *sentence = &b->queue->sentences[sentence_of(b, i)];
    const ig_ids *ids = member == TARGETS ? sentence->target : &sentence->sources[member];
    all->offsets[i] = (int)all->ids.count;
    for (size_t j = 0; j < ids->count; j++) IG_TRY(ig_ids_append(&all->ids, ids->ids[j], err));
  }
  all->offsets[count] = (int)all->ids.count;
  return IG_OK;
}

// ---- decoding ---------------------------------------------------------------

static int round_up(int n) {
  int size = 16;
  while (size < n) size *= 2;
  return size;
}

// max_length is exact, for it is the stride of every history.
static bool is_large_enough(const ig_inference_size *size, const ig_inference_size *wanted) {
  return size->sentences >= wanted->sentences && size->source_rows >= wanted->source_rows &&
         size->memory_rows >= wanted->memory_rows && size->longest >= wanted->longest &&
         size->slots >= wanted->slots && size->max_length == wanted->max_length &&
         size->attended == wanted->attended && (!size->without_logits || wanted->without_logits);
}

// An inference at least of the wanted size.
static ig_status reserve_inference(ig_worker *w, const ig_inference_size *wanted, ig_error *err) {
  if (w->inference && is_large_enough(&w->size, wanted)) return IG_OK;
  ig_search_free(w->search);
  w->search = NULL;
  ig_draft_free(w->draft);
  w->draft = NULL;
  ig_sentence_lists_free(w->lists);
  w->lists = NULL;
  const bool without_logits = wanted->without_logits && (!w->inference || w->size.without_logits);
  w->size =
      (ig_inference_size){.sentences = larger(w->size.sentences, wanted->sentences),
                          .source_rows = larger(w->size.source_rows, round_up(wanted->source_rows)),
                          .memory_rows = larger(w->size.memory_rows, round_up(wanted->memory_rows)),
                          .longest = larger(w->size.longest, round_up(wanted->longest)),
                          .slots = larger(w->size.slots, wanted->slots),
                          .max_length = wanted->max_length,
                          .without_logits = without_logits,
                          .attended = wanted->attended};
  ig_ensemble_inference_free(w->inference);
  w->inference = NULL;
  return ig_ensemble_inference_create(w->members, w->pool, &w->size, &w->inference, err);
}

// A search with these options for as many sentences as the inference holds.
static ig_status reserve_search(ig_worker *w, const ig_decode_options *options, ig_error *err) {
  if (w->search && ig_search_adopt(w->search, options)) return IG_OK;
  ig_search_free(w->search);
  w->search = NULL;
  return ig_search_create(options, w->kernels, w->pool, w->size.sentences, &w->search, err);
}

// Rows of a step, at most, if some of them are drafted: beyond some eight, a row costs as much as
// the step that it might save.
#define DRAFT_ROWS 8

// Tokens to be drafted for a sentence in a step, at most: a number that no timing changes, so that
// the counts of the tokens do not depend on which sentences come together.
static int find_draft_tokens(const ig_members *members, const ig_worker_share *share) {
  const ig_engine_job *job = share->job;
  if (!members->draft || job->draft_tokens == 0) return 0;
  const int each = DRAFT_ROWS / (int)share->limits.sentences - 1;
  return each < job->draft_tokens ? larger(each, 0) : job->draft_tokens;
}

// A draft of `tokens` for the inference; 0: the one that there is may stay.
static ig_status reserve_draft(ig_worker *w, int tokens, ig_error *err) {
  if (tokens == 0 || (w->draft && w->draft_tokens == tokens)) return IG_OK;
  ig_draft_free(w->draft);
  w->draft_tokens = tokens;
  const ig_draft_plan plan = {.member = w->members->draft,
                              .start_id = w->members->list[0].start_id,
                              .tokens = tokens,
                              .least_probability = IG_DRAFT_LEAST_PROBABILITY,
                              .going_probability = IG_DRAFT_GOING_PROBABILITY,
                              .size = w->size};
  return ig_draft_create(&plan, w->pool, &w->draft, err);
}

// Lists for the sentences of the inference, if the job has any.
static ig_status reserve_lists(ig_worker *w, const ig_engine_job *job, ig_error *err) {
  if (!job->lists) return IG_OK;
  if (!w->lists)
    IG_TRY(ig_sentence_lists_create(ig_ensemble_decoder(w->inference), w->members->list[0].model,
                                    w->size.sentences, w->size.slots, &w->lists, err));
  ig_sentence_lists_begin(w->lists, job->lists, job->options);
  return IG_OK;
}

// The feed of a search.
typedef struct decoding {
  ig_worker *worker;
  const ig_worker_share *share;
  ig_draft *draft;  // NULL: none
  int seats;
  size_t tokens;         // source ids of the sentences being decoded
  size_t target_tokens;  // of the best hypotheses found
} decoding;

// Fewer than a JOIN_SHARE-th of the sentences being decoded would not pay for reading the encoder's
// weights.
static ig_queue_limits joining_limits(const decoding *d, int free) {
  const size_t active = (size_t)(d->seats - free), most = d->share->limits.tokens;
  size_t capacity = (size_t)ig_ensemble_capacity(d->worker->inference);
  if (d->draft && (size_t)ig_draft_capacity(d->draft) < capacity)
    capacity = (size_t)ig_draft_capacity(d->draft);
  const size_t allowed = most > d->tokens ? most - d->tokens : 0;
  return (ig_queue_limits){.sentences = (size_t)free,
                           .tokens = active && capacity < allowed ? capacity : allowed,
                           .fewest = (active + JOIN_SHARE - 1) / JOIN_SHARE,
                           .alone = active == 0};
}

// Sentences of the batch from `first` on that are encoded together.
static size_t count_joining(const taken_batch *b, size_t first) {
  size_t count = 0, tokens = 0;
  do {
    tokens += b->queue->sentences[sentence_of(b, first + count)].length;
    count++;
  } while (first + count < b->count &&
           tokens + b->queue->sentences[sentence_of(b, first + count)].length <= JOIN_TOKENS);
  return count;
}

static ig_status encode_joining(const decoding *d, const taken_batch *b, const int *seats,
                                const ig_sentence_options *options, ig_error *err) {
  ig_worker *w = d->worker;
  for (int m = 0; m < w->members->count; m++) {
    IG_TRY(gather_ids(&w->source, b, m, err));
    const ig_ragged rows = {(int)b->count, w->source.offsets};
    ig_ensemble_join(w->inference, m, seats, w->source.ids.ids, &rows);
    if (d->draft) IG_TRY(ig_draft_join(d->draft, seats, options, w->source.ids.ids, &rows, err));
  }
  for (size_t i = 0; d->share->job->lists && i < b->count; i++) {
    const int begin = w->source.offsets[i];
    IG_TRY(ig_sentence_lists_join(w->lists, seats[i], w->source.ids.ids + begin,
                                  (size_t)(w->source.offsets[i + 1] - begin), &options[i], err));
  }
  return IG_OK;
}

static ig_status join_waiting(void *context, const int *seats, ig_sentence_options *options,
                              int free, int *joined, ig_error *err) {
  decoding *d = context;
  ig_worker *w = d->worker;
  const ig_queue_limits limits = joining_limits(d, free);
  taken_batch b = {.queue = d->share->queue};
  b.count = ig_queue_take(d->share->queue, &limits, &b.first);
  *joined = (int)b.count;
  for (size_t i = 0; i < b.count; i++) {
    const size_t index = sentence_of(&b, i);
    const ig_queue_sentence *sentence = &b.queue->sentences[index];
    w->sentences[seats[i]] = index;
    if (sentence->options) options[i] = *sentence->options;
    d->tokens += sentence->length;
  }
  for (size_t i = 0; i < b.count;) {
    const taken_batch part = {b.queue, b.first + i, count_joining(&b, i)};
    IG_TRY(ig_interrupt_check(&w->watch, err));
    IG_TRY(encode_joining(d, &part, seats + i, options + i, err));
    i += part.count;
  }
  return IG_OK;
}

static ig_status deliver_found(void *context, int seat, const ig_hypothesis *found, ig_error *err) {
  decoding *d = context;
  const ig_engine_job *job = d->share->job;
  const size_t sentence = d->worker->sentences[seat];
  ig_ensemble_leave(d->worker->inference, seat);
  if (d->draft) ig_draft_leave(d->draft, seat, found[0].length);
  if (job->lists) ig_sentence_lists_leave(d->worker->lists, seat);
  d->tokens -= job->sentences[sentence].length;
  d->target_tokens += (size_t)found[0].length;
  return job->decoded(job->context, sentence, found, err);
}

static ig_status deliver_token(void *context, int seat, const int *generated, int count,
                               ig_error *err) {
  const decoding *d = context;
  const ig_engine_job *job = d->share->job;
  return job->token(job->context, d->worker->sentences[seat], generated, count, err);
}

// Will the tokens be chosen while their logits are computed?
static bool chooses(const ig_worker *w, const ig_engine_job *job) {
  bool any_terms = false;
  for (size_t i = 0; i < job->count; i++) {
    const ig_sentence_options *own = job->sentences[i].options;
    any_terms |= own && own->terms;
  }
  return w->members->count == 1 && ig_choice_serves(job->options) && !any_terms;
}

// The size is enough for whatever the queue still holds. positions: of a sentence in a step.
static ig_inference_size size_for(const ig_worker *w, const ig_worker_share *share, int positions) {
  const ig_queue *queue = share->queue;
  const ig_decode_options *options = share->job->options;
  const int tokens = (int)share->limits.tokens, sentences = (int)share->limits.sentences,
            rows = larger(tokens, queue->longest_source);
  return (ig_inference_size){
      .sentences = sentences,
      .source_rows = rows,
      .memory_rows = queue->tokens > (size_t)rows ? MEMORY_SLACK * rows : rows,
      .longest = larger(queue->longest_source, 1),
      .slots = sentences * options->beam_size * positions,
      .max_length = options->sentence.max_length,
      .without_logits = chooses(w, share->job),
      .attended = options->attended_layer};
}

// The steps of the lists, with the attention that the ensemble's have.
static ig_stepper lists_stepper(const ig_worker *w, const ig_stepper *whole) {
  ig_stepper stepper = ig_sentence_lists_stepper(w->lists);
  stepper.attention = whole->attention;
  stepper.attention_stride = whole->attention_stride;
  return stepper;
}

static ig_status decode_share(ig_worker *w, const ig_worker_share *share, ig_worker_counts *counts,
                              ig_error *err) {
  const int draft_tokens = find_draft_tokens(w->members, share);
  const ig_inference_size wanted = size_for(w, share, 1 + draft_tokens);
  IG_TRY(reserve_inference(w, &wanted, err));
  IG_TRY(reserve_draft(w, draft_tokens, err));
  IG_TRY(reserve_lists(w, share->job, err));
  IG_TRY(reserve_search(w, share->job->options, err));
  IG_TRY(ig_allocate_more((void **)&w->sentences, &w->sentence_capacity, share->limits.sentences,
                          sizeof *w->sentences, err));
  ig_ensemble_leave_all(w->inference);
  ig_ensemble_watch(w->inference, &w->watch);
  decoding d = {.worker = w, .share = share, .seats = wanted.sentences};
  ig_stepper stepper = ig_ensemble_stepper(w->inference);
  if (share->job->lists) stepper = lists_stepper(w, &stepper);
  if (draft_tokens > 0) {
    d.draft = w->draft;
    const ig_sentence_lists_source *lists = share->job->lists;
    IG_TRY(ig_draft_begin(w->draft, share->job->options, lists ? lists : w->members->draft_lists,
                          err));
    ig_draft_watch(w->draft, &w->watch);
    stepper = ig_draft_stepper(w->draft, &stepper);
  }
  const ig_search_feed feed = {.join = join_waiting,
                               .leave = deliver_found,
                               .token = share->job->token ? deliver_token : NULL,
                               .context = &d,
                               .watch = &w->watch};
  const ig_status status = ig_search_stream(w->search, &stepper, &feed, d.seats, err);
  counts->target_tokens = d.target_tokens;
  if (d.draft) counts->draft = ig_draft_counts_of(d.draft);
  if (share->job->lists) counts->lists = ig_sentence_lists_counts_of(w->lists);
  return status;
}

// ---- scoring ----------------------------------------------------------------

// Memory for what the batch attends to, once its ids are gathered.
static ig_status reserve_weights(ig_worker *w, size_t sentences, ig_error *err) {
  size_t total = 0;
  IG_TRY(ig_allocate_more((void **)&w->weight_offsets, &w->weight_offset_capacity, sentences,
                          sizeof *w->weight_offsets, err));
  for (size_t i = 0; i < sentences; i++) {
    w->weight_offsets[i] = total;
    total += (size_t)(w->target.offsets[i + 1] - w->target.offsets[i]) *
             (size_t)(w->source.offsets[i + 1] - w->source.offsets[i]);
  }
  return ig_allocate_more((void **)&w->weights, &w->weight_capacity, total + 1, sizeof *w->weights,
                          err);
}

static ig_status score_by_member(ig_worker *w, const ig_engine_job *job, const taken_batch *b,
                                 int member, ig_error *err) {
  const int sentences = (int)b->count;
  ig_attended attended;
  IG_TRY(gather_ids(&w->source, b, member, err));
  ig_score_args args = {.source = {sentences, w->source.offsets},
                        .target = {sentences, w->target.offsets},
                        .source_ids = w->source.ids.ids,
                        .target_ids = w->target.ids.ids,
                        .start_id = job->start_id,
                        .watch = &w->watch};
  if (job->attention && member == 0) {
    IG_TRY(reserve_weights(w, b->count, err));
    attended =
        (ig_attended){job->attention->layer, {job->attention->head, w->weight_offsets, w->weights}};
    args.attended = &attended;
  }
  return ig_ensemble_scorer_run(w->scorer, member, &args,
                                job->without_log_probs ? NULL : w->log_probs, err);
}

static ig_status score_batch(ig_worker *w, const ig_engine_job *job, const taken_batch *b,
                             ig_error *err) {
  // Who asks for no scores asks for what the first member attends to.
  const int members = job->without_log_probs ? 1 : w->members->count;
  IG_TRY(gather_ids(&w->target, b, TARGETS, err));
  IG_TRY(ig_allocate_more((void **)&w->log_probs, &w->log_prob_capacity, w->target.ids.count + 1,
                          sizeof *w->log_probs, err));
  for (int m = 0; m < members; m++) IG_TRY(score_by_member(w, job, b, m, err));
  for (size_t i = 0; i < b->count; i++) {
    const ig_engine_scores scores = {
        .log_probs = job->without_log_probs ? NULL : w->log_probs + w->target.offsets[i],
        .weights = job->attention ? w->weights + w->weight_offsets[i] : NULL};
    IG_TRY(job->scored(job->context, sentence_of(b, i), &scores, err));
  }
  return IG_OK;
}

static ig_status score_share(ig_worker *w, const ig_worker_share *share, ig_worker_counts *counts,
                             ig_error *err) {
  const ig_queue *queue = share->queue;
  const int tokens = (int)share->limits.tokens;
  const ig_pass_bounds most = {.sequences = (int)share->limits.sentences,
                               .source_rows = larger(tokens, queue->longest_source),
                               .target_rows = larger(tokens, queue->longest_target),
                               .longest_source = queue->longest_source,
                               .longest_target = queue->longest_target};
  if (!w->scorer) IG_TRY(ig_ensemble_scorer_create(w->members, w->pool, &w->scorer, err));
  IG_TRY(ig_ensemble_scorer_reserve(w->scorer, &most, err));
  const ig_queue_limits limits = {
      .sentences = share->limits.sentences, .tokens = share->limits.tokens, .alone = true};
  taken_batch b = {.queue = queue};
  for (;;) {
    b.count = ig_queue_take(share->queue, &limits, &b.first);
    if (b.count == 0) return IG_OK;
    IG_TRY(ig_interrupt_check(&w->watch, err));
    IG_TRY(score_batch(w, share->job, &b, err));
    counts->target_tokens += w->target.ids.count;
  }
}

// ---- encoding ---------------------------------------------------------------

static ig_status reserve_encoding(ig_worker *w, const ig_worker_share *share, ig_error *err) {
  const int rows = larger((int)share->limits.tokens, share->queue->longest_source);
  const bool without = share->job->without_outputs;
  if (w->encoding && rows <= w->encoding_rows && without == w->encoding_without_outputs)
    return IG_OK;
  ig_ensemble_encoding_free(w->encoding);
  w->encoding = NULL;
  w->encoding_rows = round_up(rows);
  w->encoding_without_outputs = without;
  const ig_encoder_run_size size = {
      .rows = w->encoding_rows, .longest = w->encoding_rows, .without_outputs = without};
  return ig_ensemble_encoding_create(w->members, w->pool, &size, &w->encoding, err);
}

// The types of all tokens of the batch, once its ids are gathered.
static ig_status gather_types(ig_worker *w, const taken_batch *b, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&w->types, &w->type_capacity, w->source.ids.count + 1,
                          sizeof *w->types, err));
  for (size_t i = 0; i < b->count; i++) {
    const size_t second = b->queue->sentences[sentence_of(b, i)].second_text;
    const int begin = w->source.offsets[i];
    for (int r = begin; r < w->source.offsets[i + 1]; r++)
      w->types[r] = second && (size_t)(r - begin) >= second;
  }
  return IG_OK;
}

static ig_status encode_batch(ig_worker *w, const ig_engine_job *job, const taken_batch *b,
                              ig_error *err) {
  ig_head_run_result found = {0};
  for (int m = 0; m < w->members->count; m++) {
    IG_TRY(gather_ids(&w->source, b, m, err));
    IG_TRY(gather_types(w, b, err));
    const ig_head_run_batch batch = {.ids = w->source.ids.ids,
                                     .types = w->types,
                                     .rows = &(ig_ragged){(int)b->count, w->source.offsets}};
    found = ig_ensemble_encoding_run(w->encoding, m, &batch);
  }
  IG_TRY(ig_interrupt_check(&w->watch, err));  // the rows may not be whole
  const size_t columns = (size_t)found.columns, d = (size_t)found.hidden_columns;
  for (size_t i = 0; i < b->count; i++) {
    const size_t begin = (size_t)w->source.offsets[i], row = found.of_sequences ? i : begin;
    const ig_engine_encoding one = {
        .hidden = found.hidden + begin * d,
        .outputs = found.outputs ? found.outputs + row * columns : NULL,
        .rows = found.of_sequences ? 1 : w->source.offsets[i + 1] - (int)begin,
        .columns = found.columns};
    IG_TRY(job->encoded(job->context, sentence_of(b, i), &one, err));
  }
  return IG_OK;
}

static ig_status encode_share(ig_worker *w, const ig_worker_share *share, ig_error *err) {
  IG_TRY(reserve_encoding(w, share, err));
  ig_ensemble_encoding_watch(w->encoding, &w->watch);
  const ig_queue_limits limits = {
      .sentences = share->limits.sentences, .tokens = share->limits.tokens, .alone = true};
  taken_batch b = {.queue = share->queue};
  for (;;) {
    b.count = ig_queue_take(share->queue, &limits, &b.first);
    if (b.count == 0) return IG_OK;
    IG_TRY(ig_interrupt_check(&w->watch, err));
    IG_TRY(encode_batch(w, share->job, &b, err));
  }
}

ig_status ig_worker_run(ig_worker *w, const ig_worker_share *share, ig_worker_counts *counts,
                        ig_error *err) {
  *counts = (ig_worker_counts){0};
  w->watch.interrupter = share->job->interrupter;
  atomic_store(&w->watch.seen, false);
  if (share->job->decoded) return decode_share(w, share, counts, err);
  if (share->job->encoded) return encode_share(w, share, err);
  return score_share(w, share, counts, err);
}
