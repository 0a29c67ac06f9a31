// One worker: sentences from the queue through encoder and search (or scoring), out as text.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/number.h"
#include "pipeline/engine.h"

#define JOIN_SHARE 8
#define MEMORY_SLACK \
  2  // source rows in memory over those of a full hand: gaps that leavers left are not always where
     // joiners fit

// ---- the worker's state -----------------------------------------------------

static int round_up(int n) {
  int size = 16;
  while (size < n) size *= 2;
  return size;
}

// The last state runs with threads inside the layers, the others are one thread each.
static ig_pool *pool_of(const ig_translator *t, const ig_worker_state *s) {
  return s == &t->states[t->worker_count] ? t->pool : NULL;
}

static int larger(int a, int b) { return a > b ? a : b; }

// An inference at least of the wanted size; max_length is exact, for it is the stride of every
// history.
static ig_status reserve(ig_translator *t, ig_worker_state *s, const ig_inference_size *wanted,
                         ig_error *err) {
  if (s->inference && s->size.sentences >= wanted->sentences &&
      s->size.source_rows >= wanted->source_rows && s->size.memory_rows >= wanted->memory_rows &&
      s->size.longest >= wanted->longest && s->size.slots >= wanted->slots &&
      s->size.max_length == wanted->max_length)
    return IG_OK;
  ig_search_free(s->search);
  ig_ensemble_inference_free(s->inference);
  s->search = NULL, s->inference = NULL;
  s->size = (ig_inference_size){larger(s->size.sentences, wanted->sentences),
                                larger(s->size.source_rows, round_up(wanted->source_rows)),
                                larger(s->size.memory_rows, round_up(wanted->memory_rows)),
                                larger(s->size.longest, round_up(wanted->longest)),
                                larger(s->size.slots, wanted->slots),
                                wanted->max_length};
  return ig_ensemble_inference_create(&t->members, pool_of(t, s), &s->size, &s->inference, err);
}

// Lines order[first] and those behind it.
typedef struct batch {
  const ig_queue *queue;
  size_t first, count;
} batch;

static ig_line *line_of(const batch *b, size_t i) {
  return &b->queue->window->lines[b->queue->order[b->first + i]];
}

#define TARGETS (-1)

// The ids of the lines' sources for one member, or of their targets, back to back.
static ig_status gather(ig_ragged_ids *all, const batch *b, int member, ig_error *err) {
  const size_t count = b->count;
  IG_TRY(ig_allocate_more((void **)&all->offsets, &all->capacity, count + 1, sizeof *all->offsets,
                          err));
  all->ids.count = 0;
  for (size_t i = 0; i < count; i++) {
    const ig_line *line = line_of(b, i);
    const ig_ids *ids = member == TARGETS ? &line->target : &line->sources[member];
    all->offsets[i] = (int)all->ids.count;
    for (size_t j = 0; j < ids->count; j++) IG_TRY(ig_ids_append(&all->ids, ids->ids[j], err));
  }
  all->offsets[count] = (int)all->ids.count;
  return IG_OK;
}

// ---- output text ------------------------------------------------------------

static ig_status put(ig_worker_state *s, const char *text, size_t length, ig_error *err) {
  IG_TRY(
      ig_allocate_more((void **)&s->text, &s->text_capacity, s->text_length + length + 1, 1, err));
  memcpy(s->text + s->text_length, text, length);
  s->text_length += length;
  s->text[s->text_length] = '\0';
  return IG_OK;
}

__attribute__((format(printf, 3, 4))) static ig_status put_number(ig_worker_state *s, ig_error *err,
                                                                  const char *format, ...) {
  char text[64];
  va_list arguments;
  va_start(arguments, format);
  const int length = ig_number_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  return put(s, text, (size_t)length, err);
}

