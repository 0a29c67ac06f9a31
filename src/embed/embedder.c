// ig_embedder: texts to tokens, tokens through the engine, and their rows to one vector a text.
#include "ingot_embed.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "embed/pooling.h"
#include "pipeline/engine.h"
#include "text/tokenizer_pairs.h"

enum { USUAL_BATCH_TOKENS = 2048, USUAL_LENGTH = 512 };

struct ig_embedder {
  ig_engine *engine;
  const ig_tokenizer *tokenizer;
  ig_tokenizer_frame frame;
  ig_embedder_options options;  // checked, without defaults left
  int size;
  ig_embed_stats stats;
};

ig_embedder_options ig_embedder_options_default(void) { return (ig_embedder_options){0}; }

// What neither the caller nor the files say is usual.
static ig_status settle_options(ig_embedder *e, const char *directory, int positions,
                                ig_error *err) {
  ig_embedder_options *o = &e->options;
  ig_pooling_files files;
  IG_TRY(ig_fail_if_outside("pooling", (long)o->pooling, IG_POOLING_OF_MODEL, IG_POOLING_MAX, err));
  IG_TRY(ig_fail_if_outside("unit_length", (long)o->unit_length, IG_UNIT_LENGTH_OF_MODEL,
                            IG_UNIT_LENGTH_YES, err));
  IG_TRY(ig_pooling_files_read(directory, &files, err));
  if (o->pooling == IG_POOLING_OF_MODEL) o->pooling = files.pooling;
  if (o->pooling == IG_POOLING_OF_MODEL) o->pooling = IG_POOLING_MEAN;
  if (o->unit_length == IG_UNIT_LENGTH_OF_MODEL) o->unit_length = files.unit_length;
  const int most = positions ? positions : 1 << 20;
  if (o->max_length == 0) o->max_length = files.max_length < most ? files.max_length : most;
  if (o->max_length == 0) o->max_length = positions ? positions : USUAL_LENGTH;
  if (o->batch_tokens == 0) o->batch_tokens = USUAL_BATCH_TOKENS;
  const long special = (long)(e->frame.before.ids.count + e->frame.after.ids.count);
  IG_TRY(ig_fail_if_outside("max_length", o->max_length, special + 1, most, err));
  return ig_fail_if_outside("batch_tokens", o->batch_tokens, 1, 1 << 24, err);
}

static ig_status open_parts(ig_embedder *e, const char *directory, ig_error *err) {
  ig_engine_options engine = ig_engine_options_default();
  engine.threads = e->options.threads;
  engine.workers = e->options.workers;
  engine.type = e->options.type;
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  IG_TRY(ig_engine_open(&alone, &engine, &e->engine, err));
  const ig_engine_members *members = ig_engine_members_of(e->engine);
  const ig_config *config = &members->models.list[0].model->config;
  if (ig_config_decodes(config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: the model has a decoder: vectors are those of an encoder alone", directory);
  e->tokenizer = members->tokenizers[0];
  e->size = config->d_model;
  e->stats.threads = ig_engine_threads(e->engine);
  IG_TRY(ig_tokenizer_pairs_single_frame(e->tokenizer, &e->frame, err));
  return settle_options(e, directory, config->positions.count, err);
}

ig_status ig_embedder_open(const char *directory, const ig_embedder_options *options,
                           ig_embedder **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  ig_embedder *e = ig_allocate(1, sizeof *e, err);
  if (!e) return IG_ERROR_MEMORY;
  e->options = options ? *options : ig_embedder_options_default();
  const ig_status status = open_parts(e, directory, err);
  if (status != IG_OK) {
    ig_embedder_free(e);
    return status;
  }
  e->stats.load_seconds = ig_clock_seconds() - begin;
  *out = e;
  return IG_OK;
}

void ig_embedder_free(ig_embedder *e) {
  if (!e) return;
  ig_tokenizer_frame_free(&e->frame);
  ig_engine_free(e->engine);
  free(e);
}

int ig_embedder_size(const ig_embedder *e) { return e ? e->size : 0; }

ig_embed_stats ig_embedder_stats(const ig_embedder *e) {
  return e ? e->stats : (ig_embed_stats){0};
}

// ---- texts ------------------------------------------------------------------

typedef struct embedding_texts {
  ig_embedder *embedder;
  ig_ids *ids;                   // (count)
  ig_queue_sentence *sentences;  // (count)
  size_t count;
  float *vectors;  // (count, d)
} embedding_texts;

static ig_status append_all(ig_ids *to, const int *ids, size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) IG_TRY(ig_ids_append(to, ids[i], err));
  return IG_OK;
}

// The special tokens around as much of the text as max_length allows.
static ig_status read_text(embedding_texts *t, size_t index, const char *text,
                           ig_text_tokens *tokens, ig_error *err) {
  ig_embedder *e = t->embedder;
  ig_ids *ids = &t->ids[index];
  const ig_ids *before = &e->frame.before.ids, *after = &e->frame.after.ids;
  const size_t room = (size_t)e->options.max_length - before->count - after->count;
  IG_TRY(ig_fail_if_null(text, "text", err));
  IG_TRY(ig_tokenizer_pairs_encode(e->tokenizer, text, strlen(text), tokens, err));
  const size_t count = tokens->ids.count < room ? tokens->ids.count : room;
  e->stats.cut += tokens->ids.count > room;
  IG_TRY(append_all(ids, before->ids, before->count, err));
  IG_TRY(append_all(ids, tokens->ids.ids, count, err));
  IG_TRY(append_all(ids, after->ids, after->count, err));
  t->sentences[index] = (ig_queue_sentence){.sources = ids, .length = ids->count};
  return IG_OK;
}

static ig_status read_texts(embedding_texts *t, const char *const *texts, ig_error *err) {
  ig_text_tokens tokens = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < t->count; i++) {
    status = read_text(t, i, texts[i], &tokens, err);
    if (status != IG_OK) status = ig_fail_in(err, status, "text %zu", i + 1);
  }
  ig_tokenizer_pairs_free_tokens(&tokens);
  return status;
}

