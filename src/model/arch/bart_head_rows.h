// Rows for the tables of BART's descendants whose source and target have one vocabulary. The first
// macro comes first in a family's table, the second last.
#ifndef IG_MODEL_ARCH_BART_HEAD_ROWS_H
#define IG_MODEL_ARCH_BART_HEAD_ROWS_H
#include "model/arch/tensor_row.h"

#define IG_BART_EMBEDDING_ROWS                                                                     \
  {IG_STACK_NONE, IG_PART_SHARED_EMBEDDING,                                                        \
   false,         "model.shared.weight",                                                           \
   false,         .alias = {"lm_head.weight", "model.encoder.embed_tokens.weight"}},               \
      {IG_STACK_NONE, IG_PART_SOURCE_EMBEDDING,        false, "model.encoder.embed_tokens.weight", \
       false,         .alias = {"model.shared.weight"}},                                           \
  {                                                                                                \
    IG_STACK_NONE, IG_PART_TARGET_EMBEDDING, false, "model.decoder.embed_tokens.weight", false,    \
        .alias = {                                                                                 \
          "model.shared.weight"                                                                    \
        }                                                                                          \
  }

// Where nothing is tied, transformers writes a shared table that it does not read.
#define IG_BART_IGNORED_ROWS                                                               \
  IG_ROW_IGNORED("lm_head.weight"), IG_ROW_IGNORED("model.shared.weight"),                 \
      IG_ROW_COPY("model.encoder.embed_tokens.weight"),                                    \
      IG_ROW_COPY("model.decoder.embed_tokens.weight"), IG_ROW_IGNORED("encoder.version"), \
      IG_ROW_IGNORED("decoder.version"), IG_ROW_IGNORED("model.encoder.version"),          \
      IG_ROW_IGNORED("model.decoder.version")
#endif
