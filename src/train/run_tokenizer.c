// Tokenizers from SentencePiece, from data that are tokens already, and from a model directory.
#include "train/run_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/path.h"
#include "base/report.h"
#include "data/survey.h"
#include "model/files/load.h"
#include "text/text_form.h"
#include "train/run_adapter.h"
#include "train/run_new_tokens.h"
#include "train/run_text.h"

// The text of both sides one after the other.
typedef struct side_texts {
  const char **files;   // (2 * count): sources, then targets
  ig_text_form *forms;  // of each
  size_t count;         // of one side
} side_texts;

static void free_texts(side_texts *texts) {
  free(texts->files);
  free(texts->forms);
}

static ig_status both_sides(const ig_corpus_files *files, side_texts *out, ig_error *err) {
  const size_t count = files->count;
  *out = (side_texts){.count = count};
  out->files = ig_allocate(2 * count, sizeof *out->files, err);
  out->forms = ig_allocate(2 * count, sizeof *out->forms, err);
  if (!out->files || !out->forms) {
    free_texts(out);
    return IG_ERROR_MEMORY;
  }
  for (size_t f = 0; f < count; f++)
    for (int side = 0; side < 2; side++) {
      const ig_pairs_input input = ig_corpus_input(files, f);
      out->files[(size_t)side * count + f] = input.path[side];
      out->forms[(size_t)side * count + f] = (ig_text_form){.form = input.form, .side = side};
    }
  return IG_OK;
}

// One model that is trained: its text, and the file of the output directory that it goes to.
typedef struct piece_model {
  const char *const *files;
  const ig_text_form *forms;  // (file_count)
  size_t file_count;
  bool has_source;           // the tags of the source are in its text
  const ig_tally *codes[2];  // that begin lines of this text; the second NULL: one side's alone
  const char *name;
  char **path;  // (1) the file, which the run owns
} piece_model;

// Symbols without repetition: an array with room for all of them.
typedef struct symbol_list {
  const char **symbols;
  size_t count;
} symbol_list;

static void add_symbol(symbol_list *list, const char *symbol) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->symbols[i], symbol) == 0) return;
  list->symbols[list->count++] = symbol;
}

// The tags of the corpora.
static void add_tags(symbol_list *list, const ig_train_data *d) {
  for (size_t i = 0; i < d->corpus_count; i++)
    if (d->corpora[i].tag) add_symbol(list, d->corpora[i].tag);
}

// The symbols that the configuration names, the language codes that it does not name, and the tags.
// free() the array; the strings are borrowed.
static ig_status list_symbols(const ig_train_data *d, const piece_model *model, symbol_list *out,
                              ig_error *err) {
  const ig_sentencepiece_training *given = &d->sentencepiece;
  size_t most = given->symbol_count + d->corpus_count;
  for (int i = 0; i < 2 && model->codes[i]; i++) most += (size_t)model->codes[i]->texts.size;
  *out = (symbol_list){.symbols = ig_allocate(most, sizeof *out->symbols, err)};
  if (!out->symbols) return IG_ERROR_MEMORY;
  for (size_t i = 0; i < given->symbol_count; i++) add_symbol(out, given->symbols[i]);
  for (int i = 0; i < 2 && model->codes[i]; i++)
    for (int id = 0; id < model->codes[i]->texts.size; id++)
      add_symbol(out, model->codes[i]->texts.tokens[id]);
  if (model->has_source) add_tags(out, d);
  return IG_OK;
}

static void report_trained(const ig_run *run, const ig_sentencepiece_trained *trained) {
  const ig_sentencepiece_training *t = &run->config.data.sentencepiece;
  char characters[128] = "";
  if (trained->characters)
    snprintf(characters, sizeof characters, ", %zu of %zu characters (coverage %.9g)",
             trained->kept_characters, trained->characters, trained->character_coverage);
  ig_report(run->reporter, IG_LEVEL_INFO, "SentencePiece: %d pieces%s%s", trained->pieces,
            trained->pieces < t->vocab_size ? ", all that the text gives" : "", characters);
  if (trained->lines_left_out)
    ig_report(run->reporter, IG_LEVEL_WARNING,
              "SentencePiece: %zu lines of more than %d bytes or with U+2047 have taught it only "
              "their characters",
              trained->lines_left_out, t->max_sentence_bytes);
}

