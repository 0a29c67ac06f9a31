// The list of added tokens, and cutting them out of a text.
#include "text/added_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/utf8.h"

void ig_added_tokens_free(ig_added_tokens *tokens) {
  for (size_t i = 0; i < tokens->count; i++) {
    free(tokens->list[i].text);
    free(tokens->list[i].normal);
  }
  free(tokens->list);
  free(tokens->lengths);
  free(tokens->by_id);
  ig_vocabulary_free(&tokens->own);
  ig_vocabulary_free(&tokens->by_text);
  ig_vocabulary_free(&tokens->by_normal);
  tokens->list = NULL;
  tokens->lengths = tokens->by_id = NULL;
  tokens->count = tokens->capacity = tokens->length_count = tokens->ordered = 0;
  tokens->length_capacity = tokens->order_capacity = 0;
}

static ig_added_token *find_text(const ig_added_tokens *tokens, const char *text) {
  const int number = ig_vocabulary_find(&tokens->by_text, text, strlen(text));
  return number < 0 ? NULL : &tokens->list[number];
}

// Keeps the lengths in order, each once.
static ig_status note_length(ig_added_tokens *tokens, size_t length, ig_error *err) {
  size_t at = 0;
  while (at < tokens->length_count && tokens->lengths[at] < length) at++;
  if (at < tokens->length_count && tokens->lengths[at] == length) return IG_OK;
  IG_TRY(ig_allocate_more((void **)&tokens->lengths, &tokens->length_capacity,
                          tokens->length_count + 1, sizeof *tokens->lengths, err));
  memmove(tokens->lengths + at + 1, tokens->lengths + at,
          (tokens->length_count - at) * sizeof *tokens->lengths);
  tokens->lengths[at] = length;
  tokens->length_count++;
  return IG_OK;
}

// Which bit the first bytes have.
static unsigned short_bit(unsigned first, unsigned second) { return first << 8 | second; }
static unsigned long_bit(const char *text) {
  uint32_t start;
  memcpy(&start, text, IG_ADDED_LONG);
  return (uint32_t)(start * 0x9E3779B1u) >> 16;
}

static void set_bit(unsigned char *bits, unsigned number) {
  bits[number / 8] |= (unsigned char)(1u << number % 8);
}
static bool has_bit(const unsigned char *bits, unsigned number) {
  return (bits[number / 8] >> number % 8 & 1) != 0;
}

// Of a token of one byte any second byte may follow.
static void note_beginning(ig_added_tokens *tokens, const char *text, size_t length) {
  const unsigned first = length > 0 ? (unsigned char)text[0] : 0;
  if (length >= IG_ADDED_LONG)
    set_bit(tokens->long_begins, long_bit(text));
  else if (length > 1)
    set_bit(tokens->begins, short_bit(first, (unsigned char)text[1]));
  for (unsigned second = 0; length == 1 && second < 256; second++)
    set_bit(tokens->begins, short_bit(first, second));
}

// Whether a token may begin this text, which is not empty.
static bool may_begin(const ig_added_tokens *tokens, const char *text, size_t length) {
  const unsigned second = length > 1 ? (unsigned char)text[1] : 0;
  if (has_bit(tokens->begins, short_bit((unsigned char)text[0], second))) return true;
  return length >= IG_ADDED_LONG && has_bit(tokens->long_begins, long_bit(text));
}

static void note_token(ig_added_tokens *tokens, const ig_added_token *token) {
  note_beginning(tokens, token->text, token->length);
  tokens->has_flags |= token->strip_left || token->strip_right || token->single_word;
  tokens->has_normalized |= token->normalized;
}

static ig_status append_token(ig_added_tokens *tokens, const ig_added_token *token, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&tokens->list, &tokens->capacity, tokens->count + 1,
                          sizeof *tokens->list, err));
  ig_added_token *added = &tokens->list[tokens->count];
  *added = *token;
  added->length = strlen(token->text);
  IG_TRY(note_length(tokens, added->length, err));
  IG_TRY(ig_vocabulary_add(&tokens->by_text, token->text, added->length, (int)tokens->count, err));
  added->text = ig_allocate_copy(token->text, added->length, err);
  if (!added->text) return IG_ERROR_MEMORY;
  tokens->count++;
  note_token(tokens, added);
  return IG_OK;
}

