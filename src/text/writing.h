// Which writing system letters are of, by the names of Unicode's scripts.
#ifndef IG_TEXT_WRITING_H
#define IG_TEXT_WRITING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ig_writing ig_writing;
// The writing system of that name, such as Latin, Cyrillic, Han or Japanese (Han and kana); NULL:
// none is known. Lives for ever.
const ig_writing *ig_writing_find(const char *name);
const char *ig_writing_name(const ig_writing *writing);
// All names, the i-th; NULL: there are no more.
const char *ig_writing_list(size_t i);
// Whether at least half of the letters of the text, which is valid UTF-8, are of it. A text without
// letters is of every writing system.
bool ig_writing_is_of(const ig_writing *writing, const char *text, size_t length);
#endif
