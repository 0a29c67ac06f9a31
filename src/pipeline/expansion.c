// Two jobs of an engine: see expansion.h.
#include "pipeline/expansion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// A slot that beam search could not fill has a score below this.
#define NO_HYPOTHESIS (-1e8f)

// A token after the prefix, and the text that the search made of it.
typedef struct alternative {
  float log_prob;  // of the token
  int *ids;        // (length), malloc'ed; NULL: there is none yet
  int length;
  float score;
} alternative;

typedef struct expansion {
  const ig_engine_job *job;      // the caller's
  int each;                      // alternatives of a sentence
  alternative *list;             // (sentences, each)
  int *firsts;                   // (sentences): tokens that may come after the prefix
  int *prefixes;                 // (sentences, each, prefix_length + 1)
  ig_queue_sentence *sentences;  // (sentences, each): of the second job
  ig_sentence_options *own;      // (sentences, each)
} expansion;

static int prefix_length_of(const expansion *x) { return x->job->options->sentence.prefix_length; }

static int *prefix_of(const expansion *x, size_t index) {
  return x->prefixes + index * ((size_t)prefix_length_of(x) + 1);
}

// Of texts that end one token after their prefix the search finds the likeliest.
static ig_decode_options options_of_first(const ig_decode_options *options, int alternatives) {
  ig_decode_options first = *options;
  first.beam_size = first.n_best = alternatives;
  first.sentence.max_length = first.sentence.prefix_length + 1;
  first.sentence.forced_eos = -1;
  if (first.sentence.min_length > first.sentence.max_length)
    first.sentence.min_length = first.sentence.max_length;
  return first;
}

ig_status ig_expansion_check(const ig_decode_options *options, int alternatives, ig_error *err) {
  const ig_sentence_options *own = &options->sentence;
  // A beam of them holds as many.
  if (alternatives > options->vocab_size / 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alternatives: expected at most half of the model's %d tokens, found %d",
                   options->vocab_size, alternatives);
  if (own->max_length < own->prefix_length + 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alternatives: after a prefix of %d tokens there is no room for two, as a "
                   "translation has at most %d",
                   own->prefix_length, own->max_length);
  for (int i = 0; i < own->prefix_length; i++)
    if (ig_decode_options_ends(options, own->prefix[i]))
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "target_prefix: it holds %d, which ends a translation: no alternatives come "
                     "after it",
                     own->prefix[i]);
  const ig_decode_options first = options_of_first(options, alternatives);
  return ig_decode_options_check(&first, err);
}

static ig_status keep_first(void *context, size_t sentence, const ig_hypothesis *found,
                            ig_error *err) {
  (void)err;
  const expansion *x = context;
  const int prefix = prefix_length_of(x);
  for (int k = 0; k < x->each; k++) {
    if (found[k].length != prefix + 1 || !(found[k].score > NO_HYPOTHESIS)) break;
    x->firsts[sentence]++;
    const size_t index = sentence * (size_t)x->each + (size_t)k;
    x->list[index].log_prob = found[k].score;
    memcpy(prefix_of(x, index), found[k].ids, (size_t)found[k].length * sizeof *found[k].ids);
  }
  return IG_OK;
}

// Fails for the first sentence that has too few.
static ig_status check_firsts(const expansion *x, size_t *sentence, ig_error *err) {
  for (size_t i = 0; i < x->job->count; i++) {
    if (x->job->sentences[i].length == 0 || x->firsts[i] == x->each) continue;
    *sentence = i;
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alternatives: only %d tokens may come after the beginning, expected %d",
                   x->firsts[i], x->each);
  }
  return IG_OK;
}

// log p of the rest, divided by its length, becomes that of the token and the rest by theirs.
static float score_of(const expansion *x, const alternative *a, const ig_hypothesis *rest) {
  const double penalty = (double)x->job->options->length_penalty;
  const int prefix = prefix_length_of(x), length = rest->length - prefix - 1;
  const double sum = (double)rest->score * pow((double)length, penalty) + (double)a->log_prob;
  return (float)(sum / pow((double)length + 1, penalty));
}

static ig_status keep_ids(alternative *a, const int *ids, int length, ig_error *err) {
  a->ids = ig_allocate((size_t)length, sizeof *a->ids, err);
  if (!a->ids) return IG_ERROR_MEMORY;
  memcpy(a->ids, ids, (size_t)length * sizeof *ids);
  a->length = length;
  return IG_OK;
}

static ig_status keep_completion(void *context, size_t index, const ig_hypothesis *found,
                                 ig_error *err) {
  const expansion *x = context;
  alternative *a = &x->list[index];
  a->score = score_of(x, a, found);
  return keep_ids(a, found->ids, found->length, err);
}

