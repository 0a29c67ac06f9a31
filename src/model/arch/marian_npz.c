// The tensors are renamed as transformers' MarianMTModel has them, and linear weights transposed,
// for Marian stores them as (in, out). Three things have no place there and get one:
// - Marian's decoder starts with a vector of zeros. A row of zeros is added to the embeddings
//   after all others; its bias lets no search or softmax take it.
// - Marian's sinusoids have the exponent i / (n - 1). They are in the file as tables, which
//   transformers reads, and sinusoid_inclusive in config.json tells us.
// - Marian's norms have an epsilon of 1e-6: layer_norm_eps, which transformers passes over.
// Names and options: marian-nmt/marian-dev, src/models/transformer.h.
#include "model/arch/marian_npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/name.h"
#include "base/path.h"
#include "io/yaml.h"
#include "model/arch/marian_files.h"
#include "model/arch/marian_options.h"
#include "model/arch/marian_vocabulary.h"
#include "model/arch/tensor_changes.h"
#include "model/config.h"
#include "nn/positions.h"

// No softmax gives such a logit any probability, and float16 can hold it.
static const float NEVER = -30000.0f;
enum { POSITIONS = 1024, NAME = IG_TENSOR_CHANGES_NAME };

typedef struct marian_reading {
  const char *directory;
  ig_marian_files files;
  ig_foreign *out;
  ig_marian_options options;
  size_t rows;  // of the embeddings, that of the start included
  json_t *vocabulary[2];
  int eos, unk, pad;
  ig_tensor_changes changes;
  size_t left_out;  // tensors that floats do not need
} marian_reading;

// ---- names of tensors -------------------------------------------------------

static ig_status find_theirs(const marian_reading *r, const char *name, int rank,
                             const ig_safetensor **out, ig_error *err) {
  const ig_safetensor *t = *out = ig_safetensors_find(r->out->tensors, name);
  if (!t) return ig_fail(err, IG_ERROR_FORMAT, "%s: tensor %s is missing", r->files.model, name);
  if (t->dtype == IG_DTYPE_F32 && (t->rank == rank || (rank == 1 && t->rank == 2))) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: tensor %s: type %s and rank %d, expected F32 and rank 2", r->files.model,
                 name, ig_dtype_name(t->dtype), t->rank);
}

// A linear weight.
static ig_status add_weight(marian_reading *r, const char *theirs, const char *ours,
                            ig_error *err) {
  const ig_safetensor *t;
  IG_TRY(find_theirs(r, theirs, 2, &t, err));
  const ig_safetensors_change change = {
      .transposed = true, .rank = 2, .shape = {t->shape[1], t->shape[0]}};
  return ig_tensor_changes_add(&r->changes, change, theirs, ours, err);
}

// A bias, or a scale of a norm: (1, n).
static ig_status add_vector(marian_reading *r, const char *theirs, const char *ours,
                            ig_error *err) {
  const ig_safetensor *t;
  IG_TRY(find_theirs(r, theirs, 1, &t, err));
  const ig_safetensors_change change = {.rank = 1, .shape = {t->elements}};
  return ig_tensor_changes_add(&r->changes, change, theirs, ours, err);
}

// An embedding, with the rows that it lacks.
static ig_status add_table(marian_reading *r, const char *theirs, const char *ours, ig_error *err) {
  const ig_safetensor *t;
  IG_TRY(find_theirs(r, theirs, 2, &t, err));
  const ig_safetensors_change change = {.rank = 2, .shape = {r->rows, t->shape[1]}};
  return ig_tensor_changes_add(&r->changes, change, theirs, ours, err);
}

// Names in a layer; an attention has the names of its parts after its own.
typedef struct tensor_names {
  const char *theirs, *ours;
  bool is_vector;
} tensor_names;

