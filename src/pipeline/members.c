// The members of an engine: loading models with their tokenizers, and making sure that they can
// decide together.
#include "pipeline/members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/files/load.h"
#include "pipeline/one_vocabulary.h"

#define MOST_MEMBERS 1024

typedef struct owned_member {
  ig_model *model;
  ig_tokenizer *tokenizer;
} owned_member;

static ig_status allocate_members(ig_engine_members *members, size_t count, ig_error *err) {
  members->models.list = ig_allocate(count, sizeof *members->models.list, err);
  members->tokenizers = ig_allocate(count, sizeof *members->tokenizers, err);
  members->owned = ig_allocate(count, sizeof *members->owned, err);
  if (!members->models.list || !members->tokenizers || !members->owned) return IG_ERROR_MEMORY;
  members->models.count = (int)count;
  return IG_OK;
}

static void set_member(ig_engine_members *members, int m, const ig_model *model,
                       const ig_tokenizer *tokenizer) {
  members->models.list[m] =
      (ig_member){.model = model, .start_id = model->config.decoder_start_id, .weight = 1};
  members->tokenizers[m] = tokenizer;
}

static void free_owned(owned_member *owned) {
  ig_tokenizer_free(owned->tokenizer);
  ig_model_free(owned->model);
}

void ig_members_free(ig_engine_members *members) {
  for (int m = 0; members->owned && m < members->models.count; m++) free_owned(&members->owned[m]);
  free(members->models.list);
  free(members->tokenizers);
  free(members->owned);
  ig_model_free(members->draft_model);
  ig_shortlist_free(members->draft_shortlist);
  free(members->source_language);
  *members = (ig_engine_members){0};
}

int ig_members_longest(const ig_engine_members *members) {
  int longest = ig_decode_options_longest(&members->models.list[0].model->config);
  for (int m = 1; m < members->models.count; m++) {
    const int its = ig_decode_options_longest(&members->models.list[m].model->config);
    if (its < longest) longest = its;
  }
  return longest;
}

// ---- loading ----------------------------------------------------------------

// A model and its tokenizer are loaded at the same time, for a small model's tokenizer takes longer
// to load than its weights. The caller's thread loads the tokenizer, which is thousands of small
// allocations: the memory of other threads grows by single pages in glibc, each one a system call.
enum { TOKENIZER_PART, MODEL_PART, PARTS };

typedef struct member_loading {
  const ig_members_loading *how;
  const char *directory;
  owned_member *owned;
  ig_error failures[PARTS];
} member_loading;

static ig_status load_model(const member_loading *l, ig_error *err) {
  return ig_load_packed(l->directory, l->how->type, l->how->pool, &l->owned->model, err);
}

static ig_status load_tokenizer(const member_loading *l, ig_error *err) {
  if (!l->how->tokenizers) return IG_OK;
  const ig_status status = ig_load_tokenizer(l->directory, &l->owned->tokenizer, err);
  if (status == IG_OK) return IG_OK;
  return ig_fail_in(err, status, "%s: a tokenizer is needed unless input and output are ids",
                    l->directory);
}

static void load_part(void *context, size_t index, int worker) {
  (void)worker;
  member_loading *l = context;
  ig_error *err = &l->failures[index];
  err->status = index == MODEL_PART ? load_model(l, err) : load_tokenizer(l, err);
}

// Each part has a thread of its own: the pool's threads are the model's. Of two failures, the
// model's is told.
static ig_status load_parts(member_loading *l, ig_error *err) {
  ig_pool *pair = NULL;
  if (l->how->tokenizers && ig_pool_threads(l->how->pool) > 1)
    IG_TRY(ig_pool_create(2, &pair, err));
  ig_pool_run(pair, PARTS, load_part, l);
  ig_pool_free(pair);
  for (int part = MODEL_PART; part >= TOKENIZER_PART; part--)
    if (l->failures[part].status != IG_OK)
      return ig_fail(err, l->failures[part].status, "%s", l->failures[part].message);
  return IG_OK;
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

// A tokenizer may have got tokens whose rows the model never got.
static void limit_tokenizer(ig_engine_members *members, const owned_member *owned) {
  const ig_config *c = &owned->model->config;
  const int rows = c->vocab_size < c->target_vocab_size ? c->vocab_size : c->target_vocab_size;
  char names[sizeof members->without_rows];
  if (ig_tokenizer_limit(owned->tokenizer, rows, names, sizeof names) > 0)
    memcpy(members->without_rows, names, sizeof names);
}

static ig_status load_member(ig_engine_members *members, int m, member_loading *l, ig_error *err) {
  IG_TRY(load_parts(l, err));
  set_member(members, m, l->owned->model, l->owned->tokenizer);
  if (!l->how->tokenizers) return IG_OK;
  limit_tokenizer(members, l->owned);
  const ig_status status = check_tokenizer(l->owned->model, l->owned->tokenizer, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", l->directory);
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
    sum += weight;
    if (!(weight >= 0) || !isfinite(sum))
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "weight of %s: expected a finite number from 0 on, found %g",
                     e->members[m].directory, weight);
  }
  if (e->mean != IG_MEAN_ARITHMETIC && e->mean != IG_MEAN_GEOMETRIC)
    return ig_fail(err, IG_ERROR_ARGUMENT, "mean: expected arithmetic or geometric, found %d",
                   (int)e->mean);
  return IG_OK;
}

