// What must hold for the shapes of any Transformer, and what sets several of them at once.
#include "model/config.h"

#include <math.h>
#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { MOST_ROWS = 1 << 24 };  // far above any model, and products of three still fit 64 bits

// A member of ig_config, and the name that it has where its family's config.json has no key for it.
typedef struct named_option {
  size_t offset;
  const char *name;
} named_option;
#define OPTION(member, name) \
  { offsetof(struct ig_config, member), name }

typedef struct bound {
  named_option option;
  long value, low, high;
} bound;

static const char *name_of(const ig_config *c, const named_option *o) {
  const char *name = c->family && c->key_name ? c->key_name(c->family, o->offset) : NULL;
  return name ? name : o->name;
}

static ig_status check_bounds(const ig_config *c, const bound *bounds, const char *where,
                              ig_error *err) {
  for (const bound *b = bounds; b->option.name; b++)
    if (b->value < b->low || b->value > b->high)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected a number from %ld to %ld, found %ld",
                     where, name_of(c, &b->option), b->low, b->high, b->value);
  return IG_OK;
}

bool ig_config_decodes(const ig_config *c) { return c->head.kind == IG_HEAD_LANGUAGE_MODEL; }

ig_status ig_config_check_decodes(const ig_config *c, const char *where, ig_error *err) {
  if (ig_config_decodes(c)) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: the model is an encoder without a decoder, which gives no text of its own",
                 where);
}

int ig_config_outputs(const ig_config *c) {
  switch (c->head.kind) {
    case IG_HEAD_LANGUAGE_MODEL:
    case IG_HEAD_MASKED_TOKENS: return c->target_vocab_size;
    case IG_HEAD_SPAN: return 2;
    case IG_HEAD_CLASSES:
    case IG_HEAD_TOKEN_CLASSES: return c->head.classes;
    case IG_HEAD_NONE: return 0;
  }
  return 0;
}

int ig_config_stored_layers(const ig_stack_shape *stack) {
  return stack->groups ? stack->groups : stack->layers;
}

// As transformers' AlbertTransformer, whose quotients are doubles.
int ig_config_stored_layer(const ig_stack_shape *stack, int i) {
  return stack->groups ? (int)(i / ((double)stack->layers / stack->groups)) : i;
}

int ig_config_embedding_columns(const ig_config *c) {
  return c->embedding_size ? c->embedding_size : c->d_model;
}

// What masked tokens are compared with is the table.
int ig_config_output_inputs(const ig_config *c) {
  return c->head.kind == IG_HEAD_MASKED_TOKENS ? ig_config_embedding_columns(c) : c->d_model;
}

int ig_config_attention_width(const ig_config *c, const ig_attention_shape *attention) {
  return attention->head_size ? attention->heads * attention->head_size : c->d_model;
}

// Heads divide d_model, or have a size of their own.
static long most_heads(const ig_config *c, const ig_stack_shape *stack) {
  return stack->self.head_size ? 1 << 12 : c->d_model;
}

static bool has_sinusoids(const ig_config *c) {
  return c->positions.kind != IG_POSITION_LEARNED && c->positions.kind != IG_POSITION_NONE;
}

// What the sizes must be to one another.
static ig_status check_proportions(const ig_config *c, const char *where, ig_error *err) {
  if (has_sinusoids(c) && c->d_model % 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: d_model: expected an even number (sinusoid positions), found %d", where,
                   c->d_model);
  if (!c->encoder.self.head_size &&
      (c->d_model % c->encoder.self.heads || c->d_model % c->decoder.self.heads))
    return ig_fail(
        err, IG_ERROR_ARGUMENT,
        "%s: d_model %d is not a multiple of the attention heads (%d encoder, %d decoder)", where,
        c->d_model, c->encoder.self.heads, c->decoder.self.heads);
  if (c->shared_embedding && c->vocab_size != c->target_vocab_size)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: a shared embedding needs vocabularies of one size, found %d and %d", where,
                   c->vocab_size, c->target_vocab_size);
  return IG_OK;
}

