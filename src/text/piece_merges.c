#include "text/piece_merges.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

static ig_status add_merges_of(ig_merges *m, const ig_vocabulary *v, int id, ig_error *err) {
  const char *piece = ig_vocabulary_token(v, id);
  const size_t length = piece ? strlen(piece) : 0;
  size_t step;
  if (!ig_utf8_valid(piece ? piece : "", length, NULL)) return IG_OK;
  for (size_t at = 0; at < length; at += step) {
    ig_utf8_decode(piece + at, &step);
    if (at == 0) continue;
    const int left = ig_vocabulary_find(v, piece, at);
    const int right = ig_vocabulary_find(v, piece + at, length - at);
    if (left >= 0 && right >= 0) IG_TRY(ig_merges_add(m, left, right, id, err));
  }
  return IG_OK;
}

ig_status ig_piece_merges_make(ig_merges *m, const ig_vocabulary *v, ig_error *err) {
  for (int id = 0; id < v->size; id++) IG_TRY(add_merges_of(m, v, id, err));
  return ig_merges_index(m, err);
}

void ig_piece_merges_free_work(ig_piece_merging *work) {
  ig_merges_free_work(&work->merging);
  free(work->ids);
  free(work->ends);
  *work = (ig_piece_merging){0};
}

static void add_symbol(ig_piece_merging *work, size_t *count, int id, size_t length) {
  const size_t begin = *count > 0 ? work->ends[*count - 1] : 0;
  work->ids[*count] = id;
  work->ends[(*count)++] = begin + length;
}

// A character that is no piece.
static void add_unknown(const ig_piece_merges *by, ig_piece_merging *work, const char *text,
                        size_t length, bool after_unknown, size_t *count) {
  if (by->byte_ids)
    for (size_t i = 0; i < length; i++)
      add_symbol(work, count, by->byte_ids[(unsigned char)text[i]], 1);
  else if (after_unknown && !by->unknown_apart && *count > 0)
    work->ends[*count - 1] += length;
  else if (by->unknown_id >= 0)
    add_symbol(work, count, by->unknown_id, length);
}

static ig_status list_characters(const ig_piece_merges *by, ig_piece_merging *work,
                                 const char *text, size_t length, size_t *count, ig_error *err) {
  *count = 0;
  IG_TRY(ig_allocate_more((void **)&work->ids, &work->id_capacity, length, sizeof *work->ids, err));
  IG_TRY(
      ig_allocate_more((void **)&work->ends, &work->end_capacity, length, sizeof *work->ends, err));
  bool after_unknown = false;
  for (size_t at = 0, step; at < length; at += step) {
    step = ig_utf8_step(text + at);
    const int found = ig_vocabulary_find(by->vocabulary, text + at, step);
    if (found >= 0)
      add_symbol(work, count, found, step);
    else
      add_unknown(by, work, text + at, step, after_unknown, count);
    after_unknown = found < 0 && by->unknown_id >= 0;
  }
  return IG_OK;
}

static bool find_whole(const ig_piece_merges *by, ig_piece_merging *work, const char *text,
                       size_t length, size_t *count) {
  const int found = by->whole_first ? ig_vocabulary_find(by->vocabulary, text, length) : -1;
  if (found < 0) return false;
  *count = 0;
  add_symbol(work, count, found, length);
  return true;
}

ig_status ig_piece_merges_encode(const ig_piece_merges *by, ig_piece_merging *work,
                                 const char *text, size_t length, ig_unigram_parts *out,
                                 ig_error *err) {
  size_t count;
  IG_TRY(list_characters(by, work, text, length, &count, err));
  if (!find_whole(by, work, text, length, &count))
    IG_TRY(ig_merges_apply(by->merges, &work->merging, work->ids, work->ends, &count, err));
  IG_TRY(ig_allocate_more((void **)&out->list, &out->capacity, count, sizeof *out->list, err));
  for (size_t i = 0; i < count; i++)
    out->list[i] = (ig_unigram_part){i > 0 ? work->ends[i - 1] : 0, work->ends[i], work->ids[i]};
  out->count = count;
  return IG_OK;
}
