// The product of extract_lora: a LoRA adapter out of a model and its base, in the layout of PEFT
// (io/lora.h). Of the difference D = U S V^T of each linear layer it keeps the r largest
// singular triplets, which give the nearest matrix of rank r (Eckart & Young 1936):
// A = sqrt(S) V^T, B = U sqrt(S), lora_alpha = r.
//
// A linear layer is a matrix NAME.weight that is no table of embeddings. A layer has the rank that
// the recipe asks of it, or the length of its shorter side if that is less; the adapter's r is the
// largest of those, and rank_pattern and alpha_pattern name the layers with less. Of a layer that
// is stored as (in, out) the transpose is decomposed, because PEFT adds the transpose of B A to it.
// All layers that differ are found first, so that each can be written to its place
// as soon as it is decomposed, and memory for the largest decomposition is enough.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/interrupt.h"
#include "base/path.h"
#include "base/report.h"
#include "fuse/method/extract_lora.h"
#include "numeric/svd.h"
#include "fuse/input/families.h"
#include "fuse/input/ties.h"
#include "fuse/run/fusion_product.h"
#include "fuse/run/values.h"
#include "io/json.h"

enum {
  BLOCK = 1 << 15,  // values that are read at a time; a longer row is read whole
  NAMED = 10,       // tensors that a warning names
  LEVEL = 64,       // bytes of a level of names
};
static const char suffix[] = ".weight";
static const char weights_name[] = "adapter_model.safetensors";

// ---- which layers -----------------------------------------------------------

static size_t shorter(const ig_plan_tensor *t) {
  return t->shape[0] < t->shape[1] ? t->shape[0] : t->shape[1];
}

// The rank of a layer's part; 0: the recipe asks for none.
static size_t rank_of(const ig_plan_tensor *t) {
  const size_t asked = (size_t)t->shared[IG_EXTRACT_LORA_RANK];
  return asked < shorter(t) ? asked : shorter(t);
}

static int stem_of(const ig_plan_tensor *t) { return (int)(strlen(t->name) - strlen(suffix)); }

// What comes before the name of a layer in the model that PEFT opens, "transformer." or "": the
// checkpoint of a base model alone lacks that level.
static void find_level(const ig_fusion_plan *plan, char level[LEVEL]) {
  const char *prefix = ig_families_head_prefix(ig_fusion_plan_donor(plan)->config);
  const size_t length = prefix ? strlen(prefix) : 0;
  bool stored = false;
  for (size_t i = 0; prefix && !stored && i < plan->count; i++)
    stored =
        strncmp(plan->tensors[i].name, prefix, length) == 0 && plan->tensors[i].name[length] == '.';
  snprintf(level, LEVEL, "%s%s", prefix && !stored ? prefix : "", prefix && !stored ? "." : "");
}

static bool is_transposed(const ig_fusion_plan *plan, const ig_plan_tensor *t) {
  return ig_families_stores_transposed(ig_fusion_plan_donor(plan)->config, t->name);
}

// Whether a tensor is a table of embeddings, which is looked up and multiplies nothing.
static bool is_table(const char *name) {
  static const char *const tables[] = {
      "emb", "wte.weight", "wpe.weight", "shared.weight", "relative_attention_bias", "positions."};
  bool table = ig_tensor_place_of(name).embeddings;
  for (size_t i = 0; !table && i < sizeof tables / sizeof *tables; i++)
    table = strstr(name, tables[i]) != NULL;
  return table;
}

static bool is_layer(const ig_plan_tensor *t) {
  const char *name = t->name;
  const bool weight = stem_of(t) > 0 && strcmp(name + stem_of(t), suffix) == 0;
  return weight && !is_table(name) && !t->copied && t->rank == 2 && t->elements > 0 &&
         rank_of(t) > 0;
}

// Counts the layers that the adapter may have a part for, and finds its rank.
static size_t count_layers(const ig_fusion_plan *plan, size_t *rank) {
  size_t count = 0;
  *rank = 0;
  for (size_t i = 0; i < plan->count; i++) {
    if (!is_layer(&plan->tensors[i])) continue;
    if (rank_of(&plan->tensors[i]) > *rank) *rank = rank_of(&plan->tensors[i]);
    count++;
  }
  return count;
}

