// A window of sentences through the engine: their ids, their translations or scores, their losses.
#ifndef IG_PIPELINE_TRANSLATE_WINDOW_H
#define IG_PIPELINE_TRANSLATE_WINDOW_H
#include "pipeline/translator.h"

// Makes ids of the sentences of the translator's window and fills their outputs with translations,
// or with scores. Where a sentence gives an error, the sentences before it are worked on, and then
// the error is returned.
ig_status ig_translate_window(ig_translator *translator, bool scoring, ig_error *err);
#endif