static ig_status keep_vector(void *context, size_t text, const ig_engine_encoding *encoding,
                             ig_error *err) {
  (void)err;
  const embedding_texts *t = context;
  const ig_embedder *e = t->embedder;
  float *vector = t->vectors + text * (size_t)e->size;
  ig_pooling_apply(e->options.pooling, (int)t->ids[text].count, e->size, encoding->hidden, vector);
  if (e->options.unit_length == IG_UNIT_LENGTH_YES) ig_pooling_normalize(e->size, vector);
  return IG_OK;
}

static ig_status run_texts(embedding_texts *t, const char *const *texts, ig_error *err) {
  ig_embedder *e = t->embedder;
  ig_engine_counts counts;
  IG_TRY(read_texts(t, texts, err));
  const ig_engine_job job = {.sentences = t->sentences,
                             .count = t->count,
                             .batch_tokens = e->options.batch_tokens,
                             .encoded = keep_vector,
                             .without_outputs = true,
                             .context = t,
                             .interrupter = e->options.interrupter};
  IG_TRY(ig_engine_run(e->engine, &job, &counts, err));
  e->stats.texts += t->count;
  e->stats.tokens += counts.source_tokens;
  return IG_OK;
}

ig_status ig_embedder_run(ig_embedder *e, const char *const *texts, size_t count, float *vectors,
                          ig_error *err) {
  const double begin = ig_clock_seconds();
  IG_TRY(ig_fail_if_null(e, "embedder", err));
  IG_TRY(ig_fail_if_null(texts, "texts", err));
  IG_TRY(ig_fail_if_null(vectors, "vectors", err));
  IG_TRY(ig_engine_check_usable(e->engine, err));
  memset(vectors, 0, count * (size_t)e->size * sizeof *vectors);
  embedding_texts t = {.embedder = e,
                       .ids = ig_allocate(count, sizeof *t.ids, err),
                       .sentences = ig_allocate(count, sizeof *t.sentences, err),
                       .count = count,
                       .vectors = vectors};
  const ig_status status = t.ids && t.sentences ? run_texts(&t, texts, err) : IG_ERROR_MEMORY;
  for (size_t i = 0; t.ids && i < count; i++) ig_ids_free(&t.ids[i]);
  free(t.ids);
  free(t.sentences);
  e->stats.seconds += ig_clock_seconds() - begin;
  return status;
}
