// Expectation maximisation row by row: a source word's row is laid out over the whole target
// vocabulary while the pairs that have the word are gone through, so that no cell is searched for.
#include "numeric/lexical_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// S source words and the empty one, which is number S and stands in every pair; T target words.
struct ig_lexical_model {
  ig_lexical_text text;
  size_t words;         // S + 1
  size_t *begin;        // (words + 1): in cells
  int *targets;         // (cells)
  float *probability;   // (cells)
  size_t *places;       // (words + 1): in pair_of
  uint32_t *pair_of;    // the pairs that each word stands in, as often as it does
  float *denominator;   // (target words of all pairs): sum over the pair of p(t | s)
  float *row;           // (T)
  double *expectation;  // (T)
  size_t bytes;
};

static void *take(ig_lexical_model *m, size_t count, size_t size, ig_error *err) {
  void *memory = ig_allocate(count, size, err);
  if (memory) m->bytes += count * size;
  return memory;
}

void ig_lexical_model_free(ig_lexical_model *m) {
  if (!m) return;
  free(m->begin);
  free(m->targets);
  free(m->probability);
  free(m->places);
  free(m->pair_of);
  free(m->denominator);
  free(m->row);
  free(m->expectation);
  free(m);
}

// ---- the pairs of each word ---------------------------------------------------

static ig_status list_pairs(ig_lexical_model *m, ig_error *err) {
  const ig_lexical_text *text = &m->text;
  const size_t tokens = text->source_offsets[text->pairs], empty = m->words - 1;
  m->places = take(m, m->words + 1, sizeof *m->places, err);
  m->pair_of = m->places ? take(m, tokens + text->pairs, sizeof *m->pair_of, err) : NULL;
  size_t *next = m->pair_of ? ig_allocate(m->words, sizeof *next, err) : NULL;
  if (!next) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < tokens; i++) m->places[text->source[i] + 1]++;
  m->places[empty + 1] = text->pairs;
  for (size_t s = 0; s < m->words; s++) m->places[s + 1] += m->places[s];
  memcpy(next, m->places, m->words * sizeof *next);
  for (size_t p = 0; p < text->pairs; p++) {
    for (size_t i = text->source_offsets[p]; i < text->source_offsets[p + 1]; i++)
      m->pair_of[next[text->source[i]]++] = (uint32_t)p;
    m->pair_of[next[empty]++] = (uint32_t)p;
  }
  free(next);
  return IG_OK;
}

// ---- the targets of each word ---------------------------------------------------

typedef struct neighbour {
  int target;
  uint32_t times;  // that it stands beside the word
} neighbour;

// A word's neighbours while they are found.
typedef struct neighbourhood {
  neighbour *list;  // (T)
  size_t count;
  int *place;  // (T): of each target in the list, from 1; 0: it is not there
} neighbourhood;

static int compare_times(const void *a, const void *b) {
  const neighbour *x = a, *y = b;
  if (x->times != y->times) return x->times > y->times ? -1 : 1;
  return (x->target > y->target) - (x->target < y->target);
}

static int compare_targets(const void *a, const void *b) {
  const neighbour *x = a, *y = b;
  return (x->target > y->target) - (x->target < y->target);
}

static void find_neighbours(const ig_lexical_model *m, size_t word, size_t most, neighbourhood *n) {
  const ig_lexical_text *text = &m->text;
  n->count = 0;
  for (size_t i = m->places[word]; i < m->places[word + 1]; i++) {
    const size_t pair = m->pair_of[i];
    for (size_t j = text->target_offsets[pair]; j < text->target_offsets[pair + 1]; j++) {
      const int target = text->target[j];
      if (n->place[target] == 0) {
        n->list[n->count++] = (neighbour){.target = target, .times = 0};
        n->place[target] = (int)n->count;
      }
      n->list[n->place[target] - 1].times++;
    }
  }
  for (size_t i = 0; i < n->count; i++) n->place[n->list[i].target] = 0;
  if (n->count > most) {
    qsort(n->list, n->count, sizeof *n->list, compare_times);
    n->count = most;
  }
  if (n->count) qsort(n->list, n->count, sizeof *n->list, compare_targets);
}

static ig_status list_targets(ig_lexical_model *m, size_t most, ig_interrupt_watch *watch,
                              neighbourhood *n, ig_error *err) {
  size_t capacity = 0;
  for (size_t word = 0; word < m->words; word++) {
    IG_TRY(ig_interrupt_check(watch, err));
    const size_t before = m->begin[word];
    find_neighbours(m, word, word + 1 < m->words ? most : (size_t)m->text.target_size, n);
    IG_TRY(ig_allocate_more((void **)&m->targets, &capacity, before + n->count, sizeof *m->targets,
                            err));
    for (size_t i = 0; i < n->count; i++) m->targets[before + i] = n->list[i].target;
    m->begin[word + 1] = before + n->count;
  }
  m->bytes += capacity * sizeof *m->targets;
  return IG_OK;
}

