#include "convert/converted_weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "fuse/input/ties.h"
#include "io/json.h"
#include "io/narrow.h"
#include "io/quantized.h"
#include "io/same_values.h"
#include "io/shards.h"
#include "kernel/int8.h"
#include "kernel/kernels.h"

enum { PART = 1 << 15, MOST_NAMED = 10 };  // PART: values at a time

// Of a tensor that becomes int8 two are written, one after the other.
typedef struct written_tensor {
  const ig_safetensor *from;
  bool int8;            // it becomes int8, or
  char *scale_name;     // not NULL: these are its scales:
  const float *scales;  // those that it has already; NULL: those that the integers were made with
} written_tensor;

// What is written: tensors of the model, in the order of their names.
typedef struct weights_writing {
  const ig_converted_weights *w;
  const ig_kernels *kernels;
  written_tensor *from;       // (count)
  ig_safetensors_output *to;  // (count)
  size_t count, capacity, to_capacity;
  float *scales;  // of the tensor that was written as int8 last
  size_t scale_capacity;
  ig_shards files;
  size_t done, all;  // values
  ig_interrupt_watch watch;
  double wide[PART];   // the values of a part as they are stored, and
  float x[PART];       // as floats,
  float narrow[PART];  // and as they are written
  float row[IG_INT8_MOST_DEPTH];
  int8_t q[IG_INT8_MOST_DEPTH];  // the row in int8
} weights_writing;

// ---- what is written --------------------------------------------------------

static bool is_float(ig_dtype dtype) {
  return dtype == IG_DTYPE_F32 || dtype == IG_DTYPE_F16 || dtype == IG_DTYPE_BF16 ||
         dtype == IG_DTYPE_F64;
}

// Whether two tensors of one shape and type hold the same bytes.
static ig_status compare_bytes(weights_writing *w, const ig_safetensor *a, const ig_safetensor *b,
                               bool *same, ig_error *err) {
  const size_t most = sizeof w->x;
  *same = true;
  for (size_t at = 0; *same && at < a->bytes; at += most) {
    const size_t bytes = a->bytes - at < most ? a->bytes - at : most;
    IG_TRY(ig_safetensor_read_bytes(a, at, bytes, w->x, err));
    IG_TRY(ig_safetensor_read_bytes(b, at, bytes, w->narrow, err));
    *same = memcmp(w->x, w->narrow, bytes) == 0;
  }
  return IG_OK;
}

// Where values differ from those of the tensor that config.json ties it to, transformers 5 takes
// both as they are.
static ig_status is_copy(weights_writing *w, const ig_safetensor *t, bool *copy, ig_error *err) {
  const ig_safetensor *kept = ig_ties_find(w->w->model, t->name);
  *copy = false;
  if (!kept || kept == t || !ig_same_values_may_be(kept, t)) return IG_OK;
  return compare_bytes(w, kept, t, copy, err);
}

static ig_status add_output(weights_writing *w, written_tensor from, ig_safetensors_output to,
                            ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&w->from, &w->capacity, w->count + 1, sizeof *w->from, err));
  IG_TRY(ig_allocate_more((void **)&w->to, &w->to_capacity, w->count + 1, sizeof *w->to, err));
  w->from[w->count] = from;
  w->to[w->count++] = to;
  return IG_OK;
}

// stored: as in written_tensor.
static ig_status add_scales(weights_writing *w, const ig_safetensor *t, const float *stored,
                            ig_error *err) {
  const size_t size = strlen(t->name) + sizeof IG_QUANTIZED_SCALE;
  char *name = ig_allocate(size, 1, err);
  if (!name) return IG_ERROR_MEMORY;
  snprintf(name, size, "%s" IG_QUANTIZED_SCALE, t->name);
  const ig_status status =
      add_output(w, (written_tensor){.from = t, .scale_name = name, .scales = stored},
                 (ig_safetensors_output){
                     .name = name, .dtype = IG_DTYPE_F32, .rank = 2, .shape = {t->shape[0], 1}},
                 err);
  if (status != IG_OK) free(name);
  return status;
}

static ig_status add_as_stored(weights_writing *w, const ig_quantized *q, ig_error *err) {
  ig_safetensors_output to = {.name = q->stored.name, .dtype = IG_DTYPE_I8, .rank = q->stored.rank};
  memcpy(to.shape, q->stored.shape, sizeof to.shape);
  w->all += q->stored.elements;
  IG_TRY(add_output(w, (written_tensor){.from = &q->stored}, to, err));
  return add_scales(w, &q->stored, q->scales, err);
}

