// Sentences with more ids than a model has positions for: they are divided where clauses end, and
// each part is translated as a sentence of its own.
#ifndef IG_PIPELINE_LONG_SENTENCES_H
#define IG_PIPELINE_LONG_SENTENCES_H
#include "pipeline/losses.h"
#include "pipeline/window.h"

// Divides the sentences of a window that ig_window_encode has truncated, and tells each by the
// losses. A single character that has more ids than positions stays truncated. On failure the
// window is of no use but to be cleared.
ig_status ig_long_sentences_divide(ig_window *window, const ig_encoding *encoding,
                                   ig_losses *losses, ig_error *err);
#endif
