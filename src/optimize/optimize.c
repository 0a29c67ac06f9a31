// ig_optimize: a model directory written again with weights of fewer bits. What each tensor loses
// is measured first, then the files are written; both read a row or a part at a time.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "convert/conversion.h"
#include "ingot_optimize.h"
#include "io/json.h"
#include "io/shortlist_file.h"
#include "model/files/config_file.h"
#include "optimize/built_shortlist.h"
#include "optimize/int8_tensors.h"
#include "optimize/optimize_record.h"
#include "optimize/tensor_error.h"

typedef struct optimization {
  const char *directory, *output;
  const ig_optimize_options *options;
  const char *type;     // "int8", "bf16" or "fp16"; NULL: the weights stay as they are
  ig_dtype dtype;       // I8, BF16 or F16
  const char *convert;  // the type as ig_convert_options names it; NULL: int8
  ig_conversion_source source;
  const ig_kernels *kernels;
  ig_int8_tensors tensors;  // chosen: those that get the type, whichever it is
  json_t *ignore, *quantization, *record;
  ig_built_shortlist shortlist;
  ig_optimized sum;
  ig_interrupt_watch watch;
} optimization;

// The weights stay as they are: there is a shortlist alone.
static ig_status check_kept_weights(const optimization *o, ig_error *err) {
  if (o->options->keep_above == 0 && !o->options->keep_table) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "keep_above and keep_table are of the type int8: with a shortlist and no type the "
                 "weights stay as they are");
}

static ig_status read_options(optimization *o, ig_error *err) {
  static const struct {
    const char *name;
    ig_dtype dtype;
    const char *convert;
  } types[] = {{"int8", IG_DTYPE_I8, NULL},
               {"bf16", IG_DTYPE_BF16, "bfloat16"},
               {"fp16", IG_DTYPE_F16, "float16"}};
  const char *name = o->options->type ? o->options->type : "int8";
  if (o->options->shortlist) IG_TRY(ig_built_shortlist_check(o->options->shortlist, err));
  if (!o->options->type && o->options->shortlist) return check_kept_weights(o, err);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i].name, name) == 0) {
      o->type = types[i].name;
      o->dtype = types[i].dtype;
      o->convert = types[i].convert;
    }
  if (!o->type)
    return ig_fail(err, IG_ERROR_ARGUMENT, "type: expected int8, bf16 or fp16, found \"%s\"", name);
  if (!(o->options->keep_above >= 0))
    return ig_fail(err, IG_ERROR_ARGUMENT, "keep_above: expected a number from 0 on, found %g",
                   o->options->keep_above);
  if (o->options->keep_above > 0 && o->convert)
    return ig_fail(err, IG_ERROR_ARGUMENT, "keep_above: only int8 keeps tensors, the type is %s",
                   o->type);
  if (o->options->keep_table && o->convert)
    return ig_fail(err, IG_ERROR_ARGUMENT, "keep_table: only int8 keeps tables, the type is %s",
                   o->type);
  return IG_OK;
}

// ---- which tensors, and what they lose --------------------------------------

static bool is_float(ig_dtype dtype) {
  return dtype == IG_DTYPE_F32 || dtype == IG_DTYPE_F16 || dtype == IG_DTYPE_BF16 ||
         dtype == IG_DTYPE_F64;
}

static ig_status choose_floats(optimization *o, ig_error *err) {
  const ig_safetensors *file = o->source.model->tensors;
  o->tensors.count = ig_safetensors_count(file);
  o->tensors.chosen = ig_allocate(o->tensors.count, sizeof *o->tensors.chosen, err);
  if (!o->tensors.chosen) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < o->tensors.count; i++) {
    const ig_dtype stored = ig_safetensors_get(file, i)->dtype;
    o->tensors.chosen[i] = is_float(stored) && stored != o->dtype;
  }
  return IG_OK;
}

