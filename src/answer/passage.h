// Where in a context an answer stands, and in which of its sentences.
#ifndef IG_ANSWER_PASSAGE_H
#define IG_ANSWER_PASSAGE_H
#include "ingot_answer.h"
#include "text/sentences.h"
#include "text/source_ranges.h"

// *out: from the beginning of the first sentence that has a byte of the place, which is not empty,
// to the end of the last one; without the white space around it that is not the place's. The end of
// a line ends a sentence. The context is UTF-8.
ig_status ig_passage_find(ig_sentences *splitter, const char *context, ig_source_range place,
                          ig_source_range *out, ig_error *err);
// Where a text stands in the context: as whole words first, so that "he" is not found in "the", and
// in the window (bytes) before the rest. false: nowhere, or it is empty.
bool ig_passage_locate(const char *context, const char *text, ig_source_range window,
                       ig_source_range *out);
// What finding and generating an answer end with: its place (begin and end, if it is placed) in
// code points, and, if there is a splitter, its passage: the window (bytes of the context) if it
// has no place.
ig_status ig_passage_place(ig_sentences *splitter, const char *context, ig_source_range window,
                           ig_answer *answer, ig_error *err);
#endif
