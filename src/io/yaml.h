// YAML configurations, read by libyaml: a small tree that knows the line and path of every node,
// with typed getters, overrides and a check for unknown keys.
#ifndef IG_IO_YAML_H
#define IG_IO_YAML_H
#include <jansson.h>
#include <stddef.h>
#include "ingot/core.h"

typedef enum ig_yaml_kind { IG_YAML_SCALAR, IG_YAML_SEQUENCE, IG_YAML_MAP } ig_yaml_kind;

typedef struct ig_yaml_node {
  ig_yaml_kind kind;
  const char *file;    // the document's name, for messages
  int line;            // from 1; 0: from an override
  const char *path;    // "train.adam_betas[1]"; "" at the root
  const char *scalar;  // text of a scalar
  bool quoted;         // a quoted scalar is a string whatever it looks like
  size_t count;        // children of a sequence or map
  const char **keys;   // of a map, else NULL
  struct ig_yaml_node **children;
} ig_yaml_node;

typedef struct ig_yaml ig_yaml;  // a document; owns every node; ig_yaml_free

// Errors read "config.yml:12: what". The merge key of YAML 1.1 (<<: *base) takes over the keys that
// a map does not have itself. Duplicate keys, documents too deep or too large, and a second
// document are errors. An empty file is an empty map. The interrupter ends the waiting for a pipe;
// NULL: nothing does.
ig_status ig_yaml_load(const char *path, const ig_interrupter *interrupter, ig_yaml **out,
                       ig_error *err);
ig_status ig_yaml_parse(const char *text, size_t size, const char *name, ig_yaml **out,
                        ig_error *err);
// All documents of a file that are not empty: the root is a list of them. Paths begin anew in each.
ig_status ig_yaml_load_documents(const char *path, const ig_interrupter *interrupter, ig_yaml **out,
                                 ig_error *err);
ig_status ig_yaml_parse_documents(const char *text, size_t size, const char *name, ig_yaml **out,
                                  ig_error *err);
void ig_yaml_free(ig_yaml *yaml);
const ig_yaml_node *ig_yaml_root(const ig_yaml *yaml);
// Sets "key.path=value", where value is YAML; maps on the way are made. Nodes that a caller already
// has stay valid, but a replaced one is no longer part of the tree.
ig_status ig_yaml_set(ig_yaml *yaml, const char *assignment, ig_error *err);

// Makes a node of the document a scalar, a string of this text. Its children are no longer part of
// the tree.
ig_status ig_yaml_make_scalar(ig_yaml *yaml, const ig_yaml_node *node, const char *text,
                              ig_error *err);
// Makes it this scalar: a number, true, false, null or a string.
ig_status ig_yaml_make_json(ig_yaml *yaml, const ig_yaml_node *node, const json_t *scalar,
                            ig_error *err);
// Takes a key, by its index, out of a map of the document.
void ig_yaml_drop(const ig_yaml_node *map, size_t index);

// The value of a key; NULL if it is absent or null (`~`, `null`, nothing). map may be NULL: absent.
const ig_yaml_node *ig_yaml_get(const ig_yaml_node *map, const char *key);
// The value at a path such as "train.learning_rate".
const ig_yaml_node *ig_yaml_find(const ig_yaml_node *map, const char *path);
// Each stores the value of key, or the fallback if it is absent. A value of another type is an
// error: "config.yml:12: train.learning_rate: expected a number, found 'abc'".
ig_status ig_yaml_int(const ig_yaml_node *map, const char *key, int fallback, int *out,
                      ig_error *err);
ig_status ig_yaml_u64(const ig_yaml_node *map, const char *key, uint64_t fallback, uint64_t *out,
                      ig_error *err);
ig_status ig_yaml_number(const ig_yaml_node *map, const char *key, double fallback, double *out,
                         ig_error *err);
ig_status ig_yaml_bool(const ig_yaml_node *map, const char *key, bool fallback, bool *out,
                       ig_error *err);  // true, false
ig_status ig_yaml_string(const ig_yaml_node *map, const char *key, const char *fallback,
                         const char **out, ig_error *err);  // borrowed
ig_status ig_yaml_map(const ig_yaml_node *map, const char *key, const ig_yaml_node **out,
                      ig_error *err);  // NULL if absent
// A list of strings; one scalar is a list of one; absent: count 0. The caller frees the array *out,
// which borrows the strings.
ig_status ig_yaml_strings(const ig_yaml_node *map, const char *key, const char ***out,
                          size_t *count, ig_error *err);
// Exactly `count` numbers into out[count]; absent: out stays as it is.
ig_status ig_yaml_numbers(const ig_yaml_node *map, const char *key, size_t count, double *out,
                          ig_error *err);

// Words that a key may have for its value.
typedef struct ig_yaml_words {
  const char *const *words;  // (count)
  size_t count;
  const char *text;  // all of them, for messages: "model, part or layer"
} ig_yaml_words;
// Stores which of the words the value is, words[fallback] if it is absent. Any other is an error,
// with the word that may have been meant.
ig_status ig_yaml_word(const ig_yaml_node *map, const char *key, const ig_yaml_words *words,
                       size_t fallback, size_t *out, ig_error *err);

// Fails if a key of map is not one of known: "config.yml:9: train.warmpu: unknown key; did you mean
// 'warmup'?".
ig_status ig_yaml_check_keys(const ig_yaml_node *map, const char *const *known, size_t count,
                             ig_error *err);
// Fails with "file:line: path: message" and IG_ERROR_FORMAT, for what only the caller can judge.
ig_status ig_yaml_fail(const ig_yaml_node *node, ig_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The tree as JSON: integers, reals, true, false and null; all else, and quoted scalars, as
// strings. A new reference; NULL: out of memory.
json_t *ig_yaml_to_json(const ig_yaml_node *node);
#endif
