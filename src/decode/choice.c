#include "decode/choice.h"

#include <assert.h>

bool ig_choice_serves(const ig_decode_options *o) {
  return !o->sampling.on && (o->beam_size == 1 || o->repetition_penalty == 1.0f);
}

ig_choice_sum ig_choice_sum_for(const ig_decode_options *o) {
  if (o->beam_size == 1) return o->score_greedy ? IG_CHOICE_SUM_PROCESSED : IG_CHOICE_SUM_NONE;
  return o->renormalize ? IG_CHOICE_SUM_PROCESSED : IG_CHOICE_SUM_PLAIN;
}

static size_t blocks_of(int columns) {
  return ((size_t)columns + IG_LOGITS_BLOCK - 1) / IG_LOGITS_BLOCK;
}

void ig_choice_carve(ig_choice *c, ig_arena *arena) {
  const size_t rows = (size_t)c->size.rows, lists = (size_t)c->size.threads * rows;
  c->sequences = IG_TAKE(arena, ig_processors_sequence, rows);
  c->raised = IG_TAKE(arena, bool, rows);
  c->sums = IG_TAKE(arena, ig_exp_sum, rows * blocks_of(c->size.vocabulary));
  c->best = IG_TAKE(arena, ig_best_tokens, lists);
  c->list = IG_TAKE(arena, ig_scored_token, lists * (size_t)c->size.best);
}

// ---- the rows of a step -----------------------------------------------------

void ig_choice_begin(ig_choice *c, const ig_decode_options *options, ig_choice_sum sum) {
  c->options = options;
  c->sum = sum;
  c->count = 0;
  c->lists = NULL;
}

static ig_best_tokens *best_of(const ig_choice *c, int worker, size_t row) {
  return &c->best[(size_t)worker * (size_t)c->size.rows + row];
}

void ig_choice_add(ig_choice *c, const ig_processors_sequence *sequence) {
  assert(c->count < c->size.rows);
  const size_t row = (size_t)c->count++;
  c->sequences[row] = *sequence;
  c->raised[row] = ig_processors_may_raise(c->options, sequence);
  for (int worker = 0; worker < c->size.threads; worker++) {
    ig_best_tokens *best = best_of(c, worker, row);
    const size_t place = (size_t)(best - c->best) * (size_t)c->size.best;
    *best = (ig_best_tokens){.list = c->list + place, .capacity = c->size.best};
  }
}

void ig_choice_take(ig_choice *c, const ig_token_scores *lists) { c->lists = lists; }

// ---- blocks -----------------------------------------------------------------

// The largest logit of a block as it comes; INFINITY: nobody has to know. The block's exponentials
// are summed on the way.
static float look_at_plain(const ig_choice *c, size_t row, const ig_token_scores *scores,
                           ig_exp_sum *sum) {
  const size_t count = (size_t)scores->count;
  if (c->sum == IG_CHOICE_SUM_PLAIN) {
    *sum = c->kernels->exp_sum(count, scores->values);
    return c->raised[row] ? INFINITY : sum->largest;
  }
  if (c->sum == IG_CHOICE_SUM_PROCESSED || c->raised[row]) return INFINITY;
  return scores->values[c->kernels->argmax(count, scores->values)];
}

// Most blocks are done with after one pass over them: no score of theirs can enter the list.
static void read_row(const ig_choice *c, size_t row, int worker, const ig_token_scores *scores) {
  ig_best_tokens *best = best_of(c, worker, row);
  ig_exp_sum *sum =
      c->sums + row * blocks_of(c->size.vocabulary) + (size_t)scores->first / IG_LOGITS_BLOCK;
  float largest = look_at_plain(c, row, scores, sum);
  if (largest < ig_best_tokens_limit(best)) return;
  ig_processors_apply(c->options, &c->sequences[row], 0, scores);
  if (c->sum == IG_CHOICE_SUM_PROCESSED) {
    *sum = c->kernels->exp_sum((size_t)scores->count, scores->values);
    largest = sum->largest;
  }
  ig_best_tokens_scan(best, scores, largest);
}

static void read_block(void *context, const ig_gemm_block *block) {
  const ig_choice *c = context;
  for (size_t i = 0; i < block->rows; i++)
    read_row(c, block->row + i, block->worker,
             &(ig_token_scores){.values = block->c + i * block->c_row,
                                .first = (int)block->column,
                                .count = (int)block->columns});
}

ig_gemm_reader ig_choice_reader(ig_choice *c) { return (ig_gemm_reader){read_block, c}; }

// ---- what was found ---------------------------------------------------------

static float normalizer_of(const ig_choice *c, size_t row) {
  if (c->sum == IG_CHOICE_SUM_NONE) return 0;
  if (c->sum == IG_CHOICE_SUM_PLAIN && ig_processors_force(&c->sequences[row])) return 0;
  const ig_exp_sum *sums = c->sums + row * blocks_of(c->size.vocabulary);
  ig_exp_sum total = IG_EXP_SUM_OF_NOTHING;
  const int columns = c->lists ? c->lists[row].count : c->size.vocabulary;
  for (size_t b = 0; b < blocks_of(columns); b++) ig_exp_sum_add(&total, sums[b]);
  return ig_exp_sum_log(total);
}

// Reads what the row chooses from, in the blocks that a product would have.
static void read_list(ig_choice *c, size_t row) {
  const ig_token_scores *list = &c->lists[row];
  for (int first = 0; first < list->count; first += IG_LOGITS_BLOCK) {
    const int left = list->count - first;
    read_row(c, row, 0,
             &(ig_token_scores){.values = list->values + first,
                                .ids = list->ids + first,
                                .first = first,
                                .count = left < IG_LOGITS_BLOCK ? left : IG_LOGITS_BLOCK});
  }
}

ig_choice_found ig_choice_of(ig_choice *c, int row) {
  if (c->lists) read_list(c, (size_t)row);
  ig_best_tokens *best = best_of(c, 0, (size_t)row);
  for (int worker = 1; worker < c->size.threads; worker++) {
    const ig_best_tokens *its = best_of(c, worker, (size_t)row);
    for (int i = 0; i < its->count; i++) ig_best_tokens_add(best, its->list[i]);
  }
  return (ig_choice_found){best->list, best->count, normalizer_of(c, (size_t)row)};
}

bool ig_choice_bans_all(const ig_choice *c, int row) {
  const ig_token_scores all = {.count = c->size.vocabulary};
  return ig_processors_ban_all(c->options, &c->sequences[row], c->lists ? &c->lists[row] : &all);
}
