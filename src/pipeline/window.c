// Windows of sentences: storage and ids.
#include "pipeline/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/size.h"
#include "text/shown.h"
#include "text/utf8.h"

#define WINDOW_SENTENCES 8192
#define WINDOW_BYTES ((size_t)8 << 20)
#define CHUNK 64  // sentences that one task makes ids of

static void clear_sentence(const ig_window *w, ig_window_sentence *sentence) {
  ig_translation_free_all(sentence->found, sentence->found_count);
  free(sentence->log_probs);
  free(sentence->refusal);
  sentence->found = NULL;
  sentence->log_probs = NULL;
  sentence->refusal = NULL;
  for (int m = 0; sentence->sources && m < w->members; m++) sentence->sources[m].count = 0;
  sentence->length = 0;
  sentence->target.count = 0;
  sentence->truncated_from = 0;
  sentence->truncated_to = 0;
  sentence->notes = (ig_encode_notes){0};
  sentence->target_notes = (ig_encode_notes){0};
  sentence->nothing_known = false;
  sentence->unfinished = false;
  sentence->terms = 0;
  sentence->missing_terms = 0;
  sentence->excluded_terms = 0;
  sentence->kept_unknown = false;
  sentence->lost_output = 0;
  sentence->blank_output = false;
  sentence->refused = false;
}

void ig_window_cut(ig_window *w, size_t count) {
  for (size_t i = count; i < w->count; i++) clear_sentence(w, &w->sentences[i]);
  w->count = count;
}

void ig_window_clear(ig_window *w) {
  ig_window_cut(w, 0);
  w->text_size = 0;
}

size_t ig_window_accepted(const ig_window *w) {
  size_t i = 0;
  while (i < w->count && !w->sentences[i].refused) i++;
  return i;
}

size_t ig_window_finished(const ig_window *w) {
  size_t i = 0;
  while (i < w->count &&
         (w->sentences[i].found || w->sentences[i].log_probs || w->sentences[i].length == 0))
    i++;
  return i;
}

void ig_window_free(ig_window *w) {
  ig_window_clear(w);
  for (size_t i = 0; i < w->capacity; i++) {
    ig_window_sentence *sentence = &w->sentences[i];
    for (int m = 0; sentence->sources && m < w->members; m++) ig_ids_free(&sentence->sources[m]);
    free(sentence->sources);
    ig_ids_free(&sentence->target);
  }
  free(w->sentences);
  free(w->text);
  *w = (ig_window){.members = w->members};
}

bool ig_window_full(const ig_window *w) {
  const size_t most = w->most > 0 ? w->most : WINDOW_SENTENCES;
  return w->count >= most || w->text_size >= WINDOW_BYTES;
}

#define FIRST_SENTENCES 2048      // of a first window, at most
#define FEWEST_SENTENCES 64       // keep several threads busy
#define FIRST_WORK 34359738368.0  // sentences times parameters: seconds on a few cores
#define WINDOW_SECONDS 10.0

static size_t clamp_sentences(double wanted, size_t most) {
  if (!(wanted > FEWEST_SENTENCES)) return FEWEST_SENTENCES;
  return wanted < (double)most ? (size_t)wanted : most;
}

void ig_window_begin_pace(ig_window *w, double parameters) {
  w->most = clamp_sentences(FIRST_WORK / (parameters > 1 ? parameters : 1), FIRST_SENTENCES);
}

void ig_window_keep_pace(ig_window *w, double seconds) {
  if (w->most == 0 || w->count < w->most) return;
  w->most = seconds > 0
                ? clamp_sentences((double)w->count * WINDOW_SECONDS / seconds, WINDOW_SENTENCES)
                : WINDOW_SENTENCES;
}

// Copies both parts, one after the other.
static ig_status keep_text(ig_window *w, ig_borrowed_text first, ig_borrowed_text second,
                           ig_text_span *span, ig_error *err) {
  size_t length, needed;
  if (!ig_size_add(first.length, second.length, &length) ||
      !ig_size_add(w->text_size, length, &needed) || !ig_size_add(needed, 1, &needed))
    return ig_fail(err, IG_ERROR_MEMORY, "a line of %zu bytes", second.length);
  IG_TRY(ig_allocate_more((void **)&w->text, &w->text_capacity, needed, 1, err));
  char *to = w->text + w->text_size;
  if (first.length) memcpy(to, first.text, first.length);
  if (second.length) memcpy(to + first.length, second.text, second.length);
  to[length] = '\0';
  *span = (ig_text_span){w->text_size, length};
  w->text_size = needed;
  return IG_OK;
}

