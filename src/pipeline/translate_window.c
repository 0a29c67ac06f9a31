// A window through the engine: see translate_window.h.
#include "pipeline/translate_window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "pipeline/expansion.h"
#include "pipeline/long_sentences.h"
#include "pipeline/review.h"
#include "pipeline/term_places.h"

static ig_status encode_window(ig_translator *t, const ig_encoding *encoding, ig_error *err) {
  ig_pool *pool = NULL;
  const bool lent = ig_window_is_large(&t->window) && ig_engine_lend_pool(t->engine, &pool);
  const ig_status status = ig_window_encode(&t->window, encoding, pool, err);
  if (lent) ig_engine_return_pool(t->engine);
  return status;
}

// Makes ids of the window's sentences. A sentence of which none can be made is an error: the window
// is cut to those before it.
static ig_status make_ids(ig_translator *t, bool scoring, ig_error *err) {
  ig_window *w = &t->window;
  const ig_encoding encoding = {.sources = t->sources,
                                .ids_in = t->ids_in,
                                .scoring = scoring,
                                .target_vocabulary = t->decode.vocab_size,
                                .target_language = t->target_language,
                                .prefix_length = t->prefix_length,
                                .longest_target = t->longest_target,
                                .interrupter = t->interrupter,
                                .keeps_refusals = t->keeps_refusals};
  const ig_status encoded = encode_window(t, &encoding, err);
  if (encoded != IG_OK) {
    const size_t accepted = ig_window_accepted(w);
    ig_window_cut(w, accepted < w->count ? accepted : 0);
  }
  if (!t->splitter || scoring) return encoded;
  ig_error failure = {0};
  const ig_status divided = ig_long_sentences_divide(w, &encoding, &t->losses, &failure);
  if (divided == IG_OK) return encoded;
  ig_window_cut(w, 0);
  if (encoded == IG_OK && err) *err = failure;
  return encoded == IG_OK ? divided : encoded;
}

static void count_losses(ig_translator *t) {
  for (size_t i = 0; i < t->window.count; i++) {
    t->stats.glossary_terms += (size_t)t->window.sentences[i].terms;
    t->stats.missing_terms += (size_t)t->window.sentences[i].missing_terms;
    t->stats.excluded_terms += (size_t)t->window.sentences[i].excluded_terms;
    t->stats.kept_unknowns += t->window.sentences[i].kept_unknown;
    ig_losses_of_source(&t->losses, &t->window.sentences[i]);
    ig_losses_of_output(&t->losses, &t->window.sentences[i]);
  }
}

static void count_missing_terms(ig_translator *t, size_t index, const ig_hypothesis *found) {
  ig_window_sentence *s = &t->window.sentences[index];
  const ig_terms *terms = t->own_options[index].terms;
  if (!terms) return;
  uint64_t met = ig_terms_met(terms, found->ids, found->length),
           lost = ig_terms_lost(terms, found->ids, found->length);
  for (; met; met &= met - 1) s->missing_terms--;
  for (; lost; lost &= lost - 1) s->excluded_terms++;
}

static ig_status keep_translation(void *context, size_t sentence, const ig_hypothesis *found,
                                  ig_error *err) {
  ig_translator *t = context;
  ig_window_sentence *translated = &t->window.sentences[sentence];
  const ig_sentence_options *own = t->sentences[sentence].options;
  translated->max_length = own ? own->max_length : t->decode.sentence.max_length;
  translated->unfinished = ig_losses_is_unfinished(&t->decode, translated->max_length, found);
  if (t->format.tokenizer)
    translated->lost_output =
        ig_tokenizer_count_lost(t->format.tokenizer, found->ids, (size_t)found->length);
  if (translated->terms > 0) count_missing_terms(t, sentence, found);
  ig_stream_progress_sentence(&t->progress, translated);
  // Greedy search has no scores, and a search for terms ranks by other costs than log p, which the
  // review will tell.
  const bool is_ranked = ig_translator_ranks(t) && !(translated->terms > 0 && t->review.scores);
  translated->found_count = t->format.n_best;
  IG_TRY(ig_translation_keep(&t->format, found, is_ranked, &translated->found, err));
  translated->blank_output = ig_translation_is_blank(&translated->found[0]);
  return IG_OK;
}

