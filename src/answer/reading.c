#include "answer/reading.h"

#include <stdlib.h>
#include <string.h>

#include "answer/prompt.h"
#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_reading_free(ig_reading *r) {
  for (size_t i = 0; i < r->context_count; i++)
    ig_tokenizer_pairs_free_tokens(&r->contexts[i].tokens);
  for (size_t i = 0; i < r->window_count; i++) ig_ids_free(&r->windows[i].ids);
  for (size_t i = 0; i < r->question_count; i++) free(r->questions[i].problem);
  free(r->questions);
  free(r->contexts);
  free(r->windows);
  *r = (ig_reading){0};
}

// Whether the context before is this one, and has tokens: one without them fails each time.
static bool is_read(const ig_reading *r, const char *text) {
  if (r->context_count == 0) return false;
  const ig_reading_context *before = &r->contexts[r->context_count - 1];
  return before->tokens.ids.count > 0 && strcmp(before->text, text) == 0;
}

static ig_status add_context(const char *text, ig_reading *r, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&r->contexts, &r->context_capacity, r->context_count + 1,
                          sizeof *r->contexts, err));
  r->contexts[r->context_count++] = (ig_reading_context){.text = text};
  return IG_OK;
}

// The context's tokens; that of the question before is not read again.
static ig_status read_context(const ig_reading_options *o, const char *text, ig_reading *r,
                              ig_error *err) {
  if (is_read(r, text)) return IG_OK;
  IG_TRY(add_context(text, r, err));
  ig_reading_context *c = &r->contexts[r->context_count - 1];
  const ig_status status =
      ig_tokenizer_pairs_encode(o->tokenizer, text, strlen(text), &c->tokens, err);
  if (status != IG_OK) return ig_fail_in(err, status, "the context");
  if (c->tokens.ids.count > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "the context has no tokens");
}

// What all windows of one question are made of.
typedef struct window_parts {
  ig_ids before, after;           // borrowed: ids on both sides of the window's part of the context
  bool types;                     // the context's ids are of the second type
  const int *ids;                 // (count): of the context
  const ig_source_range *places;  // (count)
  size_t count;
} window_parts;

static ig_status append_ids(ig_ids *to, const int *ids, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(to, ids[i], err));
  return IG_OK;
}

static ig_status append_all(ig_ids *to, const ig_ids *ids, ig_error *err) {
  return append_ids(to, ids->ids, ids->count, err);
}

static ig_status add_window(const window_parts *p, size_t first, size_t count, ig_reading *r,
                            ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&r->windows, &r->window_capacity, r->window_count + 1,
                          sizeof *r->windows, err));
  ig_reading_window *w = &r->windows[r->window_count++];
  *w = (ig_reading_window){.first = first,
                           .count = count,
                           .context_row = p->before.count,
                           .second_text = p->types ? p->before.count : 0,
                           .place = {p->places[first].begin, p->places[first + count - 1].end}};
  IG_TRY(append_all(&w->ids, &p->before, err));
  IG_TRY(append_ids(&w->ids, p->ids + first, count, err));
  return append_all(&w->ids, &p->after, err);
}

// Windows begin `room - stride` tokens after one another; the first that reaches the end is the
// last.
static ig_status add_windows(const window_parts *p, const ig_reading_options *o, ig_reading *r,
                             ig_error *err) {
  const size_t used = p->before.count + p->after.count, most = (size_t)o->max_length,
               stride = (size_t)o->stride, count = p->count;
  if (used >= most || (most - used <= stride && count > most - used))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "the question and the tokens beside it leave %zu of a window's %d to the "
                   "context: expected more than the stride of %d",
                   used < most ? most - used : 0, o->max_length, o->stride);
  const size_t room = most - used;
  for (size_t first = 0;; first += room - stride) {
    const bool last = count - first <= room;
    IG_TRY(add_window(p, first, last ? count - first : room, r, err));
    if (last) return IG_OK;
  }
}

// What serves one question after another.
typedef struct question_reading {
  const ig_reading_options *options;
  ig_tokenizer_frame frame;  // of pairs
  ig_text_tokens tokens;     // of a question
  ig_ids before;
  ig_prompt prompt;
  ig_reading *to;
} question_reading;

// A byte-level tokenizer has tokens for the white space that a question begins with.
static const char *without_space(const char *text) {
  size_t length = strlen(text);
  if (ig_utf8_valid(text, length, NULL)) ig_utf8_strip_begin(&text, &length);
  return text;
}

