// A lexical shortlist: for each source token the target tokens that its translations begin with,
// go on with or end with. A search that may choose only among those of its own sentence has a small
// output layer. Knows no tokenizer: tokens are ids.
#ifndef IG_IO_SHORTLIST_H
#define IG_IO_SHORTLIST_H
#include <stdint.h>
#include "ingot/core.h"

// The name of its file in a model directory.
#define IG_SHORTLIST_NAME "lex.s2t.bin"
// Beside it, of what it was made for (text/shortlist_record.h).
#define IG_SHORTLIST_RECORD_NAME IG_SHORTLIST_NAME ".json"

// What Marian takes where nothing else is asked for: the first target ids that every sentence may
// have, and the target ids of a source id.
enum { IG_SHORTLIST_FIRST = 100, IG_SHORTLIST_BEST = 100 };

typedef struct ig_shortlist {
  int first;        // the target ids below this one are in the list of every sentence
  int best;         // the most target ids that a source id has, as it was made
  size_t words;     // source ids that may have a list: those from it on have none
  size_t *offsets;  // (words + 1): the list of source id s is ids[offsets[s] .. offsets[s + 1] - 1]
  int *ids;         // (offsets[words])
} ig_shortlist;     // ig_shortlist_free

// A target token, and how probable it is as what a source token becomes.
typedef struct ig_shortlist_entry {
  int source, target;
  float probability;
} ig_shortlist_entry;

// Keeps the `best` most probable targets of each source id, of equal ones the lower ids; a pair
// that is there twice counts once, with the larger probability. entries (count) are sorted in
// place; their source ids are below `words`. The list of each source id ascends.
typedef struct ig_shortlist_plan {
  int first, best;
  size_t words;
  ig_shortlist_entry *entries;
  size_t count;
} ig_shortlist_plan;
ig_status ig_shortlist_make(const ig_shortlist_plan *plan, ig_shortlist **out, ig_error *err);
// Memory for so many lists with so many ids, all of which are 0.
ig_status ig_shortlist_create(size_t words, size_t ids, ig_shortlist **out, ig_error *err);
void ig_shortlist_free(ig_shortlist *shortlist);  // NULL is fine

// Tokens of a vocabulary of so many ids. IG_ERROR_FORMAT, naming the source id and `where` it is
// from, if the lists are of other vocabularies: a target id that is not below target_size, or lists
// for source ids that are not below source_size.
ig_status ig_shortlist_check(const ig_shortlist *shortlist, const char *where, int source_size,
                             int target_size, ig_error *err);
// Target ids in all lists together.
size_t ig_shortlist_size(const ig_shortlist *shortlist);

// ---- the list of a sentence ---------------------------------------------------

typedef struct ig_shortlist_sentence {
  const int *source;  // (length): source ids
  size_t length;
  bool shared;  // source and target have one vocabulary: source tokens may be copied
} ig_shortlist_sentence;

// One bit for each of `vocabulary` target ids.
static inline size_t ig_shortlist_words(int vocabulary) { return ((size_t)vocabulary + 63) / 64; }
static inline void ig_shortlist_mark(uint64_t *marks, int id) {
  marks[id / 64] |= UINT64_C(1) << id % 64;
}
static inline bool ig_shortlist_has(const uint64_t *marks, int id) {
  return marks[id / 64] >> id % 64 & 1;
}
// Marks the target ids of a sentence: the first ones, those of its source tokens, and these
// themselves where the vocabulary is shared. All are below `vocabulary`.
void ig_shortlist_mark_sentence(const ig_shortlist *shortlist,
                                const ig_shortlist_sentence *sentence, int vocabulary,
                                uint64_t *marks);
// Puts out the marked ids, ascending, and takes the marks away; returns how many they were.
int ig_shortlist_take(uint64_t *marks, int vocabulary, int *ids);
#endif
