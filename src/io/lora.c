#include "io/lora.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/name.h"
#include "base/path.h"
#include "io/lora_config.h"
#include "io/same_values.h"

// One adapted module.
typedef struct adapted_module {
  char *path;                   // as the adapter names it, "model.layers.0.self_attn.q_proj"
  const ig_safetensor *weight;  // of the model
  ig_lora part;
} adapted_module;

struct ig_lora_adapter {
  char *directory;
  ig_safetensors *tensors;
  ig_lora_config config;
  bool ignores_flag;  // fan_in_fan_out is set, and no layer is known to store its weight so
  adapted_module *modules;
  size_t count, capacity;
};

static const char prefix[] = "base_model.model.", weight_suffix[] = ".weight";

// ---- opening ----------------------------------------------------------------

static ig_status open_weights(ig_lora_adapter *adapter, const char *directory, ig_error *err) {
  static const char name[] = "adapter_model.safetensors", pickle[] = "adapter_model.bin";
  const bool pickled = !ig_file_exists_in(directory, name) && ig_file_exists_in(directory, pickle);
  char *path = ig_path_join(directory, pickled ? pickle : name, err);
  const ig_status status =
      path ? ig_safetensors_open_file(path, &adapter->tensors, err) : IG_ERROR_MEMORY;
  free(path);
  return status;
}

static ig_status open_adapter(ig_lora_adapter *adapter, const char *directory, ig_error *err) {
  char *path = ig_path_join(directory, "adapter_config.json", err);
  const ig_status status =
      path ? ig_lora_config_load(path, &adapter->config, err) : IG_ERROR_MEMORY;
  free(path);
  return status == IG_OK ? open_weights(adapter, directory, err) : status;
}

