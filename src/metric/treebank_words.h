// Words of English text as NLTK's word_tokenize cuts one sentence: the rules of the Penn Treebank
// with those that NLTK 3.10 adds. CMRC2018's script cuts what is not Chinese by them.
#ifndef IG_METRIC_TREEBANK_WORDS_H
#define IG_METRIC_TREEBANK_WORDS_H
#include "metric/codes.h"

// Puts white space between the words of a text in lower case. Double quotes become `` or ''. The
// text is taken as one sentence: a full stop that ends an earlier one is not cut off.
ig_status ig_treebank_words_cut(ig_codes *text, ig_error *err);
#endif
