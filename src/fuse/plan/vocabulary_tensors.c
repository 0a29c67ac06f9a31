#include "fuse/plan/vocabulary_tensors.h"

#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/input/ties.h"

// Whether the name is, or ends with a dot and, one of these.
static bool ends_with_any(const char *name, const char *const *ends, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const size_t length = strlen(name), end = strlen(ends[i]);
    if (strcmp(name, ends[i]) == 0 || (length > end && name[length - end - 1] == '.' &&
                                       strcmp(name + length - end, ends[i]) == 0))
      return true;
  }
  return false;
}

// Whether one dimension of a tensor of this name is a vocabulary. *side: 1 if it is the target's,
// which matters if vocabularies are separate; else 0.
static bool find_side(const char *name, int *side) {
  static const char *const others[] = {"embedding.weight", "fc.weight", "fc.bias", "lm_head.bias",
                                       "final_logits_bias"};
  static const char *const ends[] = {"embed_tokens.weight",
                                     "wte.weight",
                                     "tokens_embed.weight",
                                     "word_embeddings.weight",
                                     "word_embedding.weight",
                                     "embed_in.weight",
                                     "embed_tokens_per_layer.weight",
                                     "token_embedding.weight",
                                     "embed_out.weight",
                                     "tok_embeddings.weight",
                                     "lm_head.weight",
                                     "lm_head.bias",
                                     "lm_head.decoder.weight",
                                     "lm_head.decoder.bias",
                                     "predictions.bias",
                                     "predictions.decoder.weight",
                                     "predictions.decoder.bias",
                                     "vocab_projector.weight",
                                     "vocab_projector.bias",
                                     "generator_lm_head.weight",
                                     "generator_lm_head.bias"};
  bool known = ends_with_any(name, ends, sizeof ends / sizeof *ends);
  for (size_t i = 0; ig_ties_names[i] && !known; i++) known = strcmp(name, ig_ties_names[i]) == 0;
  for (size_t i = 0; i < sizeof others / sizeof *others && !known; i++)
    known = strcmp(name, others[i]) == 0;
  *side = known && !strstr(name, "encoder.") && !strstr(name, "shared.") &&
          strcmp(name, "embedding.weight") != 0;
  return known;
}

static bool is_straight(const ig_aligned_side *a, const ig_plan_tensor *t,
                        const ig_plan_input *input) {
  bool straight = input->tensor->elements == (size_t)a->rows * t->width && a->rows == a->pieces;
  for (int row = 0; straight && row < a->pieces; row++)
    straight = a->row_of[input->model][row] == row;
  for (size_t i = 0; straight && i < a->rule_count; i++) straight = !a->rules[i].force;
  return straight;
}

static ig_status attach_input(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_plan_input *input,
                              ig_error *err) {
  if (input->lora.count)
    return ig_problems_add(&plan->problems, t->name, err,
                           "an adapter of it cannot be fused where rows are matched by piece");
  input->row_of = t->aligned->row_of[input->model];
  if (t->aligned->rows == t->aligned->pieces) return IG_OK;
  input->padding = ig_allocate(t->width, sizeof *input->padding, err);
  return input->padding ? IG_OK : IG_ERROR_MEMORY;
}

// The model that a rule takes its row from must be among those of the tensor, and have that row.
static ig_status check_rule(ig_fusion_plan *plan, const ig_plan_tensor *t, const ig_row_rule *rule,
                            ig_error *err) {
  if (rule->zero) return IG_OK;
  const ig_fuse_model *m = &plan->models.model[rule->model];
  const ig_plan_input *found = t->base.tensor && t->base.model == rule->model ? &t->base : NULL;
  for (size_t i = 0; i < t->inputs; i++)
    if (t->input[i].model == rule->model) found = &t->input[i];
  if (!found)
    return ig_problems_add(&plan->problems, t->name, err,
                           "a row is to be taken from %s, which is not fused here", m->reference);
  const size_t rows = found->tensor->elements / t->width;
  if (rule->model_row < 0 || (size_t)rule->model_row >= rows)
    return ig_problems_add(&plan->problems, t->name, err, "row %d of %zu in %s", rule->model_row,
                           rows, m->reference);
  return IG_OK;
}

// Whether all models have the output's rows, in the output's order: then nothing is to be matched.
static bool all_straight(const ig_aligned_side *a, const ig_plan_tensor *t) {
  bool straight = !t->base.tensor || is_straight(a, t, &t->base);
  for (size_t i = 0; straight && i < t->inputs; i++) straight = is_straight(a, t, &t->input[i]);
  return straight;
}

