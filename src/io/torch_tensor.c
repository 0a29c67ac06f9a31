#include "io/torch_tensor.h"

#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "io/torch_names.h"

enum { ARGUMENTS = 8, MOST_WRAPPERS = 8 };

// A call that makes a tensor.
typedef struct rebuilding {
  const ig_torch_tensor_source *from;
  const char *name;
  uint32_t argument[ARGUMENTS];
  size_t count;    // of arguments
  size_t version;  // 1, 2 or 3
} rebuilding;

static const char *const makers[] = {"torch._utils._rebuild_tensor",
                                     "torch._utils._rebuild_tensor_v2",
                                     "torch._utils._rebuild_tensor_v3",
                                     "torch._utils._rebuild_parameter",
                                     "torch._utils._rebuild_parameter_with_state",
                                     "torch._tensor._rebuild_from_type_v2",
                                     "torch.nn.parameter.Parameter",
                                     "torch.nn.parameter.Buffer"};
enum { REBUILDERS = 3, FROM_TYPE = 5, MAKERS = sizeof makers / sizeof *makers };

// The index of the callee among the makers; MAKERS: it is none.
static size_t find_maker(const ig_pickle *p, uint32_t callee) {
  size_t i = 0;
  while (i < MAKERS && !ig_pickle_is_name(p, callee, makers[i])) i++;
  return i;
}

bool ig_torch_tensor_is(const ig_pickle *pickle, uint32_t node) {
  const ig_pickle_node *n = &pickle->nodes[node];
  return n->kind == IG_PICKLE_CALL && find_maker(pickle, n->first) < MAKERS;
}

static ig_status fail_rebuilding(const rebuilding *r, ig_status status, const char *what,
                                 ig_error *err) {
  return ig_fail(err, status, "%s: tensor %s: %s", r->from->path, r->name, what);
}

static ig_status fail_no_tensor(const rebuilding *r, uint32_t node, ig_error *err) {
  const ig_pickle *p = r->from->pickle;
  const ig_pickle_node *n = &p->nodes[node];
  char what[IG_PICKLE_NAME_TEXT];
  if (n->kind == IG_PICKLE_CALL)
    ig_pickle_name(p, n->first, what);
  else
    strcpy(what, ig_pickle_kind_name(n->kind));
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: expected a tensor, found %s", r->from->path,
                 r->name, what);
}

// Goes through what is wrapped around a tensor, such as Parameter, to the call that rebuilds it.
static ig_status unwrap(rebuilding *r, uint32_t node, ig_error *err) {
  const ig_pickle *p = r->from->pickle;
  uint32_t at = node, callee = p->nodes[node].first, arguments = p->nodes[node].second;
  for (int i = 0; i < MOST_WRAPPERS; i++) {
    if (!ig_torch_tensor_is(p, at)) return fail_no_tensor(r, at, err);
    size_t maker = find_maker(p, callee);
    r->count = ig_pickle_items(p, arguments, ARGUMENTS, r->argument);
    if (maker == FROM_TYPE) {
      if (r->count != 4) break;
      if (!ig_pickle_is_name(p, r->argument[1], "torch.Tensor") &&
          find_maker(p, r->argument[1]) == MAKERS)
        return fail_no_tensor(r, at, err);
      maker = find_maker(p, r->argument[0]);
      r->count = ig_pickle_items(p, r->argument[2], ARGUMENTS, r->argument);
    }
    if (maker < REBUILDERS) {
      r->version = maker + 1;
      return IG_OK;
    }
    if (maker == FROM_TYPE || maker == MAKERS || r->count == 0) break;
    at = r->argument[0];
    callee = p->nodes[at].first;
    arguments = p->nodes[at].second;
  }
  return fail_rebuilding(r, IG_ERROR_FORMAT, "the call that makes it is damaged", err);
}

// ---- one argument after the other -------------------------------------------

static ig_status read_extents(const rebuilding *r, uint32_t node, const char *what, size_t *out,
                              size_t *rank, ig_error *err) {
  const ig_pickle *p = r->from->pickle;
  uint32_t item[IG_ARRANGED_MAX_RANK];
  const ig_pickle_node *n = &p->nodes[node];
  if (n->kind == IG_PICKLE_CALL && ig_pickle_is_name(p, n->first, "torch.Size") &&
      ig_pickle_items(p, n->second, 1, item) == 1)
    n = &p->nodes[item[0]];
  if (n->kind != IG_PICKLE_TUPLE) return fail_rebuilding(r, IG_ERROR_FORMAT, what, err);
  *rank = ig_pickle_items(p, (uint32_t)(n - p->nodes), IG_ARRANGED_MAX_RANK, item);
  if (*rank > IG_ARRANGED_MAX_RANK)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: rank %zu, at most %d are read",
                   r->from->path, r->name, *rank, IG_ARRANGED_MAX_RANK);
  for (size_t i = 0; i < *rank; i++) {
    const ig_pickle_node *extent = &p->nodes[item[i]];
    if (extent->kind != IG_PICKLE_INTEGER || extent->integer < 0)
      return fail_rebuilding(r, IG_ERROR_FORMAT, what, err);
    out[i] = (size_t)extent->integer;
  }
  return IG_OK;
}

