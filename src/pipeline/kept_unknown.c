// Copies in the places of unknown tokens: see kept_unknown.h.
#include "pipeline/kept_unknown.h"

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

static ig_status write_output(ig_translator *t, ig_window_sentence *sentence,
                              const ig_output_details *details, ig_error *err) {
  char *output;
  IG_TRY(ig_output_line_translated(&t->format, sentence->found, details, &output, err));
  free(sentence->output);
  sentence->output = output;
  sentence->blank_output = ig_output_line_is_blank(&t->format, output);
  return IG_OK;
}

// What is known of the n best of a sentence.
typedef struct known_details {
  const char **texts;          // (target ids of all): copies
  const char *const **copies;  // (n_best): into texts
  const float **log_probs;     // (n_best)
} known_details;

static ig_status rewrite(ig_translator *t, const ig_reviewed_pair *pairs, known_details *d,
                         ig_error *err) {
  ig_window_sentence *sentence = &t->window.sentences[pairs[0].sentence];
  size_t copied = 0, next = 0;
  for (int k = 0; k < t->decode.n_best; k++) {
    const char **texts = d->texts + next;
    const size_t found = t->review.keep_unknown ? find_copies(t, &pairs[k], texts) : 0;
    d->copies[k] = texts;
    d->log_probs[k] = pairs[k].log_probs;
    if (k == 0) sentence->lost_output -= found;  // the losses are those of the best
    copied += found;
    next += pairs[k].target.count;
  }
  sentence->kept_unknown = copied > 0;
  if (copied == 0 && !t->review.scores) return IG_OK;
  const ig_output_details details = {d->copies, t->review.scores ? d->log_probs : NULL};
  return write_output(t, sentence, &details, err);
}

ig_status ig_kept_unknown_rewrite(ig_translator *t, const ig_reviewed_pair *pairs, ig_error *err) {
  const size_t n = (size_t)t->decode.n_best;
  size_t ids = 0;
  for (size_t k = 0; k < n; k++) ids += pairs[k].target.count;
  known_details d = {.texts = ig_allocate(ids, sizeof *d.texts, err),
                     .copies = ig_allocate(n, sizeof *d.copies, err),
                     .log_probs = ig_allocate(n, sizeof *d.log_probs, err)};
  const bool allocated = d.texts && d.copies && d.log_probs;
  const ig_status status = allocated ? rewrite(t, pairs, &d, err) : IG_ERROR_MEMORY;
  free(d.texts);
  free(d.copies);
  free(d.log_probs);
  return status;
}

ig_status ig_kept_unknown_copy_source(ig_translator *t, ig_window_sentence *sentence,
                                      ig_error *err) {
  if (!sentence->nothing_known || sentence->notes.unknown == 0) return IG_OK;
  const ig_text_span *text = &sentence->source_text;
  sentence->kept_unknown = true;
  return ig_output_line_copied(&t->format, t->window.text + text->begin + t->prefix_length,
                               text->length - t->prefix_length, &sentence->output, err);
}
