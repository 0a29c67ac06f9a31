#include "fuse/search/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "fuse/search/fisher_information.h"
#include "fuse/search/gram_matrices.h"
#include "fuse/search/merged_inputs.h"
#include "fuse/search/trained_tensors.h"
#include "model/files/config_file.h"
#include "model/files/load.h"
#include "numeric/sums.h"

// Target tokens of a batch where a pass sees all its pairs at once: packing the rows is then little
// beside multiplying them, and so is reading the matrices that products are added to. Of gradients
// each pair has its own.
enum { BATCH_TOKENS = 1024 };

static bool is_of_grams(const ig_fusion_plan *plan) {
  return plan->recipe->method->statistics == IG_STATISTIC_KIND_GRAM;
}

// ---- the data ---------------------------------------------------------------

// The model of that index; every one of the recipe's is in the plan.
static const ig_fuse_model *find_model(const ig_statistics_args *args) {
  const char *name = args->plan->recipe->modules[0].slices->sources[args->model].model;
  const ig_fuse_model *m = args->plan->models.model;
  while (!ig_fuse_models_is_same(m->reference, name)) m++;
  return m;
}

static bool is_for(const ig_learning_files *files, const ig_statistics *s) {
  return ig_statistics_request_is_for(files, s->of->reference);
}

// Takes those sets that are for every model, or for this one.
static ig_status choose_sets(ig_statistics *s, ig_error *err) {
  const ig_statistics_request *request = s->args.plan->recipe->statistics;
  s->learning =
      (ig_learning){.key = "statistics", .batch_sentences = 1, .lengths = request->lengths};
  s->learning.data = ig_allocate(request->count, sizeof *s->learning.data, err);
  if (!s->learning.data) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < request->count; i++) {
    if (is_for(&request->data[i], s)) s->learning.data[s->learning.data_count++] = request->data[i];
  }
  return IG_OK;
}

ig_status ig_statistics_open(const ig_statistics_args *args, ig_statistics *out, ig_error *err) {
  *out = (ig_statistics){.args = *args, .of = find_model(args)};
  const ig_recipe *recipe = args->plan->recipe;
  ig_config config;
  IG_TRY(choose_sets(out, err));
  IG_TRY(ig_config_file_find(out->of->directory, &config, err));
  IG_TRY(ig_learning_data_check_model(&config, out->of->reference, recipe->method->name, err));
  // All have the donor's vocabulary, and a model that was aligned has no files of its own for it.
  IG_TRY(ig_load_tokenizer(ig_fusion_plan_donor(args->plan)->directory, &out->tokenizer, err));
  IG_TRY(ig_pool_create(args->threads, &out->pool, err));
  const ig_learning_data_args of_data = {.learning = &out->learning,
                                         .tokenizer = out->tokenizer,
                                         .pool = out->pool,
                                         .reporter = args->reporter,
                                         .seed = recipe->seed,
                                         .batch_tokens = is_of_grams(args->plan) ? BATCH_TOKENS : 0,
                                         .config = &config};
  return ig_learning_data_load(&of_data, &out->data, err);
}

void ig_statistics_close(ig_statistics *s) {
  ig_learning_data_free(&s->data);
  ig_tokenizer_free(s->tokenizer);
  ig_pool_free(s->pool);
  free(s->learning.data);
  *s = (ig_statistics){0};
}

json_t *ig_statistics_describe(const ig_statistics *s) {
  const ig_recipe *recipe = s->args.plan->recipe;
  json_t *sets = json_array();
  int failed = !sets;
  for (size_t i = 0; !failed && i < s->data.train_count; i++) {
    char hash[32];
    const ig_learning_set *set = &s->data.train[i];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)ig_corpus_fingerprint(&set->pairs));
    failed =
        json_array_append_new(sets, json_pack("{s:s, s:I, s:f}", "ids", hash, "pairs",
                                              (json_int_t)set->pairs.pairs, "share", set->share));
  }
  const bool drawn = recipe->statistics->labels == IG_STATISTICS_LABELS_MODEL;
  json_t *out = failed ? NULL
                       : json_pack("{s:s, s:s, s:s, s:I, s:O}", "ingot", ig_version(), "of",
                                   recipe->method->name, "labels", drawn ? "model" : "reference",
                                   "seed", (json_int_t)recipe->seed, "data", sets);
  json_decref(sets);
  // Files of versions that did not count tokens have another description, and so another name.
  if (out && is_of_grams(s->args.plan) &&
      json_object_set_new(out, "tables", json_string("frequencies"))) {
    json_decref(out);
    return NULL;
  }
  return out;
}

