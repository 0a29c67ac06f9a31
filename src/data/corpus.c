// Reads parallel text in blocks of lines, tokenizes each block in parallel, and keeps the ids.
#include "data/corpus.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/size.h"
#include "io/lines.h"
#include "text/sentencepiece.h"
#include "text/utf8.h"

#define BLOCK_LINES 16384  // read before they are tokenized
#define TASK_LINES 128     // tokenized by one task

// Lines of one side of a block: bytes back to back, each line NUL-terminated.
typedef struct line_block {
  char *bytes;
  size_t size, capacity;
  size_t begin[BLOCK_LINES + 1];
} line_block;

// What a task makes of its lines.
typedef struct encoded_part {
  ig_ids ids;
  size_t end[TASK_LINES];  // ids up to the end of each line
  // What became <unk>, each NUL-terminated, and the bytes of it up to the end of each line.
  char *unknown;
  size_t unknown_size, unknown_capacity, unknown_end[TASK_LINES];
} encoded_part;

#define TASKS (BLOCK_LINES / TASK_LINES)

typedef struct corpus_loader {
  const ig_corpus_options *options;
  ig_corpus *corpus;
  line_block block[2];
  encoded_part part[2][TASKS];
  size_t lines;             // in the block
  size_t first_line;        // the block's, in its files: from 1
  const char *const *path;  // [2], of its files: for messages
  size_t ids_capacity[2], offsets_capacity[2], text_capacity[2], line_capacity;
} corpus_loader;

static ig_status keep_line(line_block *block, size_t index, const char *line, size_t length,
                           ig_error *err) {
  IG_TRY(
      ig_allocate_more((void **)&block->bytes, &block->capacity, block->size + length + 1, 1, err));
  memcpy(block->bytes + block->size, line, length);
  block->bytes[block->size + length] = '\0';
  block->size += length + 1;
  block->begin[index + 1] = block->size;
  return IG_OK;
}

static ig_status keep_unknown(void *context, const char *text, size_t length, int id,
                              ig_error *err) {
  (void)id;
  encoded_part *part = context;
  const size_t size = part->unknown_size + length + 1;
  IG_TRY(ig_allocate_more((void **)&part->unknown, &part->unknown_capacity, size, 1, err));
  memcpy(part->unknown + part->unknown_size, text, length);
  part->unknown[size - 1] = '\0';
  part->unknown_size = size;
  return IG_OK;
}

// Encodes a line to the end of the part. Only a line with <unk> is looked at twice.
static ig_status encode_line(const ig_tokenizer *t, ig_side side, const char *line, size_t length,
                             encoded_part *part, ig_error *err) {
  const size_t before = part->ids.count;
  IG_TRY(side == IG_SIDE_SOURCE ? ig_tokenizer_encode_source(t, line, length, &part->ids, err)
                                : ig_tokenizer_encode_target(t, line, length, &part->ids, err));
  const int unknown = ig_tokenizer_unk_id(t, side);
  for (size_t i = before; i < part->ids.count; i++)
    if (part->ids.ids[i] == unknown) {
      const ig_piece_sink sink = {.piece = keep_unknown, .context = part};
      return ig_tokenizer_find_unknown(t, side, line, length, &sink, err);
    }
  return IG_OK;
}

// Task 2 * p + side encodes part p of one side of the block. Both sides of a part are neighbours,
// so the error that ig_pool_try returns is that of the first bad part.
static ig_status encode_part(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  corpus_loader *l = context;
  const ig_side side = index % 2 ? IG_SIDE_TARGET : IG_SIDE_SOURCE;
  encoded_part *part = &l->part[side][index / 2];
  const line_block *block = &l->block[side];
  const size_t first = index / 2 * TASK_LINES, last = ig_size_smaller(first + TASK_LINES, l->lines);
  part->ids.count = 0;
  part->unknown_size = 0;
  for (size_t i = first; i < last; i++) {
    const char *line = block->bytes + block->begin[i];
    const size_t length = block->begin[i + 1] - block->begin[i] - 1;
    ig_error why = {0};
    const ig_status status = encode_line(l->options->tokenizer, side, line, length, part, &why);
    if (status != IG_OK)
      return ig_fail(err, status, "%s:%zu: %.800s", l->path[side], l->first_line + i, why.message);
    part->end[i - first] = part->ids.count;
    part->unknown_end[i - first] = part->unknown_size;
  }
  return IG_OK;
}

