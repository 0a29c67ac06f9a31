// The translator: one stream over an engine. What it keeps from one window of sentences to the
// next; the public part is in ingot.h. translator.c opens it, stream_input.c reads lines into its
// window, translate_window.c has the engine work on the window, and translate_lines.c writes the
// lines.
#ifndef IG_PIPELINE_TRANSLATOR_H
#define IG_PIPELINE_TRANSLATOR_H
#include "pipeline/engine.h"
#include "pipeline/glossary.h"
#include "pipeline/losses.h"
#include "pipeline/output_line.h"
#include "pipeline/read_shortlist.h"
#include "pipeline/review_options.h"
#include "pipeline/stream_progress.h"
#include "pipeline/whole_line.h"
#include "pipeline/window.h"
#include "text/sentences.h"

struct ig_translator {
  ig_engine *engine;
  bool owns_engine;
  ig_decode_options decode;     // its lists are the engine's
  ig_source_encoding *sources;  // (members)
  int target_language;          // the id of its token; 0: none was asked for
  bool starts_otherwise;        // the decoder starts with that token, not with the model's own
  int longest_target;           // tokens that every member has positions for
  int batch_tokens;
  int draft_tokens;  // 0: no draft is asked
  bool ids_in;
  bool strict;          // lines that are no text are errors
  bool keeps_refusals;  // of the running stream: ig_encoding's
  const ig_interrupter *interrupter;
  ig_stream_progress progress;  // of the running stream
  ig_output_format format;
  ig_window window;
  ig_sentences *splitter;        // NULL: a line is one sentence
  ig_output_line output;         // that is being written
  ig_whole_line line;            // whose first sentences are translated, in an earlier window too
  ig_queue_sentence *sentences;  // (sentences of the window)
  size_t sentence_capacity;
  // (sentences of the window), in sampling, with numbers that no two sentences share, and where
  // there is a glossary, with its terms
  ig_sentence_options *own_options;
  size_t own_capacity;
  size_t numbered_line, numbered;  // the line of the sentence that got a number last, and how many
                                   // of that line have one
  ig_glossary *glossary;           // NULL: none
  char *prefix;                    // before each sentence; NULL: nothing
  size_t prefix_length;
  ig_read_shortlist shortlist;
  ig_ids target_prefix;       // what each translation begins with
  int alternatives;           // of the token after it; 0: nobody asks
  float max_length_factor;    // 0: none
  ig_bad_words bad_words;     // the model's and the caller's, if the caller names any
  ig_token_options on_token;  // write NULL: nobody asks
  ig_review review;
  ig_translate_stats stats;
  ig_losses losses;  // of the running stream
};

// The model whose settings are the translator's where the caller gives none.
const ig_model *ig_translator_first_model(const ig_translator *translator);
// Does the search rank translations? Greedy search does not.
bool ig_translator_ranks(const ig_translator *translator);
// Do translations have scores: of a search that ranks, or of log-probabilities that are asked for?
bool ig_translator_has_scores(const ig_translator *translator);
#endif
