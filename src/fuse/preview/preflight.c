#include "fuse/preview/preflight.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/path.h"
#include "fuse/preview/config_notes.h"
#include "fuse/run/fusion_product.h"
#include "fuse/run/staging.h"
#include "fuse/input/donor_files.h"
#include "fuse/input/ties.h"
#include "fuse/preview/same_vocabulary.h"
#include "fuse/preview/shortlist_notes.h"
#include "fuse/search/learn.h"
#include "fuse/search/objective.h"
#include "fuse/search/statistics.h"
#include "io/json.h"
#include "io/lora_base.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

// ---- models -----------------------------------------------------------------

// A key of config.json in two models.
typedef struct key_comparison {
  const ig_fuse_model *a, *b;
  const char *key;
  const char *rest;  // what the message ends in
} key_comparison;

static ig_status compare_key(const key_comparison *c, bool *same, ig_problems *problems,
                             ig_error *err) {
  json_t *x = json_object_get(c->a->config, c->key), *y = json_object_get(c->b->config, c->key);
  *same = !x || !y || json_equal(x, y);
  if (*same) return IG_OK;
  char *first = ig_json_text(x, JSON_ENCODE_ANY | JSON_COMPACT),
       *second = ig_json_text(y, JSON_ENCODE_ANY | JSON_COMPACT);
  const ig_status status =
      first && second
          ? ig_problems_add(problems, NULL, err,
                            "config.json: %s is %.100s in %s, but %.100s in %s%s", c->key, first,
                            c->a->reference, second, c->b->reference, c->rest)
          : ig_fail_memory(err);
  free(first);
  free(second);
  return status;
}

// Models of two types are of two architectures. *same false: everything else differs, too, and one
// problem is enough.
static ig_status compare_types(const ig_fusion_plan *plan, const ig_fuse_model *m, bool *same,
                               ig_problems *problems, ig_problems *notes, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const bool is_allowed = plan->recipe->allows_architectures;
  const key_comparison types = {
      donor, m, "model_type",
      is_allowed ? ": they are fused because the recipe allows it"
                 : ": where their tensors fit all the same, `allow: [architecture]` in the recipe "
                   "fuses them"};
  IG_TRY(compare_key(&types, same, is_allowed ? notes : problems, err));
  *same = *same || is_allowed;
  return IG_OK;
}

static ig_status note_renames(const ig_renames *renames, ig_problems *notes, ig_error *err) {
  for (size_t i = 0; i < renames->count; i++)
    if (!renames->items[i].used)
      IG_TRY(ig_problems_add(notes, NULL, err, "rename: '%s': no tensor is renamed by it",
                             renames->items[i].from));
  return IG_OK;
}

static bool is_made(const ig_fuse_model *m) { return m->tensors && !m->not_made_yet; }

// Names how the weights are quantised; NULL: they are not, as far as config.json tells.
static const char *find_quantization(const json_t *config) {
  static const char *const sections[] = {"text_config", "language_config", "llm_config"};
  const json_t *how = json_object_get(config, "quantization_config");
  for (size_t i = 0; !json_is_object(how) && i < COUNT(sections); i++)
    how = json_object_get(json_object_get(config, sections[i]), "quantization_config");
  if (!json_is_object(how)) return NULL;
  const char *method = json_string_value(json_object_get(how, "quant_method"));
  return method ? method : "a method that it does not name";
}

// Quantised weights are whole numbers and scales: no mean of them is that of the weights.
static ig_status refuse_quantised(const ig_fusion_plan *plan, const ig_fuse_model *m,
                                  ig_problems *problems, ig_error *err) {
  const char *method = find_quantization(m->config);
  const bool is_copied = strcmp(plan->recipe->method->name, "passthrough") == 0 &&
                         !plan->recipe->cast && !plan->recipe->cast_out;
  if (!method || is_copied) return IG_OK;
  return ig_problems_add(
      problems, NULL, err,
      "config.json: quantization_config: the weights of %s are quantised by "
      "%.60s, and such weights cannot be fused: take the model as it was before, "
      "or write it without quantisation",
      m->reference, method);
}

static ig_status note_int8(const ig_fuse_model *m, ig_problems *notes, ig_error *err) {
  const size_t count = is_made(m) ? ig_safetensors_quantized_count(m->tensors) : 0;
  if (!count) return IG_OK;
  return ig_problems_add(notes, NULL, err,
                         "%s: %zu tensors of int8 are read as float32: scale times integer",
                         m->reference, count);
}

