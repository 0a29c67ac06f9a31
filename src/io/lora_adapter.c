#include "io/lora_adapter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/lora_config.h"
#include "io/lora_dora.h"
#include "io/lora_names.h"
#include "io/same_values.h"

// One adapted module.
typedef struct adapted_module {
  char *path;                                     // "model.layers.0.self_attn.q_proj"
  const ig_safetensor *part[IG_LORA_PART_COUNT];  // of the adapter; NULL: it has none
  const ig_safetensor *weight;                    // of the model
} adapted_module;

struct ig_lora_adapter {
  char *directory;
  ig_safetensors *tensors;
  ig_lora_config config;
  bool ignores_flag;  // fan_in_fan_out is set, and no layer is known to store its weight so
  adapted_module *modules;
  size_t count, capacity;
};

// What the modules of an adapter are attached to.
typedef struct attachment {
  const ig_lora_adapter *adapter;
  const ig_safetensors *model;
  const ig_lora_layout *layout;
  bool is_flag_proved;
  size_t first;  // of the adapter's own changes
  ig_lora_changes *changes;
} attachment;

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

ig_status ig_lora_adapter_open(const char *directory, ig_lora_adapter **out, ig_error *err) {
  *out = NULL;
  ig_lora_adapter *adapter = ig_allocate(1, sizeof *adapter, err);
  if (!adapter) return IG_ERROR_MEMORY;
  adapter->directory = ig_allocate_copy(directory, strlen(directory), err);
  const ig_status status =
      adapter->directory ? open_adapter(adapter, directory, err) : IG_ERROR_MEMORY;
  if (status == IG_OK)
    *out = adapter;
  else
    ig_lora_adapter_close(adapter);
  return status;
}

void ig_lora_adapter_close(ig_lora_adapter *adapter) {
  if (!adapter) return;
  for (size_t i = 0; i < adapter->count; i++) free(adapter->modules[i].path);
  free(adapter->modules);
  ig_lora_config_free(&adapter->config);
  ig_safetensors_close(adapter->tensors);
  free(adapter->directory);
  free(adapter);
}

const char *ig_lora_adapter_directory(const ig_lora_adapter *adapter) { return adapter->directory; }
const char *ig_lora_adapter_file(const ig_lora_adapter *adapter) {
  return ig_safetensors_file(adapter->tensors, 0);
}
const ig_lora_config *ig_lora_adapter_config(const ig_lora_adapter *adapter) {
  return &adapter->config;
}
const ig_safetensors *ig_lora_adapter_tensors(const ig_lora_adapter *adapter) {
  return adapter->tensors;
}

// ---- tensors that are trained whole -----------------------------------------

static ig_status fail_unsupported(const ig_lora_adapter *adapter, const ig_safetensor *tensor,
                                  ig_error *err) {
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: %s, which is not supported: merge the adapter into its model "
                 "with PEFT's merge_and_unload before",
                 adapter->directory, tensor->name, ig_lora_names_kind(tensor->name));
}

static bool have_same_shape(const ig_safetensor *a, const ig_safetensor *b) {
  return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

// Of a model that is yet to be made only names and shapes are known.
static bool has_values(const ig_safetensor *weight) {
  return weight->source || weight->arranged || weight->quantized;
}

static bool is_float(ig_dtype dtype) {
  return dtype == IG_DTYPE_F32 || dtype == IG_DTYPE_F16 || dtype == IG_DTYPE_BF16 ||
         dtype == IG_DTYPE_F64;
}

static ig_status add_whole(const attachment *to, const ig_safetensor *tensor,
                           const ig_safetensor *weight, ig_error *err) {
  const char *directory = to->adapter->directory;
  if (!have_same_shape(tensor, weight))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tensor %s is trained whole, but has another shape than %s of the model: a "
                   "vocabulary that was enlarged, or a head of other classes, is not supported",
                   directory, tensor->name, weight->name);
  if (!is_float(tensor->dtype) || !is_float(weight->dtype))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tensor %s is trained whole, but is no tensor of floats", directory,
                   tensor->name);
  const ig_lora_change change = {
      .kind = IG_LORA_CHANGE_KIND_WHOLE, .weight = weight, .a = tensor, .scale = 1};
  return ig_lora_change_add(to->changes, &change, err);
}

