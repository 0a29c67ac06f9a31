// What an answerer is asked for, and what its models can do.
#ifndef IG_ANSWER_ANSWERER_OPTIONS_H
#define IG_ANSWER_ANSWERER_OPTIONS_H
#include "ingot_answer.h"

// Settles the options for the models of the engine, which is set as `generates` is.
ig_status ig_answerer_options_settle(ig_answerer *answerer, ig_error *err);
#endif
