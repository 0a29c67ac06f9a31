// Statistics of one model of a recipe on the recipe's data, as a file of tensors that have the
// names of the model's own: of the method `fisher` the Fisher information
// (fuse/search/fisher_information.h), of `regmean` Gram matrices (fuse/search/gram_matrices.h).
#ifndef IG_FUSE_SEARCH_STATISTICS_H
#define IG_FUSE_SEARCH_STATISTICS_H
#include <jansson.h>
#include "fuse/plan/planned_statistics.h"
#include "fuse/search/learning_data.h"

typedef struct ig_statistics_args {
  const ig_fusion_plan *plan;  // without problems; its models exist
  size_t model;                // the index of one among the recipe's models
  int threads;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
} ig_statistics_args;

// The data of one model, read.
typedef struct ig_statistics {
  ig_statistics_args args;
  const ig_fuse_model *of;
  ig_learning learning;  // its data are those pairs of the request that are for this model
  ig_tokenizer *tokenizer;
  ig_pool *pool;
  ig_learning_data data;
} ig_statistics;

// Adds a problem where the models cannot be asked for statistics, by the configuration of the
// donor. Models of other stages are looked at when they are made.
ig_status ig_statistics_check(const ig_fusion_plan *plan, ig_problems *problems, ig_error *err);

// Reads the data; no weight is read. ig_statistics_close in any case.
ig_status ig_statistics_open(const ig_statistics_args *args, ig_statistics *out, ig_error *err);
void ig_statistics_close(ig_statistics *statistics);
// What they are of, besides the model's weights, as JSON, a new reference. NULL: out of memory.
json_t *ig_statistics_describe(const ig_statistics *statistics);
// Gathers them and writes out->path. Sets out->norm.
ig_status ig_statistics_gather(ig_statistics *statistics, ig_statistics_file *out, ig_error *err);
// With inputs: merged, gathers those of all models of the recipe at once: both (count), each
// opened.
ig_status ig_statistics_gather_merged(ig_statistics *statistics, ig_statistics_file *out,
                                      size_t count, ig_error *err);
bool ig_statistics_are_merged(const ig_fusion_plan *plan);
// Bytes that it takes, besides the activations of a batch.
size_t ig_statistics_memory(const ig_fusion_plan *plan);
// Bytes of the files of all models, at most: tensors that training does not change have none.
size_t ig_statistics_disk(const ig_fusion_plan *plan);
#endif
