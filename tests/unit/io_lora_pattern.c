// Keys of rank_pattern and alpha_pattern hold for the modules that Python's
//   re.match(rf"(.*\.)?({key})$", module)
// holds for, which is what PEFT asks (tests/golden/adapters/patterns.py).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/lora_pattern.h"

// One line a key: the key, then "unknown" or a list of 0 and 1, one for each module of the first
// line, apart by tabs.
static void keys_hold_as_in_python(void **state) {
  (void)state;
  char line[2048], modules[2048], path[512];
  const char *source = getenv("INGOT_SOURCE");
  snprintf(path, sizeof path, "%s/tests/golden/adapters/patterns.tsv", source ? source : ".");
  FILE *file = fopen(path, "r");
  if (!file) fail_msg("cannot open %s", path);
  assert_non_null(fgets(modules, sizeof modules, file));
  int keys = 0, held = 0;
  while (fgets(line, sizeof line, file)) {
    char *at = line, *key = strsep(&at, "\t\n"), names[2048], *rest = names;
    strcpy(names, modules);
    for (char *module; (module = strsep(&rest, "\t\n")) && *module;) {
      const char *wanted = strsep(&at, "\t\n");
      assert_non_null(wanted);
      if (!ig_lora_pattern_is_known(key)) fail_msg("%s is not known", key);
      if (ig_lora_pattern_holds(key, module) != (*wanted == '1'))
        fail_msg("%s and %s: expected %s", key, module, wanted);
      held += *wanted == '1';
    }
    keys++;
  }
  fclose(file);
  assert_true(keys > 40 && held > 80);
}

static void what_is_not_known_is_told(void **state) {
  (void)state;
  static const char *const keys[] = {
      "",     "fc{2}",   "a{1,200}", "(?=fc)fc", "(?<!x)fc", "(fc",    "fc)",
      "[a-",  "[[:a:]]", "fc++",     "fc**",     "\\bfc",    "(a)\\1", "(?i)fc",
      "fc\\", "[]a]",    "*",        "[\\]a]",   "[^]",
  };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (ig_lora_pattern_is_known(keys[i])) fail_msg("%s is known", keys[i]);
  char large[2000];
  memset(large, 'a', sizeof large);
  large[sizeof large - 1] = '\0';
  assert_false(ig_lora_pattern_is_known(large));
  large[1000] = '\0';
  assert_true(ig_lora_pattern_is_known(large));
  assert_true(ig_lora_pattern_holds(large, large));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_hold_as_in_python),
      cmocka_unit_test(what_is_not_known_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
