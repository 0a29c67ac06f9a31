#include "answer/reading.h"

#include <stdlib.h>
#include <string.h>

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

// The context's tokens; that of the question before is not read again.
static ig_status read_context(const ig_reading_options *o, const char *text, ig_reading *r,
                              ig_error *err) {
  if (is_read(r, text)) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&r->contexts, &r->context_capacity, r->context_count + 1,
                          sizeof *r->contexts, err));
  ig_reading_context *c = &r->contexts[r->context_count++];
  *c = (ig_reading_context){.text = text};
  const ig_status status =
      ig_tokenizer_pairs_encode(o->tokenizer, text, strlen(text), &c->tokens, err);
  if (status != IG_OK) return ig_fail_in(err, status, "the context");
  if (c->tokens.ids.count > 0) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "the context has no tokens");
}

static ig_status append_ids(ig_ids *to, const int *ids, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(to, ids[i], err));
  return IG_OK;
}

static ig_status append_all(ig_ids *to, const ig_ids *ids, ig_error *err) {
  return append_ids(to, ids->ids, ids->count, err);
}

// What all windows of one question are made of.
typedef struct window_parts {
  const ig_tokenizer_frame *frame;
  const ig_ids *question;
  const ig_reading_context *context;
} window_parts;

static ig_status add_window(const window_parts *p, size_t first, size_t count, ig_reading *r,
                            ig_error *err) {
  const ig_tokenizer_frame *f = p->frame;
  IG_TRY(ig_allocate_more((void **)&r->windows, &r->window_capacity, r->window_count + 1,
                          sizeof *r->windows, err));
  ig_reading_window *w = &r->windows[r->window_count++];
  *w = (ig_reading_window){.first = first, .count = count};
  IG_TRY(append_all(&w->ids, &f->before.ids, err));
  IG_TRY(append_all(&w->ids, p->question, err));
  IG_TRY(append_all(&w->ids, &f->between.ids, err));
  w->context_row = w->ids.count;
  if (f->second_type != f->first_type) w->second_text = w->ids.count;
  IG_TRY(append_ids(&w->ids, p->context->tokens.ids.ids + first, count, err));
  return append_all(&w->ids, &f->after.ids, err);
}

// Windows begin `room - stride` tokens after one another; the first that reaches the end is the
// last.
static ig_status add_windows(const window_parts *p, const ig_reading_options *o, ig_reading *r,
                             ig_error *err) {
  const ig_tokenizer_frame *f = p->frame;
  const size_t special = f->before.ids.count + f->between.ids.count + f->after.ids.count,
               used = p->question->count + special, most = (size_t)o->max_length,
               stride = (size_t)o->stride, count = p->context->tokens.ids.count;
  if (used >= most || (most - used <= stride && count > most - used))
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "the question's %zu tokens leave %zu of a window's %d to the context: expected more than "
        "the stride of %d",
        p->question->count, used < most ? most - used : 0, o->max_length, o->stride);
  const size_t room = most - used;
  for (size_t first = 0;; first += room - stride) {
    const bool last = count - first <= room;
    IG_TRY(add_window(p, first, last ? count - first : room, r, err));
    if (last) return IG_OK;
  }
}

// `frame` and `tokens` serve one question after another.
typedef struct question_reading {
  const ig_reading_options *options;
  ig_tokenizer_frame frame;
  ig_text_tokens tokens;
  ig_reading *to;
} question_reading;

// A byte-level tokenizer has tokens for the white space that a question begins with.
static const char *without_space(const char *text) {
  size_t length = strlen(text), step;
  if (!ig_utf8_valid(text, length, NULL)) return text;
  for (; (step = ig_utf8_space(text, length)) > 0; length -= step) text += step;
  return text;
}

static ig_status read_question(question_reading *q, const ig_question *asked, ig_error *err) {
  const ig_reading_options *o = q->options;
  ig_reading *r = q->to;
  IG_TRY(ig_fail_if_null(asked->question, "question", err));
  IG_TRY(ig_fail_if_null(asked->context, "context", err));
  IG_TRY(read_context(o, asked->context, r, err));
  const char *text = o->bare ? without_space(asked->question) : asked->question;
  const ig_status status =
      ig_tokenizer_pairs_encode(o->tokenizer, text, strlen(text), &q->tokens, err);
  if (status != IG_OK) return ig_fail_in(err, status, "the question");
  if (q->tokens.ids.count == 0)
    return ig_fail(err, IG_ERROR_ARGUMENT, "the question has no tokens");
  ig_reading_question *read = &r->questions[r->question_count];
  *read = (ig_reading_question){.context = r->context_count - 1, .first_window = r->window_count};
  const window_parts parts = {&q->frame, &q->tokens.ids, &r->contexts[read->context]};
  IG_TRY(add_windows(&parts, o, r, err));
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
  IG_TRY(ig_tokenizer_pairs_frame(q->options->tokenizer, &q->frame, err));
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
  return status;
}
