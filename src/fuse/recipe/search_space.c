#include "fuse/recipe/search_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { MOST_EVALUATIONS = 1000000, USUAL_EVALUATIONS = 60, MOST_PARAMETERS = 64 };

static const char *const search_keys[] = {"parameters", "method",     "evaluations",
                                          "objective",  "objectives", "seed"};
static const char *const objective_keys[] = {"source", "target", "questions", "command",
                                             "metric", "weight", "beam_size"};

// ---- parameters -------------------------------------------------------------

static ig_status read_listed(const ig_yaml_node *node, ig_search_parameter *out, ig_error *err) {
  static const char *const keys[] = {"values"};
  IG_TRY(ig_yaml_check_keys(node, keys, COUNT(keys), err));
  const ig_yaml_node *values = ig_yaml_get(node, "values");
  if (!values || values->kind != IG_YAML_SEQUENCE || values->count == 0)
    return ig_yaml_fail(node, err, "expected {values: [...]} with at least one value");
  for (size_t i = 0; i < values->count; i++)
    if (values->children[i]->kind != IG_YAML_SCALAR)
      return ig_yaml_fail(values->children[i], err, "expected a number or a word");
  out->listed = ig_yaml_to_json(values);
  return out->listed ? IG_OK : ig_fail_memory(err);
}

static ig_status read_parameter(const ig_yaml_node *parameters, size_t index,
                                ig_search_parameter *out, ig_error *err) {
  const ig_yaml_node *node = parameters->children[index];
  out->name = parameters->keys[index];
  if (node->kind == IG_YAML_MAP) return read_listed(node, out, err);
  if (node->kind != IG_YAML_SEQUENCE || node->count != 2)
    return ig_yaml_fail(node, err, "expected a range [least, most], or {values: [...]} for a grid");
  IG_TRY(ig_yaml_numbers(parameters, out->name, 2, out->range, err));
  if (isfinite(out->range[0]) && isfinite(out->range[1]) && out->range[0] < out->range[1])
    return IG_OK;
  return ig_yaml_fail(node, err, "expected [least, most] with least below most, found [%g, %g]",
                      out->range[0], out->range[1]);
}

static ig_status read_parameters(const ig_yaml_node *search, ig_search_space *out, ig_error *err) {
  const ig_yaml_node *parameters;
  IG_TRY(ig_yaml_map(search, "parameters", &parameters, err));
  if (!parameters || parameters->count == 0)
    return ig_yaml_fail(search, err, "has no 'parameters'");
  if (parameters->count > MOST_PARAMETERS)
    return ig_yaml_fail(parameters, err, "expected at most %d parameters, found %zu",
                        MOST_PARAMETERS, parameters->count);
  out->parameters = ig_allocate(parameters->count, sizeof *out->parameters, err);
  if (!out->parameters) return IG_ERROR_MEMORY;
  for (; out->count < parameters->count; out->count++)
    IG_TRY(read_parameter(parameters, out->count, &out->parameters[out->count], err));
  for (size_t i = 0; i < out->count; i++)
    if (out->method == IG_SEARCH_METHOD_CMA_ES && out->parameters[i].listed)
      return ig_yaml_fail(parameters->children[i], err,
                          "cma_es needs a range [least, most]; a grid takes listed values");
  return IG_OK;
}

// ---- objectives -------------------------------------------------------------

// The metrics of which more is better.
static const char *const pairs_words[] = {"bleu",   "chrf",      "rouge1", "rouge2",
                                          "rougeL", "rougeLsum", "loss"};
static const ig_metric pairs_metrics[] = {IG_METRIC_BLEU,    IG_METRIC_CHRF,
                                          IG_METRIC_ROUGE_1, IG_METRIC_ROUGE_2,
                                          IG_METRIC_ROUGE_L, IG_METRIC_ROUGE_LSUM};
static const char *const questions_words[] = {"f1", "exact"};
static const ig_yaml_words pairs_list = {pairs_words, COUNT(pairs_words),
                                         "bleu, chrf, rouge1, rouge2, rougeL, rougeLsum or loss"};
static const ig_yaml_words questions_list = {questions_words, COUNT(questions_words),
                                             "f1 or exact"};