static ig_vocabulary_owner owner_of(const ig_engine_members *members, const ig_ensemble *e, int m) {
  return (ig_vocabulary_owner){e->members[m].directory, members->models.list[m].model,
                               members->tokenizers[m]};
}

static const char *const one_vocabulary = "an ensemble needs one target vocabulary";

// Encoders whose heads give the same kind of numbers for the same ids.
static ig_status check_encoder(const ig_engine_members *members, const ig_ensemble *e, int m,
                               ig_error *err) {
  const char *first = e->members[0].directory, *other = e->members[m].directory;
  const ig_config *a = &members->models.list[0].model->config,
                  *b = &members->models.list[m].model->config;
  if (a->head.kind != b->head.kind || ig_config_outputs(a) != ig_config_outputs(b))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: its head is not that of %s: an ensemble needs heads that give the same",
                   other, first);
  const ig_vocabulary_owner ours = owner_of(members, e, 0), theirs = owner_of(members, e, m);
  if (!ours.tokenizer) return IG_OK;
  return ig_one_vocabulary_check_pieces(&ours, &theirs, IG_SIDE_TARGET, one_vocabulary, err);
}

static ig_status check_encoders(const ig_engine_members *members, const ig_ensemble *e,
                                ig_error *err) {
  for (int m = 1; m < members->models.count; m++) IG_TRY(check_encoder(members, e, m, err));
  return IG_OK;
}

static ig_status check_targets(ig_engine_members *members, const ig_ensemble *e, ig_error *err) {
  if (members->models.count == 1) return IG_OK;
  if (!ig_config_decodes(&members->models.list[0].model->config))
    return check_encoders(members, e, err);
  const ig_vocabulary_owner first = owner_of(members, e, 0);
  for (int m = 1; m < members->models.count; m++) {
    const ig_vocabulary_owner other = owner_of(members, e, m);
    IG_TRY(ig_one_vocabulary_check_target(&first, &other, one_vocabulary,
                                          &members->models.list[m].start_id, err));
  }
  return IG_OK;
}

// Members of weight 0 do not affect the result: they are freed, and the weights of the others then
// sum to 1.
static void take_weights(ig_engine_members *members, const ig_ensemble *e) {
  double sum = 0;
  for (size_t m = 0; m < e->count; m++) sum += e->members[m].weight;
  int kept = 0;
  for (int m = 0; m < members->models.count; m++) {
    const double weight = sum > 0 ? e->members[m].weight / sum : 1.0 / (double)e->count;
    if ((float)weight > 0) {
      members->models.list[kept] = members->models.list[m];
      members->models.list[kept].weight = (float)weight;
      members->tokenizers[kept] = members->tokenizers[m];
      members->owned[kept] = members->owned[m];
      kept++;
    } else {
      free_owned(&members->owned[m]);
    }
  }
  members->models.count = kept;
}

// ---- the language of the source ---------------------------------------------

static bool is_code(const char *text, size_t length) {
  if (length < 2 || length > 3) return false;
  for (size_t i = 0; i < length; i++)
    if (text[i] < 'a' || text[i] > 'z') return false;
  return true;
}

// The last name of a path, if it ends in two codes of one length, as "opus-mt-en-de" and "deu-eng"
// do: the first of them.
static bool find_code(const char *directory, const char **code, size_t *length) {
  const char *adapter;
  size_t end = ig_model_name_split(directory, &adapter), begin;
  while (end > 0 && directory[end - 1] == '/') end--;
  for (begin = end; begin > 0 && directory[begin - 1] != '-' && directory[begin - 1] != '/';)
    begin--;
  if (begin == 0 || directory[begin - 1] != '-' || !is_code(directory + begin, end - begin))
    return false;
  *length = end - begin;
  if (begin < *length + 1) return false;
  *code = directory + begin - 1 - *length;
  const char before = *code == directory ? '/' : (*code)[-1];
  return is_code(*code, *length) && (before == '/' || before == '-');
}

static ig_status find_source_language(ig_engine_members *members, const ig_ensemble *e,
                                      ig_error *err) {
  const char *code = NULL;
  size_t length = 0;
  for (int m = 0; m < members->models.count && !code; m++) {
    if (members->tokenizers[m]) code = ig_tokenizer_source_language(members->tokenizers[m]);
    if (code) length = strlen(code);
  }
  for (size_t m = 0; m < e->count && !code; m++)
    if (!find_code(e->members[m].directory, &code, &length)) code = NULL;
  if (!code) return IG_OK;
  members->source_language = ig_allocate_copy(code, length, err);
  return members->source_language ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_members_load(ig_engine_members *members, const ig_ensemble *e,
                          const ig_members_loading *how, ig_error *err) {
  IG_TRY(check_ensemble(e, err));
  IG_TRY(allocate_members(members, e->count, err));
  members->models.mean = e->mean;
  for (int m = 0; m < members->models.count; m++) {
    member_loading loading = {
        .how = how, .directory = e->members[m].directory, .owned = &members->owned[m]};
    IG_TRY(load_member(members, m, &loading, err));
  }
  IG_TRY(check_targets(members, e, err));
  take_weights(members, e);
  return find_source_language(members, e, err);
}

ig_status ig_members_borrow(ig_engine_members *members, const ig_model *model,
                            const ig_tokenizer *tokenizer, ig_error *err) {
  IG_TRY(allocate_members(members, 1, err));
  set_member(members, 0, model, tokenizer);
  return tokenizer ? check_tokenizer(model, tokenizer, err) : IG_OK;
}
