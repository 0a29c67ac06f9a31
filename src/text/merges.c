// The merges of byte-pair encoding: the table, its file, and merging.
#include "text/merges.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"

// ---- the table --------------------------------------------------------------

void ig_merges_free(ig_merges *m) {
  free(m->list);
  free(m->slots);
  *m = (ig_merges){0};
}

static size_t hash_pair(int left, int right) {
  const uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
  return (size_t)((key * 0x9E3779B97F4A7C15u) >> 24);
}

// The slot of the pair, or the empty one where it belongs.
static size_t find_slot(const ig_merges *m, int left, int right) {
  const size_t mask = m->slot_count - 1;
  size_t at = hash_pair(left, right) & mask;
  while (m->slots[at]) {
    const ig_merge *merge = &m->list[m->slots[at] - 1];
    if (merge->left == left && merge->right == right) break;
    at = (at + 1) & mask;
  }
  return at;
}

// NULL: the pair has no merge.
static const ig_merge *find_merge(const ig_merges *m, int left, int right) {
  if (!m->slot_count) return NULL;
  const size_t number = m->slots[find_slot(m, left, right)];
  return number ? &m->list[number - 1] : NULL;
}

ig_status ig_merges_add(ig_merges *m, int left, int right, int result, ig_error *err) {
  if (m->count >= INT_MAX) return ig_fail(err, IG_ERROR_FORMAT, "more than %d merges", INT_MAX);
  IG_TRY(ig_allocate_more((void **)&m->list, &m->capacity, m->count + 1, sizeof *m->list, err));
  m->list[m->count] = (ig_merge){left, right, result, (int)m->count};
  m->count++;
  return IG_OK;
}

ig_status ig_merges_index(ig_merges *m, ig_error *err) {
  size_t slots = 16;
  while (slots < 2 * m->count) slots *= 2;
  m->slots = ig_allocate(slots, sizeof *m->slots, err);
  if (!m->slots) return IG_ERROR_MEMORY;
  m->slot_count = slots;
  for (size_t i = 0; i < m->count; i++)
    m->slots[find_slot(m, m->list[i].left, m->list[i].right)] = i + 1;
  return IG_OK;
}

// ---- the file ---------------------------------------------------------------

typedef struct merges_line {
  const char *text;
  size_t length;
  const char *path;
  size_t number;  // from 1
} merges_line;

static ig_status find_token(const ig_vocabulary *v, const char *token, size_t length, int *id,
                            ig_error *err) {
  *id = ig_vocabulary_find(v, token, length);
  if (*id >= 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "the vocabulary has no token '%.*s'",
                 (int)(length < 100 ? length : 100), token);
}

// The token that both make together.
static ig_status find_result(const ig_vocabulary *v, const ig_merge_text *merge, int *id,
                             ig_error *err) {
  const size_t length = merge->left_length + merge->right_length;
  char *joined = ig_allocate(length + 1, 1, err);
  if (!joined) return IG_ERROR_MEMORY;
  memcpy(joined, merge->left, merge->left_length);
  memcpy(joined + merge->left_length, merge->right, merge->right_length);
  const ig_status status = find_token(v, joined, length, id, err);
  free(joined);
  return status;
}

ig_status ig_merges_add_text(ig_merges *m, const ig_vocabulary *v, const ig_merge_text *merge,
                             ig_error *err) {
  int left, right, result;
  IG_TRY(find_token(v, merge->left, merge->left_length, &left, err));
  IG_TRY(find_token(v, merge->right, merge->right_length, &right, err));
  IG_TRY(find_result(v, merge, &result, err));
  return ig_merges_add(m, left, right, result, err);
}

bool ig_merges_split(const char *line, size_t length, ig_merge_text *merge) {
  const char *space = memchr(line, ' ', length);
  if (!space) return false;
  const size_t left = (size_t)(space - line);
  *merge = (ig_merge_text){line, space + 1, left, length - left - 1};
  return left > 0 && merge->right_length > 0 && !memchr(space + 1, ' ', merge->right_length);
}

static ig_status add_line(ig_merges *m, const ig_vocabulary *v, const merges_line *line,
                          ig_error *err) {
  ig_merge_text merge;
  if (!ig_merges_split(line->text, line->length, &merge))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: line %zu: expected two tokens and one space between them, found '%.*s'",
                   line->path, line->number, (int)(line->length < 100 ? line->length : 100),
                   line->text);
  const ig_status status = ig_merges_add_text(m, v, &merge, err);
  return status == IG_OK ? IG_OK
                         : ig_fail_in(err, status, "%s: line %zu", line->path, line->number);
}

static bool is_version(const merges_line *line) {
  static const char mark[] = "#version";
  return line->length >= sizeof mark - 1 && memcmp(line->text, mark, sizeof mark - 1) == 0;
}

static ig_status add_lines(ig_merges *m, const ig_vocabulary *v, merges_line line, size_t size,
                           ig_error *err) {
  const char *end = line.text + size;
  while (line.text < end) {
    const char *stop = memchr(line.text, '\n', (size_t)(end - line.text));
    const char *next = stop ? stop + 1 : end;
    if (!stop) stop = end;
    if (stop > line.text && stop[-1] == '\r') stop--;
    line.length = (size_t)(stop - line.text);
    line.number++;
    if (!is_version(&line)) IG_TRY(add_line(m, v, &line, err));
    line.text = next;
  }
  return IG_OK;
}

