// Reads text in blocks of lines, tokenizes each block in parallel, and keeps the ids.
#include "data/text_corpus.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/size.h"
#include "io/lines.h"
#include "text/sentencepiece.h"
#include "text/tokenizer_pairs.h"
#include "text/utf8.h"

#define TASKS 64
#define TASK_LINES 64
#define BLOCK_LINES (TASKS * TASK_LINES)
#define BLOCK_BYTES ((size_t)16 << 20)  // after which no line is added to a block

// What a task makes of its lines.
typedef struct encoded_lines {
  ig_text_tokens tokens;  // of the line last read
  ig_ids ids;             // of all sequences, one after the other
  ig_ids ends;            // where each of them ends
  ig_text_corpus_counts counts;
  uint64_t unknown;  // tokens
  ig_tally parts;    // the text of these
} encoded_lines;

typedef struct text_loader {
  const ig_corpus_options *options;
  ig_corpus *corpus;
  ig_text_corpus_counts *counts;
  ig_tokenizer_frame frame;
  size_t room;  // tokens of the text in a sequence
  const char *path;
  char *bytes;  // of a block's lines, each NUL-terminated
  size_t size, capacity;
  size_t begin[BLOCK_LINES + 1];
  size_t lines, first_line;  // in the block; the number of the first of them in the file
  encoded_lines part[TASKS];
  size_t id_capacity, offset_capacity;
} text_loader;

// ---- one line ---------------------------------------------------------------

static ig_status note_unknown(void *context, const char *text, size_t length, int id,
                              ig_error *err) {
  (void)id;
  return ig_tally_add(context, text, length, 1, err);
}

// Only a line with <unk> is looked at twice.
static ig_status count_unknown(const text_loader *l, encoded_lines *part, const char *line,
                               size_t length, ig_error *err) {
  const ig_ids *ids = &part->tokens.ids;
  const int unknown = ig_tokenizer_unk_id(l->options->tokenizer, IG_SIDE_SOURCE);
  const uint64_t before = part->unknown;
  for (size_t i = 0; i < ids->count; i++) part->unknown += ids->ids[i] == unknown;
  if (part->unknown == before) return IG_OK;
  const ig_piece_sink sink = {.piece = note_unknown, .context = &part->parts};
  return ig_tokenizer_find_unknown(l->options->tokenizer, IG_SIDE_SOURCE, line, length, &sink, err);
}

static ig_status append_ids(ig_ids *list, const int *ids, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(list, ids[i], err));
  return IG_OK;
}

static ig_status add_sequence(const text_loader *l, encoded_lines *part, size_t begin, size_t end,
                              ig_error *err) {
  const ig_ids *before = &l->frame.before.ids, *after = &l->frame.after.ids;
  IG_TRY(append_ids(&part->ids, before->ids, before->count, err));
  IG_TRY(append_ids(&part->ids, part->tokens.ids.ids + begin, end - begin, err));
  IG_TRY(append_ids(&part->ids, after->ids, after->count, err));
  return ig_ids_append(&part->ends, (int)part->ids.count, err);
}

static ig_status encode_line(const text_loader *l, encoded_lines *part, const char *line,
                             size_t length, ig_error *err) {
  IG_TRY(ig_tokenizer_pairs_encode(l->options->tokenizer, line, length, &part->tokens, err));
  const size_t count = part->tokens.ids.count, sequences = (count + l->room - 1) / l->room;
  part->counts.empty += count == 0;
  part->counts.cut += sequences > 1;
  IG_TRY(count_unknown(l, part, line, length, err));
  for (size_t i = 0; i < sequences; i++)
    IG_TRY(add_sequence(l, part, count * i / sequences, count * (i + 1) / sequences, err));
  return IG_OK;
}

// ---- blocks of lines --------------------------------------------------------

static ig_status encode_part(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  text_loader *l = context;
  encoded_lines *part = &l->part[index];
  const size_t first = index * TASK_LINES, last = ig_size_smaller(first + TASK_LINES, l->lines);
  part->ids.count = part->ends.count = 0;
  for (size_t i = first; i < last; i++) {
    const size_t length = l->begin[i + 1] - l->begin[i] - 1;
    ig_error why = {0};
    const ig_status status = encode_line(l, part, l->bytes + l->begin[i], length, &why);
    if (status != IG_OK)
      return ig_fail(err, status, "%s:%zu: %.800s", l->path, l->first_line + i, why.message);
  }
  return IG_OK;
}

static ig_status append_part(text_loader *l, const encoded_lines *part, ig_error *err) {
  ig_corpus *c = l->corpus;
  const size_t used = c->offsets[0][c->pairs];
  IG_TRY(ig_allocate_more((void **)&c->ids[0], &l->id_capacity, used + part->ids.count,
                          sizeof **c->ids, err));
  IG_TRY(ig_allocate_more((void **)&c->offsets[0], &l->offset_capacity,
                          c->pairs + part->ends.count + 1, sizeof **c->offsets, err));
  for (size_t i = 0; i < part->ids.count; i++) c->ids[0][used + i] = part->ids.ids[i];
  for (size_t i = 0; i < part->ends.count; i++)
    c->offsets[0][++c->pairs] = used + (size_t)part->ends.ids[i];
  return IG_OK;
}

static ig_status take_block(text_loader *l, ig_error *err) {
  const size_t parts = (l->lines + TASK_LINES - 1) / TASK_LINES;
  IG_TRY(ig_pool_try(l->options->pool, parts, encode_part, l, err));
  for (size_t i = 0; i < parts; i++) IG_TRY(append_part(l, &l->part[i], err));
  l->corpus->lines += l->lines;
  return IG_OK;
}