static ig_status add_tensor(weights_writing *w, const ig_safetensor *t, ig_error *err) {
  if (w->w->keeps_int8 && t->quantized) return add_as_stored(w, t->quantized, err);
  const ig_converted_int8 *int8 = w->w->int8;
  ig_safetensors_output to = {.name = t->name, .dtype = t->dtype, .rank = t->rank};
  const bool becomes_int8 = int8 && int8->is_chosen(int8->context, t->name);
  if (becomes_int8)
    to.dtype = IG_DTYPE_I8;
  else if (w->w->type && is_float(t->dtype))
    to.dtype = *w->w->type;
  memcpy(to.shape, t->shape, sizeof to.shape);
  w->all += t->elements;
  IG_TRY(add_output(w, (written_tensor){.from = t, .int8 = becomes_int8}, to, err));
  return becomes_int8 ? add_scales(w, t, NULL, err) : IG_OK;
}

static ig_status list_tensors(weights_writing *w, ig_error *err) {
  const ig_safetensors *file = w->w->model->tensors;
  char names[600] = "";
  size_t copies = 0;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    bool copy;
    IG_TRY(is_copy(w, t, &copy, err));
    if (!copy) {
      IG_TRY(add_tensor(w, t, err));
    } else if (copies++ < MOST_NAMED) {
      const size_t used = strlen(names);
      snprintf(names + used, sizeof names - used, "%s%.50s", used ? ", " : "", t->name);
    }
  }
  if (copies)
    ig_report(&w->w->options->reporter, IG_LEVEL_INFO,
              "copies of tied tensors, not written again: %s%s", names,
              copies > MOST_NAMED ? ", …" : "");
  return IG_OK;
}

// ---- values -----------------------------------------------------------------

// A double that is finite, and no float any more.
static size_t find_lost(const double *wide, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (isinf(x[i]) && !isinf(wide[i])) return i;
  return count;
}

static ig_status read_floats(weights_writing *w, const ig_safetensor *t, size_t first, size_t count,
                             size_t *lost, ig_error *err) {
  *lost = count;
  if (t->dtype == IG_DTYPE_F64)
    IG_TRY(ig_safetensor_read_bytes(t, first * sizeof *w->wide, count * sizeof *w->wide, w->wide,
                                    err));
  IG_TRY(ig_safetensor_read_floats(t, first, count, w->x, err));
  if (t->dtype == IG_DTYPE_F64) *lost = find_lost(w->wide, w->x, count);
  return IG_OK;
}

// Values first .. first + count - 1 of tensor i, in w->narrow.
static ig_status convert_part(weights_writing *w, size_t i, size_t first, size_t count,
                              ig_error *err) {
  const ig_safetensor *t = w->from[i].from;
  const ig_dtype dtype = w->to[i].dtype;
  size_t lost;
  IG_TRY(read_floats(w, t, first, count, &lost, err));
  if (lost == count) lost = ig_narrow(dtype, count, w->x, w->narrow);
  if (lost == count) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: tensor %s: value %zu of %zu, %g, is too large for %s; convert to another "
                 "type",
                 t->file, t->name, first + lost + 1, t->elements,
                 t->dtype == IG_DTYPE_F64 ? w->wide[lost] : (double)w->x[lost],
                 ig_dtype_name(dtype));
}

static void report_done(weights_writing *w, size_t count) {
  w->done += count;
  ig_report_progress(&w->w->options->reporter, &(ig_progress){.what = "converting",
                                                              .unit = "values",
                                                              .done = (double)w->done,
                                                              .total = (double)w->all});
}

static ig_status write_part(weights_writing *w, size_t i, ig_safetensors_shard *shard, size_t first,
                            ig_error *err) {
  const ig_safetensor *t = w->from[i].from;
  const size_t count = t->elements - first < PART ? t->elements - first : PART,
               size = ig_dtype_size(w->to[i].dtype);
  const bool as_is = w->to[i].dtype == t->dtype;
  IG_TRY(ig_interrupt_check(&w->watch, err));
  if (as_is)
    IG_TRY(ig_safetensor_read_bytes(t, first * size, count * size, w->wide, err));
  else
    IG_TRY(convert_part(w, i, first, count, err));
  IG_TRY(ig_safetensors_put(shard, w->files.positions[i].index, first * size,
                            as_is ? (void *)w->wide : (void *)w->narrow, count * size, err));
  report_done(w, count);
  return IG_OK;
}

