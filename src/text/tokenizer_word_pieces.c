// Tokenizers of WordPiece whose class says how text is prepared, as transformers 5.23 has them: the
// vocabulary is a vocab.txt of one piece a line, or that of a tokenizer.json, which counts where
// both exist; the other steps are those of the class.
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "text/tokenizer_from_json.h"
#include "text/tokenizer_functions.h"
#include "text/tokenizer_step_lists.h"

static const char prefix[] = "##";

// ---- files ------------------------------------------------------------------

static ig_status read_word_pieces_config(ig_tokenizer *t, ig_json_object config, ig_error *err) {
  ig_word_normalization words = {.cleans = true};
  struct ig_tokenizer_steps *s = t->steps = ig_allocate(1, sizeof *s, err);
  if (!s) return IG_ERROR_MEMORY;
  IG_TRY(ig_tokenizer_functions_refuse_two_vocabularies(t, config, err));
  IG_TRY(ig_json_bool(config, "do_lower_case", true, &words.lowers, err));
  IG_TRY(ig_json_bool(config, "tokenize_chinese_chars", true, &words.sets_apart, err));
  IG_TRY(ig_json_bool(config, "strip_accents", words.lowers, &words.strips_accents, err));
  IG_TRY(ig_normal_steps_add_words(&s->normal, &words, err));
  IG_TRY(ig_cutting_steps_add(&s->cutting, IG_CUTTING_SIGNS, err));
  return ig_joining_steps_add_word_pieces(&s->joining, prefix, err);
}

static ig_status load_lines(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_load_lines(&t->vocabularies[side], path, err);
}

static ig_status save_lines(ig_tokenizer *t, int side, const char *path, ig_error *err) {
  return ig_vocabulary_save_lines(&t->vocabularies[side], path, err);
}

// The class has its own names and bounds, whatever the file says.
static ig_status take_vocabulary(ig_tokenizer *t, const ig_tokenizer_json *json, ig_error *err) {
  ig_tokenizer_json_rules rules;
  IG_TRY(ig_tokenizer_json_model_read(json, t, &rules, err));
  if (!rules.prefix)
    return ig_fail(err, IG_ERROR_FORMAT, "%s: model: expected WordPiece for a %s", json->where,
                   t->description->class_names[0]);
  if (t->lists_added) return IG_OK;
  return ig_tokenizer_json_read_added(json, &t->vocabularies[0], &t->added, err);
}

static ig_status load_word_pieces(ig_tokenizer *t, const char *directory, ig_error *err) {
  const ig_vocabulary *v = &t->vocabularies[0];
  if (ig_file_exists_in(directory, IG_TOKENIZER_JSON_NAME))
    IG_TRY(ig_tokenizer_from_json_take(t, directory, take_vocabulary, err));
  else
    IG_TRY(ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.vocabulary, load_lines,
                                      err));
  if (!t->json_bytes || t->lists_added) IG_TRY(ig_added_tokens_forget_ids(&t->added, err));
  t->word_pieces = (ig_word_pieces){
      .unknown_id = ig_vocabulary_find(v, t->special_text[IG_TOKENIZER_SPECIAL_UNK],
                                       t->special_length[IG_TOKENIZER_SPECIAL_UNK]),
      .longest = IG_WORD_PIECES_USUAL_LONGEST};
  return ig_word_pieces_make(&t->word_pieces, v, prefix, err);
}

static ig_status save_word_pieces(ig_tokenizer *t, const char *directory, ig_error *err) {
  if (t->json_bytes) return ig_tokenizer_from_json_save(t, directory, err);
  return ig_tokenizer_parts_on_file(t, 0, directory, t->description->files.vocabulary, save_lines,
                                    err);
}

static json_t *make_word_pieces_config(const ig_tokenizer *t) {
  const ig_word_normalization *words = &t->steps->normal.list[0].words;
  json_t *config =
      json_pack("{s:b, s:b, s:i, s:s}", "do_lower_case", words->lowers, "tokenize_chinese_chars",
                words->sets_apart, "model_max_length", t->model_max_length, "tokenizer_class",
                t->description->class_names[0]);
  if (words->strips_accents == words->lowers) return config;
  if (json_object_set_new(config, "strip_accents", json_boolean(words->strips_accents)) == 0)
    return config;
  json_decref(config);
  return NULL;
}

const ig_tokenizer_functions ig_tokenizer_functions_word_pieces = {
    .read_config = read_word_pieces_config,
    .load = load_word_pieces,
    .encode = ig_tokenizer_functions_encode_steps,
    .normalize = ig_tokenizer_functions_normalize_steps,
    .decode = ig_tokenizer_functions_decode_steps,
    .save = save_word_pieces,
    .make_config = make_word_pieces_config,
};
