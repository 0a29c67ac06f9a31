// Reads weight files. Every header is checked as a whole before any of its tensors can be reached.
#include "io/safetensors.h"
#include "io/safetensors_metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "base/size.h"
#include "io/arranged.h"
#include "io/item_file.h"
#include "io/json.h"
#include "io/little_endian.h"
#include "io/npz.h"
#include "io/quantized_pairs.h"
#include "io/torch_file.h"
#include "io/variable_file.h"

#define MAX_HEADER ((uint64_t)100 << 20)  // bytes, the bound of the reference implementation
#define MAX_SHARDS 10000

typedef struct shard {
  char *path;
  ig_file file;
  json_t *header;               // owns the names
  ig_torch_file *pickled;       // or this, if torch.save wrote the file
  ig_npz *arrays;               // or this, if it is an archive of arrays
  ig_item_file *items;          // or this, if it is a file of items
  ig_variable_file *variables;  // or this, if it is a file of variables
  char note[96];                // of a file with a header
} shard;

// A tensor that is not what the file says, and what is allocated for it.
typedef struct changed_tensor {
  char *name;
  ig_arranged *arranged;
} changed_tensor;

struct ig_safetensors {
  shard *shards;
  size_t shard_count;
  json_t *index;           // owns the shard names, and those of absent tensors
  const char *index_name;  // for messages
  const char **absent;     // (absent_count): tensors of the index that no shard holds
  size_t absent_count;
  ig_safetensor *tensors;  // sorted by name
  size_t count, capacity;
  changed_tensor *changed;  // (changed_count): what ig_safetensors_change_all made
  size_t changed_count;
  char **renamed;  // (renamed_count): names that ig_safetensors_rename gave
  size_t renamed_count, renamed_capacity;
  ig_quantized *quantized;  // (quantized_count)
  size_t quantized_count;
};

// ---- one tensor of a header -------------------------------------------------

static ig_status fail_tensor(const ig_safetensor *t, ig_error *err, const char *what) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: %s", t->file, t->name, what);
}

static ig_status read_shape(ig_safetensor *t, const json_t *shape, ig_error *err) {
  if (!json_is_array(shape)) return fail_tensor(t, err, "shape: expected an array");
  size_t rank = json_array_size(shape);
  if (rank > IG_SAFETENSOR_MAX_RANK)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: rank %zu, at most %d are read",
                   t->file, t->name, rank, IG_SAFETENSOR_MAX_RANK);
  t->rank = (int)rank;
  t->elements = 1;
  for (size_t i = 0; i < rank; ++i) {
    const json_t *extent = json_array_get(shape, i);
    if (!json_is_integer(extent) || json_integer_value(extent) < 0)
      return fail_tensor(t, err, "shape: expected non-negative integers");
    if (!ig_size_of((uint64_t)json_integer_value(extent), &t->shape[i]) ||
        !ig_size_multiply(t->elements, t->shape[i], &t->elements))
      return fail_tensor(t, err, "shape: too large");
  }
  if (!ig_size_multiply(t->elements, ig_dtype_size(t->dtype), &t->bytes))
    return fail_tensor(t, err, "shape: too large");
  return IG_OK;
}

// The part of the file after the header.
typedef struct data_part {
  size_t begin, size;
} data_part;

static ig_status read_offsets(ig_safetensor *t, const json_t *offsets, const data_part *in,
                              ig_error *err) {
  const size_t size = in->size;
  const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
    return fail_tensor(t, err, "data_offsets: expected two integers");
  json_int_t begin = json_integer_value(first), end = json_integer_value(last);
  if (begin < 0 || end < begin || (uint64_t)end > size)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: tensor %s: data_offsets [%" PRId64 ", %" PRId64
                   "] outside the %zu bytes of data",
                   t->file, t->name, (int64_t)begin, (int64_t)end, size);
  if ((size_t)(end - begin) != t->bytes)
    return ig_fail(
        err, IG_ERROR_FORMAT,
        "%s: tensor %s: its shape and dtype %s need %zu bytes, its data_offsets give %" PRId64,
        t->file, t->name, ig_dtype_name(t->dtype), t->bytes, (int64_t)(end - begin));
  t->begin = in->begin + (size_t)begin;
  return IG_OK;
}

