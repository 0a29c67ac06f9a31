// The variables are renamed as transformers has them. Which family a model is follows from its
// layers; the file does not say. Query, key and value are one matrix there, and are taken apart.
// Two things of MarianMT have no place in the file: the row of the start token, which is added
// after all others (its bias lets no search take it), and the epsilon, which is CTranslate2's.
// Names and options: CTranslate2, python/ctranslate2/specs/transformer_spec.py, and
// src/layers/transformer.cc.
#include "model/arch/ctranslate2.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/name.h"
#include "base/path.h"
#include "io/json.h"
#include "io/variable_file.h"
#include "model/arch/ctranslate2_vocabulary.h"
#include "model/arch/tensor_changes.h"
#include "nn/positions.h"

static const float NEVER = -30000.0f;
enum { NAME = IG_TENSOR_CHANGES_NAME, MOST_LAYERS = 1000, TABLE_OFFSET = 2, POSITIONS = 1024 };

// The families, with what their names in config.json are.
typedef struct layer_kind {
  const char *model_type, *architecture;
  bool pre_norm, embedding_norm, zero_start;
  bool learned;   // its tables of positions have TABLE_OFFSET rows before the first
  bool has_bias;  // of the logits
} layer_kind;

static const layer_kind marian = {"marian", "MarianMTModel", .zero_start = true, .has_bias = true},
                        bart = {"bart", "BartForConditionalGeneration", .embedding_norm = true,
                                .learned = true, .has_bias = true},
                        mbart = {"mbart",          "MBartForConditionalGeneration",
                                 .pre_norm = true, .embedding_norm = true,
                                 .learned = true,  .has_bias = true},
                        m2m_100 = {"m2m_100", "M2M100ForConditionalGeneration", .pre_norm = true},
                        pegasus = {"pegasus", "PegasusForConditionalGeneration", .pre_norm = true,
                                   .has_bias = true};

typedef struct ct2_reading {
  const char *directory;
  char *path;  // of model.bin
  ig_foreign *out;
  json_t *settings;  // config.json, or an empty object
  ig_ctranslate2_vocabulary vocabulary;
  const layer_kind *kind;
  int layers[2], heads[2], inner[2], d_model, activation;
  bool scaled, shared, tied;
  size_t rows, positions;
  int start, eos, pad, bos;
  ig_tensor_changes changes;
} ct2_reading;

static const char *const stacks[] = {"encoder", "decoder"};

// ---- variables --------------------------------------------------------------

static const ig_safetensor *find(const ct2_reading *r, const char *name) {
  return ig_safetensors_find(r->out->tensors, name);
}

static ig_status expect(const ct2_reading *r, const char *name, const ig_safetensor **out,
                        ig_error *err) {
  *out = find(r, name);
  if (*out && (*out)->dtype != IG_DTYPE_I8 && (*out)->dtype != IG_DTYPE_I16) return IG_OK;
  if (*out)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: variable %s: type %s without scales", r->path,
                   name, ig_dtype_name((*out)->dtype));
  return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s is missing", r->path, name);
}

static const ig_safetensor *find_embedding(const ct2_reading *r, int side) {
  if (side == 1) return find(r, "decoder/embeddings/weight");
  const ig_safetensor *t = find(r, "encoder/embeddings_0/weight");
  return t ? t : find(r, "encoder/embeddings/weight");
}

