// Scores averages of models for the greedy soup (fuse/recipe/soup.h): each is made in a directory
// of its own, scored and removed.
#ifndef IG_FUSE_RUN_SOUP_AVERAGES_H
#define IG_FUSE_RUN_SOUP_AVERAGES_H
#include "fuse/plan/stages.h"
#include "ingot.h"
#include "fuse/recipe/soup.h"
#include "fuse/record/contents.h"

typedef struct ig_soup_averages {
  const ig_fuse_options *options;  // with the caller's score function
  ig_hash_kind hashes;
  ig_pool *pool;
  const ig_stages *stages;  // whose models can be candidates
  const char *directory;    // where averages are made
  int count;                // of averages so far, by which the next is named
} ig_soup_averages;

ig_soup_scoring ig_soup_averages_scoring(ig_soup_averages *averages);
#endif
