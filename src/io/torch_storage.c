#include "io/torch_storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/torch_names.h"

enum { ID_ITEMS = 6 };  // 'storage', type, key, device, count, and in old files a view

static ig_status read_type(const ig_pickle *p, uint32_t node, const char *where,
                           ig_torch_storage *out, ig_error *err) {
  char name[IG_PICKLE_NAME_TEXT];
  if (p->nodes[node].kind != IG_PICKLE_NAME)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: a storage without a type", where);
  ig_pickle_name(p, node, name);
  if (ig_torch_names_storage(name, &out->dtype, &out->untyped)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is no type of storage that is read", where,
                 name);
}

// The persistent id is a tuple of five or six.
static ig_status read_id(const ig_pickle *p, uint32_t id, const char *where, ig_torch_storage *out,
                         ig_error *err) {
  uint32_t item[ID_ITEMS] = {0};
  const size_t count = ig_pickle_items(p, id, ID_ITEMS, item);
  if (count < 5 || count > ID_ITEMS || !ig_pickle_is_text(p, item[0], "storage"))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: it refers to something outside that is no storage (a whole module?): save "
                   "the state dict alone",
                   where);
  IG_TRY(read_type(p, item[1], where, out, err));
  const ig_pickle_node *key = &p->nodes[item[2]], *size = &p->nodes[item[4]];
  if (key->kind != IG_PICKLE_TEXT || size->kind != IG_PICKLE_INTEGER || size->integer < 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: a storage without a key or a size", where);
  out->key = (const char *)p->bytes + key->first;
  out->length = key->second;
  if (count == ID_ITEMS && p->nodes[item[5]].kind != IG_PICKLE_NONE)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: storage %.*s is a view of another, as only the first versions of PyTorch "
                   "wrote it: load and save it with a newer one",
                   where, (int)out->length, out->key);
  if (!ig_size_multiply((size_t)size->integer, ig_dtype_size(out->dtype), &out->bytes))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: storage %.*s: its size is too large", where,
                   (int)out->length, out->key);
  return IG_OK;
}

static int compare_keys(const void *a, const void *b) {
  const ig_torch_storage *x = a, *y = b;
  const int order = memcmp(x->key, y->key, ig_size_smaller(x->length, y->length));
  return order ? order : (x->length > y->length) - (x->length < y->length);
}

// Storages that several tensors share come several times.
static ig_status unite(ig_torch_storages *s, const char *where, ig_error *err) {
  if (s->count) qsort(s->items, s->count, sizeof *s->items, compare_keys);
  size_t kept = 0;
  for (size_t i = 0; i < s->count; i++) {
    const ig_torch_storage *last = kept ? &s->items[kept - 1] : NULL, *next = &s->items[i];
    if (!last || compare_keys(last, next) != 0) {
      s->items[kept++] = *next;
      continue;
    }
    if (last->dtype != next->dtype || last->untyped != next->untyped || last->bytes != next->bytes)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: storage %.*s has two types or two sizes", where,
                     (int)next->length, next->key);
  }
  s->count = kept;
  return IG_OK;
}

ig_status ig_torch_storage_collect(const ig_pickle *pickle, const char *where,
                                   ig_torch_storages *out, ig_error *err) {
  *out = (ig_torch_storages){0};
  for (size_t i = 0; i < pickle->node_count; i++) {
    if (pickle->nodes[i].kind != IG_PICKLE_PERSISTENT) continue;
    IG_TRY(ig_allocate_more((void **)&out->items, &out->capacity, out->count + 1,
                            sizeof *out->items, err));
    ig_torch_storage *s = &out->items[out->count++];
    *s = (ig_torch_storage){0};
    IG_TRY(read_id(pickle, pickle->nodes[i].first, where, s, err));
  }
  return unite(out, where, err);
}

void ig_torch_storage_free(ig_torch_storages *storages) {
  free(storages->items);
  *storages = (ig_torch_storages){0};
}

ig_torch_storage *ig_torch_storage_find(const ig_torch_storages *storages, const char *key,
                                        size_t length) {
  const ig_torch_storage wanted = {.key = key, .length = length};
  return storages->count
             ? bsearch(&wanted, storages->items, storages->count, sizeof wanted, compare_keys)
             : NULL;
}

const ig_torch_storage *ig_torch_storage_of(const ig_torch_storages *storages,
                                            const ig_pickle *pickle, uint32_t node) {
  uint32_t item[3] = {0};
  if (pickle->nodes[node].kind != IG_PICKLE_PERSISTENT ||
      ig_pickle_items(pickle, pickle->nodes[node].first, 3, item) < 3)
    return NULL;
  const ig_pickle_node *key = &pickle->nodes[item[2]];
  return ig_torch_storage_find(storages, (const char *)pickle->bytes + key->first, key->second);
}
