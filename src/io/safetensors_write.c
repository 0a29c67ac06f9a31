// Writing safetensors: header first, then the tensors streamed through a small conversion buffer.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/half.h"
#include "io/json.h"
#include "io/safetensors.h"

#define CHUNK 4096  // values converted at a time

static ig_status tensor_size(const char *path, const ig_safetensors_output *t, size_t *elements, size_t *bytes, ig_error *err) {
  *elements = 1;
  bool fits = t->rank >= 0 && t->rank <= IG_SAFETENSORS_MAX_RANK;
  for (int i = 0; fits && i < t->rank; ++i) fits = ig_size_multiply(*elements, t->shape[i], elements);
  fits = fits && ig_size_multiply(*elements, ig_dtype_size(t->dtype), bytes);
  if (!fits) return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: rank or shape too large", path, t->name);
  if (t->values && t->dtype != IG_DTYPE_F32 && t->dtype != IG_DTYPE_F16 && t->dtype != IG_DTYPE_BF16)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: float values cannot be written as %s", path, t->name, ig_dtype_name(t->dtype));
  return IG_OK;
}

// NULL: out of memory.
static json_t *entry_of(const ig_safetensors_output *t, size_t begin, size_t end) {
  json_t *shape = json_array();
  for (int i = 0; i < t->rank; ++i)
    if (json_array_append_new(shape, json_integer((json_int_t)t->shape[i]))) {
      json_decref(shape);
      return NULL;
    }
  return json_pack("{s:s, s:o, s:[I, I]}", "dtype", ig_dtype_name(t->dtype), "shape", shape, "data_offsets", (json_int_t)begin, (json_int_t)end);
}

// metadata: more of it, or NULL.
static ig_status build_header(const char *path, const ig_safetensors_output *tensors, size_t count, const json_t *metadata, json_t **out,
                              ig_error *err) {
  json_t *header = *out = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
  if (!header || (metadata && json_object_update(json_object_get(header, "__metadata__"), (json_t *)metadata)))
    return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", path);
  size_t begin = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t elements, bytes, end;
    IG_TRY(tensor_size(path, &tensors[i], &elements, &bytes, err));
    if (!ig_size_add(begin, bytes, &end)) return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: the file would be too large", path, tensors[i].name);
    if (json_object_get(header, tensors[i].name)) return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: twice", path, tensors[i].name);
    json_t *entry = entry_of(&tensors[i], begin, end);
    if (!entry) return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", path);
    if (json_object_set_new(header, tensors[i].name, entry))
      return ig_fail(err, IG_ERROR_MEMORY, "%s: tensor %s: out of memory, or the name is not UTF-8", path, tensors[i].name);
    begin = end;
  }
  return IG_OK;
}

