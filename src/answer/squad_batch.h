// How many questions of a file are read together.
#ifndef IG_ANSWER_SQUAD_BATCH_H
#define IG_ANSWER_SQUAD_BATCH_H
#include "data/squad.h"

// Questions from `first` on: at most `most`, and no further than a megabyte of their texts, for all
// of whose windows there is memory at once; at least one.
size_t ig_squad_batch_count(const ig_squad *squad, size_t first, size_t most);
#endif