// A number of one value; old revisions have those of both stacks above them.
static ig_status read_option(const ct2_reading *r, const char *stack, const char *name,
                             double fallback, double *out, ig_error *err) {
  char path[NAME];
  unsigned char bytes[4] = {0};
  float value;
  snprintf(path, sizeof path, "%s/%s", stack, name);
  const ig_safetensor *t = find(r, path);
  if (!t) t = find(r, name);
  *out = fallback;
  if (!t) return IG_OK;
  if (t->elements != 1)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: expected one value, found %zu", r->path,
                   t->name, t->elements);
  if (t->dtype != IG_DTYPE_I8 && t->dtype != IG_DTYPE_I16 && t->dtype != IG_DTYPE_I32) {
    IG_TRY(ig_safetensor_read_float(t, &value, 1, err));
    *out = (double)value;
    return IG_OK;
  }
  IG_TRY(ig_safetensor_read_raw(t, bytes, err));
  *out = t->dtype == IG_DTYPE_I8 ? (int8_t)bytes[0]
         : t->dtype == IG_DTYPE_I16
             ? (int16_t)(bytes[0] | bytes[1] << 8)
             : (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                         (uint32_t)bytes[3] << 24);
  return IG_OK;
}

// An option that both stacks must have alike.
static ig_status read_both(const ct2_reading *r, const char *name, double fallback, double *out,
                           ig_error *err) {
  double other;
  IG_TRY(read_option(r, stacks[0], name, fallback, out, err));
  IG_TRY(read_option(r, stacks[1], name, fallback, &other, err));
  if (*out <= other && *out >= other) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is %g in the encoder and %g in the decoder",
                 r->path, name, *out, other);
}

// ---- what kind of model it is -------------------------------------------------

// What must have this value, or be missing.
static const struct {
  const char *name;
  double value;
} fixed_options[] = {{"alibi", 0}, {"multi_query_attention", 0}, {"embeddings_merge", 0}};

static ig_status check_options(const ct2_reading *r, ig_error *err) {
  for (size_t i = 0; i < sizeof fixed_options / sizeof *fixed_options; i++)
    for (int s = 0; s < 2; s++) {
      double value;
      const double expected = fixed_options[i].value;
      IG_TRY(read_option(r, stacks[s], fixed_options[i].name, expected, &value, err));
      if (value < expected || value > expected)
        return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s/%s: %g is not built", r->path, stacks[s],
                       fixed_options[i].name, value);
    }
  return IG_OK;
}

static ig_status count_layers(ct2_reading *r, ig_error *err) {
  char name[NAME];
  const ig_safetensor *t;
  for (int s = 0; s < 2; s++) {
    double heads;
    for (int *n = &r->layers[s]; *n < MOST_LAYERS; ++*n) {
      snprintf(name, sizeof name, "%s/layer_%d/self_attention/linear_0/weight", stacks[s], *n);
      if (!find(r, name)) break;
    }
    snprintf(name, sizeof name, "%s/layer_0/ffn/linear_0/weight", stacks[s]);
    IG_TRY(expect(r, name, &t, err));
    r->inner[s] = (int)t->shape[0];
    IG_TRY(read_option(r, stacks[s], "num_heads", 8, &heads, err));
    r->heads[s] = (int)heads;
  }
  return IG_OK;
}

static ig_status read_scale(ct2_reading *r, ig_error *err) {
  double scale;
  const double root = sqrt((double)r->d_model);
  IG_TRY(read_both(r, "scale_embeddings", root, &scale, err));
  const ig_safetensor *t = find(r, "encoder/scale_embeddings");
  const bool is_flag = t && t->dtype == IG_DTYPE_I8;  // of old files: 0 or 1
  r->scaled = is_flag ? scale > 0 : fabs(scale - root) < 1e-3;
  if (is_flag || r->scaled || fabs(scale - 1) < 1e-6) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: scale_embeddings: %g, expected 1 or %g", r->path,
                 scale, root);
}

static ig_status read_sizes(ct2_reading *r, ig_error *err) {
  const ig_safetensor *source = find_embedding(r, 0), *target;
  IG_TRY(expect(r, "decoder/embeddings/weight", &target, err));
  if (!source || source->rank != 2 || target->rank != 2 || source->shape[1] != target->shape[1] ||
      target->shape[1] > 1 << 20 || source->shape[0] > 1 << 28 || target->shape[0] > 1 << 28)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: the embeddings are missing, or are no two matrices of one width", r->path);
  const ig_safetensor *output = find(r, "decoder/projection/weight");
  r->d_model = (int)target->shape[1];
  r->shared = source->begin == target->begin;
  r->tied = !output || output->begin == target->begin;
  r->rows = source->shape[0] > target->shape[0] ? source->shape[0] : target->shape[0];
  double activation;
  IG_TRY(read_both(r, "activation", 0, &activation, err));
  r->activation = (int)activation;
  IG_TRY(read_scale(r, err));
  return count_layers(r, err);
}

