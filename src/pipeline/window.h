// A window of sentences of a stream of lines: they are read, made ids of, worked on in any order,
// and written in their own order. Its size is bounded, so that memory is bounded for unbounded
// input: a line of very many sentences goes through several windows.
//
// Example, of a model with positions for 4 tokens whose tokenizer makes one id of each word and
// appends an end token:
//
//   number  source_text       gap  ends_line  sources[0]   length  truncated_from   found
//   1       "a."              ""   false      1 0          2       0                "x."
//   1       "b a."            " "  true       2 1 0        3       0                "y x."
//   2       ""                ""   true                    0       0                NULL: blank
//   3       "a b a b a b"     ""   true       1 2 1 0      4       7                "x y x"
//
// ig_window_add copies each sentence's text after that of the one before; ig_window_encode fills
// sources and length, and keeps the last id of a sentence that is too long; the translator submits
// the sentences with a length to an engine, whose workers answer the last before the first; then it
// joins and writes lines 1, 2, 3 and clears the window for the next sentences.
#ifndef IG_PIPELINE_WINDOW_H
#define IG_PIPELINE_WINDOW_H
#include "base/pool.h"
#include "pipeline/translation.h"
#include "text/ids.h"
#include "text/tokenizer.h"

typedef struct ig_text_span {
  size_t begin, length;  // in the window's text
} ig_text_span;

typedef struct ig_window_sentence {
  size_t number;  // of its line in the input, from 1
  ig_text_span source_text, target_text;
  ig_text_span gap;  // white space that stood before it in its line; nothing before the first
  bool ends_line;
  size_t share;     // of its line, by bytes: those of a line's sentences add up to IG_WINDOW_LINE
  ig_ids *sources;  // (members): the source in each member's ids
  size_t length;    // source ids, the most of any member; 0: it is blank
  ig_ids target;    // only when scoring
  // Source ids before and after the source was truncated to the positions of the first member that
  // is too short for it; 0: it was not.
  size_t truncated_from, truncated_to;
  ig_encode_notes notes;  // of the source, by the first member's tokenizer
  ig_encode_notes target_notes;
  bool nothing_known;        // no member's vocabulary has a piece of the source: it is blank
  int max_length;            // tokens that the translation might have
  bool unfinished;           // the translation ran into max_length
  int terms, missing_terms;  // of a glossary: in the source, and of these not in the translation
  int excluded_terms;        // of the missing ones, those that bans kept out
  bool kept_unknown;         // something of the source was copied into the translation
  size_t lost_output;        // tokens of the translation that its text leaves out
  bool blank_output;         // the best translation has no text
  bool refused;              // ig_window_encode could make no ids of it
  ig_error *refusal;         // why, where errors are kept; malloc'ed. NULL: it was not refused
  ig_translation *found;     // (found_count), best first; NULL: nothing yet
  int found_count;
  float *log_probs;  // (target), malloc'ed, of a target that was scored; NULL: nothing yet
} ig_window_sentence;

// Start from {.members = N}; ig_window_free.
typedef struct ig_window {
  ig_window_sentence *sentences;  // (count), storage kept from window to window
  size_t count, capacity;
  char *text;
  size_t text_size, text_capacity;
  int members;  // models that read the sources
  size_t most;  // sentences; 0: as many as a window may have. Kept by ig_window_clear
} ig_window;

// A piece of text that is borrowed; {0}: nothing.
typedef struct ig_borrowed_text {
  const char *text;
  size_t length;
} ig_borrowed_text;

// A whole line, for progress within it.
#define IG_WINDOW_LINE 65536

// A sentence to be copied.
typedef struct ig_window_input {
  size_t number;                    // of its line
  ig_borrowed_text prefix, source;  // the source is both, the prefix first
  ig_borrowed_text gap;
  ig_borrowed_text target;
  bool ends_line;
  size_t share;  // of its line
} ig_window_input;

void ig_window_free(ig_window *window);
void ig_window_clear(ig_window *window);
// Clears all sentences but the first `count`.
void ig_window_cut(ig_window *window, size_t count);
// Sentences before the first that was refused.
size_t ig_window_accepted(const ig_window *window);
// Sentences before the first that is not blank and for which nothing was found yet.
size_t ig_window_finished(const ig_window *window);
bool ig_window_full(const ig_window *window);
// Sets the size of the first window from the work of a sentence, in the parameters of the models,
// and that of the next one from the time that a full one took. What is finished is written at the
// end of a window, so one should take some ten seconds: whatever ends the process costs no more.
// A small window costs time, for its sentences are sorted by length. No translation depends on it.
void ig_window_begin_pace(ig_window *window, double parameters);
void ig_window_keep_pace(ig_window *window, double seconds);
// Copies the sentence after the others.
ig_status ig_window_add(ig_window *window, const ig_window_input *input, ig_error *err);
// How the sources of one member become ids.
typedef struct ig_source_encoding {
  const ig_tokenizer *tokenizer;  // NULL: only with ids_in
  int vocabulary;
  int longest;   // ids, at most: longer sources are truncated, their last id kept
  int language;  // the id of its token; 0: the tokenizer's own, or none
} ig_source_encoding;

typedef struct ig_encoding {
  const ig_source_encoding *sources;  // (members); targets are tokenized as the first one says
  bool ids_in;
  bool scoring;  // targets are encoded too, and blank sources are sentences
  int target_vocabulary;
  int target_language;                // as a source's
  size_t prefix_length;               // bytes that begin each source, of the translator's own
  int longest_target;                 // ids; a longer target is an error
  const ig_interrupter *interrupter;  // ends the work with IG_INTERRUPTED; NULL: nothing does
  // What is wrong with a sentence alone is its `refusal`, and it gets no ids; else it is an error
  bool keeps_refusals;
} ig_encoding;

// Would several threads have something to do in ig_window_encode?
bool ig_window_is_large(const ig_window *window);
// Makes ids of all sentences; a blank line gets none. Of several errors that of the lowest line is
// returned: ids were made of all
// sentences before it, which ig_window_accepted counts.
ig_status ig_window_encode(ig_window *window, const ig_encoding *encoding, ig_pool *pool,
                           ig_error *err);

// A part of a sentence that is too long.
typedef struct ig_window_part {
  size_t sentence;                   // in the window
  ig_text_span prefix, source, gap;  // in the window's text; gap: before it, in its sentence
} ig_window_part;
// Puts parts (count, in the order of the text) in the places of their sentences, with ids of their
// own. On failure the window is of no use but to be cleared.
ig_status ig_window_divide(ig_window *window, const ig_window_part *parts, size_t count,
                           const ig_encoding *encoding, ig_error *err);
#endif