// ---- gathering --------------------------------------------------------------

// The tensor of the plan that comes from this model; NULL: none of it.
static const ig_safetensor *find_source(const ig_statistics *s, const ig_plan_tensor *t) {
  for (size_t i = 0; i < t->inputs; i++)
    if (t->model_keys[i] == s->args.model) return t->input[i].tensor;
  return NULL;
}

// What a tensor of the file is to be, and what it is of.
typedef struct statistic_source {
  const ig_model *model;
  const ig_gram_matrices *grams;  // NULL: the model's gradients hold the Fisher information
} statistic_source;

static void fill_information(const ig_model *model, const ig_parameter *p,
                             ig_safetensors_output *out) {
  out->rank = p->rank;
  out->values = model->gradients + p->offset;
  for (int k = 0; k < out->rank; k++) out->shape[k] = p->shape[k];
}

// false: the parameter is no layer's weight and no table of embeddings.
static bool fill_gram(const ig_gram_matrices *grams, const ig_parameter *p,
                      ig_safetensors_output *out) {
  const ig_gram_matrix *gram = ig_gram_matrices_find(grams, p);
  const ig_token_table *table = ig_token_frequencies_find(&grams->tokens, p);
  if (!gram && !table) return false;
  out->rank = gram ? 2 : 1;
  out->values = gram ? gram->values : table->values;
  for (int k = 0; k < out->rank; k++) out->shape[k] = gram ? gram->size : table->size;
  return true;
}

// Describes the statistic of one parameter; false: it has none.
static bool fill_output(const statistic_source *from, const ig_parameter *p,
                        ig_safetensors_output *out) {
  out->dtype = IG_DTYPE_F32;
  if (from->grams) return fill_gram(from->grams, p, out);
  fill_information(from->model, p, out);
  return true;
}

// Writes them under the names of the model's files.
static ig_status write_all(const ig_statistics *s, const statistic_source *from, const char *path,
                           ig_error *err) {
  const ig_fusion_plan *plan = s->args.plan;
  ig_safetensors_output *outputs = ig_allocate(plan->count, sizeof *outputs, err);
  size_t count = 0;
  if (!outputs) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_safetensor *source = find_source(s, &plan->tensors[i]);
    const ig_parameter *p = source ? ig_trained_tensors_find(from->model, source->name) : NULL;
    if (!p || !fill_output(from, p, &outputs[count])) continue;
    outputs[count++].name = source->name;
  }
  const ig_status status = ig_safetensors_write(path, outputs, count, err);
  free(outputs);
  return status;
}

static ig_status set_norm(const ig_statistics *s, double squares, ig_statistics_file *out,
                          ig_error *err) {
  out->norm = sqrt(squares);
  if (out->norm > 0 && isfinite(out->norm)) return IG_OK;
  return ig_fail(err, IG_ERROR_DIVERGED, "%s: statistics of norm %g", s->of->reference, out->norm);
}

// The model's gradients are not needed any more, and become the information in float32.
static ig_status write_information(const ig_statistics *s, const ig_model *model,
                                   const double *information, ig_statistics_file *out,
                                   ig_error *err) {
  double squares = 0;
  for (size_t i = 0; i < model->trained_count; i++) {
    squares += information[i] * information[i];
    model->gradients[i] = (float)information[i];
  }
  IG_TRY(set_norm(s, squares, out, err));
  return write_all(s, &(statistic_source){.model = model}, out->path, err);
}

static ig_status measure_information(ig_statistics *s, ig_model *model, double *information,
                                     ig_statistics_file *out, ig_error *err) {
  const ig_recipe *recipe = s->args.plan->recipe;
  const ig_fisher_information_args how = {.model = model,
                                          .labels = recipe->statistics->labels,
                                          .seed = recipe->seed,
                                          .data = &s->data,
                                          .name = s->of->reference,
                                          .threads = s->args.threads,
                                          .reporter = s->args.reporter,
                                          .interrupter = s->args.interrupter};
  IG_TRY(ig_fisher_information_measure(&how, information, err));
  return write_information(s, model, information, out, err);
}

