// How sure it is that questions have no answer, by ids.
#ifndef IG_METRIC_SQUAD_ODDS_H
#define IG_METRIC_SQUAD_ODDS_H
#include "data/squad.h"

// The numbers of a file, by questions of the corpus.
typedef struct ig_squad_odds {
  double *numbers;  // (questions of the corpus)
  bool *given;      // (questions of the corpus)
  size_t *order;    // (count): questions in the order of the file
  size_t count;
} ig_squad_odds;
// Ids that the corpus does not have are left out.
ig_status ig_squad_odds_read(ig_squad_odds *out, const ig_squad *squad, const char *path,
                             ig_error *err);
void ig_squad_odds_free(ig_squad_odds *odds);
#endif
