// A small model and a batch that its trainer learns from, update by update.
#ifndef IG_TESTS_TRAINER_FIXTURE_H
#define IG_TESTS_TRAINER_FIXTURE_H
#include "base/random.h"
#include "model_fixture.h"
#include "train/trainer.h"

enum { VOCABULARY = 29, SEQUENCES = 4, LENGTH = 9 };

typedef struct run {
  ig_model *model;
  ig_trainer *trainer;
  int ids[SEQUENCES * LENGTH], offsets[SEQUENCES + 1];
  ig_batch batch;
} run;

static inline void open_run_with(run *r, int threads, ig_dropouts dropouts) {
  ig_config config = torch_config((ig_torch_options){VOCABULARY, 24, 3, 2, 2, 40, 0, false, NULL});
  ig_config_set_dropouts(&config, dropouts);
  ig_trainer_options options = ig_trainer_options_default();
  options.threads = threads;
  for (int i = 0; i < SEQUENCES * LENGTH; i++)
    r->ids[i] = 3 + (int)(ig_random_u32(1, 1, (uint64_t)i) % (VOCABULARY - 3));
  for (int s = 0; s <= SEQUENCES; s++) r->offsets[s] = s * LENGTH;
  r->batch = (ig_batch){SEQUENCES, r->ids, r->offsets, r->ids, r->ids, r->offsets, NULL};
  assert_int_equal(ig_model_create(&config, 7, &r->model, NULL), IG_OK);
  assert_int_equal(ig_trainer_create(r->model, &options, &r->trainer, NULL), IG_OK);
}

static inline void close_run(run *r) {
  ig_trainer_free(r->trainer);
  ig_model_free(r->model);
}
#endif
