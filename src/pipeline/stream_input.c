// Lines of a stream into windows: see stream_input.h.
#include "pipeline/stream_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"

// Makes text of a line of text, unless lines that are no text are to be errors: then the tokenizer
// reports them.
static ig_status repair_line(const ig_translator *t, ig_text_repair *repair, size_t number,
                             const char **line, size_t *length, ig_error *err) {
  if (t->ids_in || t->strict || !*line) return IG_OK;
  return ig_text_repair_line(repair, number, line, length, err);
}

static ig_status check_interrupted(const ig_translator *t, ig_error *err) {
  if (!ig_interrupt_requested(t->interrupter)) return IG_OK;
  return ig_fail(err, IG_INTERRUPTED, "interrupted");
}

static ig_status read_line(ig_translator *t, ig_stream_input *in, ig_error *err) {
  in->target = (ig_borrowed_text){0};
  ig_status status =
      in->stream->read(in->stream->context, &in->source.text, &in->source.length, err);
  if (status != IG_OK) return ig_fail_of_caller(status, "read", err);
  if (in->read_target) {
    status = in->read_target(in->stream->context, &in->target.text, &in->target.length, err);
    if (status != IG_OK) return ig_fail_of_caller(status, "read_target", err);
    if (!in->source.text != !in->target.text)
      return ig_fail(err, IG_ERROR_FORMAT, "line %zu: the %s end here, but the %s go on",
                     in->number + 1, in->source.text ? "targets" : "sources",
                     in->source.text ? "sources" : "targets");
  }
  in->ended = !in->source.text;
  if (in->ended) return IG_OK;
  in->number++;
  IG_TRY(check_interrupted(t, err));
  IG_TRY(repair_line(t, &in->sources, in->number, &in->source.text, &in->source.length, err));
  IG_TRY(repair_line(t, &in->targets, in->number, &in->target.text, &in->target.length, err));
  IG_TRY(check_interrupted(t, err));
  in->in_line = true;
  in->shared = 0;
  if (t->splitter && !in->read_target)
    return ig_sentences_begin(t->splitter, in->source.text, in->source.length, err);
  return IG_OK;
}

// What a sentence has of its line. The shares of the sentences to `end` are rounded together, so
// that those of a line add up.
static size_t take_share(ig_stream_input *in, const ig_sentence_span *span) {
  const double part = (double)span->end / (double)(in->source.length + 1);
  const size_t before = in->shared;
  in->shared = span->last ? IG_WINDOW_LINE : (size_t)(IG_WINDOW_LINE * part);
  return in->shared - before;
}

// What comes before the source of a sentence: the translator's prefix, and that of the line.
static ig_status join_prefix(const ig_translator *t, ig_stream_input *in, ig_borrowed_text *prefix,
                             ig_error *err) {
  const size_t own = t->prefix_length, length = own + prefix->length;
  if (!t->prefix) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&in->prefix, &in->prefix_capacity, length, 1, err));
  memcpy(in->prefix, t->prefix, own);
  if (prefix->length) memcpy(in->prefix + own, prefix->text, prefix->length);
  *prefix = (ig_borrowed_text){in->prefix, length};
  return IG_OK;
}

// The next sentence of the line into the window.
static ig_status add_sentence(ig_translator *t, ig_stream_input *in, ig_error *err) {
  const char *text = in->source.text;
  ig_sentence_span span = {.end = in->source.length, .last = true};
  if (t->splitter && !in->read_target) span = ig_sentences_next(t->splitter);
  ig_window_input input = {
      .number = in->number,
      .prefix = {text + span.prefix_begin, span.prefix_end - span.prefix_begin},
      .source = {text + span.begin, span.end - span.begin},
      .gap = {text + span.gap, span.begin - span.gap},
      .target = in->target,
      .ends_line = span.last,
      .share = take_share(in, &span)};
  in->in_line = !span.last;
  IG_TRY(join_prefix(t, in, &input.prefix, err));
  IG_TRY(ig_window_add(&t->window, &input, err));
  const ig_text_span gap = t->window.sentences[t->window.count - 1].gap;
  if (!in->keeps_breaks) ig_translation_flatten(t->window.text + gap.begin, gap.length);
  return IG_OK;
}

// Finding the sentences of a long text takes a while: the interrupter is looked at for each.
static ig_status add_sentences(ig_translator *t, ig_stream_input *in, ig_error *err) {
  while (in->in_line && !ig_window_full(&t->window)) {
    IG_TRY(check_interrupted(t, err));
    IG_TRY(add_sentence(t, in, err));
  }
  return IG_OK;
}

ig_status ig_stream_input_fill(ig_stream_input *in, ig_translator *t, ig_error *err) {
  const ig_line_stream *stream = in->stream;
  for (;;) {
    IG_TRY(check_interrupted(t, err));
    if (!in->in_line) IG_TRY(read_line(t, in, err));
    if (in->ended) return IG_OK;
    IG_TRY(add_sentences(t, in, err));
    if (in->in_line) return IG_OK;
    // Asked of a full window too: the stream learns that the next read may have to wait.
    if (stream->ready && !stream->ready(stream->context)) return IG_OK;
    if (ig_window_full(&t->window)) return IG_OK;
  }
}

void ig_stream_input_end(ig_stream_input *in, ig_translator *t) {
  free(in->prefix);
  ig_text_repair *both[] = {&in->sources, &in->targets};
  for (int side = 0; side < 2; side++) {
    ig_text_repair_end(both[side]);
    t->stats.repaired += both[side]->lines;
    ig_text_repair_free(both[side]);
  }
}