static ig_status put_text(ig_translator *t, ig_worker_state *s, const ig_hypothesis *h,
                          ig_error *err) {
  char *text;
  IG_TRY(ig_tokenizer_decode(t->sources[0].tokenizer, h->ids, (size_t)h->length, &text, err));
  for (char *p = text; *p; p++)
    if (*p == '\n' || *p == '\r') *p = ' ';  // one sentence a line, whatever a piece spells
  const ig_status status = put(s, text, strlen(text), err);
  free(text);
  return status;
}

static ig_status put_hypothesis(ig_translator *t, ig_worker_state *s, const ig_hypothesis *h,
                                ig_error *err) {
  if (t->decode.n_best > 1) IG_TRY(put_number(s, err, "%.6f\t", (double)h->score));
  if (!t->ids_out) return put_text(t, s, h, err);
  for (int i = 0; i < h->length; i++) IG_TRY(put_number(s, err, i ? " %d" : "%d", h->ids[i]));
  return IG_OK;
}

static ig_status take_output(ig_worker_state *s, ig_line *line, ig_error *err) {
  line->output = ig_allocate_copy(s->text ? s->text : "", s->text_length, err);
  return line->output ? IG_OK : IG_ERROR_MEMORY;
}

// ---- translating ------------------------------------------------------------

typedef struct translation {
  ig_translator *translator;
  ig_worker_state *state;
  ig_queue *queue;
  const ig_engine_limits *limits;
  int places;
  size_t tokens;  // lengths of the sentences being decoded
} translation;

// Waiting sentences join as soon as they come to a JOIN_SHARE-th of those being decoded: fewer
// would not pay for reading the encoder's weights.
static ig_status join(void *context, const int *places, ig_sentence_options *options, int free,
                      int *joined, ig_error *err) {
  (void)options;
  translation *r = context;
  ig_worker_state *s = r->state;
  const size_t active = (size_t)(r->places - free),
               room = (size_t)ig_ensemble_capacity(s->inference), most = r->limits->tokens;
  const size_t allowed = most > r->tokens ? most - r->tokens : 0;
  const ig_queue_limits limits = {.sentences = (size_t)free,
                                  .tokens = active && room < allowed ? room : allowed,
                                  .fewest = (active + JOIN_SHARE - 1) / JOIN_SHARE,
                                  .alone = active == 0};
  batch b = {.queue = r->queue};
  b.count = ig_queue_take(r->queue, &limits, &b.first);
  *joined = (int)b.count;
  if (b.count == 0) return IG_OK;
  for (size_t i = 0; i < b.count; i++) {
    s->lines[places[i]] = r->queue->order[b.first + i];
    r->tokens += line_of(&b, i)->length;
  }
  for (int m = 0; m < r->translator->members.count; m++) {
    IG_TRY(gather(&s->source, &b, m, err));
    ig_ensemble_join(s->inference, m, places, s->source.ids.ids,
                     &(ig_ragged){(int)b.count, s->source.offsets});
  }
  return IG_OK;
}

static ig_status leave(void *context, int place, const ig_hypothesis *found, ig_error *err) {
  translation *r = context;
  ig_worker_state *s = r->state;
  ig_line *line = &r->translator->window.lines[s->lines[place]];
  ig_ensemble_leave(s->inference, place);
  r->tokens -= line->length;
  s->target_tokens += (size_t)found[0].length;
  s->text_length = 0;
  for (int k = 0; k < r->translator->decode.n_best; k++) {
    if (k) IG_TRY(put(s, "\n", 1, err));
    IG_TRY(put_hypothesis(r->translator, s, &found[k], err));
  }
  return take_output(s, line, err);
}

// Sizes for whatever the queue still holds.
static ig_inference_size size_for(const ig_translator *t, const ig_queue *queue,
                                  const ig_engine_limits *limits) {
  const int tokens = (int)limits->tokens, sentences = (int)limits->sentences,
            rows = larger(tokens, queue->longest_source);
  return (ig_inference_size){
      .sentences = sentences,
      .source_rows = rows,
      .memory_rows = queue->tokens > (size_t)rows ? MEMORY_SLACK * rows : rows,
      .longest = larger(queue->longest_source, 1),
      .slots = sentences * t->decode.beam_size,
      .max_length = t->decode.sentence.max_length};
}