static const char *dtype_advice(const char *dtype) {
  return strncmp(dtype, "F4", 2) == 0 || strncmp(dtype, "F6", 2) == 0
             ? ": weights quantised to fewer than 8 bits are not read"
             : "";
}

static ig_status read_tensor(ig_safetensor *t, const json_t *entry, const data_part *in,
                             ig_error *err) {
  const char *name, *dtype;
  const json_t *value;
  if (!json_is_object(entry)) return fail_tensor(t, err, "expected an object");
  json_object_foreach((json_t *)entry, name, value) {
    if (strcmp(name, "dtype") && strcmp(name, "shape") && strcmp(name, "data_offsets"))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: unknown key %s", t->file, t->name, name);
  }
  dtype = json_string_value(json_object_get(entry, "dtype"));
  if (!dtype) return fail_tensor(t, err, "dtype: expected a string");
  if (!ig_dtype_parse(dtype, &t->dtype) || strcmp(dtype, ig_dtype_name(t->dtype)))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: unknown dtype '%s'%s", t->file, t->name,
                   dtype, dtype_advice(dtype));
  IG_TRY(read_shape(t, json_object_get(entry, "shape"), err));
  return read_offsets(t, json_object_get(entry, "data_offsets"), in, err);
}

// ---- one file ---------------------------------------------------------------

static int compare_offsets(const void *a, const void *b) {
  const ig_safetensor *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  // An empty tensor comes before the one that starts at the same byte.
  return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int compare_tensor_names(const void *a, const void *b) {
  return strcmp(((const ig_safetensor *)a)->name, ((const ig_safetensor *)b)->name);
}

// The tensors of a file must tile its data: no holes, no overlaps, nothing after the last.
static ig_status check_tiling(ig_safetensor *tensors, size_t count, const char *path,
                              const data_part *in, ig_error *err) {
  if (count) qsort(tensors, count, sizeof *tensors, compare_offsets);
  size_t at = in->begin;
  for (size_t i = 0; i < count; ++i) {
    const ig_safetensor *t = &tensors[i];
    if (t->begin != at)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: its data start at byte %zu, expected %zu (%s)", path, t->name,
                     t->begin - in->begin, at - in->begin,
                     t->begin < at ? "tensors overlap" : "a hole between tensors");
    at += t->bytes;
  }
  if (at != in->begin + in->size)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %zu bytes of data, the tensors account for %zu", path,
                   in->size, at - in->begin);
  return IG_OK;
}

static ig_status check_metadata(const char *path, json_t *metadata, ig_error *err) {
  const char *key;
  json_t *value;
  if (!json_is_object(metadata))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: __metadata__: expected an object", path);
  json_object_foreach(metadata, key, value) {
    if (!json_is_string(value))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: __metadata__: %s: expected a string", path, key);
  }
  return IG_OK;
}

static ig_status parse_header(shard *s, size_t length, ig_error *err) {
  char *text = ig_allocate(length, 1, err);
  if (!text) return IG_ERROR_MEMORY;
  ig_status status = ig_file_read(&s->file, s->path, 8, text, length, err);
  if (status == IG_OK && text[0] != '{')
    status = ig_fail(err, IG_ERROR_FORMAT, "%s: the header is not a JSON object", s->path);
  if (status == IG_OK) status = ig_json_parse(text, length, s->path, &s->header, err);
  free(text);
  return status;
}

static ig_status read_header(shard *s, data_part *in, ig_error *err) {
  const size_t size = s->file.size;
  unsigned char bytes[8];
  if (size < 8)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %zu bytes: too short for a safetensors file", s->path,
                   size);
  IG_TRY(ig_file_read(&s->file, s->path, 0, bytes, 8, err));
  const uint64_t length = ig_little_endian_read(bytes, sizeof bytes);
  if (length > MAX_HEADER || length > size - 8)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: a header of %" PRIu64
                   " bytes in a file of %zu: damaged, or not a safetensors file",
                   s->path, length, size);
  if (length == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: the header is not a JSON object", s->path);
  IG_TRY(parse_header(s, (size_t)length, err));
  *in = (data_part){8 + (size_t)length, size - 8 - (size_t)length};
  return IG_OK;
}

