#include "io/torch_container.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/size.h"
#include "io/little_endian.h"
#include "io/torch_names.h"

// The first two pickles of the old form: a magic number, and the version, 1001.
static const unsigned char legacy_start[] = {0x80, 2,    0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                             0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
                                             0x2e, 0x80, 2,    'M',  0xe9, 3,    '.'};
enum { FIRST_PART = 1 << 20 };  // of an old file, bytes that are read at first

ig_status ig_torch_container_form(const ig_file *file, const char *path, ig_torch_form *out,
                                  ig_error *err) {
  unsigned char start[sizeof legacy_start] = {0};
  const size_t n = ig_size_smaller(file->size, sizeof start);
  IG_TRY(ig_file_read(file, path, 0, start, n, err));
  *out = memcmp(start, "PK\3\4", 4) == 0                         ? IG_TORCH_FORM_ZIP
         : memcmp(start, legacy_start, sizeof legacy_start) == 0 ? IG_TORCH_FORM_LEGACY
                                                                 : IG_TORCH_FORM_NONE;
  return IG_OK;
}

static ig_status read_pickle(ig_torch_container *c, const unsigned char *bytes, size_t size,
                             ig_pickle *out, ig_error *err) {
  return ig_pickle_read(
      &(ig_pickle_source){
          .bytes = bytes, .size = size, .where = c->path, .is_allowed = ig_torch_names_allow},
      out, err);
}

static ig_status fail_container(const ig_torch_container *c, const char *what, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s", c->path, what);
}

// ---- zip --------------------------------------------------------------------

// All members are in one folder, whose name is of no meaning. Stores the length of its name with
// the slash.
static ig_status find_folder(const ig_torch_container *c, const ig_zip_member **pickle,
                             size_t *length, ig_error *err) {
  static const char name[] = "data.pkl";
  *pickle = NULL;
  for (size_t i = 0; i < c->zip.count; i++) {
    const ig_zip_member *m = &c->zip.members[i];
    const char *slash = strchr(m->name, '/');
    if (slash && (strcmp(slash + 1, "constants.pkl") == 0 || strncmp(slash, "/code/", 6) == 0))
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: a TorchScript program, of which nothing is run: save the state dict",
                     c->path);
    if (!slash || strcmp(slash + 1, name) != 0) continue;
    if (*pickle) return fail_container(c, "two members are called data.pkl", err);
    *pickle = m;
    *length = (size_t)(slash + 1 - m->name);
  }
  return *pickle
             ? IG_OK
             : fail_container(c, "a zip file without data.pkl: torch.save did not write it", err);
}

static ig_status read_byte_order(ig_torch_container *c, const char *name, ig_error *err) {
  const ig_zip_member *m = ig_zip_find(&c->zip, name);
  if (!m) return IG_OK;
  unsigned char *text = NULL;
  if (m->size <= 16) IG_TRY(ig_zip_load(c->file, c->path, m, &text, err));
  c->is_big_endian = text && m->size == 3 && memcmp(text, "big", 3) == 0;
  const bool known = c->is_big_endian || (text && m->size == 6 && memcmp(text, "little", 6) == 0);
  free(text);
  return known ? IG_OK : fail_container(c, "byteorder: expected little or big", err);
}

// Each storage is a member of its own, FOLDER/data/KEY.
static ig_status place_members(ig_torch_container *c, const char *folder, size_t length,
                               ig_error *err) {
  char name[1100];
  for (size_t i = 0; i < c->storages.count; i++) {
    ig_torch_storage *s = &c->storages.items[i];
    const int needed =
        snprintf(name, sizeof name, "%.*sdata/%.*s", (int)length, folder, (int)s->length, s->key);
    const ig_zip_member *m = needed < (int)sizeof name && !memchr(s->key, 0, s->length)
                                 ? ig_zip_find(&c->zip, name)
                                 : NULL;
    if (!m)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: storage %.*s: it has no member of that name",
                     c->path, (int)ig_size_smaller(s->length, 64), s->key);
    if (m->size != s->bytes)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: storage %.*s: expected %zu bytes, found %zu",
                     c->path, (int)s->length, s->key, s->bytes, m->size);
    s->place = *m;
    s->is_placed = true;
  }
  return IG_OK;
}

ig_status ig_torch_container_open_zip(ig_torch_container *c, ig_error *err) {
  const ig_zip_member *pickle;
  size_t length = 0;
  char name[1100];
  IG_TRY(ig_zip_open(c->file, c->path, &c->zip, err));
  IG_TRY(find_folder(c, &pickle, &length, err));
  if (pickle->size > IG_PICKLE_MOST_BYTES)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: a pickle of more than 64 MiB", c->path);
  IG_TRY(ig_zip_load(c->file, c->path, pickle, &c->bytes, err));
  IG_TRY(read_pickle(c, c->bytes, pickle->size, &c->pickle, err));
  if (c->pickle.size != pickle->size) return fail_container(c, "bytes after its pickle", err);
  snprintf(name, sizeof name, "%.*sbyteorder", (int)length, pickle->name);
  IG_TRY(read_byte_order(c, name, err));
  IG_TRY(ig_torch_storage_collect(&c->pickle, c->path, &c->storages, err));
  return place_members(c, pickle->name, length, err);
}

// ---- the old form -----------------------------------------------------------

