// Loads the corpora of a run and counts their tokens.
#include "train/run_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "data/survey.h"
#include "train/data_losses.h"
#include "train/run_questions.h"
#include "train/run_text.h"

#define DEFAULT_MAX_LENGTH 256
#define WINDOW_LENGTH 384  // of a question and a part of its context, as run_qa's

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

ig_status ig_run_data_check(const ig_run *run, ig_error *err) {
  if (run->config.data.train_questions) return ig_run_questions_check(run, err);
  if (run->config.data.train_text.count) return ig_run_text_check(run, err);
  IG_TRY(check_readable(&run->config.data.train, err));
  ig_survey survey;
  IG_TRY(ig_survey_files(&run->config.data.valid, run->config.data.strict, &survey, err));
  ig_survey_free(&survey);
  return IG_OK;
}

ig_status ig_run_data_max_length(const ig_run *run, int max_positions, int *out, ig_error *err) {
  const int positions = max_positions > 0 ? max_positions : INT32_MAX,
            wanted = run->config.data.max_length;
  const int usual = run->config.data.train_questions ? WINDOW_LENGTH : DEFAULT_MAX_LENGTH;
  *out = wanted ? wanted : usual < positions ? usual : positions;
  if (*out <= positions) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "%s: data.max_length: the model has %d positions, found %d", run->config.path,
                 positions, *out);
}

// Loads run->train and run->valid, and counts the target's letters.
static ig_status load_corpora(ig_run *run, const ig_corpus_options *common, int max_positions,
                              ig_error *err) {
  const ig_train_data *d = &run->config.data;
  ig_corpus_options options = *common;
  options.max_length = run->max_length;
  options.keep_text = d->sampling_nbest > 0;
  IG_TRY(ig_corpus_load(&d->train, &options, &run->train, err));
  if (d->valid.count == 0) return IG_OK;
  options.max_length = max_positions;
  options.keep_text = true;
  return ig_corpus_load(&d->valid, &options, &run->valid, err);
}

static ig_status load_and_report_losses(ig_run *run, ig_pool *pool, int max_positions,
                                        ig_error *err) {
  uint64_t *letters = ig_allocate(IG_CORPUS_LETTERS, sizeof *letters, err);
  if (!letters) return IG_ERROR_MEMORY;
  const ig_corpus_options common = {.tokenizer = run->tokenizer,
                                    .pool = pool,
                                    .strict = run->config.data.strict,
                                    .reporter = run->reporter,
                                    .target_letters = letters};
  ig_status status = load_corpora(run, &common, max_positions, err);
  if (status == IG_OK) status = ig_data_losses_report(run, letters, err);
  free(letters);
  return status;
}

// limit: tokens that a side may have; 0: any number.
static void report_pairs(const ig_run *run, const char *name, const ig_corpus *c, int limit) {
  char longer[64] = "";
  if (limit > 0) snprintf(longer, sizeof longer, "%zu longer than %d tokens, ", c->too_long, limit);
  ig_report(run->reporter, IG_LEVEL_INFO,
            "%s: %zu pairs, %zu source and %zu target tokens; left out: %s%zu empty", name,
            c->pairs, c->offsets[IG_SIDE_SOURCE][c->pairs], c->offsets[IG_SIDE_TARGET][c->pairs],
            longer, c->empty);
}

// Warns of pairs that are left out. For those of validation, the scores are of fewer lines.
static void warn_of_left_out(const ig_run *run, const char *name, const ig_corpus *c, int limit) {
  const size_t count = c->too_long + c->empty;
  const bool is_valid = c == &run->valid;
  char longer[128] = "", empty[64] = "";
  if (count == 0) return;
  if (c->too_long)
    snprintf(longer, sizeof longer, "%zu longer than %d tokens (%s)", c->too_long, limit,
             is_valid ? "the model's positions" : "data.max_length");
  if (c->empty)
    snprintf(empty, sizeof empty, "%s%zu with an empty side", c->too_long ? ", " : "", c->empty);
  ig_report(run->reporter, IG_LEVEL_WARNING,
            "%s: %zu of %zu pairs %s left out, the first at %s:%zu: %s%s%s", name, count, c->lines,
            count == 1 ? "is" : "are", c->left_out_path, c->left_out_line, longer, empty,
            is_valid ? "; validation scores the others alone" : "");
}

ig_status ig_run_data_load(ig_run *run, int max_positions, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  IG_TRY(ig_run_data_max_length(run, max_positions, &run->max_length, err));
  if (d->train_questions) return ig_run_questions_load(run, err);
  if (d->train_text.count) return ig_run_text_load(run, err);
  ig_pool *pool;
  IG_TRY(ig_pool_create(run->threads, &pool, err));
  const ig_status status = load_and_report_losses(run, pool, max_positions, err);
  ig_pool_free(pool);
  IG_TRY(status);
  report_pairs(run, "data", &run->train, run->max_length);
  if (d->valid.count) report_pairs(run, "data.valid", &run->valid, max_positions);
  warn_of_left_out(run, "data.train", &run->train, run->max_length);
  warn_of_left_out(run, "data.valid", &run->valid, max_positions);
  if (run->train.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to train on",
                   d->train.source[0]);
  if (d->valid.count && run->valid.pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: no pair of sentences is left to validate on",
                   d->valid.source[0]);
  return IG_OK;
}
