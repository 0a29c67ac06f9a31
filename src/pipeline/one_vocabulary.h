// Two models that speak of the same ids: whether their vocabularies are one.
#ifndef IG_PIPELINE_ONE_VOCABULARY_H
#define IG_PIPELINE_ONE_VOCABULARY_H
#include "model/model.h"
#include "text/tokenizer.h"

typedef struct ig_vocabulary_owner {
  const char *directory;  // for messages
  const ig_model *model;
  const ig_tokenizer *tokenizer;  // NULL, of both: ids come in and go out
} ig_vocabulary_owner;

// All three return IG_ERROR_ARGUMENT with the first difference, and end the message with `why`
// there must be none, as "an ensemble needs one target vocabulary". Both have the same pieces with
// the same ids on this side.
ig_status ig_one_vocabulary_check_pieces(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, ig_side side,
                                         const char *why, ig_error *err);
// Both have one target vocabulary and the same end tokens. *start_id: that the other one's decoder
// starts with.
ig_status ig_one_vocabulary_check_target(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, const char *why,
                                         int *start_id, ig_error *err);
// Both have one source vocabulary.
ig_status ig_one_vocabulary_check_source(const ig_vocabulary_owner *first,
                                         const ig_vocabulary_owner *other, const char *why,
                                         ig_error *err);
#endif