ig_status ig_lora_open(const char *directory, ig_lora_adapter **out, ig_error *err) {
  *out = NULL;
  ig_lora_adapter *adapter = ig_allocate(1, sizeof *adapter, err);
  if (!adapter) return IG_ERROR_MEMORY;
  adapter->directory = ig_allocate_copy(directory, strlen(directory), err);
  const ig_status status =
      adapter->directory ? open_adapter(adapter, directory, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = adapter;
  else
    ig_lora_close(adapter);
  return status;
}

void ig_lora_close(ig_lora_adapter *adapter) {
  if (!adapter) return;
  for (size_t i = 0; i < adapter->count; i++) free(adapter->modules[i].path);
  free(adapter->modules);
  ig_lora_config_free(&adapter->config);
  ig_safetensors_close(adapter->tensors);
  free(adapter->directory);
  free(adapter);
}

const char *ig_lora_directory(const ig_lora_adapter *adapter) { return adapter->directory; }
const char *ig_lora_file(const ig_lora_adapter *adapter) {
  return ig_safetensors_file(adapter->tensors, 0);
}

// ---- its modules ------------------------------------------------------------

// What kind of adapter a tensor belongs to that is none of lora_A and lora_B.
static const char *kind_of(const char *name) {
  static const char *const kinds[][2] = {
      {"lora_magnitude_vector", "DoRA's magnitude"},
      {"lora_embedding_", "LoRA of an embedding"},
      {"lora_B.bias", "lora_bias"},
      {"trainable_tokens", "trainable tokens"},
      {"lokr_", "LoKr"},
      {"hada_", "LoHa"},
      {"ia3_", "IA3"},
      {"lora_E", "AdaLoRA"},
      {"oft_", "OFT"},
      {"vera_", "VeRA"},
      {"prompt_", "a prompt"},
      {"base_layer", "the base's own tensor with other values"},
      {"modules_to_save", "a module that was trained whole (modules_to_save)"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strstr(name, kinds[i][0])) return kinds[i][1];
  return "a module that was trained whole, or a kind of adapter that is not known";
}

// Splits "base_model.model.PATH.lora_A.weight". *is_a: it is lora_A, else lora_B. The name of an
// adapter may follow, "lora_A.default.weight". Returns the length of PATH, at *path; 0: the name is
// another.
static size_t split_name(const char *name, const char **path, bool *is_a) {
  const size_t skipped = strncmp(name, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
  const char *a = strstr(name + skipped, ".lora_A."), *b = strstr(name + skipped, ".lora_B."),
             *at = a ? a : b;
  if (!at) return 0;
  const char *rest = at + strlen(".lora_A."), *dot = strchr(rest, '.');
  if (strcmp(dot ? dot + 1 : rest, "weight") != 0) return 0;
  *path = name + skipped;
  *is_a = a != NULL;
  return (size_t)(at - *path);
}

// The tensor of the model that the adapter's tensor has the name of, but for the prefix and the
// level "base_layer"; NULL: there is none.
static const ig_safetensor *find_original(const ig_safetensors *model, const char *name) {
  static const char level[] = ".base_layer";
  const char *rest = strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name,
             *at = strstr(rest, level);
  const size_t before = at ? (size_t)(at - rest) : strlen(rest);
  const char *after = at ? at + strlen(level) : "";
  for (size_t i = 0; i < ig_safetensors_count(model); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(model, i);
    if (strncmp(tensor->name, rest, before) == 0 && strcmp(tensor->name + before, after) == 0)
      return tensor;
  }
  return NULL;
}

// PEFT saves embeddings and heads that are adapted whole, too. One that is as the model has it adds
// nothing; anything else would be lost.
static ig_status check_copy(const ig_lora_adapter *adapter, const ig_safetensors *model,
                            const ig_safetensor *tensor, ig_error *err) {
  bool equal = false;
  const ig_safetensor *original = find_original(model, tensor->name);
  if (original) IG_TRY(ig_same_values_find(tensor, original, &equal, err));
  if (equal) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: %s, which is not supported: merge the adapter into its model "
                 "with PEFT's merge_and_unload before",
                 adapter->directory, tensor->name, kind_of(tensor->name));
}

static ig_status find_module(ig_lora_adapter *adapter, const char *path, size_t length,
                             adapted_module **out, ig_error *err) {
  for (size_t i = 0; i < adapter->count; i++) {
    *out = &adapter->modules[i];
    if (strncmp((*out)->path, path, length) == 0 && (*out)->path[length] == '\0') return IG_OK;
  }
  IG_TRY(ig_allocate_more((void **)&adapter->modules, &adapter->capacity, adapter->count + 1,
                          sizeof *adapter->modules, err));
  *out = &adapter->modules[adapter->count];
  **out = (adapted_module){.path = ig_allocate_copy(path, length, err)};
  if (!(*out)->path) return IG_ERROR_MEMORY;
  adapter->count++;
  return IG_OK;
}

static ig_status list_modules(ig_lora_adapter *adapter, const ig_safetensors *model,
                              ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(adapter->tensors); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(adapter->tensors, i);
    const char *path = NULL;
    bool is_a;
    const size_t length = split_name(tensor->name, &path, &is_a);
    if (length == 0) {
      IG_TRY(check_copy(adapter, model, tensor, err));
      continue;
    }
    adapted_module *module;
    IG_TRY(find_module(adapter, path, length, &module, err));
    const ig_safetensor **side = is_a ? &module->part.a : &module->part.b;
    if (*side)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: both %s and %s", adapter->directory, (*side)->name,
                     tensor->name);
    *side = tensor;
  }
  return IG_OK;
}

// ---- the weights that they belong to ----------------------------------------

// Whether a dotted name (length bytes) is `end`, or ends with a dot and `end`.
static bool ends_with_part(const char *name, size_t length, const char *end, size_t end_length) {
  return length >= end_length && memcmp(name + length - end_length, end, end_length) == 0 &&
         (length == end_length || name[length - end_length - 1] == '.');
}

// The first number among the levels of a name, which is that of its layer, and its length; NULL:
// there is none.
static const char *layer_of(const char *name, size_t *length) {
  for (const char *level = name; level;
       level = strchr(level, '.') ? strchr(level, '.') + 1 : NULL) {
    *length = strspn(level, "0123456789");
    if (*length > 0 && (level[*length] == '.' || level[*length] == '\0')) return level;
  }
  *length = 0;
  return NULL;
}

static bool is_in_same_layer(const char *weight, const char *path) {
  size_t length, path_length;
  const char *layer = layer_of(weight, &length), *path_layer = layer_of(path, &path_length);
  if (!layer || !path_layer) return layer == path_layer;
  return length == path_length && memcmp(layer, path_layer, length) == 0;
}

// Whether the weight's name and the module's path are the same but for levels in front, which a
// checkpoint or an adapter may lack.
static bool may_belong(const char *weight, const char *path) {
  const size_t length = strlen(weight), path_length = strlen(path);
  if (!ig_name_ends_with(weight, weight_suffix)) return false;
  const size_t stem = length - strlen(weight_suffix);
  if (!ends_with_part(weight, stem, path, path_length) &&
      !ends_with_part(path, path_length, weight, stem))
    return false;
  // "model.layers.0.fc" is no "fc", which may be the head.
  return is_in_same_layer(weight, path);
}