static ig_status read_dtype(const rebuilding *r, ig_torch_tensor *out, ig_error *err) {
  const ig_pickle *p = r->from->pickle;
  out->dtype = out->storage->dtype;
  if (r->version < 3) {
    if (!out->storage->untyped) return IG_OK;
    return fail_rebuilding(r, IG_ERROR_FORMAT, "its storage has no type", err);
  }
  char name[IG_PICKLE_NAME_TEXT] = "nothing";
  if (r->count > 6 && p->nodes[r->argument[6]].kind == IG_PICKLE_NAME)
    ig_pickle_name(p, r->argument[6], name);
  if (ig_torch_names_dtype(name, &out->dtype)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: its type is %s, which is not read",
                 r->from->path, r->name, name);
}

// The last argument may say that the values are to be conjugated or negated.
static ig_status check_metadata(const rebuilding *r, ig_error *err) {
  const size_t at = r->version + 4;
  if (r->version == 1 || r->count <= at) return IG_OK;
  const ig_pickle_node *n = &r->from->pickle->nodes[r->argument[at]];
  if (n->kind == IG_PICKLE_NONE || (n->kind == IG_PICKLE_DICT && n->count == 0)) return IG_OK;
  return fail_rebuilding(r, IG_ERROR_UNSUPPORTED,
                         "its values are stored before a conjugation or negation: resolve it "
                         "before saving",
                         err);
}

// The view must lie in its storage, and have no more values than it: one that repeats them costs
// memory that the file has not.
static ig_status check_range(const rebuilding *r, const ig_torch_tensor *t, ig_error *err) {
  const ig_arranged *v = &t->view;
  const size_t values = t->storage->bytes / v->item;
  size_t last = v->first;
  bool fits = v->first <= values;
  for (int i = 0; fits && v->elements && i < v->rank; i++) {
    size_t step;
    fits = ig_size_multiply(v->shape[i] - 1, v->stride[i], &step) &&
           ig_size_add(last, step, &last) && last < values;
  }
  if (!fits || (v->elements && last >= values))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: tensor %s: it reaches beyond the %zu values of its storage", r->from->path,
                   r->name, values);
  if (v->elements > values)
    return fail_rebuilding(r, IG_ERROR_UNSUPPORTED,
                           "an expanded tensor, with more values than are stored: make it "
                           "contiguous before saving",
                           err);
  return IG_OK;
}

static ig_status read_view(const rebuilding *r, ig_torch_tensor *out, ig_error *err) {
  const ig_pickle *p = r->from->pickle;
  ig_arranged *v = &out->view;
  size_t rank, strides;
  const ig_pickle_node *offset = &p->nodes[r->argument[1]];
  if (offset->kind != IG_PICKLE_INTEGER || offset->integer < 0)
    return fail_rebuilding(r, IG_ERROR_FORMAT, "its offset is no number from 0 on", err);
  IG_TRY(read_extents(r, r->argument[2], "its shape is no tuple of sizes", v->shape, &rank, err));
  IG_TRY(read_extents(r, r->argument[3], "its strides are no tuple of numbers from 0 on", v->stride,
                      &strides, err));
  if (rank != strides)
    return fail_rebuilding(r, IG_ERROR_FORMAT, "its shape and its strides differ in rank", err);
  v->item = ig_dtype_size(out->dtype);
  v->first = (size_t)offset->integer;
  v->rank = (int)rank;
  v->elements = 1;
  bool fits = true, empty = false;
  for (size_t i = 0; i < rank; i++) {
    empty = empty || v->shape[i] == 0;
    fits = fits && ig_size_multiply(v->elements, v->shape[i], &v->elements);
  }
  if (!fits && !empty) return fail_rebuilding(r, IG_ERROR_FORMAT, "its shape is too large", err);
  if (empty) v->elements = 0;
  return check_range(r, out, err);
}

ig_status ig_torch_tensor_read(const ig_torch_tensor_source *from, const char *name, uint32_t node,
                               ig_torch_tensor *out, ig_error *err) {
  *out = (ig_torch_tensor){0};
  rebuilding r = {.from = from, .name = name};
  IG_TRY(unwrap(&r, node, err));
  if (r.count < 4) return fail_rebuilding(&r, IG_ERROR_FORMAT, "too few arguments", err);
  out->storage = ig_torch_storage_of(from->storages, from->pickle, r.argument[0]);
  if (!out->storage) return fail_rebuilding(&r, IG_ERROR_FORMAT, "it has no storage", err);
  IG_TRY(read_dtype(&r, out, err));
  IG_TRY(check_metadata(&r, err));
  return read_view(&r, out, err);
}
