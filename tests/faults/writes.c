// Every write failed once: a message that names a file, nothing lost, nothing half written.
#include "scenarios.h"

// ---- a model directory ------------------------------------------------------

static ig_status save_model(ig_error *err) {
  ig_model *model = NULL;
  ig_status status = ig_model_load(golden_model, &model, err);
  if (status == IG_OK) status = ig_model_save(model, "saved", "float32", err);
  ig_model_free(model);
  return status;
}

static const char *const model_files[] = {"config.json", "generation_config.json",
                                          "model.safetensors"};

static void old_model_there(void) {
  ig_error err = {0};
  if (!ig_file_exists("first")) {
    ok(save_model(&err), &err);
    copy_checkpoint("saved", "first");
  }
  remove_directory("saved");
  copy_checkpoint("first", "saved");
}

// The old and the new directory have the same contents here, so what exists must be exactly that,
// and nothing may be left beside it.
static void model_is_whole(void) {
  for (size_t i = 0; i < 3; i++) {
    char a[64], b[64];
    snprintf(a, sizeof a, "saved/%s", model_files[i]);
    snprintf(b, sizeof b, "first/%s", model_files[i]);
    if (!same_file(a, b)) fail_msg("%s has changed (%s)", a, faults_where());
  }
  DIR *folder = opendir("saved");
  int files = 0;
  while (readdir(folder)) files++;
  closedir(folder);
  if (files != 3 + 2) fail_msg("%d files beside the model (%s)", files - 5, faults_where());
}

static const scenario scenarios[] = {
    {"save a model over an old one", save_model, old_model_there, model_is_whole, false},
    {"fuse", fuse_stages, remove_fused, fusion_goes_on, false},
    {"train", train_tiny, remove_tiny, training_is_whole, false},
    {"resume", train_more, more_from_tiny, training_goes_on, false},
    {"train from corpora in a file", train_stored, write_corpora, training_is_whole, false},
};

static void writes(void **state) {
  (void)state;
  find_golden();
  write_tiny_corpus();
  write_recipe();
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
    assert_true(every_fault(&scenarios[i], FAULT_WRITE) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(writes)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
