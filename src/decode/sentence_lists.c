#include "decode/sentence_lists.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "model/run/output_subset.h"

// A column of the subset, and which token of the list it is.
typedef struct list_column {
  int column, place;
} list_column;

// The list of the sentence in a seat.
typedef struct token_list {
  bool placed;  // its tokens have columns of the subset
  int count;
  int *ids;              // (count): ascending
  int *columns;          // (count): of each
  list_column *ordered;  // (count): by column
  size_t capacity[3];    // of the three
} token_list;

// S seats, R rows, V tokens.
struct ig_sentence_lists {
  ig_decoder_run *decoder;
  ig_output_subset *subset;
  const ig_sentence_lists_source *source;
  const ig_decode_options *options;
  int seats, rows, vocabulary;
  token_list *list;  // (S)
  uint64_t *marks;   // (V bits)
  int *ids;          // (V): of the sentence that joins
  int *place_in;     // (V): its token's place in each column
  size_t longest;    // tokens of a list, as far as there is memory
  float *values;     // (R, longest): logits of the running step
  size_t value_capacity;
  ig_token_scores *scores;     // (R): of the running step
  const token_list **list_of;  // (R)
  bool all_placed;             // in the running step
  ig_sentence_lists_counts counts;
};

ig_status ig_sentence_lists_create(ig_decoder_run *decoder, const ig_model *model, int seats,
                                   int rows, ig_sentence_lists **out, ig_error *err) {
  *out = NULL;
  ig_sentence_lists *l = ig_allocate(1, sizeof *l, err);
  if (!l) return IG_ERROR_MEMORY;
  l->decoder = decoder;
  l->seats = seats;
  l->rows = rows;
  l->vocabulary = model->output.out;
  l->list = ig_allocate((size_t)seats, sizeof *l->list, err);
  l->marks = ig_allocate(ig_shortlist_words(l->vocabulary), sizeof *l->marks, err);
  l->ids = ig_allocate((size_t)l->vocabulary, sizeof *l->ids, err);
  l->place_in = ig_allocate((size_t)l->vocabulary, sizeof *l->place_in, err);
  l->scores = ig_allocate((size_t)rows, sizeof *l->scores, err);
  l->list_of = ig_allocate((size_t)rows, sizeof *l->list_of, err);
  const bool allocated = l->list && l->marks && l->ids && l->place_in && l->scores && l->list_of;
  const ig_status status =
      allocated ? ig_output_subset_create(model, &l->subset, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = l;
  else
    ig_sentence_lists_free(l);
  return status;
}

void ig_sentence_lists_free(ig_sentence_lists *l) {
  if (!l) return;
  for (int seat = 0; l->list && seat < l->seats; seat++) {
    free(l->list[seat].ids);
    free(l->list[seat].columns);
    free(l->list[seat].ordered);
  }
  ig_output_subset_free(l->subset);
  free(l->list);
  free(l->marks);
  free(l->ids);
  free(l->place_in);
  free(l->values);
  free(l->scores);
  free(l->list_of);
  free(l);
}

void ig_sentence_lists_begin(ig_sentence_lists *l, const ig_sentence_lists_source *source,
                             const ig_decode_options *options) {
  l->source = source;
  l->options = options;
  l->counts = (ig_sentence_lists_counts){0};
  ig_output_subset_leave_all(l->subset);
}

ig_sentence_lists_counts ig_sentence_lists_counts_of(const ig_sentence_lists *l) {
  return l->counts;
}

// ---- the list of a sentence ---------------------------------------------------

static void mark_alternatives(uint64_t *marks, const ig_alternatives *others) {
  for (int i = 0; i < others->count; i++) ig_shortlist_mark(marks, others->ids[i]);
}

static void mark_forced(uint64_t *marks, int id, const ig_alternatives *others) {
  if (id < 0) return;
  ig_shortlist_mark(marks, id);
  mark_alternatives(marks, others);
}

// Tokens that the sentence must be able to have, whatever its source is.
static void mark_named(const ig_sentence_lists *l, const ig_sentence_options *own) {
  mark_forced(l->marks, l->options->eos_id, &l->options->eos_alternatives);
  mark_forced(l->marks, own->forced_bos, &own->forced_bos_alternatives);
  mark_forced(l->marks, own->forced_eos, &own->forced_eos_alternatives);
  for (int i = 0; i < own->prefix_length; i++) ig_shortlist_mark(l->marks, own->prefix[i]);
  if (l->source->unk_id >= 0) ig_shortlist_mark(l->marks, l->source->unk_id);
}

static ig_status reserve(ig_sentence_lists *l, token_list *list, int count, ig_error *err) {
  const size_t needed = (size_t)count;
  IG_TRY(ig_allocate_more((void **)&list->ids, &list->capacity[0], needed, sizeof *list->ids, err));
  IG_TRY(ig_allocate_more((void **)&list->columns, &list->capacity[1], needed,
                          sizeof *list->columns, err));
  IG_TRY(ig_allocate_more((void **)&list->ordered, &list->capacity[2], needed,
                          sizeof *list->ordered, err));
  if (needed <= l->longest) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&l->values, &l->value_capacity,
                          (size_t)l->rows * list->capacity[0], sizeof *l->values, err));
  l->longest = list->capacity[0];
  return IG_OK;
}