static ig_dtype dtype_of(const ig_recipe *recipe) {
  return recipe->cast_out ? recipe->out_dtype : recipe->cast ? recipe->dtype : IG_DTYPE_F32;
}

// The most bytes that the values can take; layers without a difference will be left out.
static size_t adapter_bytes(const ig_fusion_plan *plan) {
  size_t values = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const ig_plan_tensor *t = &plan->tensors[i];
    if (is_layer(t)) values += (t->shape[0] + t->shape[1]) * rank_of(t);
  }
  return values * ig_dtype_size(dtype_of(plan->recipe));
}

// ---- checks -----------------------------------------------------------------

static ig_status check_recipe(const ig_recipe *recipe, const ig_fusion_request *request,
                              ig_error *err) {
  const char *name = recipe->method->name;
  if (request->shard_bytes)
    return ig_yaml_fail(recipe->root, err, "%s writes one file: shards are for models", name);
  if (!request->is_result)
    return ig_yaml_fail(recipe->root, err,
                        "%s makes an adapter, which no other recipe can use as a model", name);
  if (recipe->tokenizer.source)
    return ig_yaml_fail(recipe->root, err,
                        "%s: an adapter has the vocabulary of its base, no tokenizer of its own",
                        name);
  if (recipe->chat_template)
    return ig_yaml_fail(recipe->root, err, "%s: an adapter has no chat template of its own", name);
  if (recipe->missing != IG_MISSING_ERROR)
    return ig_yaml_fail(
        recipe->root, err,
        "%s: an adapter has the tensors of its base: 'missing_tensors' cannot be set", name);
  for (size_t i = 0; i < recipe->module_count; i++)
    for (size_t k = 0; k < recipe->modules[i].count; k++)
      if (recipe->modules[i].slices[k].sources[0].ranged)
        return ig_yaml_fail(recipe->root, err,
                            "%s: an adapter has the layers of its base: 'slices' cannot be set",
                            name);
  return IG_OK;
}

static ig_status check_plan(const ig_fusion_plan *plan, const ig_fusion_request *request,
                            ig_problems *problems, ig_error *err) {
  (void)request;
  size_t rank;
  if (problems->count || count_layers(plan, &rank) > 0) return IG_OK;
  return ig_problems_add(problems, NULL, err,
                         "%s: there is no linear layer (NAME.weight of two dimensions, no "
                         "embeddings) that has a 'rank'",
                         plan->recipe->method->name);
}

// ---- buffers ----------------------------------------------------------------

typedef struct extraction {
  const ig_fusion_plan *plan;
  ig_pool *pool;
  ig_staging *staging;
  const ig_reporter *reporter;
  const ig_interrupter *interrupter;
  size_t rank, block;            // the largest of a layer; values of a block
  float *tuned, *base, *lora;    // (block), (block), scratch for adapters that an input has
  char *svd;                     // memory of a decomposition
  float *a, *b;                  // (rank, columns), (rows, rank): of the layer at hand
  char *bytes;                   // the longer of those, converted
  const ig_plan_tensor **layer;  // the layers that differ
  size_t layers;
  char level[LEVEL];              // before the names of layers
  ig_safetensors_output *output;  // (layers, 2): A, B
  ig_safetensors_shard *file;
  size_t others;             // how many tensors differ and are no layers
  const char *other[NAMED];  // the first of them
  double squares, kept;      // sums of squared singular values: of all, of those in the adapter
} extraction;

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t columns_of(const ig_plan_tensor *t) {
  return t->rank == 2 && t->shape[1] ? t->shape[1] : 1;
}

static size_t lora_scratch(const extraction *e, const ig_plan_tensor *t) {
  return larger(ig_lora_scratch(&t->input[0].lora, e->block),
                ig_lora_scratch(&t->base.lora, e->block));
}

