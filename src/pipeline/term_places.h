// Which source tokens terms are in.
#ifndef IG_PIPELINE_TERM_PLACES_H
#define IG_PIPELINE_TERM_PLACES_H
#include "pipeline/translator.h"

// Gives found->terms the places of the terms among the source ids of the first member.
ig_status ig_term_places_set(const ig_translator *translator, const ig_window_sentence *sentence,
                             const ig_glossary_terms *found, ig_error *err);
#endif