static bool is_exact(const char *weight, const char *path) {
  const size_t length = strlen(path);
  return strncmp(weight, path, length) == 0 && strcmp(weight + length, weight_suffix) == 0;
}

static ig_status find_weight(const ig_lora_adapter *adapter, const ig_safetensors *model,
                             adapted_module *module, ig_error *err) {
  const ig_safetensor *other = NULL;
  for (size_t i = 0; i < ig_safetensors_count(model); i++) {
    const ig_safetensor *weight = ig_safetensors_get(model, i);
    if (is_exact(weight->name, module->path)) {
      module->weight = weight;
      return IG_OK;
    }
    if (!may_belong(weight->name, module->path)) continue;
    other = module->weight;
    module->weight = weight;
  }
  if (!module->weight)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s belongs to no linear layer of the model",
                   adapter->directory, module->path);
  if (other)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s may belong to %s and to %s",
                   adapter->directory, module->path, other->name, module->weight->name);
  return IG_OK;
}

// Whether A and B fit a weight (out, in), or its transpose.
static bool fits(const ig_lora *part, const ig_safetensor *weight, bool transposed) {
  const size_t out = weight->shape[transposed], in = weight->shape[!transposed];
  return weight->rank == 2 && part->a->rank == 2 && part->b->rank == 2 && part->a->shape[1] == in &&
         part->b->shape[0] == out && part->a->shape[0] == part->b->shape[1] &&
         part->a->shape[0] > 0;
}

// Whether the shapes alone tell that the weight is stored as (in, out).
static bool fits_transposed_only(const adapted_module *module) {
  const ig_lora *part = &module->part;
  return fits(part, module->weight, true) && !fits(part, module->weight, false);
}

// Whether the adapter may be believed that layers of a model that is not known store their weights
// as (in, out): the shapes of one of them tell it. PEFT ignores the flag where a layer is an
// nn.Linear, as most are, and the kind of a layer cannot be seen in a square weight.
static bool is_flag_proved(const ig_lora_adapter *adapter, const ig_lora_layout *layout) {
  bool proved = false;
  if (!adapter->config.fan_in_fan_out || layout->some) return false;
  for (size_t i = 0; i < adapter->count && !proved; i++)
    proved = fits_transposed_only(&adapter->modules[i]);
  return proved;
}

// As in PEFT, the kind of the layer decides where it is known.
static bool is_transposed(const adapted_module *module, bool is_proved,
                          const ig_lora_layout *layout) {
  if (layout->is_transposed && layout->is_transposed(layout->context, module->weight->name))
    return true;
  return is_proved && fits(&module->part, module->weight, true);
}

static ig_status find_parts(const ig_lora_adapter *adapter, const ig_safetensors *model,
                            adapted_module *module, ig_error *err) {
  if (!module->part.a || !module->part.b)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has one of lora_A and lora_B only",
                   adapter->directory, module->path);
  return find_weight(adapter, model, module, err);
}

static ig_status fail_shapes(const ig_lora_adapter *adapter, const adapted_module *module,
                             ig_error *err) {
  const int dimensions = module->weight->rank - 2;
  if (dimensions > 0 && module->part.a->rank == module->weight->rank)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: %s: LoRA of a convolution (Conv%dd) is not supported: merge the adapter "
                   "into its model with PEFT's merge_and_unload before",
                   adapter->directory, module->path, dimensions);
  return ig_fail(err, IG_ERROR_FORMAT, "%s: the shapes of lora_A and lora_B do not fit %s",
                 adapter->directory, module->weight->name);
}

// Another rank than that of the tensors would be another scale; PEFT cannot load such an adapter.
static ig_status check_rank(const ig_lora_adapter *adapter, const adapted_module *module,
                            ig_error *err) {
  const double told = ig_lora_config_rank(&adapter->config, module->path);
  const size_t rank = module->part.a->shape[0];
  if (told == 0 || told == (double)rank) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: %s: lora_A and lora_B have the rank %zu, but adapter_config.json (r, "
                 "rank_pattern) says %g",
                 adapter->directory, module->path, rank, told);
}

static ig_status attach_module(ig_lora_adapter *adapter, const ig_lora_layout *layout,
                               bool is_proved, adapted_module *module, ig_error *err) {
  ig_lora *part = &module->part;
  part->transposed = is_transposed(module, is_proved, layout);
  if (!fits(part, module->weight, part->transposed)) return fail_shapes(adapter, module, err);
  IG_TRY(check_rank(adapter, module, err));
  part->scale = (float)ig_lora_config_scale(&adapter->config, module->path, part->a->shape[0]);
  if (isfinite(part->scale)) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: adapter_config.json: lora_alpha: the scale of %s is no finite number",
                 adapter->directory, module->path);
}

