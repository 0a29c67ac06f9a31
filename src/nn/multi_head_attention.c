// What self-attention and cross-attention have in common.
#include "nn/multi_head_attention.h"

#include "nn/scratch.h"

ig_attention_args ig_multi_head_attention_queries(const ig_multi_head_attention *attention,
                                                  const ig_ragged *rows,
                                                  const ig_attention_mask *mask,
                                                  const float *projected, size_t stride) {
  ig_attention_args args = {.heads = attention->heads,
                            .head_dim = attention->head_dim,
                            .scale = attention->scale,
                            .queries = *rows,
                            .query = projected,
                            .query_stride = stride,
                            .dropout = attention->dropout};
  if (mask) args.mask = *mask;
  return args;
}

size_t ig_multi_head_attention_scratch(const ig_nn *nn, const ig_multi_head_attention *attention,
                                       const ig_attention_sizes *sizes) {
  return IG_SCRATCH_MOST(ig_linear_scratch(nn, &attention->query, sizes->rows),
                         ig_linear_scratch(nn, &attention->key_value, sizes->memory_rows),
                         ig_linear_scratch(nn, &attention->output, sizes->rows),
                         ig_attention_scratch(nn, attention->head_dim, sizes->max_keys));
}
