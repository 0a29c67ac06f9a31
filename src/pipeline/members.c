// The models of a translator: loading them with their tokenizers, and making sure that they can
// decide together.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/files/load.h"
#include "pipeline/engine.h"

#define MOST_MEMBERS 1024

static ig_status make_room(ig_translator *t, size_t count, ig_error *err) {
  t->members.list = ig_allocate(count, sizeof *t->members.list, err);
  t->sources = ig_allocate(count, sizeof *t->sources, err);
  t->owned = ig_allocate(count, sizeof *t->owned, err);
  if (!t->members.list || !t->sources || !t->owned) return IG_ERROR_MEMORY;
  t->members.count = t->window.members = (int)count;
  return IG_OK;
}

static void set_member(ig_translator *t, int m, const ig_model *model,
                       const ig_tokenizer *tokenizer) {
  t->members.list[m] =
      (ig_member){.model = model, .start_id = model->config.decoder_start_id, .weight = 1};
  t->sources[m] = (ig_source_encoding){tokenizer, model->config.vocab_size,
                                       ig_decode_options_longest(&model->config)};
}

static void free_owned(ig_owned_member *owned) {
  ig_tokenizer_free(owned->tokenizer);
  ig_model_free(owned->model);
}

void ig_members_free(ig_translator *t) {
  for (int m = 0; t->owned && m < t->members.count; m++) free_owned(&t->owned[m]);
  free(t->members.list);
  free(t->sources);
  free(t->owned);
}

int ig_members_longest(const ig_translator *t) {
  int longest = t->sources[0].longest;
  for (int m = 1; m < t->members.count; m++)
    if (t->sources[m].longest < longest) longest = t->sources[m].longest;
  return longest;
}

// ---- loading ----------------------------------------------------------------

// Model and tokenizer, at the same time: a small model's tokenizer takes longer to load than its
// weights.
typedef struct loading {
  ig_pool *pool;
  const char *directory;
  ig_owned_member *owned;
  ig_status status[2];
  ig_error errors[2];
} loading;

static void load_part(void *context, size_t index, int worker) {
  (void)worker;
  loading *l = context;
  if (index == 0)
    l->status[0] = ig_load_packed(l->directory, l->pool, &l->owned->model, &l->errors[0]);
  else
    l->status[1] = ig_tokenizer_load(l->directory, &l->owned->tokenizer, &l->errors[1]);
}

static ig_status load(loading *l, bool tokenizer, ig_error *err) {
  ig_pool *pair = NULL;
  if (tokenizer && ig_pool_threads(l->pool) > 1) IG_TRY(ig_pool_create(2, &pair, err));
  ig_pool_run(pair, tokenizer ? 2 : 1, load_part, l);
  ig_pool_free(pair);
  if (l->status[0] != IG_OK) return ig_fail(err, l->status[0], "%s", l->errors[0].message);
  if (l->status[1] == IG_OK) return IG_OK;
  return ig_fail(err, l->status[1], "%s: a tokenizer is needed unless input and output are ids: %s",
                 l->directory, l->errors[1].message);
}

static ig_status check_tokenizer(const ig_model *model, const ig_tokenizer *tokenizer,
                                 ig_error *err) {
  const int source = ig_tokenizer_source_size(tokenizer),
            target = ig_tokenizer_target_size(tokenizer);
  if (source > model->config.vocab_size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "the tokenizer has %d source ids, but the model's vocab_size is %d", source,
                   model->config.vocab_size);
  if (target > model->config.target_vocab_size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "the tokenizer has %d target ids, but the model's target vocabulary has %d",
                   target, model->config.target_vocab_size);
  return IG_OK;
}

static ig_status load_member(ig_translator *t, int m, const char *directory, bool tokenizer,
                             ig_error *err) {
  loading l = {.pool = t->pool, .directory = directory, .owned = &t->owned[m]};
  IG_TRY(load(&l, tokenizer, err));
  set_member(t, m, l.owned->model, l.owned->tokenizer);
  const ig_status status =
      tokenizer ? check_tokenizer(l.owned->model, l.owned->tokenizer, err) : IG_OK;
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", directory);
}

// ---- one ensemble -----------------------------------------------------------

static ig_status check_ensemble(const ig_ensemble *e, ig_error *err) {
  double sum = 0;
  IG_TRY(ig_fail_if_null(e, "ensemble", err));
  IG_TRY(ig_fail_if_null(e->members, "members", err));
  if (e->count < 1 || e->count > MOST_MEMBERS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "members: expected 1 to %d models, found %zu",
                   MOST_MEMBERS, e->count);
  for (size_t m = 0; m < e->count; m++) {
    IG_TRY(ig_fail_if_null(e->members[m].directory, "directory", err));
    const double weight = e->members[m].weight;
    if (!(weight >= 0) || !isfinite(sum += weight))
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "weight of %s: expected a finite number from 0 on, found %g",
                     e->members[m].directory, weight);
  }
  if (e->mean != IG_MEAN_ARITHMETIC && e->mean != IG_MEAN_GEOMETRIC)
    return ig_fail(err, IG_ERROR_ARGUMENT, "mean: expected arithmetic or geometric, found %d",
                   (int)e->mean);
  return IG_OK;
}

