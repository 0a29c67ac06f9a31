#include "fuse/input/ties.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "fuse/input/families.h"
#include "io/same_values.h"

// The names of embeddings and head, with "model." and without. transformers ties the others of a
// group to the first.
static const char *const with_prefix[] = {"model.shared.weight",
                                          "model.encoder.embed_tokens.weight",
                                          "model.decoder.embed_tokens.weight", "lm_head.weight"};
static const char *const without[] = {"shared.weight", "encoder.embed_tokens.weight",
                                      "decoder.embed_tokens.weight", "lm_head.weight"};
enum { SHARED, ENCODER, DECODER, HEAD, NAMES };

const char *const ig_ties_names[] = {"model.shared.weight",
                                     "model.encoder.embed_tokens.weight",
                                     "model.decoder.embed_tokens.weight",
                                     "lm_head.weight",
                                     "shared.weight",
                                     "encoder.embed_tokens.weight",
                                     "decoder.embed_tokens.weight",
                                     "proj_out.weight",
                                     "model.embed_tokens.weight",
                                     NULL};

// ---- which names are tied ------------------------------------------------------------------

static const ig_fusion_family *family_of(const ig_fuse_model *m) {
  return ig_families_find(m->config);
}

static bool says_tied(const ig_fuse_model *m) {
  return !json_is_false(json_object_get(m->config, "tie_word_embeddings"));
}

static bool stores(const ig_fuse_model *m, const char *name) {
  return ig_safetensors_find(m->tensors, name) != NULL;
}

// The group of names that this model uses.
static const char *const *group_of(const ig_fuse_model *m) {
  for (int i = 0; i < HEAD; i++)
    if (stores(m, with_prefix[i])) return with_prefix;
  for (int i = 0; i < HEAD; i++)
    if (stores(m, without[i])) return without;
  return family_of(m)->bare_names ? without : with_prefix;
}

// Whether the model has an embedding that encoder and decoder share.
static bool shares(const ig_fuse_model *m, const char *const *group) {
  const ig_fusion_family *family = family_of(m);
  if (family->sharing_key) return !json_is_false(json_object_get(m->config, family->sharing_key));
  return family->shares_embedding || stores(m, group[SHARED]);
}

// transformers 5 writes tie_word_embeddings: true into every configuration, and what the key meant
// before into scale_decoder_outputs.
static bool scales_logits(const ig_fuse_model *m) {
  const json_t *scales = json_object_get(m->config, "scale_decoder_outputs");
  return scales ? json_is_true(scales) : says_tied(m);
}

static bool is_tied(const ig_fuse_model *m, int index) {
  if (!family_of(m)->ties_scale_logits) return says_tied(m);
  return index != HEAD || !stores(m, "lm_head.weight") || scales_logits(m);
}

static const char *source_in_group(const ig_fuse_model *m, const char *const *group, int index) {
  const bool tied = is_tied(m, index);
  if (shares(m, group)) return index != SHARED && tied ? group[SHARED] : group[index];
  if (index == HEAD && tied && stores(m, group[DECODER])) return group[DECODER];
  return group[index];
}

static bool is_head(const char *name) {
  return strcmp(name, "lm_head.weight") == 0 || strcmp(name, "proj_out.weight") == 0;
}

const char *ig_ties_source(const ig_fuse_model *m, const char *name) {
  const char *const *group = group_of(m);
  if (m->own_head && is_head(name)) return name;
  for (int i = 0; i < NAMES; i++)
    if (strcmp(name, group[i]) == 0) {
      const char *source = source_in_group(m, group, i);
      // The head of a model that is only a decoder is tied if the configuration says so, or if the
      // model stores no head.
      if (i == HEAD && source == group[HEAD] && stores(m, "model.embed_tokens.weight") &&
          (json_is_true(json_object_get(m->config, "tie_word_embeddings")) || !stores(m, name)))
        return "model.embed_tokens.weight";
      return source;
    }
  if (strcmp(name, "proj_out.weight") == 0 && says_tied(m) &&
      stores(m, "model.decoder.embed_tokens.weight"))
    return "model.decoder.embed_tokens.weight";
  return name;
}

const ig_safetensor *ig_ties_find(const ig_fuse_model *m, const char *name) {
  const char *source = ig_ties_source(m, name);
  const ig_safetensor *found = ig_safetensors_find(m->tensors, source);
  for (size_t i = 0; !found && ig_ties_names[i]; i++)
    if (strcmp(ig_ties_source(m, ig_ties_names[i]), source) == 0)
      found = ig_safetensors_find(m->tensors, ig_ties_names[i]);
  return found;
}

const ig_safetensor *ig_ties_stored(const ig_fuse_model *donor, const ig_fuse_model *m,
                                    const char *name) {
  const ig_safetensor *found = ig_safetensors_find(m->tensors, name);
  for (size_t i = 0; !found && ig_ties_names[i]; i++)
    if (strcmp(ig_ties_source(donor, ig_ties_names[i]), name) == 0)
      found = ig_safetensors_find(m->tensors, ig_ties_names[i]);
  return found;
}

