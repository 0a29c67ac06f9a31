// The answerer: what it keeps from one question to the next; the public part is in ingot_answer.h.
// answerer.c opens it and hands questions on, answerer_options.c settles what was asked for, and
// extraction.c or generation.c finds the answers.
#ifndef IG_ANSWER_ANSWERER_H
#define IG_ANSWER_ANSWERER_H
#include "answer/pipeline_spans.h"
#include "answer/reading.h"
#include "answer/run_qa_spans.h"
#include "decode/decode_options.h"
#include "pipeline/engine.h"
#include "text/sentences.h"

struct ig_answerer {
  ig_engine *engine;
  const ig_tokenizer *tokenizer;
  ig_answerer_options options;  // checked, without defaults left
  bool generates;               // the models have decoders
  bool scores;                  // opened to be scored: if they have none, as run_qa
  ig_decode_options decode;     // of those: its lists are the engine's
  ig_pipeline_spans *pipeline;  // of the others one of these two
  ig_run_qa_spans *run_qa;
  ig_sentences *sentences;  // for passages; NULL: not wanted
  ig_answer_stats stats;
};

// Settles the options for the models of the engine, which is set as `generates` is.
ig_status ig_answerer_options_settle(ig_answerer *answerer, ig_error *err);

// What extraction and generation end with: the answer's place (begin and end, if it is placed) in
// code points, and its passage, within the window (bytes of the context) if it has no place.
ig_status ig_answerer_place(const ig_answerer *answerer, const char *context,
                            ig_source_range window, ig_answer *answer, ig_error *err);
#endif
