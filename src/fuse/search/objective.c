#include "fuse/search/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/command.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/report.h"
#include "io/json.h"
#include "model/files/config_file.h"
#include "model/run/memory_plan.h"

// ---- before anything is made ------------------------------------------------

ig_status ig_objective_check(const ig_search_objective *what, const ig_fuse_options *options,
                             ig_error *err) {
  if (what->kind == IG_SEARCH_OBJECTIVE_KIND_COMMAND && !options->allow_commands)
    return ig_yaml_fail(what->node, err,
                        "the recipe runs a command, '%.200s': whoever trusts it allows commands",
                        what->command);
  if (what->kind == IG_SEARCH_OBJECTIVE_KIND_HELD_OUT && !options->score)
    return ig_yaml_fail(what->node, err,
                        "a search by a held-out score needs held-out data, or an 'objective'");
  return IG_OK;
}

static ig_status add_text(json_t *texts, const char *text, ig_error *err) {
  return json_array_append_new(texts, json_string(text)) ? ig_fail_memory(err) : IG_OK;
}

static ig_status add_objective(const ig_search_objective *what, const ig_fuse_options *options,
                               json_t *texts, ig_error *err) {
  const char *const files[] = {what->source, what->target, what->questions};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char hash[IG_HASH_TEXT];
    size_t bytes;
    if (!files[i]) continue;
    IG_TRY(ig_content_hash_file(files[i], IG_HASH_XXH3, hash, &bytes, err));
    IG_TRY(add_text(texts, hash, err));
  }
  if (what->kind != IG_SEARCH_OBJECTIVE_KIND_HELD_OUT || !options->score_identity) return IG_OK;
  return add_text(texts, options->score_identity, err);
}

// The stamps of a model's files.
static ig_status add_model(const char *directory, json_t *texts, ig_error *err) {
  ig_listing listing;
  ig_status status = ig_listing_read(directory, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    char stamp[IG_STAMP_TEXT];
    size_t bytes;
    char *path = ig_path_join(directory, listing.names[i], err);
    status = path ? ig_file_stamp(path, stamp, &bytes, err) : IG_ERROR_MEMORY;
    if (status == IG_OK) status = add_text(texts, stamp, err);
    free(path);
  }
  ig_listing_free(&listing);
  return status;
}

// Those of all models that stand among listed values: the plan has but one of them.
static ig_status add_listed_models(const ig_search_parameter *parameter, json_t *texts,
                                   ig_error *err) {
  for (size_t i = 0; i < json_array_size(parameter->listed); i++) {
    const char *value = json_string_value(json_array_get(parameter->listed, i));
    if (value && ig_file_exists_in(value, "config.json")) IG_TRY(add_model(value, texts, err));
  }
  return IG_OK;
}

ig_status ig_objective_identify(const ig_search_space *space, const ig_fuse_options *options,
                                const char *models, char identity[IG_HASH_TEXT], ig_error *err) {
  json_t *texts = json_pack("[s, O]", models, space->document);
  ig_status status = texts ? IG_OK : ig_fail_memory(err);
  for (size_t i = 0; status == IG_OK && i < space->objective_count; i++)
    status = add_objective(&space->objectives[i], options, texts, err);
  for (size_t i = 0; status == IG_OK && i < space->count; i++)
    status = add_listed_models(&space->parameters[i], texts, err);
  char *text = status == IG_OK ? ig_json_text_for_hash(texts) : NULL;
  if (status == IG_OK && !text) status = ig_fail_memory(err);
  if (text) ig_content_hash_text(text, strlen(text), identity);
  free(text);
  json_decref(texts);
  return status;
}

// ---- files ------------------------------------------------------------------

static ig_status add_line(ig_objective_lines *lines, const char *line, size_t length,
                          ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&lines->items, &lines->capacity, lines->count + 1,
                          sizeof *lines->items, err));
  char *copy = ig_allocate_copy(line, length, err);
  if (!copy) return IG_ERROR_MEMORY;
  lines->items[lines->count++] = copy;
  return IG_OK;
}

static ig_status read_all(ig_lines *file, ig_objective_lines *out, ig_error *err) {
  for (;;) {
    const char *line;
    size_t length;
    IG_TRY(ig_lines_next(file, &line, &length, err));
    if (!line) return IG_OK;
    IG_TRY(add_line(out, line, length, err));
  }
}

static ig_status read_lines(const ig_fuse_options *options, const char *path,
                            ig_objective_lines *out, ig_error *err) {
  const ig_lines_options how = {.reporter = options->reporter, .interrupter = options->interrupter};
  ig_lines *file;
  IG_TRY(ig_lines_open(path, &how, &file, err));
  const ig_status status = read_all(file, out, err);
  ig_lines_close(file);
  return status;
}

static ig_status open_pairs(ig_objective *o, ig_error *err) {
  const ig_search_objective *w = o->what;
  IG_TRY(read_lines(o->options, w->source, &o->lines[0], err));
  IG_TRY(read_lines(o->options, w->target, &o->lines[1], err));
  if (o->lines[0].count != o->lines[1].count || o->lines[0].count == 0)
    return ig_yaml_fail(w->node, err, "%s has %zu lines, %s has %zu: expected as many, and some",
                        w->source, o->lines[0].count, w->target, o->lines[1].count);
  o->pairs = ig_held_out_options_default();
  o->pairs.sources = (const char *const *)o->lines[0].items;
  o->pairs.references = (const char *const *)o->lines[1].items;
  o->pairs.count = o->lines[0].count;
  o->pairs.score.metric = w->metric;
  o->pairs.loss = w->loss;
  o->pairs.beam_size = w->beam_size;
  o->pairs.threads = o->options->threads;
  o->pairs.interrupter = o->options->interrupter;
  return IG_OK;
}

