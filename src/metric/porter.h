// The stems of English words (Porter 1980, "An algorithm for suffix stripping", Program 14), with
// the departures of NLTK's PorterStemmer, which rouge_score uses: irregular forms, short words in
// -ies and -ied, -y only after a consonant, -bli, -alli, -fulli and -logi.
#ifndef IG_METRIC_PORTER_H
#define IG_METRIC_PORTER_H
#include <stddef.h>

// Cuts a word of the letters a to z, and digits, down to its stem, in place; returns the stem's
// length, which is never above that of the word.
size_t ig_porter_stem(char *word, size_t length);
#endif
