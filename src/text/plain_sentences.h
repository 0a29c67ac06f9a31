// Places where a sentence may end, by marks and case alone: what is used where ICU is not.
#ifndef IG_TEXT_PLAIN_SENTENCES_H
#define IG_TEXT_PLAIN_SENTENCES_H
#include <stddef.h>
#include "ingot/core.h"

// Where the next sentence may begin: the first such byte of text above `from`; length if there is
// none. text is valid UTF-8. White space before that byte belongs to neither sentence. lower: the
// text has no capitals (ig_sentence_marks_all_lower), and sentences begin without them; but not
// where it is tokenized ("a man . two men ."), for then a quotation mark may close or open.
//
// Example: of "He left. “Why?” she asked. 3.5 is" the places are those of “, s and the 3; the
// guards (text/sentence_guards.h) then strike the second.
size_t ig_plain_sentences_next(const char *text, size_t length, size_t from, bool lower);
#endif