// PEFT saves embeddings and heads that are adapted whole, too. One that is as the model has it adds
// nothing; anything else must be announced by the configuration.
static ig_status attach_original(const attachment *to, const ig_safetensor *tensor,
                                 const char *original, ig_error *err) {
  const ig_safetensor *weight, *other;
  bool equal = false;
  ig_lora_names_find(to->model, original, "", &weight, &other);
  const bool replaces = ig_lora_config_replaces(&to->adapter->config, original) &&
                        !strstr(tensor->name, ".original_module.");
  if (weight && !other && has_values(weight))
    IG_TRY(ig_same_values_find(tensor, weight, &equal, err));
  else
    equal = weight && !other && !replaces;
  if (equal) return IG_OK;
  if (!replaces) return fail_unsupported(to->adapter, tensor, err);
  if (other)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s may belong to %s and to %s",
                   to->adapter->directory, tensor->name, other->name, weight->name);
  if (!weight)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tensor %s is trained whole, and the model has no tensor of this name: a "
                   "head that the model lacks is not supported: merge the adapter into its model "
                   "with PEFT's merge_and_unload before",
                   to->adapter->directory, tensor->name);
  return add_whole(to, tensor, weight, err);
}

static ig_status attach_tensor(const attachment *to, const ig_safetensor *tensor, ig_error *err) {
  char *original;
  IG_TRY(ig_lora_names_original(tensor->name, &original, err));
  const ig_status status = attach_original(to, tensor, original, err);
  free(original);
  return status;
}

// ---- its modules ------------------------------------------------------------

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

// Sorts the tensors into modules, and attaches those that are trained whole.
static ig_status list_modules(ig_lora_adapter *adapter, const attachment *to, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(adapter->tensors); i++) {
    const ig_safetensor *tensor = ig_safetensors_get(adapter->tensors, i);
    const char *path;
    ig_lora_part part;
    const size_t length = ig_lora_names_split(tensor->name, &path, &part);
    if (part == IG_LORA_PART_COUNT) {
      IG_TRY(attach_tensor(to, tensor, err));
      continue;
    }
    adapted_module *module;
    IG_TRY(find_module(adapter, path, length, &module, err));
    if (module->part[part])
      return ig_fail(err, IG_ERROR_FORMAT, "%s: both %s and %s", adapter->directory,
                     module->part[part]->name, tensor->name);
    module->part[part] = tensor;
  }
  return IG_OK;
}

static bool has_tensor_within(const ig_lora_adapter *adapter, const char *module) {
  for (size_t i = 0; i < ig_safetensors_count(adapter->tensors); i++)
    if (ig_lora_config_is_within(ig_safetensors_get(adapter->tensors, i)->name, module))
      return true;
  return false;
}

// What the configuration announces must be in the file: without it the model is another.
static ig_status check_announced(const ig_lora_adapter *adapter, ig_error *err) {
  const json_t *config = adapter->config.json, *name;
  size_t i;
  bool has_tokens = json_object_size(json_object_get(config, "trainable_token_indices")) == 0 &&
                    json_array_size(json_object_get(config, "trainable_token_indices")) == 0;
  json_array_foreach(json_object_get(config, "modules_to_save"), i, name) {
    const char *module = json_string_value(name);
    if (module && *module && !has_tensor_within(adapter, module))
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: modules_to_save names %s, and the file has no tensor of it",
                     adapter->directory, module);
  }
  for (size_t k = 0; k < adapter->count; k++)
    has_tokens |= adapter->modules[k].part[IG_LORA_PART_TOKENS] != NULL;
  if (has_tokens) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: trainable_token_indices are set, and the file has no rows of tokens",
                 adapter->directory);
}

