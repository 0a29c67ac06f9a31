// The pre-tokenizers of a tokenizer.json, read.
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "text/cutting_steps.h"
#include "text/tokenizer_json.h"
#include "text/utf8.h"

static const char part[] = "pre_tokenizer";

static const struct {
  const char *type;
  ig_cutting_kind kind;
  ig_delimiter_kind delimiter;
} types[] = {
    {"Metaspace", IG_CUTTING_METASPACE, IG_DELIMITER_WITH_NEXT},
    {"ByteLevel", IG_CUTTING_BYTE_LEVEL, IG_DELIMITER_ISOLATED},
    {"Whitespace", IG_CUTTING_WORDS, IG_DELIMITER_REMOVED},
    {"WhitespaceSplit", IG_CUTTING_WHITE, IG_DELIMITER_REMOVED},
    {"Punctuation", IG_CUTTING_PUNCTUATION, IG_DELIMITER_ISOLATED},
    {"Digits", IG_CUTTING_DIGITS, IG_DELIMITER_CONTIGUOUS},
    {"Split", IG_CUTTING_PATTERN, IG_DELIMITER_ISOLATED},
    {"BertPreTokenizer", IG_CUTTING_SIGNS, IG_DELIMITER_ISOLATED},
};

static ig_status fail_value(ig_json_object from, const char *key, const char *value,
                            ig_error *err) {
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s: %s: '%.40s' is not built", from.where, part,
                 key, value);
}

static ig_status read_delimiter(ig_cutting_step *step, ig_json_object from, ig_error *err) {
  static const char *const names[] = {
      [IG_DELIMITER_REMOVED] = "Removed",
      [IG_DELIMITER_ISOLATED] = "Isolated",
      [IG_DELIMITER_CONTIGUOUS] = "Contiguous",
      [IG_DELIMITER_WITH_PREVIOUS] = "MergedWithPrevious",
      [IG_DELIMITER_WITH_NEXT] = "MergedWithNext",
  };
  const char *name;
  IG_TRY(ig_json_string(from, "behavior", "Isolated", &name, err));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      step->delimiter = (ig_delimiter_kind)i;
      return IG_OK;
    }
  return fail_value(from, "behavior", name, err);
}

// Old files say add_prefix_space; the library refuses false without a scheme of never.
static ig_status read_prefix(ig_cutting_step *step, ig_json_object from, ig_error *err) {
  static const char *const names[] = {
      [IG_PREFIX_ALWAYS] = "always", [IG_PREFIX_FIRST] = "first", [IG_PREFIX_NEVER] = "never"};
  const char *name;
  bool adds;
  IG_TRY(ig_json_bool(from, "add_prefix_space", true, &adds, err));
  IG_TRY(ig_json_string(from, "prepend_scheme", "always", &name, err));
  if (!adds && strcmp(name, "never") != 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: %s: add_prefix_space: false contradicts the prepend_scheme '%s'",
                   from.where, part, name);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0) {
      step->prefix = (ig_prefix_kind)i;
      return IG_OK;
    }
  return fail_value(from, "prepend_scheme", name, err);
}

static ig_status read_metaspace(ig_cutting_step *step, ig_json_object from, ig_error *err) {
  const char *mark;
  IG_TRY(ig_json_string(from, "replacement", "\xE2\x96\x81", &mark, err));
  const size_t length = strlen(mark);
  if (length == 0 || length != ig_utf8_step(mark) || length >= sizeof step->mark)
    return fail_value(from, "replacement", mark, err);
  memcpy(step->mark, mark, length + 1);
  IG_TRY(ig_json_bool(from, "split", true, &step->splits, err));
  return read_prefix(step, from, err);
}

static ig_status read_keys(ig_cutting_step *step, ig_json_object from, ig_error *err) {
  bool single;
  switch (step->kind) {
    case IG_CUTTING_METASPACE: return read_metaspace(step, from, err);
    case IG_CUTTING_BYTE_LEVEL:
      IG_TRY(ig_json_bool(from, "use_regex", true, &step->splits, err));
      return ig_json_bool(from, "add_prefix_space", true, &step->adds_space, err);
    case IG_CUTTING_PUNCTUATION: return read_delimiter(step, from, err);
    case IG_CUTTING_DIGITS:
      IG_TRY(ig_json_bool(from, "individual_digits", false, &single, err));
      if (single) step->delimiter = IG_DELIMITER_ISOLATED;
      return IG_OK;
    case IG_CUTTING_PATTERN:
      IG_TRY(ig_json_bool(from, "invert", false, &step->inverted, err));
      IG_TRY(read_delimiter(step, from, err));
      return ig_text_pattern_read(from.object, from.where, part, &step->pattern, err);
    default: return IG_OK;
  }
}

ig_status ig_cutting_steps_add(ig_cutting_steps *steps, ig_cutting_kind kind, ig_error *err) {
  IG_TRY(ig_allocate_more((void **)&steps->list, &steps->capacity, steps->count + 1,
                          sizeof *steps->list, err));
  steps->list[steps->count++] = (ig_cutting_step){.kind = kind};
  return IG_OK;
}

static ig_status add_step(void *context, ig_json_object from, ig_error *err) {
  ig_cutting_steps *steps = context;
  const char *type = ig_tokenizer_json_type(from.object);
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(type, types[i].type) != 0) continue;
    IG_TRY(ig_cutting_steps_add(steps, types[i].kind, err));
    ig_cutting_step *step = &steps->list[steps->count - 1];
    step->delimiter = types[i].delimiter;
    return read_keys(step, from, err);
  }
  return ig_tokenizer_json_refuse(from.where, part, type, err);
}

ig_status ig_cutting_steps_read(ig_cutting_steps *steps, const json_t *step, const char *where,
                                ig_error *err) {
  return ig_tokenizer_json_each_step((ig_json_object){step, where}, "pretokenizers", add_step,
                                     steps, err);
}
