// The list of families, and their options from config.json and into it.
#include "model/arch/family.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"

// A family is a line here, and the constant ig_family_NAME in a file of its own. The first one is
// what a training configuration gets that names none.
#define FAMILIES(DO) \
  DO(marian)         \
  DO(marian_ssru)    \
  DO(albert)         \
  DO(bart)           \
  DO(bert)           \
  DO(camembert)      \
  DO(distilbert)     \
  DO(electra)        \
  DO(m2m_100)        \
  DO(mbart)          \
  DO(mt5)            \
  DO(pegasus)        \
  DO(roberta)        \
  DO(t5)             \
  DO(torch)          \
  DO(umt5)           \
  DO(xlm_roberta)

#define DECLARE(name) extern const ig_family ig_family_##name;
#define LIST(name) &ig_family_##name,
FAMILIES(DECLARE)
static const ig_family *const families[] = {FAMILIES(LIST) NULL};

const ig_family *const *ig_family_list(void) { return families; }

const ig_family *ig_family_find(const char *name) {
  for (const ig_family *const *f = families; *f; f++)
    if (strcmp((*f)->name, name) == 0) return *f;
  return NULL;
}

static void append_name(char *text, size_t size, const char *name) {
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

void ig_family_names(char *text, size_t size) {
  *text = '\0';
  for (const ig_family *const *f = families; *f; f++) append_name(text, size, (*f)->name);
}

bool ig_family_is_encoder(const ig_family *family) { return family->defaults.decoder.layers == 0; }

void ig_family_new_encoders(char *text, size_t size) {
  *text = '\0';
  for (const ig_family *const *f = families; *f; f++)
    if (ig_family_is_encoder(*f) && (*f)->training_defaults) append_name(text, size, (*f)->name);
}

ig_status ig_family_of(const json_t *json, const char *where, const ig_family **out,
                       ig_error *err) {
  const char *type = json_string_value(json_object_get(json, "model_type"));
  if (!type)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: model_type: expected a string, found none", where);
  char known[256] = "";
  for (const ig_family *const *f = families; *f; f++) {
    if (strcmp((*f)->model_type, type) == 0) {
      *out = *f;
      return IG_OK;
    }
    append_name(known, sizeof known, (*f)->model_type);
  }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: model_type: \"%s\" is not a family this version knows (%s)", where, type,
                 known);
}

ig_status ig_family_read_config(const ig_family *family, const json_t *json, const char *where,
                                ig_config *out, ig_error *err) {
  *out = family->defaults;
  out->family = family;
  out->key_name = ig_family_key_name;
  IG_TRY(ig_json_keys_read(family->keys, json, where, out, err));
  return family->complete ? family->complete(json, where, out, err) : IG_OK;
}

const char *ig_family_key_name(const ig_family *family, size_t offset) {
  for (const ig_json_key *k = family->keys; k->name; k++)
    // A feed-forward's key is at the offset of the shape's first member.
    if (k->offset == offset && k->kind != IG_JSON_KEY_FEED_FORWARD) return k->name;
  return NULL;
}

json_t *ig_family_write_config(const ig_config *config) {
  const ig_family *family = config->family;
  json_t *json;
  if (ig_json_parse(family->constants, strlen(family->constants), family->name, &json, NULL) !=
          IG_OK ||
      ig_json_keys_write(family->keys, config, json) != 0) {
    json_decref(json);
    return NULL;
  }
  if (family->adjust_json) family->adjust_json(config, json);
  return json;
}