static ig_status find_tensor(const attachment *to, const adapted_module *module, const char *suffix,
                             const ig_safetensor **out, ig_error *err) {
  const ig_safetensor *other;
  ig_lora_names_find(to->model, module->path, suffix, out, &other);
  if (!*out)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s belongs to no linear layer of the model",
                   to->adapter->directory, module->path);
  if (other)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s may belong to %s and to %s",
                   to->adapter->directory, module->path, other->name, (*out)->name);
  return IG_OK;
}

static ig_status fail_halved(const ig_lora_adapter *adapter, const adapted_module *module,
                             ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has one of lora_A and lora_B only",
                 adapter->directory, module->path);
}

// The parts of a module must be those that the configuration announces, and together.
static ig_status check_parts(const ig_lora_adapter *adapter, const adapted_module *module,
                             ig_error *err) {
  const ig_safetensor *const *part = module->part;
  const bool linear = part[IG_LORA_PART_A] || part[IG_LORA_PART_B],
             embedding = part[IG_LORA_PART_EMBEDDING_A] || part[IG_LORA_PART_EMBEDDING_B],
             product = linear || embedding;
  const ig_safetensor *bias = part[IG_LORA_PART_BIAS], *magnitude = part[IG_LORA_PART_MAGNITUDE];
  if ((linear && (!part[IG_LORA_PART_A] || !part[IG_LORA_PART_B])) ||
      (embedding && (!part[IG_LORA_PART_EMBEDDING_A] || !part[IG_LORA_PART_EMBEDDING_B])))
    return fail_halved(adapter, module, err);
  if ((linear && embedding) || (product && part[IG_LORA_PART_TOKENS]))
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is adapted in two ways", adapter->directory,
                   module->path);
  if (bias && (!linear || !adapter->config.has_biases)) return fail_unsupported(adapter, bias, err);
  if (magnitude && (!product || !adapter->config.has_magnitudes))
    return fail_unsupported(adapter, magnitude, err);
  if (product && !magnitude && adapter->config.has_magnitudes)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has no lora_magnitude_vector, but use_dora is set",
                   adapter->directory, module->path);
  if (linear && !bias && adapter->config.has_biases)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s has no lora_B.bias, but lora_bias is set",
                   adapter->directory, module->path);
  return IG_OK;
}

// ---- products ---------------------------------------------------------------

// Whether A and B fit a weight (out, in), its transpose, or a convolution's (out, in, k …).
static bool fits(const ig_safetensor *a, const ig_safetensor *b, const ig_safetensor *weight,
                 bool transposed) {
  const size_t out = weight->shape[transposed], in = weight->shape[!transposed];
  bool fit = weight->rank >= 2 && a->rank == weight->rank && b->rank == weight->rank &&
             (weight->rank == 2 || !transposed) && a->shape[1] == in && b->shape[0] == out &&
             a->shape[0] == b->shape[1] && a->shape[0] > 0 && weight->elements > 0;
  for (int i = 2; fit && i < weight->rank; i++)
    fit = a->shape[i] == weight->shape[i] && b->shape[i] == 1;
  return fit;
}

// Whether the adapter may be believed that layers of a model that is not known store their weights
// as (in, out): the shapes of one of them alone tell it. PEFT ignores the flag where a layer is an
// nn.Linear, as most are, and the kind of a layer cannot be seen in a square weight.
static bool is_flag_proved(const ig_lora_adapter *adapter, const ig_lora_layout *layout) {
  bool proved = false;
  if (!adapter->config.fan_in_fan_out || layout->some) return false;
  for (size_t i = 0; i < adapter->count && !proved; i++) {
    const adapted_module *m = &adapter->modules[i];
    const ig_safetensor *a = m->part[IG_LORA_PART_A], *b = m->part[IG_LORA_PART_B];
    proved = a && fits(a, b, m->weight, true) && !fits(a, b, m->weight, false);
  }
  return proved;
}