static ig_status read_block(text_loader *l, ig_lines *file, bool *ended, ig_error *err) {
  l->lines = l->size = l->begin[0] = 0;
  while (l->lines < BLOCK_LINES && l->size < BLOCK_BYTES) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(file, &line, &length, err));
    *ended = !line;
    if (*ended) return IG_OK;
    IG_TRY(ig_allocate_more((void **)&l->bytes, &l->capacity, l->size + length + 1, 1, err));
    memcpy(l->bytes + l->size, line, length + 1);
    l->size += length + 1;
    l->begin[++l->lines] = l->size;
  }
  return IG_OK;
}

static ig_status load_lines(text_loader *l, ig_lines *file, ig_error *err) {
  bool ended = false;
  for (l->first_line = 1; !ended; l->first_line += l->lines) {
    IG_TRY(read_block(l, file, &ended, err));
    IG_TRY(take_block(l, err));
  }
  return IG_OK;
}

// ---- files ------------------------------------------------------------------

static ig_status open_lines(const char *path, bool strict, const ig_reporter *reporter,
                            ig_lines **out, ig_error *err) {
  ig_lines_options reading = {.bad_bytes = strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  if (reporter) reading.reporter = *reporter;
  // Data are read more than once, which a pipe cannot be.
  IG_TRY(ig_file_check_regular(path, err));
  return ig_lines_open(path, &reading, out, err);
}

static ig_status load_file(text_loader *l, const char *path, ig_error *err) {
  ig_lines *file;
  IG_TRY(open_lines(path, l->options->strict, l->options->reporter, &file, err));
  l->path = path;
  const ig_status status = load_lines(l, file, err);
  l->corpus->repaired += ig_lines_repaired(file);
  ig_lines_close(file);
  return status;
}

static ig_status make_room(text_loader *l, ig_error *err) {
  IG_TRY(ig_tokenizer_pairs_single_frame(l->options->tokenizer, &l->frame, err));
  const size_t beside = l->frame.before.ids.count + l->frame.after.ids.count,
               most = (size_t)l->options->max_length;
  if (most <= beside)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "data.max_length: expected more than the %zu special tokens beside a text, "
                   "found %zu",
                   beside, most);
  l->room = most - beside;
  IG_TRY(ig_allocate_more((void **)&l->corpus->offsets[0], &l->offset_capacity, 1,
                          sizeof **l->corpus->offsets, err));
  l->corpus->offsets[0][0] = 0;
  return IG_OK;
}

// What all tasks have met, in the order of the tasks.
static ig_status add_up(text_loader *l, ig_error *err) {
  ig_corpus_unknown *unknown = &l->corpus->unknown[IG_SIDE_SOURCE];
  for (size_t t = 0; t < TASKS; t++) {
    const encoded_lines *part = &l->part[t];
    l->counts->empty += part->counts.empty;
    l->counts->cut += part->counts.cut;
    unknown->tokens += part->unknown;
    for (int id = 0; id < part->parts.texts.size; id++) {
      const char *text = part->parts.texts.tokens[id];
      IG_TRY(ig_tally_add(&unknown->parts, text, strlen(text), part->parts.counts[id], err));
    }
  }
  return IG_OK;
}

static void free_loader(text_loader *l) {
  for (size_t t = 0; t < TASKS; t++) {
    ig_tokenizer_pairs_free_tokens(&l->part[t].tokens);
    ig_ids_free(&l->part[t].ids);
    ig_ids_free(&l->part[t].ends);
    ig_tally_free(&l->part[t].parts);
  }
  ig_tokenizer_frame_free(&l->frame);
  free(l->bytes);
  free(l);
}

ig_status ig_text_corpus_load(const ig_text_files *files, const ig_corpus_options *options,
                              ig_corpus *out, ig_text_corpus_counts *counts, ig_error *err) {
  *out = (ig_corpus){0};
  *counts = (ig_text_corpus_counts){0};
  text_loader *l = ig_allocate(1, sizeof *l, err);
  if (!l) return IG_ERROR_MEMORY;
  l->options = options;
  l->corpus = out;
  l->counts = counts;
  ig_status status = make_room(l, err);
  for (size_t f = 0; status == IG_OK && f < files->count; f++)
    status = load_file(l, files->paths[f], err);
  if (status == IG_OK) status = add_up(l, err);
  free_loader(l);
  out->ids[IG_SIDE_TARGET] = out->ids[IG_SIDE_SOURCE];
  out->offsets[IG_SIDE_TARGET] = out->offsets[IG_SIDE_SOURCE];
  out->one_text = true;
  if (status != IG_OK) ig_corpus_free(out);
  return status;
}

static ig_status survey_file(const char *path, bool strict, bool *found, ig_error *err) {
  ig_lines *file;
  const char *line = "";
  size_t length;
  IG_TRY(open_lines(path, strict, NULL, &file, err));
  ig_status status = IG_OK;
  while (status == IG_OK && line) {
    status = ig_lines_next(file, &line, &length, err);
    if (status != IG_OK || !line) break;
    ig_utf8_strip(&line, &length);
    *found |= length > 0;
  }
  ig_lines_close(file);
  return status;
}

ig_status ig_text_corpus_survey(const ig_text_files *files, bool strict, ig_error *err) {
  bool found = false;
  for (size_t f = 0; f < files->count; f++)
    IG_TRY(survey_file(files->paths[f], strict, &found, err));
  if (found || files->count == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s%s: expected lines of text, found none", files->paths[0],
                 files->count > 1 ? " and the others" : "");
}