static ig_status read_metric(const ig_yaml_node *node, ig_search_objective *out, ig_error *err) {
  const ig_yaml_node *given = ig_yaml_get(node, "metric");
  size_t index = 0;
  if (out->kind == IG_SEARCH_OBJECTIVE_KIND_PAIRS) {
    IG_TRY(ig_yaml_word(node, "metric", &pairs_list, 0, &index, err));
    out->loss = index == COUNT(pairs_metrics);
    if (!out->loss) out->metric = pairs_metrics[index];
  } else if (out->kind == IG_SEARCH_OBJECTIVE_KIND_QUESTIONS) {
    IG_TRY(ig_yaml_word(node, "metric", &questions_list, 0, &index, err));
    out->exact = index == 1;
  } else if (given) {
    return ig_yaml_fail(given, err, "has no effect on a command");
  }
  return IG_OK;
}

static ig_status read_kind(const ig_yaml_node *node, ig_search_objective *out, ig_error *err) {
  const bool is_pairs = out->source || out->target;
  if (is_pairs + (out->questions != NULL) + (out->command != NULL) != 1)
    return ig_yaml_fail(node, err,
                        "expected one of 'source' with 'target', 'questions' and 'command'");
  if (is_pairs && !(out->source && out->target))
    return ig_yaml_fail(node, err, "has no '%s'", out->source ? "target" : "source");
  out->kind = is_pairs         ? IG_SEARCH_OBJECTIVE_KIND_PAIRS
              : out->questions ? IG_SEARCH_OBJECTIVE_KIND_QUESTIONS
                               : IG_SEARCH_OBJECTIVE_KIND_COMMAND;
  return IG_OK;
}

static ig_status read_objective_map(const ig_yaml_node *node, ig_search_objective *out,
                                    ig_error *err) {
  IG_TRY(ig_yaml_check_keys(node, objective_keys, COUNT(objective_keys), err));
  IG_TRY(ig_yaml_string(node, "source", NULL, &out->source, err));
  IG_TRY(ig_yaml_string(node, "target", NULL, &out->target, err));
  IG_TRY(ig_yaml_string(node, "questions", NULL, &out->questions, err));
  IG_TRY(ig_yaml_string(node, "command", NULL, &out->command, err));
  IG_TRY(read_kind(node, out, err));
  IG_TRY(read_metric(node, out, err));
  if ((out->command || out->loss) && ig_yaml_get(node, "beam_size"))
    return ig_yaml_fail(ig_yaml_get(node, "beam_size"), err, "has no effect on a %s",
                        out->loss ? "loss" : "command");
  IG_TRY(ig_yaml_int(node, "beam_size", 0, &out->beam_size, err));
  if (out->beam_size < 0 || out->beam_size > 1000)
    return ig_yaml_fail(ig_yaml_get(node, "beam_size"), err, "expected 1 to 1000, found %d",
                        out->beam_size);
  IG_TRY(ig_yaml_number(node, "weight", 1, &out->weight, err));
  if (out->weight > 0 && isfinite(out->weight)) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(node, "weight"), err, "expected a number above 0, found %g",
                      out->weight);
}

static ig_status read_objective(const ig_yaml_node *node, const char *name,
                                ig_search_objective *out, ig_error *err) {
  *out = (ig_search_objective){.node = node, .name = name, .weight = 1};
  if (node->kind == IG_YAML_MAP) return read_objective_map(node, out, err);
  if (node->kind == IG_YAML_SCALAR && strcmp(node->scalar, "held_out") == 0) return IG_OK;
  return ig_yaml_fail(node, err,
                      "expected held_out, or a map with 'source' and 'target', with 'questions', "
                      "or with 'command'");
}

// Without an objective it is what the caller scores by.
static ig_status read_objectives(const ig_yaml_node *search, ig_search_space *out, ig_error *err) {
  const ig_yaml_node *one = ig_yaml_get(search, "objective"), *several;
  IG_TRY(ig_yaml_map(search, "objectives", &several, err));
  if (one && several)
    return ig_yaml_fail(several, err, "expected one of 'objective' and 'objectives'");
  if (several && several->count == 0) return ig_yaml_fail(several, err, "an empty map");
  const size_t count = several ? several->count : 1;
  out->objectives = ig_allocate(count, sizeof *out->objectives, err);
  if (!out->objectives) return IG_ERROR_MEMORY;
  out->objective_count = count;
  if (one) return read_objective(one, "score", &out->objectives[0], err);
  if (!several) {
    out->objectives[0] = (ig_search_objective){.node = search, .name = "score", .weight = 1};
    return IG_OK;
  }
  for (size_t i = 0; i < count; i++)
    IG_TRY(read_objective(several->children[i], several->keys[i], &out->objectives[i], err));
  return IG_OK;
}