static ig_status append_side(corpus_loader *l, int side, const int *ids, size_t count,
                             ig_error *err) {
  ig_corpus *c = l->corpus;
  const size_t used = c->offsets[side][c->pairs];
  IG_TRY(ig_allocate_more((void **)&c->ids[side], &l->ids_capacity[side], used + count,
                          sizeof **c->ids, err));
  IG_TRY(ig_allocate_more((void **)&c->offsets[side], &l->offsets_capacity[side], c->pairs + 2,
                          sizeof **c->offsets, err));
  for (size_t i = 0; i < count; i++) c->ids[side][used + i] = ids[i];
  c->offsets[side][c->pairs + 1] = used + count;
  return IG_OK;
}

// Counts what of a line of the block became <unk>.
static ig_status count_unknown(corpus_loader *l, int side, size_t line, ig_error *err) {
  const encoded_part *part = &l->part[side][line / TASK_LINES];
  ig_corpus_unknown *unknown = &l->corpus->unknown[side];
  const size_t i = line % TASK_LINES, ids_begin = i ? part->end[i - 1] : 0;
  if (part->unknown_end[i] == (i ? part->unknown_end[i - 1] : 0)) return IG_OK;
  const int id = ig_tokenizer_unk_id(l->options->tokenizer, (ig_side)side);
  for (size_t t = ids_begin; t < part->end[i]; t++) unknown->tokens += part->ids.ids[t] == id;
  for (size_t at = i ? part->unknown_end[i - 1] : 0; at < part->unknown_end[i];) {
    const size_t length = strlen(part->unknown + at);
    IG_TRY(ig_tally_add(&unknown->parts, part->unknown + at, length, 1, err));
    at += length + 1;
  }
  return IG_OK;
}

static void note_late_code(corpus_loader *l, int side, size_t line) {
  const line_block *block = &l->block[side];
  const char *code, *text = block->bytes + block->begin[line];
  const size_t length = block->begin[line + 1] - block->begin[line] - 1;
  if (ig_tokenizer_late_code(l->options->tokenizer, text, length, &code) == 0) return;
  if (l->corpus->late_codes++ > 0) return;
  l->corpus->late_code_path = l->path[side];
  l->corpus->late_code_line = l->first_line + line;
}

// Counts a pair that is left out.
static void leave_out_pair(corpus_loader *l, size_t line, size_t *count) {
  (*count)++;
  if (l->corpus->left_out_path) return;
  l->corpus->left_out_path = l->path[IG_SIDE_SOURCE];
  l->corpus->left_out_line = l->first_line + line;
}

static ig_status append_pair(corpus_loader *l, size_t line, ig_error *err) {
  const int *ids[2];
  size_t count[2];
  for (int side = 0; side < 2; side++) {
    const encoded_part *part = &l->part[side][line / TASK_LINES];
    const size_t i = line % TASK_LINES, begin = i ? part->end[i - 1] : 0;
    ids[side] = part->ids.ids + begin;
    count[side] = part->end[i] - begin;
  }
  const size_t limit =
      l->options->max_length > 0 ? (size_t)l->options->max_length : (size_t)INT32_MAX;
  if (count[0] <= 1 || count[1] <= 1) {  // the end token alone
    leave_out_pair(l, line, &l->corpus->empty);
  } else if (count[0] > limit || count[1] > limit) {
    leave_out_pair(l, line, &l->corpus->too_long);
  } else {
    for (int side = 0; side < 2; side++) {
      IG_TRY(append_side(l, side, ids[side], count[side], err));
      IG_TRY(count_unknown(l, side, line, err));
      note_late_code(l, side, line);
    }
    if (l->options->keep_text) {
      IG_TRY(ig_allocate_more((void **)&l->corpus->line, &l->line_capacity, l->corpus->pairs + 1,
                              sizeof *l->corpus->line, err));
      l->corpus->line[l->corpus->pairs] = l->corpus->lines + line;
    }
    l->corpus->pairs++;
  }
  return IG_OK;
}

