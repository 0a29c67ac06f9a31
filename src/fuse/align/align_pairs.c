#include "fuse/align/align_pairs.h"

#include <stdio.h>

#include "base/fail.h"
#include "model/arch/family.h"
#include "model/files/load.h"

enum { BATCH_PAIRS = 8 };  // what the first model's units do on them is kept for the other's

ig_status ig_align_pairs_open(const ig_fusion_plan *plan, ig_pool *pool,
                              const ig_reporter *reporter, ig_align_pairs *out, ig_error *err) {
  const ig_recipe_align *align = &plan->recipe->align;
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const ig_family *family;
  ig_config config;
  out->learning = (ig_learning){.key = "align",
                                .data = align->data,
                                .data_count = align->data_count,
                                .batch_sentences = BATCH_PAIRS * (int)align->data_count,
                                .lengths = {.max_length = align->max_length}};
  IG_TRY(ig_family_of(donor->config, donor->reference, &family, err));
  IG_TRY(ig_family_read_config(family, donor->config, donor->reference, &config, err));
  IG_TRY(ig_load_tokenizer(donor->directory, &out->tokenizer, err));
  const ig_learning_data_args of_data = {.learning = &out->learning,
                                         .tokenizer = out->tokenizer,
                                         .pool = pool,
                                         .reporter = reporter,
                                         .seed = plan->recipe->seed,
                                         .config = &config};
  return ig_learning_data_load(&of_data, &out->data, err);
}

void ig_align_pairs_close(ig_align_pairs *pairs) {
  ig_learning_data_free(&pairs->data);
  ig_tokenizer_free(pairs->tokenizer);
  *pairs = (ig_align_pairs){0};
}

json_t *ig_align_pairs_describe(const ig_align_pairs *pairs) {
  char hash[32];
  size_t count = 0;
  for (size_t i = 0; i < pairs->data.train_count; i++) count += pairs->data.train[i].pairs.pairs;
  snprintf(hash, sizeof hash, "%016llx",
           (unsigned long long)ig_learning_data_fingerprint(&pairs->data));
  return json_pack("{s:s, s:I}", "ids", hash, "pairs", (json_int_t)count);
}
