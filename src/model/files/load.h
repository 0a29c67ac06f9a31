// Models from their names: directories, or "DIRECTORY+ADAPTER" (ig_model_name_split).
#ifndef IG_MODEL_FILES_LOAD_H
#define IG_MODEL_FILES_LOAD_H
#include "base/pool.h"
#include "model/model.h"
#include "model/weight_type.h"
#include "text/tokenizer.h"

// A model that is only to run: its weights are packed by the threads of pool (NULL: one) as they
// are read. Weights that only linear layers need exist in their packed form alone: in `values` they
// are zeros, and ig_pack_undo must not be called on this model.
ig_status ig_load_packed(const char *name, ig_weight_type type, ig_pool *pool, ig_model **out,
                         ig_error *err);
// A head that an encoder is to be trained with. Where it has another one, or none, the head is new.
typedef struct ig_load_head {
  ig_head_kind kind;
  uint64_t seed;        // of new tensors
  bool unless_decodes;  // a model with a decoder stays as it is; false: it is refused
} ig_load_head;
// As ig_model_load. IG_ERROR_UNSUPPORTED: the model has a decoder.
ig_status ig_load_with_head(const char *name, const ig_load_head *head, ig_model **out,
                            ig_error *err);
// The tokenizer of a model, of a kind that its family offers; ig_tokenizer_free.
ig_status ig_load_tokenizer(const char *name, ig_tokenizer **out, ig_error *err);
#endif
