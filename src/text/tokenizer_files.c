// Tokenizers from files and into files: MarianMT directories, new runs on SentencePiece models,
// whitespace vocabularies.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "text/tokenizer_types.h"

static const char *const special_defaults[IG_SPECIALS] = {"</s>", "<unk>", "<pad>"};
static const char *const special_keys[IG_SPECIALS] = {"eos_token", "unk_token", "pad_token"};

static ig_status create(ig_tokenizer **out, ig_error *err) {
  ig_tokenizer *t = *out = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->model_max_length = 512;
  return IG_OK;
}

void ig_tokenizer_free(ig_tokenizer *t) {
  if (!t) return;
  for (int i = 0; i < 2; ++i) {
    ig_vocabulary_free(&t->vocabularies[i]);
    ig_sentencepiece_free(t->spms[i]);
  }
  for (int i = 0; i < IG_SPECIALS; ++i) free(t->special_text[i]);
  free(t->source_lang);
  free(t->target_lang);
  free(t);
}

// Hands the finished tokenizer over, or frees it.
static ig_status deliver(ig_tokenizer *t, ig_status status, ig_tokenizer **out) {
  if (status == IG_OK)
    *out = t;
  else
    ig_tokenizer_free(t);
  return status;
}

static ig_status set_special(ig_tokenizer *t, int which, const char *text, ig_error *err) {
  free(t->special_text[which]);
  t->special_text[which] = ig_allocate_copy(text, strlen(text), err);
  t->special_length[which] = strlen(text);
  return t->special_text[which] ? IG_OK : IG_ERROR_MEMORY;
}

// Joins vocabularies, models and special tokens to the two sides, once all of them are there.
static ig_status connect(ig_tokenizer *t, const char *where, ig_error *err) {
  for (int i = 0; i < 2; ++i) {
    ig_tokenizer_side *side = i == 0 ? &t->source : &t->target;
    side->vocabulary = &t->vocabularies[t->shared ? 0 : i];
    side->spm = t->spms[i] ? t->spms[i] : t->spms[0];
    for (int s = 0; s < IG_SPECIALS; ++s) {
      side->special_ids[s] =
          ig_vocabulary_find(side->vocabulary, t->special_text[s], t->special_length[s]);
      if (side->special_ids[s] < 0 && s != IG_SPECIAL_PAD)
        return ig_fail(err, IG_ERROR_FORMAT, "%s: the %s vocabulary has no %s", where,
                       i == 0 ? "source" : "target", t->special_text[s]);
    }
  }
  // A MarianMT config.json has one id for each special token, so both sides must agree.
  for (int s = 0; s < IG_SPECIALS; ++s)
    if (t->source.special_ids[s] != t->target.special_ids[s])
      return ig_fail(err, IG_ERROR_FORMAT,
                     "%s: %s has the id %d in the source and %d in the target vocabulary", where,
                     t->special_text[s], t->source.special_ids[s], t->target.special_ids[s]);
  return IG_OK;
}

// ---- loading a directory ----------------------------------------------------

static ig_status keep_string(ig_json_object config, const char *key, char **out, ig_error *err) {
  const char *text;
  IG_TRY(ig_json_string(config, key, NULL, &text, err));
  if (!text) return IG_OK;
  *out = ig_allocate_copy(text, strlen(text), err);
  return *out ? IG_OK : IG_ERROR_MEMORY;
}

// "eos_token": "</s>", or {"content": "</s>", ...} as older versions wrote it.
static ig_status read_special(ig_tokenizer *t, ig_json_object config, int which, ig_error *err) {
  const json_t *value = json_object_get(config.object, special_keys[which]);
  const char *text = special_defaults[which];
  if (json_is_object(value)) {
    IG_TRY(ig_json_string((ig_json_object){value, config.where}, "content", text, &text, err));
  } else {
    IG_TRY(ig_json_string(config, special_keys[which], text, &text, err));
  }
  if (!*text)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: %s: empty", config.where, special_keys[which]);
  return set_special(t, which, text, err);
}

