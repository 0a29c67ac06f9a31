// The members of an engine: models that decide together, and their tokenizers.
#ifndef IG_PIPELINE_MEMBERS_H
#define IG_PIPELINE_MEMBERS_H
#include "base/pool.h"
#include "decode/ensemble.h"
#include "decode/sentence_lists.h"
#include "ingot.h"
#include "model/weight_type.h"
#include "text/tokenizer.h"

// ig_members_free; start from {0}.
typedef struct ig_engine_members {
  ig_members models;                // as decoding sees them
  const ig_tokenizer **tokenizers;  // (members); all NULL: ids come in and go out
  struct owned_member *owned;       // (members): what was loaded and will be freed, not borrowed
  char *source_language;            // a code, of the first member that says it; NULL: unknown
  ig_model *draft_model;            // loaded; NULL: there is no draft
  ig_member draft;                  // what models.draft is, if there is one (draft_member.h)
  ig_shortlist *draft_shortlist;    // of its directory; NULL: it has none
  ig_sentence_lists_source draft_lists;  // what models.draft_lists is, if there is a shortlist
  // Added tokens for which a model has no rows, commas between them; "": none.
  char without_rows[200];
} ig_engine_members;

typedef struct ig_members_loading {
  bool tokenizers;      // wanted too
  ig_weight_type type;  // of the models' weights in memory
  ig_pool *pool;
} ig_members_loading;

// Loads the models and, if wanted, their tokenizers, and checks that they can be one ensemble.
// Members of weight 0 are not kept.
ig_status ig_members_load(ig_engine_members *members, const ig_ensemble *ensemble,
                          const ig_members_loading *how, ig_error *err);
// One member, whose model and tokenizer (NULL: none) stay the caller's.
ig_status ig_members_borrow(ig_engine_members *members, const ig_model *model,
                            const ig_tokenizer *tokenizer, ig_error *err);
// Tokens that every member has positions for.
int ig_members_longest(const ig_engine_members *members);
void ig_members_free(ig_engine_members *members);
#endif