static void carve(extraction *e, ig_arena *arena) {
  size_t lora = 0, svd = 0, rows = 0, columns = 0;
  count_layers(e->plan, &e->rank);
  e->block = BLOCK;
  for (size_t i = 0; i < e->plan->count; i++)
    e->block = larger(e->block, columns_of(&e->plan->tensors[i]));
  for (size_t i = 0; i < e->plan->count; i++) {
    const ig_plan_tensor *t = &e->plan->tensors[i];
    lora = larger(lora, lora_scratch(e, t));
    if (!is_layer(t)) continue;
    svd = larger(svd, ig_svd_size(t->shape[0], t->shape[1]));
    rows = larger(rows, t->shape[0]);
    columns = larger(columns, t->shape[1]);
  }
  e->tuned = IG_TAKE(arena, float, e->block);
  e->base = IG_TAKE(arena, float, e->block);
  e->lora = IG_TAKE(arena, float, lora);
  e->svd = IG_TAKE(arena, char, svd);
  e->a = IG_TAKE(arena, float, e->rank *columns);
  e->b = IG_TAKE(arena, float, rows * e->rank);
  e->bytes = IG_TAKE(arena, char, e->rank *larger(rows, columns) * sizeof(float));
}

static size_t adapter_memory(const ig_fusion_plan *plan, int threads) {
  (void)threads;  // a decomposition is shared by all of them
  extraction e = {.plan = plan};
  ig_arena arena = ig_arena_measure();
  carve(&e, &arena);
  return arena.peak;
}

// ---- differences ------------------------------------------------------------

// Reads the difference of the tuned model from the base into the input of an SVD. If `into` is
// NULL, the difference is not stored. *differs: it is not zero everywhere.
static ig_status read_difference(const extraction *e, const ig_plan_tensor *t, const ig_svd *into,
                                 bool *differs, ig_error *err) {
  const size_t columns = columns_of(t), step = e->block / columns * columns;
  const ig_values_source tuned = {e->plan->recipe, t, &t->input[0], e->lora};
  const ig_values_source base = {e->plan->recipe, t, &t->base, e->lora};
  *differs = false;
  for (size_t first = 0; first < t->elements; first += step) {
    const size_t count = t->elements - first < step ? t->elements - first : step;
    IG_TRY(ig_values_read(&tuned, first, count, e->tuned, err));
    IG_TRY(ig_values_read(&base, first, count, e->base, err));
    for (size_t i = 0; i < count; i++) {
      const double d = (double)e->tuned[i] - (double)e->base[i];
      *differs |= d != 0;
      if (into) *ig_svd_at(into, (first + i) / columns, (first + i) % columns) = d;
    }
  }
  return IG_OK;
}

static ig_status find_layers(extraction *e, ig_error *err) {
  for (size_t i = 0; i < e->plan->count; i++) {
    const ig_plan_tensor *t = &e->plan->tensors[i];
    bool differs;
    if (t->copied) continue;
    IG_TRY(read_difference(e, t, NULL, &differs, err));
    if (!differs) continue;
    if (is_layer(t))
      e->layer[e->layers++] = t;
    else if (e->others++ < NAMED)
      e->other[e->others - 1] = t->name;
  }
  e->rank = 0;
  for (size_t i = 0; i < e->layers; i++) e->rank = larger(e->rank, rank_of(e->layer[i]));
  return e->layers ? IG_OK
                   : ig_fail(err, IG_ERROR_FORMAT,
                             "the models differ in no linear layer that has a 'rank': there is "
                             "nothing to extract");
}

// ---- one layer --------------------------------------------------------------

// Fills A and B of a layer, which are zeros beyond the rank of the difference.
static void take_triplets(extraction *e, const ig_plan_tensor *t, const ig_svd *svd) {
  const bool transposed = is_transposed(e->plan, t);
  const double *inner = transposed ? svd->left : svd->right,
               *outer = transposed ? svd->right : svd->left;
  const size_t out = t->shape[transposed], in = t->shape[!transposed], rank = rank_of(t),
               wanted = rank < svd->rank ? rank : svd->rank;
  memset(e->a, 0, rank * in * sizeof *e->a);
  memset(e->b, 0, out * rank * sizeof *e->b);
  for (size_t r = 0; r < wanted; r++) {
    const double root = sqrt(svd->values[r]);
    for (size_t i = 0; i < in; i++) e->a[r * in + i] = (float)(root * inner[r * in + i]);
    for (size_t i = 0; i < out; i++) e->b[i * rank + r] = (float)(root * outer[r * out + i]);
    e->kept += svd->values[r] * svd->values[r];
  }
  for (size_t r = 0; r < svd->rank; r++) e->squares += svd->values[r] * svd->values[r];
}

