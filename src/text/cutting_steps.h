// The pre-tokenizers of a tokenizer.json, one after another, as Hugging Face tokenizers 0.23
// applies them (pre_tokenizers/*.rs): they cut a text into the words that its model then cuts into
// tokens, and may change it.
#ifndef IG_TEXT_CUTTING_STEPS_H
#define IG_TEXT_CUTTING_STEPS_H
#include "text/mapped_text.h"
#include "text/text_pattern.h"

typedef enum ig_cutting_kind {
  IG_CUTTING_METASPACE,    // spaces become a mark, which begins a word
  IG_CUTTING_BYTE_LEVEL,   // words of GPT-2, whose bytes become symbols
  IG_CUTTING_WORDS,        // runs of \w, and runs of neither \w nor white space
  IG_CUTTING_WHITE,        // at white space, which is dropped
  IG_CUTTING_PUNCTUATION,  // at each sign
  IG_CUTTING_DIGITS,       // at digits
  IG_CUTTING_PATTERN,
  IG_CUTTING_SIGNS,  // at white space, which is dropped, and at each sign
} ig_cutting_kind;
// What becomes of that which cuts.
typedef enum ig_delimiter_kind {
  IG_DELIMITER_REMOVED,
  IG_DELIMITER_ISOLATED,
  IG_DELIMITER_CONTIGUOUS,     // neighbouring ones are one
  IG_DELIMITER_WITH_PREVIOUS,  // it ends the piece before it
  IG_DELIMITER_WITH_NEXT,      // it begins the piece after it
} ig_delimiter_kind;
typedef enum ig_prefix_kind { IG_PREFIX_ALWAYS, IG_PREFIX_FIRST, IG_PREFIX_NEVER } ig_prefix_kind;

typedef struct ig_cutting_step {
  ig_cutting_kind kind;
  ig_delimiter_kind delimiter;
  ig_text_pattern pattern;
  bool inverted;          // what does not match cuts
  bool splits;            // of METASPACE and BYTE_LEVEL: they cut besides changing the text
  ig_prefix_kind prefix;  // of METASPACE: which texts get a mark before them
  char mark[5];           // of METASPACE, usually U+2581
  bool adds_space;        // of BYTE_LEVEL: before a text that does not begin with one
} ig_cutting_step;
typedef struct ig_cutting_steps {
  ig_cutting_step *list;
  size_t count, capacity;
} ig_cutting_steps;  // start from {0}; ig_cutting_steps_free
void ig_cutting_steps_free(ig_cutting_steps *steps);
// step: of the file, pre_tokenizer; NULL or null: none. What is not built is refused by its name.
ig_status ig_cutting_steps_read(ig_cutting_steps *steps, const json_t *step, const char *where,
                                ig_error *err);

// Adds a step that is of this kind alone.
ig_status ig_cutting_steps_add(ig_cutting_steps *steps, ig_cutting_kind kind, ig_error *err);

// A text and the pieces of it, none of which is empty.
typedef struct ig_cut_piece {
  size_t begin, end;
} ig_cut_piece;
typedef struct ig_cut_text {
  ig_mapped_text text;
  ig_cut_piece *pieces;
  size_t count, capacity;
} ig_cut_text;  // start from {0}; ig_cutting_steps_free_text
void ig_cutting_steps_free_text(ig_cut_text *cut);
// Of a text that begins at this byte of the source. cut starts from {0}.
ig_status ig_cutting_steps_apply(const ig_cutting_steps *steps, const ig_mapped_text *text,
                                 size_t begin, ig_cut_text *cut, ig_error *err);
#endif