// ---- positions --------------------------------------------------------------

// The rows of a computed table are those of the file but for rounding.
static ig_status is_computed(ct2_reading *r, const ig_safetensor *t, ig_position_kind kind,
                             int first, bool *same, ig_error *err) {
  const size_t count = t->elements;
  float *found = ig_allocate(count, sizeof *found, err),
        *computed = found ? ig_allocate(count, sizeof *computed, err) : NULL;
  ig_status status = computed ? ig_safetensor_read_float(t, found, count, err) : IG_ERROR_MEMORY;
  *same = status == IG_OK;
  if (status == IG_OK) ig_positions_sinusoids(kind, first, (int)t->shape[0], r->d_model, computed);
  const float most = t->dtype == IG_DTYPE_F32 ? 1e-3f : 1e-2f;
  for (size_t i = 0; *same && i < count; i++) *same = fabsf(found[i] - computed[i]) < most;
  free(found);
  free(computed);
  return status;
}

static ig_status find_positions(ct2_reading *r, int stack, const ig_safetensor **out,
                                ig_error *err) {
  char name[NAME];
  snprintf(name, sizeof name, "%s/position_encodings/encodings", stacks[stack]);
  *out = find(r, name);
  if (!*out || ((*out)->rank == 2 && (*out)->shape[1] == (size_t)r->d_model && (*out)->elements &&
                (*out)->shape[0] <= 1 << 20))
    return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: expected a matrix of %d columns", r->path,
                 name, r->d_model);
}

// Sinusoids tell the families with layers of one kind apart.
static ig_status find_computed_kind(ct2_reading *r, const ig_safetensor *table, ig_error *err) {
  bool same = false;
  if (table) IG_TRY(is_computed(r, table, IG_POSITION_HALVES_INCLUSIVE, r->pad + 1, &same, err));
  if (same) r->kind = &m2m_100;
  if (table && !same) IG_TRY(is_computed(r, table, IG_POSITION_HALVES, 0, &same, err));
  if (same && !r->kind) r->kind = &pegasus;
  return IG_OK;
}

static ig_status find_kind(ct2_reading *r, ig_error *err) {
  double pre_norm, zero_start;
  const ig_safetensor *table;
  IG_TRY(read_both(r, "pre_norm", 1, &pre_norm, err));
  IG_TRY(read_option(r, "decoder", "start_from_zero_embedding", 0, &zero_start, err));
  IG_TRY(find_positions(r, 0, &table, err));
  const bool embedding_norm = find(r, "encoder/layernorm_embedding/gamma") != NULL,
             relative = find(r, "encoder/layer_0/self_attention/relative_attention_bias") != NULL;
  r->positions = table ? table->shape[0] : POSITIONS;
  if (embedding_norm && zero_start <= 0 && table && !relative)
    r->kind = pre_norm > 0 ? &mbart : &bart;
  else if (zero_start > 0 && pre_norm <= 0 && !relative)
    r->kind = &marian;
  else if (pre_norm > 0 && zero_start <= 0 && !relative)
    IG_TRY(find_computed_kind(r, table, err));
  if (r->kind) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: its layers are those of no family that is read from CTranslate2 (%s norms, "
                 "%s positions%s): convert the model that it was made of",
                 r->path, pre_norm > 0 ? "pre" : "post",
                 relative ? "relative"
                 : table  ? "stored"
                          : "computed",
                 zero_start > 0 ? ", a decoder that starts from zeros" : "");
}