static ig_status write_row(weights_writing *w, size_t i, ig_safetensors_shard *shard, size_t row,
                           ig_error *err) {
  const ig_safetensor *t = w->from[i].from;
  const size_t width = t->elements / t->shape[0];
  IG_TRY(ig_safetensor_read_part(t, row * width, width, w->row, err));
  w->scales[row] = w->kernels->quantize(width, w->row, w->q).scale;
  IG_TRY(ig_safetensors_put(shard, w->files.positions[i].index, row * width, w->q, width, err));
  report_done(w, width);
  return ig_interrupt_check(&w->watch, err);
}

static ig_status write_int8(weights_writing *w, size_t i, ig_safetensors_shard *shard,
                            ig_error *err) {
  const size_t rows = w->from[i].from->shape[0];
  IG_TRY(ig_allocate_more((void **)&w->scales, &w->scale_capacity, rows, sizeof *w->scales, err));
  for (size_t row = 0; row < rows; row++) IG_TRY(write_row(w, i, shard, row, err));
  return IG_OK;
}

static ig_status write_scales(weights_writing *w, size_t i, ig_safetensors_shard *shard,
                              ig_error *err) {
  const written_tensor *from = &w->from[i];
  return ig_safetensors_put(shard, w->files.positions[i].index, 0,
                            from->scales ? from->scales : w->scales,
                            from->from->shape[0] * sizeof *w->scales, err);
}

// ---- files ------------------------------------------------------------------

static ig_status write_tensor(weights_writing *w, size_t i, ig_safetensors_shard *shard,
                              ig_error *err) {
  const written_tensor *from = &w->from[i];
  if (from->scale_name) return write_scales(w, i, shard, err);
  if (from->int8) return write_int8(w, i, shard, err);
  for (size_t at = 0; at < from->from->elements; at += PART)
    IG_TRY(write_part(w, i, shard, at, err));
  return IG_OK;
}

static ig_status write_tensors(weights_writing *w, size_t first, size_t end,
                               ig_safetensors_shard *shard, ig_error *err) {
  for (size_t i = first; i < end; i++) IG_TRY(write_tensor(w, i, shard, err));
  return ig_safetensors_flush(shard, err);
}

static ig_status write_shard(weights_writing *w, size_t number, size_t first, size_t end,
                             ig_new_directory *to, ig_error *err) {
  char name[IG_SHARDS_NAME], *path;
  ig_safetensors_shard *shard = NULL;
  bool go_on = false;
  ig_shards_name(&w->files, number, name);
  ig_status status = ig_new_directory_add(to, name, &path, err);
  if (status == IG_OK)
    status = ig_safetensors_begin(path, w->to + first, end - first, &go_on, &shard, err);
  if (status == IG_OK) status = write_tensors(w, first, end, shard, err);
  ig_safetensors_end(shard);
  free(path);
  return status;
}

static ig_status write_index(const weights_writing *w, ig_new_directory *to, ig_error *err) {
  char *path;
  ig_status status = ig_new_directory_add(to, ig_shards_index_name, &path, err);
  json_t *index = status == IG_OK ? ig_shards_index(&w->files, w->to) : NULL;
  if (status == IG_OK) status = index ? ig_json_save(path, index, 17, err) : ig_fail_memory(err);
  json_decref(index);
  free(path);
  return status;
}

static ig_status write_files(weights_writing *w, ig_new_directory *to, ig_error *err) {
  size_t first = 0;
  for (size_t i = 0; i < w->files.count; i++) {
    size_t end = first;
    while (end < w->count && w->files.positions[end].shard == i) end++;
    IG_TRY(write_shard(w, i, first, end, to, err));
    first = end;
  }
  return w->files.count > 1 ? write_index(w, to, err) : IG_OK;
}

static ig_status list_and_write(weights_writing *w, ig_new_directory *to, ig_error *err) {
  IG_TRY(ig_kernels_select(&w->kernels, err));
  IG_TRY(list_tensors(w, err));
  IG_TRY(ig_shards_divide(w->to, w->count, w->w->options->shard_bytes, &w->files, err));
  return write_files(w, to, err);
}

ig_status ig_converted_weights_write(const ig_converted_weights *weights, ig_new_directory *to,
                                     ig_error *err) {
  weights_writing *w = ig_allocate(1, sizeof *w, err);
  if (!w) return IG_ERROR_MEMORY;
  w->w = weights;
  w->watch.interrupter = weights->options->interrupter;
  const ig_status status = list_and_write(w, to, err);
  ig_shards_free(&w->files);
  for (size_t i = 0; i < w->count; i++) free(w->from[i].scale_name);
  free(w->scales);
  free(w->from);
  free(w->to);
  free(w);
  return status;
}
