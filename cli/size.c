#include "size.h"

#include <string.h>

#include "report.h"

bool cli_size_read(const char *text, size_t *out) {
  static const struct {
    const char *name;
    double bytes;
  } units[] = {{"", 1},
               {"K", 1e3},
               {"M", 1e6},
               {"G", 1e9},
               {"T", 1e12},
               {"KB", 1e3},
               {"MB", 1e6},
               {"GB", 1e9},
               {"TB", 1e12},
               {"B", 1e9},
               {"KiB", 1024.0},
               {"MiB", 1024.0 * 1024},
               {"GiB", 1073741824.0},
               {"TiB", 1099511627776.0}};
  double value = 0, place = 1;
  const size_t whole = strspn(text, "0123456789");
  const char *p = text;
  if (whole == 0 || whole > 18) return false;
  for (; p < text + whole; p++) value = value * 10 + (*p - '0');
  if (*p == '.')
    for (p++; *p >= '0' && *p <= '9'; p++) value += (*p - '0') * (place /= 10);
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    if (strcmp(p, units[i].name) != 0) continue;
    const double bytes = value * units[i].bytes;
    *out = bytes >= 1 && bytes < 9e18 ? (size_t)bytes : 0;
    return *out > 0;
  }
  return false;
}

int cli_size_error(const cli_verb *verb, const char *option, const char *text) {
  return cli_usage_error(verb, "--%s: expected a size such as 5GB, 500MB or 1.5GiB, found '%.100s'",
                         option, text);
}