// A trained table, with the rows that transformers has before the first.
static ig_status add_trained_positions(ct2_reading *r, const ig_safetensor *t, const char *ours,
                                       ig_error *err) {
  const size_t d = (size_t)r->d_model, rows = t->shape[0];
  ig_safetensors_change change = {.rank = 2, .shape = {rows + TABLE_OFFSET, d}};
  change.values = ig_allocate((rows + TABLE_OFFSET) * d, sizeof *change.values, err);
  if (!change.values) return IG_ERROR_MEMORY;
  const ig_status status =
      ig_safetensor_read_weights(t, change.values + TABLE_OFFSET * d, rows * d, err);
  if (status == IG_OK) return ig_tensor_changes_add(&r->changes, change, NULL, ours, err);
  free(change.values);
  return status;
}

// CTranslate2 computes a table from position 1 where the file has none.
static ig_status add_sinusoids(ct2_reading *r, const char *ours, ig_error *err) {
  const size_t d = (size_t)r->d_model;
  ig_safetensors_change change = {
      .rank = 2, .shape = {POSITIONS, d}, .values = ig_allocate(POSITIONS * d, 4, err)};
  if (!change.values) return IG_ERROR_MEMORY;
  ig_positions_sinusoids(IG_POSITION_HALVES_INCLUSIVE, 1, POSITIONS, r->d_model, change.values);
  return ig_tensor_changes_add(&r->changes, change, NULL, ours, err);
}

static ig_status add_positions(ct2_reading *r, int stack, ig_error *err) {
  char name[NAME];
  const ig_safetensor *t;
  IG_TRY(find_positions(r, stack, &t, err));
  if ((t ? t->shape[0] : POSITIONS) != r->positions)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: tables of positions of two sizes", r->path);
  snprintf(name, sizeof name, "model.%s.embed_positions.weight", stacks[stack]);
  if (r->kind->learned) return add_trained_positions(r, t, name, err);
  if (!r->kind->zero_start) return IG_OK;  // computed
  if (!t) return add_sinusoids(r, name, err);
  const ig_safetensors_change change = {.rank = 2, .shape = {t->shape[0], t->shape[1]}};
  return ig_tensor_changes_add(&r->changes, change, t->name, name, err);
}

// ---- layers -----------------------------------------------------------------

typedef struct layer_scope {
  char theirs[NAME / 2], ours[NAME / 2];
} layer_scope;

// Rows first .. first + rows - 1 of a linear layer.
static ig_status add_rows(ct2_reading *r, const layer_scope *in, const char *theirs,
                          const char *ours, const size_t at[2], ig_error *err) {
  static const char *const parts[][2] = {{"weight", "weight"}, {"bias", "bias"}};
  for (size_t i = 0; i < 2; i++) {
    char from[2 * NAME], to[2 * NAME];
    const ig_safetensor *t;
    snprintf(from, sizeof from, "%s%s/%s", in->theirs, theirs, parts[i][0]);
    snprintf(to, sizeof to, "%s%s.%s", in->ours, ours, parts[i][1]);
    IG_TRY(expect(r, from, &t, err));
    if (t->rank != (i == 0 ? 2 : 1))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: rank %d", r->path, from, t->rank);
    const size_t columns = i == 0 ? t->shape[1] : 1, rows = at ? at[1] : t->shape[0];
    const ig_safetensors_change change = {.part = true,
                                          .first = at ? at[0] * columns : 0,
                                          .rank = t->rank,
                                          .shape = {rows, i == 0 ? columns : 0}};
    IG_TRY(ig_tensor_changes_add(&r->changes, change, from, to, err));
  }
  return IG_OK;
}