static ig_status read_pair(question_reading *q, const ig_question *asked, ig_error *err) {
  const ig_reading_options *o = q->options;
  const ig_tokenizer_frame *f = &q->frame;
  IG_TRY(read_context(o, asked->context, q->to, err));
  const ig_text_tokens *context = &q->to->contexts[q->to->context_count - 1].tokens;
  const char *text = o->bare ? without_space(asked->question) : asked->question;
  const ig_status status =
      ig_tokenizer_pairs_encode(o->tokenizer, text, strlen(text), &q->tokens, err);
  if (status != IG_OK) return ig_fail_in(err, status, "the question");
  if (q->tokens.ids.count == 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "the question has no tokens");
  q->before.count = 0;
  IG_TRY(append_all(&q->before, &f->before.ids, err));
  IG_TRY(append_all(&q->before, &q->tokens.ids, err));
  IG_TRY(append_all(&q->before, &f->between.ids, err));
  const window_parts parts = {.before = q->before,
                              .after = f->after.ids,
                              .types = f->second_type != f->first_type,
                              .ids = context->ids.ids,
                              .places = context->places.list,
                              .count = context->ids.count};
  return add_windows(&parts, o, q->to, err);
}

static ig_status read_prompt(question_reading *q, const ig_question *asked, ig_error *err) {
  ig_prompt *p = &q->prompt;
  IG_TRY(ig_prompt_read(p, q->options->tokenizer, asked, err));
  IG_TRY(add_context(asked->context, q->to, err));
  const window_parts parts = {.before = {.ids = p->ids.ids, .count = p->first},
                              .after = {.ids = p->ids.ids + p->end, .count = p->ids.count - p->end},
                              .ids = p->ids.ids + p->first,
                              .places = p->places.list + p->first,
                              .count = p->end - p->first};
  return add_windows(&parts, q->options, q->to, err);
}

static ig_status read_question(question_reading *q, const ig_question *asked, ig_error *err) {
  ig_reading *r = q->to;
  IG_TRY(ig_fail_if_null(asked->question, "question", err));
  IG_TRY(ig_fail_if_null(asked->context, "context", err));
  ig_reading_question *read = &r->questions[r->question_count];
  *read = (ig_reading_question){.first_window = r->window_count};
  IG_TRY(q->options->prompts ? read_prompt(q, asked, err) : read_pair(q, asked, err));
  read->context = r->context_count - 1;
  read->windows = r->window_count - read->first_window;
  return IG_OK;
}

// What the user can mend is the question's problem.
static ig_status take_problem(question_reading *q, ig_status status, const ig_error *found,
                              ig_error *err) {
  if (status != IG_ERROR_ARGUMENT && status != IG_ERROR_FORMAT) {
    if (err) *err = *found;
    return status;
  }
  ig_reading *r = q->to;
  ig_reading_question *read = &r->questions[r->question_count];
  *read = (ig_reading_question){.first_window = r->window_count};
  read->problem = ig_allocate_copy(found->message, strlen(found->message), err);
  return read->problem ? IG_OK : IG_ERROR_MEMORY;
}

static ig_status read_all(question_reading *q, const ig_question *questions, size_t count,
                          ig_error *err) {
  const ig_reading_options *o = q->options;
  if (!o->prompts) IG_TRY(ig_tokenizer_pairs_frame(o->tokenizer, &q->frame, err));
  for (size_t i = 0; i < count; i++) {
    ig_error found = {0};
    const ig_status status = read_question(q, &questions[i], &found);
    if (status != IG_OK) IG_TRY(take_problem(q, status, &found, err));
    q->to->question_count++;
  }
  return IG_OK;
}

ig_status ig_reading_make(const ig_reading_options *options, const ig_question *questions,
                          size_t count, ig_reading *out, ig_error *err) {
  *out = (ig_reading){.questions = ig_allocate(count, sizeof *out->questions, err)};
  if (!out->questions) return IG_ERROR_MEMORY;
  question_reading q = {.options = options, .to = out};
  const ig_status status = read_all(&q, questions, count, err);
  ig_tokenizer_frame_free(&q.frame);
  ig_tokenizer_pairs_free_tokens(&q.tokens);
  ig_ids_free(&q.before);
  ig_prompt_free(&q.prompt);
  return status;
}

ig_status ig_reading_sentences_make(const ig_reading *r, size_t members, ig_reading_sentences *out,
                                    ig_error *err) {
  *out = (ig_reading_sentences){
      .list = ig_allocate(r->window_count, sizeof *out->list, err),
      .sources = ig_allocate(r->window_count * members, sizeof *out->sources, err)};
  if (!out->list || !out->sources) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < r->window_count; i++) {
    const ig_reading_window *w = &r->windows[i];
    for (size_t m = 0; m < members; m++) out->sources[i * members + m] = w->ids;
    out->list[i] = (ig_queue_sentence){.sources = &out->sources[i * members],
                                       .length = w->ids.count,
                                       .second_text = w->second_text};
  }
  return IG_OK;
}

void ig_reading_sentences_free(ig_reading_sentences *sentences) {
  free(sentences->list);
  free(sentences->sources);
  *sentences = (ig_reading_sentences){0};
}
