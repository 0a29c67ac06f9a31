#include "base/report.h"

#include <stdarg.h>

#include "base/number.h"

void ig_report(const ig_reporter *reporter, ig_level level, const char *format, ...) {
  if (!reporter || !reporter->message) return;
  char text[2048];
  va_list arguments;
  va_start(arguments, format);
  ig_number_format_list(text, sizeof text, format, arguments);
  va_end(arguments);
  reporter->message(reporter->context, level, text);
}

void ig_report_progress(const ig_reporter *reporter, const ig_progress *progress) {
  if (reporter && reporter->progress) reporter->progress(reporter->context, progress);
}