static ig_status write_header(ig_writer *writer, const json_t *header, ig_error *err) {
  char *text = ig_json_text(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
  if (!text) return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", writer->path);
  size_t length = strlen(text), padded = (length + 7) & ~(size_t)7;  // 8 + padded is a multiple of 8: data are aligned
  unsigned char prefix[8];
  for (int i = 0; i < 8; ++i) prefix[i] = (unsigned char)((uint64_t)padded >> (8 * i));
  ig_status status = ig_writer_write(writer, prefix, sizeof prefix, err);
  if (status == IG_OK) status = ig_writer_write(writer, text, length, err);
  if (status == IG_OK) status = ig_writer_write(writer, "       ", padded - length, err);
  free(text);
  return status;
}

static ig_status write_tensor(ig_writer *writer, const ig_safetensors_output *t, ig_error *err) {
  size_t elements, bytes;
  IG_TRY(tensor_size(writer->path, t, &elements, &bytes, err));
  if (bytes == 0) return IG_OK;
  if (t->raw || t->dtype == IG_DTYPE_F32) return ig_writer_write(writer, t->raw ? t->raw : t->values, bytes, err);
  uint16_t chunk[CHUNK];
  for (size_t at = 0; at < elements; at += CHUNK) {
    size_t n = elements - at < CHUNK ? elements - at : CHUNK;
    for (size_t i = 0; i < n; ++i) chunk[i] = t->dtype == IG_DTYPE_F16 ? ig_float_to_f16(t->values[at + i]) : ig_float_to_bf16(t->values[at + i]);
    IG_TRY(ig_writer_write(writer, chunk, n * sizeof *chunk, err));
  }
  return IG_OK;
}

ig_status ig_safetensors_write(const char *path, const ig_safetensors_output *tensors, size_t count, ig_error *err) {
  json_t *header = NULL;
  ig_writer writer = {0};
  ig_status status = build_header(path, tensors, count, NULL, &header, err);
  if (status == IG_OK) status = ig_writer_open(&writer, path, err);
  if (status == IG_OK) {
    status = write_header(&writer, header, err);
    for (size_t i = 0; status == IG_OK && i < count; ++i) status = write_tensor(&writer, &tensors[i], err);
    if (status == IG_OK)
      status = ig_writer_commit(&writer, err);
    else
      ig_writer_abandon(&writer);
  }
  json_decref(header);
  return status;
}

// ---- in pieces -----------------------------------------------------------------------------------------------------------------------------

struct ig_safetensors_pieces {
  ig_writer writer;
  size_t count;
  size_t *begin;  // (count + 1): places of the tensors in the file
};

static ig_status begin_pieces(ig_safetensors_pieces *p, const ig_safetensors_output *tensors, const json_t *header, ig_error *err) {
  IG_TRY(write_header(&p->writer, header, err));
  if (fflush(p->writer.file)) return ig_fail(err, IG_ERROR_IO, "%s: %s", p->writer.path, strerror(errno));
  const off_t at = ftello(p->writer.file);
  p->begin[0] = (size_t)at;
  for (size_t i = 0; i < p->count; i++) {
    size_t elements, bytes;
    IG_TRY(tensor_size(p->writer.path, &tensors[i], &elements, &bytes, err));
    p->begin[i + 1] = p->begin[i] + bytes;
  }
  const size_t values = p->begin[p->count] - p->begin[0];
  const int failed = values ? posix_fallocate(fileno(p->writer.file), at, (off_t)values) : 0;
  return failed ? ig_fail(err, IG_ERROR_IO, "%s: %zu bytes: %s", p->writer.path, p->begin[p->count], strerror(failed)) : IG_OK;
}

ig_status ig_safetensors_begin(const char *path, const ig_safetensors_output *tensors, size_t count, const json_t *metadata,
                               ig_safetensors_pieces **out, ig_error *err) {
  ig_safetensors_pieces *p = *out = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  p->count = count;
  p->begin = ig_allocate(count + 1, sizeof *p->begin, err);
  json_t *header = NULL;
  ig_status status = p->begin ? build_header(path, tensors, count, metadata, &header, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_writer_open(&p->writer, path, err);
  if (status == IG_OK) status = begin_pieces(p, tensors, header, err);
  json_decref(header);
  if (status != IG_OK) {
    ig_safetensors_abandon(p);
    *out = NULL;
  }
  return status;
}

ig_status ig_safetensors_put(ig_safetensors_pieces *p, size_t index, size_t offset, const void *data, size_t bytes, ig_error *err) {
  const char *from = data;
  off_t at = (off_t)(p->begin[index] + offset);
  for (size_t left = bytes; left > 0;) {
    const ssize_t written = pwrite(fileno(p->writer.file), from, left, at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return ig_fail(err, IG_ERROR_IO, "%s: %s", p->writer.path, written < 0 ? strerror(errno) : "nothing was written");
    from += written, at += written, left -= (size_t)written;
  }
  return IG_OK;
}

ig_status ig_safetensors_commit(ig_safetensors_pieces *p, ig_error *err) {
  const ig_status status = ig_writer_commit(&p->writer, err);
  free(p->begin);
  free(p);
  return status;
}

void ig_safetensors_abandon(ig_safetensors_pieces *p) {
  if (!p) return;
  ig_writer_abandon(&p->writer);
  free(p->begin);
  free(p);
}
