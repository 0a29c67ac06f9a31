// What a fusion makes: a model, or an adapter. All that differs between them is in this table; the
// rest of fuse asks it and does not know which product it deals with.
#ifndef IG_FUSE_RUN_FUSION_PRODUCT_H
#define IG_FUSE_RUN_FUSION_PRODUCT_H
#include <stdio.h>

#include "base/pool.h"
#include "base/problems.h"
#include "fuse/plan/fusion_plan.h"
#include "fuse/record/provenance.h"
#include "fuse/run/staging.h"
#include "ingot.h"

// What the caller wants of one recipe's product.
typedef struct ig_fusion_request {
  bool is_result;      // it is the output; else a model for other recipes
  size_t shard_bytes;  // of ig_fuse_options
} ig_fusion_request;

// One product on its way to its directory.
typedef struct ig_fusion_writing {
  const ig_fusion_plan *plan;
  ig_pool *pool;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;  // NULL: nothing stops it
  size_t shard_bytes;                 // 0: one file
  bool for_scoring_only;              // it is removed once it is scored, so no file is hashed
  ig_provenance *provenance;
  ig_staging *staging;
} ig_fusion_writing;

typedef struct ig_fusion_product {
  // Fails, with the place in the recipe, if the product cannot do what the recipe asks. NULL: it
  // can do everything.
  ig_status (*check_recipe)(const ig_recipe *recipe, const ig_fusion_request *request,
                            ig_error *err);
  // Adds a problem for what the plan asks and the product cannot do.
  ig_status (*check_plan)(const ig_fusion_plan *plan, const ig_fusion_request *request,
                          ig_problems *problems, ig_error *err);
  size_t (*bytes)(const ig_fusion_plan *plan);                // of the weights, on the disk
  size_t (*memory)(const ig_fusion_plan *plan, int threads);  // bytes of buffers while it is made
  void (*describe)(const ig_fusion_plan *plan, FILE *out);    // in part of one line
  // Writes the files of the staging directory, except what the journal says is done, and adds the
  // hashes of all files to the provenance. Values that are not finite are IG_ERROR_FORMAT.
  ig_status (*write)(const ig_fusion_writing *writing, ig_error *err);
} ig_fusion_product;

extern const ig_fusion_product ig_fusion_product_model;    // model_product.c
extern const ig_fusion_product ig_fusion_product_adapter;  // adapter_product.c
const ig_fusion_product *ig_fusion_product_of(const ig_recipe *recipe);
#endif
