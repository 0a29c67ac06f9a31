// JSON loading and typed getters over Jansson.
#include "io/json.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include "io/json_numbers.h"
#include "io/text_start.h"

const char *ig_json_type_name(const json_t *value) {
  if (!value) return "nothing";
  switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: {
      const char *number = ig_json_numbers_word(json_string_value(value));
      return number ? number : "a string";
    }
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a real number";
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: break;
  }
  return "null";
}

// Jansson 2.14 chooses the seed of its hash function when the first object is made, which is a race
// if two threads make theirs at once. So it is chosen before.
static void choose_seed(void) { json_object_seed(0); }

// Jansson knows the locale's decimal point but takes its first byte for the whole of it, so reading
// and writing run in the C locale.
static json_t *parse_strictly(const char *text, size_t size, json_error_t *why) {
  const locale_t before = ig_number_locale_enter();
  json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, why);
  ig_number_locale_leave(before);
  return value;
}

// A text that is refused may hold numbers as Python writes them. Sets *why anew if so.
static json_t *parse_as_python(const char *text, size_t size, json_error_t *why) {
  size_t strict_size;
  bool changed;
  const enum json_error_code code = json_error_code(why);
  if (code != json_error_numeric_overflow && code != json_error_invalid_syntax) return NULL;
  char *strict = ig_json_numbers_rewrite(text, size, &strict_size, &changed);
  json_t *value = strict ? parse_strictly(strict, strict_size, why) : NULL;
  free(strict);
  return value;
}

// Text that is no JSON gives NULL and *why, with IG_OK.
static ig_status parse(const char *text, size_t size, json_t **out, json_error_t *why,
                       ig_error *err) {
  static pthread_once_t seeded = PTHREAD_ONCE_INIT;
  pthread_once(&seeded, choose_seed);
  *out = NULL;
  size_t mark;  // bytes of a byte order mark
  IG_TRY(ig_text_start_check(text, size, &mark, err));
  *out = parse_strictly(text + mark, size - mark, why);
  if (!*out) *out = parse_as_python(text + mark, size - mark, why);
  // If memory runs out before Jansson has a position, it gives no code.
  if (!*out && (why->line < 0 || json_error_code(why) == json_error_out_of_memory))
    return ig_fail_memory(err);
  return IG_OK;
}

ig_status ig_json_parse_line(const char *text, size_t size, json_t **out, ig_error *err) {
  json_error_t why;
  IG_TRY(parse(text, size, out, &why, err));
  if (*out) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "column %d: not valid JSON: %s", why.column, why.text);
}

ig_status ig_json_parse(const char *text, size_t size, const char *name, json_t **out,
                        ig_error *err) {
  json_error_t why;
  const ig_status status = parse(text, size, out, &why, err);
  if (status == IG_ERROR_MEMORY) return ig_fail_memory_in(name, err);
  if (status != IG_OK) return ig_fail_in(err, status, "%s", name);
  if (*out) return IG_OK;
  return ig_fail(err, IG_ERROR_FORMAT, "%s:%d:%d: not valid JSON: %s", name, why.line, why.column,
                 why.text);
}

ig_status ig_json_load(const char *path, json_t **out, ig_error *err) {
  *out = NULL;
  char *text;
  size_t size;
  IG_TRY(ig_file_load(path, &text, &size, err));
  ig_status status = ig_json_parse(text, size, path, out, err);
  free(text);
  return status;
}

static ig_status check_object(const char *name, json_t **value, ig_error *err) {
  if (json_is_object(*value)) return IG_OK;
  ig_status status = ig_fail(err, IG_ERROR_FORMAT, "%s: expected a JSON object, found %s", name,
                             ig_json_type_name(*value));
  json_decref(*value);
  *value = NULL;
  return status;
}

ig_status ig_json_parse_object(const char *text, size_t size, const char *name, json_t **out,
                               ig_error *err) {
  IG_TRY(ig_json_parse(text, size, name, out, err));
  return check_object(name, out, err);
}

ig_status ig_json_load_object(const char *path, json_t **out, ig_error *err) {
  IG_TRY(ig_json_load(path, out, err));
  return check_object(path, out, err);
}

typedef struct json_output {
  char *bytes;
  size_t length, capacity;
  bool failed;
} json_output;

static int append_bytes(const char *bytes, size_t size, void *context) {
  json_output *t = context;
  t->failed = t->failed || ig_allocate_more((void **)&t->bytes, &t->capacity, t->length + size + 1,
                                            1, NULL) != IG_OK;
  if (t->failed) return -1;
  memcpy(t->bytes + t->length, bytes, size);
  t->length += size;
  t->bytes[t->length] = '\0';
  return 0;
}

// Jansson 2.14 goes on after some failures of its writer, so json_dumps may leave out a key when
// memory is out.
static char *dump_text(const json_t *value, size_t flags) {
  json_output t = {0};
  const bool written = value && json_dump_callback(value, append_bytes, &t, flags) == 0;
  if (written && !t.failed) return t.bytes;
  free(t.bytes);
  return NULL;
}