static ig_status note_files_of(const char *directory, const ig_safetensors *weights,
                               const ig_donor_notes *about, ig_problems *notes, ig_error *err) {
  ig_donor_files files = {0};
  ig_status status = ig_donor_files_list(directory, weights, &files, err);
  if (status == IG_OK) status = ig_donor_files_note(&files, about, notes, err);
  ig_donor_files_free(&files);
  return status;
}

// The files of the donor that are not copied, and those of the tokenizer where it is another
// directory's.
static ig_status note_files(const ig_fusion_plan *plan, ig_problems *notes, ig_error *err) {
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  const char *tokenizer = ig_fusion_plan_tokenizer(plan);
  if (!is_made(donor) || donor->stage || plan->recipe->method->product != IG_FUSION_PRODUCT_MODEL)
    return IG_OK;
  const ig_donor_notes of_donor = {.reference = donor->reference},
                       of_tokenizer = {.reference = tokenizer, .of_tokenizer = true};
  IG_TRY(note_files_of(donor->directory, donor->tensors, &of_donor, notes, err));
  IG_TRY(ig_shortlist_notes_add(plan, notes, err));
  if (strcmp(tokenizer, donor->directory) == 0 || !ig_file_exists(tokenizer)) return IG_OK;
  return note_files_of(tokenizer, NULL, &of_tokenizer, notes, err);
}

ig_status ig_preflight_models(const ig_fusion_plan *plan, ig_problems *problems, ig_problems *notes,
                              ig_error *err) {
  static const char *const keys[] = {"model_type",
                                     "encoder_attention_heads",
                                     "decoder_attention_heads",
                                     "num_attention_heads",
                                     "num_heads",
                                     "activation_function",
                                     "hidden_act",
                                     "feed_forward_proj",
                                     "scale_embedding",
                                     "normalize_before",
                                     "normalize_embedding",
                                     "static_position_embeddings",
                                     "relative_attention_num_buckets",
                                     "relative_attention_max_distance"};
  const ig_fuse_model *donor = ig_fusion_plan_donor(plan);
  for (size_t i = 0; donor->config && i < plan->models.count; i++) {
    const ig_fuse_model *m = &plan->models.model[i];
    IG_TRY(refuse_quantised(plan, m, problems, err));
    IG_TRY(note_int8(m, notes, err));
    IG_TRY(ig_lora_note(m->adapters, notes, err));
    if (is_made(m)) IG_TRY(ig_lora_base_note(m->adapters, m->directory, notes, err));
    bool same;
    IG_TRY(compare_types(plan, m, &same, problems, notes, err));
    for (size_t k = 1; same && k < COUNT(keys); k++) {
      bool unused;
      IG_TRY(compare_key(&(key_comparison){donor, m, keys[k], ""}, &unused, problems, err));
    }
    if (!plan->alignment && !plan->unmatched && m != donor && is_made(m) && is_made(donor))
      IG_TRY(ig_same_vocabulary_check(donor, m, problems, notes, err));
  }
  IG_TRY(note_renames(&plan->recipe->renames, notes, err));
  if (donor->config) IG_TRY(ig_config_notes_add(plan, keys, COUNT(keys), notes, err));
  if (donor->tensors) IG_TRY(note_files(plan, notes, err));
  return ig_ties_check(&plan->models, donor, problems, err);
}

// ---- space ------------------------------------------------------------------

