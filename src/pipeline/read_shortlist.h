// The shortlist that a translator was asked for: read from its file, and refused where lists would
// be wrong.
#ifndef IG_PIPELINE_READ_SHORTLIST_H
#define IG_PIPELINE_READ_SHORTLIST_H
#include "decode/sentence_lists.h"
#include "pipeline/members.h"

typedef struct ig_read_shortlist {
  ig_shortlist *list;              // NULL: all tokens may come
  ig_sentence_lists_source lists;  // of it
  char note[400];                  // what of its file is left out; "": nothing
} ig_read_shortlist;               // ig_read_shortlist_free

// *out is empty where the options name none.
ig_status ig_read_shortlist_open(const ig_engine_members *members,
                                 const ig_translator_options *options, ig_read_shortlist *out,
                                 ig_error *err);
void ig_read_shortlist_free(ig_read_shortlist *shortlist);  // what it holds
#endif
