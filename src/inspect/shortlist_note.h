// What ig_inspect says of the shortlist in a model's directory.
#ifndef IG_INSPECT_SHORTLIST_NOTE_H
#define IG_INSPECT_SHORTLIST_NOTE_H
#include <jansson.h>
#include <stdio.h>
#include "ingot/core.h"

// *out NULL: the directory has none. The caller gives the reference back.
ig_status ig_shortlist_note_load(const char *directory, json_t **out, ig_error *err);
void ig_shortlist_note_print(FILE *out, const json_t *note);  // NULL: prints nothing
#endif