static const tensor_names attention_names[] = {
    {"_Wq", ".q_proj.weight", false},
    {"_bq", ".q_proj.bias", true},
    {"_Wk", ".k_proj.weight", false},
    {"_bk", ".k_proj.bias", true},
    {"_Wv", ".v_proj.weight", false},
    {"_bv", ".v_proj.bias", true},
    {"_Wo_ln_scale", "_layer_norm.weight", true},
    {"_Wo_ln_bias", "_layer_norm.bias", true},
};
static const tensor_names projection_names[] = {
    {"_Wo", ".out_proj.weight", false},
    {"_bo", ".out_proj.bias", true},
};
static const tensor_names cell_names[] = {
    {"rnn_W", "cell.candidate.weight", false},
    {"rnn_Wf", "cell.forget.weight", false},
    {"rnn_bf", "cell.forget.bias", true},
    {"rnn_ffn_ln_scale", "cell_layer_norm.weight", true},
    {"rnn_ffn_ln_bias", "cell_layer_norm.bias", true},
};
static const tensor_names feed_forward_names[] = {
    {"ffn_W1", "fc1.weight", false},
    {"ffn_b1", "fc1.bias", true},
    {"ffn_W2", "fc2.weight", false},
    {"ffn_b2", "fc2.bias", true},
    {"ffn_ffn_ln_scale", "final_layer_norm.weight", true},
    {"ffn_ffn_ln_bias", "final_layer_norm.bias", true},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

// What the names of a part of a layer begin with.
typedef struct layer_names {
  char theirs[NAME], ours[NAME];
} layer_names;

static ig_status add_names(marian_reading *r, const layer_names *in, const tensor_names *names,
                           size_t count, ig_error *err) {
  for (size_t i = 0; i < count; i++) {
    char theirs[2 * NAME], ours[2 * NAME];
    snprintf(theirs, sizeof theirs, "%s%s", in->theirs, names[i].theirs);
    snprintf(ours, sizeof ours, "%s%s", in->ours, names[i].ours);
    IG_TRY(names[i].is_vector ? add_vector(r, theirs, ours, err)
                              : add_weight(r, theirs, ours, err));
  }
  return IG_OK;
}

// An output layer that changes nothing, for attention that has none: x I + 0 is x.
static ig_status add_identity(marian_reading *r, const layer_names *in, ig_error *err) {
  const size_t d = (size_t)r->options.d_model;
  char name[2 * NAME];
  ig_safetensors_change weight = {.rank = 2, .shape = {d, d}}, bias = {.rank = 1, .shape = {d}};
  weight.values = ig_allocate(d * d, sizeof *weight.values, err);
  if (!weight.values) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < d; i++) weight.values[i * d + i] = 1;
  snprintf(name, sizeof name, "%s.out_proj.weight", in->ours);
  IG_TRY(ig_tensor_changes_add(&r->changes, weight, NULL, name, err));
  bias.values = ig_allocate(d, sizeof *bias.values, err);
  if (!bias.values) return IG_ERROR_MEMORY;
  snprintf(name, sizeof name, "%s.out_proj.bias", in->ours);
  return ig_tensor_changes_add(&r->changes, bias, NULL, name, err);
}

static ig_status add_attention(marian_reading *r, const layer_names *in, const char *theirs,
                               const char *ours, ig_error *err) {
  layer_names part;
  snprintf(part.theirs, NAME, "%.60s%s", in->theirs, theirs);
  snprintf(part.ours, NAME, "%.60s%s", in->ours, ours);
  IG_TRY(add_names(r, &part, attention_names, COUNT(attention_names), err));
  return r->options.has_projections
             ? add_names(r, &part, projection_names, COUNT(projection_names), err)
             : add_identity(r, &part, err);
}

static ig_status add_encoder_layer(marian_reading *r, int layer, ig_error *err) {
  layer_names in;
  snprintf(in.theirs, NAME, "encoder_l%d_", layer + 1);
  snprintf(in.ours, NAME, "model.encoder.layers.%d.", layer);
  IG_TRY(add_attention(r, &in, "self", "self_attn", err));
  return add_names(r, &in, feed_forward_names, COUNT(feed_forward_names), err);
}

