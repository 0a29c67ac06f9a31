// Loads the corpora of a run and counts their tokens.
#include "train/run_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "data/corpus_load.h"
#include "data/survey.h"
#include "train/data_losses.h"
#include "train/run_questions.h"
#include "train/run_text.h"

#define DEFAULT_MAX_LENGTH 256
#define WINDOW_LENGTH 384  // of a question and a part of its context, as run_qa's

// Each file can be read; their bytes together, as they lie on the disk. A file that holds both
// sides counts once.
static ig_status measure_files(const ig_corpus_files *files, size_t *bytes, ig_error *err) {
  *bytes = 0;
  for (size_t f = 0; f < files->count; f++) {
    const bool joint = files->forms && files->forms[f].kind != IG_PAIRS_FILES;
    for (int side = 0; side < (joint ? 1 : 2); side++) {
      const char *path = side ? files->target[f] : files->source[f];
      ig_file file;
      IG_TRY(ig_file_open(&file, path, err));
      *bytes += file.size;
      ig_file_close(&file);
    }
  }
  return IG_OK;
}

ig_status ig_run_data_check(const ig_run *run, ig_error *err) {
  if (run->config.data.train_questions) return ig_run_questions_check(run, err);
  if (run->config.data.train_text.count) return ig_run_text_check(run, err);
  size_t bytes;
  IG_TRY(measure_files(&run->config.data.train, &bytes, err));
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

// ---- where the ids are ------------------------------------------------------

#define LARGE_TEXT ((size_t)1 << 30)  // bytes of the files of data.train

// The directory that the ids go to; NULL: they stay in memory.
static ig_status choose_storage(const ig_run *run, const char **directory, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  size_t bytes = 0;
  *directory = NULL;
  if (d->storage == IG_STORAGE_MEMORY || d->sampling_nbest) return IG_OK;
  if (d->storage == IG_STORAGE_AUTO) IG_TRY(measure_files(&d->train, &bytes, err));
  if (d->storage == IG_STORAGE_FILE || bytes > LARGE_TEXT)
    *directory = d->storage_directory ? d->storage_directory : run->config.output;
  return IG_OK;
}

static void report_storage(const ig_run *run) {
  const ig_ids_file *file = run->train.ids_file;
  if (file)
    ig_report(run->reporter, IG_LEVEL_INFO,
              "data.train: the token ids take %.1f MB of disk in %s, until this process ends, and "
              "%.1f MB of memory",
              (double)ig_ids_file_bytes(file) / 1e6, file->directory,
              (double)ig_ids_file_memory(file) / 1e6);
}

// ---- pairs ------------------------------------------------------------------

// Loads run->train and run->valid, and counts the target's letters.
static ig_status load_corpora(ig_run *run, const ig_corpus_options *common, int max_positions,
                              ig_error *err) {
  const ig_train_data *d = &run->config.data;
  ig_corpus_options options = *common;
  options.max_length = run->max_length;
  options.keep_text = d->sampling_nbest > 0;
  options.filters = &d->filters;
  IG_TRY(choose_storage(run, &options.ids_directory, err));
  IG_TRY(ig_corpus_load(&d->train, &options, &run->train, err));
  options.ids_directory = NULL;
  options.filters = NULL;
  report_storage(run);
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
            c->pairs, ig_corpus_token_count(c, IG_SIDE_SOURCE),
            ig_corpus_token_count(c, IG_SIDE_TARGET), longer, c->empty);
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

// What the filters have left out, which the configuration asked for.
static void report_filtered(const ig_run *run) {
  static const char *const why[IG_PAIR_VERDICT_COUNT] = {
      [IG_PAIR_VERDICT_IDENTICAL] = "with the same text on both sides",
      [IG_PAIR_VERDICT_SCRIPT] = "in another script",
      [IG_PAIR_VERDICT_RATIO] = "with one side much longer than the other",
      [IG_PAIR_VERDICT_DUPLICATE] = "that were there before"};
  const ig_pair_filters *f = &run->config.data.filters;
  const bool wanted[IG_PAIR_VERDICT_COUNT] = {
      [IG_PAIR_VERDICT_IDENTICAL] = f->identical,
      [IG_PAIR_VERDICT_SCRIPT] = f->writings[0] || f->writings[1],
      [IG_PAIR_VERDICT_RATIO] = f->max_ratio > 0,
      [IG_PAIR_VERDICT_DUPLICATE] = f->duplicates};
  for (int i = 0; i < IG_PAIR_VERDICT_COUNT; i++)
    if (wanted[i])
      ig_report(run->reporter, IG_LEVEL_INFO, "data.filters: left out %zu pairs %s",
                run->train.filtered[i], why[i]);
}

// What each corpus has. A single one without a tag, whose epoch has each pair once, is told
// already.
static void report_corpora(const ig_run *run) {
  const ig_train_data *d = &run->config.data;
  size_t before = 0;
  if (d->corpus_count == 1 && d->corpora[0].weight == 1 && !d->corpora[0].tag) return;
  for (size_t i = 0; i < d->corpus_count; i++) {
    const ig_train_corpus *c = &d->corpora[i];
    const size_t end = run->train.input_ends[c->first + c->count - 1], pairs = end - before;
    before = end;
    ig_report(run->reporter, pairs ? IG_LEVEL_INFO : IG_LEVEL_WARNING,
              "data.train[%zu] (%s): %zu pairs, %.0f in an epoch%s%s", i, d->train.source[c->first],
              pairs, c->weight * (double)pairs, c->tag ? ", with the tag " : "",
              c->tag ? c->tag : "");
  }
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
  report_corpora(run);
  report_filtered(run);
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