// The beginning of the file, with its five pickles.
typedef struct legacy_head {
  size_t size;  // of the bytes that are there
  size_t at;    // of the next pickle
  bool is_too_short;
} legacy_head;

static ig_status next_pickle(ig_torch_container *c, legacy_head *head, ig_pickle *out,
                             ig_error *err) {
  const ig_status status = read_pickle(c, c->bytes + head->at, head->size - head->at, out, err);
  head->is_too_short = out->is_too_short;
  head->at += out->size;
  return status;
}

// The third pickle tells the byte order of the machine that wrote it.
static ig_status read_system(ig_torch_container *c, legacy_head *head, ig_error *err) {
  ig_pickle p;
  ig_status status = next_pickle(c, head, &p, err);
  bool is_little = status == IG_OK && p.nodes[p.root].kind == IG_PICKLE_DICT;
  for (uint32_t at = is_little ? p.nodes[p.root].first : IG_PICKLE_END; at != IG_PICKLE_END;) {
    const ig_pickle_link *key = &p.links[at], *value = &p.links[key->next];
    if (ig_pickle_is_text(&p, key->node, "little_endian"))
      is_little = p.nodes[value->node].integer != 0;
    at = value->next;
  }
  ig_pickle_free(&p);
  if (status != IG_OK || is_little) return status;
  return ig_fail(
      err, IG_ERROR_UNSUPPORTED,
      "%s: written on a big-endian machine, in the old form: load and save it there with "
      "PyTorch 1.6 or newer",
      c->path);
}

// The number of values, then the values.
static ig_status place_storage(ig_torch_container *c, const ig_pickle *keys, uint32_t key,
                               size_t *at, ig_error *err) {
  const ig_pickle_node *n = &keys->nodes[key];
  ig_torch_storage *s =
      n->kind == IG_PICKLE_TEXT
          ? ig_torch_storage_find(&c->storages, (const char *)keys->bytes + n->first, n->second)
          : NULL;
  if (!s || s->is_placed)
    return fail_container(c, "its list of storages is not that of its tensors", err);
  unsigned char bytes[8];
  if (c->file->size - *at < sizeof bytes) return fail_container(c, "it is cut short", err);
  IG_TRY(ig_file_read(c->file, c->path, *at, bytes, sizeof bytes, err));
  const uint64_t count = ig_little_endian_read(bytes, sizeof bytes);
  *at += sizeof bytes;
  if (count != s->bytes / ig_dtype_size(s->dtype))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: storage %.*s: expected %zu values, found %" PRIu64 " before them", c->path,
                   (int)s->length, s->key, s->bytes / ig_dtype_size(s->dtype), count);
  if (s->bytes > c->file->size - *at)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: storage %.*s: it is cut short", c->path,
                   (int)s->length, s->key);
  s->place = (ig_zip_member){.begin = *at, .packed = s->bytes, .size = s->bytes};
  s->is_placed = true;
  *at += s->bytes;
  return IG_OK;
}

// The fifth pickle lists the storages; they follow it in that order.
static ig_status place_storages(ig_torch_container *c, legacy_head *head, ig_error *err) {
  ig_pickle keys;
  ig_status status = next_pickle(c, head, &keys, err);
  if (status == IG_OK && keys.nodes[keys.root].kind != IG_PICKLE_LIST)
    status = fail_container(c, "expected a list of storages", err);
  if (status == IG_OK) status = ig_torch_storage_collect(&c->pickle, c->path, &c->storages, err);
  size_t at = head->at, placed = 0;
  for (uint32_t link = status == IG_OK ? keys.nodes[keys.root].first : IG_PICKLE_END;
       status == IG_OK && link != IG_PICKLE_END; link = keys.links[link].next) {
    status = place_storage(c, &keys, keys.links[link].node, &at, err);
    placed++;
  }
  if (status == IG_OK && placed != c->storages.count)
    status = fail_container(c, "its list of storages is not that of its tensors", err);
  ig_pickle_free(&keys);
  return status;
}

static ig_status read_head(ig_torch_container *c, legacy_head *head, ig_error *err) {
  ig_pickle_free(&c->pickle);
  ig_torch_storage_free(&c->storages);
  free(c->bytes);
  c->bytes = ig_allocate(head->size, 1, err);
  if (!c->bytes) return IG_ERROR_MEMORY;
  IG_TRY(ig_file_read(c->file, c->path, 0, c->bytes, head->size, err));
  head->at = sizeof legacy_start;
  IG_TRY(read_system(c, head, err));
  IG_TRY(next_pickle(c, head, &c->pickle, err));
  return place_storages(c, head, err);
}

// How long the pickles are, nothing tells: more is read while they go on.
ig_status ig_torch_container_open_legacy(ig_torch_container *c, ig_error *err) {
  const size_t most = ig_size_smaller(c->file->size, IG_PICKLE_MOST_BYTES);
  legacy_head head = {.size = ig_size_smaller(most, FIRST_PART)};
  ig_status status = read_head(c, &head, err);
  while (status != IG_OK && head.is_too_short && head.size < most) {
    head = (legacy_head){.size = ig_size_smaller(most, 8 * head.size)};
    status = read_head(c, &head, err);
  }
  return status;
}

void ig_torch_container_close(ig_torch_container *c) {
  ig_torch_storage_free(&c->storages);
  ig_pickle_free(&c->pickle);
  ig_zip_close(&c->zip);
  free(c->bytes);
  *c = (ig_torch_container){0};
}
