#include "model/arch/encoder_shared.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "io/json.h"

typedef struct class_ending {
  const char *ending;
  ig_head_kind head;
} class_ending;

// What the names of transformers' classes end in. Of the classes of pre-training, which have two
// heads, the one over the vocabulary is the head.
static const class_ending endings[] = {
    {"ForQuestionAnswering", IG_HEAD_SPAN},
    {"ForSequenceClassification", IG_HEAD_CLASSES},
    {"ForTokenClassification", IG_HEAD_TOKEN_CLASSES},
    {"ForMaskedLM", IG_HEAD_MASKED_TOKENS},
    {"ForPreTraining", IG_HEAD_MASKED_TOKENS},
    {"Model", IG_HEAD_NONE},
};
enum { ENDINGS = sizeof endings / sizeof *endings };

static bool ends_in(const char *name, const char *ending) {
  const size_t length = strlen(name), tail = strlen(ending);
  return length >= tail && strcmp(name + length - tail, ending) == 0;
}

static ig_status read_head(const json_t *json, const char *where, ig_head_kind *head,
                           ig_error *err) {
  const json_t *classes = json_object_get(json, "architectures");
  *head = IG_HEAD_NONE;
  if (!classes || json_is_null(classes)) return IG_OK;
  if (json_is_array(classes) && json_array_size(classes) == 0) return IG_OK;
  const char *name = json_string_value(json_array_get(classes, 0));
  if (!name)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: architectures: expected a list with the name of a class, found %s", where,
                   ig_json_type_name(classes));
  for (int i = 0; i < ENDINGS; i++)
    if (ends_in(name, endings[i].ending)) {
      *head = endings[i].head;
      return IG_OK;
    }
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: architectures: the head of %s is not built; classes that end in "
                 "ForQuestionAnswering, ForSequenceClassification, ForTokenClassification, "
                 "ForMaskedLM or Model are",
                 where, name);
}

// The number of labels: what num_labels says, else those of id2label, else 2   (transformers 5.23;
// files that its first versions wrote have both, and 2 names whatever the number).
static ig_status read_labels(const json_t *json, const char *where, int *out, ig_error *err) {
  const json_t *names = json_object_get(json, "id2label");
  const int named = json_is_object(names) ? (int)json_object_size(names) : 2;
  return ig_json_int((ig_json_object){json, where}, "num_labels", named, out, err);
}

static ig_status refuse_unbuilt(const json_t *json, const char *where, ig_error *err) {
  const json_t *positions = json_object_get(json, "position_embedding_type");
  if (json_is_string(positions) && strcmp(json_string_value(positions), "absolute") != 0)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: position_embedding_type: expected \"absolute\", found \"%s\", which is not "
                   "built",
                   where, json_string_value(positions));
  if (json_is_true(json_object_get(json, "is_decoder")))
    return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: is_decoder: true is not built for this family",
                   where);
  return IG_OK;
}

void ig_encoder_shared_settle_head(ig_config *c) {
  const bool masked = c->head.kind == IG_HEAD_MASKED_TOKENS;
  const ig_activation of_masked = c->family->masked_activation;
  c->tied_output = masked;
  c->head.activation = !masked                           ? c->family->class_activation
                       : of_masked == IG_ACTIVATION_NONE ? c->encoder.feed_forward.activation
                                                         : of_masked;
}

ig_status ig_encoder_shared_complete(const json_t *json, const char *where, ig_config *c,
                                     ig_error *err) {
  IG_TRY(refuse_unbuilt(json, where, err));
  IG_TRY(read_head(json, where, &c->head.kind, err));
  IG_TRY(read_labels(json, where, &c->head.classes, err));
  if (c->head.kind == IG_HEAD_SPAN && c->head.classes != 2)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: num_labels (or id2label): expected 2 labels for question answering (where "
                   "an answer begins "
                   "and ends), found %d",
                   where, c->head.classes);
  c->target_vocab_size = c->vocab_size;
  ig_encoder_shared_settle_head(c);
  if (json_is_false(json_object_get(json, "tie_word_embeddings"))) c->tied_output = false;
  ig_config_match_stacks(c);
  c->decoder.self.heads = c->encoder.self.heads;
  c->decoder.feed_forward.inner = c->encoder.feed_forward.inner;
  return IG_OK;
}

void ig_encoder_shared_class_name(const char *base_class, ig_head_kind head, char *name,
                                  size_t size) {
  int i = 0;
  while (i < ENDINGS - 1 && endings[i].head != head) i++;
  snprintf(name, size, "%.*s%s", (int)(strlen(base_class) - strlen("Model")), base_class,
           endings[i].ending);
}

// The class is that of `architectures` in the family's constants, with the head's ending.
void ig_encoder_shared_adjust_json(const ig_config *c, json_t *json) {
  char name[128];
  json_t *classes = json_object_get(json, "architectures");
  const char *model = json_string_value(json_array_get(classes, 0));
  ig_encoder_shared_class_name(model, c->head.kind, name, sizeof name);
  json_array_set_new(classes, 0, json_string(name));
  if (c->head.kind == IG_HEAD_CLASSES || c->head.kind == IG_HEAD_TOKEN_CLASSES)
    json_object_set_new(json, "num_labels", json_integer(c->head.classes));
}

ig_status ig_encoder_shared_check_embedding(const ig_config *c, const char *where, ig_error *err) {
  if (c->embedding_size >= 1) return IG_OK;
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: embedding_size: expected a number above 0, found %d",
                 where, c->embedding_size);
}