static ig_status write_values(const extraction *e, size_t index, const float *x, ig_error *err) {
  const ig_safetensors_output *to = &e->output[index];
  const size_t count = to->shape[0] * to->shape[1];
  const void *bytes;
  const ig_values_target target = {.dtype = to->dtype, .tensor = to->name, .bytes = e->bytes};
  IG_TRY(ig_values_convert(&target, 0, count, x, &bytes, err));
  return ig_safetensors_put(e->file, index, 0, bytes, count * ig_dtype_size(to->dtype), err);
}

static ig_status extract_layer(extraction *e, size_t index, ig_error *err) {
  const ig_plan_tensor *t = e->layer[index];
  const size_t place = (size_t)(t - e->plan->tensors);
  ig_svd svd = ig_svd_lay_out(t->shape[0], t->shape[1], e->svd);
  bool differs;
  if (e->staging->done[place]) return IG_OK;
  IG_TRY(read_difference(e, t, &svd, &differs, err));
  ig_svd_decompose(&svd, e->pool);
  take_triplets(e, t, &svd);
  IG_TRY(write_values(e, 2 * index, e->a, err));
  IG_TRY(write_values(e, 2 * index + 1, e->b, err));
  IG_TRY(ig_safetensors_flush(e->file, err));
  IG_TRY(ig_staging_mark_done(e->staging, place, err));
  return ig_staging_flush(e->staging, err);
}

// ---- the adapter ------------------------------------------------------------

// Describes one of the two matrices of a layer. part: "lora_A" or "lora_B".
static ig_status describe_part(const extraction *e, size_t layer, const char *part,
                               ig_safetensors_output *out, ig_error *err) {
  const ig_plan_tensor *t = e->layer[layer];
  const bool is_a = strcmp(part, "lora_A") == 0;
  const size_t size = strlen(t->name) + LEVEL + 64;
  const char *level = ig_tensor_place_of(t->name).head ? "" : e->level;
  char *name = ig_allocate(size, 1, err);
  if (!name) return IG_ERROR_MEMORY;
  snprintf(name, size, "base_model.model.%s%.*s.%s.weight", level, stem_of(t), t->name, part);
  *out = (ig_safetensors_output){.name = name, .dtype = dtype_of(e->plan->recipe), .rank = 2};
  const bool transposed = is_transposed(e->plan, t);
  out->shape[0] = is_a ? rank_of(t) : t->shape[transposed];
  out->shape[1] = is_a ? t->shape[!transposed] : rank_of(t);
  return IG_OK;
}

static ig_status begin_file(extraction *e, ig_error *err) {
  find_level(e->plan, e->level);
  e->output = ig_allocate(2 * e->layers, sizeof *e->output, err);
  if (!e->output) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < e->layers; i++) {
    IG_TRY(describe_part(e, i, "lora_A", &e->output[2 * i], err));
    IG_TRY(describe_part(e, i, "lora_B", &e->output[2 * i + 1], err));
  }
  return ig_staging_begin_weights(e->staging, weights_name, e->output, 2 * e->layers, &e->file,
                                  err);
}

// The layers by the lengths of their names, the longest first.
static int by_length(const void *a, const void *b) {
  const size_t x = strlen((*(const ig_plan_tensor *const *)a)->name),
               y = strlen((*(const ig_plan_tensor *const *)b)->name);
  return x != y ? (x > y ? -1 : 1)
                : strcmp((*(const ig_plan_tensor *const *)a)->name,
                         (*(const ig_plan_tensor *const *)b)->name);
}

// {"NAME": rank, …} for rank_pattern and alpha_pattern: empty if all layers have the same rank, and
// else of all layers. PEFT takes the first key that a module's name ends with, so that a name which
// ends with another one must come before it.
static json_t *make_pattern(const extraction *e, const ig_plan_tensor **sorted) {
  json_t *pattern = json_object();
  bool same = true, fine = pattern != NULL;
  for (size_t i = 0; i < e->layers; i++) same = same && rank_of(e->layer[i]) == e->rank;
  if (same) return pattern;
  memcpy(sorted, e->layer, e->layers * sizeof *sorted);
  qsort(sorted, e->layers, sizeof *sorted, by_length);
  for (size_t i = 0; fine && i < e->layers; i++)
    fine = json_object_setn_new(pattern, sorted[i]->name, (size_t)stem_of(sorted[i]),
                                json_integer((json_int_t)rank_of(sorted[i]))) == 0;
  if (fine) return pattern;
  json_decref(pattern);
  return NULL;
}