static ig_status add_tensor(ig_safetensors *file, ig_safetensor tensor, ig_safetensor **out,
                            ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&file->tensors, &file->capacity, file->count + 1,
                          sizeof *file->tensors, err));
  *out = &file->tensors[file->count++];
  **out = tensor;
  return IG_OK;
}

static ig_status add_header(ig_safetensors *file, shard *s, ig_error *err) {
  data_part in = {0};
  const size_t first = file->count;
  IG_TRY(read_header(s, &in, err));
  const char *name;
  json_t *entry;
  json_object_foreach(s->header, name, entry) {
    if (strcmp(name, "__metadata__") == 0) {
      IG_TRY(check_metadata(s->path, entry, err));
      continue;
    }
    ig_safetensor *t;
    IG_TRY(add_tensor(file, (ig_safetensor){.name = name, .file = s->path, .source = &s->file}, &t,
                      err));
    IG_TRY(read_tensor(t, entry, &in, err));
  }
  return check_tiling(file->tensors ? file->tensors + first : NULL, file->count - first, s->path,
                      &in, err);
}

static ig_status add_pickled(ig_safetensors *file, shard *s, ig_error *err) {
  ig_safetensor *t;
  IG_TRY(ig_torch_file_open(&s->file, s->path, &s->pickled, err));
  for (size_t i = 0; i < ig_torch_file_count(s->pickled); ++i)
    IG_TRY(add_tensor(file, *ig_torch_file_get(s->pickled, i), &t, err));
  return IG_OK;
}

static ig_status add_arrays(ig_safetensors *file, shard *s, ig_error *err) {
  ig_safetensor *t;
  IG_TRY(ig_npz_open(&s->file, s->path, &s->arrays, err));
  for (size_t i = 0; i < ig_npz_count(s->arrays); ++i)
    IG_TRY(add_tensor(file, *ig_npz_get(s->arrays, i), &t, err));
  return IG_OK;
}

static ig_status add_items(ig_safetensors *file, shard *s, ig_error *err) {
  ig_safetensor *t;
  IG_TRY(ig_item_file_open(&s->file, s->path, &s->items, err));
  for (size_t i = 0; i < ig_item_file_count(s->items); ++i)
    IG_TRY(add_tensor(file, *ig_item_file_get(s->items, i), &t, err));
  return IG_OK;
}

static ig_status add_variables(ig_safetensors *file, shard *s, ig_error *err) {
  ig_safetensor *t;
  IG_TRY(ig_variable_file_open(&s->file, s->path, &s->variables, err));
  for (size_t i = 0; i < ig_variable_file_count(s->variables); ++i)
    IG_TRY(add_tensor(file, *ig_variable_file_get(s->variables, i), &t, err));
  return IG_OK;
}

static bool ends_with(const char *text, const char *end) {
  const size_t length = strlen(text), wanted = strlen(end);
  return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static ig_status add_tensors_of(ig_safetensors *file, shard *s, ig_error *err) {
  if (ends_with(s->path, ".safetensors")) return add_header(file, s, err);
  if (ends_with(s->path, ".npz")) return add_arrays(file, s, err);
  if (ig_item_file_is(&s->file, s->path, err)) return add_items(file, s, err);
  if (ig_variable_file_is(&s->file, s->path, err)) return add_variables(file, s, err);
  const bool pickled = ends_with(s->path, ".bin") || ig_torch_file_is(&s->file, s->path, err);
  return pickled ? add_pickled(file, s, err) : add_header(file, s, err);
}

static ig_status add_shard(ig_safetensors *file, const char *path, ig_error *err) {
  shard *s = &file->shards[file->shard_count++];
  s->path = ig_allocate_copy(path, strlen(path), err);
  if (!s->path) return IG_ERROR_MEMORY;
  IG_TRY(ig_file_open(&s->file, path, err));
  IG_TRY(add_tensors_of(file, s, err));
  if (ig_file_is_crowded(s->file.handle)) ig_file_rest(&s->file);
  return IG_OK;
}

// ---- directories ------------------------------------------------------------

// Returns the second of two tensors of one name; NULL: all have names of their own.
static const ig_safetensor *sort(ig_safetensors *file) {
  if (file->count == 0) return NULL;
  qsort(file->tensors, file->count, sizeof *file->tensors, compare_tensor_names);
  for (size_t i = 1; i < file->count; ++i)
    if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0) return &file->tensors[i];
  return NULL;
}

