#include "model/arch/t5_shared.h"

#include <math.h>

#include "base/fail.h"
#include "model/arch/initialize.h"

const ig_tensor_row ig_t5_shared_tensors[] = {
    IG_T5_EMBEDDING_ROW,
    IG_T5_ENCODER_ROWS(IG_T5_BIAS_ROW(ENCODER, "encoder", "0")),
    IG_T5_DECODER_ROWS(IG_T5_BIAS_ROW(DECODER, "decoder", "0")),
    IG_T5_LAST_ROWS,
    {0},
};

const char ig_t5_shared_training_defaults[] =
    "{\"d_model\": 256, \"d_kv\": 64, \"d_ff\": 1024, \"num_layers\": 3, "
    "\"num_decoder_layers\": 3, \"num_heads\": 4}";

// Names of PreTrainedConfig, which transformers takes too (`attribute_map`).
static const ig_json_key other_names[] = {
    IG_JSON_KEY("hidden_size", INT, d_model),
    IG_JSON_KEY("num_hidden_layers", INT, encoder.layers),
    IG_JSON_KEY("num_attention_heads", INT, encoder.self.heads),
    IG_JSON_KEY("head_dim", INT, encoder.self.head_size),
    {0},
};

// Later messages name the family's own keys, which such a file does not have.
static ig_status check_other_names(const json_t *json, const char *where, ig_error *err) {
  static const struct {
    const char *name;
    long low, high;
  } bounds[] = {{"hidden_size", 1, 1 << 16},
                {"num_hidden_layers", 0, 1024},
                {"num_attention_heads", 1, 1 << 12},
                {"head_dim", 1, 1 << 12}};
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    const json_t *value = json_object_get(json, bounds[i].name);
    if (!json_is_integer(value)) continue;
    const json_int_t n = json_integer_value(value);
    if (n < bounds[i].low || n > bounds[i].high)
      return ig_fail(err, IG_ERROR_ARGUMENT,
                     "%s: %s: expected a number from %ld to %ld, found %lld", where, bounds[i].name,
                     bounds[i].low, bounds[i].high, (long long)n);
  }
  return IG_OK;
}

ig_status ig_t5_shared_complete(const json_t *json, const char *where, ig_config *c,
                                ig_error *err) {
  if (c->decoder.layers < 0) c->decoder.layers = c->encoder.layers;
  IG_TRY(ig_json_keys_read(other_names, json, where, c, err));
  IG_TRY(check_other_names(json, where, err));
  if (json_is_false(json_object_get(json, "is_encoder_decoder")))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: is_encoder_decoder: false, one stack by itself, is not built for this "
                   "family",
                   where);
  if (c->encoder.self.head_size < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT, "%s: d_kv: expected a number above 0, found %d", where,
                   c->encoder.self.head_size);
  if (c->relative.buckets < 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "%s: relative_attention_num_buckets: expected a number above 0, found %d", where,
                   c->relative.buckets);
  c->decoder.self.heads = c->encoder.self.heads;
  c->decoder.feed_forward.inner = c->encoder.feed_forward.inner;
  ig_config_match_stacks(c);
  ig_config_set_dropouts(c,
                         (ig_dropouts){c->encoder.dropout, c->encoder.dropout, c->encoder.dropout});
  c->target_vocab_size = c->vocab_size;
  if (c->decoder_start_id < 0) c->decoder_start_id = c->pad_id;
  return IG_OK;
}

// The deviation of a tensor's first values, for a factor of 1.
static double deviation_of(const ig_config *c, const ig_parameter *p) {
  const double d = c->d_model, width = ig_config_attention_width(c, &c->encoder.self);
  switch (p->row->part) {
    case IG_PART_SELF_QUERY:
    case IG_PART_CROSS_QUERY: return 1 / sqrt(d * c->encoder.self.head_size);
    case IG_PART_SELF_OUTPUT:
    case IG_PART_CROSS_OUTPUT: return 1 / sqrt(width);
    case IG_PART_OUTER: return 1 / sqrt(c->encoder.feed_forward.inner);
    case IG_PART_SHARED_EMBEDDING:
    case IG_PART_OUTPUT: return 1;
    default: return 1 / sqrt(d);
  }
}

void ig_t5_shared_initialize(const ig_config *c, const ig_parameter *p, uint64_t seed,
                             float *values) {
  if (p->rank == 1) {
    for (size_t i = 0; i < p->count; i++) values[i] = c->init_std;
    return;
  }
  ig_initialize_normal(p, seed, (double)c->init_std * deviation_of(c, p), values);
}