// At most 60 bytes of it, whole characters.
static const char *quoted(const char *piece, char text[64]) {
  if (!piece) return "nothing";
  size_t length = strlen(piece);
  if (length > 60)
    for (length = 60; length > 0 && (piece[length] & 0xc0) == 0x80;) length--;
  snprintf(text, 64, "'%.*s'", (int)length, piece);
  return text;
}

// The same pieces with the same ids; the message names the first that is not.
static ig_status check_pieces(const ig_tokenizer *a, const ig_tokenizer *b, const char *first,
                              const char *other, ig_error *err) {
  const int sizes[2] = {ig_tokenizer_target_size(a), ig_tokenizer_target_size(b)};
  char texts[2][64];
  for (int id = 0; id < sizes[0] || id < sizes[1]; id++) {
    const char *ours = ig_tokenizer_piece(a, IG_SIDE_TARGET, id),
               *theirs = ig_tokenizer_piece(b, IG_SIDE_TARGET, id);
    if (ours && theirs ? strcmp(ours, theirs) == 0 : ours == theirs) continue;
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "%s: target id %d is %s, but in %s it is %s: an ensemble needs one target vocabulary",
        other, id, quoted(theirs, texts[0]), first, quoted(ours, texts[1]));
  }
  return IG_OK;
}

// What the model's own files say of generating; only the two ids of it.
static ig_status find_ids(const ig_model *model, const char *directory, int *start_id, int *eos_id,
                          ig_error *err) {
  ig_decode_options options;
  const ig_status status = ig_decode_options_load(model, &options, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", directory);
  *start_id = options.start_id, *eos_id = options.eos_id;
  ig_decode_options_free(&options);
  return IG_OK;
}

static ig_status check_targets(ig_translator *t, const ig_ensemble *e, ig_error *err) {
  if (t->members.count == 1) return IG_OK;
  const char *first = e->members[0].directory;
  int eos = -1, other_eos = -1;
  IG_TRY(find_ids(t->members.list[0].model, first, &t->members.list[0].start_id, &eos, err));
  for (int m = 1; m < t->members.count; m++) {
    const char *other = e->members[m].directory;
    const ig_model *models[2] = {t->members.list[0].model, t->members.list[m].model};
    if (t->sources[0].tokenizer)
      IG_TRY(check_pieces(t->sources[0].tokenizer, t->sources[m].tokenizer, first, other, err));
    if (models[0]->config.target_vocab_size != models[1]->config.target_vocab_size)
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "%s: the model has %d target ids, but that of %s has %d: an ensemble needs "
                     "one target vocabulary",
                     other, models[1]->config.target_vocab_size, first,
                     models[0]->config.target_vocab_size);
    IG_TRY(find_ids(models[1], other, &t->members.list[m].start_id, &other_eos, err));
    if (eos != other_eos)
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "%s: sentences end with id %d, but those of %s with %d: an ensemble needs one "
                     "target vocabulary",
                     other, other_eos, first, eos);
  }
  return IG_OK;
}

// Those of weight 0 have no say and go; the weights of the others sum to 1.
static void take_weights(ig_translator *t, const ig_ensemble *e) {
  double sum = 0;
  for (size_t m = 0; m < e->count; m++) sum += e->members[m].weight;
  int kept = 0;
  for (int m = 0; m < t->members.count; m++) {
    const double weight = sum > 0 ? e->members[m].weight / sum : 1.0 / (double)e->count;
    if ((float)weight > 0) {
      t->members.list[kept] = t->members.list[m];
      t->members.list[kept].weight = (float)weight;
      t->sources[kept] = t->sources[m];
      t->owned[kept++] = t->owned[m];
    } else {
      free_owned(&t->owned[m]);
    }
  }
  t->members.count = t->window.members = kept;
}

ig_status ig_members_load(ig_translator *t, const ig_ensemble *e, bool tokenizers, ig_error *err) {
  IG_TRY(check_ensemble(e, err));
  IG_TRY(make_room(t, e->count, err));
  t->members.mean = e->mean;
  for (int m = 0; m < t->members.count; m++)
    IG_TRY(load_member(t, m, e->members[m].directory, tokenizers, err));
  IG_TRY(check_targets(t, e, err));
  take_weights(t, e);
  return IG_OK;
}

// ---- borrowing --------------------------------------------------------------

ig_status ig_members_borrow(ig_translator *t, const ig_translator *owner, bool tokenizers,
                            ig_error *err) {
  if (tokenizers && !owner->sources[0].tokenizer)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "ids_in, ids_out: a tokenizer is needed unless input and output are ids, and "
                   "the owner has none");
  IG_TRY(make_room(t, (size_t)owner->members.count, err));
  t->members.mean = owner->members.mean;
  for (int m = 0; m < t->members.count; m++) {
    t->members.list[m] = owner->members.list[m];
    t->sources[m] = owner->sources[m];
    if (!tokenizers) t->sources[m].tokenizer = NULL;
  }
  return IG_OK;
}

ig_status ig_members_borrow_model(ig_translator *t, const ig_model *model,
                                  const ig_tokenizer *tokenizer, ig_error *err) {
  IG_TRY(make_room(t, 1, err));
  set_member(t, 0, model, tokenizer);
  return check_tokenizer(model, tokenizer, err);
}
