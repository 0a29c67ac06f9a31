// A parallel corpus in memory as token ids, compact: one array of ids and one of offsets a side.
#ifndef IG_DATA_CORPUS_H
#define IG_DATA_CORPUS_H
#include "base/pool.h"
#include "text/tally.h"
#include "text/tokenizer.h"

// Text files in pairs, plain or gzip-compressed: line i of source[f] belongs to line i of
// target[f].
typedef struct ig_corpus_files {
  const char *const *source, *const *target;  // (count) each
  size_t count;
} ig_corpus_files;

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
} ig_corpus_options;

// What of the text of one side became <unk>, in pairs that were not left out.
typedef struct ig_corpus_unknown {
  uint64_t tokens;
  ig_tally parts;  // as ig_tokenizer_find_unknown gives them
} ig_corpus_unknown;

typedef struct ig_corpus {
  size_t pairs;
  int32_t *ids[2];  // by ig_side; each sequence ends with the side's end token
  // (pairs + 1): pair p of side s has ids[s][offsets[s][p]] to ids[s][offsets[s][p + 1] - 1].
  size_t *offsets[2];
  bool one_text;           // there is one side: the target's ids and offsets are the source's
  size_t lines;            // read
  size_t too_long, empty;  // pairs left out
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

// Files with unequal numbers of lines are errors that name both, lines that are no text (bytes that
// are not UTF-8, or NUL) with `strict` errors that name file and line.
ig_status ig_corpus_load(const ig_corpus_files *files, const ig_corpus_options *options,
                         ig_corpus *out, ig_error *err);
// The error of files with unequal numbers of lines. The longer one is read to its end, to count it.
struct ig_lines;
ig_status ig_corpus_fail_unequal(struct ig_lines *const file[2], const char *const path[2],
                                 ig_side longer, ig_error *err);
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
  return corpus->offsets[side][pair + 1] - corpus->offsets[side][pair];
}
// A number that changes when any id or length does: by it, resuming on other data is refused.
uint64_t ig_corpus_fingerprint(const ig_corpus *corpus);
#endif
