// Text that is safe to show: names and texts come from files, and a terminal obeys control
// characters. Whatever the library hands to its caller as a message, a note or a report goes
// through here. (ig_clean_text itself is public: ingot/core.h.)
#ifndef IG_BASE_PLAIN_TEXT_H
#define IG_BASE_PLAIN_TEXT_H
#include <stdio.h>
#include "ingot/core.h"

// Prints a name as ig_clean_text would make it, without changing it.
void ig_plain_text_print(FILE *out, const char *text);
// The same characters in JSON text become escapes (\u009b), which they can only be inside of
// strings: the value stays what it was. Takes a malloc'ed text and gives one; NULL: memory is out
// (the text is freed), or the text was NULL.
char *ig_plain_text_in_json(char *json);
#endif
