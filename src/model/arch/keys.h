// config.json as a table: which key holds which option. Reading and writing walk the same table.
#ifndef IG_MODEL_ARCH_KEYS_H
#define IG_MODEL_ARCH_KEYS_H
#include <jansson.h>
#include <stddef.h>
#include "ingot.h"

typedef enum ig_key_kind {
  IG_KEY_INT,
  IG_KEY_ID,
  IG_KEY_FLOAT,
  IG_KEY_BOOL,
  IG_KEY_ACTIVATION
} ig_key_kind;

typedef struct ig_config_key {
  const char *key;
  ig_key_kind kind;  // an ID may be null or missing: -1
  size_t offset;     // in ig_config
} ig_config_key;

#define IG_KEY(name, kind, member) \
  { name, kind, offsetof(ig_config, member) }

// Keys that are missing leave the option as it is. The table ends with a NULL key.
ig_status ig_keys_read(const ig_config_key *table, const json_t *config, const char *where,
                       ig_config *out, ig_error *err);
// Adds every key of the table to object; -1 where memory is out.
int ig_keys_write(const ig_config_key *table, const ig_config *config, json_t *object);
#endif
