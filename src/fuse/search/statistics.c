#include "fuse/search/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/report.h"
#include "fuse/search/fisher_information.h"
#include "fuse/search/gram_matrices.h"
#include "fuse/search/trained_tensors.h"
#include "model/arch/foreign.h"
#include "model/files/config_file.h"
#include "model/files/load.h"
#include "numeric/sums.h"

// Pairs of a batch where a pass sees them all at once; of gradients each pair has its own.
enum { BATCH_PAIRS = 32 };

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

// Takes those pairs that are for every model, or for this one.
static ig_status choose_pairs(ig_statistics *s, ig_error *err) {
  const ig_statistics_request *request = s->args.plan->recipe->statistics;
  s->learning =
      (ig_learning){.key = "statistics", .batch_sentences = 1, .max_length = request->max_length};
  s->learning.data = ig_allocate(request->count, sizeof *s->learning.data, err);
  if (!s->learning.data) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < request->count; i++) {
    const char *model = request->data[i].model;
    if (!model || ig_fuse_models_is_same(model, s->of->reference))
      s->learning.data[s->learning.data_count++] = request->data[i];
  }
  return IG_OK;
}

static ig_status read_config(const char *directory, ig_config *out, ig_error *err) {
  ig_foreign foreign = {0};
  ig_status status = ig_foreign_open(directory, &foreign, err);
  if (status == IG_OK) status = ig_config_file_read(directory, &foreign, out, err);
  ig_foreign_close(&foreign);
  return status;
}

ig_status ig_statistics_open(const ig_statistics_args *args, ig_statistics *out, ig_error *err) {
  *out = (ig_statistics){.args = *args, .of = find_model(args)};
  const ig_recipe *recipe = args->plan->recipe;
  ig_config config;
  IG_TRY(choose_pairs(out, err));
  IG_TRY(read_config(out->of->directory, &config, err));
  if (!ig_config_decodes(&config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: %s needs models that translate: it is an encoder without a decoder",
                   out->of->reference, recipe->method->name);
  IG_TRY(ig_load_tokenizer(out->of->directory, &out->tokenizer, err));
  IG_TRY(ig_pool_create(args->threads, &out->pool, err));
  const ig_learning_data_args of_data = {.learning = &out->learning,
                                         .tokenizer = out->tokenizer,
                                         .pool = out->pool,
                                         .reporter = args->reporter,
                                         .seed = recipe->seed,
                                         .positions = config.positions.count,
                                         .decoder_start_id = config.decoder_start_id};
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

// Describes the statistic of one parameter; false: it has none.
static bool fill_output(const statistic_source *from, const ig_parameter *p,
                        ig_safetensors_output *out) {
  const ig_gram_matrix *gram = from->grams ? ig_gram_matrices_find(from->grams, p) : NULL;
  if (from->grams && !gram) return false;
  out->dtype = IG_DTYPE_F32;
  out->rank = gram ? 2 : p->rank;
  out->values = gram ? gram->values : from->model->gradients + p->offset;
  for (int k = 0; k < out->rank; k++) out->shape[k] = gram ? gram->size : p->shape[k];
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

size_t ig_statistics_memory(const ig_fusion_plan *plan) {
  size_t values = 0, of_grams = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    values += t->elements;
    of_grams += ig_planned_statistics_values(t);
  }
  if (is_of_grams(plan)) return (values + of_grams) * sizeof(float);
  return values * (2 * sizeof(float) + sizeof(double));  // values, gradient, and their squares
}
