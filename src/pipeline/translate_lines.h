// A stream of lines through a translator. The public part is in ingot.h: ig_translate_lines,
// ig_score_targets.
#ifndef IG_PIPELINE_TRANSLATE_LINES_H
#define IG_PIPELINE_TRANSLATE_LINES_H
#include "pipeline/stream_input.h"

// Translates all lines of the input, or scores them where it has targets. reporter may be NULL.
ig_status ig_translate_lines_run(ig_translator *translator, ig_stream_input *in,
                                 const ig_reporter *reporter, ig_error *err);
#endif