// As in PEFT, the kind of the layer decides where it is known. A table of embeddings has a row for
// each of what would be a layer's inputs.
static bool is_transposed(const attachment *to, const adapted_module *m) {
  const ig_lora_layout *layout = to->layout;
  if (m->part[IG_LORA_PART_EMBEDDING_A]) return true;
  if (layout->is_transposed && layout->is_transposed(layout->context, m->weight->name)) return true;
  return to->is_flag_proved &&
         fits(m->part[IG_LORA_PART_A], m->part[IG_LORA_PART_B], m->weight, true);
}

// Another rank than that of the tensors would be another scale; PEFT cannot load such an adapter.
static ig_status check_rank(const ig_lora_adapter *adapter, const adapted_module *module,
                            size_t rank, ig_error *err) {
  const double told = ig_lora_config_rank(&adapter->config, module->path);
  if (told == 0 || told == (double)rank) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: %s: lora_A and lora_B have the rank %zu, but adapter_config.json (r, "
                 "rank_pattern) says %g",
                 adapter->directory, module->path, rank, told);
}

static ig_status set_factors(const attachment *to, const adapted_module *module,
                             ig_lora_change *product, ig_error *err) {
  const ig_safetensor *magnitude = module->part[IG_LORA_PART_MAGNITUDE];
  if (!magnitude) return IG_OK;
  if (magnitude->elements != product->b->shape[0])
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s has %zu values, expected %zu",
                   to->adapter->directory, magnitude->name, magnitude->elements,
                   product->b->shape[0]);
  if (!has_values(module->weight)) return IG_OK;
  return ig_lora_dora_set_factors(product, magnitude, to->changes, err);
}

static ig_status add_bias(const attachment *to, const adapted_module *module, float scale,
                          ig_error *err) {
  ig_lora_change change = {
      .kind = IG_LORA_CHANGE_KIND_VECTOR, .a = module->part[IG_LORA_PART_BIAS], .scale = scale};
  if (!change.a) return IG_OK;
  IG_TRY(find_tensor(to, module, ".bias", &change.weight, err));
  if (!have_same_shape(change.a, change.weight))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: the shape of lora_B.bias does not fit %s",
                   to->adapter->directory, change.weight->name);
  return ig_lora_change_add(to->changes, &change, err);
}

static ig_status add_product(const attachment *to, const adapted_module *module, ig_error *err) {
  const ig_lora_adapter *adapter = to->adapter;
  const bool embedding = module->part[IG_LORA_PART_EMBEDDING_A] != NULL;
  ig_lora_change change = {.kind = IG_LORA_CHANGE_KIND_PRODUCT,
                           .weight = module->weight,
                           .a = module->part[embedding ? IG_LORA_PART_EMBEDDING_A : IG_LORA_PART_A],
                           .b = module->part[embedding ? IG_LORA_PART_EMBEDDING_B : IG_LORA_PART_B],
                           .transposed = is_transposed(to, module)};
  if (!fits(change.a, change.b, change.weight, change.transposed))
    return ig_fail(err, IG_ERROR_FORMAT, "%s: the shapes of lora_A and lora_B do not fit %s",
                   adapter->directory, change.weight->name);
  const size_t rank = change.a->shape[0];
  IG_TRY(check_rank(adapter, module, rank, err));
  change.scale = (float)ig_lora_config_scale(&adapter->config, module->path, rank);
  if (!isfinite(change.scale))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: adapter_config.json: lora_alpha: the scale of %s is no finite number",
                   adapter->directory, module->path);
  IG_TRY(set_factors(to, module, &change, err));
  IG_TRY(ig_lora_change_add(to->changes, &change, err));
  return add_bias(to, module, change.scale, err);
}

// ---- rows of tokens ---------------------------------------------------------