static ig_status reserve_sentences(ig_window *w, size_t count, ig_error *err) {
  const size_t before = w->capacity;
  IG_TRY(ig_allocate_more((void **)&w->sentences, &w->capacity, count, sizeof *w->sentences, err));
  memset(w->sentences + before, 0, (w->capacity - before) * sizeof *w->sentences);
  return IG_OK;
}

ig_status ig_window_add(ig_window *w, const ig_window_input *input, ig_error *err) {
  const ig_borrowed_text nothing = {0};
  IG_TRY(reserve_sentences(w, w->count + 1, err));
  ig_window_sentence *sentence = &w->sentences[w->count];
  if (!sentence->sources)
    sentence->sources = ig_allocate((size_t)w->members, sizeof *sentence->sources, err);
  if (!sentence->sources) return IG_ERROR_MEMORY;
  sentence->number = input->number;
  sentence->ends_line = input->ends_line;
  sentence->share = input->share;
  sentence->truncated_from = 0;
  sentence->truncated_to = 0;
  IG_TRY(keep_text(w, input->prefix, input->source, &sentence->source_text, err));
  IG_TRY(keep_text(w, input->gap, nothing, &sentence->gap, err));
  if (input->target.text) IG_TRY(keep_text(w, input->target, nothing, &sentence->target_text, err));
  w->count++;
  return IG_OK;
}

// ---- ids --------------------------------------------------------------------

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static ig_status parse_ids(const char *text, size_t length, int vocabulary, ig_ids *ids,
                           ig_error *err) {
  const char *p = text, *end = text + length;
  for (;;) {
    while (p < end && is_space(*p)) p++;
    if (p == end) return IG_OK;
    const char *word = p;
    long long value = 0;
    for (; p < end && *p >= '0' && *p <= '9' && value < vocabulary; p++)
      value = 10 * value + (*p - '0');
    if (p == word || value >= vocabulary || (p < end && !is_space(*p))) {
      while (p < end && !is_space(*p)) p++;
      return ig_fail(err, IG_ERROR_FORMAT, "expected token ids from 0 to %d, found '%.*s'",
                     vocabulary - 1, p - word > 40 ? 40 : (int)(p - word), word);
    }
    IG_TRY(ig_ids_append(ids, (int)value, err));
  }
}

static bool is_blank(const char *text, size_t length) {
  if (!ig_utf8_valid(text, length, NULL)) return false;  // the tokenizer reports where
  ig_utf8_strip(&text, &length);
  return length == 0;
}

static void truncate_source(ig_window_sentence *sentence, ig_ids *source, int longest) {
  if (source->count <= (size_t)longest) return;
  if (!sentence->truncated_from) {
    sentence->truncated_from = source->count;
    sentence->truncated_to = (size_t)longest;
  }
  source->ids[longest - 1] = source->ids[source->count - 1];
  source->count = (size_t)longest;
}

static ig_status encode_target(const ig_encoding *e, const ig_window *w,
                               ig_window_sentence *sentence, ig_error *err) {
  const char *text = w->text + sentence->target_text.begin;
  if (e->ids_in)
    IG_TRY(parse_ids(text, sentence->target_text.length, e->target_vocabulary, &sentence->target,
                     err));
  else
    IG_TRY(ig_tokenizer_encode_noted(
        e->sources[0].tokenizer,
        &(ig_side_text){IG_SIDE_TARGET, text, sentence->target_text.length, e->target_language},
        &sentence->target, &sentence->target_notes, err));
  if (sentence->target.count > (size_t)e->longest_target)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "the target has %zu tokens, but the model has positions for %d",
                   sentence->target.count, e->longest_target);
  return IG_OK;
}

// How many pieces of the text after a prefix the vocabulary has.
static ig_status count_own_known(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                 size_t prefix, size_t *known, ig_error *err) {
  ig_side_text own = *text;
  ig_ids ids = {0};
  ig_encode_notes notes;
  own.text += prefix;
  own.length -= prefix;
  const ig_status status = ig_tokenizer_encode_noted(tokenizer, &own, &ids, &notes, err);
  ig_ids_free(&ids);
  *known = notes.known;
  return status;
}

