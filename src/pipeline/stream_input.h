// The lines that a stream brings, on their way into the translator's windows: each is read, made
// text, and cut into sentences. A window may end within a line: the next one goes on there.
#ifndef IG_PIPELINE_STREAM_INPUT_H
#define IG_PIPELINE_STREAM_INPUT_H
#include "base/text_repair.h"
#include "pipeline/kept_translations.h"
#include "pipeline/translator.h"

typedef ig_status (*ig_target_reader)(void *context, const char **line, size_t *length,
                                      ig_error *err);

// Start from {.stream = …}; ig_stream_input_end.
typedef struct ig_stream_input {
  const ig_line_stream *stream;
  ig_target_reader read_target;  // NULL: translating
  size_t number;                 // lines read
  ig_text_repair sources, targets;
  ig_borrowed_text source, target;  // of the line that was read last
  char *prefix;                     // of the sentences of the line, if the translator has one
  size_t prefix_capacity;
  bool in_line;       // some of its sentences have yet to go into a window
  size_t shared;      // the shares of those that went
  bool keeps_breaks;  // line breaks within a line are kept, not made spaces
  // Gets what is found of the sentences, in their order; NULL: lines are written
  ig_kept_translations *kept;
  bool ended;  // the stream has no more lines
} ig_stream_input;

// Adds sentences to the translator's window until it is full, or the next line has yet to come:
// whoever writes line by line is answered line by line. On failure the window has the sentences
// before the line that could not be read.
ig_status ig_stream_input_fill(ig_stream_input *in, ig_translator *translator, ig_error *err);
// Tells what was repaired in the lines, and adds it to the translator's statistics.
void ig_stream_input_end(ig_stream_input *in, ig_translator *translator);
#endif