// Both stacks need a bucket of its own for at least one distance, and `farthest` beyond those.
static ig_status check_relative(const ig_config *c, const char *where, ig_error *err) {
  const ig_relative_shape *r = &c->relative;
  if (!r->buckets) return IG_OK;
  const bound bounds[] = {
      {OPTION(relative.buckets, "relative_attention_num_buckets"), r->buckets, 4, 1 << 16},
      {OPTION(relative.farthest, "relative_attention_max_distance"), r->farthest,
       r->buckets / 2 + 1, 1 << 20},
      {{0, NULL}, 0, 0, 0},
  };
  return check_bounds(c, bounds, where, err);
}

// What every model has.
static ig_status check_encoder_sizes(const ig_config *c, const char *where, ig_error *err) {
  const bound bounds[] = {
      {OPTION(vocab_size, "vocab_size"), c->vocab_size, 1, MOST_ROWS},
      {OPTION(d_model, "d_model"), c->d_model, 1, 1 << 16},
      {OPTION(embedding_size, "embedding_size"), c->embedding_size, 0, 1 << 16},
      {OPTION(encoder.layers, "encoder_layers"), c->encoder.layers, 0, 1024},
      {OPTION(encoder.self.heads, "encoder_attention_heads"), c->encoder.self.heads, 1,
       most_heads(c, &c->encoder)},
      {OPTION(encoder.self.head_size, "d_kv"), c->encoder.self.head_size, 0, 1 << 12},
      {OPTION(encoder.feed_forward.inner, "encoder_ffn_dim"), c->encoder.feed_forward.inner, 1,
       1 << 20},
      {OPTION(positions.count, "max_position_embeddings"), c->positions.count, 0, 1 << 20},
      {OPTION(token_types, "type_vocab_size"), c->token_types, 0, 1 << 16},
      {OPTION(head.classes, "num_labels"), c->head.classes, 0, MOST_ROWS},
      {OPTION(pad_id, "pad_token_id"), c->pad_id, -1, (long)c->vocab_size - 1},
      {{0, NULL}, 0, 0, 0},
  };
  return check_bounds(c, bounds, where, err);
}

static ig_status check_decoder_sizes(const ig_config *c, const char *where, ig_error *err) {
  const bound bounds[] = {
      {OPTION(target_vocab_size, "decoder_vocab_size"), c->target_vocab_size, 1, MOST_ROWS},
      {OPTION(decoder.layers, "decoder_layers"), c->decoder.layers, 0, 1024},
      {OPTION(decoder.self.heads, "decoder_attention_heads"), c->decoder.self.heads, 1,
       most_heads(c, &c->decoder)},
      {OPTION(decoder.feed_forward.inner, "decoder_ffn_dim"), c->decoder.feed_forward.inner, 1,
       1 << 20},
      {OPTION(eos_id, "eos_token_id"), c->eos_id, 0, (long)c->target_vocab_size - 1},
      {OPTION(bos_id, "bos_token_id"), c->bos_id, -1, (long)c->target_vocab_size - 1},
      {OPTION(decoder_start_id, "decoder_start_token_id"), c->decoder_start_id, 0,
       (long)c->target_vocab_size - 1},
      {OPTION(forced_eos_id, "forced_eos_token_id"), c->forced_eos_id, -1,
       (long)c->target_vocab_size - 1},
      {{0, NULL}, 0, 0, 0},
  };
  return check_bounds(c, bounds, where, err);
}

static ig_status check_sizes(const ig_config *c, const char *where, ig_error *err) {
  IG_TRY(check_encoder_sizes(c, where, err));
  if (ig_config_decodes(c)) IG_TRY(check_decoder_sizes(c, where, err));
  return check_proportions(c, where, err);
}