static ig_status sort_names(ig_safetensors *file, ig_error *err) {
  const ig_safetensor *twice = sort(file);
  if (!twice) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: also in %s", twice->file, twice->name,
                 twice[-1].file);
}

// Opens each shard that weight_map names, once.
static ig_status add_shards(ig_safetensors *file, const char *directory, const char *index_path,
                            json_t *map, ig_error *err) {
  const char *name;
  json_t *value;
  json_object_foreach(map, name, value) {
    const char *shard_name = json_string_value(value);
    if (!shard_name || !*shard_name || strchr(shard_name, '/'))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: weight_map: %s: expected the name of a file in the same directory",
                     index_path, name);
    bool known = false;
    for (size_t i = 0; i < file->shard_count && !known; ++i)
      known = strcmp(ig_path_base_name(file->shards[i].path), shard_name) == 0;
    if (known) continue;
    if (file->shard_count == MAX_SHARDS)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: more than %d shards", index_path, MAX_SHARDS);
    char *path = ig_path_join(directory, shard_name, err);
    if (!path) return IG_ERROR_MEMORY;
    ig_status status = add_shard(file, path, err);
    free(path);
    IG_TRY(status);
  }
  return IG_OK;
}

// A tensor must be in the shard that the index names, or in none: then it is absent. Tensors that
// the index does not name are read, too, as transformers reads them.
static ig_status check_index(ig_safetensors *file, const char *index_path, json_t *map,
                             ig_error *err) {
  const char *name;
  json_t *value;
  file->absent = ig_allocate(json_object_size(map) + 1, sizeof *file->absent, err);
  if (!file->absent) return IG_ERROR_MEMORY;
  json_object_foreach(map, name, value) {
    const ig_safetensor *t = ig_safetensors_find(file, name);
    if (!t) file->absent[file->absent_count++] = name;
    if (t && strcmp(ig_path_base_name(t->file), json_string_value(value)))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is not in %s", index_path, name,
                     json_string_value(value));
  }
  return IG_OK;
}

static ig_status open_sharded(ig_safetensors *file, const char *directory, const char *index_path,
                              ig_error *err) {
  file->index_name = ends_with(index_path, "bin.index.json") ? "pytorch_model.bin.index.json"
                                                             : "model.safetensors.index.json";
  IG_TRY(ig_json_load_object(index_path, &file->index, err));
  json_t *map = json_object_get(file->index, "weight_map");
  if (!json_is_object(map))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: weight_map: expected an object", index_path);
  file->shards =
      ig_allocate(json_object_size(map) < MAX_SHARDS ? json_object_size(map) : MAX_SHARDS,
                  sizeof *file->shards, err);
  if (!file->shards) return IG_ERROR_MEMORY;
  IG_TRY(add_shards(file, directory, index_path, map, err));
  IG_TRY(sort_names(file, err));
  return check_index(file, index_path, map, err);
}

static ig_status open_single(ig_safetensors *file, const char *path, ig_error *err) {
  file->shards = ig_allocate(1, sizeof *file->shards, err);
  if (!file->shards) return IG_ERROR_MEMORY;
  IG_TRY(add_shard(file, path, err));
  return sort_names(file, err);
}

// Other forms of files have integers of their own, which their readers know.
static ig_status pair_quantized(ig_safetensors *file, ig_error *err) {
  for (size_t i = 0; i < file->shard_count; i++)
    if (!file->shards[i].header) return IG_OK;
  IG_TRY(ig_quantized_pairs_make(file->tensors, &file->count, &file->quantized,
                                 &file->quantized_count, err));
  for (size_t i = 0; i < file->shard_count; i++) {
    shard *s = &file->shards[i];
    size_t count = 0;
    for (size_t k = 0; k < file->quantized_count; k++)
      count += file->quantized[k].stored.file == s->path;
    if (count)
      snprintf(s->note, sizeof s->note, "%zu tensors are int8 with scales, and are read as floats",
               count);
  }
  return IG_OK;
}