static ig_status choose(optimization *o, ig_error *err) {
  const size_t already = ig_safetensors_quantized_count(o->source.model->tensors);
  if (o->convert) return choose_floats(o, err);
  if (!o->type) return IG_OK;
  if (already > 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: %zu of its tensors are int8 already: optimize the model that it was made "
                   "from%s",
                   o->directory, already,
                   o->options->shortlist
                       ? "; without a type it gets the shortlist, and its weights "
                         "stay as they are"
                       : "");
  IG_TRY(ig_int8_tensors_choose(&o->source, &o->tensors, err));
  for (size_t i = 0; o->options->keep_table && i < o->tensors.count; i++)
    if (o->tensors.table[i]) o->tensors.chosen[i] = false;
  return IG_OK;
}

static ig_status measure_tensor(optimization *o, size_t i, ig_error *err) {
  const ig_safetensor *t = ig_safetensors_get(o->source.model->tensors, i);
  const ig_optimize_options *options = o->options;
  ig_tensor_error error;
  IG_TRY(ig_interrupt_check(&o->watch, err));
  IG_TRY(ig_tensor_error_find(t, o->dtype, o->kernels, &error, err));
  const ig_optimized_tensor found = {
      .name = t->name,
      .relative_error = error.relative,
      .largest_error = error.largest,
      .kept = options->keep_above > 0 && error.relative > options->keep_above};
  if (found.kept) o->tensors.chosen[i] = false;
  o->sum.kept += found.kept;
  o->sum.changed += !found.kept;
  if (options->tensor) options->tensor(options->tensor_context, &found);
  return IG_OK;
}

static ig_status measure(optimization *o, ig_error *err) {
  for (size_t i = 0; i < o->tensors.count; i++) {
    if (o->tensors.chosen[i]) IG_TRY(measure_tensor(o, i, err));
    ig_report_progress(&o->options->reporter, &(ig_progress){.what = "measuring",
                                                             .unit = "tensors",
                                                             .done = (double)(i + 1),
                                                             .total = (double)o->tensors.count});
  }
  return IG_OK;
}

// ---- writing ----------------------------------------------------------------

static bool is_chosen(const void *context, const char *name) {
  const optimization *o = context;
  const ig_safetensors *file = o->source.model->tensors;
  const ig_safetensor *t = ig_safetensors_find(file, name);
  return t && o->tensors.chosen[t - ig_safetensors_get(file, 0)];
}

// Modules whose matrix stays as it is.
static ig_status list_ignored(optimization *o, ig_error *err) {
  static const char end[] = ".weight";
  const ig_int8_tensors *all = &o->tensors;
  bool fine = (o->ignore = json_array()) != NULL, float_table = false;
  for (size_t i = 0; fine && i < all->count; i++) {
    const ig_safetensor *t = ig_safetensors_get(o->source.model->tensors, i);
    const size_t length = strlen(t->name), shorter = sizeof end - 1;
    if (all->chosen[i]) continue;
    float_table |= all->table[i];
    if (t->rank == 2 && length > shorter && strcmp(t->name + length - shorter, end) == 0)
      fine = json_array_append_new(o->ignore, json_stringn(t->name, length - shorter)) == 0;
  }
  if (fine && float_table) fine = json_array_extend(o->ignore, all->sharers) == 0;
  return fine ? IG_OK : ig_fail_memory(err);
}

static ig_status describe(optimization *o, ig_error *err) {
  IG_TRY(ig_optimize_record_make(o->source.model, o->type, &o->record, err));
  if (o->shortlist.lists)
    IG_TRY(
        ig_optimize_record_add_shortlist(o->record, o->options->shortlist, &o->sum.shortlist, err));
  else
    IG_TRY(ig_optimize_record_keep_shortlist(o->record, o->source.model->directory, err));
  if (o->convert || !o->type) return IG_OK;
  IG_TRY(list_ignored(o, err));
  o->quantization = ig_optimize_record_quantization(o->ignore);
  return o->quantization ? IG_OK : ig_fail_memory(err);
}