static ig_status check_dropouts(const ig_config *c, const char *where, ig_error *err) {
  const ig_dropouts dropouts = ig_config_dropouts(c);
  const struct {
    named_option option;
    float value;
  } all[] = {{OPTION(encoder.dropout, "dropout"), dropouts.sublayers},
             {OPTION(encoder.self.dropout, "attention_dropout"), dropouts.attention},
             {OPTION(encoder.feed_forward.dropout, "activation_dropout"), dropouts.activation}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!(all[i].value >= 0 && all[i].value < 1))
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected a number in [0, 1), found %g", where,
                     name_of(c, &all[i].option), (double)all[i].value);
  return IG_OK;
}

ig_status ig_config_check(const ig_config *c, const char *where, ig_error *err) {
  IG_TRY(check_sizes(c, where, err));
  IG_TRY(check_relative(c, where, err));
  IG_TRY(check_dropouts(c, where, err));
  const named_option of_eps = OPTION(encoder.norm.eps, "layer_norm_eps");
  const named_option of_std = OPTION(init_std, "init_std");
  const float eps = c->encoder.norm.eps;
  if (!(eps > 0) || !isfinite(eps))
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected a number above 0, found %g", where,
                   name_of(c, &of_eps), (double)eps);
  if (!(c->init_std >= 0) || !isfinite(c->init_std))
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: %s: expected 0 or a number above it, found %g",
                   where, name_of(c, &of_std), (double)c->init_std);
  return IG_OK;
}

ig_status ig_config_keep(const ig_config *config, const char *where, ig_config **out,
                         ig_error *err) {
  *out = NULL;
  IG_TRY(ig_config_check(config, where, err));
  *out = ig_allocate(1, sizeof **out, err);
  if (!*out) return IG_ERROR_MEMORY;
  **out = *config;
  return IG_OK;
}

void ig_config_free(ig_config *config) { free(config); }

ig_vocabulary_facts ig_config_vocabulary(const ig_config *c) {
  if (!c)
    return (ig_vocabulary_facts){.pad_id = -1, .bos_id = -1, .eos_id = -1, .decoder_start_id = -1};
  return (ig_vocabulary_facts){.source_size = c->vocab_size,
                               .target_size = c->target_vocab_size,
                               .pad_id = c->pad_id,
                               .bos_id = c->bos_id,
                               .eos_id = c->eos_id,
                               .decoder_start_id = c->decoder_start_id};
}

void ig_config_untie_tables(ig_config *c) {
  // Tables that should be one and have two sizes are left to ig_config_check.
  if (!c->tied_output && c->vocab_size == c->target_vocab_size) c->shared_embedding = false;
}

void ig_config_match_stacks(ig_config *c) {
  const ig_stack_shape own = c->decoder;
  c->decoder = c->encoder;
  c->decoder.layers = own.layers;
  c->decoder.layerdrop = own.layerdrop;
  c->decoder.self.heads = own.self.heads;
  c->decoder.feed_forward.inner = own.feed_forward.inner;
  c->decoder.cross = c->decoder.self;
}

ig_dropouts ig_config_dropouts(const ig_config *c) {
  return (ig_dropouts){.sublayers = c->encoder.dropout,
                       .attention = c->encoder.self.dropout,
                       .activation = c->encoder.feed_forward.dropout};
}

void ig_config_set_dropouts(ig_config *c, ig_dropouts dropouts) {
  ig_stack_shape *stacks[] = {&c->encoder, &c->decoder};
  for (int i = 0; i < 2; i++) {
    stacks[i]->dropout = dropouts.sublayers;
    stacks[i]->self.dropout = dropouts.attention;
    stacks[i]->feed_forward.dropout = dropouts.activation;
  }
  c->decoder.cross.dropout = dropouts.attention;
}

void ig_config_set_bias(ig_config *c, bool bias) {
  ig_stack_shape *stacks[] = {&c->encoder, &c->decoder};
  for (int i = 0; i < 2; i++) {
    stacks[i]->self.bias = bias;
    stacks[i]->feed_forward.bias = bias;
    stacks[i]->norm.bias = bias;
  }
  c->decoder.cross.bias = bias;
}