static ig_status add_decoder_layer(marian_reading *r, int layer, ig_error *err) {
  layer_names in;
  int source;
  IG_TRY(ig_marian_options_tied_layer(&r->options, layer, &source, err));
  snprintf(in.theirs, NAME, "decoder_l%d_", source + 1);
  snprintf(in.ours, NAME, "model.decoder.layers.%d.", layer);
  IG_TRY(r->options.recurrent ? add_names(r, &in, cell_names, COUNT(cell_names), err)
                              : add_attention(r, &in, "self", "self_attn", err));
  IG_TRY(add_attention(r, &in, "context", "encoder_attn", err));
  return add_names(r, &in, feed_forward_names, COUNT(feed_forward_names), err);
}

static ig_status add_layers(marian_reading *r, ig_error *err) {
  for (int i = 0; i < r->options.encoder_layers; i++) IG_TRY(add_encoder_layer(r, i, err));
  for (int i = 0; i < r->options.decoder_layers; i++) IG_TRY(add_decoder_layer(r, i, err));
  return IG_OK;
}

// Sizes that memory is taken for must be those of tensors that are there.
static ig_status check_size(const marian_reading *r, const char *tensor, const char *key, int size,
                            ig_error *err) {
  const ig_safetensor *t;
  IG_TRY(find_theirs(r, tensor, 2, &t, err));
  if (t->shape[1] == (size_t)size) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %d, but tensor %s has %zu columns", r->files.model,
                 key, size, tensor, t->shape[1]);
}

static ig_status check_sizes(const marian_reading *r, ig_error *err) {
  IG_TRY(check_size(r, r->options.shared ? "Wemb" : "encoder_Wemb", "dim-emb", r->options.d_model,
                    err));
  IG_TRY(check_size(r, "encoder_l1_self_Wq", "dim-emb", r->options.d_model, err));
  IG_TRY(check_size(r, "encoder_l1_ffn_W1", "transformer-dim-ffn", r->options.encoder_inner, err));
  int layer;
  char name[NAME];
  IG_TRY(ig_marian_options_tied_layer(&r->options, 0, &layer, err));
  snprintf(name, sizeof name, "decoder_l%d_ffn_W1", layer + 1);
  return check_size(r, name, "transformer-decoder-dim-ffn", r->options.decoder_inner, err);
}

// Rows of both embeddings, and one more: the ids of transformers' special tokens are those of both.
static ig_status count_rows(marian_reading *r, ig_error *err) {
  static const char *const names[][2] = {{"encoder_Wemb", "decoder_Wemb"}, {"Wemb", "Wemb"}};
  for (int side = 0; side < 2; side++) {
    const ig_safetensor *t;
    IG_TRY(find_theirs(r, names[r->options.shared][side], 2, &t, err));
    if (t->shape[0] > r->rows) r->rows = t->shape[0];
  }
  if (r->rows > 1 << 28)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: an embedding of %zu rows", r->files.model,
                   r->rows);
  r->rows++;
  return IG_OK;
}

// Where the output layer is not tied, transformers has both embeddings, too.
static ig_status add_embeddings(marian_reading *r, ig_error *err) {
  if (r->options.shared && r->options.tied) return add_table(r, "Wemb", "model.shared.weight", err);
  IG_TRY(add_table(r, r->options.shared ? "Wemb" : "encoder_Wemb",
                   "model.encoder.embed_tokens.weight", err));
  return add_table(r, r->options.shared ? "Wemb" : "decoder_Wemb",
                   "model.decoder.embed_tokens.weight", err);
}

// Old files store the weight of the output layer as every other one.
static ig_status add_output(marian_reading *r, ig_error *err) {
  static const char ours[] = "lm_head.weight", old[] = "decoder_ff_logit_out_W";
  if (r->options.tied) return IG_OK;
  if (!ig_safetensors_find(r->out->tensors, old))
    return add_table(r, "decoder_ff_logit_out_Wt", ours, err);
  const ig_safetensor *t;
  IG_TRY(find_theirs(r, old, 2, &t, err));
  const ig_safetensors_change change = {
      .transposed = true, .rank = 2, .shape = {r->rows, t->shape[0]}};
  return ig_tensor_changes_add(&r->changes, change, old, ours, err);
}

static float *constant_row(size_t zeros, size_t count, ig_error *err) {
  float *values = ig_allocate(count, sizeof *values, err);
  for (size_t i = zeros; values && i < count; i++) values[i] = NEVER;
  return values;
}

