// Several encoders that decide together: what their heads give of the same tokens, combined into
// one mean by the members' weights. One member gives its own numbers.
#ifndef IG_DECODE_ENSEMBLE_ENCODING_H
#define IG_DECODE_ENSEMBLE_ENCODING_H
#include "decode/ensemble.h"
#include "model/run/head_run.h"

// ig_ensemble_encoding_free; borrows members, their models and pool.
typedef struct ig_ensemble_encoding ig_ensemble_encoding;
// size: of every member.
ig_status ig_ensemble_encoding_create(const ig_members *members, ig_pool *pool,
                                      const ig_encoder_run_size *size, ig_ensemble_encoding **out,
                                      ig_error *err);
void ig_ensemble_encoding_free(ig_ensemble_encoding *ensemble);
// As ig_ensemble_watch.
void ig_ensemble_encoding_watch(ig_ensemble_encoding *ensemble, ig_interrupt_watch *watch);
// Members are run from 0 on, each with the same batch; after the last one the outputs are the mean
// of all. The hidden rows are those of the member that was run.
ig_head_run_result ig_ensemble_encoding_run(ig_ensemble_encoding *ensemble, int member,
                                            const ig_head_run_batch *batch);
#endif
