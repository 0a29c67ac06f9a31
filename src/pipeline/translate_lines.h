// A stream of lines through a translator. The public part, ig_translate_lines and ig_score_targets
// of ingot.h, is in line_streams.c.
#ifndef IG_PIPELINE_TRANSLATE_LINES_H
#define IG_PIPELINE_TRANSLATE_LINES_H
#include "pipeline/stream_input.h"

// Translates all lines of the input, or scores them where it has targets. reporter may be NULL.
ig_status ig_translate_lines_run(ig_translator *translator, ig_stream_input *in,
                                 const ig_reporter *reporter, ig_error *err);

// The same in parts, for a stream that comes in pieces: `in` starts from {0}, and ends by
// ig_stream_input_end and ig_losses_end.
// What is to be said of models and options, whatever the lines are.
void ig_translate_lines_tell(const ig_translator *translator, const ig_stream_input *in,
                             const ig_reporter *reporter);
// Losses and repairs are told to the reporter, which is borrowed, from now on.
void ig_translate_lines_begin(ig_translator *translator, ig_stream_input *in,
                              const ig_reporter *reporter);
// All lines of one piece.
ig_status ig_translate_lines_windows(ig_translator *translator, ig_stream_input *in,
                                     const ig_line_stream *stream, ig_error *err);
#endif