ig_status ig_added_tokens_add(ig_added_tokens *tokens, const ig_added_token *token, ig_error *err) {
  // It would be found at every place of a text, and nothing of the text would be used up.
  if (!*token->text) return ig_fail(err, IG_ERROR_FORMAT, "an added or special token is empty");
  ig_added_token *known = find_text(tokens, token->text);
  if (known) {
    if (token->special && !known->special) known->normalized = false;
    known->special = known->special || token->special;
    return IG_OK;
  }
  return append_token(tokens, token, err);
}

ig_status ig_added_tokens_replace(ig_added_tokens *tokens, const ig_added_token *token,
                                  ig_error *err) {
  ig_added_token *known = find_text(tokens, token->text);
  if (!known) return ig_added_tokens_add(tokens, token, err);
  char *text = known->text;
  const size_t length = known->length;
  *known = *token;
  known->text = text;
  known->length = length;
  note_token(tokens, known);
  return IG_OK;
}

// Tokens in a new order have new numbers.
static ig_status number_texts(ig_added_tokens *tokens, ig_error *err) {
  ig_vocabulary_free(&tokens->by_text);
  for (size_t i = 0; i < tokens->count; i++)
    IG_TRY(ig_vocabulary_add(&tokens->by_text, tokens->list[i].text, tokens->list[i].length, (int)i,
                             err));
  return IG_OK;
}

// A token and the number that it had.
typedef struct placed_token {
  ig_added_token token;
  size_t number;
} placed_token;

// One without an id comes after all others; the order of equal ones stays.
static int compare_placed(const void *a, const void *b) {
  const placed_token *x = a, *y = b;
  const unsigned left = (unsigned)x->token.id, right = (unsigned)y->token.id;
  if (left != right) return left < right ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

ig_status ig_added_tokens_forget_ids(ig_added_tokens *tokens, ig_error *err) {
  placed_token *placed = ig_allocate(tokens->count, sizeof *placed, err);
  if (!placed) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < tokens->count; i++) placed[i] = (placed_token){tokens->list[i], i};
  if (tokens->count) qsort(placed, tokens->count, sizeof *placed, compare_placed);
  for (size_t i = 0; i < tokens->count; i++) {
    tokens->list[i] = placed[i].token;
    tokens->list[i].id = -1;
  }
  free(placed);
  return number_texts(tokens, err);
}

// The numbers of two tokens and where their ids are.
typedef struct token_id {
  int id;
  size_t number;
} token_id;

