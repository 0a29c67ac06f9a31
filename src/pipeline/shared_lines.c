#include "pipeline/shared_lines.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/report.h"

enum {
  MOST_LINES = 1024,  // of a block: enough to sort sentences by length
  USUAL_LINES = 256,  // where nobody knows how many lines there are
  FEWEST_LINES = 16,
  MOST_BYTES = 4 << 20,  // but a single line may be longer
};

// Texts one after the other, each with a NUL at its end. Start from {0}; free(bytes).
typedef struct text_list {
  char *bytes;
  size_t size, capacity;
  size_t count;
  size_t at;  // of reading
} text_list;

static ig_status add_text(text_list *list, const char *text, size_t length, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&list->bytes, &list->capacity,
                          list->size + sizeof length + length + 1, 1, err));
  memcpy(list->bytes + list->size, &length, sizeof length);
  memcpy(list->bytes + list->size + sizeof length, text, length);
  list->size += sizeof length + length + 1;
  list->bytes[list->size - 1] = '\0';
  list->count++;
  return IG_OK;
}

// NULL: there is no further one.
static const char *next_text(text_list *list, size_t *length) {
  if (list->at >= list->size) return NULL;
  memcpy(length, list->bytes + list->at, sizeof *length);
  const char *text = list->bytes + list->at + sizeof *length;
  list->at += sizeof *length + *length + 1;
  return text;
}

static void clear_texts(text_list *list) {
  list->size = 0;
  list->count = 0;
  list->at = 0;
}

// Lines that a rank translates, and what comes of them.
typedef struct dealt_block {
  size_t lines_before;
  text_list lines, output, warnings;
  ig_status status;
  ig_error err;
} dealt_block;

static void free_block(dealt_block *b) {
  free(b->lines.bytes);
  free(b->output.bytes);
  free(b->warnings.bytes);
}

// ---- a block as a stream ----------------------------------------------------

static ig_status read_block(void *context, const char **line, size_t *length, ig_error *err) {
  (void)err;
  dealt_block *b = context;
  *line = next_text(&b->lines, length);
  return IG_OK;
}

static ig_status write_block(void *context, const char *line, size_t length, ig_error *err) {
  dealt_block *b = context;
  return add_text(&b->output, line, length, err);
}

// A warning that finds no memory is lost with the memory's own error to come.
static void keep_warning(void *context, ig_level level, const char *text) {
  dealt_block *b = context;
  if (level == IG_LEVEL_WARNING) add_text(&b->warnings, text, strlen(text), NULL);
}

static void translate_block(ig_translator *t, ig_stream_input *in, dealt_block *b) {
  const ig_line_stream stream = {
      .read = read_block, .write = write_block, .context = b, .lines_before = b->lines_before};
  b->err = (ig_error){0};
  b->status = ig_translate_lines_windows(t, in, &stream, &b->err);
}

// ---- on the wire ------------------------------------------------------------

// What goes before the texts of a block.
typedef struct block_head {
  uint64_t lines_before, count, bytes, warnings, warning_bytes;
  int status;
  ig_error err;
} block_head;

static ig_status send_texts(ig_cluster *c, int rank, const text_list *list, ig_error *err) {
  if (list->size == 0) return IG_OK;
  return ig_cluster_transfer(
      c, &(ig_cluster_message){.rank = rank, .send = list->bytes, .bytes = list->size}, 1, err);
}

static ig_status send_head(ig_cluster *c, int rank, const block_head *head, ig_error *err) {
  return ig_cluster_transfer(
      c, &(ig_cluster_message){.rank = rank, .send = head, .bytes = sizeof *head}, 1, err);
}

static ig_status receive_head(ig_cluster *c, int rank, block_head *head, ig_error *err) {
  return ig_cluster_transfer(
      c, &(ig_cluster_message){.rank = rank, .receive = head, .bytes = sizeof *head}, 1, err);
}

static ig_status receive_texts(ig_cluster *c, int rank, uint64_t count, uint64_t bytes,
                               text_list *list, ig_error *err) {
  clear_texts(list);
  if (bytes == 0) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&list->bytes, &list->capacity, (size_t)bytes, 1, err));
  list->size = (size_t)bytes;
  list->count = (size_t)count;
  return ig_cluster_transfer(
      c, &(ig_cluster_message){.rank = rank, .receive = list->bytes, .bytes = list->size}, 1, err);
}

static ig_status send_result(ig_cluster *c, const dealt_block *b, ig_error *err) {
  const block_head head = {.count = b->output.count,
                           .bytes = b->output.size,
                           .warnings = b->warnings.count,
                           .warning_bytes = b->warnings.size,
                           .status = (int)b->status,
                           .err = b->err};
  IG_TRY(send_head(c, 0, &head, err));
  IG_TRY(send_texts(c, 0, &b->output, err));
  return send_texts(c, 0, &b->warnings, err);
}

