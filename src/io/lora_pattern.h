// The keys of rank_pattern and alpha_pattern: regular expressions of Python for the end of a
// module's name, after a dot. PEFT asks whether "(.*\.)?(KEY)$" matches the name from its start.
#ifndef IG_IO_LORA_PATTERN_H
#define IG_IO_LORA_PATTERN_H
#include <stdbool.h>

// Whether what the key means is known: characters, classes, groups, alternatives and repetitions
// are, but {m,n}, references, assertions about what stands around and named classes are not.
bool ig_lora_pattern_is_known(const char *key);
// Whether a key that is known holds for a module.
bool ig_lora_pattern_holds(const char *key, const char *module);
#endif
