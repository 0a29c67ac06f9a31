#include "model/arch/marian_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"

enum { MOST_OPTIONS = 1 << 20, MOST_SIZE = 1 << 16 };
const char *const ig_marian_options_name = "special:model.yml";

typedef struct option_reading {
  const ig_safetensors *file;
  const char *path;
  const ig_yaml_node *root;
  ig_marian_options *out;
} option_reading;

static ig_status parse_options(option_reading *r, const ig_safetensor *t, ig_error *err) {
  if (t->bytes > MOST_OPTIONS)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %zu bytes, at most %d are read", t->file, t->name,
                   t->bytes, MOST_OPTIONS);
  char *text = ig_allocate(t->bytes + 1, 1, err);
  if (!text) return IG_ERROR_MEMORY;
  ig_status status = ig_safetensor_read_raw(t, text, err);
  // It is filled up with NULs.
  if (status == IG_OK)
    status = ig_yaml_parse(text, strlen(text), ig_marian_options_name, &r->out->yaml, err);
  free(text);
  if (status == IG_OK) r->root = ig_yaml_root(r->out->yaml);
  return status;
}

// What an option may be; an option that is missing is fine. "": also an empty list.
typedef struct marian_option {
  const char *key, *values[3];
} marian_option;

static const marian_option all_options[] = {
    {"transformer-preprocess", {"", "d"}},
    {"transformer-postprocess", {"dan", "an"}},
    {"transformer-postprocess-emb", {"d", ""}},
    {"transformer-postprocess-top", {"", "d"}},
    {"transformer-decoder-autoreg", {"self-attention", "rnn"}},
    {"transformer-ffn-depth", {"2"}},
    {"transformer-decoder-ffn-depth", {"0", "2"}},
    {"transformer-pool", {"false"}},
    {"transformer-disable-position-embeddings", {"false"}},
    {"transformer-no-bias", {"false"}},
    {"transformer-no-affine", {"false"}},
    {"transformer-attention-mask", {"default"}},
    {"input-types", {""}},
    {"right-left", {"false"}},
    {"ulr", {"false"}},
    {"lemma-dim-emb", {"0"}},
    {"factors-dim-emb", {"0"}},
};

// Of models with a recurrent decoder.
static const marian_option cell_options[] = {
    {"dec-cell", {"ssru"}},
    {"transformer-rnn-projection", {"false"}},
    {"layer-normalization", {"false"}},
};

static ig_status check_option(const option_reading *r, const marian_option *option, ig_error *err) {
  const ig_yaml_node *node = ig_yaml_get(r->root, option->key);
  if (!node) return IG_OK;
  const bool is_list = node->kind != IG_YAML_SCALAR;
  const char *value = is_list ? (node->count ? "a list" : "") : node->scalar;
  for (size_t i = 0; i < 3 && option->values[i]; i++)
    if (strcmp(value, option->values[i]) == 0) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: '%s' is not built, expected '%s'%s%s%s",
                 r->path, option->key, value, option->values[0], option->values[1] ? " or '" : "",
                 option->values[1] ? option->values[1] : "", option->values[1] ? "'" : "");
}

static ig_status check_options(const option_reading *r, ig_error *err) {
  const char *type;
  IG_TRY(ig_yaml_string(r->root, "type", "", &type, err));
  if (strcmp(type, "transformer") != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: type: '%s' is not built, expected 'transformer'",
                   r->path, type);
  for (size_t i = 0; i < sizeof all_options / sizeof *all_options; i++)
    IG_TRY(check_option(r, &all_options[i], err));
  return IG_OK;
}

static ig_status read_layers(option_reading *r, ig_error *err) {
  const char *past;
  bool no_projection;
  IG_TRY(ig_yaml_string(r->root, "transformer-decoder-autoreg", "self-attention", &past, err));
  IG_TRY(ig_yaml_bool(r->root, "transformer-no-projection", false, &no_projection, err));
  r->out->recurrent = strcmp(past, "rnn") == 0;
  r->out->has_projections = !no_projection;
  for (size_t i = 0; r->out->recurrent && i < sizeof cell_options / sizeof *cell_options; i++)
    IG_TRY(check_option(r, &cell_options[i], err));
  const ig_yaml_node *tied = ig_yaml_get(r->root, "transformer-tied-layers");
  if (!tied || (tied->kind == IG_YAML_SEQUENCE && tied->count == 0)) return IG_OK;
  if (tied->kind != IG_YAML_SEQUENCE || tied->count != (size_t)r->out->decoder_layers)
    return ig_yaml_fail(tied, err, "expected a layer's number for each of %d decoder layers",
                        r->out->decoder_layers);
  r->out->tied_layers = tied;
  return IG_OK;
}

