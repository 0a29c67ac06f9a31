#include "fuse/preview/shortlist_notes.h"

#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/shortlist.h"

ig_status ig_shortlist_notes_add(const ig_fusion_plan *plan, ig_problems *notes, ig_error *err) {
  const char *tokenizer = ig_fusion_plan_tokenizer(plan);
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const bool new_pieces = plan->alignment && plan->alignment->added;
  if (ig_file_exists_in(tokenizer, IG_SHORTLIST_NAME))
    IG_TRY(ig_problems_add(
        notes, NULL, err, "%s: %s %s", tokenizer, IG_SHORTLIST_NAME,
        new_pieces ? "is not copied: the output has pieces that its shortlist does not know; "
                     "`ingot optimize --shortlist` builds one"
                   : "goes along: the output has the vocabularies that its shortlist is for"));
  if (strcmp(tokenizer, donor->directory) == 0 ||
      !ig_file_exists_in(donor->directory, IG_SHORTLIST_NAME))
    return IG_OK;
  return ig_problems_add(notes, NULL, err,
                         "%s: %s is not copied: the output has the tokenizer of %s",
                         donor->reference, IG_SHORTLIST_NAME, tokenizer);
}
