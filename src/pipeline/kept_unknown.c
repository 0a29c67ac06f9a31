// Copies in the places of unknown tokens: see kept_unknown.h.
#include "pipeline/kept_unknown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

bool ig_kept_unknown_occurs(const ig_translator *t, const ig_ids *target) {
  const int unknown = ig_tokenizer_unk_id(t->format.tokenizer, IG_SIDE_TARGET);
  for (size_t i = 0; i < target->count; i++)
    if (target->ids[i] == unknown) return true;
  return false;
}

// Has the source unknown pieces after the prefix?
static bool has_own_unknown(const ig_reviewed_pair *pair, const ig_ids *source, int unknown) {
  for (size_t i = pair->first_own; pair->unknown.count > 0 && i < source->count; i++)
    if (source->ids[i] == unknown) return true;
  return false;
}

// The text that the target token with these weights (source ids) stands for: of the source's
// unknown pieces, or where it has none of its tokens that stand for text, the one with the greatest
// weight. NULL: there is none.
static const char *find_copy(const ig_tokenizer *tokenizer, const ig_reviewed_pair *pair,
                             const ig_ids *source, const float *weights) {
  const int unknown = ig_tokenizer_unk_id(tokenizer, IG_SIDE_SOURCE);
  const bool any = has_own_unknown(pair, source, unknown);
  const char *best = NULL;
  float most = -1;
  for (size_t i = 0, k = 0; i < source->count; i++) {
    const bool is_unknown = source->ids[i] == unknown;
    const char *text = NULL;
    if (is_unknown && k < pair->unknown.count)
      text = pair->unknown.list[k++];
    else if (!any && !is_unknown &&
             !ig_tokenizer_is_special(tokenizer, IG_SIDE_SOURCE, source->ids[i]))
      text = ig_tokenizer_piece_of_id(tokenizer, IG_SIDE_SOURCE, source->ids[i]);
    if (!text || i < pair->first_own || weights[i] <= most) continue;
    most = weights[i];
    best = text;
  }
  return best;
}

// Of one translation: copies (target ids), which are NULL before. Returns how many there are.
static size_t find_copies(const ig_translator *t, const ig_reviewed_pair *pair,
                          const char **copies) {
  const ig_ids *source = &t->window.sentences[pair->sentence].sources[0];
  const int unknown = ig_tokenizer_unk_id(t->format.tokenizer, IG_SIDE_TARGET);
  size_t found = 0;
  for (size_t j = 0; pair->weights && j < pair->target.count; j++) {
    if (pair->target.ids[j] != unknown) continue;
    copies[j] = find_copy(t->format.tokenizer, pair, source, pair->weights + j * source->count);
    found += copies[j] != NULL;
  }
  return found;
}

ig_status ig_kept_unknown_rewrite(ig_translator *t, const ig_reviewed_pair *pair, ig_error *err) {
  ig_window_sentence *sentence = &t->window.sentences[pair->sentence];
  const char **copies = ig_allocate(pair->target.count, sizeof *copies, err);
  if (!copies) return IG_ERROR_MEMORY;
  const size_t found = find_copies(t, pair, copies);
  ig_translation *translation = &sentence->found[pair->hypothesis];
  ig_status status = IG_OK;
  if (found > 0) status = ig_translation_put_copies(translation, &t->format, copies, err);
  free(copies);
  sentence->kept_unknown |= found > 0;
  if (pair->hypothesis > 0 || status != IG_OK) return status;
  sentence->lost_output -= found;  // the losses are those of the best
  sentence->blank_output = ig_translation_is_blank(translation);
  return IG_OK;
}

ig_status ig_kept_unknown_copy_source(ig_translator *t, ig_window_sentence *sentence,
                                      ig_error *err) {
  if (!sentence->nothing_known || sentence->notes.unknown == 0) return IG_OK;
  const ig_text_span *text = &sentence->source_text;
  sentence->kept_unknown = true;
  sentence->found_count = t->format.n_best;
  const ig_copied_text copied = {.text = t->window.text + text->begin + t->prefix_length,
                                 .length = text->length - t->prefix_length,
                                 .score = ig_translator_has_scores(t) ? 0 : NAN};
  return ig_translation_copy(&t->format, &copied, &sentence->found, err);
}
