// Reading a Hugging Face model directory: config.json, generation_config.json, and the weights
// (io/safetensors.h); as adapters change them, where the directory's name is
// "MODEL+ADAPTER". What another program wrote in their place is read as model/arch/foreign.h says.
#include "model/files/load.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "ingot.h"
#include "io/json.h"
#include "io/lora_base.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/foreign.h"
#include "model/arch/initialize.h"
#include "model/arch/tensor_row.h"
#include "model/create/create.h"
#include "model/create/layout.h"
#include "model/files/config_file.h"
#include "model/files/generation_file.h"
#include "model/files/weights.h"
#include "model/run/pack.h"

// What is loaded, and how the weights are wanted.
typedef struct loading {
  char *directory;
  ig_foreign foreign;    // without tensors: the directory's own files count
  const char *adapters;  // that change it, by their names (io/lora.h); NULL: none
  bool packed;
  ig_weight_type type;       // packed
  ig_pool *pool;             // packs
  const ig_load_head *head;  // that the model gets instead of its own; NULL: its own
} loading;

// Constants that the file leaves out, and the tensors of a new head, which is none where the file
// has them all.
static void fill_missing(ig_model *m, const ig_stored_weights *stored, const loading *how) {
  bool drawn = false;
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (stored->tensors[i]) continue;
    const bool of_new_head = m->config.head.is_new && p->row->leftover;
    drawn |= of_new_head;
    if (of_new_head)
      ig_initialize_standard(&m->config, p, how->head->seed, m->values + p->offset);
    else
      ig_initialize_constant(&m->config, p, m->values + p->offset);
  }
  m->config.head.is_new = drawn;
}

static ig_status read_plain(ig_model *m, const ig_stored_weights *stored, ig_error *err) {
  for (size_t i = 0; i < m->parameter_count; i++) {
    const ig_parameter *p = &m->parameters[i];
    if (stored->tensors[i]) IG_TRY(ig_stored_weights_read(stored, i, m->values + p->offset, err));
  }
  return IG_OK;
}

// An adapter of a weight that the model does not use, as that of a head that is the embedding,
// would be lost.
static ig_status check_adapters(const ig_model *m, const ig_stored_weights *stored,
                                const loading *how, ig_error *err) {
  for (size_t k = 0; k < ig_lora_count(stored->adapters); k++) {
    const ig_safetensor *weight = ig_lora_weight(stored->adapters, k);
    size_t i = 0;
    while (i < m->parameter_count && stored->tensors[i] != weight) i++;
    if (i == m->parameter_count)
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: changes %s of %s, which the model does not use: it is tied to another "
                     "tensor",
                     how->adapters, weight->name, how->directory);
  }
  return IG_OK;
}

// Every layer of the families is stored as (out, in).
static ig_status open_adapters(ig_model *m, const loading *how, const ig_safetensors *file,
                               ig_stored_weights *stored, ig_lora_adapters **adapters,
                               ig_error *err) {
  IG_TRY(ig_lora_open(how->adapters, adapters, err));
  IG_TRY(ig_lora_attach(*adapters, file, &(ig_lora_layout){.some = false}, err));
  IG_TRY(ig_lora_base_note(*adapters, how->directory, &m->notes, err));
  stored->adapters = *adapters;
  return check_adapters(m, stored, how, err);
}

// A model that only runs holds such weights as they are.
static ig_status note_int8(ig_model *m, const loading *how, const ig_safetensors *file,
                           ig_error *err) {
  const size_t count = how->packed ? 0 : ig_safetensors_quantized_count(file);
  if (count == 0) return IG_OK;
  return ig_problems_add(&m->notes, NULL, err,
                         "%s: %zu tensors of int8 are read as float32: scale times integer",
                         how->directory, count);
}

// What config.json claims is compared with the file before there is memory for it.
static ig_status load_weights(ig_model *m, const loading *how, const ig_safetensors *file,
                              ig_error *err) {
  ig_lora_adapters *adapters = NULL;
  ig_stored_weights stored = {.tensors =
                                  ig_allocate(m->parameter_count, sizeof *stored.tensors, err)};
  ig_status status = stored.tensors ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = ig_weights_match(m, how->directory, file, stored.tensors, err);
  if (status == IG_OK && how->adapters)
    status = open_adapters(m, how, file, &stored, &adapters, err);
  if (status == IG_OK) status = ig_layout_place(m, err);
  if (status == IG_OK && how->head && !ig_config_decodes(&m->config))
    status = ig_weights_note_other_heads(m, how->directory, file, err);
  if (status == IG_OK)
    m->stored_type = ig_stored_weights_type(&stored, m->parameter_count, IG_WEIGHT_TYPE_AS_STORED);
  if (status == IG_OK) status = note_int8(m, how, file, err);
  if (status == IG_OK) fill_missing(m, &stored, how);
  if (status == IG_OK)
    status = how->packed ? ig_pack_read(m, &stored, how->type, how->pool, err)
                         : read_plain(m, &stored, err);
  ig_lora_close(adapters);
  free(stored.tensors);
  return status;
}