ig_status ig_lora_attach(ig_lora_adapter *adapter, const ig_safetensors *model,
                         const ig_lora_layout *layout, ig_error *err) {
  IG_TRY(list_modules(adapter, model, err));
  if (adapter->count == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: has no tensors, expected lora_A and lora_B of layers",
                   ig_lora_file(adapter));
  for (size_t i = 0; i < adapter->count; i++)
    IG_TRY(find_parts(adapter, model, &adapter->modules[i], err));
  const bool is_proved = is_flag_proved(adapter, layout);
  adapter->ignores_flag = adapter->config.fan_in_fan_out && !is_proved && !layout->some;
  for (size_t i = 0; i < adapter->count; i++) {
    adapted_module *module = &adapter->modules[i];
    IG_TRY(attach_module(adapter, layout, is_proved, module, err));
    for (size_t k = 0; k < i; k++)
      if (adapter->modules[k].weight == module->weight)
        return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s and %s both belong to %s",
                       adapter->directory, adapter->modules[k].path, module->path,
                       module->weight->name);
  }
  return IG_OK;
}

ig_status ig_lora_note(const ig_lora_adapter *adapter, ig_problems *notes, ig_error *err) {
  if (!adapter || !adapter->ignores_flag) return IG_OK;
  return ig_problems_add(notes, NULL, err,
                         "%s: fan_in_fan_out is true, but the layers are linear and store their "
                         "weights as (out, in): it has no effect, as in PEFT",
                         adapter->directory);
}

ig_lora ig_lora_find(const ig_lora_adapter *adapter, const ig_safetensor *weight) {
  for (size_t i = 0; adapter && i < adapter->count; i++)
    if (adapter->modules[i].weight == weight) return adapter->modules[i].part;
  return (ig_lora){0};
}

size_t ig_lora_count(const ig_lora_adapter *adapter) { return adapter->count; }
const ig_safetensor *ig_lora_weight(const ig_lora_adapter *adapter, size_t index) {
  return adapter->modules[index].weight;
}

// ---- adding -----------------------------------------------------------------

size_t ig_lora_scratch(const ig_lora *l, size_t rows) {
  if (!l->a) return 0;
  return l->transposed ? l->a->elements + 2 * l->b->elements
                       : l->a->elements + rows * l->b->shape[1];
}

// x (rows, out) += scale (B A)^T, of which x holds rows first … of `in`.
static ig_status add_transposed(const ig_lora *l, size_t first, size_t rows, float *x,
                                float *scratch, ig_error *err) {
  const size_t rank = l->a->shape[0], in = l->a->shape[1], out = l->b->shape[0];
  float *a = scratch, *b = scratch + l->a->elements, *b_transposed = b + l->b->elements;
  IG_TRY(ig_safetensor_read_part(l->a, 0, l->a->elements, a, err));
  IG_TRY(ig_safetensor_read_part(l->b, 0, l->b->elements, b, err));
  for (size_t o = 0; o < out; o++)
    for (size_t r = 0; r < rank; r++) b_transposed[r * out + o] = b[o * rank + r];
  for (size_t row = 0; row < rows; row++, x += out)
    for (size_t r = 0; r < rank; r++) {
      const float factor = l->scale * a[r * in + first + row], *from = b_transposed + r * out;
      for (size_t o = 0; o < out; o++) x[o] += factor * from[o];
    }
  return IG_OK;
}

ig_status ig_lora_add(const ig_lora *l, size_t first, size_t rows, float *x, float *scratch,
                      ig_error *err) {
  if (l->transposed) return add_transposed(l, first, rows, x, scratch, err);
  const size_t rank = l->a->shape[0], columns = l->a->shape[1];
  float *a = scratch, *b = scratch + l->a->elements;
  IG_TRY(ig_safetensor_read_part(l->a, 0, l->a->elements, a, err));
  IG_TRY(ig_safetensor_read_part(l->b, first * rank, rows * rank, b, err));
  for (size_t row = 0; row < rows; row++, x += columns, b += rank)
    for (size_t r = 0; r < rank; r++) {
      const float factor = l->scale * b[r], *from = a + r * columns;
      for (size_t i = 0; i < columns; i++) x[i] += factor * from[i];
    }
  return IG_OK;
}