static void count_letters(const line_block *block, uint64_t *letters) {
  for (size_t i = 0, step; i < block->size; i += step)
    letters[ig_utf8_decode(block->bytes + i, &step)]++;
}

static ig_status keep_block_text(corpus_loader *l, ig_error *err) {
  ig_corpus *c = l->corpus;
  for (int side = 0; side < 2; side++) {
    IG_TRY(ig_allocate_more((void **)&c->text[side], &l->text_capacity[side], c->lines + l->lines,
                            sizeof **c->text, err));
    memset(c->text[side] + c->lines, 0, l->lines * sizeof **c->text);
  }
  const size_t first = c->lines;
  c->lines += l->lines;  // from here on ig_corpus_free releases the block's strings
  for (int side = 0; side < 2; side++) {
    const line_block *block = &l->block[side];
    for (size_t i = 0; i < l->lines; i++) {
      c->text[side][first + i] = ig_allocate_copy(block->bytes + block->begin[i],
                                                  block->begin[i + 1] - block->begin[i] - 1, err);
      if (!c->text[side][first + i]) return IG_ERROR_MEMORY;
    }
  }
  return IG_OK;
}

// Tokenizes the block and appends it.
static ig_status take_block(corpus_loader *l, ig_error *err) {
  const size_t parts = (l->lines + TASK_LINES - 1) / TASK_LINES;
  IG_TRY(ig_pool_try(l->options->pool, 2 * parts, encode_part, l, err));
  if (l->options->target_letters)
    count_letters(&l->block[IG_SIDE_TARGET], l->options->target_letters);
  for (size_t i = 0; i < l->lines; i++) IG_TRY(append_pair(l, i, err));
  if (l->options->keep_text) return keep_block_text(l, err);
  l->corpus->lines += l->lines;
  return IG_OK;
}

ig_status ig_corpus_fail_unequal(ig_lines *const file[2], const char *const path[2], ig_side longer,
                                 ig_error *err) {
  const char *next;
  size_t length;
  do {
    IG_TRY(ig_lines_next(file[longer], &next, &length, err));
  } while (next);
  return ig_fail(
      err, IG_ERROR_FORMAT,
      "%s has %zu line%s, %s has %zu: expected as many, one the translation of the other", path[0],
      ig_lines_number(file[0]), ig_lines_number(file[0]) == 1 ? "" : "s", path[1],
      ig_lines_number(file[1]));
}

// Reads lines of both files until the block is full or both have ended: then *ended is true.
static ig_status read_line_block(corpus_loader *l, ig_lines *const file[2],
                                 const char *const path[2], bool *ended, ig_error *err) {
  l->lines = l->block[0].size = l->block[1].size = 0;
  l->block[0].begin[0] = l->block[1].begin[0] = 0;
  while (l->lines < BLOCK_LINES) {
    const char *line[2];
    size_t length[2];
    for (int side = 0; side < 2; side++)
      IG_TRY(ig_lines_next(file[side], &line[side], &length[side], err));
    if (!line[0] != !line[1])
      return ig_corpus_fail_unequal(file, path, line[0] ? IG_SIDE_SOURCE : IG_SIDE_TARGET, err);
    *ended = !line[0];
    if (*ended) break;
    for (int side = 0; side < 2; side++)
      IG_TRY(keep_line(&l->block[side], l->lines, line[side], length[side], err));
    l->lines++;
  }
  return IG_OK;
}