static ig_status receive_result(ig_cluster *c, int rank, dealt_block *b, ig_error *err) {
  block_head head;
  IG_TRY(receive_head(c, rank, &head, err));
  b->status = (ig_status)head.status;
  b->err = head.err;
  IG_TRY(receive_texts(c, rank, head.count, head.bytes, &b->output, err));
  return receive_texts(c, rank, head.warnings, head.warning_bytes, &b->warnings, err);
}

// ---- the end ----------------------------------------------------------------

// What the ranks have counted becomes rank 0's.
static ig_status add_counts(ig_translator *t, ig_cluster *c, ig_error *err) {
  const size_t size = (size_t)ig_cluster_size(c);
  typedef struct counts {
    ig_translate_stats stats;
    size_t losses[IG_LOST_COUNT];
  } counts;
  counts own = {.stats = t->stats};
  memcpy(own.losses, t->losses.counts, sizeof own.losses);
  counts *all = ig_allocate(size, sizeof *all, err);
  const ig_status status =
      all ? ig_cluster_gather_all(c, &own, sizeof own, all, err) : IG_ERROR_MEMORY;
  ig_translate_stats *s = &t->stats;
  for (size_t r = 1; status == IG_OK && ig_cluster_rank(c) == 0 && r < size; r++) {
    const ig_translate_stats *o = &all[r].stats;
    for (int kind = 0; kind < IG_LOST_COUNT; kind++) t->losses.counts[kind] += all[r].losses[kind];
    s->sentences += o->sentences;
    s->source_tokens += o->source_tokens;
    s->target_tokens += o->target_tokens;
    s->repaired += o->repaired;
    s->lines += o->lines;
    s->kept_unknowns += o->kept_unknowns;
    s->glossary_terms += o->glossary_terms;
    s->missing_terms += o->missing_terms;
    s->excluded_terms += o->excluded_terms;
    s->drafted_tokens += o->drafted_tokens;
    s->accepted_tokens += o->accepted_tokens;
    s->draft_steps += o->draft_steps;
    s->listed_sentences += o->listed_sentences;
    s->listed_tokens += o->listed_tokens;
  }
  free(all);
  return status;
}

// ---- other ranks ------------------------------------------------------------

static ig_status follow(ig_translator *t, ig_cluster *c, dealt_block *b, ig_error *err) {
  const ig_reporter reporter = {.message = keep_warning, .context = b};
  ig_stream_input in = {0};
  block_head head;
  ig_translate_lines_begin(t, &in, &reporter);
  for (;;) {
    clear_texts(&b->output);
    clear_texts(&b->warnings);
    IG_TRY(receive_head(c, 0, &head, err));
    if (head.count == 0) break;
    IG_TRY(receive_texts(c, 0, head.count, head.bytes, &b->lines, err));
    b->lines_before = (size_t)head.lines_before;
    translate_block(t, &in, b);
    IG_TRY(send_result(c, b, err));
  }
  clear_texts(&b->warnings);
  ig_stream_input_end(&in, t);
  IG_TRY(send_result(c, b, err));
  return add_counts(t, c, err);
}

// ---- rank 0 -----------------------------------------------------------------

typedef struct dealer {
  ig_translator *translator;
  const ig_line_stream *stream;
  const ig_reporter *reporter;
  dealt_block *blocks;  // (ranks)
  size_t lines;         // of a block, at most
  size_t read;          // lines of the text so far, those before the stream included
  bool ended;
} dealer;

static size_t lines_of_block(const ig_line_stream *stream, int size) {
  if (stream->total == 0) return USUAL_LINES;
  const size_t lines = stream->total / (4 * (size_t)size);
  return lines > MOST_LINES ? MOST_LINES : lines < FEWEST_LINES ? FEWEST_LINES : lines;
}

// Reads until the block is full, or the next line has yet to come.
static ig_status fill_block(dealer *d, dealt_block *b, ig_error *err) {
  const ig_line_stream *s = d->stream;
  clear_texts(&b->lines);
  clear_texts(&b->output);
  clear_texts(&b->warnings);
  b->lines_before = d->read;
  while (!d->ended && b->lines.count < d->lines && b->lines.size < MOST_BYTES) {
    const char *line;
    size_t length;
    const ig_status status = s->read(s->context, &line, &length, err);
    if (status != IG_OK) return ig_fail_of_caller(status, "read", err);
    d->ended = !line;
    if (!line) return IG_OK;
    IG_TRY(add_text(&b->lines, line, length, err));
    d->read++;
    if (s->ready && !s->ready(s->context)) return IG_OK;
  }
  return IG_OK;
}