static ig_status encode_text(const ig_source_encoding *source, const ig_side_text *text,
                             size_t prefix, ig_window_sentence *sentence, int member,
                             ig_error *err) {
  const ig_tokenizer *tokenizer = source->tokenizer;
  ig_encode_notes notes;
  IG_TRY(ig_tokenizer_encode_noted(tokenizer, text, &sentence->sources[member], &notes, err));
  if (prefix > 0 && notes.unknown > 0)
    IG_TRY(count_own_known(tokenizer, text, prefix, &notes.known, err));
  const size_t known = sentence->notes.known + notes.known;
  if (member == 0) sentence->notes = notes;
  sentence->notes.known = known;
  return IG_OK;
}

static ig_status encode_source(const ig_encoding *e, const ig_window *w,
                               ig_window_sentence *sentence, int member, ig_error *err) {
  const ig_source_encoding *its = &e->sources[member];
  const char *text = w->text + sentence->source_text.begin;
  const size_t length = sentence->source_text.length;
  ig_ids *source = &sentence->sources[member];
  if (e->ids_in)
    IG_TRY(parse_ids(text, length, its->vocabulary, source, err));
  else if (e->scoring || !is_blank(text + e->prefix_length, length - e->prefix_length))
    IG_TRY(encode_text(its, &(ig_side_text){IG_SIDE_SOURCE, text, length, its->language},
                       e->prefix_length, sentence, member, err));
  truncate_source(sentence, source, its->longest);
  if (source->count > sentence->length) sentence->length = source->count;
  return IG_OK;
}

// A vocabulary of words is the corpus's own, and its model was trained on unknown words. Some have
// pieces of what cannot be seen, of which models make any text.
static bool is_unreadable(const ig_encoding *e, const ig_window *w,
                          const ig_window_sentence *sentence) {
  const ig_text_span text = sentence->source_text;
  if (e->ids_in) return false;
  if (ig_shown_nothing(w->text + text.begin + e->prefix_length, text.length - e->prefix_length))
    return true;
  return sentence->notes.known == 0 &&
         ig_tokenizer_kind_of(e->sources[0].tokenizer) != IG_TOKENIZER_WORDS;
}

static void make_blank(const ig_window *w, ig_window_sentence *sentence) {
  for (int m = 0; m < w->members; m++) sentence->sources[m].count = 0;
  sentence->length = 0;
  sentence->truncated_from = 0;
}

static ig_status encode_sentence(const ig_encoding *e, const ig_window *w,
                                 ig_window_sentence *sentence, ig_error *err) {
  if (ig_interrupt_requested(e->interrupter)) return ig_fail(err, IG_INTERRUPTED, "interrupted");
  for (int m = 0; m < w->members; m++) IG_TRY(encode_source(e, w, sentence, m, err));
  if (!e->scoring && sentence->length > 0 && is_unreadable(e, w, sentence)) {
    make_blank(w, sentence);
    sentence->nothing_known = true;
  }
  if (!e->scoring) return IG_OK;
  if (sentence->length == 0) return ig_fail(err, IG_ERROR_FORMAT, "no source ids");
  return encode_target(e, w, sentence, err);
}

typedef struct window_encoding {
  ig_window *window;
  const ig_encoding *encoding;
} window_encoding;

// Keeps what is wrong with the sentence alone, if it is asked for, and makes the sentence blank; or
// else it is the error.
static ig_status keep_refusal(const window_encoding *job, ig_window_sentence *sentence,
                              const ig_error *why, ig_error *err) {
  const bool alone = why->status != IG_INTERRUPTED && why->status != IG_ERROR_MEMORY;
  if (!job->encoding->keeps_refusals || !alone) {
    if (err) *err = *why;
    return why->status;
  }
  sentence->refusal = ig_allocate(1, sizeof *sentence->refusal, err);
  if (!sentence->refusal) return IG_ERROR_MEMORY;
  *sentence->refusal = *why;
  sentence->notes = (ig_encode_notes){0};
  make_blank(job->window, sentence);
  return IG_OK;
}

