#include "train/run_text.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/path.h"
#include "base/random.h"
#include "base/report.h"
#include "train/text_losses.h"

#define VOCABULARY_NAME "vocab.txt"

ig_status ig_run_text_check(const ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  IG_TRY(ig_text_corpus_survey(&d->train_text, d->strict, err));
  return ig_text_corpus_survey(&d->valid_text, d->strict, err);
}

// ---- the vocabulary ---------------------------------------------------------

static void report_trained(const ig_run *run, const ig_vocabulary *vocabulary,
                           const ig_word_piece_trained *trained) {
  const bool all = vocabulary->size < run->config.data.word_pieces.vocab_size &&
                   trained->kept_letters == trained->letters;
  ig_report(run->reporter, IG_LEVEL_INFO, "WordPiece: %d pieces%s, %zu of %zu letters",
            vocabulary->size, all ? ", all that the text gives" : "", trained->kept_letters,
            trained->letters);
}

// Of files beside the vocabulary there is none yet: what they would say is made here.
static ig_status load_made(ig_run *run, ig_error *err) {
  const ig_word_piece_training *t = &run->config.data.word_pieces;
  const json_t *positions = json_object_get(run->config.model, "max_position_embeddings");
  json_t *made = json_pack("{s:{s:b, s:b, s:I}}", "tokenizer_config.json", "do_lower_case",
                           t->lowercase, "strip_accents", t->strip_accents, "model_max_length",
                           positions ? json_integer_value(positions)
                                     : (json_int_t)run->config.family->defaults.positions.count);
  if (!made) return ig_fail_memory_in(run->config.path, err);
  const ig_foreign_files files = {.directory = run->config.output, .made = made};
  const ig_status status =
      ig_tokenizer_load_foreign(&files, run->config.family->tokenizers, &run->tokenizer, err);
  json_decref(made);
  return status;
}

static ig_status train_vocabulary(ig_run *run, ig_vocabulary *vocabulary, ig_error *err) {
  ig_word_piece_training training = run->config.data.word_pieces;
  ig_word_piece_trained trained;
  training.files = run->config.data.train_text.paths;
  training.file_count = run->config.data.train_text.count;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "training WordPiece: at most %d pieces, %s (an interruption takes effect after it)",
            training.vocab_size, run->made_files[0]);
  IG_TRY(ig_word_piece_training_run(&training, vocabulary, &trained, err));
  report_trained(run, vocabulary, &trained);
  return ig_vocabulary_save_lines(vocabulary, run->made_files[0], err);
}

ig_status ig_run_text_make_tokenizer(ig_run *run, ig_error *err) {
  ig_vocabulary vocabulary = {0};
  run->made_files[0] = ig_path_join(run->config.output, VOCABULARY_NAME, err);
  if (!run->made_files[0]) return IG_ERROR_MEMORY;
  if (run->follows) {
    IG_TRY(ig_run_check_shared(run, run->made_files[0], err));
    return load_made(run, err);
  }
  const ig_status status = train_vocabulary(run, &vocabulary, err);
  ig_vocabulary_free(&vocabulary);
  return status == IG_OK ? load_made(run, err) : status;
}

// ---- sequences --------------------------------------------------------------

static void report_counts(const ig_run *run, const char *key, const ig_corpus *corpus,
                          const ig_text_corpus_counts *counts) {
  ig_report(run->reporter, IG_LEVEL_INFO,
            "%s: %zu lines are %zu sequences of %zu tokens; %zu lines without text", key,
            corpus->lines, corpus->pairs, ig_corpus_token_count(corpus, IG_SIDE_SOURCE),
            counts->empty);
  if (counts->cut)
    ig_report(run->reporter, IG_LEVEL_INFO,
              "%s: %zu lines are longer than %d tokens (data.max_length) and cut into several "
              "sequences",
              key, counts->cut, run->max_length);
}

// A text that asks for nothing teaches nothing, and its loss would be 0, the best there is.
// Validation's masks are always those of epoch 0; training has others in each.
static ig_status check_asked(const ig_run *run, const char *path, const ig_corpus *corpus,
                             ig_error *err) {
  const bool is_valid = corpus == &run->valid;
  ig_masking_counts counts;
  ig_masking_count(is_valid ? &run->valid_masking : &run->masking, corpus, 0, &counts);
  if (counts.eligible == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: none of its tokens can be masked: all are unknown to the vocabulary, or "
                   "special",
                   path);
  if (counts.asked > 0 || !is_valid) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: none of its %zu tokens is masked, so that it measures nothing: expected a "
                 "longer text (or a larger train.mask_probability than %g)",
                 path, counts.eligible, run->config.masking.probability);
}

static ig_status load_text(const ig_run *run, const char *key, const ig_text_files *files,
                           const ig_corpus_options *options, ig_corpus *out, ig_error *err) {
  ig_text_corpus_counts counts;
  IG_TRY(ig_text_corpus_load(files, options, out, &counts, err));
  out->empty = counts.empty;
  report_counts(run, key, out, &counts);
  IG_TRY(ig_text_losses_report(run, key, out, err));
  if (out->pairs > 0) return check_asked(run, files->paths[0], out, err);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: no line of text is left", files->paths[0]);
}

// Validation has the same masks at each time, and in runs of other seeds.
static ig_status make_maskings(ig_run *run, ig_error *err) {
  ig_masking_options options = run->config.masking;
  options.seed = run->config.seed;
  ig_status status = ig_masking_make(run->tokenizer, &options, &run->masking, err);
  options.seed = ig_random_stream("data.valid");
  if (status == IG_OK) status = ig_masking_make(run->tokenizer, &options, &run->valid_masking, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", run->config.path);
}

static ig_status load_texts(ig_run *run, ig_pool *pool, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  const ig_corpus_options options = {.tokenizer = run->tokenizer,
                                     .pool = pool,
                                     .max_length = run->max_length,
                                     .strict = d->strict,
                                     .reporter = run->reporter};
  IG_TRY(load_text(run, "data.train", &d->train_text, &options, &run->train, err));
  if (d->valid_text.count == 0) return IG_OK;
  return load_text(run, "data.valid", &d->valid_text, &options, &run->valid, err);
}

ig_status ig_run_text_load(ig_run *run, ig_error *err) {
  ig_pool *pool;
  IG_TRY(make_maskings(run, err));
  IG_TRY(ig_pool_create(run->threads, &pool, err));
  const ig_status status = load_texts(run, pool, err);
  ig_pool_free(pool);
  return status;
}
