// JSON through Jansson: loading with a place in every error, and getters that reject wrong types by
// name.
#ifndef IG_IO_JSON_H
#define IG_IO_JSON_H
#include <jansson.h>
#include <stddef.h>
#include "ingot/core.h"

// Errors read "file:line:column: what". Duplicate keys are errors. *out is a new reference for
// json_decref().
ig_status ig_json_load(const char *path, json_t **out, ig_error *err);
ig_status ig_json_parse(const char *text, size_t size, const char *name, json_t **out,
                        ig_error *err);  // name: for messages
// Indented by 2, atomic, newline at the end. digits: of real numbers; 17 keep every double, 9 every
// float.
ig_status ig_json_save(const char *path, const json_t *value, int digits, ig_error *err);
// The same for a file in a directory. The root must be an object.
ig_status ig_json_load_in(const char *directory, const char *name, json_t **out, ig_error *err);
// Likewise; where the file does not exist, *out is NULL and the status IG_OK.
ig_status ig_json_load_in_if_exists(const char *directory, const char *name, json_t **out,
                                    ig_error *err);
// value NULL: it could not be made, and that is reported as out of memory.
ig_status ig_json_save_in(const char *directory, const char *name, const json_t *value, int digits,
                          ig_error *err);
// json_dumps that never leaves anything out: NULL where memory is out, a text is not UTF-8, a
// number not finite, or value NULL. For the caller to free().
char *ig_json_text(const json_t *value, size_t flags);

// An object and what to call it in messages ("config.json").
typedef struct ig_json_object {
  const json_t *object;
  const char *where;
} ig_json_object;
ig_status ig_json_load_object(const char *path, json_t **out,
                              ig_error *err);  // as ig_json_load, and the root must be an object

// Each stores the value of key, or the fallback where the key is absent or null; a value of another
// type is IG_ERROR_FORMAT naming file and key.
ig_status ig_json_int(ig_json_object from, const char *key, int fallback, int *out, ig_error *err);
ig_status ig_json_number(ig_json_object from, const char *key, double fallback, double *out,
                         ig_error *err);
ig_status ig_json_bool(ig_json_object from, const char *key, bool fallback, bool *out,
                       ig_error *err);
ig_status ig_json_string(ig_json_object from, const char *key, const char *fallback,
                         const char **out, ig_error *err);  // borrowed
ig_status ig_json_require(ig_json_object from, const char *key,
                          ig_error *err);  // absent or null is an error
#endif