static ig_status gather_information(ig_statistics *s, ig_model *model, ig_statistics_file *out,
                                    ig_error *err) {
  double *information = ig_allocate(model->trained_count, sizeof *information, err);
  if (!information) return IG_ERROR_MEMORY;
  const ig_status status = measure_information(s, model, information, out, err);
  free(information);
  return status;
}

static ig_status write_grams(const ig_statistics *s, const ig_model *model,
                             const ig_gram_matrices *grams, ig_statistics_file *out,
                             ig_error *err) {
  double squares = 0;
  for (size_t i = 0; i < grams->count; i++) {
    const ig_gram_matrix *g = &grams->items[i];
    squares += ig_sums_of_products(g->size * g->size, g->values, g->values);
  }
  for (size_t i = 0; i < grams->tokens.count; i++) {
    const ig_token_table *t = &grams->tokens.tables[i];
    squares += ig_sums_of_products(t->size, t->values, t->values);
  }
  IG_TRY(set_norm(s, squares, out, err));
  return write_all(s, &(statistic_source){.model = model, .grams = grams}, out->path, err);
}

static ig_status gather_grams(ig_statistics *s, const ig_model *model, ig_statistics_file *out,
                              ig_error *err) {
  const ig_gram_matrices_args how = {.model = model,
                                     .data = &s->data,
                                     .name = s->of->reference,
                                     .pool = s->pool,
                                     .reporter = s->args.reporter,
                                     .interrupter = s->args.interrupter};
  ig_gram_matrices grams;
  ig_status status = ig_gram_matrices_measure(&how, &grams, err);
  if (status == IG_OK) status = write_grams(s, model, &grams, out, err);
  ig_gram_matrices_free(&grams);
  return status;
}

ig_status ig_statistics_gather(ig_statistics *s, ig_statistics_file *out, ig_error *err) {
  ig_model *model = NULL;
  ig_report(s->args.reporter, IG_LEVEL_INFO, "statistics of %s", s->of->reference);
  ig_status status = ig_model_load(s->of->directory, &model, err);
  if (status == IG_OK) ig_trained_tensors_expose(model);
  if (status == IG_OK)
    status = is_of_grams(s->args.plan) ? gather_grams(s, model, out, err)
                                       : gather_information(s, model, out, err);
  ig_model_free(model);
  return status;
}

// ---- of the fused model's inputs ----------------------------------------------

typedef struct merged_gathering {
  ig_statistics *of;  // (count): of each model
  ig_statistics_file *out;
  size_t count;
  ig_learning learning;  // all of the request's data
  ig_learning_data data;
  double *shares;           // (count)(sets): of a set in a model's mean
  ig_gram_matrices *grams;  // (count)
  ig_model *model;
} merged_gathering;

static void fill_shares(merged_gathering *m, const ig_statistics_request *request) {
  for (size_t k = 0; k < m->count; k++) {
    double sum = 0;
    for (size_t s = 0; s < request->count; s++)
      if (is_for(&request->data[s], &m->of[k])) sum += request->data[s].weight;
    for (size_t s = 0; s < request->count; s++)
      m->shares[k * request->count + s] =
          is_for(&request->data[s], &m->of[k]) ? request->data[s].weight / sum : 0;
  }
}

// What was told of the data when each model's were opened is not told again.
static ig_status load_all_data(merged_gathering *m, ig_error *err) {
  const ig_statistics *s = &m->of[0];
  const ig_statistics_request *request = s->args.plan->recipe->statistics;
  const ig_config *config = ig_model_config(m->model);
  m->learning = s->learning;
  m->learning.data = request->data;
  m->learning.data_count = request->count;
  const ig_learning_data_args how = {.learning = &m->learning,
                                     .tokenizer = s->tokenizer,
                                     .pool = s->pool,
                                     .seed = s->args.plan->recipe->seed,
                                     .batch_tokens = INT32_MAX / 4,
                                     .config = config};
  return ig_learning_data_load(&how, &m->data, err);
}

