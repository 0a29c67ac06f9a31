#include "optimize/built_shortlist.h"

#include <limits.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/ascending.h"
#include "base/fail.h"
#include "base/report.h"
#include "data/corpus_load.h"
#include "model/files/load.h"
#include "numeric/lexical_model.h"
#include "text/shortlist_record.h"

enum {
  MOST_NEIGHBOURS = 1024,  // target tokens of a source token whose probability is looked at
  LONGEST = 256,           // tokens of a side of a pair
};
// A pair less probable than this in both directions together is no translation.
#define LEAST_PROBABILITY 1e-9f

typedef struct building {
  const ig_built_shortlist_plan *plan;
  int first, best;
  ig_tokenizer *tokenizer;
  ig_pool *pool;
  ig_corpus corpus;
  int size[2];  // ids by ig_side
  ig_shortlist_entry *entries;
  size_t count, capacity;
  ig_shortlist_made *made;
} building;

int ig_built_shortlist_first(const ig_shortlist_options *o) {
  return o->first ? o->first : IG_SHORTLIST_FIRST;
}

int ig_built_shortlist_best(const ig_shortlist_options *o) {
  return o->best ? o->best : IG_SHORTLIST_BEST;
}

ig_status ig_built_shortlist_check(const ig_shortlist_options *o, ig_error *err) {
  IG_TRY(ig_fail_if_null(o->source, "shortlist: source", err));
  IG_TRY(ig_fail_if_null(o->target, "shortlist: target", err));
  if (o->first < 0 || o->best < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "shortlist: expected 0 or more first and best tokens, found %d and %d", o->first,
                   o->best);
  return IG_OK;
}

// ---- the corpus ---------------------------------------------------------------

static size_t corpus_bytes(const ig_corpus *c) {
  size_t bytes = 0;
  for (int side = 0; side < 2; side++)
    bytes += c->offsets[side][c->pairs] * sizeof **c->ids + (c->pairs + 1) * sizeof **c->offsets;
  return bytes;
}

static ig_status load_corpus(building *b, ig_error *err) {
  const ig_shortlist_options *o = b->plan->options;
  const ig_corpus_files files = {.source = &o->source, .target = &o->target, .count = 1};
  const ig_corpus_options options = {.tokenizer = b->tokenizer,
                                     .pool = b->pool,
                                     .max_length = LONGEST,
                                     .reporter = b->plan->reporter};
  IG_TRY(ig_corpus_load(&files, &options, &b->corpus, err));
  const ig_corpus *c = &b->corpus;
  b->made->pairs = c->pairs;
  b->made->left_out = c->too_long + c->empty;
  if (c->pairs == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: no pair of lines to make a shortlist of: %zu are empty, %zu longer than %d "
                   "tokens",
                   o->source, c->empty, c->too_long, LONGEST);
  if (b->made->left_out > 0)
    ig_report(b->plan->reporter, IG_LEVEL_WARNING,
              "shortlist: %zu pairs of lines left out, from %s:%zu on: %zu have an empty side, %zu "
              "are longer than %d tokens",
              b->made->left_out, c->left_out_path, c->left_out_line, c->empty, c->too_long,
              LONGEST);
  return IG_OK;
}

// ---- probabilities --------------------------------------------------------------

static ig_lexical_text text_from(const building *b, ig_side source) {
  const ig_side target = source == IG_SIDE_SOURCE ? IG_SIDE_TARGET : IG_SIDE_SOURCE;
  return (ig_lexical_text){.pairs = b->corpus.pairs,
                           .source = b->corpus.ids[source],
                           .target = b->corpus.ids[target],
                           .source_offsets = b->corpus.offsets[source],
                           .target_offsets = b->corpus.offsets[target],
                           .source_size = b->size[source],
                           .target_size = b->size[target]};
}

