// Writes safetensors: the header first, then the tensors through a small conversion buffer; or, for
// ig_safetensors_begin, in any order.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/bf16.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/f16.h"
#include "base/size.h"
#include "base/writer.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/safetensors_metadata.h"

#define CHUNK 4096  // values converted at a time

static ig_status tensor_size(const char *path, const ig_safetensors_output *t, size_t *elements,
                             size_t *bytes, ig_error *err) {
  *elements = 1;
  bool fits = t->rank >= 0 && t->rank <= IG_SAFETENSOR_MAX_RANK;
  for (int i = 0; fits && i < t->rank; ++i)
    fits = ig_size_multiply(*elements, t->shape[i], elements);
  fits = fits && ig_size_multiply(*elements, ig_dtype_size(t->dtype), bytes);
  if (!fits)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: rank or shape too large", path, t->name);
  if (t->values && t->dtype != IG_DTYPE_F32 && t->dtype != IG_DTYPE_F16 &&
      t->dtype != IG_DTYPE_BF16)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor %s: float values cannot be written as %s",
                   path, t->name, ig_dtype_name(t->dtype));
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
  return json_pack("{s:s, s:o, s:[I, I]}", "dtype", ig_dtype_name(t->dtype), "shape", shape,
                   "data_offsets", (json_int_t)begin, (json_int_t)end);
}

// metadata: more entries of the header's; NULL: none.
static ig_status build_header(const char *path, const ig_safetensors_output *tensors, size_t count,
                              json_t *metadata, json_t **out, ig_error *err) {
  json_t *header = *out = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
  if (!header ||
      (metadata && json_object_update(json_object_get(header, "__metadata__"), metadata)))
    return ig_fail_memory_in(path, err);
  size_t begin = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t elements, bytes, end;
    IG_TRY(tensor_size(path, &tensors[i], &elements, &bytes, err));
    if (!ig_size_add(begin, bytes, &end))
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: the file would be too large", path,
                     tensors[i].name);
    if (json_object_get(header, tensors[i].name))
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: tensor %s: twice", path, tensors[i].name);
    json_t *entry = entry_of(&tensors[i], begin, end);
    if (!entry) return ig_fail_memory_in(path, err);
    if (json_object_set_new(header, tensors[i].name, entry))
      return ig_fail(err, IG_ERROR_MEMORY, "%s: tensor %s: out of memory, or the name is not UTF-8",
                     path, tensors[i].name);
    begin = end;
  }
  return IG_OK;
}

// The beginning of a file: the header's length, the header, and spaces so that the values after it
// are aligned to 8 bytes. The caller frees it; NULL: out of memory.
static char *header_bytes(const json_t *header, size_t *size) {
  char *text = ig_json_text(header, JSON_COMPACT | JSON_PRESERVE_ORDER);
  const size_t length = text ? strlen(text) : 0, padded = (length + 7) & ~(size_t)7;
  char *bytes = text ? malloc(8 + padded) : NULL;
  if (bytes) {
    for (int i = 0; i < 8; ++i) bytes[i] = (char)(unsigned char)((uint64_t)padded >> (8 * i));
    memcpy(bytes + 8, text, length);
    memset(bytes + 8 + length, ' ', padded - length);
  }
  free(text);
  *size = 8 + padded;
  return bytes;
}

static ig_status write_header(ig_writer *writer, const json_t *header, ig_error *err) {
  size_t size;
  char *bytes = header_bytes(header, &size);
  if (!bytes) return ig_fail_memory_in(writer->path, err);
  const ig_status status = ig_writer_write(writer, bytes, size, err);
  free(bytes);
  return status;
}

static ig_status write_tensor(ig_writer *writer, const ig_safetensors_output *t, ig_error *err) {
  size_t elements, bytes;
  IG_TRY(tensor_size(writer->path, t, &elements, &bytes, err));
  if (bytes == 0) return IG_OK;
  if (t->raw || t->dtype == IG_DTYPE_F32)
    return ig_writer_write(writer, t->raw ? t->raw : t->values, bytes, err);
  uint16_t chunk[CHUNK];
  for (size_t at = 0; at < elements; at += CHUNK) {
    size_t n = elements - at < CHUNK ? elements - at : CHUNK;
    for (size_t i = 0; i < n; ++i)
      chunk[i] = t->dtype == IG_DTYPE_F16 ? ig_f16_from_float(t->values[at + i])
                                          : ig_bf16_from_float(t->values[at + i]);
    IG_TRY(ig_writer_write(writer, chunk, n * sizeof *chunk, err));
  }
  return IG_OK;
}

ig_status ig_safetensors_metadata_write(const char *path, const ig_safetensors_output *tensors,
                                        size_t count, json_t *metadata, ig_error *err) {
  json_t *header = NULL;
  ig_writer writer = {0};
  ig_status status = build_header(path, tensors, count, metadata, &header, err);
  if (status == IG_OK) status = ig_writer_open(&writer, path, err);
  if (status == IG_OK) {
    status = write_header(&writer, header, err);
    for (size_t i = 0; status == IG_OK && i < count; ++i)
      status = write_tensor(&writer, &tensors[i], err);
    if (status == IG_OK)
      status = ig_writer_commit(&writer, err);
    else
      ig_writer_abandon(&writer);
  }
  json_decref(header);
  return status;
}

ig_status ig_safetensors_write(const char *path, const ig_safetensors_output *tensors, size_t count,
                               ig_error *err) {
  return ig_safetensors_metadata_write(path, tensors, count, NULL, err);
}