static ig_status prepare_merged(merged_gathering *m, ig_error *err) {
  const ig_fusion_plan *plan = m->of[0].args.plan;
  IG_TRY(ig_model_load(ig_fusion_plan_donor(plan)->directory, &m->model, err));
  ig_trained_tensors_expose(m->model);
  IG_TRY(load_all_data(m, err));
  m->shares = ig_allocate(m->count * m->data.train_count, sizeof *m->shares, err);
  m->grams = ig_allocate(m->count, sizeof *m->grams, err);
  if (!m->shares || !m->grams) return IG_ERROR_MEMORY;
  fill_shares(m, plan->recipe->statistics);
  for (size_t k = 0; k < m->count; k++) IG_TRY(ig_gram_matrices_make(m->model, &m->grams[k], err));
  return IG_OK;
}

static ig_status gather_merged(merged_gathering *m, ig_error *err) {
  const ig_statistics *s = &m->of[0];
  ig_report(s->args.reporter, IG_LEVEL_INFO, "statistics of the fused model, layer by layer");
  IG_TRY(prepare_merged(m, err));
  const ig_merged_inputs_args how = {.plan = s->args.plan,
                                     .model = m->model,
                                     .data = &m->data,
                                     .shares = m->shares,
                                     .pool = s->pool,
                                     .reporter = s->args.reporter,
                                     .interrupter = s->args.interrupter};
  IG_TRY(ig_merged_inputs_measure(&how, m->grams, err));
  for (size_t k = 0; k < m->count; k++)
    IG_TRY(write_grams(&m->of[k], m->model, &m->grams[k], &m->out[k], err));
  return IG_OK;
}

ig_status ig_statistics_gather_merged(ig_statistics *statistics, ig_statistics_file *out,
                                      size_t count, ig_error *err) {
  merged_gathering m = {.of = statistics, .out = out, .count = count};
  const ig_status status = gather_merged(&m, err);
  for (size_t k = 0; m.grams && k < count; k++) ig_gram_matrices_free(&m.grams[k]);
  free(m.grams);
  free(m.shares);
  ig_learning_data_free(&m.data);
  ig_model_free(m.model);
  return status;
}

static ig_status check_donor(const ig_fusion_plan *plan, const ig_fuse_model *donor,
                             ig_error *err) {
  ig_config config;
  IG_TRY(ig_config_file_find(donor->directory, &config, err));
  IG_TRY(ig_learning_data_check_model(&config, donor->reference, plan->recipe->method->name, err));
  if (ig_config_decodes(&config) || !ig_statistics_are_merged(plan)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: it is an encoder without a decoder: expected statistics.inputs own, found "
                 "merged",
                 donor->reference);
}

ig_status ig_statistics_check(const ig_fusion_plan *plan, ig_problems *problems, ig_error *err) {
  const ig_fuse_model *donor = plan->models.count ? ig_fusion_plan_donor(plan) : NULL;
  ig_error why = {0};
  if (!plan->recipe->statistics || !donor || !donor->config || donor->stage) return IG_OK;
  const ig_status status = check_donor(plan, donor, &why);
  return status == IG_OK ? IG_OK : ig_problems_judge(problems, status, &why, err);
}

bool ig_statistics_are_merged(const ig_fusion_plan *plan) {
  return plan->recipe->statistics->inputs == IG_STATISTICS_INPUTS_MERGED;
}

size_t ig_statistics_memory(const ig_fusion_plan *plan) {
  size_t values = 0, of_grams = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    values += t->elements;
    of_grams += ig_planned_statistics_values(t);
    // Frequencies of tokens are doubles while they are added up.
    if (is_of_grams(plan) && t->rank == 2 && t->shape[0] > t->shape[1]) of_grams += 2 * t->shape[0];
  }
  const size_t models = plan->recipe->modules[0].slices->count;
  if (is_of_grams(plan) && ig_statistics_are_merged(plan)) of_grams *= models;
  if (is_of_grams(plan)) return (values + of_grams) * sizeof(float);
  return values * (2 * sizeof(float) + sizeof(double));  // values, gradient, and their squares
}

size_t ig_statistics_disk(const ig_fusion_plan *plan) {
  size_t values = 0;
  for (size_t i = 0; i < plan->count; i++)
    values += plan->tensors[i].inputs * ig_planned_statistics_values(&plan->tensors[i]);
  return values * sizeof(float);
}