// An error about the vocabulary's size tells the line of the configuration that has it.
static ig_status fail_vocab_size(const ig_run *run, ig_status status, ig_error *err) {
  const char *key = "data.sentencepiece.vocab_size";
  const ig_yaml_node *node = ig_yaml_find(ig_yaml_root(run->config.yaml), key);
  if (node && node->line > 0)
    return ig_fail_in(err, status, "%s:%d: %s", run->config.path, node->line, key);
  return ig_fail_in(err, status, "%s: %s", run->config.path, key);
}

static ig_status train_sentencepiece(ig_run *run, const piece_model *model, ig_error *err) {
  *model->path = ig_path_join(run->config.output, model->name, err);
  if (!*model->path) return IG_ERROR_MEMORY;
  if (run->follows) return ig_run_check_shared(run, *model->path, err);
  ig_sentencepiece_training training = run->config.data.sentencepiece;
  symbol_list list;
  IG_TRY(list_symbols(&run->config.data, model, &list, err));
  training.symbols = list.symbols;
  training.symbol_count = list.count;
  training.files = model->files;
  training.forms = model->forms;
  training.file_count = model->file_count;
  ig_report(run->reporter, IG_LEVEL_INFO,
            "training SentencePiece: %s, %s%d pieces, %s (an interruption takes effect after it)",
            training.model_type, training.soft_vocab_limit ? "at most " : "", training.vocab_size,
            *model->path);
  ig_sentencepiece_trained trained;
  const ig_status status = ig_sentencepiece_train(&training, *model->path, &trained, err);
  free(list.symbols);
  if (status == IG_ERROR_ARGUMENT) return fail_vocab_size(run, status, err);
  if (status == IG_OK) report_trained(run, &trained);
  return status;
}

static ig_status report_codes(const ig_run *run, const ig_survey *survey, ig_error *err) {
  static const char *const sides[] = {"source", "target"};
  for (int side = 0; side < 2; side++) {
    char list[512];
    if (survey->codes[side].texts.size == 0) continue;
    IG_TRY(ig_tally_describe(&survey->codes[side], 10, list, sizeof list, err));
    ig_report(run->reporter, IG_LEVEL_INFO,
              "language codes that begin %s lines are pieces of their own: %s", sides[side], list);
  }
  return IG_OK;
}

// target NULL: one model for both sides.
static ig_status make_from_models(ig_run *run, const char *source, const char *target,
                                  ig_error *err) {
  const ig_family *family = run->config.family;
  const ig_tokenizer_description *description =
      ig_tokenizer_description_of_sentencepiece(family->tokenizers);
  if (!description)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: data: the %s family has no tokenizer with SentencePiece", run->config.path,
                   family->name);
  return ig_tokenizer_from_sentencepiece(description, source, target, &run->tokenizer, err);
}

// A tokenizer with shifted ids needs a model whose special pieces have the ids of its family; what
// Ingot trains has </s>, <unk> and no <pad>.
static ig_status check_trainable(const ig_run *run, ig_error *err) {
  const ig_tokenizer_description *description =
      ig_tokenizer_description_of_sentencepiece(run->config.family->tokenizers);
  if (!description || description->kind != IG_TOKENIZER_SHIFTED) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED,
                 "%s: data.sentencepiece: the %s family needs a model with its own special pieces, "
                 "which cannot be trained here: name its file",
                 run->config.path, run->config.family->name);
}

// The models of a survey's text: one, or one for each side.
static ig_status train_models(ig_run *run, const side_texts *texts, const ig_survey *survey,
                              ig_error *err) {
  const size_t count = texts->count;
  const ig_tally *codes = survey->codes;
  if (run->config.data.joint)
    return train_sentencepiece(run,
                               &(piece_model){.files = texts->files,
                                              .forms = texts->forms,
                                              .file_count = 2 * count,
                                              .has_source = true,
                                              .codes = {&codes[0], &codes[1]},
                                              .name = "sentencepiece.model",
                                              .path = &run->made_files[0]},
                               err);
  static const char *const names[] = {"source.model", "target.model"};
  for (int side = 0; side < 2; side++)
    IG_TRY(train_sentencepiece(run,
                               &(piece_model){.files = texts->files + (side ? count : 0),
                                              .forms = texts->forms + (side ? count : 0),
                                              .file_count = count,
                                              .has_source = side == 0,
                                              .codes = {&codes[side]},
                                              .name = names[side],
                                              .path = &run->made_files[side]},
                               err));
  return IG_OK;
}