static ig_status open_questions(ig_objective *o, ig_error *err) {
  ig_held_out_questions_options how = ig_held_out_questions_options_default();
  how.exact = o->what->exact;
  how.answering.threads = o->options->threads;
  how.answering.interrupter = o->options->interrupter;
  how.answering.beam_size = o->what->beam_size;
  how.reporter = &o->options->reporter;
  return ig_held_out_questions_open(o->what->questions, &how, &o->questions, err);
}

ig_status ig_objective_open(const ig_search_objective *what, const ig_fuse_options *options,
                            ig_objective *out, ig_error *err) {
  *out = (ig_objective){.what = what, .options = options};
  IG_TRY(ig_objective_check(what, options, err));
  if (what->kind == IG_SEARCH_OBJECTIVE_KIND_PAIRS) return open_pairs(out, err);
  if (what->kind == IG_SEARCH_OBJECTIVE_KIND_QUESTIONS) return open_questions(out, err);
  return IG_OK;
}

void ig_objective_close(ig_objective *o) {
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < o->lines[side].count; i++) free(o->lines[side].items[i]);
    free(o->lines[side].items);
  }
  ig_held_out_questions_free(o->questions);
  *o = (ig_objective){0};
}

// ---- scores -----------------------------------------------------------------

static ig_status ask_command(const ig_objective *o, const char *directory, double *score,
                             ig_error *err) {
  const ig_status status =
      ig_command_number(o->what->command, directory, o->options->interrupter, score, err);
  if (status == IG_OK || status == IG_INTERRUPTED || status == IG_ERROR_MEMORY) return status;
  return ig_fail_in(err, status, "%s:%d: %s", o->what->node->file, o->what->node->line,
                    o->what->node->path);
}

// Lines that the vocabulary lacks say nothing of a model: a search over them finds nothing.
static ig_status score_pairs(ig_objective *o, const char *directory, double *score, ig_error *err) {
  ig_translate_stats stats = {0};
  const ig_search_objective *w = o->what;
  o->pairs.stats = &stats;
  const ig_status status = ig_score_held_out(&o->pairs, directory, score, err);
  o->pairs.stats = NULL;
  if (status != IG_OK || o->told) return status;
  o->told = true;
  const size_t sources = stats.unknown_sources + stats.empty;
  if (sources)
    ig_report(&o->options->reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu lines have pieces that the vocabulary lacks", w->source, sources,
              o->pairs.count);
  if (stats.unknown_targets)
    ig_report(&o->options->reporter, IG_LEVEL_WARNING,
              "%s: %zu of %zu lines have pieces that the vocabulary lacks", w->target,
              stats.unknown_targets, o->pairs.count);
  return IG_OK;
}

ig_status ig_objective_score(ig_objective *o, const char *directory, double *score, ig_error *err) {
  switch (o->what->kind) {
    case IG_SEARCH_OBJECTIVE_KIND_HELD_OUT: break;
    case IG_SEARCH_OBJECTIVE_KIND_PAIRS: IG_TRY(score_pairs(o, directory, score, err)); break;
    case IG_SEARCH_OBJECTIVE_KIND_QUESTIONS:
      IG_TRY(ig_score_held_out_questions(o->questions, directory, score, err));
      break;
    case IG_SEARCH_OBJECTIVE_KIND_COMMAND: IG_TRY(ask_command(o, directory, score, err)); break;
  }
  if (isfinite(*score)) return IG_OK;
  return ig_yaml_fail(o->what->node, err, "a score of %g", *score);
}

// ---- memory -----------------------------------------------------------------

static bool loads_models(const ig_recipe *recipe) {
  const ig_search_space *space = recipe->search;
  if (recipe->method->needs_scores) return true;
  for (size_t i = 0; space && i < space->objective_count; i++)
    if (space->objectives[i].kind != IG_SEARCH_OBJECTIVE_KIND_COMMAND) return true;
  return false;
}

// Packed as it runs, which CPUs do differently; 0: that is not known before it is made, because its
// layers are others than the donor's, or nothing here can run it.
static size_t packed_bytes(const ig_fusion_plan *plan) {
  ig_config config;
  ig_memory_plan memory;
  ig_error unknown;
  const ig_memory_plan_sizes sizes = {.tokens = 1, .length = 1, .beam_size = 1, .threads = 1};
  if (plan->stack_count ||
      ig_config_file_find(ig_fusion_plan_donor(plan)->directory, &config, &unknown) != IG_OK ||
      ig_memory_plan_of(&config, &sizes, &memory, &unknown) != IG_OK)
    return 0;
  return memory.running.weights;
}

size_t ig_objective_memory(const ig_fusion_plan *plan) {
  size_t values = 0;
  if (!loads_models(plan->recipe)) return 0;
  const size_t packed = packed_bytes(plan);
  if (packed) return packed;
  for (size_t i = 0; i < plan->count; i++) values += plan->tensors[i].elements;
  return values * sizeof(float);
}
