// Frees what a run owns.
#include "train/run.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "train/run_teachers.h"

void ig_run_free(ig_run *run) {
  ig_batcher_free(run->batcher);
  ig_batcher_free(run->valid_batcher);
  ig_trainer_free(run->trainer);
  ig_adapter_free(run->adapter);
  json_decref(run->adapter_config);
  ig_run_teachers_free(run);
  ig_model_free(run->model);
  ig_tokenizer_free(run->tokenizer);
  for (size_t i = 0; i < run->new_token_count; i++) free(run->new_tokens[i]);
  free(run->new_tokens);
  ig_corpus_free(&run->train);
  ig_corpus_free(&run->sampled);
  ig_corpus_free(&run->valid);
  ig_squad_free(&run->questions);
  ig_masking_free(&run->masking);
  ig_masking_free(&run->valid_masking);
  json_decref(run->identity);
  json_decref(run->changes);
  json_decref(run->comparison);
  ig_event_file_close(run->events);
  free(run->latest);
  free(run->best);
  free(run->metrics);
  for (int i = 0; i < 2; i++) free(run->made_files[i]);
  if (run->lock) fclose(run->lock);
}

ig_status ig_run_check_shared(const ig_run *run, const char *path, ig_error *err) {
  if (ig_file_exists(path)) return IG_OK;
  return ig_fail(err, IG_ERROR_IO,
                 "%s: rank 0 has written it, and rank %d does not see it: train.output must be a "
                 "directory that all machines share",
                 path, ig_cluster_rank(run->cluster));
}