static ig_status add_logits_bias(marian_reading *r, ig_error *err) {
  static const char theirs[] = "decoder_ff_logit_out_b", ours[] = "final_logits_bias";
  ig_safetensors_change change = {.rank = 2, .shape = {1, r->rows}, .filler = NEVER};
  const ig_safetensor *target =
      ig_safetensors_find(r->out->tensors, r->options.shared ? "Wemb" : "decoder_Wemb");
  if (ig_safetensors_find(r->out->tensors, theirs)) {
    IG_TRY(find_theirs(r, theirs, 1, &target, err));
    return ig_tensor_changes_add(&r->changes, change, theirs, ours, err);
  }
  change.values = constant_row(target->shape[0], r->rows, err);
  return change.values ? ig_tensor_changes_add(&r->changes, change, NULL, ours, err)
                       : IG_ERROR_MEMORY;
}

static ig_status add_positions(marian_reading *r, const char *ours, ig_error *err) {
  const size_t d = (size_t)r->options.d_model;
  ig_safetensors_change change = {
      .rank = 2, .shape = {POSITIONS, d}, .values = ig_allocate(POSITIONS * d, 4, err)};
  if (!change.values) return IG_ERROR_MEMORY;
  ig_positions_sinusoids(IG_POSITION_HALVES_INCLUSIVE, 0, POSITIONS, r->options.d_model,
                         change.values);
  return ig_tensor_changes_add(&r->changes, change, NULL, ours, err);
}

// The scale of an activation before it is quantised, or what finds likely words faster.
static bool is_for_speed(const char *name) {
  return ig_name_ends_with(name, "_QuantMultA") || strcmp(name, "lsh_output_codes") == 0 ||
         strcmp(name, "lsh_output_rotation") == 0;
}

// A tensor that we do not know means a model that would run wrongly.
static ig_status check_unused(marian_reading *r, ig_error *err) {
  const ig_safetensors *file = r->out->tensors;
  for (size_t i = 0; i < ig_safetensors_count(file); i++) {
    const char *name = ig_safetensors_get(file, i)->name;
    if (strcmp(name, "Wpos") == 0)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: tensor Wpos: trained positions are not built",
                     r->files.model);
    if (is_for_speed(name))
      r->left_out++;
    else if (strcmp(name, ig_marian_options_name) != 0 &&
             !ig_tensor_changes_reads(&r->changes, name))
      return ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: tensor %s does not belong to a model of these options", r->files.model,
                     name);
  }
  return IG_OK;
}

static ig_status read_tensors(marian_reading *r, ig_error *err) {
  IG_TRY(check_sizes(r, err));
  IG_TRY(count_rows(r, err));
  IG_TRY(add_embeddings(r, err));
  IG_TRY(add_layers(r, err));
  IG_TRY(add_output(r, err));
  IG_TRY(add_logits_bias(r, err));
  IG_TRY(add_positions(r, "model.encoder.embed_positions.weight", err));
  IG_TRY(add_positions(r, "model.decoder.embed_positions.weight", err));
  IG_TRY(check_unused(r, err));
  return ig_tensor_changes_apply(&r->changes, r->out->tensors, err);
}

// ---- vocabularies -----------------------------------------------------------

static int find_id(const json_t *vocabulary, const char *token, int fallback) {
  const json_t *id = json_object_get(vocabulary, token);
  return id ? (int)json_integer_value(id) : fallback;
}

static ig_status check_vocabulary(const marian_reading *r, int side, ig_error *err) {
  const char *token;
  json_t *id;
  json_object_foreach(r->vocabulary[side], token, id) {
    if ((size_t)json_integer_value(id) + 1 >= r->rows)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: '%.40s' has id %d, but the embedding has %zu rows",
                     r->files.vocabulary[side], token, (int)json_integer_value(id), r->rows - 1);
  }
  return IG_OK;
}

