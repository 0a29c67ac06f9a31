// Numbers as text, the same in every locale. A program that embeds the library may have called
// setlocale, and then strtod and printf of its threads may expect and write a comma. So whatever
// reads or writes a number with a decimal point uses these functions.
#ifndef IG_BASE_NUMBER_H
#define IG_BASE_NUMBER_H
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
// strtod of the whole text; false (*out untouched) if something is left over or the text is empty.
bool ig_number_parse(const char *text, double *out);
// snprintf and vsnprintf.
int ig_number_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int ig_number_format_list(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
// "2, 3, 4": numbers (count), cut where `out` ends.
void ig_number_join(char *out, size_t size, const size_t *numbers, int count);
// For what other libraries write or parse (streams, Jansson): from enter to leave, the calling
// thread has the C locale. leave takes what enter returned.
locale_t ig_number_locale_enter(void);
void ig_number_locale_leave(locale_t before);
#ifdef __cplusplus
}
#endif
#endif
