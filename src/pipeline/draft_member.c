// Loading a draft: see draft_member.h.
#include "pipeline/draft_member.h"

#include "base/fail.h"
#include "model/files/load.h"
#include "pipeline/one_vocabulary.h"

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
  const ig_status status = check_draft(
      members, &first, &(ig_vocabulary_owner){directory, members->draft_model, tokenizer}, err);
  ig_tokenizer_free(tokenizer);
  return status;
}
