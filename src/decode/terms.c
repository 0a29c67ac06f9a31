// Terms in beam search: see terms.h.
#include "decode/terms.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "decode/finished.h"
#include "decode/placeable_form.h"

// ---- what a hypothesis has ----------------------------------------------------

typedef struct term_state {
  uint64_t met;
  int tokens;   // of the terms that are met
  int matched;  // last tokens, which are the first ones of a form whose term is not met
} term_state;

typedef struct term_candidate {
  ig_candidate candidate;
  int bank;  // tokens of terms that it has; COMPLETE: all that a translation may have
  int lost;  // terms that it will lack for good
  int rank;  // among those of its bank
  bool ends;
} term_candidate;
#define COMPLETE INT_MAX

static uint64_t all_of(const ig_terms *t) {
  return t->term_count == IG_TERMS_MOST ? UINT64_MAX : ((uint64_t)1 << t->term_count) - 1;
}

static int count_terms(uint64_t terms) {
  int count = 0;
  for (; terms; terms &= terms - 1) count++;
  return count;
}

static bool is_open(const term_state *s, const ig_term_form *form) {
  return !form->excluded && !(s->met >> form->term & 1);
}

// Do the last length tokens of ids (count) and then `token` begin the form?
static bool begins_with(const ig_term_form *form, const int *ids, int count, int length,
                        int token) {
  if (length + 1 > form->length || length > count || form->ids[length] != token) return false;
  return memcmp(form->ids, ids + count - length, (size_t)length * sizeof *ids) == 0;
}

// The state once `token` comes after ids (count): the longest of its last tokens that begin a form
// count, as many as that is.
static void advance(const ig_terms *t, term_state *s, const int *ids, int count, int token) {
  for (int length = s->matched; length >= 0; length--) {
    bool begun = false;
    for (int f = 0; f < t->form_count; f++) {
      const ig_term_form *form = &t->forms[f];
      if (!is_open(s, form) || !begins_with(form, ids, count, length, token)) continue;
      if (form->length == length + 1) {
        s->met |= (uint64_t)1 << form->term;
        s->tokens += form->length;
        s->matched = 0;
        return;
      }
      begun = true;
    }
    if (!begun) continue;
    s->matched = length + 1;
    return;
  }
  s->matched = 0;
}

// ids (length): generated tokens.
static term_state state_of(const ig_terms *t, const int *ids, int length) {
  term_state s = {0};
  for (int i = 0; i < length; i++) advance(t, &s, ids, i, ids[i]);
  return s;
}

static bool is_complete(const ig_terms *t, const term_state *s) {
  return (s->met | ~t->placeable) == UINT64_MAX;
}

// Can the hypothesis of ids (count), in state s, still get the form?
static bool is_placeable(const ig_terms *t, const term_state *s, const ig_term_form *form,
                         const ig_placeable_hypothesis *hypothesis) {
  const int *last = hypothesis->ids + hypothesis->count - s->matched;
  const size_t size = (size_t)s->matched * sizeof *last;
  if (t->no_repeat_ngram == 0) return true;
  if (ig_placeable_form_after(hypothesis, form->ids, form->length, 0)) return true;
  return s->matched > 0 && s->matched < form->length && memcmp(form->ids, last, size) == 0 &&
         ig_placeable_form_after(hypothesis, form->ids, form->length, s->matched);
}

// The terms that a hypothesis of ids (count), in state s, lacks and can no longer get.
static uint64_t lost_terms(const ig_terms *t, const term_state *s, const int *ids, int count) {
  const ig_placeable_hypothesis hypothesis = {ids, count, t->no_repeat_ngram};
  uint64_t possible = s->met;
  for (int f = 0; f < t->form_count; f++) {
    const ig_term_form *form = &t->forms[f];
    if (!form->excluded && !(possible >> form->term & 1) && is_placeable(t, s, form, &hypothesis))
      possible |= (uint64_t)1 << form->term;
  }
  return all_of(t) & ~possible;
}

static int bank_of(const ig_terms *t, const term_state *s) {
  return is_complete(t, s) ? COMPLETE : s->tokens + s->matched;
}

uint64_t ig_terms_met(const ig_terms *t, const int *ids, int length) {
  return state_of(t, ids, length).met;
}

uint64_t ig_terms_lost(const ig_terms *t, const int *ids, int length) {
  const term_state s = state_of(t, ids, length);
  return lost_terms(t, &s, ids, length);
}

// Does the token bring the hypothesis nearer to its terms: as the next one of the form that was
// begun, or else as the first one of any?
static bool is_next(const term_state *s, const ig_term_form *form, const int *ids, int count) {
  return is_open(s, form) && begins_with(form, ids, count, s->matched,
                                         form->length > s->matched ? form->ids[s->matched] : -1);
}

