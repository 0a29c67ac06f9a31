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
  ig_clean_text(text, false);
  reporter->message(reporter->context, level, text);
}

void ig_report_progress(const ig_reporter *reporter, const ig_progress *progress) {
  if (!reporter || !reporter->progress) return;
  ig_progress shown = *progress;
  ig_clean_text(shown.note, false);
  reporter->progress(reporter->context, &shown);
}
