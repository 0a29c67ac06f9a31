// Reads parallel text in blocks of lines, tokenizes each block in parallel, and keeps the ids.
#include "data/corpus_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/size.h"
#include "io/pairs.h"
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
  // Of each line, the tokens of its own text: without its tag and the end; 0: it has no text.
  size_t own[TASK_LINES];
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
  size_t lines;                // in the block
  size_t number[BLOCK_LINES];  // of each line, in its file: from 1
  size_t before[BLOCK_LINES];  // bytes of the tag, with its space, before each source; 0: no tag
  const char *const *path;     // [2], of its files: for messages
  const char *tag;             // before each source text of these files; NULL: nothing
  ig_pair_filter filter;
  size_t ids_capacity[2], offsets_capacity[2], text_capacity[2], line_capacity;
} corpus_loader;

static ig_status add_bytes(line_block *block, const char *bytes, size_t count, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&block->bytes, &block->capacity, block->size + count, 1, err));
  memcpy(block->bytes + block->size, bytes, count);
  block->size += count;
  return IG_OK;
}

static bool has_text(const char *text, size_t length) {
  ig_utf8_strip_begin(&text, &length);
  return length > 0;
}

// Begins a source with the tag. One without text stays without.
static ig_status keep_tag(corpus_loader *l, const ig_pair *pair, ig_error *err) {
  line_block *block = &l->block[IG_SIDE_SOURCE];
  l->before[l->lines] = 0;
  if (!l->tag || !has_text(pair->text[IG_SIDE_SOURCE], pair->length[IG_SIDE_SOURCE])) return IG_OK;
  IG_TRY(add_bytes(block, l->tag, strlen(l->tag), err));
  IG_TRY(add_bytes(block, " ", 1, err));
  l->before[l->lines] = strlen(l->tag) + 1;
  return IG_OK;
}

static ig_status keep_line(line_block *block, size_t index, const char *line, size_t length,
                           ig_error *err) {
  IG_TRY(add_bytes(block, line, length, err));
  IG_TRY(add_bytes(block, "", 1, err));
  block->begin[index + 1] = block->size;
  return IG_OK;
}

static const char *line_of(const line_block *block, size_t index, size_t *length) {
  *length = block->begin[index + 1] - block->begin[index] - 1;
  return block->bytes + block->begin[index];
}

// A line as its file has it.
static const char *own_text(const corpus_loader *l, int side, size_t index, size_t *length) {
  const size_t before = side == IG_SIDE_SOURCE ? l->before[index] : 0;
  const char *line = line_of(&l->block[side], index, length);
  *length -= before;
  return line + before;
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

static ig_status encode_text(const ig_tokenizer *t, ig_side side, const char *text, size_t length,
                             ig_ids *ids, ig_error *err) {
  return side == IG_SIDE_SOURCE ? ig_tokenizer_encode_source(t, text, length, ids, err)
                                : ig_tokenizer_encode_target(t, text, length, ids, err);
}

// Tokenizers that know codes from their vocabulary alone look for one where a text begins. ids: of
// the text with its tag, and from `own` on without it, which begin with the code's.
static ig_status check_code(const corpus_loader *l, size_t index, const int *ids, size_t own,
                            ig_error *err) {
  size_t length;
  const char *text = own_text(l, IG_SIDE_SOURCE, index, &length);
  const size_t code = ig_tokenizer_code_length(text, length);
  if (code == 0) return IG_OK;
  for (size_t i = 0; i < own; i++)
    if (ids[i] == ids[own]) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "'%.*s' is one token only where a text begins, and the tag '%.60s' comes before "
                 "it: expected sources without such codes, or no tag",
                 code < IG_LATE_CODE ? (int)code : IG_LATE_CODE, text, l->tag);
}

// Counts the tokens of a source without its tag. It is encoded once more for that, because a piece
// may join the tag and the text.
static ig_status count_own(const corpus_loader *l, size_t index, encoded_part *part,
                           ig_error *err) {
  const size_t i = index % TASK_LINES, before = part->ids.count, first = i ? part->end[i - 1] : 0;
  size_t length;
  const char *text = own_text(l, IG_SIDE_SOURCE, index, &length);
  IG_TRY(encode_text(l->options->tokenizer, IG_SIDE_SOURCE, text, length, &part->ids, err));
  part->own[i] = part->ids.count - before - 1;
  part->ids.count = before;
  return check_code(l, index, part->ids.ids + first, before - first, err);
}