// The fewest tokens of any form of the term.
static int fewest_of(const ig_terms *t, int term) {
  int fewest = INT_MAX;
  for (int f = 0; f < t->form_count; f++)
    if (t->forms[f].term == term && !t->forms[f].excluded && t->forms[f].length < fewest)
      fewest = t->forms[f].length;
  return fewest;
}

// The fewest tokens that terms need of which nothing was begun.
static int needed_anew(const ig_terms *t, const term_state *s) {
  int sum = 0;
  for (int term = 0; term < t->term_count; term++)
    if (!((s->met | ~t->placeable) >> term & 1)) sum += fewest_of(t, term);
  return sum;
}

// The fewest tokens that a hypothesis needs once `token` has come after ids (count) and led to this
// state: what was begun may be ended, or left.
static int needed_after(const ig_terms *t, const term_state *s, const int *ids, int count,
                        int token) {
  int saved = 0;
  for (int f = 0; s->matched > 0 && f < t->form_count; f++) {
    const ig_term_form *form = &t->forms[f];
    if (!is_open(s, form) || !begins_with(form, ids, count, s->matched - 1, token)) continue;
    const int more = fewest_of(t, form->term) - (form->length - s->matched);
    if (more > saved) saved = more;
  }
  return needed_anew(t, s) - saved;
}

int ig_terms_length(const ig_terms *t) {
  const term_state none = {0};
  return needed_anew(t, &none);
}

// ---- memory -------------------------------------------------------------------

ig_status ig_terms_create(const ig_term_form *forms, int count, const ig_decode_options *options,
                          ig_terms **out, ig_error *err) {
  ig_terms *t = ig_allocate(1, sizeof *t, err);
  *out = t;
  if (!t) return IG_ERROR_MEMORY;
  t->form_count = count;
  t->found_capacity = ig_decode_options_candidates(options) + options->beam_size * (count + 1);
  t->forms = ig_allocate((size_t)count, sizeof *t->forms, err);
  t->found = ig_allocate((size_t)t->found_capacity, sizeof *t->found, err);
  if (!t->forms || !t->found) {
    ig_terms_free(t);
    *out = NULL;
    return IG_ERROR_MEMORY;
  }
  t->no_repeat_ngram = options->no_repeat_ngram;
  for (int f = 0; f < count; f++) {
    t->forms[f] = forms[f];
    t->forms[f].excluded = !ig_placeable_form_ever(options, forms[f].ids, forms[f].length);
    if (!t->forms[f].excluded) t->placeable |= (uint64_t)1 << forms[f].term;
    if (forms[f].term >= t->term_count) t->term_count = forms[f].term + 1;
  }
  return IG_OK;
}

ig_status ig_terms_place(ig_terms *t, const ig_term_place *places, int count, ig_error *err) {
  t->places = ig_allocate((size_t)count, sizeof *t->places, err);
  if (!t->places) return IG_ERROR_MEMORY;
  memcpy(t->places, places, (size_t)count * sizeof *places);
  t->place_count = count;
  return IG_OK;
}

void ig_terms_free(ig_terms *t) {
  if (!t) return;
  free(t->places);
  free(t->forms);
  free(t->found);
  free(t);
}

// ---- bans ---------------------------------------------------------------------

static void ban_end(const ig_decode_options *o, float *scores) {
  if (o->eos_id >= 0) scores[o->eos_id] = -INFINITY;
  for (int i = 0; i < o->eos_alternatives.count; i++)
    scores[o->eos_alternatives.ids[i]] = -INFINITY;
}

// Tokens that a hypothesis may be continued by where its places are scarce.
typedef struct scarce_places {
  const ig_terms *terms;
  const term_state *state;
  const int *ids;  // (count)
  int count, left;
} scarce_places;

// Is it a token of a term, after which all that is needed then still fits?
static bool leads_on(const scarce_places *p, const float *scores, int token) {
  bool of_term = false;
  if (scores[token] == -INFINITY) return false;
  for (int f = 0; f < p->terms->form_count && !of_term; f++) {
    const ig_term_form *form = &p->terms->forms[f];
    of_term =
        is_open(p->state, form) &&
        (form->ids[0] == token || begins_with(form, p->ids, p->count, p->state->matched, token));
  }
  if (!of_term) return false;
  term_state after = *p->state;
  advance(p->terms, &after, p->ids, p->count, token);
  return needed_after(p->terms, &after, p->ids, p->count, token) <= p->left - 2;
}