static ig_status read_rows(const ig_lora_adapter *adapter, const json_t *tokens,
                           ig_lora_change *change, ig_error *err) {
  const size_t count = change->a->shape[0];
  change->rows = ig_allocate(count, sizeof *change->rows, err);
  if (!change->rows) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    const json_int_t token = json_integer_value(json_array_get(tokens, i));
    if (!json_is_integer(json_array_get(tokens, i)) || token < 0 ||
        (size_t)token >= change->weight->shape[0])
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: adapter_config.json: trainable_token_indices: item %zu is no row of %s "
                     "(%zu)",
                     adapter->directory, i + 1, change->weight->name, change->weight->shape[0]);
    change->rows[i] = (size_t)token;
  }
  return IG_OK;
}

static ig_status add_tokens(const attachment *to, const adapted_module *module, ig_error *err) {
  const ig_lora_adapter *adapter = to->adapter;
  const json_t *tokens = ig_lora_config_tokens(&adapter->config, module->path);
  ig_lora_change change = {.kind = IG_LORA_CHANGE_KIND_ROWS,
                           .weight = module->weight,
                           .a = module->part[IG_LORA_PART_TOKENS],
                           .scale = 1};
  if (change.weight->rank != 2 || change.a->rank != 2 ||
      change.a->shape[1] != change.weight->shape[1] ||
      change.a->shape[0] != json_array_size(tokens))
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: the shape of tensor %s does not fit %s and the %zu trainable_token_indices",
                   adapter->directory, change.a->name, change.weight->name,
                   json_array_size(tokens));
  const ig_status status = read_rows(adapter, tokens, &change, err);
  if (status == IG_OK) return ig_lora_change_add(to->changes, &change, err);
  free(change.rows);
  return status;
}

// ---- attaching --------------------------------------------------------------

static ig_status attach_module(const attachment *to, const adapted_module *module, ig_error *err) {
  return module->part[IG_LORA_PART_TOKENS] ? add_tokens(to, module, err)
                                           : add_product(to, module, err);
}

static ig_status check_doubles(const attachment *to, ig_error *err) {
  for (size_t i = to->first; i < to->changes->count; i++)
    for (size_t k = to->first; k < i; k++)
      if (to->changes->items[k].weight == to->changes->items[i].weight)
        return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s and %s both belong to %s",
                       to->adapter->directory, to->changes->items[k].a->name,
                       to->changes->items[i].a->name, to->changes->items[i].weight->name);
  return IG_OK;
}

ig_status ig_lora_adapter_attach(ig_lora_adapter *adapter, const ig_safetensors *model,
                                 const ig_lora_layout *layout, ig_lora_changes *changes,
                                 ig_error *err) {
  attachment to = {.adapter = adapter,
                   .model = model,
                   .layout = layout,
                   .first = changes->count,
                   .changes = changes};
  if (ig_safetensors_count(adapter->tensors) == 0)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: has no tensors, expected lora_A and lora_B of layers",
                   ig_lora_adapter_file(adapter));
  IG_TRY(list_modules(adapter, &to, err));
  IG_TRY(check_announced(adapter, err));
  for (size_t i = 0; i < adapter->count; i++) {
    IG_TRY(check_parts(adapter, &adapter->modules[i], err));
    IG_TRY(find_tensor(&to, &adapter->modules[i], ".weight", &adapter->modules[i].weight, err));
  }
  to.is_flag_proved = is_flag_proved(adapter, layout);
  adapter->ignores_flag = adapter->config.fan_in_fan_out && !to.is_flag_proved && !layout->some;
  for (size_t i = 0; i < adapter->count; i++) IG_TRY(attach_module(&to, &adapter->modules[i], err));
  return check_doubles(&to, err);
}

ig_status ig_lora_adapter_note(const ig_lora_adapter *adapter, ig_problems *notes, ig_error *err) {
  if (!adapter->ignores_flag) return IG_OK;
  return ig_problems_add(notes, NULL, err,
                         "%s: fan_in_fan_out is true, but the layers are linear and store their "
                         "weights as (out, in): it has no effect, as in PEFT",
                         adapter->directory);
}