// Encodes a line to the end of the part. Only a line with <unk> is looked at twice.
static ig_status encode_line(const corpus_loader *l, ig_side side, size_t index, encoded_part *part,
                             ig_error *err) {
  const ig_tokenizer *t = l->options->tokenizer;
  const size_t before = part->ids.count;
  size_t length, *own = &part->own[index % TASK_LINES];
  const char *line = line_of(&l->block[side], index, &length);
  IG_TRY(encode_text(t, side, line, length, &part->ids, err));
  *own = has_text(line, length) ? part->ids.count - before - 1 : 0;
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
  const size_t first = index / 2 * TASK_LINES, last = ig_size_smaller(first + TASK_LINES, l->lines);
  part->ids.count = 0;
  part->unknown_size = 0;
  for (size_t i = first; i < last; i++) {
    ig_error why = {0};
    ig_status status = encode_line(l, side, i, part, &why);
    if (status == IG_OK && side == IG_SIDE_SOURCE && l->before[i])
      status = count_own(l, i, part, &why);
    if (status != IG_OK)
      return ig_fail(err, status, "%s:%zu: %.800s", l->path[side], l->number[i], why.message);
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
  size_t length;
  const char *code, *text = line_of(&l->block[side], line, &length);
  if (ig_tokenizer_late_code(l->options->tokenizer, text, length, &code) == 0) return;
  if (l->corpus->late_codes++ > 0) return;
  l->corpus->late_code_path = l->path[side];
  l->corpus->late_code_line = l->number[line];
}

// Counts a pair that is left out.
static void leave_out_pair(corpus_loader *l, size_t line, size_t *count) {
  (*count)++;
  if (l->corpus->left_out_path) return;
  l->corpus->left_out_path = l->path[IG_SIDE_SOURCE];
  l->corpus->left_out_line = l->number[line];
}

static ig_status append_ids(corpus_loader *l, const int *const ids[2], const size_t count[2],
                            ig_error *err) {
  if (l->corpus->ids_file) return ig_ids_file_append(l->corpus->ids_file, ids, count, err);
  for (int side = 0; side < 2; side++) IG_TRY(append_side(l, side, ids[side], count[side], err));
  return IG_OK;
}

// What the filters say of a pair, whose tag they do not see. own: tokens of each side without it.
static ig_status judge_pair(corpus_loader *l, size_t line, const size_t own[2],
                            ig_pair_verdict *verdict, ig_error *err) {
  ig_pair pair = {.line = l->number[line]};
  *verdict = IG_PAIR_VERDICT_KEPT;
  if (!l->options->filters) return IG_OK;
  for (int side = 0; side < 2; side++)
    pair.text[side] = own_text(l, side, line, &pair.length[side]);
  return ig_pair_filter_judge(&l->filter, &pair, own, verdict, err);
}

// Appends a pair that is neither empty nor too long, if the filters keep it.
static ig_status append_judged(corpus_loader *l, size_t line, const int *const ids[2],
                               const size_t count[2], const size_t own[2], ig_error *err) {
  ig_pair_verdict verdict;
  IG_TRY(judge_pair(l, line, own, &verdict, err));
  if (verdict != IG_PAIR_VERDICT_KEPT) {
    l->corpus->filtered[verdict]++;
    return IG_OK;
  }
  IG_TRY(append_ids(l, ids, count, err));
  for (int side = 0; side < 2; side++) {
    IG_TRY(count_unknown(l, side, line, err));
    note_late_code(l, side, line);
  }
  if (l->options->keep_text) {
    IG_TRY(ig_allocate_more((void **)&l->corpus->line, &l->line_capacity, l->corpus->pairs + 1,
                            sizeof *l->corpus->line, err));
    l->corpus->line[l->corpus->pairs] = l->corpus->lines + line;
  }
  l->corpus->pairs++;
  return IG_OK;
}

static ig_status append_pair(corpus_loader *l, size_t line, ig_error *err) {
  const int *ids[2];
  size_t count[2], own[2];
  for (int side = 0; side < 2; side++) {
    const encoded_part *part = &l->part[side][line / TASK_LINES];
    const size_t i = line % TASK_LINES, begin = i ? part->end[i - 1] : 0;
    ids[side] = part->ids.ids + begin;
    count[side] = part->end[i] - begin;
    own[side] = part->own[i];
  }
  const size_t limit =
      l->options->max_length > 0 ? (size_t)l->options->max_length : (size_t)INT32_MAX;
  if (own[0] == 0 || own[1] == 0) {
    leave_out_pair(l, line, &l->corpus->empty);
  } else if (count[0] > limit || count[1] > limit) {
    leave_out_pair(l, line, &l->corpus->too_long);
  } else {
    IG_TRY(append_judged(l, line, ids, count, own, err));
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
      size_t length;
      const char *line = line_of(block, i, &length);
      c->text[side][first + i] = ig_allocate_copy(line, length, err);
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

// Reads pairs until the block is full or there are no more: then *ended is true.
static ig_status read_block(corpus_loader *l, ig_pairs *pairs, bool *ended, ig_error *err) {
  l->lines = l->block[0].size = l->block[1].size = 0;
  l->block[0].begin[0] = l->block[1].begin[0] = 0;
  while (l->lines < BLOCK_LINES) {
    ig_pair pair;
    IG_TRY(ig_pairs_next(pairs, &pair, err));
    *ended = !pair.text[0];
    if (*ended) break;
    IG_TRY(keep_tag(l, &pair, err));
    for (int side = 0; side < 2; side++)
      IG_TRY(keep_line(&l->block[side], l->lines, pair.text[side], pair.length[side], err));
    l->number[l->lines++] = pair.line;
  }
  return IG_OK;
}

static ig_status load_opened(corpus_loader *l, ig_pairs *pairs, ig_error *err) {
  for (bool ended = false; !ended;) {
    IG_TRY(read_block(l, pairs, &ended, err));
    IG_TRY(take_block(l, err));
  }
  return IG_OK;
}

static ig_status load_input(corpus_loader *l, const ig_corpus_files *files, size_t f,
                            const ig_lines_options *reading, ig_error *err) {
  const ig_pairs_input input = ig_corpus_input(files, f);
  ig_pairs *pairs;
  // Data are read more than once, which a pipe cannot be.
  for (int side = 0; side < 2; side++) IG_TRY(ig_file_check_regular(input.path[side], err));
  IG_TRY(ig_pairs_open(&input, reading, &pairs, err));
  // Messages keep the paths: they are those of the files, which live longer.
  l->path = (const char *const[]){files->source[f], files->target[f]};
  l->tag = files->tags ? files->tags[f] : NULL;
  const ig_status status = load_opened(l, pairs, err);
  l->corpus->repaired += ig_pairs_repaired(pairs);
  l->corpus->without_pair += ig_pairs_left_out(pairs);
  l->corpus->input_ends[f] = l->corpus->pairs;
  ig_pairs_close(pairs);
  return status;
}

static ig_lines_options reading_options(bool strict, const ig_reporter *reporter) {
  ig_lines_options options = {.bad_bytes = strict ? IG_BAD_BYTES_REFUSE : IG_BAD_BYTES_REPAIR};
  if (reporter) options.reporter = *reporter;
  return options;
}

// ---- all files --------------------------------------------------------------

static ig_status begin_ids(corpus_loader *l, ig_error *err) {
  const char *directory = l->options->ids_directory;
  if (directory) return ig_ids_file_create(directory, &l->corpus->ids_file, err);
  for (int side = 0; side < 2; side++) {
    IG_TRY(ig_allocate_more((void **)&l->corpus->offsets[side], &l->offsets_capacity[side], 1,
                            sizeof **l->corpus->offsets, err));
    l->corpus->offsets[side][0] = 0;
  }
  return IG_OK;
}

static ig_status load_files(corpus_loader *l, const ig_corpus_files *files, ig_error *err) {
  IG_TRY(begin_ids(l, err));
  l->corpus->input_ends = ig_allocate(files->count, sizeof *l->corpus->input_ends, err);
  if (!l->corpus->input_ends) return IG_ERROR_MEMORY;
  const ig_lines_options reading = reading_options(l->options->strict, l->options->reporter);
  for (size_t f = 0; f < files->count; f++) IG_TRY(load_input(l, files, f, &reading, err));
  return l->corpus->ids_file ? ig_corpus_finish_ids(l->corpus, err) : IG_OK;
}

ig_status ig_corpus_load(const ig_corpus_files *files, const ig_corpus_options *options,
                         ig_corpus *out, ig_error *err) {
  *out = (ig_corpus){0};
  corpus_loader *l = ig_allocate(1, sizeof *l, err);
  if (!l) return IG_ERROR_MEMORY;
  l->options = options;
  l->corpus = out;
  if (options->filters) l->filter.filters = *options->filters;
  const ig_status status = load_files(l, files, err);
  ig_pair_filter_free(&l->filter);
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