// directory NULL: path is the single file.
static ig_status open_any(const char *directory, const char *path, const char *index_path,
                          ig_safetensors **out, ig_error *err) {
  *out = NULL;
  ig_safetensors *file = ig_allocate(1, sizeof *file, err);
  if (!file) return IG_ERROR_MEMORY;
  bool sharded = index_path && !ig_file_exists(path) && ig_file_exists(index_path);
  ig_status status =
      sharded ? open_sharded(file, directory, index_path, err) : open_single(file, path, err);
  if (status == IG_OK) status = pair_quantized(file, err);
  if (status != IG_OK)
    ig_safetensors_close(file);
  else
    *out = file;
  return status;
}

ig_status ig_safetensors_open_file(const char *path, ig_safetensors **out, ig_error *err) {
  return open_any(NULL, path, NULL, out, err);
}

// Opens DIRECTORY/name, or the shards of DIRECTORY/name.index.json.
static ig_status open_named(const char *directory, const char *name, ig_safetensors **out,
                            ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  char *index_path = path ? ig_path_with_suffix(path, ".index.json", err) : NULL;
  ig_status status = index_path ? open_any(directory, path, index_path, out, err) : IG_ERROR_MEMORY;
  free(path);
  free(index_path);
  return status;
}

ig_status ig_safetensors_open_with_absent(const char *directory, ig_safetensors **out,
                                          ig_error *err) {
  static const char plain[] = "model.safetensors", pickled[] = "pytorch_model.bin";
  *out = NULL;
  const bool is_pickled = !ig_file_exists_in(directory, plain) &&
                          !ig_file_exists_in(directory, "model.safetensors.index.json") &&
                          (ig_file_exists_in(directory, pickled) ||
                           ig_file_exists_in(directory, "pytorch_model.bin.index.json"));
  return open_named(directory, is_pickled ? pickled : plain, out, err);
}

ig_status ig_safetensors_open(const char *directory, ig_safetensors **out, ig_error *err) {
  IG_TRY(ig_safetensors_open_with_absent(directory, out, err));
  if ((*out)->absent_count == 0) return IG_OK;
  const ig_status status = ig_safetensors_fail_absent(*out, (*out)->absent[0], err);
  ig_safetensors_close(*out);
  *out = NULL;
  return status;
}

size_t ig_safetensors_absent_count(const ig_safetensors *file) { return file->absent_count; }
const char *ig_safetensors_absent(const ig_safetensors *file, size_t index) {
  return file->absent[index];
}

ig_status ig_safetensors_fail_absent(const ig_safetensors *file, const char *name, ig_error *err) {
  const json_t *map = json_object_get(file->index, "weight_map");
  const char *shard_name = json_string_value(json_object_get(map, name));
  return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is not in %s", file->index_name, name,
                 shard_name);
}

static ig_status foresee_tensor(const char *name, const ig_safetensors_output *from,
                                ig_safetensor *to, ig_error *err) {
  *to = (ig_safetensor){
      .name = from->name, .file = name, .dtype = from->dtype, .rank = from->rank, .elements = 1};
  memcpy(to->shape, from->shape, sizeof to->shape);
  bool fits = true;
  for (int i = 0; i < to->rank; i++)
    fits = fits && ig_size_multiply(to->elements, to->shape[i], &to->elements);
  fits = fits && ig_size_multiply(to->elements, ig_dtype_size(to->dtype), &to->bytes);
  return fits ? IG_OK : fail_tensor(to, err, "shape: too large");
}

ig_status ig_safetensors_foresee(const char *name, const ig_safetensors_output *tensors,
                                 size_t count, ig_safetensors **out, ig_error *err) {
  ig_safetensors *file = *out = ig_allocate(1, sizeof *file, err);
  if (!file) return IG_ERROR_MEMORY;
  file->tensors = ig_allocate(count, sizeof *file->tensors, err);
  ig_status status = file->tensors ? IG_OK : IG_ERROR_MEMORY;
  for (; status == IG_OK && file->count < count; file->count++)
    status = foresee_tensor(name, &tensors[file->count], &file->tensors[file->count], err);
  if (status == IG_OK) status = sort_names(file, err);
  if (status != IG_OK) {
    ig_safetensors_close(file);
    *out = NULL;
  }
  return status;
}