static ig_status add_norm(ct2_reading *r, const layer_scope *in, const char *theirs,
                          const char *ours, ig_error *err) {
  static const char *const parts[][2] = {{"gamma", "weight"}, {"beta", "bias"}};
  for (size_t i = 0; i < 2; i++) {
    char from[2 * NAME], to[2 * NAME];
    const ig_safetensor *t;
    snprintf(from, sizeof from, "%s%s/%s", in->theirs, theirs, parts[i][0]);
    snprintf(to, sizeof to, "%s%s.%s", in->ours, ours, parts[i][1]);
    IG_TRY(expect(r, from, &t, err));
    const ig_safetensors_change change = {.rank = 1, .shape = {t->elements}};
    IG_TRY(ig_tensor_changes_add(&r->changes, change, from, to, err));
  }
  return IG_OK;
}

static ig_status add_attention(ct2_reading *r, const layer_scope *layer, bool cross,
                               ig_error *err) {
  const size_t d = (size_t)r->d_model;
  const size_t at[][2] = {{0, d}, {d, d}, {2 * d, d}};
  const char *const theirs = cross ? "attention/" : "self_attention/", *const ours =
                                                                           cross ? "encoder_attn"
                                                                                 : "self_attn";
  layer_scope in;
  snprintf(in.theirs, sizeof in.theirs, "%.24s%s", layer->theirs, theirs);
  snprintf(in.ours, sizeof in.ours, "%.30s%s", layer->ours, ours);
  IG_TRY(add_rows(r, &in, "linear_0", ".q_proj", cross ? NULL : at[0], err));
  IG_TRY(add_rows(r, &in, cross ? "linear_1" : "linear_0", ".k_proj", at[cross ? 0 : 1], err));
  IG_TRY(add_rows(r, &in, cross ? "linear_1" : "linear_0", ".v_proj", at[cross ? 1 : 2], err));
  IG_TRY(add_rows(r, &in, cross ? "linear_2" : "linear_1", ".out_proj", NULL, err));
  return add_norm(r, &in, "layer_norm", "_layer_norm", err);
}

static ig_status add_layer(ct2_reading *r, int stack, int layer, ig_error *err) {
  layer_scope in;
  snprintf(in.theirs, sizeof in.theirs, "%s/layer_%d/", stacks[stack], layer);
  snprintf(in.ours, sizeof in.ours, "model.%s.layers.%d.", stacks[stack], layer);
  IG_TRY(add_attention(r, &in, false, err));
  if (stack == 1) IG_TRY(add_attention(r, &in, true, err));
  IG_TRY(add_rows(r, &in, "ffn/linear_0", "fc1", NULL, err));
  IG_TRY(add_rows(r, &in, "ffn/linear_1", "fc2", NULL, err));
  return add_norm(r, &in, "ffn/layer_norm", "final_layer_norm", err);
}

static ig_status add_stack(ct2_reading *r, int stack, ig_error *err) {
  layer_scope in;
  snprintf(in.theirs, sizeof in.theirs, "%s/", stacks[stack]);
  snprintf(in.ours, sizeof in.ours, "model.%s.", stacks[stack]);
  IG_TRY(add_positions(r, stack, err));
  if (r->kind->embedding_norm)
    IG_TRY(add_norm(r, &in, "layernorm_embedding", "layernorm_embedding", err));
  for (int i = 0; i < r->layers[stack]; i++) IG_TRY(add_layer(r, stack, i, err));
  return r->kind->pre_norm ? add_norm(r, &in, "layer_norm", "layer_norm", err) : IG_OK;
}

// ---- embeddings and the output --------------------------------------------------

static ig_status add_table(ct2_reading *r, const ig_safetensor *t, const char *ours,
                           ig_error *err) {
  const ig_safetensors_change change = {.rank = 2, .shape = {r->rows, t->shape[1]}};
  return ig_tensor_changes_add(&r->changes, change, t->name, ours, err);
}

static ig_status add_embeddings(ct2_reading *r, ig_error *err) {
  const ig_safetensor *source = find_embedding(r, 0), *target = find_embedding(r, 1), *output;
  if (r->shared && r->tied) return add_table(r, target, "model.shared.weight", err);
  IG_TRY(add_table(r, source, "model.encoder.embed_tokens.weight", err));
  IG_TRY(add_table(r, target, "model.decoder.embed_tokens.weight", err));
  if (r->tied) return IG_OK;
  IG_TRY(expect(r, "decoder/projection/weight", &output, err));
  return add_table(r, output, "lm_head.weight", err);
}