static ig_status read_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  double longest;  // some files hold 1e30 for "no limit"
  bool separate;
  const char *class_name;
  IG_TRY(ig_json_string(config, "tokenizer_class", "MarianTokenizer", &class_name, err));
  if (strcmp(class_name, "MarianTokenizer") && strcmp(class_name, "WhitespaceTokenizer"))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: tokenizer_class: expected MarianTokenizer or WhitespaceTokenizer, found %s",
                   config.where, class_name);
  t->whitespace = strcmp(class_name, "WhitespaceTokenizer") == 0;
  IG_TRY(ig_json_bool(config, "separate_vocabs", false, &separate, err));
  IG_TRY(ig_json_number(config, "model_max_length", 512, &longest, err));
  t->shared = !separate;
  t->model_max_length = longest >= 1 && longest < INT_MAX ? (int)longest : INT_MAX;
  IG_TRY(keep_string(config, "source_lang", &t->source_lang, err));
  IG_TRY(keep_string(config, "target_lang", &t->target_lang, err));
  for (int i = 0; i < IG_SPECIALS; ++i) IG_TRY(read_special(t, config, i, err));
  return IG_OK;
}

// Without a tokenizer_config.json the defaults of MarianTokenizer hold.
static ig_status load_config(ig_tokenizer *t, const char *path, ig_error *err) {
  json_t *root = NULL;
  if (ig_file_exists(path)) IG_TRY(ig_json_load_object(path, &root, err));
  ig_status status = read_config(t, (ig_json_object){root, path}, err);
  json_decref(root);
  return status;
}

typedef ig_status (*file_action)(ig_tokenizer *t, int side, const char *path, ig_error *err);

static ig_status on_file(ig_tokenizer *t, const char *directory, const char *name, int side,
                         file_action action, ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = action(t, side, path, err);
  free(path);
  return status;
}

static ig_status action_config(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  (void)side;
  return load_config(t, path, err);
}
static ig_status action_vocabulary(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_load(&t->vocabularies[side], path, err);
}
static ig_status action_spm(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_sentencepiece_load(path, &t->spms[side], err);
}

// A joint model stands in the directory twice, and half of a small model's start would go into
// building its trie again: it is loaded once.
static ig_status action_target_spm(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  size_t size;
  const void *source = ig_sentencepiece_bytes(t->spms[0], &size);
  char *target;
  size_t target_size;
  IG_TRY(ig_file_load(path, &target, &target_size, err));
  const bool same = target_size == size && memcmp(target, source, size) == 0;
  free(target);
  return same ? IG_OK : action_spm(t, side, path, err);
}

static ig_status load_files(ig_tokenizer *t, const char *directory, ig_error *err) {
  IG_TRY(on_file(t, directory, "tokenizer_config.json", 0, action_config, err));
  IG_TRY(on_file(t, directory, "vocab.json", 0, action_vocabulary, err));
  if (!t->shared) IG_TRY(on_file(t, directory, "target_vocab.json", 1, action_vocabulary, err));
  if (!t->whitespace) {
    IG_TRY(on_file(t, directory, "source.spm", 0, action_spm, err));
    IG_TRY(on_file(t, directory, "target.spm", 1, action_target_spm, err));
  }
  return connect(t, directory, err);
}

ig_status ig_tokenizer_load(const char *directory, ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(create(&t, err));
  return deliver(t, load_files(t, directory, err), out);
}

// ---- a new run on SentencePiece models --------------------------------------