// A shortlist says which target tokens may come.
static ig_status check_decodes(const optimization *o, ig_error *err) {
  ig_config config;
  IG_TRY(ig_config_file_read(o->source.model->directory, &o->source.foreign, &config, err));
  return ig_config_check_decodes(&config, "shortlist", err);
}

static ig_status build_shortlist(optimization *o, ig_error *err) {
  const ig_built_shortlist_plan plan = {.directory = o->source.model->directory,
                                        .options = o->options->shortlist,
                                        .threads = o->options->threads,
                                        .reporter = &o->options->reporter,
                                        .watch = &o->watch};
  return ig_built_shortlist_make(&plan, &o->shortlist, &o->sum.shortlist, err);
}

static ig_status write_shortlist(const void *context, const char *path, ig_error *err) {
  return ig_shortlist_file_write(context, path, err);
}

static ig_status write_record(const void *context, const char *path, ig_error *err) {
  return ig_json_save(path, context, 17, err);
}

static ig_status write_directory(optimization *o, ig_error *err) {
  const ig_convert_options options = {.type = o->convert,
                                      .shard_bytes = o->options->shard_bytes,
                                      .reporter = o->options->reporter,
                                      .interrupter = o->options->interrupter};
  const ig_converted_int8 int8 = {is_chosen, o};
  const ig_conversion_file shortlist[] = {
      {IG_SHORTLIST_NAME, write_shortlist, o->shortlist.lists},
      {IG_SHORTLIST_RECORD_NAME, write_record, o->shortlist.record}};
  const ig_conversion conversion = {.directory = o->directory,
                                    .output = o->output,
                                    .options = &options,
                                    .int8 = o->dtype == IG_DTYPE_I8 && o->type ? &int8 : NULL,
                                    .keeps_int8 = !o->type,
                                    .quantization = o->quantization,
                                    .record = o->record,
                                    .added = shortlist,
                                    .added_count = o->shortlist.lists ? 2 : 0};
  return ig_conversion_run(&conversion, err);
}

static size_t count_bytes(const ig_safetensors *file) {
  size_t bytes = 0;
  for (size_t i = 0; i < ig_safetensors_count(file); i++)
    bytes += ig_safetensor_stored_bytes(ig_safetensors_get(file, i));
  return bytes;
}

static ig_status count_after(optimization *o, ig_error *err) {
  ig_safetensors *file;
  IG_TRY(ig_safetensors_open(o->output, &file, err));
  o->sum.bytes_after = count_bytes(file);
  ig_safetensors_close(file);
  return IG_OK;
}

static ig_status optimize(optimization *o, ig_error *err) {
  IG_TRY(read_options(o, err));
  IG_TRY(ig_conversion_check_output(o->output, err));
  IG_TRY(ig_kernels_select(&o->kernels, err));
  IG_TRY(ig_conversion_open(o->directory, &o->source, err));
  if (o->options->shortlist) IG_TRY(check_decodes(o, err));
  o->sum.bytes_before = count_bytes(o->source.model->tensors);
  IG_TRY(choose(o, err));
  if (o->options->shortlist) IG_TRY(build_shortlist(o, err));
  if (o->type) IG_TRY(measure(o, err));
  IG_TRY(describe(o, err));
  IG_TRY(write_directory(o, err));
  return count_after(o, err);
}

ig_optimize_options ig_optimize_options_default(void) { return (ig_optimize_options){0}; }

ig_status ig_optimize(const char *directory, const char *output, const ig_optimize_options *options,
                      ig_optimized *out, ig_error *err) {
  static const ig_optimize_options defaults;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(output, "output", err));
  optimization o = {
      .directory = directory, .output = output, .options = options ? options : &defaults};
  o.watch.interrupter = o.options->interrupter;
  const ig_status status = optimize(&o, err);
  ig_conversion_close(&o.source);
  json_decref(o.ignore);
  json_decref(o.quantization);
  json_decref(o.record);
  ig_int8_tensors_free(&o.tensors);
  ig_built_shortlist_free(&o.shortlist);
  if (out) *out = o.sum;
  return status;
}