void ig_safetensors_close(ig_safetensors *file) {
  if (!file) return;
  for (size_t i = 0; i < file->shard_count; ++i) {
    ig_torch_file_close(file->shards[i].pickled);
    ig_npz_close(file->shards[i].arrays);
    ig_item_file_close(file->shards[i].items);
    ig_variable_file_close(file->shards[i].variables);
    ig_file_close(&file->shards[i].file);
    json_decref(file->shards[i].header);
    free(file->shards[i].path);
  }
  for (size_t i = 0; i < file->changed_count; ++i) {
    free(file->changed[i].name);
    ig_arranged_free(file->changed[i].arranged);
  }
  for (size_t i = 0; i < file->renamed_count; ++i) free(file->renamed[i]);
  free(file->renamed);
  free(file->changed);
  ig_quantized_pairs_free(file->quantized, file->quantized_count);
  json_decref(file->index);
  free(file->absent);
  free(file->shards);
  free(file->tensors);
  free(file);
}

size_t ig_safetensors_file_count(const ig_safetensors *file) { return file->shard_count; }
const char *ig_safetensors_file(const ig_safetensors *file, size_t index) {
  return file->shards[index].path;
}

const char *ig_safetensors_index(const ig_safetensors *file) { return file->index_name; }

const char *ig_safetensors_note(const ig_safetensors *file, size_t index) {
  const shard *s = &file->shards[index];
  if (s->items) return ig_item_file_note(s->items);
  if (s->variables) return ig_variable_file_note(s->variables);
  return s->pickled ? ig_torch_file_note(s->pickled) : s->note;
}

size_t ig_safetensors_quantized_count(const ig_safetensors *file) { return file->quantized_count; }

size_t ig_safetensors_count(const ig_safetensors *file) { return file->count; }
const ig_safetensor *ig_safetensors_get(const ig_safetensors *file, size_t index) {
  return &file->tensors[index];
}

const ig_safetensor *ig_safetensors_find(const ig_safetensors *file, const char *name) {
  ig_safetensor key = {.name = name};
  return file->count ? bsearch(&key, file->tensors, file->count, sizeof key, compare_tensor_names)
                     : NULL;
}

// ---- tensors in another form ------------------------------------------------

// As the tensor's values are stored.
static ig_arranged view_of(const ig_safetensor *t) {
  if (t->arranged) return *t->arranged;
  ig_arranged view = {.file = t->source,
                      .path = t->file,
                      .stored = {.begin = t->begin, .packed = t->bytes, .size = t->bytes},
                      .item = ig_dtype_size(t->dtype),
                      .rank = t->rank,
                      .elements = t->elements};
  size_t stride = 1;
  for (int i = t->rank - 1; i >= 0; i--) {
    view.shape[i] = t->shape[i];
    view.stride[i] = stride;
    stride *= t->shape[i];
  }
  return view;
}

static void swap_sizes(size_t pair[2]) {
  const size_t first = pair[0];
  pair[0] = pair[1];
  pair[1] = first;
}

static ig_status keep_view(const ig_safetensors_change *c, const ig_safetensor *from,
                           ig_arranged *out, ig_error *err) {
  if (c->transposed && from->rank != 2)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s: rank %d, expected 2", from->file,
                   from->name, from->rank);
  *out = view_of(from);
  out->values = NULL;
  if (c->part) {
    out->shape[0] = c->shape[0];
    out->first += c->first;
  }
  if (!c->transposed) return IG_OK;
  swap_sizes(out->shape);
  swap_sizes(out->stride);
  return IG_OK;
}

static ig_status fill_view(const ig_safetensors_change *c, const ig_safetensor *from,
                           size_t elements, ig_arranged *view, ig_error *err) {
  const bool has_filler = c->filler < 0 || c->filler > 0;
  const bool fits = c->part ? c->first <= from->elements && elements <= from->elements - c->first
                            : elements >= from->elements;
  if (from->elements == 0 || elements == 0 || !fits ||
      (elements > from->elements && has_filler && from->dtype != IG_DTYPE_F32))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: tensor %s: %zu values of type %s, expected %zu of F32", from->file,
                   from->name, from->elements, ig_dtype_name(from->dtype), elements);
  view->elements = elements;
  view->filled = c->part ? 0 : elements - from->elements;
  view->filler = c->filler;
  return IG_OK;
}

