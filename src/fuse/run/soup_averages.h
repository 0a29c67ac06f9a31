// Scores averages of models for the greedy soup (fuse/recipe/soup.h): each is a trial.
#ifndef IG_FUSE_RUN_SOUP_AVERAGES_H
#define IG_FUSE_RUN_SOUP_AVERAGES_H
#include "fuse/recipe/soup.h"
#include "fuse/run/trial.h"

typedef struct ig_soup_averages {
  ig_trial trial;  // all but its name and what scores it; its options have the caller's score
  int count;       // of averages so far, by which the next is named
  double score;    // of the last one
} ig_soup_averages;

ig_soup_scoring ig_soup_averages_scoring(ig_soup_averages *averages);
#endif