static int compare_ids(const void *a, const void *b) {
  const token_id *x = a, *y = b;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

static ig_status order_ids(ig_added_tokens *tokens, ig_error *err) {
  token_id *ids = ig_allocate(tokens->count, sizeof *ids, err);
  if (!ids) return IG_ERROR_MEMORY;
  const ig_status status = ig_allocate_more((void **)&tokens->by_id, &tokens->order_capacity,
                                            tokens->count, sizeof *tokens->by_id, err);
  for (size_t i = 0; i < tokens->count; i++) ids[i] = (token_id){tokens->list[i].id, i};
  if (tokens->count) qsort(ids, tokens->count, sizeof *ids, compare_ids);
  for (size_t i = 0; status == IG_OK && i < tokens->count; i++) tokens->by_id[i] = ids[i].number;
  if (status == IG_OK) tokens->ordered = tokens->count;
  free(ids);
  return status;
}

ig_status ig_added_tokens_number(ig_added_tokens *tokens, const ig_vocabulary *vocabulary,
                                 ig_error *err) {
  size_t next = vocabulary->count;
  for (size_t i = 0; i < tokens->count; i++) {
    const ig_added_token *t = &tokens->list[i];
    if (t->id >= 0 && ig_vocabulary_find(vocabulary, t->text, t->length) < 0) next++;
  }
  for (size_t i = 0; i < tokens->count; i++) {
    ig_added_token *t = &tokens->list[i];
    const int known = ig_vocabulary_find(vocabulary, t->text, t->length);
    if (t->id < 0) t->id = known >= 0 ? known : (int)next++;
    if (t->id != known) IG_TRY(ig_vocabulary_add(&tokens->own, t->text, t->length, t->id, err));
  }
  return order_ids(tokens, err);
}

ig_status ig_added_tokens_append(ig_added_tokens *tokens, const ig_added_token *token, int id,
                                 ig_error *err) {
  if (find_text(tokens, token->text))
    return ig_fail(err, IG_ERROR_ARGUMENT, "'%.100s' is an added token already", token->text);
  IG_TRY(ig_added_tokens_add(tokens, token, err));
  ig_added_token *added = &tokens->list[tokens->count - 1];
  added->id = id;
  IG_TRY(ig_vocabulary_add(&tokens->own, added->text, added->length, id, err));
  IG_TRY(ig_allocate_more((void **)&tokens->by_id, &tokens->order_capacity, tokens->count,
                          sizeof *tokens->by_id, err));
  tokens->by_id[tokens->ordered++] = tokens->count - 1;
  return IG_OK;
}

ig_status ig_added_tokens_set_normal(ig_added_tokens *tokens, size_t number, const char *text,
                                     size_t length, ig_error *err) {
  ig_added_token *t = &tokens->list[number];
  free(t->normal);
  t->normal = ig_allocate_copy(text, length, err);
  t->normal_length = length;
  t->next_alike = 0;
  if (!t->normal) return IG_ERROR_MEMORY;
  note_beginning(tokens, text, length);
  IG_TRY(note_length(tokens, length, err));
  const int first = ig_vocabulary_find(&tokens->by_normal, text, length);
  if (first < 0) return ig_vocabulary_add(&tokens->by_normal, text, length, (int)number, err);
  t->next_alike = tokens->list[first].next_alike;
  tokens->list[first].next_alike = number + 1;
  return IG_OK;
}

static bool is_wanted(const ig_added_tokens *tokens, const ig_added_token *token,
                      ig_added_token_filter filter) {
  return token->id < tokens->limit && (!filter || filter(token));
}

// The first wanted token of the list that is looked for as exactly this.
static const ig_added_token *find_exactly(const ig_added_tokens *tokens, const char *text,
                                          size_t length, ig_added_token_filter filter) {
  const int number = ig_vocabulary_find(&tokens->by_text, text, length);
  const ig_added_token *best = number < 0 ? NULL : &tokens->list[number];
  if (best && (best->normal || !is_wanted(tokens, best, filter))) best = NULL;
  if (tokens->by_normal.count == 0) return best;
  for (int at = ig_vocabulary_find(&tokens->by_normal, text, length); at >= 0;
       at = (int)tokens->list[at].next_alike - 1) {
    const ig_added_token *t = &tokens->list[at];
    if ((!best || t < best) && is_wanted(tokens, t, filter)) best = t;
  }
  return best;
}

const ig_added_token *ig_added_tokens_at(const ig_added_tokens *tokens, const char *text,
                                         size_t length, ig_added_token_filter filter) {
  if (!may_begin(tokens, text, length)) return NULL;
  for (size_t i = tokens->length_count; i-- > 0;) {
    const size_t size = tokens->lengths[i];
    if (size > length || size == 0) continue;
    const ig_added_token *found = find_exactly(tokens, text, size, filter);
    if (found) return found;
  }
  return NULL;
}

const ig_added_token *ig_added_tokens_of(const ig_added_tokens *tokens, int id) {
  size_t low = 0, high = tokens->ordered;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (tokens->list[tokens->by_id[middle]].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == tokens->ordered) return NULL;
  const ig_added_token *found = &tokens->list[tokens->by_id[low]];
  return found->id == id ? found : NULL;
}

int ig_added_tokens_find(const ig_added_tokens *tokens, const char *text, size_t length) {
  const int id = tokens->own.count ? ig_vocabulary_find(&tokens->own, text, length) : -1;
  return id < tokens->limit ? id : -1;
}

int ig_added_tokens_size(const ig_added_tokens *tokens) {
  int size = 0;
  for (size_t i = 0; i < tokens->count; i++) {
    const int id = tokens->list[i].id;
    if (id >= size && id < tokens->limit) size = id + 1;
  }
  return size;
}

size_t ig_added_tokens_list_beyond(const ig_added_tokens *tokens, char *names, size_t size) {
  static const char more[] = ", ...";
  size_t count = 0, used = 0;
  bool full = false;
  *names = '\0';
  for (size_t i = 0; i < tokens->count; i++) {
    const ig_added_token *t = &tokens->list[i];
    if (t->id < tokens->limit) continue;
    count++;
    if (full) continue;
    full = used + 2 + t->length + sizeof more > size;
    const char *comma = count > 1 ? ", " : "";
    used += (size_t)snprintf(names + used, size - used, "%s%s", comma, full ? "..." : t->text);
  }
  return count;
}

// ---- cutting ----------------------------------------------------------------

static void strip_begin(const ig_added_tokens *tokens, const char *text, ig_added_part *part) {
  for (size_t step; part->begin < part->end; part->begin += step)
    if (!tokens->is_space(ig_utf8_decode(text + part->begin, &step))) return;
}

static void strip_end(const ig_added_tokens *tokens, const char *text, ig_added_part *part) {
  while (part->begin < part->end) {
    size_t step;
    const size_t last = ig_utf8_before(text, part->end);
    if (!tokens->is_space(ig_utf8_decode(text + last, &step))) return;
    part->end = last;
  }
}

static bool is_empty(const ig_added_part *part) { return part->begin == part->end; }

// What a token's flags say of its neighbours, the stretches before and after it (NULL: the ends of
// the text). A token that is no single word joins the text before it, or else the text after it.
static void apply_flags(const ig_added_tokens *tokens, const char *text, ig_added_part *part,
                        ig_added_part *before, ig_added_part *after) {
  const ig_added_token *token = part->token;
  const bool is_before = before && !is_empty(before), is_after = after && !is_empty(after);
  const bool joins_before = is_before && text[before->end - 1] != ' ';
  const bool joins_after = is_after && text[after->begin] != ' ';
  if (token->strip_right && is_after && !after->token) strip_begin(tokens, text, after);
  if (token->strip_left && is_before && !before->token) strip_end(tokens, text, before);
  if (!token->single_word || (!joins_before && !joins_after)) return;
  if (joins_before) {
    before->token = NULL;
    before->end = part->end;
    part->begin = part->end;
  } else {
    after->token = NULL;
    after->begin = part->begin;
    part->end = part->begin;
  }
  part->token = NULL;
}

// Writes the stretches to parts, or only counts them where parts is NULL.
static size_t find_parts(const ig_added_tokens *tokens, const char *text, size_t length,
                         ig_added_part *parts) {
  size_t count = 0, begin = 0, i = 0;
  while (i < length) {
    const ig_added_token *token = ig_added_tokens_at(tokens, text + i, length - i, NULL);
    if (!token) {
      i++;
      continue;
    }
    if (i > begin && parts) parts[count] = (ig_added_part){begin, i, NULL};
    if (i > begin) count++;
    begin = i + token->length;
    if (parts) parts[count] = (ig_added_part){i, begin, token};
    count++;
    i = begin;
  }
  if (begin < length && parts) parts[count] = (ig_added_part){begin, length, NULL};
  return begin < length ? count + 1 : count;
}

ig_status ig_added_tokens_cut(const ig_added_tokens *tokens, const char *text, size_t length,
                              ig_added_part **out, size_t *count, ig_error *err) {
  *count = find_parts(tokens, text, length, NULL);
  ig_added_part *parts = *out = ig_allocate(*count, sizeof *parts, err);
  if (!parts) return IG_ERROR_MEMORY;
  find_parts(tokens, text, length, parts);
  for (size_t i = 0; tokens->has_flags && i < *count; i++)
    if (parts[i].token)
      apply_flags(tokens, text, &parts[i], i > 0 ? &parts[i - 1] : NULL,
                  i + 1 < *count ? &parts[i + 1] : NULL);
  return IG_OK;
}