// ---- names in the recipe ----------------------------------------------------

static ig_status add_use(ig_search_space *space, const ig_yaml_node *node, ig_error *err) {
  const char *names[MOST_PARAMETERS];
  const char *name = node->scalar + 1;
  size_t index = 0;
  for (size_t i = 0; i < space->count; i++) names[i] = space->parameters[i].name;
  while (index < space->count && strcmp(names[index], name) != 0) index++;
  if (index == space->count) {
    const char *nearest = ig_nearest_word(name, names, space->count);
    return ig_yaml_fail(node, err, "'%.100s' is none of search.parameters%s%s%s", node->scalar,
                        nearest ? "; did you mean '$" : "", nearest ? nearest : "",
                        nearest ? "'?" : "");
  }
  IG_TRY(ig_allocate_more((void **)&space->uses, &space->use_capacity, space->use_count + 1,
                          sizeof *space->uses, err));
  space->uses[space->use_count++] = (ig_search_use){node, index};
  return IG_OK;
}

static ig_status find_uses(ig_search_space *space, const ig_yaml_node *node, ig_error *err) {
  if (node->kind == IG_YAML_SCALAR)
    return node->scalar[0] == '$' ? add_use(space, node, err) : IG_OK;
  for (size_t i = 0; i < node->count; i++) IG_TRY(find_uses(space, node->children[i], err));
  return IG_OK;
}

static ig_status check_all_used(const ig_search_space *space, const ig_yaml_node *parameters,
                                ig_error *err) {
  for (size_t i = 0; i < space->count; i++) {
    bool used = false;
    for (size_t k = 0; k < space->use_count && !used; k++) used = space->uses[k].parameter == i;
    if (!used)
      return ig_yaml_fail(parameters->children[i], err, "'$%.100s' stands nowhere in the recipe",
                          space->parameters[i].name);
  }
  return IG_OK;
}

// ---- the whole --------------------------------------------------------------

// Of listed values alone, a grid has as many points as there are combinations.
static ig_status read_evaluations(const ig_yaml_node *search, ig_search_space *out, ig_error *err) {
  double combinations = 1;
  bool has_range = false;
  for (size_t i = 0; i < out->count; i++) {
    has_range |= !out->parameters[i].listed;
    if (out->parameters[i].listed)
      combinations *= (double)json_array_size(out->parameters[i].listed);
    else
      combinations *= 2;
  }
  const bool is_grid = out->method == IG_SEARCH_METHOD_GRID;
  const int usual =
      is_grid && !has_range ? (int)fmin(combinations, MOST_EVALUATIONS) : USUAL_EVALUATIONS;
  IG_TRY(ig_yaml_int(search, "evaluations", usual, &out->evaluations, err));
  const ig_yaml_node *given = ig_yaml_get(search, "evaluations");
  if (out->evaluations < 1 || out->evaluations > MOST_EVALUATIONS)
    return ig_yaml_fail(given, err, "expected 1 to %d, found %d", MOST_EVALUATIONS,
                        out->evaluations);
  if (!is_grid || combinations <= out->evaluations) return IG_OK;
  return ig_yaml_fail(given ? given : search, err,
                      "the grid has at least %.0f points, of which 'evaluations' allows %d",
                      combinations, out->evaluations);
}