ig_status ig_merges_load(ig_merges *m, const ig_vocabulary *v, const char *path, ig_error *err) {
  char *text;
  size_t size;
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status = add_lines(m, v, (merges_line){.text = text, .path = path}, size, err);
  free(text);
  return status == IG_OK ? ig_merges_index(m, err) : status;
}

// Appends the text to *to, or only counts it where *to is NULL.
static void put_text(char **to, size_t *size, const char *text) {
  const size_t length = strlen(text);
  *size += length;
  if (!*to) return;
  memcpy(*to, text, length);
  *to += length;
}

static size_t put_merges(const ig_merges *m, const ig_vocabulary *v, char *to) {
  size_t size = 0;
  put_text(&to, &size, "#version: 0.2\n");
  for (size_t i = 0; i < m->count; i++) {
    put_text(&to, &size, ig_vocabulary_token(v, m->list[i].left));
    put_text(&to, &size, " ");
    put_text(&to, &size, ig_vocabulary_token(v, m->list[i].right));
    put_text(&to, &size, "\n");
  }
  return size;
}

ig_status ig_merges_save(const ig_merges *m, const ig_vocabulary *v, const char *path,
                         ig_error *err) {
  const size_t size = put_merges(m, v, NULL);
  char *text = ig_allocate(size, 1, err);
  if (!text) return IG_ERROR_MEMORY;
  put_merges(m, v, text);
  const ig_status status = ig_file_write(path, text, size, err);
  free(text);
  return status;
}

// ---- merging ----------------------------------------------------------------

enum { NOWHERE = -1 };

// A list of what is left; a symbol that a merge has taken has the id -1.
struct merging_symbol {
  int id;
  ptrdiff_t before, after;  // numbers of symbols, or NOWHERE
};

// A pair that has a merge, of the symbol at `left` and the one after it. It is out of date if they
// do not make `result` any more.
struct merging_candidate {
  int rank, result;
  ptrdiff_t left;
};
typedef struct merging_symbol merging_symbol;
typedef struct merging_candidate merging_candidate;

void ig_merges_free_work(ig_merging *work) {
  free(work->symbols);
  free(work->heap);
  *work = (ig_merging){0};
}

static bool comes_first(const merging_candidate *a, const merging_candidate *b) {
  return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

static void push_candidate(merging_candidate *heap, size_t *count, merging_candidate c) {
  size_t at = (*count)++;
  while (at > 0 && comes_first(&c, &heap[(at - 1) / 2])) {
    heap[at] = heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap[at] = c;
}

static merging_candidate pop_candidate(merging_candidate *heap, size_t *count) {
  const merging_candidate first = heap[0], last = heap[--*count];
  size_t at = 0;
  for (size_t child = 1; child < *count; child = 2 * at + 1) {
    if (child + 1 < *count && comes_first(&heap[child + 1], &heap[child])) child++;
    if (!comes_first(&heap[child], &last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}

// The merge of the symbol at `left` with the one after it; NULL: none.
static const ig_merge *merge_at(const ig_merges *m, const merging_symbol *symbols, ptrdiff_t left) {
  if (left == NOWHERE || symbols[left].id < 0 || symbols[left].after == NOWHERE) return NULL;
  return find_merge(m, symbols[left].id, symbols[symbols[left].after].id);
}

static void push_pair(const ig_merges *m, const ig_merging *work, size_t *waiting, ptrdiff_t left) {
  const ig_merge *merge = merge_at(m, work->symbols, left);
  if (merge)
    push_candidate(work->heap, waiting, (merging_candidate){merge->rank, merge->result, left});
}

static void merge_symbols(const ig_merges *m, const ig_merging *work, size_t *ends,
                          size_t waiting) {
  merging_symbol *symbols = work->symbols;
  while (waiting > 0) {
    const merging_candidate best = pop_candidate(work->heap, &waiting);
    const ig_merge *merge = merge_at(m, symbols, best.left);
    if (!merge || merge->result != best.result) continue;
    merging_symbol *left = &symbols[best.left];
    const ptrdiff_t taken = left->after;
    left->id = merge->result;
    left->after = symbols[taken].after;
    symbols[taken].id = -1;
    if (left->after != NOWHERE) symbols[left->after].before = best.left;
    if (ends) ends[best.left] = ends[taken];
    push_pair(m, work, &waiting, left->before);
    push_pair(m, work, &waiting, best.left);
  }
}

static ig_status make_room(ig_merging *work, size_t count, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&work->symbols, &work->symbol_capacity, count,
                          sizeof *work->symbols, err));
  // Every pair at the start, and two for each of at most count - 1 merges.
  return ig_allocate_more((void **)&work->heap, &work->heap_capacity, 3 * count, sizeof *work->heap,
                          err);
}

ig_status ig_merges_apply(const ig_merges *m, ig_merging *work, int *ids, size_t *ends,
                          size_t *count, ig_error *err) {
  if (*count < 2) return IG_OK;
  IG_TRY(make_room(work, *count, err));
  size_t waiting = 0, kept = 0;
  for (size_t i = 0; i < *count; i++) {
    const ptrdiff_t at = (ptrdiff_t)i;
    work->symbols[i] = (merging_symbol){ids[i], at - 1, i + 1 < *count ? at + 1 : NOWHERE};
  }
  for (size_t i = 0; i < *count; i++) push_pair(m, work, &waiting, (ptrdiff_t)i);
  merge_symbols(m, work, ends, waiting);
  for (ptrdiff_t i = 0; i != NOWHERE; i = work->symbols[i].after) {
    ids[kept] = work->symbols[i].id;
    if (ends) ends[kept] = ends[i];
    kept++;
  }
  *count = kept;
  return IG_OK;
}