// Of words that the file lacks it forbids them.
static ig_status add_bias(ct2_reading *r, ig_error *err) {
  const ig_safetensor *bias = find(r, "decoder/projection/bias"), *target = find_embedding(r, 1);
  ig_safetensors_change change = {.rank = 2, .shape = {1, r->rows}};
  if (bias && !r->kind->has_bias)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: variable %s: the family %s has none", r->path,
                   bias->name, r->kind->model_type);
  if (!r->kind->has_bias) return IG_OK;
  const size_t count = bias ? bias->elements : target->shape[0];
  if (count > r->rows)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: variable %s: %zu values for %zu words", r->path,
                   bias->name, count, r->rows);
  change.values = ig_allocate(r->rows, sizeof *change.values, err);
  if (!change.values) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < r->rows; i++) change.values[i] = i < count ? 0 : NEVER;
  const ig_status status =
      bias ? ig_safetensor_read_weights(bias, change.values, count, err) : IG_OK;
  if (status == IG_OK)
    return ig_tensor_changes_add(&r->changes, change, NULL, "final_logits_bias", err);
  free(change.values);
  return status;
}

// Options, other names of what is read, and what only moves heads or numbers about.
static bool is_known(const ct2_reading *r, const ig_safetensor *t) {
  static const char *const known[] = {"num_heads",
                                      "pre_norm",
                                      "activation",
                                      "scale_embeddings",
                                      "start_from_zero_embedding",
                                      "alibi",
                                      "alibi_use_positive_positions",
                                      "scale_alibi",
                                      "alignment_heads",
                                      "alignment_layer",
                                      "embeddings_merge",
                                      "multi_query_attention",
                                      "encodings"};
  const char *name = ig_path_base_name(t->name);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(name, known[i]) == 0) return true;
  const ig_safetensor *tables[] = {find_embedding(r, 0), find_embedding(r, 1),
                                   find(r, "decoder/projection/weight"),
                                   find(r, "decoder/projection/bias")};
  for (size_t i = 0; i < 4; i++)
    if (t == tables[i]) return true;
  return ig_name_ends_with(name, "weight_scale");
}

static ig_status check_unused(const ct2_reading *r, ig_error *err) {
  for (size_t i = 0; i < ig_safetensors_count(r->out->tensors); i++) {
    const ig_safetensor *t = ig_safetensors_get(r->out->tensors, i);
    if (!ig_tensor_changes_reads(&r->changes, t->name) && !is_known(r, t))
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: variable %s does not belong to a model of the family %s", r->path,
                     t->name, r->kind->model_type);
  }
  return IG_OK;
}

// ---- configuration ----------------------------------------------------------

static ig_status check_epsilon(const ct2_reading *r, double *out, ig_error *err) {
  *out = 1e-5;
  const json_t *value = json_object_get(r->settings, "layer_norm_epsilon");
  if (json_is_number(value)) *out = json_number_value(value);
  if (r->kind->zero_start || fabs(*out - 1e-5) < 1e-9) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: config.json: layer_norm_epsilon: %g, expected 1e-5 in the family %s",
                 r->directory, *out, r->kind->model_type);
}

static ig_status add_zero_start(ct2_reading *r, double epsilon, ig_error *err) {
  json_t *more = json_pack("{s:f, s:b, s:b, s:i}", "layer_norm_eps", epsilon, "sinusoid_inclusive",
                           true, "share_encoder_decoder_embeddings", r->shared && r->tied,
                           "decoder_vocab_size", (int)r->rows);
  const bool fine = more && json_object_update(r->out->config, more) == 0;
  json_decref(more);
  return fine ? IG_OK : ig_fail_memory(err);
}