// p(of the other side | of this one)
static ig_status find_probabilities(building *b, ig_side source, ig_lexical_model **out,
                                    ig_error *err) {
  const ig_lexical_text text = text_from(b, source);
  IG_TRY(ig_lexical_model_create(&text, MOST_NEIGHBOURS, b->plan->watch, out, err));
  for (int step = 0; step < IG_BUILT_SHORTLIST_STEPS; step++) {
    ig_lexical_model_step(*out, b->plan->watch);
    IG_TRY(ig_interrupt_check(b->plan->watch, err));
    const int before = source == IG_SIDE_SOURCE ? 0 : IG_BUILT_SHORTLIST_STEPS;
    ig_report_progress(b->plan->reporter, &(ig_progress){.what = "finding translations of words",
                                                         .unit = "steps",
                                                         .done = before + step + 1,
                                                         .total = 2 * IG_BUILT_SHORTLIST_STEPS});
  }
  return IG_OK;
}

static ig_status add_entry(building *b, int source, int target, float probability, ig_error *err) {
  IG_TRY(
      ig_allocate_more((void **)&b->entries, &b->capacity, b->count + 1, sizeof *b->entries, err));
  b->entries[b->count++] = (ig_shortlist_entry){source, target, probability};
  return IG_OK;
}

// The probability of a target in a row; 0: it is not there.
static float look_up(const ig_lexical_row *row, int target) {
  const size_t place = ig_ascending_find(row->targets, row->count, target);
  return place < row->count && row->targets[place] == target ? row->probability[place] : 0;
}

// A pair counts with the product of its probabilities in the two directions: what is merely
// frequent is probable in one of them alone.
static ig_status join_directions(building *b, const ig_lexical_model *forward,
                                 const ig_lexical_model *backward, ig_error *err) {
  for (int s = 0; s < b->size[IG_SIDE_SOURCE]; s++) {
    const ig_lexical_row row = ig_lexical_model_row(forward, s);
    for (size_t i = 0; i < row.count; i++) {
      const ig_lexical_row reverse = ig_lexical_model_row(backward, row.targets[i]);
      const float p = row.probability[i] * look_up(&reverse, s);
      if (p >= LEAST_PROBABILITY) IG_TRY(add_entry(b, s, row.targets[i], p, err));
    }
  }
  return IG_OK;
}

static ig_status find_translations(building *b, ig_error *err) {
  ig_lexical_model *forward = NULL, *backward = NULL;
  ig_status status = find_probabilities(b, IG_SIDE_SOURCE, &forward, err);
  if (status == IG_OK) status = find_probabilities(b, IG_SIDE_TARGET, &backward, err);
  if (status == IG_OK) status = join_directions(b, forward, backward, err);
  if (status == IG_OK)
    b->made->peak_bytes = corpus_bytes(&b->corpus) + ig_lexical_model_bytes(forward) +
                          ig_lexical_model_bytes(backward) + b->capacity * sizeof *b->entries;
  ig_lexical_model_free(forward);
  ig_lexical_model_free(backward);
  return status;
}

// ---- what every sentence may have -------------------------------------------------

typedef struct frequency {
  int id;
  size_t times;
} frequency;

