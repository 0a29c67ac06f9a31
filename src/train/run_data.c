// Loads the corpora of a run and counts their tokens.
#include "train/run_data.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"

#define DEFAULT_MAX_LENGTH 256

static ig_status check_readable(const ig_corpus_files *files, ig_error *err) {
  for (size_t f = 0; f < files->count; f++)
    for (int side = 0; side < 2; side++) {
      const char *path = side ? files->target[f] : files->source[f];
      ig_file file;
      IG_TRY(ig_file_open(&file, path, err));
      ig_file_close(&file);
    }
  return IG_OK;
}

ig_status ig_run_data_check_readable(const ig_run *run, ig_error *err) {
  IG_TRY(check_readable(&run->config.data.train, err));
  return check_readable(&run->config.data.valid, err);
}

ig_status ig_run_data_max_length(const ig_run *run, int max_positions, int *out, ig_error *err) {
  const int positions = max_positions > 0 ? max_positions : INT32_MAX,
            wanted = run->config.data.max_length;
  *out = wanted ? wanted : DEFAULT_MAX_LENGTH < positions ? DEFAULT_MAX_LENGTH : positions;
  if (*out <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: data.max_length: the model has %d positions, found %d", run->config.path,
                 positions, *out);
}

ig_status ig_run_data_load(ig_run *run, int max_positions, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  IG_TRY(ig_run_data_max_length(run, max_positions, &run->max_length, err));
  ig_pool *pool;
  IG_TRY(ig_pool_create(run->threads, &pool, err));
  ig_corpus_options options = {.tokenizer = run->tokenizer,
                               .pool = pool,
                               .max_length = run->max_length,
                               .keep_text = d->sampling_nbest > 0,
                               .strict = d->strict,
                               .reporter = run->reporter};
  ig_status status = ig_corpus_load(&d->train, &options, &run->train, err);
  options.keep_text = true;
  options.max_length = max_positions;
  if (status == IG_OK && d->valid.count)
    status = ig_corpus_load(&d->valid, &options, &run->valid, err);
  ig_pool_free(pool);
  IG_TRY(status);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "data: %zu pairs, %zu source and %zu target tokens; left out: %zu longer than %d "
            "tokens, %zu empty",
            run->train.pairs, run->train.offsets[IG_SIDE_SOURCE][run->train.pairs],
            run->train.offsets[IG_SIDE_TARGET][run->train.pairs], run->train.too_long,
            run->max_length, run->train.empty);
  if (run->train.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to train on",
                   d->train.source[0]);
  if (d->valid.count && run->valid.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to validate on",
                   d->valid.source[0]);
  return IG_OK;
}