static ig_status read_space(const ig_yaml_node *search, ig_search_space *out, ig_error *err) {
  static const char *const methods[] = {
      [IG_SEARCH_METHOD_CMA_ES] = "cma_es", [IG_SEARCH_METHOD_GRID] = "grid"};
  const ig_yaml_words list = {methods, COUNT(methods), "cma_es or grid"};
  size_t method;
  IG_TRY(ig_yaml_check_keys(search, search_keys, COUNT(search_keys), err));
  IG_TRY(ig_yaml_word(search, "method", &list, IG_SEARCH_METHOD_CMA_ES, &method, err));
  out->method = (ig_search_method)method;
  IG_TRY(read_parameters(search, out, err));
  IG_TRY(read_objectives(search, out, err));
  if (out->method == IG_SEARCH_METHOD_GRID && ig_yaml_get(search, "seed"))
    return ig_yaml_fail(ig_yaml_get(search, "seed"), err,
                        "has no effect on a grid: nothing is drawn");
  IG_TRY(ig_yaml_u64(search, "seed", 0, &out->seed, err));
  return read_evaluations(search, out, err);
}

static void take_out(const ig_yaml_node *document) {
  for (size_t i = 0; i < document->count; i++)
    if (strcmp(document->keys[i], "search") == 0) {
      ig_yaml_drop(document, i);
      return;
    }
}

static ig_status read_document(const ig_yaml_node *document, const ig_yaml_node *search,
                               ig_search_space *out, ig_error *err) {
  out->node = search;
  IG_TRY(read_space(search, out, err));
  out->document = ig_yaml_to_json(document);
  if (!out->document) return ig_fail_memory(err);
  take_out(document);
  IG_TRY(find_uses(out, document, err));
  return check_all_used(out, ig_yaml_get(search, "parameters"), err);
}

ig_status ig_search_space_read(const ig_yaml_node *document, ig_search_space **out, ig_error *err) {
  const ig_yaml_node *search;
  *out = NULL;
  IG_TRY(ig_yaml_map(document, "search", &search, err));
  if (!search) return IG_OK;
  ig_search_space *space = ig_allocate(1, sizeof *space, err);
  if (!space) return IG_ERROR_MEMORY;
  const ig_status status = read_document(document, search, space, err);
  if (status == IG_OK)
    *out = space;
  else
    ig_search_space_free(space);
  return status;
}

void ig_search_space_free(ig_search_space *space) {
  if (!space) return;
  for (size_t i = 0; i < space->count; i++) json_decref(space->parameters[i].listed);
  free(space->parameters);
  free(space->objectives);
  free(space->uses);
  json_decref(space->document);
  free(space);
}

// ---- values -----------------------------------------------------------------

static json_t *round_into(const double range[2], double at) {
  const double width = range[1] - range[0], exact = range[0] + width * at;
  const int decimals = (int)fmin(fmax(4 - floor(log10(width)), 0), 15);
  char text[400];  // the longest double has 309 digits before the point
  double value;
  ig_number_format(text, sizeof text, "%.*f", decimals, exact);
  if (!ig_number_parse(text, &value)) value = exact;
  return json_real(fmin(fmax(value, range[0]), range[1]) + 0.0);  // no -0
}

json_t *ig_search_space_value(const ig_search_parameter *p, double at) {
  if (!p->listed) return round_into(p->range, at);
  const size_t count = json_array_size(p->listed), index = (size_t)(at * (double)count);
  return json_incref(json_array_get(p->listed, index < count ? index : count - 1));
}

size_t ig_search_space_checks(const ig_search_parameter *p) {
  return p->listed ? json_array_size(p->listed) : 2;
}

double ig_search_space_check(const ig_search_parameter *p, size_t index) {
  return p->listed ? ((double)index + 0.5) / (double)json_array_size(p->listed) : (double)index;
}

ig_status ig_search_space_put(const ig_search_space *space, ig_yaml *yaml, size_t parameter,
                              double at, ig_error *err) {
  json_t *value = ig_search_space_value(&space->parameters[parameter], at);
  ig_status status = value ? IG_OK : ig_fail_memory(err);
  for (size_t i = 0; status == IG_OK && i < space->use_count; i++)
    if (space->uses[i].parameter == parameter)
      status = ig_yaml_make_json(yaml, space->uses[i].node, value, err);
  json_decref(value);
  return status;
}

ig_status ig_search_space_put_middle(const ig_search_space *space, ig_yaml *yaml, ig_error *err) {
  for (size_t i = 0; i < space->count; i++) IG_TRY(ig_search_space_put(space, yaml, i, 0.5, err));
  return IG_OK;
}