// ---- in any order -----------------------------------------------------------

struct ig_safetensors_shard {
  char *path;
  int descriptor;  // -1: too many are open, and the file is opened for each call
  size_t count;
  size_t *begin;  // (count + 1): where the tensors begin in the file, and where it ends
};

static ig_status fail_writing(const ig_safetensors_shard *p, int number, ig_error *err) {
  return ig_fail(err, IG_ERROR_IO, "%s: %s", p->path, strerror(number));
}

static ig_status write_to(const ig_safetensors_shard *p, int descriptor, size_t offset,
                          const char *from, size_t bytes, ig_error *err) {
  while (bytes > 0) {
    const ssize_t written = pwrite(descriptor, from, bytes, (off_t)offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_writing(p, written < 0 ? errno : EIO, err);
    from += written;
    offset += (size_t)written;
    bytes -= (size_t)written;
  }
  return IG_OK;
}

static int open_again(const ig_safetensors_shard *p) {
  return open(p->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
}

static ig_status write_at(const ig_safetensors_shard *p, size_t offset, const char *from,
                          size_t bytes, ig_error *err) {
  if (p->descriptor >= 0) return write_to(p, p->descriptor, offset, from, bytes, err);
  const int descriptor = open_again(p);
  if (descriptor < 0) return fail_writing(p, errno, err);
  const ig_status status = write_to(p, descriptor, offset, from, bytes, err);
  if (close(descriptor) && status == IG_OK) return fail_writing(p, errno, err);
  return status;
}

static void rest_if_crowded(ig_safetensors_shard *p) {
  if (!ig_file_is_crowded(p->descriptor)) return;
  close(p->descriptor);
  p->descriptor = -1;
}

static ig_status place_tensors(ig_safetensors_shard *p, const ig_safetensors_output *tensors,
                               size_t header, ig_error *err) {
  p->begin[0] = header;
  for (size_t i = 0; i < p->count; i++) {
    size_t elements, bytes;
    IG_TRY(tensor_size(p->path, &tensors[i], &elements, &bytes, err));
    p->begin[i + 1] = p->begin[i] + bytes;
  }
  return IG_OK;
}

// True if the file begins with these bytes and is as long as it has to be.
static bool has_header(const ig_safetensors_shard *p, const char *bytes, size_t size) {
  struct stat status;
  if (fstat(p->descriptor, &status) || (size_t)status.st_size != p->begin[p->count]) return false;
  char *found = malloc(size);
  const bool same = found && pread(p->descriptor, found, size, 0) == (ssize_t)size &&
                    memcmp(found, bytes, size) == 0;
  free(found);
  return same;
}

static ig_status begin_shard(ig_safetensors_shard *p, const ig_safetensors_output *tensors,
                             const json_t *header, bool *go_on, ig_error *err) {
  size_t size;
  char *bytes = header_bytes(header, &size);
  if (!bytes) return ig_fail_memory_in(p->path, err);
  ig_status status = place_tensors(p, tensors, size, err);
  const bool wanted = *go_on;
  *go_on = wanted && status == IG_OK && has_header(p, bytes, size);
  if (status == IG_OK && !wanted) {
    int failed = ftruncate(p->descriptor, 0)
                     ? errno
                     : posix_fallocate(p->descriptor, 0, (off_t)p->begin[p->count]);
    status = failed ? fail_writing(p, failed, err) : write_at(p, 0, bytes, size, err);
  }
  free(bytes);
  return status;
}

ig_status ig_safetensors_begin(const char *path, const ig_safetensors_output *tensors, size_t count,
                               bool *go_on, ig_safetensors_shard **out, ig_error *err) {
  ig_safetensors_shard *p = *out = ig_allocate(1, sizeof *p, err);
  if (!p) return IG_ERROR_MEMORY;
  *p = (ig_safetensors_shard){
      .path = ig_allocate_copy(path, strlen(path), err), .descriptor = -1, .count = count};
  p->begin = p->path ? ig_allocate(count + 1, sizeof *p->begin, err) : NULL;
  json_t *header = NULL;
  ig_status status =
      p->begin ? build_header(path, tensors, count, NULL, &header, err) : IG_ERROR_MEMORY;
  if (status == IG_OK) {
    p->descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    status = p->descriptor < 0 ? fail_writing(p, errno, err)
                               : begin_shard(p, tensors, header, go_on, err);
  }
  if (status == IG_OK) rest_if_crowded(p);
  json_decref(header);
  if (status != IG_OK) {
    ig_safetensors_end(p);
    *out = NULL;
  }
  return status;
}

ig_status ig_safetensors_put(ig_safetensors_shard *p, size_t index, size_t offset, const void *data,
                             size_t bytes, ig_error *err) {
  return write_at(p, p->begin[index] + offset, data, bytes, err);
}

ig_status ig_safetensors_flush(ig_safetensors_shard *p, ig_error *err) {
  const int descriptor = p->descriptor >= 0 ? p->descriptor : open_again(p);
  const int failed = descriptor < 0 || fdatasync(descriptor) ? errno : 0;
  if (descriptor >= 0 && descriptor != p->descriptor) close(descriptor);
  return failed ? fail_writing(p, failed, err) : IG_OK;
}

void ig_safetensors_end(ig_safetensors_shard *p) {
  if (!p) return;
  if (p->descriptor >= 0) close(p->descriptor);
  free(p->path);
  free(p->begin);
  free(p);
}
