// What a stream loses on its way through a model: it is counted, and told with the number of its
// line. Each kind's first ten are told one by one, of the others a count at the end.
#ifndef IG_PIPELINE_LOSSES_H
#define IG_PIPELINE_LOSSES_H
#include <stddef.h>
#include "decode/search.h"
#include "ingot.h"
#include "pipeline/window.h"

typedef enum ig_lost_kind {
  IG_LOST_TRUNCATED,       // a source longer than the model's positions
  IG_LOST_DIVIDED,         // such a source that is translated in parts, so that nothing is lost
  IG_LOST_UNKNOWN_CODE,    // a >>code<< that the vocabulary lacks
  IG_LOST_LATE_CODE,       // a >>code<< after white space, which is text like any other
  IG_LOST_UNKNOWN_SOURCE,  // pieces that the vocabulary lacks, in a source that is translated
  IG_LOST_UNKNOWN_TARGET,  // the same in a target that is scored
  IG_LOST_EMPTY,           // a source without any piece that it has, which is not copied
  IG_LOST_UNFINISHED,      // a translation that ran into max_length
  IG_LOST_UNKNOWN_OUTPUT,  // unknown tokens in a translation: they are left out
  IG_LOST_OUTPUT,          // a translation without text, of a source that the model can read
  IG_LOST_TERM,            // terms of a glossary that are not in the translation
  IG_LOST_COUNT
} ig_lost_kind;

typedef struct ig_losses {
  const ig_reporter *reporter;   // may be NULL
  size_t counts[IG_LOST_COUNT];  // sentences
} ig_losses;                     // start from {.reporter = …}

// Of a sentence that has been encoded.
void ig_losses_of_source(ig_losses *losses, const ig_window_sentence *sentence);
// Of one that was too long, and now is so many parts.
void ig_losses_of_division(ig_losses *losses, const ig_window_sentence *sentence, size_t parts);
// Of one that has been translated.
void ig_losses_of_output(ig_losses *losses, const ig_window_sentence *sentence);
// Reports the counts of what was not told one by one, and adds all to the statistics.
void ig_losses_end(const ig_losses *losses, ig_translate_stats *stats);

// Did the hypothesis reach max_length without an end of its own? A forced end is none.
bool ig_losses_is_unfinished(const ig_decode_options *options, int max_length,
                             const ig_hypothesis *hypothesis);
#endif
