#include "fuse/align/alignable.h"

#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "fuse/align/unit_orders.h"
#include "model/arch/family.h"
#include "model/create/create.h"
#include "model/files/weights.h"

// ---- two models -------------------------------------------------------------

static bool has_same_heads(const ig_config *a, const ig_config *b) {
  return a->encoder.self.heads == b->encoder.self.heads &&
         a->decoder.self.heads == b->decoder.self.heads &&
         a->decoder.cross.heads == b->decoder.cross.heads;
}

static bool is_same_tensor(const ig_parameter *a, const ig_parameter *b) {
  return a->row == b->row && a->layer == b->layer && a->rank == b->rank &&
         memcmp(a->shape, b->shape, sizeof a->shape) == 0;
}

ig_status ig_alignable_compare(const ig_alignable_model *a, const ig_alignable_model *b,
                               ig_error *err) {
  const ig_model *x = a->model, *y = b->model;
  if (!has_same_heads(&x->config, &y->config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "align: %s and %s have other numbers of heads, so that they have no units in "
                   "common",
                   a->name, b->name);
  for (size_t i = 0; i < x->parameter_count || i < y->parameter_count; i++) {
    const bool has_both = i < x->parameter_count && i < y->parameter_count;
    if (has_both && is_same_tensor(&x->parameters[i], &y->parameters[i])) continue;
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "align: %s of %s has no tensor of its shape in %s: only models of one shape "
                   "can be aligned",
                   (i < x->parameter_count ? x : y)->parameters[i].name,
                   i < x->parameter_count ? a->name : b->name,
                   i < x->parameter_count ? b->name : a->name);
  }
  return IG_OK;
}

// ---- those of a plan --------------------------------------------------------

// The model as its config.json describes it, without values; what the file holds must fit that.
static ig_status list_model(const ig_fuse_model *m, ig_model **out, ig_error *err) {
  const ig_family *family;
  ig_config config;
  *out = NULL;
  IG_TRY(ig_family_of(m->config, m->reference, &family, err));
  IG_TRY(ig_family_read_config(family, m->config, m->reference, &config, err));
  if (!m->not_made_yet) {
    IG_TRY(ig_weights_settle_ties(m->tensors, &config, err));
    IG_TRY(ig_weights_check(m->reference, &config, m->tensors, err));
  }
  return ig_create_listed(&config, m->reference, out, err);
}

// Which tensors a model that another stage will make has tied is known when it is made: it is
// compared then.
static ig_status compare_model(const ig_model *donor, const char *donor_name,
                               const ig_fuse_model *m, ig_error *err) {
  ig_model *model;
  IG_TRY(list_model(m, &model, err));
  const ig_status status = ig_alignable_compare(&(ig_alignable_model){donor, donor_name},
                                                &(ig_alignable_model){model, m->reference}, err);
  ig_model_free(model);
  return status;
}

static void add_disk(const ig_fuse_model *m, ig_alignable_needs *needs) {
  for (size_t i = 0; i < ig_safetensors_count(m->tensors); i++)
    needs->disk += ig_safetensors_get(m->tensors, i)->bytes;
}

// donor: listed. Problems are judged one by one, so that all are told.
static ig_status check_all(const ig_fusion_plan *plan, const ig_model *donor,
                           ig_alignable_needs *needs, ig_problems *problems, ig_error *err) {
  const ig_fuse_model *of_donor = ig_fusion_plan_donor(plan);
  for (size_t i = 0; i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    ig_error why = {0};
    if (m == of_donor) continue;
    add_disk(m, needs);
    if (m->not_made_yet || of_donor->not_made_yet) continue;
    const ig_status status = compare_model(donor, of_donor->reference, m, &why);
    IG_TRY(ig_problems_judge(problems, status, &why, err));
  }
  return IG_OK;
}

static ig_status check_symmetries(const ig_fusion_plan *plan, const ig_model *donor,
                                  ig_alignable_needs *needs, ig_problems *notes, ig_error *err) {
  ig_symmetries symmetries;
  ig_status status = ig_unit_orders_list(&plan->recipe->align, donor,
                                         ig_fusion_plan_donor(plan)->reference, &symmetries, err);
  if (status == IG_OK) {
    size_t search;
    status = ig_unit_orders_memory(&plan->recipe->align, &symmetries, plan->kernels, &search, err);
    needs->memory = 2 * donor->value_count * sizeof(float) + search;
    if (status == IG_OK && symmetries.stream_stays)
      status = ig_problems_add(notes, NULL, err, "align: the residual stream keeps its order: %s",
                               symmetries.stream_stays);
    if (status == IG_OK && symmetries.moves_sinusoids)
      status = ig_problems_add(notes, NULL, err,
                               "align: the residual stream is put in order, and the sinusoids that "
                               "are added to it stay: an aligned model computes something else");
  }
  ig_symmetries_free(&symmetries);
  return status;
}

static bool has_all(const ig_fusion_plan *plan) {
  for (size_t i = 0; i < plan->models.count; i++)
    if (!plan->models.model[i].tensors) return false;
  return plan->models.count > 0;
}

ig_status ig_alignable_check(const ig_fusion_plan *plan, ig_alignable_needs *needs,
                             ig_problems *problems, ig_problems *notes, ig_error *err) {
  *needs = (ig_alignable_needs){0};
  if (plan->recipe->align.method == IG_ALIGN_METHOD_NONE || !has_all(plan)) return IG_OK;
  ig_model *donor;
  ig_error why = {0};
  ig_status status = list_model(ig_fusion_plan_donor(plan), &donor, &why);
  if (status == IG_OK) status = check_symmetries(plan, donor, needs, notes, &why);
  ig_status judged = ig_problems_judge(problems, status, &why, err);
  if (judged == IG_OK && status == IG_OK) judged = check_all(plan, donor, needs, problems, err);
  ig_model_free(donor);
  return judged;
}
