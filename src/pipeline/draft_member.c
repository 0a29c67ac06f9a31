// Loading a draft: see draft_member.h.
#include "pipeline/draft_member.h"

#include "base/fail.h"
#include "base/file.h"
#include "model/files/load.h"
#include "pipeline/one_vocabulary.h"
#include "text/shortlist_load.h"

static ig_status check_decoders(const ig_vocabulary_owner *of, const ig_vocabulary_owner *draft,
                                ig_error *err) {
  const ig_status status = ig_config_check_decodes(&draft->model->config, "a draft", err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", draft->directory);
  IG_TRY(ig_config_check_decodes(&of->model->config, "decoding with a draft", err));
  if (!of->model->config.decoder.recurrent) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: its decoder is recurrent: it cannot look at several positions in one step, "
                 "as a draft asks it to",
                 of->directory);
}

static ig_status check_draft(ig_engine_members *members, const ig_vocabulary_owner *of,
                             const ig_vocabulary_owner *draft, ig_error *err) {
  const char *why = "a draft needs the vocabulary of the model";
  IG_TRY(check_decoders(of, draft, err));
  IG_TRY(ig_one_vocabulary_check_source(of, draft, why, err));
  return ig_one_vocabulary_check_target(of, draft, why, &members->draft.start_id, err);
}

// Most of a small draft's step is its output layer, so it guesses from the shortlist of its
// directory, if that has one: nothing but its guesses depends on it.
static ig_status load_shortlist(ig_engine_members *members, const ig_vocabulary_owner *draft,
                                ig_error *err) {
  const ig_config *config = &draft->model->config;
  const ig_tokenizer *tokenizer = draft->tokenizer;
  const ig_shortlist_loading how = {.tokenizer = tokenizer,
                                    .source_size = config->vocab_size,
                                    .target_size = config->target_vocab_size,
                                    .first = IG_SHORTLIST_FIRST,
                                    .best = IG_SHORTLIST_BEST};
  if (!ig_file_exists_in(draft->directory, IG_SHORTLIST_NAME)) return IG_OK;
  IG_TRY(ig_shortlist_load(draft->directory, &how, &members->draft_shortlist, err));
  members->draft_lists = (ig_sentence_lists_source){
      .shortlist = members->draft_shortlist,
      .shared = tokenizer ? ig_tokenizer_shared(tokenizer) : config->shared_embedding,
      .unk_id = tokenizer ? ig_tokenizer_unk_id(tokenizer, IG_SIDE_TARGET) : -1};
  members->models.draft_lists = &members->draft_lists;
  return IG_OK;
}

ig_status ig_draft_member_load(ig_engine_members *members, const ig_ensemble *ensemble,
                               const char *directory, const ig_members_loading *how,
                               ig_error *err) {
  const ig_vocabulary_owner first = {ensemble->members[0].directory, members->models.list[0].model,
                                     members->tokenizers[0]};
  ig_tokenizer *tokenizer = NULL;
  if (ensemble->count > 1)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "draft: it drafts for one model, not for several");
  IG_TRY(ig_load_packed(directory, IG_WEIGHT_TYPE_INT8, how->pool, &members->draft_model, err));
  members->draft = (ig_member){.model = members->draft_model, .weight = 1};
  members->models.draft = &members->draft;
  if (first.tokenizer) {
    const ig_status status = ig_load_tokenizer(directory, &tokenizer, err);
    if (status != IG_OK)
      return ig_fail_in(err, status, "%s: a draft has the tokenizer of its model", directory);
  }
  const ig_vocabulary_owner draft = {directory, members->draft_model, tokenizer};
  ig_status status = check_draft(members, &first, &draft, err);
  if (status == IG_OK) status = load_shortlist(members, &draft, err);
  ig_tokenizer_free(tokenizer);
  return status;
}
