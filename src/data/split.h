// Dividing what is learned from, such as the pairs of a corpus, into those to learn from and those
// to validate on.
#ifndef IG_DATA_SPLIT_H
#define IG_DATA_SPLIT_H
#include "data/corpus.h"

// Draws round(share * count) of so many things, at least one and not all; the caller frees *marks
// (count): those that are drawn. A pure function of count, share and seed. IG_ERROR_ARGUMENT: there
// are fewer than two; `things` is what the message calls them.
ig_status ig_split_draw(size_t count, const char *things, double share, uint64_t seed, bool **marks,
                        ig_error *err);
// Draws round(share * pairs) pairs of a corpus of two sides into *drawn, at least one and not all,
// and the others into *rest, both in the corpus's order: a pure function of corpus, share and seed.
// IG_ERROR_ARGUMENT: there are fewer than two pairs. Both have ids and offsets only;
// ig_corpus_free.
ig_status ig_split_corpus(const ig_corpus *corpus, double share, uint64_t seed, ig_corpus *drawn,
                          ig_corpus *rest, ig_error *err);
#endif
