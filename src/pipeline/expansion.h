// Alternatives at a position: the likeliest tokens after what a translation has to begin with, each
// of them completed by the search as if it had been forced, too.
//
// It is two jobs of an engine. The first one searches for texts of one token more than the prefix
// has; the second one gets each sentence once for each of those tokens, with a prefix of its own.
#ifndef IG_PIPELINE_EXPANSION_H
#define IG_PIPELINE_EXPANSION_H
#include "pipeline/engine.h"

// Are the options of a job such that `alternatives` tokens can be looked for?
ig_status ig_expansion_check(const ig_decode_options *options, int alternatives, ig_error *err);
// Runs a job of decoding, whose options have an n_best of 1 and score greedy search. Its `decoded`
// is called, when both are done and on the caller's thread, with `alternatives` hypotheses, the
// likeliest first token first. Their scores are log p / length^length_penalty of all tokens after
// the prefix. On failure it was called for those sentences that have all of theirs. *lacking: the
// sentence after whose beginning too few tokens may come, which is the failure then; else the job's
// count.
ig_status ig_expansion_run(ig_engine *engine, const ig_engine_job *job, int alternatives,
                           ig_engine_counts *counts, size_t *lacking, ig_error *err);
#endif
