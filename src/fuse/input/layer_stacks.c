#include "fuse/input/layer_stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

// ---- finding them -----------------------------------------------------------

const ig_layer_stack *ig_layer_stacks_get(const ig_layer_stacks *stacks, const char *prefix,
                                          size_t length) {
  for (size_t i = 0; i < stacks->count; i++)
    if (strlen(stacks->items[i].prefix) == length &&
        memcmp(stacks->items[i].prefix, prefix, length) == 0)
      return &stacks->items[i];
  return NULL;
}

// layer_at is the position of the number, after a dot.
static const ig_layer_stack *find_by_place(const ig_layer_stacks *stacks, const char *tensor,
                                           const ig_tensor_place *place) {
  return place->layer < 0 ? NULL : ig_layer_stacks_get(stacks, tensor, place->layer_at - 1);
}

static ig_status count_tensor(ig_layer_stacks *stacks, const char *tensor, ig_error *err) {
  const ig_tensor_place place = ig_tensor_place_of(tensor);
  if (place.layer < 0) return IG_OK;
  const ig_layer_stack *known = find_by_place(stacks, tensor, &place);
  if (!known) {
    IG_TRY(ig_allocate_more((void **)&stacks->items, &stacks->capacity, stacks->count + 1,
                            sizeof *stacks->items, err));
    ig_layer_stack *added = &stacks->items[stacks->count];
    *added = (ig_layer_stack){.prefix = ig_allocate_copy(tensor, place.layer_at - 1, err)};
    if (!added->prefix) return IG_ERROR_MEMORY;
    stacks->count++;
    known = added;
  }
  ig_layer_stack *stack = &stacks->items[known - stacks->items];
  if (place.layer >= stack->layers) stack->layers = place.layer + 1;
  return IG_OK;
}

// ---- names ------------------------------------------------------------------

// Bytes of the first `count` parts of a dotted name; all of it if it has fewer.
static size_t length_of_parts(const char *name, size_t count) {
  const char *at = name;
  for (size_t i = 0; i < count; i++) {
    const char *dot = strchr(at, '.');
    if (!dot) return strlen(name);
    at = dot + 1;
  }
  return at == name ? 0 : (size_t)(at - name) - 1;
}

static size_t count_parts(const char *name) {
  size_t count = 1;
  for (; *name; name++) count += *name == '.';
  return count;
}

static bool share_parts(const char *a, const char *b, size_t count) {
  const size_t length = length_of_parts(a, count);
  return length == length_of_parts(b, count) && memcmp(a, b, length) == 0;
}

// How many parts all prefixes begin with in common, of those before the word for a list of layers.
static size_t count_common_parts(const ig_layer_stacks *stacks) {
  size_t common = count_parts(stacks->items[0].prefix) - 1;
  for (size_t i = 1; i < stacks->count; i++)
    while (common > 0 && !share_parts(stacks->items[0].prefix, stacks->items[i].prefix, common))
      common--;
  return common;
}

static bool is_unique(const ig_layer_stacks *stacks, size_t index, size_t parts) {
  for (size_t i = 0; i < stacks->count; i++)
    if (i != index && share_parts(stacks->items[index].prefix, stacks->items[i].prefix, parts))
      return false;
  return true;
}

ig_layer_stack_role ig_layer_stacks_role_of(const char *name) {
  static const struct {
    const char *word;
    ig_layer_stack_role role;
  } words[] = {{"vision", IG_LAYER_STACK_ROLE_VISION},   {"visual", IG_LAYER_STACK_ROLE_VISION},
               {"image", IG_LAYER_STACK_ROLE_VISION},    {"audio", IG_LAYER_STACK_ROLE_AUDIO},
               {"speech", IG_LAYER_STACK_ROLE_AUDIO},    {"text", IG_LAYER_STACK_ROLE_TEXT},
               {"language", IG_LAYER_STACK_ROLE_TEXT},   {"llm", IG_LAYER_STACK_ROLE_TEXT},
               {"decoder", IG_LAYER_STACK_ROLE_DECODER}, {"encoder", IG_LAYER_STACK_ROLE_ENCODER}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(name, words[i].word)) return words[i].role;
  return IG_LAYER_STACK_ROLE_NONE;
}

// Beside towers for pictures or sound, a stack whose name tells nothing is the language model.
static void set_roles(ig_layer_stack *stack, bool has_others) {
  stack->role = ig_layer_stacks_role_of(stack->name);
  if (stack->role == IG_LAYER_STACK_ROLE_NONE) stack->role = ig_layer_stacks_role_of(stack->prefix);
  if (stack->role == IG_LAYER_STACK_ROLE_NONE && has_others) stack->role = IG_LAYER_STACK_ROLE_TEXT;
  stack->side = strstr(stack->prefix, "decoder")   ? IG_LAYER_STACK_ROLE_DECODER
                : strstr(stack->prefix, "encoder") ? IG_LAYER_STACK_ROLE_ENCODER
                                                   : IG_LAYER_STACK_ROLE_NONE;
}

