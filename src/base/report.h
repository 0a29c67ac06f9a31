// Passes messages and progress to the caller's ig_reporter. A reporter may be NULL, as may its
// functions.
#ifndef IG_BASE_REPORT_H
#define IG_BASE_REPORT_H
#include "ingot/core.h"
void ig_report(const ig_reporter *reporter, ig_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ig_report_progress(const ig_reporter *reporter, const ig_progress *progress);
#endif
