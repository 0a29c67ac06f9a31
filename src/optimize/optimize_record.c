#include "optimize/optimize_record.h"

#include "base/fail.h"
#include "convert/conversion.h"
#include "io/content_hash.h"
#include "io/json.h"
#include "optimize/built_shortlist.h"

json_t *ig_optimize_record_quantization(const json_t *ignore) {
  return json_pack(
      "{s:s, s:s, s:s, s:O, s:{s:{s:[s], s:s,"
      " s:{s:i, s:s, s:b, s:s, s:b}, s:{s:i, s:s, s:b, s:s, s:b}}}}",
      "quant_method", "compressed-tensors", "format", "int-quantized", "quantization_status",
      "compressed", "ignore", ignore, "config_groups", "group_0", "targets", "Linear", "format",
      "int-quantized", "weights", "num_bits", 8, "type", "int", "symmetric", 1, "strategy",
      "channel", "dynamic", 0, "input_activations", "num_bits", 8, "type", "int", "symmetric", 1,
      "strategy", "token", "dynamic", 1);
}

static ig_status add_input(json_t *inputs, const char *path, ig_error *err) {
  char hash[IG_HASH_TEXT];
  size_t bytes;
  IG_TRY(ig_content_hash_file(path, IG_HASH_XXH3, hash, &bytes, err));
  json_t *entry = json_pack("{s:s, s:I, s:s}", "path", path, "bytes", (json_int_t)bytes,
                            ig_content_hash_name(IG_HASH_XXH3), hash);
  return json_array_append_new(inputs, entry) == 0 ? IG_OK : ig_fail_memory(err);
}

ig_status ig_optimize_record_make(const ig_fuse_model *model, const char *type, json_t **out,
                                  ig_error *err) {
  *out = NULL;
  json_t *inputs = json_array();
  ig_status status = inputs ? IG_OK : ig_fail_memory(err);
  for (size_t i = 0; status == IG_OK && i < ig_safetensors_file_count(model->tensors); i++)
    status = add_input(inputs, ig_safetensors_file(model->tensors, i), err);
  if (status == IG_OK) {
    *out = json_pack("{s:s, s:s*, s:O}", "ingot", ig_version(), "type", type, "inputs", inputs);
    if (!*out) status = ig_fail_memory(err);
  }
  json_decref(inputs);
  return status;
}

ig_status ig_optimize_record_add_shortlist(json_t *record, const ig_shortlist_options *options,
                                           const ig_shortlist_made *made, ig_error *err) {
  json_t *files = json_array();
  ig_status status = files ? add_input(files, options->source, err) : ig_fail_memory(err);
  if (status == IG_OK) status = add_input(files, options->target, err);
  if (status == IG_OK) {
    json_t *shortlist =
        json_pack("{s:i, s:i, s:i, s:I, s:O}", "first", ig_built_shortlist_first(options), "best",
                  ig_built_shortlist_best(options), "steps", IG_BUILT_SHORTLIST_STEPS, "pairs",
                  (json_int_t)made->pairs, "inputs", files);
    if (json_object_set_new(record, "shortlist", shortlist) != 0) status = ig_fail_memory(err);
  }
  json_decref(files);
  return status;
}

ig_status ig_optimize_record_keep_shortlist(json_t *record, const char *directory, ig_error *err) {
  json_t *before;
  IG_TRY(ig_json_load_in_if_exists(directory, IG_CONVERSION_RECORD, &before, err));
  json_t *shortlist = json_object_get(before, "shortlist");
  const bool failed = shortlist && json_object_set(record, "shortlist", shortlist) != 0;
  json_decref(before);
  return failed ? ig_fail_memory(err) : IG_OK;
}