// The size of the vocabulary in config.json; 0: it does not say.
static size_t config_size(const json_t *config) {
  const json_t *size = json_object_get(config, "vocab_size");
  if (!size) size = json_object_get(json_object_get(config, "text_config"), "vocab_size");
  return json_integer_value(size) > 0 ? (size_t)json_integer_value(size) : 0;
}

// Adds a problem for a tensor that seems to have a row for each piece, under a name that is not
// known: its rows would stay where they are while those of the other tables move.
static ig_status check_unknown(ig_fusion_plan *plan, const ig_plan_tensor *t, ig_error *err) {
  const char *name = t->name;
  const bool named = strstr(name, "emb") || strstr(name, "head") || strstr(name, "logits");
  const size_t size = config_size(ig_fusion_plan_donor(plan)->config);
  if (!named || t->rank == 0 || size == 0 || t->shape[0] != size || strstr(name, "position"))
    return IG_OK;
  return ig_problems_add(&plan->problems, name, err,
                         "has %zu rows, as many as vocab_size, but its rows cannot be matched by "
                         "piece: tables of this name are not known",
                         size);
}

// The dimension of a tensor of this kind that is the vocabulary.
static int axis_of(const char *name, int rank) {
  return strcmp(name, "final_logits_bias") == 0 ? rank - 1 : 0;
}

ig_status ig_vocabulary_tensors_attach(ig_fusion_plan *plan, ig_plan_tensor *t, ig_error *err) {
  int side;
  if (!plan->alignment || plan->alignment->idle || t->copied) return IG_OK;
  if (!find_side(t->name, &side)) return check_unknown(plan, t, err);
  const ig_aligned_side *a = &plan->alignment->side[side];
  const int axis = axis_of(t->name, t->rank);
  if (t->rank == 0 || t->shape[axis] == 0) return IG_OK;
  t->width = 1;
  for (int i = axis + 1; i < t->rank; i++) t->width *= t->shape[i];
  if (t->width == 0 || t->elements != t->shape[axis] * t->width || all_straight(a, t)) return IG_OK;
  t->aligned = a;
  t->axis = axis;
  t->shape[axis] = (size_t)a->rows;
  t->elements = (size_t)a->rows * t->width;
  t->base_model = plan->recipe->base_model
                      ? (size_t)(ig_fusion_plan_donor(plan) - plan->models.model)
                      : SIZE_MAX;
  for (size_t i = 0; i < t->inputs; i++) IG_TRY(attach_input(plan, t, &t->input[i], err));
  if (t->base.tensor) IG_TRY(attach_input(plan, t, &t->base, err));
  for (size_t i = 0; i < a->rule_count; i++) IG_TRY(check_rule(plan, t, &a->rules[i], err));
  return IG_OK;
}

bool ig_vocabulary_tensors_is_unmatched(const ig_fusion_plan *plan, const ig_plan_tensor *t) {
  int unused;
  return plan->unmatched && find_side(t->name, &unused);
}

size_t ig_vocabulary_tensors_rows(const ig_safetensors *tensors, int side) {
  size_t fewest = SIZE_MAX;
  for (size_t i = 0; i < ig_safetensors_count(tensors); i++) {
    const ig_safetensor *t = ig_safetensors_get(tensors, i);
    int own;
    if (t->rank == 0 || !find_side(t->name, &own)) continue;
    const size_t rows = t->shape[axis_of(t->name, t->rank)];
    if ((side == IG_VOCABULARY_BOTH_SIDES || side == own) && rows < fewest) fewest = rows;
  }
  return fewest;
}

// Whether all models that have the tensor have it in the same shape.
static bool is_alike_everywhere(const ig_fusion_plan *plan, const ig_safetensor *tensor) {
  bool alike = true;
  for (size_t i = 0; alike && i < plan->models.count; i++) {
    const ig_safetensor *other = ig_safetensors_find(plan->models.model[i].tensors, tensor->name);
    alike = !other || (other->rank == tensor->rank &&
                       memcmp(other->shape, tensor->shape,
                              (size_t)tensor->rank * sizeof *tensor->shape) == 0);
  }
  return alike;
}

bool ig_vocabulary_tensors_are_alike(const ig_fusion_plan *plan) {
  bool alike = true;
  for (size_t i = 0; alike && i < plan->models.count; i++) {
    const ig_safetensors *tensors = plan->models.model[i].tensors;
    for (size_t k = 0; alike && tensors && k < ig_safetensors_count(tensors); k++) {
      const ig_safetensor *tensor = ig_safetensors_get(tensors, k);
      int unused;
      alike = !find_side(tensor->name, &unused) || is_alike_everywhere(plan, tensor);
    }
  }
  return alike;
}