ig_status ig_marian_options_tied_layer(const ig_marian_options *options, int layer, int *out,
                                       ig_error *err) {
  *out = layer;
  if (!options->tied_layers) return IG_OK;
  const ig_yaml_node *item = options->tied_layers->children[layer];
  char *end = NULL;
  const long number = item->kind == IG_YAML_SCALAR ? strtol(item->scalar, &end, 10) : 0;
  if (!end || *end || number < 1 || number > options->decoder_layers)
    return ig_yaml_fail(item, err, "expected a layer's number from 1 to %d",
                        options->decoder_layers);
  *out = (int)number - 1;
  return IG_OK;
}

// GELU was x sigmoid(1.702 x) in older versions and is the exact one since
// (node_operators_unary.h).
static ig_status read_activation(option_reading *r, ig_error *err) {
  static const char *const known[] = {"relu", "swish", "gelu"};
  const char *name, *version;
  IG_TRY(ig_yaml_string(r->root, "transformer-ffn-activation", "swish", &name, err));
  IG_TRY(ig_yaml_string(r->root, "version", "", &version, err));
  if (strcmp(name, "gelu") == 0 && strncmp(version, "v1.12.", 6) != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: transformer-ffn-activation: gelu of Marian '%s': it may be another "
                   "function than that of v1.12",
                   r->path, version);
  for (size_t i = 0; !r->out->activation && i < 3; i++)
    if (strcmp(name, known[i]) == 0) r->out->activation = known[i];
  if (r->out->activation) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: transformer-ffn-activation: '%s' is not built, expected relu, swish or gelu",
                 r->path, name);
}

static ig_status read_sizes(option_reading *r, ig_error *err) {
  const struct {
    const char *key;
    int fallback, *out;
  } sizes[] = {{"dim-emb", 0, &r->out->d_model},
               {"enc-depth", 0, &r->out->encoder_layers},
               {"dec-depth", 0, &r->out->decoder_layers},
               {"transformer-heads", 8, &r->out->heads},
               {"transformer-dim-ffn", 2048, &r->out->encoder_inner},
               {"transformer-decoder-dim-ffn", 0, &r->out->decoder_inner}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    IG_TRY(ig_yaml_int(r->root, sizes[i].key, sizes[i].fallback, sizes[i].out, err));
    if (*sizes[i].out < 0 || *sizes[i].out > MOST_SIZE || (i < 5 && *sizes[i].out == 0))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected a size, found %d", r->path,
                     sizes[i].key, *sizes[i].out);
  }
  if (r->out->decoder_inner == 0) r->out->decoder_inner = r->out->encoder_inner;
  return IG_OK;
}

static ig_status read_ties(option_reading *r, ig_error *err) {
  bool all, source, target;
  IG_TRY(ig_yaml_bool(r->root, "tied-embeddings-all", false, &all, err));
  IG_TRY(ig_yaml_bool(r->root, "tied-embeddings-src", false, &source, err));
  IG_TRY(ig_yaml_bool(r->root, "tied-embeddings", false, &target, err));
  r->out->shared = all || source;
  r->out->tied = all || target;
  return IG_OK;
}

static ig_status read_all_options(option_reading *r, ig_error *err) {
  const ig_safetensor *t = ig_safetensors_find(r->file, ig_marian_options_name);
  if (!t)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: %s is missing: it is no model of Marian, or an optimizer's state", r->path,
                   ig_marian_options_name);
  IG_TRY(parse_options(r, t, err));
  IG_TRY(check_options(r, err));
  IG_TRY(read_activation(r, err));
  IG_TRY(read_sizes(r, err));
  IG_TRY(read_layers(r, err));
  return read_ties(r, err);
}

ig_status ig_marian_options_read(const ig_safetensors *file, const char *path,
                                 ig_marian_options *out, ig_error *err) {
  *out = (ig_marian_options){0};
  return read_all_options(&(option_reading){.file = file, .path = path, .out = out}, err);
}

void ig_marian_options_free(ig_marian_options *options) {
  ig_yaml_free(options->yaml);
  *options = (ig_marian_options){0};
}
