#include "text/tokenizer_template.h"

#include <limits.h>
#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_json.h"

static const char part[] = "post_processor";

void ig_tokenizer_template_free(ig_tokenizer_template *made) {
  ig_ids_free(&made->before);
  ig_ids_free(&made->after);
}

static ig_status fail_shape(const char *where, const char *key, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %s: not as expected", where, part, key);
}

static ig_status add_id(ig_ids *list, const json_t *id, const char *where, ig_error *err) {
  const json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
  if (value < 0 || value >= INT_MAX) return fail_shape(where, "an id", err);
  return ig_ids_append(list, (int)value, err);
}

// An outer step's tokens go before those of the steps that came first.
static ig_status add_before(ig_ids *all, const ig_ids *outer, ig_error *err) {
  ig_ids joined = {0};
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < outer->count; i++)
    status = ig_ids_append(&joined, outer->ids[i], err);
  for (size_t i = 0; status == IG_OK && i < all->count; i++)
    status = ig_ids_append(&joined, all->ids[i], err);
  ig_ids_free(all);
  *all = joined;
  return status;
}

// {"SpecialToken": {"id": "<s>"}}: the ids are those of special_tokens under that name.
static ig_status add_special(ig_ids *list, const json_t *step, const json_t *item,
                             const char *where, ig_error *err) {
  const char *name = json_string_value(json_object_get(item, "id"));
  const json_t *entry =
      name ? json_object_get(json_object_get(step, "special_tokens"), name) : NULL;
  const json_t *ids = json_object_get(entry, "ids"), *id;
  size_t i;
  if (!json_is_array(ids)) return fail_shape(where, "special_tokens", err);
  json_array_foreach(ids, i, id) IG_TRY(add_id(list, id, where, err));
  return IG_OK;
}

static ig_status read_pattern(ig_tokenizer_template *made, ig_ids *before, const json_t *step,
                              const char *where, ig_error *err) {
  const json_t *single = json_object_get(step, "single"), *item;
  size_t i;
  bool text = false;
  if (!json_is_array(single)) return fail_shape(where, "single", err);
  json_array_foreach(single, i, item) {
    const json_t *sequence = json_object_get(item, "Sequence");
    const char *name = json_string_value(json_object_get(sequence, "id"));
    if (sequence) {
      if (text || !name || strcmp(name, "A") != 0) return fail_shape(where, "single", err);
      text = true;
      continue;
    }
    IG_TRY(add_special(text ? &made->after : before, step, json_object_get(item, "SpecialToken"),
                       where, err));
  }
  return text ? IG_OK : fail_shape(where, "single", err);
}

// "cls": ["<s>", 0], "sep": ["</s>", 2]
static ig_status read_ends(ig_tokenizer_template *made, ig_ids *before, const json_t *step,
                           const char *where, ig_error *err) {
  IG_TRY(add_id(before, json_array_get(json_object_get(step, "cls"), 1), where, err));
  return add_id(&made->after, json_array_get(json_object_get(step, "sep"), 1), where, err);
}

static ig_status read_trimming(ig_tokenizer_template *made, ig_json_object from, ig_error *err) {
  bool trims, adds;
  IG_TRY(ig_json_bool(from, "trim_offsets", true, &trims, err));
  IG_TRY(ig_json_bool(from, "add_prefix_space", true, &adds, err));
  made->trims_spaces = made->trims_spaces || trims;
  made->adds_space = adds;
  return IG_OK;
}

static ig_status read_one(void *context, ig_json_object from, ig_error *err) {
  ig_tokenizer_template *made = context;
  const char *type = ig_tokenizer_json_type(from.object);
  const bool adds_ends = strcmp(type, "RobertaProcessing") == 0;
  if (adds_ends || strcmp(type, "ByteLevel") == 0) IG_TRY(read_trimming(made, from, err));
  if (strcmp(type, "ByteLevel") == 0) return IG_OK;
  ig_ids before = {0};
  ig_status status;
  if (strcmp(type, "TemplateProcessing") == 0)
    status = read_pattern(made, &before, from.object, from.where, err);
  else if (adds_ends || strcmp(type, "BertProcessing") == 0)
    status = read_ends(made, &before, from.object, from.where, err);
  else
    status = ig_tokenizer_json_refuse(from.where, part, type, err);
  if (status == IG_OK) status = add_before(&made->before, &before, err);
  ig_ids_free(&before);
  return status;
}

ig_status ig_tokenizer_template_read(ig_tokenizer_template *made, const json_t *step,
                                     const char *where, ig_error *err) {
  return ig_tokenizer_json_each_step((ig_json_object){step, where}, "processors", read_one, made,
                                     err);
}