static ig_status send_block(ig_cluster *c, int rank, const dealt_block *b, ig_error *err) {
  const block_head head = {
      .lines_before = b->lines_before, .count = b->lines.count, .bytes = b->lines.size};
  IG_TRY(send_head(c, rank, &head, err));
  return send_texts(c, rank, &b->lines, err);
}

static void tell_warnings(const dealer *d, dealt_block *b) {
  size_t length;
  for (const char *text; (text = next_text(&b->warnings, &length)) != NULL;)
    ig_report(d->reporter, IG_LEVEL_WARNING, "%s", text);
}

static ig_status write_lines(const dealer *d, dealt_block *b, ig_error *err) {
  size_t length;
  for (const char *line; (line = next_text(&b->output, &length)) != NULL;) {
    const ig_status status = d->stream->write(d->stream->context, line, length, err);
    if (status != IG_OK) return ig_fail_of_caller(status, "write", err);
  }
  return IG_OK;
}

// What has come of a block is written, also if it ends with an error.
static ig_status finish_block(const dealer *d, dealt_block *b, ig_error *err) {
  tell_warnings(d, b);
  IG_TRY(write_lines(d, b, err));
  if (b->status != IG_OK && err) *err = b->err;
  return b->status;
}

static void tell_progress(const dealer *d) {
  const ig_progress progress = {.what = "translating",
                                .done = (double)d->read,
                                .total = (double)d->stream->total,
                                .unit = "lines"};
  ig_report_progress(d->reporter, &progress);
}

// Deals a block to each rank, as far as there are lines, and writes all of them. Lines before one
// that cannot be read are written nevertheless.
static ig_status run_round(dealer *d, ig_stream_input *in, ig_cluster *c, ig_error *err) {
  const int size = ig_cluster_size(c);
  int dealt = 0;
  ig_error reading = {0};
  ig_status read = IG_OK;
  for (; dealt < size && read == IG_OK && !d->ended; dealt++) {
    read = fill_block(d, &d->blocks[dealt], &reading);
    if (d->blocks[dealt].lines.count == 0) break;
    if (dealt > 0) IG_TRY(send_block(c, dealt, &d->blocks[dealt], err));
    if (d->stream->ready && !d->ended && !d->stream->ready(d->stream->context)) {
      dealt++;
      break;
    }
  }
  if (dealt > 0) translate_block(d->translator, in, &d->blocks[0]);
  for (int r = 0; r < dealt; r++) {
    if (r > 0) IG_TRY(receive_result(c, r, &d->blocks[r], err));
    IG_TRY(finish_block(d, &d->blocks[r], err));
  }
  tell_progress(d);
  if (read != IG_OK && err) *err = reading;
  return read;
}

// No more lines come: the last warnings and the counts of all ranks.
static ig_status end_round(const dealer *d, ig_cluster *c, ig_error *err) {
  const block_head end = {0};
  for (int r = 1; r < ig_cluster_size(c); r++) IG_TRY(send_head(c, r, &end, err));
  for (int r = 1; r < ig_cluster_size(c); r++) {
    IG_TRY(receive_result(c, r, &d->blocks[r], err));
    tell_warnings(d, &d->blocks[r]);
  }
  return add_counts(d->translator, c, err);
}

static ig_status deal(dealer *d, ig_cluster *c, ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_reporter own = {.message = keep_warning, .context = &d->blocks[0]};
  ig_stream_input in = {0};
  ig_translator *t = d->translator;
  ig_translate_lines_tell(t, &in, d->reporter);
  ig_translate_lines_begin(t, &in, &own);
  ig_status status = IG_OK;
  while (status == IG_OK && !d->ended) status = run_round(d, &in, c, err);
  ig_stream_input_end(&in, t);
  tell_warnings(d, &d->blocks[0]);
  if (status == IG_OK) status = end_round(d, c, err);
  t->losses.reporter = d->reporter;
  ig_losses_end(&t->losses, &t->stats);
  t->stats.seconds += ig_clock_seconds() - begin;
  return status;
}

ig_status ig_shared_lines_run(ig_translator *t, const ig_line_stream *stream,
                              const ig_reporter *reporter, ig_error *err) {
  ig_cluster *c = stream->cluster;
  const int size = ig_cluster_size(c);
  if (ig_review_options_align(&t->review) || t->on_token.write)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "alignments and tokens as they come are told by one process: start it alone");
  dealt_block *blocks = ig_allocate((size_t)size, sizeof *blocks, err);
  if (!blocks) return IG_ERROR_MEMORY;
  dealer d = {.translator = t,
              .stream = stream,
              .reporter = reporter,
              .blocks = blocks,
              .lines = lines_of_block(stream, size),
              .read = stream->lines_before};
  const ig_status status = ig_cluster_rank(c) > 0 ? follow(t, c, blocks, err) : deal(&d, c, err);
  for (int r = 0; r < size; r++) free_block(&blocks[r]);
  free(blocks);
  return status;
}
