#include "pipeline/read_shortlist.h"

#include <stdio.h>

#include "base/fail.h"
#include "text/shortlist_load.h"

static ig_status check(const ig_engine_members *members, const ig_translator_options *o,
                       ig_error *err) {
  if (members->models.count > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "shortlist: it is for one model, for others have other source tokens");
  if (o->glossary)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "shortlist: the lists may lack a glossary's terms: one excludes the other");
  return IG_OK;
}

// A warning is told when a stream begins: there is no reporter yet.
static void keep_note(void *context, ig_level level, const char *text) {
  ig_read_shortlist *out = context;
  (void)level;
  snprintf(out->note, sizeof out->note, "%s", text);
}

ig_status ig_read_shortlist_open(const ig_engine_members *members, const ig_translator_options *o,
                                 ig_read_shortlist *out, ig_error *err) {
  *out = (ig_read_shortlist){0};
  if (!o->shortlist) return IG_OK;
  IG_TRY(check(members, o, err));
  const ig_config *config = &members->models.list[0].model->config;
  const ig_tokenizer *tokenizer = members->tokenizers[0];
  const ig_reporter reporter = {.message = keep_note, .context = out};
  const ig_shortlist_loading how = {.tokenizer = tokenizer,
                                    .source_size = config->vocab_size,
                                    .target_size = config->target_vocab_size,
                                    .first = IG_SHORTLIST_FIRST,
                                    .best = IG_SHORTLIST_BEST,
                                    .reporter = &reporter};
  IG_TRY(ig_shortlist_load(o->shortlist, &how, &out->list, err));
  out->lists = (ig_sentence_lists_source){
      .shortlist = out->list,
      .shared = tokenizer ? ig_tokenizer_shared(tokenizer) : config->shared_embedding,
      .unk_id = tokenizer ? ig_tokenizer_unk_id(tokenizer, IG_SIDE_TARGET) : -1};
  return IG_OK;
}

void ig_read_shortlist_free(ig_read_shortlist *shortlist) { ig_shortlist_free(shortlist->list); }
