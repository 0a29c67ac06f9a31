// Numbers as text, the same in every locale: a program that embeds the library may have called
// setlocale, and then strtod and printf of its threads expect and write a comma. Whatever reads or
// writes a number that has a decimal point goes through here.
#ifndef IG_BASE_NUMBER_H
#define IG_BASE_NUMBER_H
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
// strtod of the whole text; false (out untouched) where something is left over or nothing was
// there.
bool ig_number_parse(const char *text, double *out);
// snprintf and vsnprintf.
int ig_number_format(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int ig_number_format_list(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
// For what others write or parse (streams, Jansson): the calling thread has the C locale until it
// leaves. What enter gave goes to leave.
locale_t ig_number_locale_enter(void);
void ig_number_locale_leave(locale_t before);
#ifdef __cplusplus
}
#endif
#endif