// The ids of the model as they stand; eos and unk take the names this model gives them.
static ig_status take_pieces(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  IG_TRY(ig_sentencepiece_load(path, &t->spms[side], err));
  const ig_sentencepiece *spm = t->spms[side];
  int ids[2] = {ig_sentencepiece_eos_id(spm), ig_sentencepiece_unk_id(spm)};
  for (int i = 0; i < 2; ++i) {
    const char *piece = ig_sentencepiece_piece(spm, ids[i]);
    if (!piece)
      return ig_fail(err, IG_ERROR_FORMAT, "%s: the SentencePiece model has no %s", path,
                     special_defaults[i]);
    if (side == 0) IG_TRY(set_special(t, i, piece, err));
  }
  int size = ig_sentencepiece_size(spm);
  for (int id = 0; id < size; ++id) {
    const char *piece = ig_sentencepiece_piece(spm, id);
    ig_status status = ig_vocabulary_add(&t->vocabularies[side], piece, strlen(piece), id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", path);
  }
  return IG_OK;
}

// <pad> behind the last id of both sides: one id, as config.json has one pad_token_id. A vocabulary
// that has a <pad> keeps it.
static ig_status add_pad(ig_tokenizer *t, const char *where, ig_error *err) {
  int sides = t->shared ? 1 : 2, id = 0;
  const char *pad = t->special_text[IG_SPECIAL_PAD];
  size_t length = t->special_length[IG_SPECIAL_PAD];
  for (int i = 0; i < sides; ++i) {
    int there = ig_vocabulary_find(&t->vocabularies[i], pad, length);
    int wanted = there >= 0 ? there : t->vocabularies[i].size;
    if (wanted > id) id = wanted;
  }
  for (int i = 0; i < sides; ++i) {
    if (ig_vocabulary_find(&t->vocabularies[i], pad, length) >= 0) continue;
    ig_status status = ig_vocabulary_add(&t->vocabularies[i], pad, length, id, err);
    if (status != IG_OK) return ig_fail_in(err, status, "%s", where);
  }
  return IG_OK;
}

ig_status ig_tokenizer_from_sentencepiece(const char *source_model, const char *target_model,
                                          ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(create(&t, err));
  t->shared = !target_model;
  ig_status status = set_special(t, IG_SPECIAL_PAD, special_defaults[IG_SPECIAL_PAD], err);
  if (status == IG_OK) status = take_pieces(t, 0, source_model, err);
  if (status == IG_OK && target_model) status = take_pieces(t, 1, target_model, err);
  if (status == IG_OK) status = add_pad(t, source_model, err);
  if (status == IG_OK) status = connect(t, source_model, err);
  return deliver(t, status, out);
}

// ---- whitespace -------------------------------------------------------------

static bool lists(const ig_token_list *list, const char *token) {
  for (size_t i = 0; i < list->count; ++i)
    if (strcmp(list->tokens[i], token) == 0) return true;
  return false;
}

static ig_status take_tokens(ig_vocabulary *v, const ig_token_list *list, ig_error *err) {
  int id = 0;
  for (int s = 0; s < IG_SPECIAL_PAD; ++s)
    if (!lists(list, special_defaults[s]))
      IG_TRY(ig_vocabulary_add(v, special_defaults[s], strlen(special_defaults[s]), id++, err));
  for (size_t i = 0; i < list->count; ++i)
    IG_TRY(ig_vocabulary_add(v, list->tokens[i], strlen(list->tokens[i]), id++, err));
  return IG_OK;
}

ig_status ig_tokenizer_from_tokens(const ig_token_list *source, const ig_token_list *target,
                                   ig_tokenizer **out, ig_error *err) {
  *out = NULL;
  ig_tokenizer *t;
  IG_TRY(create(&t, err));
  t->whitespace = true;
  t->shared = !target;
  ig_status status = IG_OK;
  for (int s = 0; status == IG_OK && s < IG_SPECIALS; ++s)
    status = set_special(t, s, special_defaults[s], err);
  if (status == IG_OK) status = take_tokens(&t->vocabularies[0], source, err);
  if (status == IG_OK && target) status = take_tokens(&t->vocabularies[1], target, err);
  if (status == IG_OK) status = add_pad(t, "token list", err);
  if (status == IG_OK) status = connect(t, "token list", err);
  return deliver(t, status, out);
}

// ---- saving -----------------------------------------------------------------

static ig_status save_config(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  (void)side;
  json_t *config =
      json_pack("{s:s?, s:s?, s:i, s:s, s:b}", "source_lang", t->source_lang, "target_lang",
                t->target_lang, "model_max_length", t->model_max_length, "tokenizer_class",
                t->whitespace ? "WhitespaceTokenizer" : "MarianTokenizer", "separate_vocabs",
                t->shared ? 0 : 1);
  bool made = config != NULL;
  for (int s = 0; made && s < IG_SPECIALS; ++s)
    made = json_object_set_new(config, special_keys[s], json_string(t->special_text[s])) == 0;
  ig_status status = made ? ig_json_save(path, config, 9, err) : ig_fail_memory_in(path, err);
  json_decref(config);
  return status;
}

static ig_status save_vocabulary(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_save(&t->vocabularies[side], path, err);
}

static ig_status save_spm(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  size_t size;
  const void *bytes = ig_sentencepiece_bytes(side == 0 ? t->source.spm : t->target.spm, &size);
  return ig_file_write(path, bytes, size, err);
}

ig_status ig_tokenizer_save(const ig_tokenizer *tokenizer, const char *directory, ig_error *err) {
  ig_tokenizer *t =
      (ig_tokenizer *)tokenizer;  // the actions' common signature; saving changes nothing
  if (!t->whitespace) {
    IG_TRY(on_file(t, directory, "source.spm", 0, save_spm, err));
    IG_TRY(on_file(t, directory, "target.spm", 1, save_spm, err));
  }
  IG_TRY(on_file(t, directory, "vocab.json", 0, save_vocabulary, err));
  if (!t->shared) IG_TRY(on_file(t, directory, "target_vocab.json", 1, save_vocabulary, err));
  return on_file(t, directory, "tokenizer_config.json", 0, save_config, err);
}
