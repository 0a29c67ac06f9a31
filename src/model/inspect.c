// ig_inspect: what a model directory holds, from its headers alone; no weight is read.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/arch/family.h"
#include "model/model.h"

typedef struct ig_model_summary {
  const ig_family *family;
  ig_config config;
  const ig_safetensors *file;
  size_t parameters, bytes;
} ig_model_summary;

static void count(ig_model_summary *s) {
  for (size_t i = 0; i < ig_safetensors_count(s->file); i++) {
    const ig_safetensor *t = ig_safetensors_get(s->file, i);
    s->parameters += t->elements;
    s->bytes += t->bytes;
  }
}

// {"F32": bytes, …}: every dtype met, with the bytes stored in it.
static json_t *dtypes(const ig_safetensors *file) {
  json_t *json = json_object();
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    const char *name = ig_dtype_name(t->dtype);
    json_object_set_new(json, name, json_integer(json_integer_value(json_object_get(json, name)) + (json_int_t)t->bytes));
  }
  return json;
}

static json_t *tied(const ig_config *c) {
  json_t *json = json_array();
  if (c->shared_embedding) json_array_append_new(json, json_string("source and target embedding"));
  if (c->tied_output) json_array_append_new(json, json_string("target embedding and output layer"));
  return json;
}

static json_t *tensor_list(const ig_safetensors *file) {
  json_t *list = json_array();
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const ig_safetensor *t = ig_safetensors_get(file, i);
    json_t *shape = json_array();
    for (int d = 0; d < t->rank; d++) json_array_append_new(shape, json_integer((json_int_t)t->shape[d]));
    json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", t->name, "dtype", ig_dtype_name(t->dtype), "shape", shape));
  }
  return list;
}

static json_t *as_json(const ig_model_summary *s, const char *directory) {
  json_t *json = json_pack("{s:s, s:s}", "directory", directory, "family", s->family->name);
  if (!json) return NULL;
  json_object_set_new(json, "config", s->family->to_json(&s->config));
  json_object_set_new(json, "stored_values", json_integer((json_int_t)s->parameters));
  json_object_set_new(json, "stored_bytes", json_integer((json_int_t)s->bytes));
  json_object_set_new(json, "fp32_bytes", json_integer((json_int_t)(s->parameters * sizeof(float))));
  json_object_set_new(json, "dtypes", dtypes(s->file));
  json_object_set_new(json, "tied", tied(&s->config));
  json_object_set_new(json, "tensors", tensor_list(s->file));
  return json;
}

static char *dump(const ig_model_summary *s, const char *directory, ig_error *err) {
  json_t *json = as_json(s, directory);
  char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
  json_decref(json);
  if (!text) ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", directory);
  return text;
}

static char *describe(const ig_model_summary *s, const char *directory, ig_error *err) {
  const ig_config *c = &s->config;
  json_t *types = dtypes(s->file);
  char names[128] = "";
  const char *name;
  json_t *value;
  json_object_foreach(types, name, value) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
  }
  json_decref(types);
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (!out) return ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", directory), NULL;
  fprintf(out, "%s\n", directory);
  fprintf(out, "  family        %s (%s), %s norm%s\n", s->family->name, s->family->architecture, c->pre_norm ? "pre" : "post",
          c->final_norm ? ", final norms" : "");
  fprintf(out, "  vocabulary    %d source, %d target%s\n", c->vocab_size, c->target_vocab_size, c->shared_embedding ? ", one table" : "");
  fprintf(out, "  d_model       %d\n", c->d_model);
  fprintf(out, "  encoder       %d layers, %d heads, feed-forward %d\n", c->encoder_layers, c->encoder_heads, c->encoder_ffn);
  fprintf(out, "  decoder       %d layers, %d heads, feed-forward %d\n", c->decoder_layers, c->decoder_heads, c->decoder_ffn);
  fprintf(out, "  tied          %s\n",
          c->tied_output ? (c->shared_embedding ? "source, target and output embedding" : "target embedding and output")
                         : (c->shared_embedding ? "source and target embedding" : "nothing"));
  fprintf(out, "  special ids   pad %d, end %d, start %d\n", c->pad_id, c->eos_id, c->decoder_start_id);
  fprintf(out, "  stored        %zu tensors, %zu values, %zu bytes (%s)\n", ig_safetensors_count(s->file), s->parameters, s->bytes, names);
  fprintf(out, "  in memory     %zu bytes of fp32 weights, as much again packed\n", s->parameters * sizeof(float));
  if (fclose(out) != 0) return free(text), ig_fail(err, IG_ERROR_MEMORY, "%s: out of memory", directory), NULL;
  return text;
}

ig_status ig_inspect(const char *directory, bool json, char **out, ig_error *err) {
  ig_model_summary s = {0};
  ig_safetensors *file = NULL;
  IG_TRY(ig_model_read_config(directory, &s.config, &s.family, err));
  IG_TRY(ig_safetensors_open(directory, &file, err));
  s.file = file;
  count(&s);
  *out = (json ? dump : describe)(&s, directory, err);
  ig_safetensors_close(file);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}