// The nearest directory above the output that exists.
static char *existing_parent(const char *output, ig_error *err) {
  char *path = ig_allocate_copy(output, strlen(output), err);
  if (!path) return NULL;
  for (size_t length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
    path[length - 1] = '\0';
  do {
    char *slash = strrchr(path, '/');
    if (slash == path && path[1] == '\0') return path;
    if (slash)
      slash[slash == path] = '\0';
    else
      strcpy(path, ".");  // it fits, for a name has at least one byte
  } while (!ig_file_exists(path));
  return path;
}

// Adds how many bytes of weights OUTPUT.partial already holds.
static ig_status add_written(const char *partial, size_t *bytes, ig_error *err) {
  if (!ig_file_exists(partial)) return IG_OK;
  ig_listing listing;
  ig_status status = ig_listing_read(partial, &listing, err);
  for (size_t i = 0; status == IG_OK && i < listing.count; i++) {
    struct stat found;
    if (!strstr(listing.names[i], ".safetensors")) continue;
    char *path = ig_path_join(partial, listing.names[i], err);
    if (!path)
      status = IG_ERROR_MEMORY;
    else if (stat(path, &found) == 0)
      *bytes += (size_t)found.st_blocks * 512;
    free(path);
  }
  ig_listing_free(&listing);
  return status;
}

// What learning, scoring or statistics take; they come before the fusion, whose buffers are not
// needed then.
static size_t memory_before(const ig_fusion_plan *plan) {
  const ig_learning *learning = plan->recipe->learning;
  if (learning && learning->data_count) return ig_learn_memory(plan);
  if (plan->recipe->statistics) return ig_statistics_memory(plan);
  return ig_objective_memory(plan);
}

// A model that is made to be scored is gone before the stage's own is written, and as large.
static size_t disk_of(const ig_fusion_plan *plan, const ig_fuse_options *options) {
  const bool keeps_elsewhere = options->statistics_directory != NULL;
  const size_t model = ig_fusion_product_of(plan->recipe)->bytes(plan);
  return model + (plan->recipe->statistics && !keeps_elsewhere ? ig_statistics_disk(plan) : 0);
}

static size_t memory_of(const ig_fusion_plan *plan, int threads) {
  const size_t fusing = ig_fusion_product_of(plan->recipe)
                            ->memory(plan, threads ? threads : ig_cpu_count()),
               before = memory_before(plan);
  return before > fusing ? before : fusing;
}

ig_status ig_preflight_measure(const ig_stages *s, const char *output,
                               const ig_fuse_options *options, ig_preflight_needs *out,
                               ig_error *err) {
  *out = (ig_preflight_needs){0};
  for (size_t i = 0; i < s->count; i++) {
    const ig_fusion_plan *plan = &s->stage[i].plan;
    const size_t memory = s->problems.count ? 0 : memory_of(plan, options->threads);
    out->needed += disk_of(plan, options);
    out->memory = memory > out->memory ? memory : out->memory;
  }
  if (!output) return IG_OK;
  out->directory = existing_parent(output, err);
  struct statvfs disk;
  if (!out->directory) return IG_ERROR_MEMORY;
  if (statvfs(out->directory, &disk))
    return ig_fail(err, IG_ERROR_IO, "%s: %s", out->directory, strerror(errno));
  out->available = (size_t)disk.f_bavail * disk.f_frsize;
  char *partial = ig_path_with_suffix(output, ".partial", err);
  const ig_status status = partial ? add_written(partial, &out->available, err) : IG_ERROR_MEMORY;
  free(partial);
  return status;
}

// ---- the output -------------------------------------------------------------

static bool same_directory(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const ig_fuse_model *input_at(const ig_stages *s, const char *output) {
  for (size_t i = 0; i < s->count; i++)
    for (size_t k = 0; k < s->stage[i].plan.models.count; k++) {
      const ig_fuse_model *m = &s->stage[i].plan.models.model[k];
      if (m->directory && !m->stage && same_directory(m->directory, output)) return m;
    }
  return NULL;
}

static size_t physical_memory(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (size_t)pages * (size_t)size : SIZE_MAX;
}

ig_status ig_preflight_output(const ig_stages *s, const char *output,
                              const ig_preflight_needs *needs, ig_problems *problems,
                              ig_error *err) {
  const double mb = 1e6;
  if (needs->memory > physical_memory())
    IG_TRY(ig_problems_add(
        problems, NULL, err,
        "%.1f MB of buffers are needed, the machine has %.1f MB; fewer threads need less",
        (double)needs->memory / mb, (double)physical_memory() / mb));
  if (!output) return IG_OK;
  const ig_fuse_model *input = input_at(s, output);
  ig_error why = {0};
  if (input)
    IG_TRY(ig_problems_add(problems, NULL, err, "%s: the output is also an input, %s", output,
                           input->reference));
  else if (ig_staging_check(output, &why) != IG_OK)
    IG_TRY(ig_problems_judge(problems, why.status, &why, err));
  struct stat parent;
  if (stat(needs->directory, &parent) == 0 && !S_ISDIR(parent.st_mode))
    return ig_problems_add(problems, NULL, err, "%s: not a directory: %s cannot be written",
                           needs->directory, output);
  if (access(needs->directory, W_OK | X_OK))
    IG_TRY(ig_problems_add(problems, NULL, err, "%s: %s cannot be written there: %s",
                           needs->directory, output, strerror(errno)));
  if (needs->needed > needs->available)
    IG_TRY(ig_problems_add(
        problems, NULL, err, "%s: %.1f MB are needed on this disk, %.1f MB are free",
        needs->directory, (double)needs->needed / mb, (double)needs->available / mb));
  return IG_OK;
}
