// A parallel corpus as token ids, compact: in memory one array of ids and one of offsets a side, or
// the ids in a file and the lengths in memory.
#ifndef IG_DATA_CORPUS_H
#define IG_DATA_CORPUS_H
#include "base/pool.h"
#include "data/ids_file.h"
#include "data/pair_filter.h"
#include "text/tally.h"
#include "text/tokenizer.h"

// Text files in pairs, plain or gzip-compressed: line i of source[f] belongs to line i of
// target[f]. Or files that hold both sides: then source[f] and target[f] are the one file.
typedef struct ig_corpus_files {
  const char *const *source, *const *target;  // (count) each
  size_t count;
  const ig_pairs_form *forms;  // (count); NULL: all are text files
  // (count): what is put before each source text, with a space between; NULL, also of one: nothing.
  const char *const *tags;
} ig_corpus_files;
// How the f-th of the files is read, both sides of it.
ig_pairs_input ig_corpus_input(const ig_corpus_files *files, size_t f);

enum { IG_CORPUS_LETTERS = 0x110000 };  // code points

typedef struct ig_corpus_options {
  const ig_tokenizer *tokenizer;
  ig_pool *pool;  // tokenizes in parallel; NULL: serially. The result does not depend on it
  // Pairs with a longer side are left out (tokens, end of sentence included); 0: no limit.
  int max_length;
  bool keep_text;               // keeps the lines too (validation scores text)
  bool strict;                  // lines that are no text are errors; false: they are repaired
  const ig_reporter *reporter;  // told of repaired lines; NULL: nobody
  // (IG_CORPUS_LETTERS) by code point, how often each occurs in the target is added; NULL: nobody
  // wants to know. Lines of pairs that are left out count.
  uint64_t *target_letters;
  // The ids go to a file in this directory, and only their lengths are kept in memory; NULL: all is
  // in memory. The pairs, their order and all that is made of them are the same.
  const char *ids_directory;
  const ig_pair_filters *filters;  // NULL: none
} ig_corpus_options;

// What of the text of one side became <unk>, in pairs that were not left out.
typedef struct ig_corpus_unknown {
  uint64_t tokens;
  ig_tally parts;  // as ig_tokenizer_find_unknown gives them
} ig_corpus_unknown;

typedef struct ig_corpus {
  size_t pairs;
  // Where the ids are; then those of memory are NULL, and so are the offsets. NULL: in memory.
  ig_ids_file *ids_file;
  int32_t *ids[2];  // by ig_side; each sequence ends with the side's end token
  // (pairs + 1): pair p of side s has ids[s][offsets[s][p]] to ids[s][offsets[s][p + 1] - 1].
  size_t *offsets[2];
  bool one_text;           // there is one side: the target's ids and offsets are the source's
  size_t lines;            // read
  size_t too_long, empty;  // pairs left out
  size_t filtered[IG_PAIR_VERDICT_COUNT];  // pairs left out by a filter, by ig_pair_verdict
  size_t without_pair;                     // lines of TSV and units of TMX that hold no pair
  size_t *input_ends;  // (files): pairs up to the end of each; NULL: of no files
  // Where the first of them is; NULL: none was left out. Borrowed of the files.
  const char *left_out_path;
  size_t left_out_line;
  size_t repaired;  // lines of both sides that had bytes that are no text
  // (lines): every line, NUL-terminated, those of left-out pairs too; NULL unless keep_text.
  char **text[2];
  size_t *line;  // (pairs): the line that each pair is; NULL unless keep_text
  ig_corpus_unknown unknown[2];
  // Lines of pairs with a >>code<< after white space, which is text like any other there
  // (ig_tokenizer_late_code); and where the first is, whose path is borrowed of the files.
  size_t late_codes;
  const char *late_code_path;
  size_t late_code_line;
} ig_corpus;  // ig_corpus_free

void ig_corpus_free(ig_corpus *corpus);  // leaves {0}

// Subword regularization (Kudo 2018): text/sentencepiece.h says how one of the n best segmentations
// is drawn.
typedef struct ig_corpus_sampling {
  int n_best;
  float alpha;
  uint64_t seed, epoch;
} ig_corpus_sampling;
// The pairs of a corpus that has text, each in a newly drawn segmentation: a pure function of text
// and *sampling. A side whose draw is longer than options->max_length keeps the segmentation that
// it has in `corpus`. The caller frees *out, which has ids and offsets only.
ig_status ig_corpus_sample(const ig_corpus *corpus, const ig_corpus_options *options,
                           const ig_corpus_sampling *sampling, ig_corpus *out, ig_error *err);

static inline size_t ig_corpus_length(const ig_corpus *corpus, ig_side side, size_t pair) {
  return corpus->ids_file ? corpus->ids_file->lengths[2 * pair + side]
                          : corpus->offsets[side][pair + 1] - corpus->offsets[side][pair];
}
static inline size_t ig_corpus_token_count(const ig_corpus *corpus, ig_side side) {
  return corpus->ids_file ? corpus->ids_file->tokens[side] : corpus->offsets[side][corpus->pairs];
}
// Room for ids that are read from a file. Start from {0}; it grows as needed; free(ids).
typedef struct ig_corpus_room {
  int32_t *ids;
  size_t capacity;
} ig_corpus_room;
// The ids of both sides of a pair, ig_corpus_length of each: those in memory, or read into the
// room.
ig_status ig_corpus_pair(const ig_corpus *corpus, size_t pair, ig_corpus_room *room,
                         const int32_t *ids[2], ig_error *err);
// To be called when all pairs are in ids_file: from then on they can be read.
ig_status ig_corpus_finish_ids(ig_corpus *corpus, ig_error *err);
// A number that changes when any id or length does: by it, resuming on other data is refused.
uint64_t ig_corpus_fingerprint(const ig_corpus *corpus);
#endif
