// What an answerer keeps from one question to the next; its functions are in ingot_answer.h.
// answerer.c opens it and hands questions on, answerer_options.c settles what was asked for, and
// extraction.c or generation.c finds the answers.
#ifndef IG_ANSWER_ANSWERER_STATE_H
#define IG_ANSWER_ANSWERER_STATE_H
#include "answer/pipeline_spans.h"
#include "answer/run_qa_spans.h"
#include "decode/decode_options.h"
#include "ingot_answer.h"
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
#endif