// The path is as short as tells the stack from all others; the name is the part of it that is not
// common to all. A model's only stack has the path of its prefix.
static ig_status name_stack(ig_layer_stacks *stacks, size_t index, size_t common, ig_error *err) {
  ig_layer_stack *stack = &stacks->items[index];
  const char *prefix = stack->prefix;
  const size_t most = count_parts(prefix) - 1;
  size_t parts = stacks->count == 1 ? most : common + 1;
  while (parts < most && !is_unique(stacks, index, parts)) parts++;
  if (parts > most) parts = most;
  const size_t from = stacks->count == 1 ? (most ? most - 1 : 0) : parts > common ? common : 0;
  size_t begin = length_of_parts(prefix, from), end = length_of_parts(prefix, parts);
  if (parts == 0) end = strlen(prefix);
  begin += prefix[begin] == '.';
  char path[1024] = "";
  if (parts > 0) snprintf(path, sizeof path, "%.*s.", (int)end, prefix);
  stack->name = ig_allocate_copy(prefix + begin, end - begin, err);
  stack->path = ig_allocate_copy(path, strlen(path), err);
  if (!stack->name || !stack->path) return IG_ERROR_MEMORY;
  set_roles(stack, stacks->count > 1);
  return IG_OK;
}

static int compare_prefixes(const void *a, const void *b) {
  return strcmp(((const ig_layer_stack *)a)->prefix, ((const ig_layer_stack *)b)->prefix);
}

ig_status ig_layer_stacks_find(const ig_safetensors *tensors, ig_layer_stacks *out, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(tensors); i++)
    IG_TRY(count_tensor(out, ig_safetensors_get(tensors, i)->name, err));
  if (out->count == 0) return IG_OK;
  qsort(out->items, out->count, sizeof *out->items, compare_prefixes);
  const size_t common = count_common_parts(out);
  for (size_t i = 0; i < out->count; i++) IG_TRY(name_stack(out, i, common, err));
  return IG_OK;
}

void ig_layer_stacks_free(ig_layer_stacks *stacks) {
  for (size_t i = 0; i < stacks->count; i++) {
    free(stacks->items[i].prefix);
    free(stacks->items[i].path);
    free(stacks->items[i].name);
  }
  free(stacks->items);
  *stacks = (ig_layer_stacks){0};
}

// ---- looking them up --------------------------------------------------------

const ig_layer_stack *ig_layer_stacks_of_layer(const ig_layer_stacks *stacks, const char *tensor) {
  const ig_tensor_place place = ig_tensor_place_of(tensor);
  return find_by_place(stacks, tensor, &place);
}

// A tensor beside the layers belongs to the stack with the longest path that it begins with.
const ig_layer_stack *ig_layer_stacks_owner(const ig_layer_stacks *stacks, const char *tensor) {
  const ig_layer_stack *owner = ig_layer_stacks_of_layer(stacks, tensor);
  size_t longest = 0;
  if (owner) return owner;
  for (size_t i = 0; i < stacks->count; i++) {
    const size_t length = strlen(stacks->items[i].path);
    if (length <= longest || strncmp(tensor, stacks->items[i].path, length) != 0) continue;
    owner = &stacks->items[i];
    longest = length;
  }
  return owner;
}

static bool begins_with_parts(const char *name, const char *parts) {
  const size_t length = strlen(parts);
  return strncmp(name, parts, length) == 0 && (name[length] == '.' || name[length] == '\0');
}

static bool has_name(const ig_layer_stack *stack, const char *module) {
  return strcmp(stack->name, module) == 0;
}

static bool is_below(const ig_layer_stack *stack, const char *module) {
  return begins_with_parts(stack->prefix, module);
}

// "vision", "vision_encoder", "text_decoder": mergekit's names for the towers of some models.
static bool has_role(const ig_layer_stack *stack, const char *module) {
  const ig_layer_stack_role role = ig_layer_stacks_role_of(module);
  return role != IG_LAYER_STACK_ROLE_NONE && role == stack->role;
}

// The first of the rules that holds for any stack is the one by which the module is understood.
typedef bool (*module_rule)(const ig_layer_stack *stack, const char *module);
static const module_rule rules[] = {has_name, is_below, has_role};

static module_rule find_rule(const ig_layer_stacks *stacks, const char *module) {
  for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
    for (size_t i = 0; i < stacks->count; i++)
      if (rules[r](&stacks->items[i], module)) return rules[r];
  return NULL;
}

size_t ig_layer_stacks_match(const ig_layer_stacks *stacks, const char *module,
                             const ig_layer_stack **first) {
  const module_rule matches = find_rule(stacks, module);
  size_t found = 0;
  *first = NULL;
  for (size_t i = 0; matches && i < stacks->count; i++) {
    if (!matches(&stacks->items[i], module)) continue;
    if (!found) *first = &stacks->items[i];
    found++;
  }
  return found;
}

bool ig_layer_stacks_module_has(const ig_layer_stacks *stacks, const char *module,
                                const char *tensor) {
  if (begins_with_parts(tensor, module)) return true;
  const ig_layer_stack *owner = ig_layer_stacks_owner(stacks, tensor);
  const module_rule matches = find_rule(stacks, module);
  return owner && matches && matches(owner, module);
}

void ig_layer_stacks_list(const ig_layer_stacks *stacks, char *text, size_t size) {
  text[0] = '\0';
  for (size_t i = 0; i < stacks->count; i++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", i ? ", " : "", stacks->items[i].name);
  }
}
