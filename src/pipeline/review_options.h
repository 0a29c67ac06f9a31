// What a caller asks for of translations that exist: alignments, copies, scores (review.h).
#ifndef IG_PIPELINE_REVIEW_OPTIONS_H
#define IG_PIPELINE_REVIEW_OPTIONS_H
#include "pipeline/engine.h"

typedef struct ig_review {
  ig_alignment_options alignments;  // write NULL: none are asked for
  ig_engine_attention attention;
  bool keep_unknown;
  bool scores;            // log-probabilities of tokens
  bool keeps_alignments;  // in the translations
  size_t line;            // of the stream, aligned last, and the positions of what follows there
  int source_next, target_next;
} ig_review;

// config: of the model whose attention is looked at.
ig_status ig_review_options_read(const ig_translator_options *options, const ig_config *config,
                                 ig_review *out, ig_error *err);
// Is anything asked for?
bool ig_review_options_ask(const ig_review *review);
// Are alignments asked for?
bool ig_review_options_align(const ig_review *review);
// The layer (from 0) of a decoder that is looked at if nobody names one.
int ig_review_options_usual_layer(int layers);
#endif