// Bans all other tokens, if there is one that may come.
static void ban_others(const scarce_places *p, float *scores, int vocab_size) {
  bool possible = false;
  for (int j = 0; j < vocab_size && !possible; j++) possible = leads_on(p, scores, j);
  for (int j = 0; possible && j < vocab_size; j++)
    if (!leads_on(p, scores, j)) scores[j] = -INFINITY;
}

void ig_terms_ban(const ig_decode_options *o, const ig_sentence *sentence, const int *ids,
                  float *scores) {
  const ig_terms *t = sentence->options.terms;
  const int generated = sentence->length - 1, left = sentence->options.max_length - generated;
  const term_state s = state_of(t, ids + 1, generated);
  if (is_complete(t, &s)) return;
  // At the last place a hypothesis ends whatever it lacks; and it may end where it has all that it
  // can have.
  const uint64_t lost = lost_terms(t, &s, ids + 1, generated);
  if (left <= 1 || (s.met | lost) == all_of(t)) return;
  ban_end(o, scores);
  // After a token of no term nothing is begun.
  if (needed_anew(t, &s) > left - 2)
    ban_others(&(scarce_places){t, &s, ids + 1, generated, left}, scores, o->vocab_size);
}

// ---- candidates ---------------------------------------------------------------

static bool is_found(const ig_terms *t, const ig_candidate *c) {
  for (int i = 0; i < t->found_count; i++)
    if (t->found[i].candidate.row == c->row && t->found[i].candidate.token == c->token) return true;
  return false;
}

static void add_candidate(const ig_selection *selection, ig_sentence *sentence, ig_candidate c) {
  ig_terms *t = sentence->options.terms;
  if (c.score == -INFINITY || is_found(t, &c)) return;
  const size_t stride = (size_t)selection->options->sentence.max_length + 1;
  int *ids = selection->rows->ids + (size_t)(sentence->first_row + c.row) * stride + 1;
  const int length = sentence->length;
  ids[length - 1] = c.token;  // the row has a place for it, which nothing else uses in this step
  const term_state s = state_of(t, ids, length);
  const bool ends = ig_finished_by(selection->options, sentence, c.token);
  const uint64_t lost = ends ? all_of(t) & ~s.met : lost_terms(t, &s, ids, length);
  t->found[t->found_count++] = (term_candidate){
      .candidate = c, .bank = bank_of(t, &s), .lost = count_terms(lost), .ends = ends};
}

// The place of the first token that is not forced.
static int first_chosen(const ig_sentence_options *own) {
  return own->prefix_length > 0 ? own->prefix_length : own->forced_bos >= 0;
}

void ig_terms_begin(ig_terms *t) { t->found_count = 0; }

// The share of its attention that the row has for the term.
static float attention_to(const ig_terms *t, const ig_term_row *row, int term) {
  float sum = 0;
  for (int i = 0; row->attention && i < t->place_count; i++)
    for (int j = t->places[i].begin; t->places[i].term == term && j < t->places[i].end; j++)
      sum += row->attention[j];
  return sum < 1 ? sum : 1;
}

// What a form's token costs: 1.5 (1 - a) times its -log p if it is the first one, a being the row's
// attention to the term, else 0.5 times; LEAST_COST, or its own -log p where that is less. Where
// the source term is being translated a term is cheap, elsewhere dear: it comes in its place, and
// not beside the model's own word for it. Chosen by trials: docs/decisions/glossaries.md.
#define FIRST_COST 1.5f
#define NEXT_COST 0.5f
#define LEAST_COST 1.0f
static float cost_of(const ig_terms *t, const ig_term_row *row, const ig_term_form *form,
                     int matched) {
  const float cost = row->normalizer - row->logits[form->ids[matched]];
  if (!row->attention || t->place_count == 0 || !(cost > LEAST_COST) || !isfinite(cost))
    return cost;
  const float factor =
      matched > 0 ? NEXT_COST : FIRST_COST * (1 - attention_to(t, row, form->term));
  return fmaxf(cost * factor, LEAST_COST);
}

static void offer_token(const ig_selection *selection, ig_sentence *sentence,
                        const ig_term_row *row, int token, float cost) {
  const ig_candidate c = {row->score - cost, row->row, token};
  add_candidate(selection, sentence, c);
}

void ig_terms_offer(const ig_selection *selection, ig_sentence *sentence, const ig_term_row *row) {
  const ig_terms *t = sentence->options.terms;
  const size_t vocabulary = (size_t)selection->options->vocab_size,
               best = selection->kernels->argmax(vocabulary, row->logits);
  const int *ids = row->ids + 1;
  const int generated = sentence->length - 1;
  const term_state s = state_of(t, ids, generated);
  for (int f = 0; f < t->form_count; f++) {
    const ig_term_form *form = &t->forms[f];
    if (!is_next(&s, form, ids, generated)) continue;
    if (form->initial && s.matched == 0 && generated > first_chosen(&sentence->options)) continue;
    offer_token(selection, sentence, row, form->ids[s.matched], cost_of(t, row, form, s.matched));
  }
  if (best < vocabulary)
    offer_token(selection, sentence, row, (int)best, row->normalizer - row->logits[best]);
}

