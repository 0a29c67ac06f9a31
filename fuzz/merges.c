// A merges.txt over a small vocabulary: what it merges must be what one merge after another gives,
// and what is written must be read again.
#include "input.h"

#include "text/merges.h"

static const char *const letters[] = {"a", "b", "#", "\xC3\xA9"};
enum { LETTERS = 4, LONGEST = 4, TEXT = 40 };

// All words of up to four letters.
static void add_words(ig_vocabulary *v, const char *start, int length) {
  for (int i = 0; i < LETTERS; i++) {
    char word[3 * LONGEST];
    snprintf(word, sizeof word, "%s%s", start, letters[i]);
    if (ig_vocabulary_add(v, word, strlen(word), v->size, NULL) != IG_OK) abort();
    if (length < LONGEST) add_words(v, word, length + 1);
  }
}

// The merge of two ids that was read last; NULL: none.
static const ig_merge *find_merge(const ig_merges *m, int left, int right) {
  for (size_t i = m->count; i-- > 0;)
    if (m->list[i].left == left && m->list[i].right == right) return &m->list[i];
  return NULL;
}

static size_t merge_slowly(const ig_merges *m, int *ids, size_t count) {
  for (;;) {
    const ig_merge *best = NULL;
    size_t at = 0;
    for (size_t i = 0; i + 1 < count; i++) {
      const ig_merge *merge = find_merge(m, ids[i], ids[i + 1]);
      if (!merge || (best && merge->rank >= best->rank)) continue;
      best = merge;
      at = i;
    }
    if (!best) return count;
    ids[at] = best->result;
    memmove(ids + at + 1, ids + at + 2, (count - at - 2) * sizeof *ids);
    count--;
  }
}

// The letters of the text come from the input's bytes.
static void compare(const ig_merges *m, const ig_vocabulary *v, const uint8_t *data, size_t size) {
  int ids[TEXT], slow[TEXT];
  size_t ends[TEXT], count = size < TEXT ? size : TEXT;
  ig_merging work = {0};
  ig_error err = {0};
  for (size_t i = 0; i < count; i++) {
    const char *letter = letters[data[i] % LETTERS];
    ids[i] = slow[i] = ig_vocabulary_find(v, letter, strlen(letter));
    ends[i] = i + 1;
  }
  const size_t whole = count, expected = merge_slowly(m, slow, count);
  if (ig_merges_apply(m, &work, ids, ends, &count, &err) != IG_OK) abort();
  if (count != expected || memcmp(ids, slow, count * sizeof *ids) != 0) abort();
  if (count > 0 && ends[count - 1] != whole) abort();
  ig_merges_free_work(&work);
}

static void save_and_load(const ig_merges *m, const ig_vocabulary *v, const char *path) {
  ig_merges again = {0};
  ig_error err = {0};
  char copy[SCRATCH + 16];
  snprintf(copy, sizeof copy, "%s.copy", path);
  if (ig_merges_save(m, v, copy, &err) != IG_OK) abort();
  if (ig_merges_load(&again, v, copy, &err) != IG_OK || again.count != m->count) abort();
  for (size_t i = 0; i < m->count; i++)
    if (again.list[i].left != m->list[i].left || again.list[i].right != m->list[i].right) abort();
  ig_merges_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static ig_vocabulary vocabulary;
  ig_merges merges = {0};
  ig_error err = {0};
  if (vocabulary.size == 0) add_words(&vocabulary, "", 1);
  const char *path = write_input(data, size);
  if (ig_merges_load(&merges, &vocabulary, path, &err) == IG_OK) {
    compare(&merges, &vocabulary, data, size);
    save_and_load(&merges, &vocabulary, path);
  }
  ig_merges_free(&merges);
  return 0;
}