static ig_status make_trained(ig_run *run, ig_error *err) {
  const ig_corpus_files *files = &run->config.data.train;
  side_texts texts = {0};
  ig_survey survey;
  IG_TRY(check_trainable(run, err));
  IG_TRY(ig_survey_files(files, run->config.data.strict, &survey, err));
  ig_status status = report_codes(run, &survey, err);
  if (status == IG_OK) status = both_sides(files, &texts, err);
  if (status == IG_OK) status = train_models(run, &texts, &survey, err);
  if (status == IG_OK) status = make_from_models(run, run->made_files[0], run->made_files[1], err);
  free_texts(&texts);
  ig_survey_free(&survey);
  return status;
}

static ig_status make_from_whitespace(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  side_texts texts;
  if (!ig_tokenizer_description_of_words(run->config.family->tokenizers))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: data.tokens: the %s family has no tokenizer of words", run->config.path,
                   run->config.family->name);
  IG_TRY(both_sides(&d->train, &texts, err));
  symbol_list tags = {.symbols = ig_allocate(d->corpus_count, sizeof *tags.symbols, err)};
  if (tags.symbols) add_tags(&tags, d);
  const size_t count = texts.count;
  const ig_corpus_tokens tokens = {.source_files = texts.files,
                                   .target_files = texts.files + count,
                                   .source_file_count = d->joint ? 2 * count : count,
                                   .target_file_count = d->joint ? 0 : count,
                                   .source_forms = texts.forms,
                                   .target_forms = texts.forms + count,
                                   .symbols = tags.symbols,
                                   .symbol_count = tags.count,
                                   .min_count = (size_t)d->min_frequency,
                                   .max_tokens = (size_t)d->max_tokens};
  const ig_status status =
      tags.symbols ? ig_tokenizer_from_corpus(&tokens, &run->tokenizer, err) : IG_ERROR_MEMORY;
  free(tags.symbols);
  free_texts(&texts);
  return status;
}

static ig_status make_or_load(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  if (run->resumed)
    return ig_load_tokenizer(ig_run_adapter_model_directory(run), &run->tokenizer, err);
  switch (d->vocabulary) {
    case IG_VOCABULARY_TRAINED: return make_trained(run, err);
    case IG_VOCABULARY_MODEL: return make_from_models(run, d->source_model, d->target_model, err);
    case IG_VOCABULARY_WHITESPACE: return make_from_whitespace(run, err);
    case IG_VOCABULARY_WORD_PIECES: return ig_run_text_make_tokenizer(run, err);
    case IG_VOCABULARY_INIT: break;
  }
  return ig_load_tokenizer(run->config.init, &run->tokenizer, err);
}

// A tag that is unknown would be the same to the model as any other unknown text.
static ig_status check_tag(const ig_run *run, const ig_train_corpus *corpus, ig_error *err) {
  ig_ids ids = {0};
  ig_status status =
      ig_tokenizer_encode_source(run->tokenizer, corpus->tag, strlen(corpus->tag), &ids, err);
  const int unknown = ig_tokenizer_unk_id(run->tokenizer, IG_SIDE_SOURCE);
  for (size_t i = 0; status == IG_OK && i < ids.count; i++)
    if (ids.ids[i] == unknown)
      status = ig_yaml_fail(ig_yaml_get(corpus->node, "tag"), err,
                            "the vocabulary does not have '%.60s'", corpus->tag);
  // SentencePiece has a mark of the word's beginning before a piece of one's own; then the end.
  if (status == IG_OK && ids.count > 3)
    ig_report(run->reporter, IG_LEVEL_WARNING,
              "%s: the vocabulary has no token for '%.60s', which is spelt in %zu",
              ig_yaml_get(corpus->node, "tag")->path, corpus->tag, ids.count - 1);
  ig_ids_free(&ids);
  return status;
}

ig_status ig_run_tokenizer_make(ig_run *run, ig_error *err) {
  const ig_train_data *d = &run->config.data;
  const char *const *languages = d->languages;
  IG_TRY(make_or_load(run, err));
  IG_TRY(ig_run_new_tokens_add(run, err));
  for (size_t i = 0; i < d->corpus_count; i++)
    if (d->corpora[i].tag) IG_TRY(check_tag(run, &d->corpora[i], err));
  return ig_tokenizer_set_languages(run->tokenizer, languages[0], languages[1], err);
}