// A file that serves both sides is read once.
static ig_status read_vocabulary(marian_reading *r, int side, ig_error *err) {
  const char *const *files = (const char *const *)r->files.vocabulary;
  if (side == 1 && files[0] && strcmp(files[0], files[1]) == 0) {
    r->vocabulary[1] = json_incref(r->vocabulary[0]);
    return IG_OK;
  }
  IG_TRY(ig_marian_vocabulary_load(files[side], &r->vocabulary[side], err));
  return check_vocabulary(r, side, err);
}

static bool has_text(const marian_reading *r) {
  return r->files.pieces[0] && r->files.pieces[1] && r->vocabulary[0] && r->vocabulary[1];
}

static ig_status read_vocabularies(marian_reading *r, ig_error *err) {
  for (int side = 0; side < 2; side++)
    if (r->files.vocabulary[side]) IG_TRY(read_vocabulary(r, side, err));
  const json_t *target = r->vocabulary[1];
  const int start = (int)r->rows - 1;
  r->eos = find_id(target, "</s>", 0);
  r->unk = find_id(target, "<unk>", 1);
  r->pad = find_id(target, "<pad>", start);
  for (int side = 0; side < 2; side++)
    if (r->vocabulary[side] && !json_object_get(r->vocabulary[side], "<pad>") &&
        json_object_set_new(r->vocabulary[side], "<pad>", json_integer(r->pad)))
      return ig_fail_memory(err);
  if (!has_text(r))
    r->out->lacks_text =
        "no vocabularies with SentencePiece models are found (decoder.yml, vocab.spm, or vocab.yml "
        "beside source.spm and target.spm)";
  return IG_OK;
}

static bool add_file(marian_reading *r, const char *name, json_t *content) {
  return content && json_object_set_new(r->out->files, name, content) == 0;
}

static bool add_copy(marian_reading *r, const char *name, const char *path) {
  return json_object_set_new(r->out->copies, name, json_string(ig_path_base_name(path))) == 0;
}

static ig_status add_tokenizer(marian_reading *r, ig_error *err) {
  if (!has_text(r)) return IG_OK;
  const bool separate = !json_equal(r->vocabulary[0], r->vocabulary[1]);
  json_t *config = json_pack("{s:s, s:s, s:s, s:s, s:b, s:i}", "tokenizer_class", "MarianTokenizer",
                             "eos_token", "</s>", "unk_token", "<unk>", "pad_token", "<pad>",
                             "separate_vocabs", separate, "model_max_length", POSITIONS);
  bool fine = add_file(r, "tokenizer_config.json", config) &&
              add_file(r, "vocab.json", json_incref(r->vocabulary[0]));
  if (separate) fine = fine && add_file(r, "target_vocab.json", json_incref(r->vocabulary[1]));
  fine = fine && add_copy(r, "source.spm", r->files.pieces[0]) &&
         add_copy(r, "target.spm", r->files.pieces[1]);
  return fine ? IG_OK : ig_fail_memory(err);
}

// ---- configuration ----------------------------------------------------------

static ig_status make_config(marian_reading *r, ig_error *err) {
  const int start = (int)r->rows - 1;
  r->out->config = json_pack(
      "{s:s, s:[s], s:b, s:b, s:b, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:b, s:b,"
      " s:b, s:i, s:i, s:n, s:i, s:i, s:f, s:f, s:b}",
      "model_type", r->options.recurrent ? "marian_ssru" : "marian", "architectures",
      r->options.recurrent ? "MarianSsruModel" : "MarianMTModel", "is_encoder_decoder", true,
      "static_position_embeddings", true, "use_cache", true, "dtype", "float32", "vocab_size",
      (int)r->rows, "decoder_vocab_size", (int)r->rows, "d_model", r->options.d_model,
      "encoder_layers", r->options.encoder_layers, "decoder_layers", r->options.decoder_layers,
      "encoder_attention_heads", r->options.heads, "decoder_attention_heads", r->options.heads,
      "encoder_ffn_dim", r->options.encoder_inner, "decoder_ffn_dim", r->options.decoder_inner,
      "activation_function", r->options.activation, "scale_embedding", true, "tie_word_embeddings",
      r->options.tied, "share_encoder_decoder_embeddings", r->options.shared && r->options.tied,
      "pad_token_id", r->pad, "eos_token_id", r->eos, "bos_token_id", "decoder_start_token_id",
      start, "max_position_embeddings", POSITIONS, "dropout", 0.1, "layer_norm_eps", 1e-6,
      "sinusoid_inclusive", true);
  return r->out->config ? IG_OK : ig_fail_memory(err);
}

