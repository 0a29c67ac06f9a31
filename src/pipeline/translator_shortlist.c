#include "pipeline/translator_shortlist.h"

#include <stdio.h>

#include "base/fail.h"
#include "text/shortlist_load.h"

enum { FIRST = 100, BEST = 100 };  // of a shortlist in text, as Marian takes them

static ig_status check(const ig_translator *t, const ig_translator_options *o, ig_error *err) {
  if (ig_engine_members_of(t->engine)->models.count > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "shortlist: it is for one model, for others have other source tokens");
  if (o->glossary)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "shortlist: the lists may lack a glossary's terms: one excludes the other");
  return IG_OK;
}

// A warning is told when a stream begins: there is no reporter yet.
static void keep_note(void *context, ig_level level, const char *text) {
  ig_translator *t = context;
  (void)level;
  snprintf(t->shortlist_note, sizeof t->shortlist_note, "%s", text);
}

ig_status ig_translator_shortlist_take(ig_translator *t, const ig_translator_options *o,
                                       ig_error *err) {
  if (!o->shortlist) return IG_OK;
  IG_TRY(check(t, o, err));
  const ig_config *config = &ig_translator_first_model(t)->config;
  const ig_tokenizer *tokenizer = ig_engine_members_of(t->engine)->tokenizers[0];
  const ig_reporter reporter = {.message = keep_note, .context = t};
  const ig_shortlist_loading how = {.tokenizer = tokenizer,
                                    .source_size = config->vocab_size,
                                    .target_size = config->target_vocab_size,
                                    .first = FIRST,
                                    .best = BEST,
                                    .reporter = &reporter};
  IG_TRY(ig_shortlist_load(o->shortlist, &how, &t->shortlist, err));
  t->lists = (ig_sentence_lists_source){
      .shortlist = t->shortlist,
      .shared = tokenizer ? ig_tokenizer_shared(tokenizer) : config->shared_embedding,
      .unk_id = tokenizer ? ig_tokenizer_unk_id(tokenizer, IG_SIDE_TARGET) : -1};
  return IG_OK;
}
