// The keys of a config.json as a table: which key holds which member of ig_config. Reading and
// writing walk the same table.
#ifndef IG_MODEL_ARCH_JSON_KEYS_H
#define IG_MODEL_ARCH_JSON_KEYS_H
#include <jansson.h>
#include <stddef.h>
#include "model/config.h"

typedef enum ig_json_key_kind {
  IG_JSON_KEY_INT,
  IG_JSON_KEY_ID,   // null or missing: -1
  IG_JSON_KEY_IDS,  // the same, or a list of ids, of which the first is kept
  IG_JSON_KEY_FLOAT,
  IG_JSON_KEY_BOOL,
  IG_JSON_KEY_ACTIVATION,
  // The activation of an ig_feed_forward_shape, "gated-" before it if it has a gate. "gated-gelu"
  // means gelu_new   (T5).
  IG_JSON_KEY_FEED_FORWARD
} ig_json_key_kind;

typedef struct ig_json_key {
  const char *name;
  ig_json_key_kind kind;
  size_t offset;  // in ig_config
  bool settable;  // a training configuration may set it under `model:`
} ig_json_key;

// A row of a family's table: IG_JSON_KEY("d_model", INT, d_model). Of an option, a training
// configuration decides; of a plain key, the tokenizer or the family.
#define IG_JSON_KEY(name, kind, member) \
  { name, IG_JSON_KEY_##kind, offsetof(struct ig_config, member), false }
#define IG_JSON_OPTION(name, kind, member) \
  { name, IG_JSON_KEY_##kind, offsetof(struct ig_config, member), true }

// Fills the members whose keys `json` has; the others stay as they are. The table ends with a NULL
// name. `where` (a path) opens each message.
ig_status ig_json_keys_read(const ig_json_key *table, const json_t *json, const char *where,
                            ig_config *out, ig_error *err);
// Adds every key of the table to object; -1 if memory is out.
int ig_json_keys_write(const ig_json_key *table, const ig_config *config, json_t *object);
// The activation of this name in transformers; `where` opens the message.
ig_status ig_json_keys_activation(const char *name, const char *where, ig_activation *out,
                                  ig_error *err);
#endif