static ig_status make_config(ct2_reading *r, ig_error *err) {
  static const char *const activations[] = {"relu", "gelu_new", "swish", "gelu"};
  double epsilon;
  if (r->activation < 0 || r->activation > 3)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: activation %d is not built", r->path,
                   r->activation);
  IG_TRY(check_epsilon(r, &epsilon, err));
  r->out->config = json_pack(
      "{s:s, s:[s], s:b, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:b, s:b, s:i, s:i, s:i,"
      " s:i, s:n, s:i, s:f}",
      "model_type", r->kind->model_type, "architectures", r->kind->architecture,
      "is_encoder_decoder", true, "dtype", "float32", "vocab_size", (int)r->rows, "d_model",
      r->d_model, "encoder_layers", r->layers[0], "decoder_layers", r->layers[1],
      "encoder_attention_heads", r->heads[0], "decoder_attention_heads", r->heads[1],
      "encoder_ffn_dim", r->inner[0], "decoder_ffn_dim", r->inner[1], "activation_function",
      activations[r->activation], "scale_embedding", r->scaled, "tie_word_embeddings", r->tied,
      "pad_token_id", r->pad, "eos_token_id", r->eos, "bos_token_id", r->bos,
      "decoder_start_token_id", r->start, "forced_eos_token_id", "max_position_embeddings",
      (int)r->positions, "dropout", 0.1);
  if (!r->out->config) return ig_fail_memory(err);
  if (r->bos < 0) json_object_del(r->out->config, "bos_token_id");
  if (r->start < 0) json_object_del(r->out->config, "decoder_start_token_id");
  return r->kind->zero_start ? add_zero_start(r, epsilon, err) : IG_OK;
}

static ig_status add_file(ct2_reading *r, const char *name, json_t *content, ig_error *err) {
  return content && json_object_set_new(r->out->files, name, content) == 0 ? IG_OK
                                                                           : ig_fail_memory(err);
}

// CTranslate2's own limit of a translation.
static ig_status make_generation(ct2_reading *r, ig_error *err) {
  json_t *json = json_pack("{s:i, s:i, s:i}", "max_length", 256, "eos_token_id", r->eos,
                           "pad_token_id", r->pad);
  if (json && r->start >= 0 &&
      json_object_set_new(json, "decoder_start_token_id", json_integer(r->start)) != 0) {
    json_decref(json);
    json = NULL;
  }
  return add_file(r, "generation_config.json", json, err);
}

// ---- ids and text -----------------------------------------------------------

static ig_status find_ids(ct2_reading *r, ig_error *err) {
  const ig_ctranslate2_vocabulary *v = &r->vocabulary;
  const char *start = json_string_value(json_object_get(r->settings, "decoder_start_token"));
  IG_TRY(ig_ctranslate2_vocabulary_token(v, r->settings, "eos_token", "</s>", &r->eos, err));
  r->pad = ig_ctranslate2_vocabulary_find(v, 1, "<pad>");
  r->bos = ig_ctranslate2_vocabulary_find(v, 1, "<s>");
  if (r->pad < 0) r->pad = r->eos;
  r->start = start ? ig_ctranslate2_vocabulary_find(v, 1, start) : -1;
  if (!start || r->start >= 0) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: config.json: decoder_start_token: '%.40s' has no id",
                 r->directory, start);
}

// The row of the start, and of padding, comes after all others.
static void add_start(ct2_reading *r) {
  if (!r->kind->zero_start) return;
  r->start = (int)r->rows;
  r->pad = r->start;
  r->rows++;
}

static bool has_any(const char *directory, const char *const *names) {
  for (; *names; names++)
    if (ig_file_exists_in(directory, *names)) return true;
  return false;
}