// Students of browsers are trained and quantised for greedy search, and come without settings.
static bool is_quantized(const marian_reading *r) {
  return *ig_safetensors_note(r->out->tensors, 0) != '\0';
}

// What makes the products of integers, and is not read.
static ig_status note_left_out(marian_reading *r, ig_error *err) {
  if (r->files.shortlist)
    IG_TRY(ig_problems_add(
        &r->out->notes, NULL, err,
        "%s: the shortlist is not used unless it is asked for: every token may come",
        r->files.shortlist));
  if (r->left_out == 0) return IG_OK;
  return ig_problems_add(&r->out->notes, NULL, err,
                         "%s: %zu tensors that only speed up Marian (*_QuantMultA, lsh_*) are not "
                         "used: products are those of floats",
                         r->files.model, r->left_out);
}

// Marian gives no unknown token (--allow-unk), and divides a score by its length to the power of
// `normalize`. Its limit of three times the source's length has no place here.
static ig_status make_generation(marian_reading *r, ig_error *err) {
  const ig_yaml_node *settings = r->files.decoder ? ig_yaml_root(r->files.decoder) : NULL;
  const int start = (int)r->rows - 1;
  int beams;
  double normalize, word_penalty;
  IG_TRY(ig_yaml_int(settings, "beam-size", is_quantized(r) ? 1 : 12, &beams, err));
  if (beams < 1 || beams > IG_WIDEST_BEAM)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: beam-size of its decoder.yml or config.yml: expected 1 to %d, found %d: "
                   "write one that a search can have",
                   r->directory, IG_WIDEST_BEAM, beams);
  IG_TRY(ig_yaml_number(settings, "normalize", 0, &normalize, err));
  IG_TRY(ig_yaml_number(settings, "word-penalty", 0, &word_penalty, err));
  json_t *json =
      json_pack("{s:i, s:i, s:i, s:i, s:i, s:f, s:[[i], [i]]}", "num_beams", beams,
                "decoder_start_token_id", start, "eos_token_id", r->eos, "pad_token_id", r->pad,
                "max_length", 512, "length_penalty", normalize, "bad_words_ids", start, r->unk);
  if (!add_file(r, "generation_config.json", json)) return ig_fail_memory(err);
  if (word_penalty > 0 || word_penalty < 0)
    return ig_problems_add(&r->out->notes, NULL, err, "%s: word-penalty %g is not kept",
                           r->directory, word_penalty);
  return IG_OK;
}

// ---- the whole --------------------------------------------------------------

static ig_status read_model(marian_reading *r, ig_error *err) {
  r->out->files = json_object();
  r->out->copies = json_object();
  if (!r->out->files || !r->out->copies) return ig_fail_memory(err);
  IG_TRY(ig_safetensors_open_file(r->files.model, &r->out->tensors, err));
  IG_TRY(ig_marian_options_read(r->out->tensors, r->files.model, &r->options, err));
  IG_TRY(read_tensors(r, err));
  IG_TRY(read_vocabularies(r, err));
  IG_TRY(make_config(r, err));
  IG_TRY(make_generation(r, err));
  IG_TRY(note_left_out(r, err));
  return add_tokenizer(r, err);
}

static void end_reading(marian_reading *r) {
  ig_tensor_changes_free(&r->changes);
  json_decref(r->vocabulary[0]);
  json_decref(r->vocabulary[1]);
  ig_marian_options_free(&r->options);
  ig_marian_files_free(&r->files);
}

ig_status ig_marian_npz_open(const char *directory, ig_foreign *out, ig_error *err) {
  marian_reading r = {.directory = directory, .out = out};
  ig_status status = ig_marian_files_find(directory, &r.files, err);
  if (status == IG_OK && r.files.model) status = read_model(&r, err);
  end_reading(&r);
  return status;
}
