#include "text/tokenizer_template.h"

#include <limits.h>
#include <string.h>

#include "base/fail.h"
#include "text/tokenizer_json.h"

static const char part[] = "post_processor";

void ig_tokenizer_template_free(ig_tokenizer_template *made) {
  ig_tokenizer_frame_free(&made->single);
  ig_tokenizer_frame_free(&made->pair);
}

static ig_status fail_shape(const char *where, const char *key, ig_error *err) {
  return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: %s: not as expected", where, part, key);
}

static ig_status add_id(ig_frame_tokens *list, const json_t *id, int type, const char *where,
                        ig_error *err) {
  const json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
  if (value < 0 || value >= INT_MAX) return fail_shape(where, "an id", err);
  return ig_tokenizer_frame_add(list, (int)value, type, err);
}

// A pattern of a TemplateProcessing.
typedef struct template_pattern {
  const json_t *step;
  const char *key, *where;  // key: "single" or "pair"
} template_pattern;

static ig_status read_type(const template_pattern *p, const json_t *item, int *type,
                           ig_error *err) {
  const json_t *value = json_object_get(item, "type_id");
  const json_int_t found = value ? json_integer_value(value) : 0;
  if ((value && !json_is_integer(value)) || found < 0 || found >= INT_MAX)
    return fail_shape(p->where, "type_id", err);
  *type = (int)found;
  return IG_OK;
}

// {"SpecialToken": {"id": "<s>"}}: the ids are those of special_tokens under that name.
static ig_status add_special(const template_pattern *p, ig_frame_tokens *list, const json_t *item,
                             ig_error *err) {
  const char *name = json_string_value(json_object_get(item, "id"));
  const json_t *entry =
      name ? json_object_get(json_object_get(p->step, "special_tokens"), name) : NULL;
  const json_t *ids = json_object_get(entry, "ids"), *id;
  size_t i;
  int type;
  if (!json_is_array(ids)) return fail_shape(p->where, "special_tokens", err);
  IG_TRY(read_type(p, item, &type, err));
  json_array_foreach(ids, i, id) IG_TRY(add_id(list, id, type, p->where, err));
  return IG_OK;
}

// The texts must come in their order, each once.
static ig_status read_pattern(const template_pattern *p, int texts, ig_tokenizer_frame *frame,
                              ig_error *err) {
  static const char *const names[] = {"A", "B"};
  int *const types[] = {&frame->first_type, &frame->second_type};
  ig_frame_tokens *const after_one = texts == 1 ? &frame->after : &frame->between;
  ig_frame_tokens *const lists[] = {&frame->before, after_one, &frame->after};
  const json_t *list = json_object_get(p->step, p->key), *item;
  size_t i;
  int found = 0;
  if (!json_is_array(list)) return fail_shape(p->where, p->key, err);
  json_array_foreach(list, i, item) {
    const json_t *sequence = json_object_get(item, "Sequence");
    const char *name = json_string_value(json_object_get(sequence, "id"));
    if (!sequence) {
      IG_TRY(add_special(p, lists[found], json_object_get(item, "SpecialToken"), err));
      continue;
    }
    if (found == texts || !name || strcmp(name, names[found]) != 0)
      return fail_shape(p->where, p->key, err);
    IG_TRY(read_type(p, sequence, types[found++], err));
  }
  return found == texts ? IG_OK : fail_shape(p->where, p->key, err);
}

// A pair of another shape is none; whoever asks for it is told.
static ig_status read_patterns(const template_pattern *p, ig_tokenizer_frame *single,
                               ig_tokenizer_frame *pair, bool *has_pair, ig_error *err) {
  const template_pattern of_pair = {p->step, "pair", p->where};
  IG_TRY(read_pattern(p, 1, single, err));
  ig_error why = {0};
  const ig_status status = read_pattern(&of_pair, 2, pair, &why);
  if (status == IG_OK) return IG_OK;
  *has_pair = false;
  return status == IG_ERROR_FORMAT ? IG_OK : ig_fail(err, status, "%s", why.message);
}