// Orders a list's tokens by their columns, which are marked and taken in order again.
static void order_columns(ig_sentence_lists *l, token_list *list) {
  for (int i = 0; i < list->count; i++) {
    ig_shortlist_mark(l->marks, list->columns[i]);
    l->place_in[list->columns[i]] = i;
  }
  ig_shortlist_take(l->marks, l->vocabulary, l->ids);
  for (int i = 0; i < list->count; i++)
    list->ordered[i] = (list_column){l->ids[i], l->place_in[l->ids[i]]};
}

ig_status ig_sentence_lists_join(ig_sentence_lists *l, int seat, const int *source, size_t length,
                                 const ig_sentence_options *own, ig_error *err) {
  token_list *list = &l->list[seat];
  const ig_shortlist_sentence sentence = {
      .source = source, .length = length, .shared = l->source->shared};
  ig_shortlist_mark_sentence(l->source->shortlist, &sentence, l->vocabulary, l->marks);
  mark_named(l, own);
  const int count = ig_shortlist_take(l->marks, l->vocabulary, l->ids);
  list->count = 0;
  list->placed = false;
  IG_TRY(reserve(l, list, count, err));
  list->count = count;
  l->counts.sentences++;
  l->counts.tokens += (size_t)count;
  memcpy(list->ids, l->ids, (size_t)count * sizeof *list->ids);
  list->placed = ig_output_subset_join(l->subset, list->ids, count, list->columns);
  if (list->placed) order_columns(l, list);
  return IG_OK;
}

void ig_sentence_lists_leave(ig_sentence_lists *l, int seat) {
  token_list *list = &l->list[seat];
  if (list->placed) ig_output_subset_leave(l->subset, list->columns, list->count);
  list->placed = false;
}

// ---- steps --------------------------------------------------------------------

// The first token of the list in a column from this one on; the columns of the whole layer are the
// ids themselves.
static int find_first(const ig_sentence_lists *l, const token_list *list, int column) {
  int low = 0, high = list->count;
  while (low < high) {
    const int middle = low + (high - low) / 2,
              its = l->all_placed ? list->ordered[middle].column : list->ids[middle];
    if (its < column)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// Takes the logits of a row's list from those of a block, c (columns from `first` to `end`).
static void take_logits(const ig_sentence_lists *l, size_t row, int first, int end,
                        const float *c) {
  const token_list *list = l->list_of[row];
  float *values = l->scores[row].values;
  int i = find_first(l, list, first);
  if (l->all_placed)
    for (; i < list->count && list->ordered[i].column < end; i++)
      values[list->ordered[i].place] = c[list->ordered[i].column - first];
  else
    for (; i < list->count && list->ids[i] < end; i++) values[i] = c[list->ids[i] - first];
}

static void read_block(void *context, const ig_gemm_block *block) {
  const ig_sentence_lists *l = context;
  for (size_t i = 0; i < block->rows; i++)
    take_logits(l, block->row + i, (int)block->column, (int)(block->column + block->columns),
                block->c + i * block->c_row);
}

static void choose(void *context, const ig_decoder_step *step, ig_choice *choice) {
  ig_sentence_lists *l = context;
  const ig_gemm_reader reader = {read_block, l};
  assert(step->rows <= l->rows);
  l->all_placed = true;
  for (int r = 0; r < step->rows; r++) {
    const token_list *list = &l->list[step->seat[r]];
    l->list_of[r] = list;
    l->scores[r] = (ig_token_scores){
        .values = l->values + (size_t)r * l->longest, .ids = list->ids, .count = list->count};
    l->all_placed = l->all_placed && list->placed;
  }
  if (l->all_placed)
    ig_decoder_run_read_layer(l->decoder, step, ig_output_subset_layer(l->subset), &reader);
  else
    ig_decoder_run_read(l->decoder, step, &reader);
  ig_choice_take(choice, l->scores);
}

// All logits, with those of other tokens taken away: for what needs whole rows.
static float *run(void *context, const ig_decoder_step *step) {
  ig_sentence_lists *l = context;
  float *logits = ig_decoder_run_step(l->decoder, step);
  for (int r = 0; r < step->rows; r++) {
    const token_list *list = &l->list[step->seat[r]];
    float *row = logits + (size_t)r * (size_t)l->vocabulary;
    int id = 0;
    for (int i = 0; i < list->count; i++, id++)
      for (; id < list->ids[i]; id++) row[id] = -INFINITY;
    for (; id < l->vocabulary; id++) row[id] = -INFINITY;
  }
  return logits;
}

ig_stepper ig_sentence_lists_stepper(ig_sentence_lists *l) {
  ig_stepper stepper = ig_search_stepper_of(l->decoder);
  stepper.run = run;
  stepper.choose = choose;
  stepper.context = l;
  return stepper;
}