static ig_status encode_chunk(void *context, size_t index, int worker, ig_error *err) {
  (void)worker;
  const window_encoding *job = context;
  ig_window *w = job->window;
  const size_t end = (index + 1) * CHUNK < w->count ? (index + 1) * CHUNK : w->count;
  for (size_t i = index * CHUNK; i < end; i++) {
    ig_window_sentence *sentence = &w->sentences[i];
    ig_error why;
    ig_status status = encode_sentence(job->encoding, w, sentence, &why);
    if (status != IG_OK) status = keep_refusal(job, sentence, &why, err);
    if (status == IG_OK) continue;
    sentence->refused = true;
    return ig_fail_in(err, status, "line %zu", sentence->number);
  }
  return IG_OK;
}

bool ig_window_is_large(const ig_window *w) { return w->count > CHUNK; }

ig_status ig_window_encode(ig_window *w, const ig_encoding *encoding, ig_pool *pool,
                           ig_error *err) {
  const size_t chunks = (w->count + CHUNK - 1) / CHUNK;
  return ig_pool_try(pool, chunks, encode_chunk, &(window_encoding){w, encoding}, err);
}

// ---- parts of sentences -----------------------------------------------------

// How many sentences the window has with the parts, and memory for them and their text.
static ig_status reserve_parts(ig_window *w, const ig_window_part *parts, size_t count,
                               size_t *total, ig_error *err) {
  size_t size = w->text_size;
  *total = w->count;
  for (size_t i = 0; i < count; i++) {
    *total += i > 0 && parts[i].sentence == parts[i - 1].sentence;
    if (parts[i].prefix.length) size += parts[i].prefix.length + parts[i].source.length + 1;
  }
  IG_TRY(ig_allocate_more((void **)&w->text, &w->text_capacity, size, 1, err));
  return reserve_sentences(w, *total, err);
}

// The text of a part is in the window's text already, unless a prefix is to stand before it.
static ig_status set_part(ig_window *w, ig_window_sentence *sentence, const ig_window_part *part,
                          const ig_encoding *encoding, ig_error *err) {
  const ig_borrowed_text prefix = {w->text + part->prefix.begin, part->prefix.length},
                         source = {w->text + part->source.begin, part->source.length};
  clear_sentence(w, sentence);
  if (!sentence->sources)
    sentence->sources = ig_allocate((size_t)w->members, sizeof *sentence->sources, err);
  if (!sentence->sources) return IG_ERROR_MEMORY;
  sentence->gap = part->gap;
  sentence->source_text = part->source;
  if (prefix.length) IG_TRY(keep_text(w, prefix, source, &sentence->source_text, err));
  return encode_sentence(encoding, w, sentence, err);
}

// What a part has of its sentence's share of the line, by bytes.
static size_t share_of(const ig_window_part *part, const ig_window_sentence *whole) {
  const double bytes = (double)part->source.length / (double)(whole->source_text.length + 1);
  return (size_t)((double)whole->share * bytes);
}

static void swap_sentences(ig_window_sentence *a, ig_window_sentence *b) {
  const ig_window_sentence kept = *a;
  *a = *b;
  *b = kept;
}

// From the last sentence to the first: each moves to its new place, which is its own or after it,
// so that those before it are not touched. The memory found there takes its old place, and parts
// are put into such memory.
ig_status ig_window_divide(ig_window *w, const ig_window_part *parts, size_t count,
                           const ig_encoding *encoding, ig_error *err) {
  size_t to;
  IG_TRY(reserve_parts(w, parts, count, &to, err));
  const size_t whole_count = w->count;
  w->count = to;
  for (size_t i = whole_count; i-- > 0;) {
    const ig_window_sentence whole = w->sentences[i];
    const bool divided = count > 0 && parts[count - 1].sentence == i;
    size_t share = whole.share;
    if (!divided && --to != i) swap_sentences(&w->sentences[to], &w->sentences[i]);
    for (bool last = true; count > 0 && parts[count - 1].sentence == i; last = false) {
      ig_window_sentence *sentence = &w->sentences[--to];
      IG_TRY(set_part(w, sentence, &parts[--count], encoding, err));
      sentence->number = whole.number;
      sentence->ends_line = last && whole.ends_line;
      sentence->share = share_of(&parts[count], &whole);
      share -= sentence->share;
      if (count > 0 && parts[count - 1].sentence == i) continue;
      sentence->gap = whole.gap;
      sentence->share += share;
    }
  }
  return IG_OK;
}