ig_status ig_engine_translate(ig_translator *t, ig_worker_state *s, ig_queue *queue,
                              const ig_engine_limits *limits, ig_error *err) {
  const ig_inference_size wanted = size_for(t, queue, limits);
  IG_TRY(reserve(t, s, &wanted, err));
  if (!s->search)
    IG_TRY(ig_search_create(&t->decode, t->kernels, pool_of(t, s), s->size.sentences, &s->search,
                            err));
  IG_TRY(ig_allocate_more((void **)&s->lines, &s->line_capacity, limits->sentences,
                          sizeof *s->lines, err));
  ig_ensemble_leave_all(s->inference);
  translation run = {
      .translator = t, .state = s, .queue = queue, .limits = limits, .places = wanted.sentences};
  const ig_stepper stepper = ig_ensemble_stepper(s->inference);
  return ig_search_stream(s->search, &stepper, &(ig_search_feed){join, leave, &run}, run.places,
                          err);
}

// ---- scoring ----------------------------------------------------------------

static ig_status put_scores(ig_translator *t, ig_worker_state *s, const float *log_probs, int count,
                            ig_error *err) {
  s->text_length = 0;
  if (!t->ids_in) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += (double)log_probs[i];
    return put_number(s, err, "%.6f", sum);
  }
  for (int i = 0; i < count; i++)
    IG_TRY(put_number(s, err, i ? " %.6f" : "%.6f", (double)log_probs[i]));
  return IG_OK;
}

static ig_status score_batch(ig_translator *t, ig_worker_state *s, const batch *b, ig_error *err) {
  const int sentences = (int)b->count;
  IG_TRY(gather(&s->target, b, TARGETS, err));
  IG_TRY(ig_allocate_more((void **)&s->log_probs, &s->log_prob_capacity, s->target.ids.count + 1,
                          sizeof *s->log_probs, err));
  for (int m = 0; m < t->members.count; m++) {
    IG_TRY(gather(&s->source, b, m, err));
    const ig_score_args args = {{sentences, s->source.offsets},
                                {sentences, s->target.offsets},
                                s->source.ids.ids,
                                s->target.ids.ids};
    IG_TRY(ig_ensemble_scorer_run(s->scorer, m, &args, s->log_probs, err));
  }
  for (int i = 0; i < sentences; i++) {
    const int begin = s->target.offsets[i];
    IG_TRY(put_scores(t, s, s->log_probs + begin, s->target.offsets[i + 1] - begin, err));
    IG_TRY(take_output(s, line_of(b, (size_t)i), err));
  }
  s->target_tokens += s->target.ids.count;
  return IG_OK;
}

ig_status ig_engine_score(ig_translator *t, ig_worker_state *s, ig_queue *queue,
                          const ig_engine_limits *limits, ig_error *err) {
  const int tokens = (int)limits->tokens;
  const ig_pass_bounds most = {.sequences = (int)limits->sentences,
                               .source_rows = larger(tokens, queue->longest_source),
                               .target_rows = larger(tokens, queue->longest_target),
                               .longest_source = queue->longest_source,
                               .longest_target = queue->longest_target};
  if (!s->scorer) IG_TRY(ig_ensemble_scorer_create(&t->members, pool_of(t, s), &s->scorer, err));
  IG_TRY(ig_ensemble_scorer_reserve(s->scorer, &most, err));
  const ig_queue_limits hand = {
      .sentences = limits->sentences, .tokens = limits->tokens, .alone = true};
  for (batch b = {.queue = queue}; (b.count = ig_queue_take(queue, &hand, &b.first)) > 0;)
    IG_TRY(score_batch(t, s, &b, err));
  return IG_OK;
}
