// A window of lines: read, made ids of, worked on in any order, written in theirs. Bounded memory
// for unbounded input.
#ifndef IG_PIPELINE_WINDOW_H
#define IG_PIPELINE_WINDOW_H
#include <stdatomic.h>
#include "base/pool.h"
#include "text/ids.h"
#include "text/tokenizer.h"

typedef struct ig_text_span {
  size_t begin, length;  // in the window's text
} ig_text_span;

typedef struct ig_line {
  size_t number;  // in the input, from 1
  ig_text_span source_text, target_text;
  ig_ids *sources;   // (members): the source in each member's ids
  size_t length;     // source ids, the most of any member; 0: no sentence
  ig_ids target;     // only when scoring
  size_t cut, kept;  // source ids before and after it was cut to a model's positions; 0: not cut
  char *output;      // malloc'ed; the lines of n-best are separated by newlines. NULL: nothing yet
} ig_line;

typedef struct ig_window {
  ig_line *lines;  // (count), storage kept from window to window
  size_t count, capacity;
  char *text;
  size_t text_size, text_capacity;
  int members;  // models that read the sources
} ig_window;    // start from {.members = N}

void ig_window_free(ig_window *window);
void ig_window_clear(ig_window *window);
bool ig_window_full(const ig_window *window);
typedef struct ig_input_line {
  size_t number;
  const char *source, *target;  // target NULL: none
  size_t source_length, target_length;
} ig_input_line;
// Copies the line behind the others.
ig_status ig_window_add(ig_window *window, const ig_input_line *input, ig_error *err);

// How lines become ids.
typedef struct ig_source_encoding {
  const ig_tokenizer *tokenizer;  // NULL with ids_in
  int vocabulary;
  int longest;  // ids, at most: longer sources are cut, their last id kept
} ig_source_encoding;
typedef struct ig_encoding {
  const ig_source_encoding
      *sources;  // (members); targets are made ids of by the first one's tokenizer
  bool ids_in;
  bool scoring;  // targets too, and blank sources are sentences
  int target_vocabulary;
  int longest_target;  // ids; a longer target is an error
} ig_encoding;
// A blank line gets no ids. The error of the lowest line wins.
ig_status ig_window_encode(ig_window *window, const ig_encoding *encoding, ig_pool *pool,
                           ig_error *err);

// The lines that have ids, longest source first: workers take them from the front.
typedef struct ig_queue {
  const ig_window *window;
  size_t *order;  // (count): lines
  size_t count, tokens;
  int longest_source, longest_target;
  atomic_size_t next;
} ig_queue;  // ig_queue_free
typedef struct ig_queue_limits {
  size_t sentences, tokens;  // at most, a sentence's tokens those of its longer side; a sentence
                             // alone may be longer where `alone`
  size_t fewest;             // none rather than fewer than these, while there are more
  bool alone;
} ig_queue_limits;
ig_status ig_queue_fill(ig_queue *queue, const ig_window *window, ig_error *err);
void ig_queue_free(ig_queue *queue);
// How many sentences, order[*first] and those behind it, are the caller's from now on. Any number
// of threads may take at the same time.
size_t ig_queue_take(ig_queue *queue, const ig_queue_limits *limits, size_t *first);
void ig_queue_stop(ig_queue *queue);  // nobody takes any more
#endif