char *ig_json_text(const json_t *value, size_t flags) {
  const size_t precision = JSON_REAL_PRECISION(31);  // all bits of it
  const bool floats = (flags & precision) == JSON_REAL_PRECISION(9);
  const locale_t before = ig_number_locale_enter();
  // Jansson writes each real in as many digits as are enough for all.
  char *whole = dump_text(value, (flags & ~precision) | JSON_REAL_PRECISION(17));
  char *text = whole ? ig_json_numbers_shorten(whole, floats) : NULL;
  ig_number_locale_leave(before);
  free(whole);
  if (text) ig_json_numbers_restore(text);
  return text;
}

json_t *ig_json_copy(const json_t *value) {
  json_t *copy = json_copy((json_t *)value);
  if (copy && json_object_size(copy) == json_object_size(value) &&
      json_array_size(copy) == json_array_size(value))
    return copy;
  json_decref(copy);
  return NULL;
}

char *ig_json_text_for_hash(const json_t *value) {
  const locale_t before = ig_number_locale_enter();
  char *text = dump_text(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
  ig_number_locale_leave(before);
  if (text) ig_json_numbers_restore(text);
  return text;
}

typedef ig_status file_writing(const char *path, const void *data, size_t size, ig_error *err);

static ig_status save_by(file_writing *write, const char *path, const json_t *value, int digits,
                         ig_error *err) {
  char *text =
      ig_json_text(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION((size_t)digits));
  if (!text) return ig_fail(err, IG_ERROR_MEMORY, "%s: could not encode the JSON value", path);
  size_t length = strlen(text);
  text[length] = '\n';  // in place of the NUL, which is not written
  const ig_status status = write(path, text, length + 1, err);
  free(text);
  return status;
}

ig_status ig_json_save(const char *path, const json_t *value, int digits, ig_error *err) {
  return save_by(ig_file_write, path, value, digits, err);
}

ig_status ig_json_save_named(const char *path, const json_t *value, int digits, ig_error *err) {
  return save_by(ig_file_write_named, path, value, digits, err);
}

// ---- in a directory ---------------------------------------------------------

static ig_status load_in(const char *directory, const char *name, bool must_exist, json_t **out,
                         ig_error *err) {
  *out = NULL;
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (must_exist || ig_file_exists(path)) status = ig_json_load_object(path, out, err);
  free(path);
  return status;
}

ig_status ig_json_load_in(const char *directory, const char *name, json_t **out, ig_error *err) {
  return load_in(directory, name, true, out, err);
}

ig_status ig_json_load_in_if_exists(const char *directory, const char *name, json_t **out,
                                    ig_error *err) {
  return load_in(directory, name, false, out, err);
}

ig_status ig_json_save_in(const char *directory, const char *name, const json_t *value, int digits,
                          ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const ig_status status =
      value ? ig_json_save(path, value, digits, err) : ig_fail_memory_in(path, err);
  free(path);
  return status;
}

// ---- values -----------------------------------------------------------------

const json_t *ig_json_only_item(const json_t *value) {
  const json_t *item = json_array_get(value, 0);
  return json_array_size(value) == 1 && json_is_number(item) ? item : value;
}

// NULL if the key is absent or null.
static const json_t *member(ig_json_object from, const char *key) {
  const json_t *value = ig_json_only_item(json_object_get(from.object, key));
  return value && !json_is_null(value) ? value : NULL;
}

static ig_status fail_type(ig_json_object from, const char *key, const char *expected,
                           const json_t *found, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: expected %s, found %s", from.where, key, expected,
                 ig_json_type_name(found));
}

ig_status ig_json_int(ig_json_object from, const char *key, int fallback, int *out, ig_error *err) {
  const json_t *value = member(from, key);
  *out = fallback;
  if (!value) return IG_OK;
  if (!json_is_integer(value)) return fail_type(from, key, "an integer", value, err);
  json_int_t number = json_integer_value(value);
  if (number < INT_MIN || number > INT_MAX)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %" PRId64 " is out of range", from.where, key,
                   (int64_t)number);
  *out = (int)number;
  return IG_OK;
}

ig_status ig_json_number(ig_json_object from, const char *key, double fallback, double *out,
                         ig_error *err) {
  const json_t *value = member(from, key);
  *out = fallback;
  if (!value) return IG_OK;
  if (!json_is_number(value)) return fail_type(from, key, "a number", value, err);
  *out = json_number_value(value);
  return IG_OK;
}

ig_status ig_json_bool(ig_json_object from, const char *key, bool fallback, bool *out,
                       ig_error *err) {
  const json_t *value = member(from, key);
  *out = fallback;
  if (!value) return IG_OK;
  if (!json_is_boolean(value)) return fail_type(from, key, "true or false", value, err);
  *out = json_is_true(value);
  return IG_OK;
}

ig_status ig_json_string(ig_json_object from, const char *key, const char *fallback,
                         const char **out, ig_error *err) {
  const json_t *value = member(from, key);
  *out = fallback;
  if (!value) return IG_OK;
  if (!json_is_string(value) || ig_json_numbers_word(json_string_value(value)))
    return fail_type(from, key, "a string", value, err);
  *out = json_string_value(value);
  return IG_OK;
}

ig_status ig_json_require(ig_json_object from, const char *key, ig_error *err) {
  return member(from, key) ? IG_OK
                           : ig_fail(err, IG_ERROR_FORMAT, "%s: %s: missing", from.where, key);
}
