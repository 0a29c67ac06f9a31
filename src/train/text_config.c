#include "train/text_config.h"

#include "base/fail.h"
#include "train/train_keys.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

ig_status ig_text_config_read_files(const ig_yaml_node *map, ig_text_files *out, ig_error *err) {
  const char **paths = NULL;
  IG_TRY(ig_yaml_strings(map, "text", &paths, &out->count, err));
  out->paths = paths;  // set at once: the configuration frees it, whatever fails next
  if (out->count == 0 || map->count == 1) return IG_OK;
  return ig_yaml_fail(map, err, "with text, expected no other key");
}

// The error of the first key that the map has of the list.
static ig_status refuse_keys(const ig_yaml_node *map, const char *const *keys, size_t count,
                             const char *what, ig_error *err) {
  for (size_t i = 0; i < count; i++)
    if (ig_yaml_get(map, keys[i])) return ig_yaml_fail(ig_yaml_get(map, keys[i]), err, "%s", what);
  return IG_OK;
}

ig_status ig_text_config_check(const ig_train_config *c, const ig_yaml_node *data, ig_error *err) {
  static const char *const of_others[] = {"sentencepiece",   "tokens",     "joint",
                                          "min_frequency",   "max_tokens", "source_language",
                                          "target_language", "sampling",   "stride"};
  const ig_train_data *d = &c->data;
  const bool text = d->train_text.count > 0, encoder = c->family && ig_family_is_encoder(c->family),
             other_valid = d->valid.count > 0 || d->valid_questions;
  if (text ? other_valid : d->valid_text.count > 0)
    return ig_yaml_fail(ig_yaml_get(data, "valid"), err, "expected files as those of data.train");
  if (text)
    IG_TRY(refuse_keys(data, of_others, COUNT(of_others), "plain text has no such key", err));
  else
    IG_TRY(refuse_keys(data, (const char *const[]){"wordpiece"}, 1, "it is of text: files", err));
  if (c->init || text == encoder) return IG_OK;
  if (!text)
    return ig_yaml_fail(ig_yaml_get(data, "train"), err,
                        "a new model of %s is trained on plain text (data.train.text); on "
                        "questions (data.train.squad) one that model.init names",
                        c->family->name);
  char list[256];
  ig_family_new_encoders(list, sizeof list);
  return ig_yaml_fail(ig_yaml_get(data, "train"), err,
                      "plain text trains an encoder, and %s has a decoder: expected model.init, or "
                      "a family of %s",
                      c->family->name, list);
}

ig_status ig_text_config_read_vocabulary(const ig_yaml_node *data, ig_train_data *d,
                                         ig_error *err) {
  const ig_yaml_node *map;
  ig_word_piece_training *t = &d->word_pieces;
  d->vocabulary = IG_VOCABULARY_WORD_PIECES;
  IG_TRY(ig_yaml_map(data, "wordpiece", &map, err));
  IG_TRY(ig_train_keys_check(map, IG_TRAIN_PART_WORDPIECE, NULL, err));
  IG_TRY(ig_yaml_int(map, "vocab_size", 8000, &t->vocab_size, err));
  IG_TRY(ig_yaml_bool(map, "lowercase", true, &t->lowercase, err));
  IG_TRY(ig_yaml_bool(map, "strip_accents", t->lowercase, &t->strip_accents, err));
  if (t->vocab_size > IG_WORD_PIECE_TRAINING_SPECIAL && t->vocab_size <= 1000000) return IG_OK;
  return ig_yaml_fail(ig_yaml_get(map, "vocab_size"), err,
                      "expected a number from %d to 1000000, found %d",
                      IG_WORD_PIECE_TRAINING_SPECIAL + 1, t->vocab_size);
}

// Which of two keys, one of which is set, to blame for their sum: what --set says counts first.
static const ig_yaml_node *choose_blamed(const ig_yaml_node *a, const ig_yaml_node *b) {
  return !a || (b && b->line == 0) ? b : a;
}

ig_status ig_text_config_read_masking(const ig_yaml_node *train, ig_train_config *c,
                                      ig_error *err) {
  static const char *const masks[] = {"mask_probability", "mask_replace_probability",
                                      "random_replace_probability"};
  static const char *const of_others[] = {"valid_sentences", "valid_beam_size", "valid_tokenize",
                                          "samples"};
  ig_masking_options *m = &c->masking;
  double *const members[] = {&m->probability, &m->mask_probability, &m->random_probability};
  const double usual[] = {0.15, 0.8, 0.1};
  if (c->data.train_text.count == 0)
    return refuse_keys(train, masks, COUNT(masks), "it is of plain text: data.train.text", err);
  IG_TRY(refuse_keys(train, of_others, COUNT(of_others), "plain text has no such key", err));
  for (size_t i = 0; i < COUNT(masks); i++) {
    IG_TRY(ig_yaml_number(train, masks[i], usual[i], members[i], err));
    if (!(*members[i] >= 0 && *members[i] <= 1) || (i == 0 && *members[i] == 0))
      return ig_yaml_fail(ig_yaml_get(train, masks[i]), err,
                          "expected a number %s 0 to 1, found %g", i ? "from" : "above",
                          *members[i]);
  }
  if (m->mask_probability + m->random_probability <= 1) return IG_OK;
  return ig_yaml_fail(choose_blamed(ig_yaml_get(train, masks[1]), ig_yaml_get(train, masks[2])),
                      err, "expected no more than 1 together, found %s %g and %s %g", masks[1],
                      m->mask_probability, masks[2], m->random_probability);
}