// "cls": ["<s>", 0], "sep": ["</s>", 2]; the second text is of type 1, or a second end precedes it.
static ig_status read_ends(const template_pattern *p, bool ends_twice, ig_tokenizer_frame *single,
                           ig_tokenizer_frame *pair, ig_error *err) {
  const json_t *begin = json_array_get(json_object_get(p->step, "cls"), 1);
  const json_t *end = json_array_get(json_object_get(p->step, "sep"), 1);
  pair->second_type = !ends_twice;
  IG_TRY(add_id(&single->before, begin, 0, p->where, err));
  IG_TRY(add_id(&single->after, end, 0, p->where, err));
  IG_TRY(add_id(&pair->before, begin, 0, p->where, err));
  IG_TRY(add_id(&pair->between, end, 0, p->where, err));
  if (ends_twice) IG_TRY(add_id(&pair->between, end, 0, p->where, err));
  return add_id(&pair->after, end, pair->second_type, p->where, err);
}

// A step that adds tokens does it around those of the steps before it.
static ig_status put_around(ig_tokenizer_frame *all, ig_tokenizer_frame *outer, ig_error *err) {
  IG_TRY(ig_tokenizer_frame_add_all(&outer->before, &all->before, err));
  const ig_frame_tokens joined = outer->before;
  outer->before = all->before;
  all->before = joined;
  all->first_type = outer->first_type;
  return ig_tokenizer_frame_add_all(&all->after, &outer->after, err);
}

static ig_status read_trimming(ig_tokenizer_template *made, ig_json_object from, ig_error *err) {
  bool trims, adds;
  IG_TRY(ig_json_bool(from, "trim_offsets", true, &trims, err));
  IG_TRY(ig_json_bool(from, "add_prefix_space", true, &adds, err));
  made->trims_spaces = made->trims_spaces || trims;
  made->adds_space = adds;
  return IG_OK;
}

// Of a pair only one step may add tokens.
static ig_status add_frames(ig_tokenizer_template *made, ig_tokenizer_frame *single,
                            ig_tokenizer_frame *pair, ig_error *err) {
  const bool is_first =
      made->single.before.ids.count + made->single.after.ids.count == 0 && made->has_pair;
  made->has_pair = is_first;
  ig_tokenizer_frame_free(&made->pair);
  if (is_first) {
    made->pair = *pair;
    *pair = (ig_tokenizer_frame){0};
  }
  return put_around(&made->single, single, err);
}

static ig_status read_one(void *context, ig_json_object from, ig_error *err) {
  ig_tokenizer_template *made = context;
  const char *type = ig_tokenizer_json_type(from.object);
  const bool ends_twice = strcmp(type, "RobertaProcessing") == 0;
  const template_pattern p = {from.object, "single", from.where};
  if (ends_twice || strcmp(type, "ByteLevel") == 0) IG_TRY(read_trimming(made, from, err));
  if (strcmp(type, "ByteLevel") == 0) return IG_OK;
  ig_tokenizer_frame single = {0}, pair = {0};
  ig_status status;
  if (strcmp(type, "TemplateProcessing") == 0)
    status = read_patterns(&p, &single, &pair, &made->has_pair, err);
  else if (ends_twice || strcmp(type, "BertProcessing") == 0)
    status = read_ends(&p, ends_twice, &single, &pair, err);
  else
    status = ig_tokenizer_json_refuse(from.where, part, type, err);
  if (status == IG_OK) status = add_frames(made, &single, &pair, err);
  ig_tokenizer_frame_free(&single);
  ig_tokenizer_frame_free(&pair);
  return status;
}

// Without a step that says otherwise the second text of a pair is of type 1.
ig_status ig_tokenizer_template_read(ig_tokenizer_template *made, const json_t *step,
                                     const char *where, ig_error *err) {
  made->has_pair = true;
  made->pair.second_type = 1;
  return ig_tokenizer_json_each_step((ig_json_object){step, where}, "processors", read_one, made,
                                     err);
}