// The vocabularies are in the directory; how text is cut is not, unless it was put there.
static ig_status add_text(ct2_reading *r, ig_error *err) {
  static const char *const files[] = {"tokenizer.json", "sentencepiece.bpe.model", "spiece.model",
                                      "merges.txt", NULL};
  const bool has_pieces = ig_file_exists_in(r->directory, "source.spm") &&
                          ig_file_exists_in(r->directory, "target.spm");
  if (r->kind->zero_start ? !has_pieces : !has_any(r->directory, files)) {
    r->out->lacks_text =
        r->kind->zero_start
            ? "CTranslate2 has no tokenizer: put source.spm and target.spm of the model that it "
              "was "
              "made of beside model.bin"
            : "CTranslate2 has no tokenizer: put the tokenizer's files of the model that it was "
              "made of (tokenizer.json, or those of its class) beside model.bin";
    return IG_OK;
  }
  if (!r->kind->zero_start) return IG_OK;
  const bool separate = r->vocabulary.separate;
  json_t *config = json_pack("{s:s, s:s, s:s, s:s, s:b, s:i}", "tokenizer_class", "MarianTokenizer",
                             "eos_token", "</s>", "unk_token", "<unk>", "pad_token", "<pad>",
                             "separate_vocabs", separate, "model_max_length", (int)r->positions);
  IG_TRY(add_file(r, "tokenizer_config.json", config, err));
  IG_TRY(add_file(r, "vocab.json", ig_ctranslate2_vocabulary_ids(&r->vocabulary, 0, r->pad), err));
  if (!separate) return IG_OK;
  return add_file(r, "target_vocab.json", ig_ctranslate2_vocabulary_ids(&r->vocabulary, 1, r->pad),
                  err);
}

// ---- the whole --------------------------------------------------------------

static ig_status read_tensors(ct2_reading *r, ig_error *err) {
  IG_TRY(add_embeddings(r, err));
  for (int stack = 0; stack < 2; stack++) IG_TRY(add_stack(r, stack, err));
  IG_TRY(add_bias(r, err));
  IG_TRY(check_unused(r, err));
  return ig_tensor_changes_apply(&r->changes, r->out->tensors, err);
}

static ig_status read_model(ct2_reading *r, ig_error *err) {
  r->out->files = json_object();
  r->out->copies = json_object();
  if (!r->out->files || !r->out->copies) return ig_fail_memory(err);
  IG_TRY(ig_json_load_in_if_exists(r->directory, "config.json", &r->settings, err));
  if (!r->settings) r->settings = json_object();
  IG_TRY(ig_safetensors_open_file(r->path, &r->out->tensors, err));
  IG_TRY(ig_ctranslate2_vocabulary_load(r->directory, &r->vocabulary, err));
  IG_TRY(check_options(r, err));
  IG_TRY(read_sizes(r, err));
  IG_TRY(find_ids(r, err));
  IG_TRY(find_kind(r, err));
  IG_TRY(ig_ctranslate2_vocabulary_check(&r->vocabulary, r->rows, err));
  add_start(r);
  IG_TRY(read_tensors(r, err));
  IG_TRY(make_config(r, err));
  IG_TRY(make_generation(r, err));
  return add_text(r, err);
}

static ig_status is_model(const char *path, bool *is, ig_error *err) {
  ig_file file = {0};
  ig_error unused;
  *is = ig_file_exists(path);
  if (!*is) return IG_OK;
  IG_TRY(ig_file_open(&file, path, err));
  *is = ig_variable_file_is(&file, path, &unused);
  ig_file_close(&file);
  return IG_OK;
}

ig_status ig_ctranslate2_open(const char *directory, ig_foreign *out, ig_error *err) {
  ct2_reading r = {
      .directory = directory, .out = out, .path = ig_path_join(directory, "model.bin", err)};
  bool is = false;
  if (!r.path) return IG_ERROR_MEMORY;
  ig_status status = is_model(r.path, &is, err);
  if (status == IG_OK && is) status = read_model(&r, err);
  ig_tensor_changes_free(&r.changes);
  ig_ctranslate2_vocabulary_free(&r.vocabulary);
  json_decref(r.settings);
  free(r.path);
  return status;
}
