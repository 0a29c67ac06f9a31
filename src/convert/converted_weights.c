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
#include "io/same_values.h"
#include "io/shards.h"

enum { PART = 1 << 15, MOST_NAMED = 10 };  // PART: values at a time

// What is written: tensors of the model, in the order of their names.
typedef struct weights_writing {
  const ig_converted_weights *w;
  const ig_safetensor **from;  // (count)
  ig_safetensors_output *to;   // (count)
  size_t count;
  ig_shards files;
  size_t done, all;  // values
  ig_interrupt_watch watch;
  double wide[PART];   // the values of a part as they are stored, and
  float x[PART];       // as floats,
  float narrow[PART];  // and as they are written
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

static void add_tensor(weights_writing *w, const ig_safetensor *t) {
  ig_safetensors_output *to = &w->to[w->count];
  w->from[w->count++] = t;
  *to = (ig_safetensors_output){.name = t->name, .dtype = t->dtype, .rank = t->rank};
  if (w->w->type && is_float(t->dtype)) to->dtype = *w->w->type;
  memcpy(to->shape, t->shape, sizeof to->shape);
  w->all += t->elements;
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
      add_tensor(w, t);
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
  const ig_safetensor *t = w->from[i];
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

static ig_status write_part(weights_writing *w, size_t i, ig_safetensors_shard *shard, size_t first,
                            ig_error *err) {
  const ig_safetensor *t = w->from[i];
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
  w->done += count;
  ig_report_progress(&w->w->options->reporter, &(ig_progress){.what = "converting",
                                                              .unit = "values",
                                                              .done = (double)w->done,
                                                              .total = (double)w->all});
  return IG_OK;
}

// ---- files ------------------------------------------------------------------

static ig_status write_tensors(weights_writing *w, size_t first, size_t end,
                               ig_safetensors_shard *shard, ig_error *err) {
  for (size_t i = first; i < end; i++)
    for (size_t at = 0; at < w->from[i]->elements; at += PART)
      IG_TRY(write_part(w, i, shard, at, err));
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
  const size_t count = ig_safetensors_count(w->w->model->tensors);
  w->from = ig_allocate(count, sizeof *w->from, err);
  w->to = w->from ? ig_allocate(count, sizeof *w->to, err) : NULL;
  if (!w->to) return IG_ERROR_MEMORY;
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
  free(w->from);
  free(w->to);
  free(w);
  return status;
}
