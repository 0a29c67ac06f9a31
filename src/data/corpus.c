// The ids of a corpus, in memory or in a file, and their fingerprint.
#include "data/corpus.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"

ig_pairs_input ig_corpus_input(const ig_corpus_files *files, size_t f) {
  return (ig_pairs_input){.form = files->forms ? files->forms[f] : (ig_pairs_form){0},
                          .path = {files->source[f], files->target[f]},
                          .side = IG_PAIRS_BOTH};
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
  free(c->input_ends);
  ig_ids_file_free(c->ids_file);
  *c = (ig_corpus){0};
}

// FNV-1a, over words in place of bytes.
static uint64_t hash_word(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001B3u; }

static uint64_t hash_lengths(uint64_t hash, const ig_corpus *c, ig_side side) {
  for (size_t p = 0; p < c->pairs; p++) hash = hash_word(hash, ig_corpus_length(c, side, p));
  return hash;
}

// Goes on with the ids of one side of pairs that were read together.
static uint64_t hash_records(uint64_t hash, const ig_corpus *c, ig_side side, size_t first,
                             size_t count, const int32_t *ids) {
  for (size_t p = first; p < first + count; p++)
    for (int s = 0; s < 2; s++) {
      const size_t length = ig_corpus_length(c, (ig_side)s, p);
      for (size_t i = 0; (ig_side)s == side && i < length; i++)
        hash = hash_word(hash, (uint32_t)ids[i]);
      ids += length;
    }
  return hash;
}

static size_t tokens_of(const ig_corpus *c, size_t first, size_t count) {
  size_t tokens = 0;
  for (size_t p = first; p < first + count; p++)
    tokens += ig_corpus_length(c, IG_SIDE_SOURCE, p) + ig_corpus_length(c, IG_SIDE_TARGET, p);
  return tokens;
}

static ig_status hash_ids_file(const ig_corpus *c, ig_side side, ig_corpus_room *room,
                               uint64_t *hash, ig_error *err) {
  enum { TOGETHER = 512 };  // pairs
  for (size_t p = 0; p < c->pairs; p += TOGETHER) {
    const size_t count = ig_size_smaller(TOGETHER, c->pairs - p);
    IG_TRY(ig_allocate_more((void **)&room->ids, &room->capacity, tokens_of(c, p, count),
                            sizeof *room->ids, err));
    IG_TRY(ig_ids_file_read(c->ids_file, p, count, room->ids, err));
    *hash = hash_records(*hash, c, side, p, count, room->ids);
  }
  return IG_OK;
}

#define FIRST_HASH 0xCBF29CE484222325u

ig_status ig_corpus_finish_ids(ig_corpus *c, ig_error *err) {
  ig_corpus_room room = {0};
  uint64_t hash = FIRST_HASH;
  ig_status status = ig_ids_file_finish(c->ids_file, err);
  for (int side = 0; status == IG_OK && side < 2; side++) {
    hash = hash_lengths(hash, c, (ig_side)side);
    status = hash_ids_file(c, (ig_side)side, &room, &hash, err);
  }
  free(room.ids);
  c->ids_file->fingerprint = hash;
  return status;
}

uint64_t ig_corpus_fingerprint(const ig_corpus *c) {
  if (c->ids_file) return c->ids_file->fingerprint;
  uint64_t hash = FIRST_HASH;
  for (int side = 0; side < 2; side++) {
    hash = hash_lengths(hash, c, (ig_side)side);
    const size_t count = c->offsets[side] ? c->offsets[side][c->pairs] : 0;
    for (size_t i = 0; i < count; i++) hash = hash_word(hash, (uint32_t)c->ids[side][i]);
  }
  return hash;
}

ig_status ig_corpus_pair(const ig_corpus *c, size_t pair, ig_corpus_room *room,
                         const int32_t *ids[2], ig_error *err) {
  if (!c->ids_file) {
    for (int side = 0; side < 2; side++) ids[side] = c->ids[side] + c->offsets[side][pair];
    return IG_OK;
  }
  IG_TRY(ig_allocate_more((void **)&room->ids, &room->capacity, tokens_of(c, pair, 1),
                          sizeof *room->ids, err));
  ids[IG_SIDE_SOURCE] = room->ids;
  ids[IG_SIDE_TARGET] = room->ids + ig_corpus_length(c, IG_SIDE_SOURCE, pair);
  return ig_ids_file_read(c->ids_file, pair, 1, room->ids, err);
}