static ig_status tell_token(void *context, size_t sentence, const int *generated, int count,
                            ig_error *err) {
  const ig_translator *t = context;
  const ig_window_sentence *sentences = t->window.sentences;
  size_t first = sentence;
  while (first > 0 && sentences[first - 1].number == sentences[sentence].number) first--;
  char *text = NULL;
  if (t->format.tokenizer)
    IG_TRY(ig_tokenizer_decode(t->format.tokenizer, generated, (size_t)count, &text, err));
  const ig_token_event event = {.line = sentences[sentence].number,
                                .sentence = sentence - first,
                                .ids = generated,
                                .count = count,
                                .text = text};
  const ig_status status = t->on_token.write(t->on_token.context, &event, err);
  free(text);
  return status == IG_OK ? status : ig_fail_of_caller(status, "on_token: write", err);
}

static ig_status keep_scores(void *context, size_t sentence, const ig_engine_scores *scores,
                             ig_error *err) {
  ig_translator *t = context;
  ig_window_sentence *scored = &t->window.sentences[sentence];
  ig_stream_progress_sentence(&t->progress, scored);
  const size_t count = scored->target.count;
  scored->log_probs = ig_allocate(count, sizeof *scored->log_probs, err);
  if (!scored->log_probs) return IG_ERROR_MEMORY;
  memcpy(scored->log_probs, scores->log_probs, count * sizeof *scored->log_probs);
  return IG_OK;
}

// With an entry of own_options for each sentence.
static ig_status take_own_options(ig_translator *t, ig_error *err) {
  const size_t before = t->own_capacity;
  IG_TRY(ig_allocate_more((void **)&t->own_options, &t->own_capacity, t->window.count,
                          sizeof *t->own_options, err));
  memset(t->own_options + before, 0, (t->own_capacity - before) * sizeof *t->own_options);
  for (size_t i = 0; i < t->window.count; i++) {
    t->own_options[i] = t->decode.sentence;
    t->sentences[i].options = &t->own_options[i];
  }
  return IG_OK;
}

// A brake for models that do not end: as many tokens as the factor gives of the source's, 1 at
// least.
// A prefix of the target is not cut, and a token follows it; another one where it has alternatives.
static void limit_lengths(ig_translator *t) {
  const double least = (double)t->target_prefix.count + (t->alternatives > 0 ? 2 : 1);
  for (size_t i = 0; i < t->window.count; i++) {
    ig_sentence_options *own = &t->own_options[i];
    // A product like 1.1 * 10, which is no whole number by its last bit alone, is not rounded up.
    const double product = (double)t->max_length_factor * (double)t->window.sentences[i].length,
                 most = fmax(ceil(product * (1 - 1e-6)), least);
    if (most < (double)own->max_length) own->max_length = (int)most;
    if (own->min_length > own->max_length) own->min_length = own->max_length;
  }
}

static ig_status find_terms(ig_translator *t, ig_error *err) {
  for (size_t i = 0; i < t->window.count; i++) {
    ig_window_sentence *s = &t->window.sentences[i];
    ig_glossary_terms found;
    if (s->refusal) continue;  // its text may be no UTF-8
    IG_TRY(ig_glossary_find(t->glossary, t->window.text + s->source_text.begin + t->prefix_length,
                            s->source_text.length - t->prefix_length, &t->decode, &found, err));
    s->terms = s->missing_terms = found.count;
    s->excluded_terms = found.excluded;
    if (s->length > 0)
      t->own_options[i].terms = found.terms;
    else
      ig_terms_free(found.terms);  // nothing is translated, and the terms are missing
    if (t->own_options[i].terms) IG_TRY(ig_term_places_set(t, s, &found, err));
  }
  return IG_OK;
}