// Makes the tensor t, whose name and arrangement are already in place.
static ig_status make_changed(const ig_safetensors_change *c, const ig_safetensor *from,
                              ig_arranged *view, ig_safetensor *t, ig_error *err) {
  t->dtype = from ? from->dtype : IG_DTYPE_F32;
  t->rank = c->rank;
  memcpy(t->shape, c->shape, sizeof c->shape);
  t->elements = 1;
  bool fits = true;
  for (int i = 0; fits && i < c->rank; i++)
    fits = ig_size_multiply(t->elements, c->shape[i], &t->elements);
  if (!fits || !ig_size_multiply(t->elements, ig_dtype_size(t->dtype), &t->bytes))
    return fail_tensor(t, err, "shape: too large");
  if (!from) return IG_OK;
  IG_TRY(keep_view(c, from, view, err));
  return fill_view(c, from, t->elements, view, err);
}

// Values that follow one another in the file are read from there, and not kept in memory.
static void read_in_place(const ig_safetensors_change *c, const ig_safetensor *from,
                          ig_safetensor *t) {
  if (from->arranged || c->transposed || t->arranged->filled) return;
  t->begin = from->begin + (c->part ? c->first * ig_dtype_size(t->dtype) : 0);
  t->arranged = NULL;
}

static ig_status change_one(ig_safetensors *file, const ig_safetensors_change *c, ig_safetensor *t,
                            ig_error *err) {
  changed_tensor *made = &file->changed[file->changed_count];
  const ig_safetensor *from = c->from ? ig_safetensors_find(file, c->from) : NULL;
  if (c->from && !from)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is missing", file->shards[0].path, c->from);
  made->arranged = ig_allocate(1, sizeof *made->arranged, err);
  if (!made->arranged) return IG_ERROR_MEMORY;
  made->name = ig_allocate_copy(c->name, strlen(c->name), err);
  if (!made->name) {
    free(made->arranged);
    made->arranged = NULL;
    return IG_ERROR_MEMORY;
  }
  *t = (ig_safetensor){.name = made->name,
                       .file = file->shards[0].path,
                       .source = &file->shards[0].file,
                       .arranged = made->arranged};
  const ig_status status = make_changed(c, from, made->arranged, t, err);
  made->arranged->values = (unsigned char *)c->values;
  made->arranged->stored.name = made->name;
  pthread_mutex_init(&made->arranged->lock, NULL);
  file->changed_count++;
  if (status == IG_OK && from) read_in_place(c, from, t);
  return status;
}

ig_status ig_safetensors_change_all(ig_safetensors *file, const ig_safetensors_change *changes,
                                    size_t count, ig_error *err) {
  ig_safetensor *tensors = ig_allocate(count, sizeof *tensors, err);
  file->changed = tensors ? ig_allocate(count, sizeof *file->changed, err) : NULL;
  ig_status status = file->changed ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; status == IG_OK && i < count; i++)
    status = change_one(file, &changes[i], &tensors[i], err);
  // What no tensor has taken over.
  for (size_t i = file->changed_count; i < count; i++) free(changes[i].values);
  if (status != IG_OK) {
    free(tensors);
    return status;
  }
  free(file->tensors);
  file->tensors = tensors;
  file->count = count;
  file->capacity = count;
  return sort_names(file, err);
}

ig_status ig_safetensors_rename(ig_safetensors *file, char *const *names, const char **twice,
                                ig_error *err) {
  for (size_t i = 0; i < file->count; i++) {
    if (!names[i]) continue;
    IG_TRY(ig_allocate_more((void **)&file->renamed, &file->renamed_capacity,
                            file->renamed_count + 1, sizeof *file->renamed, err));
    char *name = ig_allocate_copy(names[i], strlen(names[i]), err);
    if (!name) return IG_ERROR_MEMORY;
    file->renamed[file->renamed_count++] = name;
    file->tensors[i].name = name;
  }
  const ig_safetensor *found = sort(file);
  *twice = found ? found->name : NULL;
  return IG_OK;
}

const char *ig_safetensors_metadata_find(const ig_safetensors *file, const char *key) {
  const json_t *header = file->shard_count ? file->shards[0].header : NULL;
  return json_string_value(json_object_get(json_object_get(header, "__metadata__"), key));
}