static ig_status make_cells(ig_lexical_model *m, size_t most, ig_interrupt_watch *watch,
                            ig_error *err) {
  const size_t targets = (size_t)m->text.target_size;
  neighbourhood n = {.list = ig_allocate(targets, sizeof *n.list, err),
                     .place = ig_allocate(targets, sizeof *n.place, err)};
  m->begin = take(m, m->words + 1, sizeof *m->begin, err);
  ig_status status = n.list && n.place && m->begin ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = list_targets(m, most, watch, &n, err);
  free(n.list);
  free(n.place);
  return status;
}

// ---- probabilities --------------------------------------------------------------

static ig_status make_probabilities(ig_lexical_model *m, ig_error *err) {
  const ig_lexical_text *text = &m->text;
  const size_t cells = m->begin[m->words], targets = (size_t)text->target_size;
  m->probability = take(m, cells, sizeof *m->probability, err);
  m->denominator = take(m, text->target_offsets[text->pairs], sizeof *m->denominator, err);
  m->row = take(m, targets, sizeof *m->row, err);
  m->expectation = take(m, targets, sizeof *m->expectation, err);
  if (!m->probability || !m->denominator || !m->row || !m->expectation) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < cells; i++) m->probability[i] = 1;
  return IG_OK;
}

static ig_status create(ig_lexical_model *m, size_t most, ig_interrupt_watch *watch,
                        ig_error *err) {
  if (m->text.pairs >= UINT32_MAX)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "expected at most %u pairs of sentences, found %zu",
                   UINT32_MAX - 1, m->text.pairs);
  IG_TRY(list_pairs(m, err));
  IG_TRY(make_cells(m, most, watch, err));
  return make_probabilities(m, err);
}

ig_status ig_lexical_model_create(const ig_lexical_text *text, size_t most,
                                  ig_interrupt_watch *watch, ig_lexical_model **out,
                                  ig_error *err) {
  *out = NULL;
  ig_lexical_model *m = ig_allocate(1, sizeof *m, err);
  if (!m) return IG_ERROR_MEMORY;
  m->text = *text;
  m->words = (size_t)text->source_size + 1;
  const ig_status status = create(m, most, watch, err);
  if (status == IG_OK)
    *out = m;
  else
    ig_lexical_model_free(m);
  return status;
}

static void lay_out_row(ig_lexical_model *m, size_t word) {
  for (size_t i = m->begin[word]; i < m->begin[word + 1]; i++)
    m->row[m->targets[i]] = m->probability[i];
}

static void clear_row(ig_lexical_model *m, size_t word) {
  for (size_t i = m->begin[word]; i < m->begin[word + 1]; i++) m->row[m->targets[i]] = 0;
}

static void add_denominators(ig_lexical_model *m, size_t word) {
  const ig_lexical_text *text = &m->text;
  lay_out_row(m, word);
  for (size_t i = m->places[word]; i < m->places[word + 1]; i++) {
    const size_t pair = m->pair_of[i];
    for (size_t j = text->target_offsets[pair]; j < text->target_offsets[pair + 1]; j++)
      m->denominator[j] += m->row[text->target[j]];
  }
  clear_row(m, word);
}

static void maximise(ig_lexical_model *m, size_t word) {
  const ig_lexical_text *text = &m->text;
  lay_out_row(m, word);
  for (size_t i = m->places[word]; i < m->places[word + 1]; i++) {
    const size_t pair = m->pair_of[i];
    for (size_t j = text->target_offsets[pair]; j < text->target_offsets[pair + 1]; j++) {
      const int target = text->target[j];
      if (m->row[target] > 0) m->expectation[target] += m->row[target] / m->denominator[j];
    }
  }
  clear_row(m, word);
  double sum = 0;
  for (size_t i = m->begin[word]; i < m->begin[word + 1]; i++) sum += m->expectation[m->targets[i]];
  for (size_t i = m->begin[word]; i < m->begin[word + 1]; i++) {
    double *expectation = &m->expectation[m->targets[i]];
    m->probability[i] = sum > 0 ? (float)(*expectation / sum) : 0;
    *expectation = 0;
  }
}

void ig_lexical_model_step(ig_lexical_model *m, ig_interrupt_watch *watch) {
  const size_t tokens = m->text.target_offsets[m->text.pairs];
  memset(m->denominator, 0, tokens * sizeof *m->denominator);
  for (size_t word = 0; word < m->words && !ig_interrupt_seen(watch); word++)
    add_denominators(m, word);
  for (size_t word = 0; word < m->words && !ig_interrupt_seen(watch); word++) maximise(m, word);
}

ig_lexical_row ig_lexical_model_row(const ig_lexical_model *m, int source) {
  const size_t begin = m->begin[source];
  return (ig_lexical_row){.count = m->begin[source + 1] - begin,
                          .targets = m->targets + begin,
                          .probability = m->probability + begin};
}

size_t ig_lexical_model_cells(const ig_lexical_model *m) { return m->begin[m->words]; }

size_t ig_lexical_model_bytes(const ig_lexical_model *m) { return m->bytes; }