static int compare_frequencies(const void *a, const void *b) {
  const frequency *x = a, *y = b;
  if (x->times != y->times) return x->times > y->times ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

// Adds the most frequent target tokens to what the source's end token leads to, before everything
// else there. A source id whose list is empty gets the end token, for Marian reads no file in which
// that is so of the last one.
static ig_status add_frequent(building *b, int *added, ig_error *err) {
  const ig_corpus *c = &b->corpus;
  const int size = b->size[IG_SIDE_TARGET], end = ig_tokenizer_eos_id(b->tokenizer, IG_SIDE_SOURCE);
  frequency *all = ig_allocate((size_t)size, sizeof *all, err);
  if (!all) return IG_ERROR_MEMORY;
  for (int id = 0; id < size; id++) all[id].id = id;
  for (size_t i = 0; i < c->offsets[IG_SIDE_TARGET][c->pairs]; i++)
    all[c->ids[IG_SIDE_TARGET][i]].times++;
  qsort(all, (size_t)size, sizeof *all, compare_frequencies);
  ig_status status = IG_OK;
  *added = 0;
  for (int i = 0; status == IG_OK && i < b->first && i < size && all[i].times > 0; i++)
    if (all[i].id >= b->first) {
      status = add_entry(b, end, all[i].id, 1, err);
      ++*added;
    }
  if (status == IG_OK)
    status = add_entry(b, b->size[IG_SIDE_SOURCE] - 1,
                       ig_tokenizer_eos_id(b->tokenizer, IG_SIDE_TARGET), 1, err);
  free(all);
  return status;
}

// The end token means nothing by itself: it has the frequent tokens alone.
static void drop_translations_of(building *b, int source) {
  size_t kept = 0;
  for (size_t i = 0; i < b->count; i++)
    if (b->entries[i].source != source) b->entries[kept++] = b->entries[i];
  b->count = kept;
}

// ---- what it is worth ---------------------------------------------------------------

static ig_status measure(const building *b, const ig_shortlist *s, ig_error *err) {
  const ig_corpus *c = &b->corpus;
  const int size = b->size[IG_SIDE_TARGET];
  uint64_t *marks = ig_allocate(ig_shortlist_words(size), sizeof *marks, err);
  int *ids = marks ? ig_allocate((size_t)size, sizeof *ids, err) : NULL;
  size_t listed = 0, covered = 0;
  for (size_t p = 0; ids && p < c->pairs; p++) {
    const ig_shortlist_sentence sentence = {
        .source = c->ids[IG_SIDE_SOURCE] + c->offsets[IG_SIDE_SOURCE][p],
        .length = ig_corpus_length(c, IG_SIDE_SOURCE, p),
        .shared = ig_tokenizer_shared(b->tokenizer)};
    ig_shortlist_mark_sentence(s, &sentence, size, marks);
    for (size_t i = c->offsets[IG_SIDE_TARGET][p]; i < c->offsets[IG_SIDE_TARGET][p + 1]; i++)
      covered += ig_shortlist_has(marks, c->ids[IG_SIDE_TARGET][i]);
    listed += (size_t)ig_shortlist_take(marks, size, ids);
  }
  free(marks);
  free(ids);
  if (!ids) return IG_ERROR_MEMORY;
  b->made->list = (double)listed / (double)c->pairs;
  b->made->covered = (double)covered / (double)c->offsets[IG_SIDE_TARGET][c->pairs];
  b->made->target_tokens = ig_shortlist_size(s);
  for (size_t word = 0; word < s->words; word++)
    b->made->source_tokens += s->offsets[word + 1] > s->offsets[word];
  return IG_OK;
}

static ig_status build(building *b, ig_built_shortlist *out, ig_error *err) {
  const ig_built_shortlist_plan *plan = b->plan;
  int frequent;
  IG_TRY(ig_load_tokenizer(plan->directory, &b->tokenizer, err));
  IG_TRY(ig_pool_create(plan->threads, &b->pool, err));
  b->size[IG_SIDE_SOURCE] = ig_tokenizer_source_size(b->tokenizer);
  b->size[IG_SIDE_TARGET] = ig_tokenizer_target_size(b->tokenizer);
  IG_TRY(load_corpus(b, err));
  IG_TRY(find_translations(b, err));
  drop_translations_of(b, ig_tokenizer_eos_id(b->tokenizer, IG_SIDE_SOURCE));
  IG_TRY(add_frequent(b, &frequent, err));
  const ig_shortlist_plan lists = {.first = b->first,
                                   .best = b->best > frequent ? b->best : frequent,
                                   .words = (size_t)b->size[IG_SIDE_SOURCE],
                                   .entries = b->entries,
                                   .count = b->count};
  IG_TRY(ig_shortlist_make(&lists, &out->lists, err));
  IG_TRY(ig_shortlist_record_make(b->tokenizer, &out->record, err));
  return measure(b, out->lists, err);
}

ig_status ig_built_shortlist_make(const ig_built_shortlist_plan *plan, ig_built_shortlist *out,
                                  ig_shortlist_made *made, ig_error *err) {
  building b = {.plan = plan,
                .first = ig_built_shortlist_first(plan->options),
                .best = ig_built_shortlist_best(plan->options),
                .made = made};
  *out = (ig_built_shortlist){0};
  *made = (ig_shortlist_made){0};
  const ig_status status = build(&b, out, err);
  ig_corpus_free(&b.corpus);
  ig_pool_free(b.pool);
  ig_tokenizer_free(b.tokenizer);
  free(b.entries);
  if (status != IG_OK) ig_built_shortlist_free(out);
  return status;
}

void ig_built_shortlist_free(ig_built_shortlist *shortlist) {
  ig_shortlist_free(shortlist->lists);
  json_decref(shortlist->record);
  *shortlist = (ig_built_shortlist){0};
}
