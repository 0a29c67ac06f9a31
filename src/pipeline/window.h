// A window of lines of a stream: they are read, made ids of, worked on in any order, and written in
// their own order. Its size is bounded, so that memory is bounded for unbounded input.
//
// Example, of a model with positions for 4 tokens whose tokenizer makes one id of each word and
// appends an end token:
//
//   line  source_text       sources[0]   length  truncated_from   output
//   1     "a b"             1 2 0        3       0                 "x y"
//   2     ""                             0       0                 NULL: a blank line
//   3     "a b a b a b"     1 2 1 0      4       7                 "x y x"
//
// ig_window_add copies each line's text after that of the line before; ig_window_encode fills
// sources and length, and keeps the last id of a line that is too long; the translator submits the
// lines with a length to an engine, whose workers answer 3 before 1; then it writes 1, 2, 3 and
// clears the window for the next lines.
#ifndef IG_PIPELINE_WINDOW_H
#define IG_PIPELINE_WINDOW_H
#include "base/pool.h"
#include "text/ids.h"
#include "text/tokenizer.h"

typedef struct ig_text_span {
  size_t begin, length;  // in the window's text
} ig_text_span;

typedef struct ig_line {
  size_t number;  // in the input, from 1
  ig_text_span source_text, target_text;
  ig_ids *sources;  // (members): the source in each member's ids
  size_t length;    // source ids, the most of any member; 0: no sentence
  ig_ids target;    // only when scoring
  // Source ids before and after the source was truncated to the positions of the first member that
  // is too short for it; 0: it was not.
  size_t truncated_from, truncated_to;
  bool refused;  // ig_window_encode could make no ids of it
  char *output;  // malloc'ed; the lines of n-best are separated by newlines. NULL: nothing yet
} ig_line;

// Start from {.members = N}; ig_window_free.
typedef struct ig_window {
  ig_line *lines;  // (count), storage kept from window to window
  size_t count, capacity;
  char *text;
  size_t text_size, text_capacity;
  int members;  // models that read the sources
} ig_window;

// A line to be copied; target NULL: none.
typedef struct ig_input_line {
  size_t number;
  const char *source, *target;
  size_t source_length, target_length;
} ig_input_line;

void ig_window_free(ig_window *window);
void ig_window_clear(ig_window *window);
// Clears all lines but the first `count`.
void ig_window_cut(ig_window *window, size_t count);
// Lines before the first that was refused.
size_t ig_window_accepted(const ig_window *window);
// Lines before the first that is a sentence and has no output yet.
size_t ig_window_finished(const ig_window *window);
bool ig_window_full(const ig_window *window);
// Copies the line after the others.
ig_status ig_window_add(ig_window *window, const ig_input_line *input, ig_error *err);

// How the sources of one member become ids.
typedef struct ig_source_encoding {
  const ig_tokenizer *tokenizer;  // NULL: only with ids_in
  int vocabulary;
  int longest;  // ids, at most: longer sources are truncated, their last id kept
} ig_source_encoding;

typedef struct ig_encoding {
  const ig_source_encoding *sources;  // (members); targets are tokenized as the first one says
  bool ids_in;
  bool scoring;  // targets are encoded too, and blank sources are sentences
  int target_vocabulary;
  int longest_target;  // ids; a longer target is an error
} ig_encoding;

// Would several threads have something to do in ig_window_encode?
bool ig_window_is_large(const ig_window *window);
// Makes ids of all lines; a blank line gets none. Of several errors that of the lowest line is
// returned: ids were made of all lines before it, which ig_window_accepted counts.
ig_status ig_window_encode(ig_window *window, const ig_encoding *encoding, ig_pool *pool,
                           ig_error *err);
#endif