// An alternative that ends the text is complete, and nobody decodes it.
static ig_status list_completions(expansion *x, size_t *ended, ig_error *err) {
  const ig_engine_job *job = x->job;
  const int prefix = prefix_length_of(x);
  for (size_t i = 0; i < job->count * (size_t)x->each; i++) {
    const ig_queue_sentence *sentence = &job->sentences[i / (size_t)x->each];
    alternative *a = &x->list[i];
    x->sentences[i] = *sentence;
    x->own[i] = sentence->options ? *sentence->options : job->options->sentence;
    x->own[i].prefix = prefix_of(x, i);
    x->own[i].prefix_length = prefix + 1;
    x->sentences[i].options = &x->own[i];
    if (sentence->length == 0 || !ig_decode_options_ends(job->options, prefix_of(x, i)[prefix]))
      continue;
    x->sentences[i].length = 0;
    a->score = a->log_prob;
    IG_TRY(keep_ids(a, prefix_of(x, i), prefix + 1, err));
    ++*ended;
  }
  return IG_OK;
}

static ig_status run_both(expansion *x, ig_engine *engine, ig_engine_counts *counts,
                          size_t *lacking, ig_error *err) {
  const ig_decode_options options = options_of_first(x->job->options, x->each);
  ig_queue_sentence *firsts = x->sentences;  // free until the second job
  for (size_t i = 0; i < x->job->count; i++) {
    firsts[i] = x->job->sentences[i];
    firsts[i].options = NULL;
  }
  ig_engine_job job = *x->job;
  job.sentences = firsts;
  job.options = &options;
  job.decoded = keep_first;
  job.context = x;
  IG_TRY(ig_engine_run(engine, &job, counts, err));
  IG_TRY(check_firsts(x, lacking, err));
  size_t ended = 0;
  IG_TRY(list_completions(x, &ended, err));
  job.sentences = x->sentences;
  job.count *= (size_t)x->each;
  job.options = x->job->options;
  job.decoded = keep_completion;
  ig_engine_counts second;
  const ig_status status = ig_engine_run(engine, &job, &second, err);
  counts->target_tokens = second.target_tokens + ended;
  counts->lists = second.lists;
  if (second.workers > counts->workers) counts->workers = second.workers;
  return status;
}

// Hands over the sentences that have all of their alternatives.
static ig_status hand_over(const expansion *x, ig_error *err) {
  ig_hypothesis *found = ig_allocate((size_t)x->each, sizeof *found, err);
  ig_status status = found ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < x->job->count; i++) {
    int complete = 0;
    for (; complete < x->each; complete++) {
      const alternative *a = &x->list[i * (size_t)x->each + (size_t)complete];
      if (!a->ids) break;
      found[complete] = (ig_hypothesis){a->ids, a->length, a->score};
    }
    if (complete == x->each) status = x->job->decoded(x->job->context, i, found, err);
  }
  free(found);
  return status;
}

static ig_status reserve(expansion *x, ig_error *err) {
  const size_t count = x->job->count * (size_t)x->each;
  x->list = ig_allocate(count, sizeof *x->list, err);
  x->firsts = ig_allocate(x->job->count, sizeof *x->firsts, err);
  x->prefixes = ig_allocate(count, sizeof *x->prefixes * ((size_t)prefix_length_of(x) + 1), err);
  x->sentences = ig_allocate(count, sizeof *x->sentences, err);
  x->own = ig_allocate(count, sizeof *x->own, err);
  return x->list && x->firsts && x->prefixes && x->sentences && x->own ? IG_OK : IG_ERROR_MEMORY;
}

ig_status ig_expansion_run(ig_engine *engine, const ig_engine_job *job, int alternatives,
                           ig_engine_counts *counts, size_t *lacking, ig_error *err) {
  expansion x = {.job = job, .each = alternatives};
  *counts = (ig_engine_counts){0};
  *lacking = job->count;
  if (job->count == 0) return IG_OK;
  ig_status status = reserve(&x, err);
  if (status == IG_OK) {
    status = run_both(&x, engine, counts, lacking, err);
    ig_error failure = {0};
    const ig_status handed = hand_over(&x, &failure);
    if (status == IG_OK && handed != IG_OK) {
      status = handed;
      if (err) *err = failure;
    }
  }
  for (size_t i = 0; x.list && i < job->count * (size_t)alternatives; i++) free(x.list[i].ids);
  free(x.list);
  free(x.firsts);
  free(x.prefixes);
  free(x.sentences);
  free(x.own);
  return status;
}