static void free_terms(ig_translator *t) {
  for (size_t i = 0; t->glossary && i < t->window.count && i < t->own_capacity; i++) {
    ig_terms_free(t->own_options[i].terms);
    t->own_options[i].terms = NULL;
  }
}

// Random numbers are those of a line and of the sentence within it, whatever window it is in.
static void number_sentences(ig_translator *t) {
  enum { SENTENCES_OF_A_LINE = 20 };  // bits
  for (size_t i = 0; i < t->window.count; i++) {
    const size_t line = t->window.sentences[i].number;
    if (line != t->numbered_line) t->numbered = 0;
    t->numbered_line = line;
    t->own_options[i].number = ((uint64_t)line << SENTENCES_OF_A_LINE) + t->numbered++;
  }
}

// Sentence i of the job is sentence i of the window.
static ig_status list_sentences(ig_translator *t, bool scoring, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&t->sentences, &t->sentence_capacity, t->window.count,
                          sizeof *t->sentences, err));
  for (size_t i = 0; i < t->window.count; i++) {
    const ig_window_sentence *sentence = &t->window.sentences[i];
    t->sentences[i] = (ig_queue_sentence){.sources = sentence->sources,
                                          .length = sentence->length,
                                          .target = scoring ? &sentence->target : NULL};
  }
  if (scoring || (!t->decode.sampling.on && !t->glossary && t->max_length_factor == 0))
    return IG_OK;
  IG_TRY(take_own_options(t, err));
  if (t->decode.sampling.on) number_sentences(t);
  if (t->max_length_factor > 0) limit_lengths(t);
  return t->glossary ? find_terms(t, err) : IG_OK;
}

// Has the engine fill the output of the sentences that are not blank.
static ig_status run_engine(ig_translator *t, bool scoring, ig_error *err) {
  IG_TRY(list_sentences(t, scoring, err));
  const ig_engine_job job = {.sentences = t->sentences,
                             .count = t->window.count,
                             .options = &t->decode,
                             .batch_tokens = t->batch_tokens,
                             .draft_tokens = t->draft_tokens,
                             .lists = t->shortlist.list ? &t->shortlist.lists : NULL,
                             .decoded = scoring ? NULL : keep_translation,
                             .token = t->on_token.write && !scoring ? tell_token : NULL,
                             .scored = scoring ? keep_scores : NULL,
                             .context = t,
                             .interrupter = t->interrupter};
  ig_engine_counts counts;
  size_t lacking = t->window.count;
  const ig_status status =
      t->alternatives > 0 && !scoring
          ? ig_expansion_run(t->engine, &job, t->alternatives, &counts, &lacking, err)
          : ig_engine_run(t->engine, &job, &counts, err);
  if (lacking < t->window.count)
    ig_fail_in(err, status, "line %zu", t->window.sentences[lacking].number);
  t->stats.target_tokens += counts.target_tokens;
  t->stats.drafted_tokens += counts.draft.drafted;
  t->stats.accepted_tokens += counts.draft.accepted;
  t->stats.draft_steps += counts.draft.steps;
  t->stats.listed_sentences += counts.lists.sentences;
  t->stats.listed_tokens += counts.lists.tokens;
  if (counts.workers > t->stats.workers) t->stats.workers = counts.workers;
  if (status != IG_OK) return status;
  for (size_t i = 0; i < t->window.count; i++)
    t->stats.sentences += !t->window.sentences[i].refusal;
  t->stats.source_tokens += counts.source_tokens;
  return IG_OK;
}

ig_status ig_translate_window(ig_translator *t, bool scoring, ig_error *err) {
  const ig_status encoded = make_ids(t, scoring, err);
  if (t->window.count == 0) return encoded;
  ig_error failure = {0};
  ig_status ran = run_engine(t, scoring, &failure);
  if (!scoring) free_terms(t);
  if (ran == IG_OK) ran = ig_review_window(t, scoring, &failure);
  count_losses(t);
  if (encoded != IG_OK || ran == IG_OK) return encoded;
  if (err) *err = failure;
  return ran;
}
