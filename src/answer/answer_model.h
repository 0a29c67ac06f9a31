// Questions answered with a model in memory, also one that is being trained.
#ifndef IG_ANSWER_ANSWER_MODEL_H
#define IG_ANSWER_ANSWER_MODEL_H
#include "base/pool.h"
#include "ingot_answer.h"
#include "model/model.h"
#include "text/tokenizer.h"

// Whether a model has as many types of tokens as the tokenizer gives the texts of a pair: a model
// without types has enough. IG_ERROR_UNSUPPORTED otherwise.
ig_status ig_answer_model_check_types(const ig_config *config, const ig_tokenizer *tokenizer,
                                      ig_error *err);

// Model, tokenizer and pool (NULL: one thread) stay the caller's. *out: ig_answerer_free.
ig_status ig_answer_model_open(const ig_model *model, const ig_tokenizer *tokenizer, ig_pool *pool,
                               const ig_answerer_options *options, ig_answerer **out,
                               ig_error *err);
// As ig_answerer_open; models that find answers do so as run_qa, whatever the options say.
ig_status ig_answer_model_open_to_score(const ig_ensemble *ensemble,
                                        const ig_answerer_options *options, ig_answerer **out,
                                        ig_error *err);
#endif