// PEFT adapts every module whose name ends with a target. Targets are whole names here, so that no
// other module's name ends with one.
static json_t *list_targets(const extraction *e) {
  json_t *targets = json_array();
  bool fine = targets != NULL;
  for (size_t i = 0; fine && i < e->layers; i++)
    fine = json_array_append_new(
               targets, json_stringn(e->layer[i]->name, (size_t)stem_of(e->layer[i]))) == 0;
  if (fine) return targets;
  json_decref(targets);
  return NULL;
}

static json_t *make_config(const extraction *e, const ig_plan_tensor **sorted) {
  const int rank = (int)e->rank;
  bool transposed = false;
  for (size_t i = 0; i < e->layers; i++) transposed |= is_transposed(e->plan, e->layer[i]);
  json_t *targets = list_targets(e), *pattern = targets ? make_pattern(e, sorted) : NULL;
  json_t *config =
      pattern ? json_pack("{s:s, s:n, s:s, s:i, s:i, s:f, s:s, s:b, s:b, s:b, s:O, s:O, s:O}",
                          "peft_type", "LORA", "task_type", "base_model_name_or_path",
                          ig_fusion_plan_donor(e->plan)->reference, "r", rank, "lora_alpha", rank,
                          "lora_dropout", 0.0, "bias", "none", "fan_in_fan_out", (int)transposed,
                          "use_rslora", 0, "inference_mode", 1, "target_modules", targets,
                          "rank_pattern", pattern, "alpha_pattern", pattern)
              : NULL;
  json_decref(targets);
  json_decref(pattern);
  return config;
}

static ig_status write_config(const extraction *e, ig_error *err) {
  IG_TRY(ig_staging_claim(e->staging, "adapter_config.json", err));
  const ig_plan_tensor **sorted = ig_allocate(e->layers, sizeof *sorted, err);
  if (!sorted) return IG_ERROR_MEMORY;
  json_t *config = make_config(e, sorted);
  const ig_status status =
      ig_json_save_in(e->staging->directory, "adapter_config.json", config, 17, err);
  json_decref(config);
  free(sorted);
  return status;
}

// Tells which tensors differ and have no part in the adapter.
static void report_others(const extraction *e) {
  char names[1024] = "", more[48] = "";
  if (e->others == 0) return;
  for (size_t i = 0; i < e->others && i < NAMED; i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.90s", i ? ", " : "",
             e->other[i]);
  if (e->others > NAMED) snprintf(more, sizeof more, " and %zu more", e->others - NAMED);
  ig_report(e->reporter, IG_LEVEL_WARNING,
            "%zu other tensor%s, where the adapter leaves what the base has: %s%s", e->others,
            e->others == 1 ? " differs" : "s differ", names, more);
}

// Lists the layers that PEFT opens in this way, the first ten. Returns their number. Where parts of
// other layers are merged only those count that have another rank than the adapter's.
static size_t list_openings(const extraction *e, ig_peft_opening opening, char *names,
                            size_t size) {
  size_t count = 0;
  names[0] = '\0';
  for (size_t i = 0; i < e->layers; i++) {
    const ig_plan_tensor *t = e->layer[i];
    if (ig_families_peft_opening(ig_fusion_plan_donor(e->plan)->config, t->name) != opening ||
        (opening == IG_PEFT_OPENING_MERGES && rank_of(t) == e->rank))
      continue;
    const size_t used = strlen(names);
    if (count++ < NAMED) snprintf(names + used, size - used, "%s%.90s", used ? ", " : "", t->name);
  }
  return count;
}