// The caller closes *opened, which is NULL for the tensors of another program.
static ig_status find_tensors(const loading *how, ig_safetensors **opened,
                              const ig_safetensors **out, ig_error *err) {
  *opened = NULL;
  *out = how->foreign.tensors;
  if (*out) return IG_OK;
  IG_TRY(ig_safetensors_open_with_absent(how->directory, opened, err));
  *out = *opened;
  return IG_OK;
}

static ig_status set_head(const loading *how, ig_config *config, const char *path, ig_error *err) {
  if (ig_config_decodes(config) && how->head->unless_decodes) return IG_OK;
  if (ig_config_decodes(config))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: the model has a decoder: expected an encoder alone", path);
  if (config->head.kind == how->head->kind) return IG_OK;
  config->head = (ig_head_shape){.kind = how->head->kind, .classes = 2, .is_new = true};
  ig_encoder_shared_settle_head(config);
  return IG_OK;
}

static ig_status load_of_config(const loading *how, ig_config *config, ig_model **out,
                                ig_error *err) {
  ig_safetensors *opened = NULL;
  const ig_safetensors *file = NULL;
  char *path = ig_config_file_path(how->directory, &how->foreign, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = how->head ? set_head(how, config, path, err) : IG_OK;
  if (status == IG_OK) status = ig_config_check(config, path, err);
  if (status == IG_OK) status = find_tensors(how, &opened, &file, err);
  if (status == IG_OK) status = ig_weights_settle_ties(file, config, err);
  if (status == IG_OK) status = ig_create_listed(config, path, out, err);
  if (status == IG_OK) status = load_weights(*out, how, file, err);
  ig_safetensors_close(opened);
  free(path);
  return status;
}

static ig_status load_generation(const loading *how, ig_model *m, ig_error *err) {
  const json_t *made = json_object_get(how->foreign.files, "generation_config.json");
  if (!how->foreign.tensors) return ig_generation_file_load(how->directory, m, err);
  if (!made) return IG_OK;
  m->generation_config = ig_json_text(made, 0);
  return m->generation_config ? IG_OK : ig_fail_memory_in(how->directory, err);
}

static ig_status load_opened(loading *how, ig_model **out, ig_error *err) {
  ig_config config;
  ig_model *m = NULL;
  IG_TRY(ig_config_file_read(how->directory, &how->foreign, &config, err));
  ig_status status = load_of_config(how, &config, &m, err);
  if (status == IG_OK) status = load_generation(how, m, err);
  if (status == IG_OK) status = ig_problems_move(&m->notes, &how->foreign.notes, err);
  if (status != IG_OK) {
    ig_model_free(m);
    return status;
  }
  *out = m;
  return IG_OK;
}

static ig_status load_named(const char *name, loading how, ig_model **out, ig_error *err) {
  *out = NULL;
  IG_TRY(ig_fail_if_null(name, "directory", err));
  IG_TRY(ig_model_name_find(name, &how.directory, &how.adapters, err));
  ig_status status = ig_foreign_open(how.directory, &how.foreign, err);
  if (status == IG_OK) status = load_opened(&how, out, err);
  ig_foreign_close(&how.foreign);
  free(how.directory);
  return status;
}

ig_status ig_model_load(const char *directory, ig_model **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  return load_named(directory, (loading){.packed = false}, out, err);
}

ig_status ig_load_with_head(const char *directory, const ig_load_head *head, ig_model **out,
                            ig_error *err) {
  return load_named(directory, (loading){.head = head}, out, err);
}

ig_status ig_load_packed(const char *name, ig_weight_type type, ig_pool *pool, ig_model **out,
                         ig_error *err) {
  return load_named(name, (loading){.packed = true, .type = type, .pool = pool}, out, err);
}

static ig_status load_tokenizer(const char *directory, const ig_foreign *foreign,
                                ig_tokenizer **out, ig_error *err) {
  const ig_tokenizer_description *const *offered;
  const ig_foreign_files files = {directory, foreign->files, foreign->copies};
  IG_TRY(ig_config_file_tokenizers(directory, foreign, &offered, err));
  if (!foreign->tensors) return ig_tokenizer_load(directory, offered, out, err);
  if (!foreign->lacks_text) return ig_tokenizer_load_foreign(&files, offered, out, err);
  return ig_fail(err, IG_ERROR_IO, "%s: %s", directory, foreign->lacks_text);
}

// An adapter adds nothing to the tokenizer: one with tokens of its own is refused.
ig_status ig_load_tokenizer(const char *name, ig_tokenizer **out, ig_error *err) {
  const char *adapter;
  ig_foreign foreign;
  *out = NULL;
  char *directory;
  IG_TRY(ig_model_name_find(name, &directory, &adapter, err));
  ig_status status = ig_foreign_open(directory, &foreign, err);
  if (status == IG_OK) status = load_tokenizer(directory, &foreign, out, err);
  ig_foreign_close(&foreign);
  free(directory);
  return status;
}