ig_status ig_ties_settle(ig_fuse_model *m, ig_error *err) {
  static const char *const heads[] = {"lm_head.weight", "proj_out.weight"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads && !m->own_head; i++) {
    const ig_safetensor *head = ig_safetensors_find(m->tensors, heads[i]),
                        *table = ig_safetensors_find(m->tensors, ig_ties_source(m, heads[i]));
    bool same = true;
    // A stage writes tied tensors once: a head that it will write is none of them.
    if (head && m->not_made_yet)
      same = false;
    else if (head && table && head != table && head->elements == table->elements)
      IG_TRY(ig_same_values_find(head, table, &same, err));
    m->own_head = !same;
  }
  return IG_OK;
}

// ---- what cannot be fused together ----------------------------------------------

// Finds the stored tensor of this name if it is a copy of another tensor, *kept, which is used in
// its place. NULL: it is not stored, or no copy.
static const ig_safetensor *find_copy(const ig_fuse_model *m, const char *name,
                                      const ig_safetensor **kept) {
  const ig_safetensor *stored = ig_safetensors_find(m->tensors, name);
  *kept = stored ? ig_ties_find(m, name) : NULL;
  return *kept != stored ? stored : NULL;
}

static ig_status check_copy(const ig_fuse_model *m, const char *name, ig_problems *problems,
                            ig_error *err) {
  const ig_safetensor *kept, *copy = find_copy(m, name, &kept);
  if (!copy) return IG_OK;
  if (!ig_same_values_may_be(copy, kept))
    return ig_problems_add(problems, name, err, "tied to %s in %s, but of another shape or type",
                           kept->name, m->reference);
  return ig_lora_find(m->adapters, copy).count
             ? ig_problems_add(problems, name, err,
                               "tied to %s in %s, but the adapter changes it alone", kept->name,
                               m->reference)
             : IG_OK;
}

static ig_status check_model(const ig_fuse_model *m, const ig_fuse_model *donor,
                             ig_problems *problems, ig_error *err) {
  for (size_t i = 0; ig_ties_names[i]; i++) {
    const char *name = ig_ties_names[i];
    IG_TRY(check_copy(m, name, problems, err));
    if (stores(m, name) && strcmp(ig_ties_source(m, name), name) == 0 &&
        strcmp(ig_ties_source(donor, name), name) != 0)
      IG_TRY(ig_problems_add(problems, name, err,
                             "tied to %s by the config.json of %s, but has values of its own in "
                             "%s, which would be lost: make that the base_model",
                             ig_ties_source(donor, name), donor->reference, m->reference));
  }
  if (family_of(m)->ties_scale_logits && family_of(donor)->ties_scale_logits &&
      scales_logits(m) != scales_logits(donor))
    return ig_problems_add(problems, NULL, err,
                           "config.json: the logits are %s in %s, but %s in %s "
                           "(tie_word_embeddings, scale_decoder_outputs)",
                           scales_logits(donor) ? "scaled" : "as they are", donor->reference,
                           scales_logits(m) ? "scaled" : "as they are", m->reference);
  return IG_OK;
}

ig_status ig_ties_check(const ig_fuse_models *models, const ig_fuse_model *donor,
                        ig_problems *problems, ig_error *err) {
  for (size_t i = 0; donor->tensors && i < models->count; i++)
    if (models->model[i].tensors) IG_TRY(check_model(&models->model[i], donor, problems, err));
  return IG_OK;
}

// ---- values of copies -----------------------------------------------------------------

static ig_status compare_copy(const ig_safetensor *copy, const ig_safetensor *kept, char *buffers,
                              size_t size, ig_error *err) {
  for (size_t at = 0; at < copy->bytes; at += size) {
    const size_t bytes = copy->bytes - at < size ? copy->bytes - at : size;
    IG_TRY(ig_safetensor_read_bytes(copy, at, bytes, buffers, err));
    IG_TRY(ig_safetensor_read_bytes(kept, at, bytes, buffers + size, err));
    if (memcmp(buffers, buffers + size, bytes) != 0)
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: tensor %s: tied to %s by config.json, but with other values: nobody "
                     "knows which of them count",
                     copy->file, copy->name, kept->name);
  }
  return IG_OK;
}

ig_status ig_ties_check_copies(const ig_fuse_models *models, ig_error *err) {
  enum { SIZE = 1 << 18 };
  char *buffers = ig_allocate(2 * SIZE, 1, err);
  ig_status status = buffers ? IG_OK : IG_ERROR_MEMORY;
  for (size_t i = 0; i < models->count; i++)
    for (size_t k = 0; status == IG_OK && ig_ties_names[k]; k++) {
      const ig_safetensor *kept, *copy = find_copy(&models->model[i], ig_ties_names[k], &kept);
      if (copy) status = compare_copy(copy, kept, buffers, SIZE, err);
    }
  free(buffers);
  return status;
}
