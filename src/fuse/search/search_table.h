// What a search has tried: the values of each recipe and its scores. The table is also the whole
// state of a search: one that goes on takes the same steps and finds here what it did already.
#ifndef IG_FUSE_SEARCH_SEARCH_TABLE_H
#define IG_FUSE_SEARCH_SEARCH_TABLE_H
#include "fuse/recipe/search_space.h"

typedef struct ig_search_row {
  json_t *values;    // an object: of each parameter by its name
  char *impossible;  // why the recipe cannot be carried out; NULL: it has scores
  double *scores;    // (objectives); NULL: it is impossible
  double mean;       // of the scores, by the weights of the objectives; impossible: -INFINITY
  bool in_front;     // it has scores, and no other row is as good by each score and better by one
                     // (ig_search_table_judge)
} ig_search_row;

typedef struct ig_search_table {
  const ig_search_space *space;
  ig_search_row *rows;
  size_t count, capacity;
  size_t
      best;  // the first row with the highest mean (ig_search_table_judge); count: none has scores
} ig_search_table;

void ig_search_table_free(ig_search_table *table);
// The row of these values; NULL: there is none.
const ig_search_row *ig_search_table_find(const ig_search_table *table, const json_t *values);
// Adds a row. scores (objectives).
ig_status ig_search_table_add(ig_search_table *table, json_t *values, const double *scores,
                              ig_error *err);
// Adds a row of a recipe that cannot be carried out.
ig_status ig_search_table_add_impossible(ig_search_table *table, json_t *values, const char *why,
                                         ig_error *err);
// Finds the best row and the Pareto front.
void ig_search_table_judge(ig_search_table *table);
// An array of {values, scores: {NAME: score}, score: mean}, of several objectives also {front:
// bool}, or of {values, impossible: TEXT}; NULL: out of memory.
json_t *ig_search_table_json(const ig_search_table *table);

// identity: what must be the same for a search to go on; the file has it.
ig_status ig_search_table_save(const ig_search_table *table, const char *identity, const char *path,
                               ig_error *err);
// Adds the rows that the file has, if it is of this identity. A file of another one, or none,
// leaves the table as it is.
ig_status ig_search_table_load(ig_search_table *table, const char *identity, const char *path,
                               ig_error *err);
#endif
