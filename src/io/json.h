// JSON, through Jansson: every error of loading tells the position, and getters reject values of a
// wrong type by name.
#ifndef IG_IO_JSON_H
#define IG_IO_JSON_H
#include <jansson.h>
#include <stddef.h>
#include "ingot/core.h"

// Errors read "file:line:column: what". Duplicate keys are errors. *out is a new reference for
// json_decref(). Integers beyond 64 bits are reals. Infinity and NaN, which Python writes, are kept
// when the value is written again; where a number is read they are an error like any other word.
ig_status ig_json_load(const char *path, json_t **out, ig_error *err);
// name: what messages call the text.
ig_status ig_json_parse(const char *text, size_t size, const char *name, json_t **out,
                        ig_error *err);
// As ig_json_parse, of one line of a file: messages name the column alone, "column 7: not valid …".
ig_status ig_json_parse_line(const char *text, size_t size, json_t **out, ig_error *err);
// As ig_json_parse and ig_json_load, and the root must be an object.
ig_status ig_json_parse_object(const char *text, size_t size, const char *name, json_t **out,
                               ig_error *err);
ig_status ig_json_load_object(const char *path, json_t **out, ig_error *err);
// Writes atomically, indented by 2, with a newline at the end. digits: 17 keep every double, 9
// every float; reals are written in the fewest digits that do so.
ig_status ig_json_save(const char *path, const json_t *value, int digits, ig_error *err);
// The same into an output that the user named, which may be a pipe or a device.
ig_status ig_json_save_named(const char *path, const json_t *value, int digits, ig_error *err);
// The same for a file in a directory. The root must be an object.
ig_status ig_json_load_in(const char *directory, const char *name, json_t **out, ig_error *err);
// The same for a file that may be missing: if it does not exist, *out is NULL and the status IG_OK.
ig_status ig_json_load_in_if_exists(const char *directory, const char *name, json_t **out,
                                    ig_error *err);
// value NULL: it could not be made, and that is reported as out of memory.
ig_status ig_json_save_in(const char *directory, const char *name, const json_t *value, int digits,
                          ig_error *err);
// json_dumps that never leaves anything out: it gives NULL if memory is out, a text is not UTF-8, a
// number is not finite, or value is NULL. Reals have the fewest digits that keep them: every
// double, or with JSON_REAL_PRECISION(9) every float. The caller frees the text.
char *ig_json_text(const json_t *value, size_t flags);
// A new reference to a copy whose members are those of the value; NULL: out of memory. Jansson's
// own json_copy leaves out members that it finds no memory for, without a word.
json_t *ig_json_copy(const json_t *value);
// A text that is hashed: its bytes must never change, for hashes of it are in files. Keys are
// sorted, reals have 17 digits.
char *ig_json_text_for_hash(const json_t *value);

// An object and what to call it in messages ("config.json").
typedef struct ig_json_object {
  const json_t *object;
  const char *where;
} ig_json_object;

// What a value is called in messages: "an object"; NULL, a key that is absent: "nothing".
const char *ig_json_type_name(const json_t *value);
// The number in a list of one, which some files hold in place of a number; other values as they
// are.
const json_t *ig_json_only_item(const json_t *value);

// Each stores the value of key, or the fallback if the key is absent or null. A value of another
// type is IG_ERROR_FORMAT, naming file and key. A list of one number is that number.
ig_status ig_json_int(ig_json_object from, const char *key, int fallback, int *out, ig_error *err);
ig_status ig_json_number(ig_json_object from, const char *key, double fallback, double *out,
                         ig_error *err);
ig_status ig_json_bool(ig_json_object from, const char *key, bool fallback, bool *out,
                       ig_error *err);
ig_status ig_json_string(ig_json_object from, const char *key, const char *fallback,
                         const char **out, ig_error *err);  // borrowed
// Fails if the key is absent or null.
ig_status ig_json_require(ig_json_object from, const char *key, ig_error *err);
#endif
