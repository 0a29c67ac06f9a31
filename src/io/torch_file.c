#include "io/torch_file.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/torch_container.h"
#include "io/torch_state.h"
#include "io/torch_tensor.h"

// A tensor, and what is allocated for it.
typedef struct torch_entry {
  ig_safetensor tensor;
  char *name;
  ig_arranged *arranged;  // NULL: its values lie in the file as they are
} torch_entry;

struct ig_torch_file {
  torch_entry *entries;
  size_t count, capacity;
  char note[IG_TORCH_STATE_NOTE];
};

bool ig_torch_file_is(const ig_file *file, const char *path, ig_error *err) {
  ig_torch_form form;
  return ig_torch_container_form(file, path, &form, err) == IG_OK && form != IG_TORCH_FORM_NONE;
}

// ---- one tensor -------------------------------------------------------------

// Keeps how the values are to be arranged, for when they are read.
static ig_status keep_arrangement(torch_entry *e, const ig_torch_tensor *from, ig_error *err) {
  e->arranged = ig_allocate(1, sizeof *e->arranged, err);
  if (!e->arranged) return IG_ERROR_MEMORY;
  *e->arranged = from->view;
  e->arranged->stored.name = e->name;  // the archive and its names are closed by then
  pthread_mutex_init(&e->arranged->lock, NULL);
  e->tensor.arranged = e->arranged;
  return IG_OK;
}

static ig_status describe_tensor(torch_entry *e, const ig_torch_container *c, ig_torch_tensor *from,
                                 ig_error *err) {
  ig_arranged *view = &from->view;
  const ig_zip_member *place = &from->storage->place;
  view->file = c->file;
  view->path = c->path;
  view->stored = *place;
  if (c->is_big_endian && view->item > 1)
    view->swapped = from->dtype == IG_DTYPE_C64 ? view->item / 2 : view->item;
  e->tensor = (ig_safetensor){.name = e->name,
                              .file = c->path,
                              .dtype = from->dtype,
                              .rank = view->rank,
                              .elements = view->elements,
                              .begin = place->begin + view->first * view->item,
                              .bytes = view->elements * view->item,
                              .source = c->file};
  memcpy(e->tensor.shape, view->shape, sizeof view->shape);
  const bool as_is = !place->deflated && !view->swapped && ig_arranged_is_in_order(view);
  return as_is || view->elements == 0 ? IG_OK : keep_arrangement(e, from, err);
}

static ig_status add_tensor(ig_torch_file *file, const ig_torch_container *c, uint32_t key,
                            uint32_t value, ig_error *err) {
  const ig_pickle_node *n = &c->pickle.nodes[key];
  const char *text = n->kind == IG_PICKLE_TEXT ? (const char *)c->pickle.bytes + n->first : NULL;
  if (!text || memchr(text, 0, n->second))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: its state dict has a key that is no text", c->path);
  IG_TRY(ig_allocate_more((void **)&file->entries, &file->capacity, file->count + 1,
                          sizeof *file->entries, err));
  torch_entry *e = &file->entries[file->count];
  *e = (torch_entry){.name = ig_allocate_copy(text, n->second, err)};
  if (!e->name) return IG_ERROR_MEMORY;
  file->count++;
  const ig_torch_tensor_source from = {
      .pickle = &c->pickle, .storages = &c->storages, .path = c->path};
  ig_torch_tensor tensor;
  IG_TRY(ig_torch_tensor_read(&from, e->name, value, &tensor, err));
  return describe_tensor(e, c, &tensor, err);
}

// ---- the whole --------------------------------------------------------------

// DataParallel and torch.compile put a prefix before every name.
static void strip_prefix(ig_torch_file *file, const char *prefix) {
  const size_t length = strlen(prefix);
  for (size_t i = 0; i < file->count; i++)
    if (strncmp(file->entries[i].name, prefix, length) != 0) return;
  for (size_t i = 0; i < file->count; i++) {
    char *name = file->entries[i].name;
    memmove(name, name + length, strlen(name + length) + 1);
  }
}

static ig_status read_state(ig_torch_file *file, const ig_torch_container *c, ig_error *err) {
  const ig_pickle *p = &c->pickle;
  uint32_t dict;
  IG_TRY(ig_torch_state_find(p, c->path, &dict, file->note, err));
  for (uint32_t at = p->nodes[dict].first; at != IG_PICKLE_END;) {
    const ig_pickle_link *key = &p->links[at], *value = &p->links[key->next];
    IG_TRY(add_tensor(file, c, key->node, value->node, err));
    at = value->next;
  }
  strip_prefix(file, "module.");
  strip_prefix(file, "_orig_mod.");
  return IG_OK;
}

static ig_status open_container(ig_torch_container *c, ig_error *err) {
  ig_torch_form form;
  IG_TRY(ig_torch_container_form(c->file, c->path, &form, err));
  if (form == IG_TORCH_FORM_ZIP) return ig_torch_container_open_zip(c, err);
  if (form == IG_TORCH_FORM_LEGACY) return ig_torch_container_open_legacy(c, err);
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: it does not begin as a file of torch.save does: damaged, or another pickle",
                 c->path);
}

ig_status ig_torch_file_open(const ig_file *file, const char *path, ig_torch_file **out,
                             ig_error *err) {
  ig_torch_container c = {.file = file, .path = path};
  ig_torch_file *opened = *out = ig_allocate(1, sizeof *opened, err);
  if (!opened) return IG_ERROR_MEMORY;
  ig_status status = open_container(&c, err);
  if (status == IG_OK) status = read_state(opened, &c, err);
  ig_torch_container_close(&c);
  if (status == IG_OK) return IG_OK;
  ig_torch_file_close(opened);
  *out = NULL;
  return status;
}

void ig_torch_file_close(ig_torch_file *file) {
  if (!file) return;
  for (size_t i = 0; i < file->count; i++) {
    ig_arranged_free(file->entries[i].arranged);
    free(file->entries[i].name);
  }
  free(file->entries);
  free(file);
}

size_t ig_torch_file_count(const ig_torch_file *file) { return file->count; }
const ig_safetensor *ig_torch_file_get(const ig_torch_file *file, size_t index) {
  return &file->entries[index].tensor;
}
const char *ig_torch_file_note(const ig_torch_file *file) { return file->note; }
