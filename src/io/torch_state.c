#include "io/torch_state.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "io/torch_tensor.h"

enum { MOST_LEVELS = 4, MOST_NAMED = 10, LABEL = 64 };

// An entry of a dict.
typedef struct entry {
  uint32_t key, value, next;  // next: the link of the next key
} entry;

static bool next_entry(const ig_pickle *p, uint32_t *at, entry *out) {
  if (*at == IG_PICKLE_END) return false;
  const ig_pickle_link *key = &p->links[*at], *value = &p->links[key->next];
  *out = (entry){.key = key->node, .value = value->node, .next = value->next};
  *at = value->next;
  return true;
}

static size_t count_tensors(const ig_pickle *p, uint32_t dict) {
  size_t count = 0;
  entry e;
  if (p->nodes[dict].kind != IG_PICKLE_DICT) return 0;
  for (uint32_t at = p->nodes[dict].first; next_entry(p, &at, &e);)
    count += p->nodes[e.key].kind == IG_PICKLE_TEXT && ig_torch_tensor_is(p, e.value);
  return count;
}

// The key as text, cut to fit.
static void write_key(const ig_pickle *p, uint32_t key, char label[LABEL]) {
  const ig_pickle_node *n = &p->nodes[key];
  if (n->kind == IG_PICKLE_TEXT)
    snprintf(label, LABEL, "%.*s", n->second < LABEL ? (int)n->second : LABEL - 1,
             (const char *)p->bytes + n->first);
  else
    snprintf(label, LABEL, "%s", ig_pickle_kind_name(n->kind));
}

// How sure a key is to mean the weights; 0: it does not.
static int rank_key(const ig_pickle *p, uint32_t key) {
  static const char *const names[] = {"net", "module", "model", "model_state_dict", "state_dict"};
  char label[LABEL];
  write_key(p, key, label);
  if (strncmp(label, "optim", 5) == 0 || strncmp(label, "ema", 3) == 0) return 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(label, names[i]) == 0) return (int)i + 2;
  return 1;
}

// Finds the entry that has, or leads to, the weights. Returns false if none does.
static bool find_inner(const ig_pickle *p, uint32_t dict, entry *out) {
  int best = 0;
  size_t most = 0;
  entry e;
  for (uint32_t at = p->nodes[dict].first; next_entry(p, &at, &e);) {
    const int rank = rank_key(p, e.key);
    const size_t tensors = count_tensors(p, e.value);
    const bool leads = tensors || (rank > 1 && p->nodes[e.value].kind == IG_PICKLE_DICT);
    if (!leads || rank < best || (rank == best && tensors <= most)) continue;
    best = rank;
    most = tensors;
    *out = e;
  }
  return best > 0;
}

// Adds what is in a dict besides one entry to the note.
static void tell_others(const ig_pickle *p, uint32_t dict, const entry *taken,
                        char note[IG_TORCH_STATE_NOTE]) {
  size_t others = 0, used = strlen(note);
  entry e;
  char label[LABEL];
  write_key(p, taken->key, label);
  used += (size_t)snprintf(note + used, IG_TORCH_STATE_NOTE - used, "%s%s is read",
                           used ? "; " : "", label);
  for (uint32_t at = p->nodes[dict].first; next_entry(p, &at, &e);) {
    if (e.key == taken->key && e.value == taken->value) continue;
    write_key(p, e.key, label);
    if (others++ < MOST_NAMED && used + LABEL + 32 < IG_TORCH_STATE_NOTE)
      used += (size_t)snprintf(note + used, IG_TORCH_STATE_NOTE - used, "%s%s",
                               others == 1 ? ", left out: " : ", ", label);
  }
  if (others > MOST_NAMED && used + 32 < IG_TORCH_STATE_NOTE)
    snprintf(note + used, IG_TORCH_STATE_NOTE - used, " and more, %zu in all", others);
}

ig_status ig_torch_state_find(const ig_pickle *pickle, const char *where, uint32_t *out,
                              char note[IG_TORCH_STATE_NOTE], ig_error *err) {
  uint32_t dict = pickle->root;
  note[0] = '\0';
  for (int level = 0; level < MOST_LEVELS; level++) {
    entry inner = {0};
    if (pickle->nodes[dict].kind != IG_PICKLE_DICT) break;
    const size_t own = count_tensors(pickle, dict);
    const bool has_inner = find_inner(pickle, dict, &inner);
    if (own && (!has_inner || count_tensors(pickle, inner.value) <= own)) {
      *out = dict;
      return IG_OK;
    }
    if (!has_inner) break;
    tell_others(pickle, dict, &inner, note);
    dict = inner.value;
  }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: it has no dict of tensors (what it saves is %s): save the state dict", where,
                 ig_pickle_kind_name(pickle->nodes[pickle->root].kind));
}