static ig_status load_opened(corpus_loader *l, ig_lines *const file[2], const char *const path[2],
                             ig_error *err) {
  bool ended = false;
  l->path = path;
  for (l->first_line = 1; !ended; l->first_line += l->lines) {
    IG_TRY(read_line_block(l, file, path, &ended, err));
    IG_TRY(take_block(l, err));
  }
  return IG_OK;
}

static ig_status load_pair(corpus_loader *l, const char *const path[2],
                           const ig_lines_options *reading, ig_error *err) {
  ig_lines *file[2] = {NULL, NULL};
  // Data are read more than once, which a pipe cannot be.
  for (int side = 0; side < 2; side++) IG_TRY(ig_file_check_regular(path[side], err));
  ig_status status = ig_lines_open(path[0], reading, &file[0], err);
  if (status == IG_OK) status = ig_lines_open(path[1], reading, &file[1], err);
  if (status == IG_OK) status = load_opened(l, file, path, err);
  for (int side = 0; side < 2; side++) {
    if (file[side]) l->corpus->repaired += ig_lines_repaired(file[side]);
    ig_lines_close(file[side]);
  }
  return status;
}

static ig_lines_options reading_options(bool strict, const ig_reporter *reporter) {
  ig_lines_options options = {.bad_bytes = strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  if (reporter) options.reporter = *reporter;
  return options;
}

static ig_status load_files(corpus_loader *l, const ig_corpus_files *files, ig_error *err) {
  for (int side = 0; side < 2; side++) {
    IG_TRY(ig_allocate_more((void **)&l->corpus->offsets[side], &l->offsets_capacity[side], 1,
                            sizeof **l->corpus->offsets, err));
    l->corpus->offsets[side][0] = 0;
  }
  const ig_lines_options reading = reading_options(l->options->strict, l->options->reporter);
  for (size_t f = 0; f < files->count; f++)
    IG_TRY(load_pair(l, (const char *[]){files->source[f], files->target[f]}, &reading, err));
  return IG_OK;
}

ig_status ig_corpus_load(const ig_corpus_files *files, const ig_corpus_options *options,
                         ig_corpus *out, ig_error *err) {
  *out = (ig_corpus){0};
  corpus_loader *l = ig_allocate(1, sizeof *l, err);
  if (!l) return IG_ERROR_MEMORY;
  l->options = options;
  l->corpus = out;
  const ig_status status = load_files(l, files, err);
  for (int side = 0; side < 2; side++) {
    free(l->block[side].bytes);
    for (size_t t = 0; t < TASKS; t++) {
      ig_ids_free(&l->part[side][t].ids);
      free(l->part[side][t].unknown);
    }
  }
  free(l);
  if (status != IG_OK) ig_corpus_free(out);
  return status;
}

void ig_corpus_free(ig_corpus *c) {
  if (c->one_text) {
    c->ids[IG_SIDE_TARGET] = NULL;
    c->offsets[IG_SIDE_TARGET] = NULL;
  }
  for (int side = 0; side < 2; side++) {
    free(c->ids[side]);
    free(c->offsets[side]);
    for (size_t i = 0; c->text[side] && i < c->lines; i++) free(c->text[side][i]);
    free(c->text[side]);
    ig_tally_free(&c->unknown[side].parts);
  }
  free(c->line);
  *c = (ig_corpus){0};
}

// FNV-1a, over words in place of bytes.
uint64_t ig_corpus_fingerprint(const ig_corpus *c) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (int side = 0; side < 2; side++) {
    for (size_t p = 0; p < c->pairs; p++)
      hash = (hash ^ ig_corpus_length(c, (ig_side)side, p)) * 0x100000001B3u;
    const size_t count = c->offsets[side] ? c->offsets[side][c->pairs] : 0;
    for (size_t i = 0; i < count; i++) hash = (hash ^ (uint32_t)c->ids[side][i]) * 0x100000001B3u;
  }
  return hash;
}