// Tells of which layers PEFT does not add the adapter, so that it would not make the tuned model.
static void report_openings(const extraction *e) {
  static const struct {
    ig_peft_opening opening;
    const char *text;
  } openings[] = {
      {IG_PEFT_OPENING_IGNORES,
       "transformers 5 has other names for them than this checkpoint, so that PEFT opens the "
       "adapter without effect on them; MODEL+ADAPTER of a recipe adds it"},
      {IG_PEFT_OPENING_MERGES,
       "transformers 5 merges or renames them, so that PEFT does not find their own ranks and "
       "fails with a size mismatch: take a rank that all layers have"},
      {IG_PEFT_OPENING_REFUSES,
       "PEFT refuses adapters of these layers, and with them the whole adapter: give 'rank' "
       "conditions that none of them meets"},
  };
  const char *type =
      json_string_value(json_object_get(ig_fusion_plan_donor(e->plan)->config, "model_type"));
  for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
    char names[1024], more[48] = "";
    const size_t count = list_openings(e, openings[i].opening, names, sizeof names);
    if (count == 0) continue;
    if (count > NAMED) snprintf(more, sizeof more, " and %zu more", count - NAMED);
    ig_report(e->reporter, IG_LEVEL_WARNING, "model_type %.60s: %zu layer%s: %s: %s%s",
              type ? type : "unknown", count, count == 1 ? "" : "s", openings[i].text, names, more);
  }
}

static void report_extraction(const extraction *e) {
  if (!e->staging->resumed)
    ig_report(e->reporter, IG_LEVEL_INFO,
              "rank %zu: %zu linear layers, %.4g%% of the squares of their differences", e->rank,
              e->layers, 100 * e->kept / e->squares);
  report_others(e);
  report_openings(e);
}

static ig_status extract_all(extraction *e, ig_error *err) {
  IG_TRY(ig_ties_check_copies(&e->plan->models, err));
  IG_TRY(find_layers(e, err));
  IG_TRY(begin_file(e, err));
  for (size_t i = 0; i < e->layers; i++) {
    ig_report_progress(
        e->reporter,
        &(ig_progress){
            .what = "extracting", .unit = "layers", .done = (double)i, .total = (double)e->layers});
    if (ig_interrupt_requested(e->interrupter))
      return ig_fail(err, IG_INTERRUPTED, "interrupted; the same command goes on");
    IG_TRY(extract_layer(e, i, err));
  }
  report_extraction(e);
  return write_config(e, err);
}

static ig_status extract_in_memory(extraction *e, ig_error *err) {
  ig_arena arena = ig_arena_measure();
  carve(e, &arena);
  IG_TRY(ig_arena_create(&arena, arena.peak, err));
  carve(e, &arena);
  e->layer = ig_allocate(e->plan->count, sizeof *e->layer, err);
  const ig_status status = e->layer ? extract_all(e, err) : IG_ERROR_MEMORY;
  ig_safetensors_end(e->file);
  for (size_t i = 0; e->output && i < 2 * e->layers; i++) free((char *)e->output[i].name);
  free(e->output);
  free(e->layer);
  ig_arena_free(&arena);
  return status;
}

// Writes adapter_config.json and adapter_model.safetensors, except layers that are done already.
// Layers without a difference are left out, and a warning tells of other tensors that differ. It is
// an error if no layer differs.
static ig_status write_adapter(const ig_fusion_writing *w, ig_error *err) {
  extraction e = {.plan = w->plan,
                  .pool = w->pool,
                  .staging = w->staging,
                  .reporter = w->reporter,
                  .interrupter = w->interrupter};
  IG_TRY(extract_in_memory(&e, err));
  IG_TRY(
      ig_contents_add_outputs(&w->provenance->contents, w->staging->directory, weights_name, err));
  return ig_provenance_hash(w->provenance, w->pool, err);
}

static void describe_adapter(const ig_fusion_plan *plan, FILE *out) {
  size_t rank;
  const size_t layers = count_layers(plan, &rank);
  fprintf(out, "an adapter of rank %zu for at most %zu linear layers, %.1f MB", rank, layers,
          (double)adapter_bytes(plan) / 1e6);
}

const ig_fusion_product ig_fusion_product_adapter = {
    .check_recipe = check_recipe,
    .check_plan = check_plan,
    .bytes = adapter_bytes,
    .memory = adapter_memory,
    .describe = describe_adapter,
    .write = write_adapter,
};
