// The shortlist of a translator: read from its file, and refused where lists would be wrong.
#ifndef IG_PIPELINE_TRANSLATOR_SHORTLIST_H
#define IG_PIPELINE_TRANSLATOR_SHORTLIST_H
#include "pipeline/translator.h"

// Once everything else is known of the translator.
ig_status ig_translator_shortlist_take(ig_translator *translator,
                                       const ig_translator_options *options, ig_error *err);
#endif