// ---- places -------------------------------------------------------------------

static bool comes_before(const term_candidate *a, const term_candidate *b) {
  const ig_candidate *x = &a->candidate, *y = &b->candidate;
  if (a->bank != b->bank) return a->bank > b->bank;
  if (x->score != y->score) return x->score > y->score;
  return x->row != y->row ? x->row < y->row : x->token < y->token;
}

// By bank, those with most tokens first, and within each by score.
static void sort_found(ig_terms *t) {
  for (int i = 1; i < t->found_count; i++) {
    const term_candidate moved = t->found[i];
    int at = i;
    for (; at > 0 && comes_before(&moved, &t->found[at - 1]); at--) t->found[at] = t->found[at - 1];
    t->found[at] = moved;
  }
}

// Ends are ranked among all of their bank, the others among those that run on.
static void rank_found(ig_terms *t) {
  for (int i = 0, all = 0, running = 0; i < t->found_count; i++) {
    term_candidate *c = &t->found[i];
    if (i == 0 || c->bank != c[-1].bank) all = running = 0;
    c->rank = c->ends ? all : running;
    running += !c->ends;
    all++;
  }
}

static int missing_in(const ig_terms *t, const ig_slot *slot) {
  return t->term_count - count_terms(ig_terms_met(t, slot->ids, slot->length));
}

// Does a hypothesis come before a finished one: one with more of the terms, or a likelier one?
static bool beats(const ig_terms *t, int missing, float score, const ig_slot *slot) {
  const int its = slot->finished ? missing_in(t, slot) : INT_MAX;
  return missing != its ? missing < its : score > slot->score;
}

static void finish_hypotheses(const ig_selection *selection, ig_sentence *sentence) {
  const ig_decode_options *options = selection->options;
  const ig_terms *t = sentence->options.terms;
  for (int i = 0; i < t->found_count; i++) {
    const term_candidate *c = &t->found[i];
    if (!c->ends || c->rank >= options->beam_size) continue;
    const float score = ig_finished_score(options, sentence, c->candidate.score, sentence->length);
    int rank = options->beam_size;
    while (rank > 0 && beats(t, c->lost, score, &sentence->slots[rank - 1])) rank--;
    ig_finished_add_at(selection, sentence, &c->candidate, score, rank);
  }
}

// Each bank gets a place in turn, that with most tokens first.
static void choose_running(const ig_decode_options *options, ig_sentence *sentence) {
  const ig_terms *t = sentence->options.terms;
  sentence->next_rows = 0;
  for (int rank = 0, before = -1; before < sentence->next_rows; rank++) {
    before = sentence->next_rows;
    for (int i = 0; i < t->found_count && sentence->next_rows < options->beam_size; i++) {
      const term_candidate *c = &t->found[i];
      if (!c->ends && c->rank == rank) sentence->next[sentence->next_rows++] = c->candidate;
    }
  }
}

// Can a running hypothesis still become one of the n best? One that lacks terms has yet to pay for
// them: it is no longer waited for once as many have finished as there are beams, unless the last
// of the n best lacks terms that it may get.
static bool is_improvable(const ig_decode_options *options, const ig_sentence *sentence) {
  const ig_terms *t = sentence->options.terms;
  const ig_slot *last = &sentence->slots[options->n_best - 1];
  const bool full = sentence->slots[options->beam_size - 1].finished;
  if (!last->finished) return true;
  const int missing = missing_in(t, last);
  for (int i = 0; i < t->found_count; i++) {
    const term_candidate *c = &t->found[i];
    if (c->ends || (full && c->bank != COMPLETE && c->lost >= missing)) continue;
    if (beats(t, c->lost,
              ig_finished_score(options, sentence, c->candidate.score, sentence->length), last))
      return true;
  }
  return false;
}

void ig_terms_choose(const ig_selection *selection, ig_sentence *sentence, int count) {
  const ig_decode_options *options = selection->options;
  for (int i = 0; i < count; i++) add_candidate(selection, sentence, sentence->candidates[i]);
  sort_found(sentence->options.terms);
  rank_found(sentence->options.terms);
  finish_hypotheses(selection, sentence);
  choose_running(options, sentence);
  sentence->failed = sentence->next_rows == 0 && !sentence->slots[0].finished;
  sentence->done = sentence->next_rows == 0 || !is_improvable(options, sentence);
}
