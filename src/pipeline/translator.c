// Opening a translator: the caller's options, those of the model, and what sentences are read with.
#include "pipeline/translator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/text_repair.h"
#include "pipeline/bad_words.h"
#include "pipeline/expansion.h"

#define BATCH_TOKENS 2048
#define DRAFT_TOKENS 5

ig_translator_options ig_translator_options_default(void) {
  return (ig_translator_options){
      .length_penalty = NAN,
      .no_repeat_ngram = -1,
      .sampling = {.temperature = NAN, .top_k = -1, .top_p = NAN, .min_p = NAN}};
}

static ig_status check_counts(const ig_translator_options *o, ig_error *err) {
  const struct {
    const char *name;
    int value;
  } counts[] = {{"beam_size", o->beam_size},       {"n_best", o->n_best},
                {"min_length", o->min_length},     {"max_length", o->max_length},
                {"batch_tokens", o->batch_tokens}, {"draft_tokens", o->draft_tokens},
                {"alternatives", o->alternatives}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value < 0)
      return ig_fail(err, IG_ERROR_ARGUMENT, "%s: expected 0 or more, found %d", counts[i].name,
                     counts[i].value);
  if (o->draft_tokens > IG_DRAFT_MOST_TOKENS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "draft_tokens: expected at most %d, found %d",
                   IG_DRAFT_MOST_TOKENS, o->draft_tokens);
  return IG_OK;
}

// The caller's lengths win over the model's. longest: tokens that every member has positions for.
static ig_status take_lengths(const ig_translator_options *o, int longest, ig_sentence_options *out,
                              ig_error *err) {
  if (out->max_length > longest) out->max_length = longest;
  if (o->max_length > 0) out->max_length = o->max_length;
  if (o->min_length > 0)
    out->min_length = o->min_length;
  else if (out->min_length > out->max_length)
    out->min_length = out->max_length;
  if (out->max_length > longest)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "max_length: the model has positions for %d tokens, found %d", longest,
                   out->max_length);
  return IG_OK;
}

const ig_model *ig_translator_first_model(const ig_translator *t) {
  return ig_engine_members_of(t->engine)->models.list[0].model;
}

bool ig_translator_ranks(const ig_translator *t) {
  return t->decode.beam_size > 1 || t->decode.sampling.on || t->alternatives > 0;
}

bool ig_translator_has_scores(const ig_translator *t) {
  return ig_translator_ranks(t) || t->review.scores;
}

// Numbers that would have no effect are an error: the caller believes that something is drawn.
static ig_status take_sampling(const ig_translator_options *o, ig_decode_options *out,
                               ig_error *err) {
  const ig_sampling_options *asked = &o->sampling;
  ig_sampling *s = &out->sampling;
  if (asked->on != IG_SWITCH_MODEL && asked->on != IG_SWITCH_ON && asked->on != IG_SWITCH_OFF)
    return ig_fail(err, IG_ERROR_ARGUMENT, "sampling: expected on, off or the model's, found %d",
                   (int)asked->on);
  if (asked->on != IG_SWITCH_MODEL) s->on = asked->on == IG_SWITCH_ON;
  if (asked->on == IG_SWITCH_MODEL && o->beam_size > 1) s->on = false;
  const bool numbers = !isnan(asked->temperature) || asked->top_k >= 0 || !isnan(asked->top_p) ||
                       !isnan(asked->min_p);
  if (!s->on && numbers)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "temperature, top_k, top_p and min_p are of sampling, which is off");
  if (!s->on) return IG_OK;
  if (o->beam_size > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "beam_size: sampling has no beams; n_best says how many texts are drawn");
  if (!isnan(asked->temperature)) s->temperature = asked->temperature;
  if (asked->top_k >= 0) s->top_k = asked->top_k;
  if (!isnan(asked->top_p)) s->top_p = asked->top_p;
  if (!isnan(asked->min_p)) s->min_p = asked->min_p;
  s->seed = asked->seed;
  out->beam_size = out->n_best;
  return IG_OK;
}

// The caller's options win over the first member's own. If those own ones alone are wrong, the
// message says so.
static ig_status take_options(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const ig_model *model = ig_translator_first_model(t);
  ig_decode_options *out = &t->decode;
  *out = *ig_engine_defaults(t->engine);
  const bool model_is_fine =
      !model->generation_config || ig_decode_options_check(out, NULL) == IG_OK;
  if (o->beam_size > 0) out->beam_size = o->beam_size;
  if (o->n_best > 0) out->n_best = o->n_best;
  if (!isnan(o->length_penalty)) out->length_penalty = o->length_penalty;
  if (o->no_repeat_ngram >= 0) out->no_repeat_ngram = o->no_repeat_ngram;
  if (o->repetition_penalty != 0) out->repetition_penalty = o->repetition_penalty;
  IG_TRY(take_sampling(o, out, err));
  IG_TRY(take_lengths(o, t->longest_target, &out->sentence, err));
  const ig_status status = ig_decode_options_check(out, err);
  if (status == IG_OK || model_is_fine) return status;
  return ig_fail_in(err, status, "%s", ig_model_generation_file(model));
}

static ig_status take_sources(ig_translator *t, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(t->engine);
  const int count = members->models.count;
  t->window.members = count;
  double parameters = 0;
  t->sources = ig_allocate((size_t)count, sizeof *t->sources, err);
  if (!t->sources) return IG_ERROR_MEMORY;
  for (int m = 0; m < count; m++) {
    const ig_config *config = &members->models.list[m].model->config;
    parameters += (double)ig_model_parameters(members->models.list[m].model);
    t->sources[m] = (ig_source_encoding){.tokenizer = members->tokenizers[m],
                                         .vocabulary = config->vocab_size,
                                         .longest = ig_decode_options_longest(config)};
  }
  if (members->draft_model) parameters += (double)ig_model_parameters(members->draft_model);
  ig_window_begin_pace(&t->window, parameters);
  return IG_OK;
}

// Ids and scores are for exact comparisons of what stands in a line, and the n best of several
// sentences are not the n best of their line.
static bool is_splitting(const ig_translator *t, const ig_translator_options *o) {
  return o->split_sentences == IG_SPLIT_SENTENCES_AUTO && !o->ids_in && !o->ids_out &&
         t->format.n_best == 1 && !t->review.scores;
}

static ig_status set_up_splitter(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  if (o->split_sentences != IG_SPLIT_SENTENCES_AUTO && o->split_sentences != IG_SPLIT_SENTENCES_OFF)
    return ig_fail(err, IG_ERROR_ARGUMENT, "split_sentences: expected auto or off, found %d",
                   (int)o->split_sentences);
  const char *language = o->source_language;
  const ig_tokenizer *tokenizer = ig_engine_members_of(t->engine)->tokenizers[0];
  const bool listed = tokenizer && ig_tokenizer_languages_of(tokenizer);
  if (language && !listed && !ig_sentences_language_is_fine(language))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "source_language: expected a code such as en or pt_BR, found '%s'", language);
  if (!is_splitting(t, o)) return IG_OK;
  if (!language) language = ig_engine_members_of(t->engine)->source_language;
  if (language && !ig_sentences_language_is_fine(language)) language = NULL;
  return ig_sentences_create(language, &t->splitter, err);
}

// The source's language changes what a tokenizer with tokens of languages puts beside a text; for
// others it only ends sentences.
static ig_status take_source_language(ig_translator *t, const char *code, ig_error *err) {
  for (int m = 0; code && m < t->window.members; m++) {
    const ig_tokenizer *tokenizer = t->sources[m].tokenizer;
    if (!tokenizer || !ig_tokenizer_languages_of(tokenizer)) continue;
    const ig_status status =
        ig_tokenizer_find_language(tokenizer, code, &t->sources[m].language, err);
    if (status != IG_OK) return ig_fail_in(err, status, "source_language");
  }
  return IG_OK;
}

// The target's language is the first token that is generated, or the one that the decoder starts
// with.
static ig_status take_target_language(ig_translator *t, const char *code, ig_error *err) {
  if (!code) return IG_OK;
  const ig_tokenizer *tokenizer = t->sources[0].tokenizer;
  const ig_tokenizer_languages *languages = tokenizer ? ig_tokenizer_languages_of(tokenizer) : NULL;
  if (!languages)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "target_language: %s: leave it out; a model of several targets whose tokens are "
                   "codes takes a >>code<< before each text",
                   tokenizer ? "the model has no tokens of languages" : "ids have no language");
  const ig_status status = ig_tokenizer_find_language(tokenizer, code, &t->target_language, err);
  if (status != IG_OK) return ig_fail_in(err, status, "target_language");
  if (!languages->starts_target) {
    t->decode.sentence.forced_bos = t->target_language;
    t->decode.sentence.forced_bos_alternatives = (ig_alternatives){0};
    return IG_OK;
  }
  t->starts_otherwise = t->decode.start_id != t->target_language;
  if (t->starts_otherwise && t->window.members > 1)
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "target_language: the members of an ensemble start as their files say");
  t->decode.start_id = t->target_language;
  return IG_OK;
}

// Terms are matched in text, and it is beam search that puts them into translations.
static ig_status take_glossary(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  if (!o->glossary) return IG_OK;
  if (o->ids_in)
    return ig_fail(err, IG_ERROR_ARGUMENT, "glossary: its terms are text, and ids are none");
  if (t->decode.sampling.on || t->decode.beam_size < 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "glossary: it needs beam search: a beam_size of 2 or more, and no sampling");
  t->decode.attended_layer =
      1 + ig_review_options_usual_layer(ig_translator_first_model(t)->config.decoder.layers);
  return ig_glossary_load(o->glossary, t->sources[0].tokenizer, &t->glossary, err);
}

// A draft that is named is used, or it is an error; one of the engine's is used where it fits.
static ig_status take_draft(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const bool fits = t->decode.beam_size == 1 && !t->decode.sampling.on;
  if (!o->draft && o->draft_tokens > 0 && !ig_engine_members_of(t->engine)->draft_model)
    return ig_fail(err, IG_ERROR_ARGUMENT, "draft_tokens: there is no draft");
  if (o->draft && !ig_engine_members_of(t->engine)->draft_model)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "draft: the engine has none: it is for ig_engine_options to name it");
  if (o->draft && t->decode.sampling.on)
    return ig_fail(err, IG_ERROR_ARGUMENT, "draft: it drafts for greedy search, not for sampling");
  if (o->draft && !fits)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "draft: it drafts for greedy search, a beam_size of 1, and the beam_size is %d",
                   t->decode.beam_size);
  if (fits) t->draft_tokens = o->draft_tokens > 0 ? o->draft_tokens : DRAFT_TOKENS;
  return IG_OK;
}

static ig_status take_early_stopping(const char *word, ig_early_stopping *out, ig_error *err) {
  static const char *const words[] = {[IG_EARLY_STOPPING_HEURISTIC] = "false",
                                      [IG_EARLY_STOPPING_AT_ONCE] = "true",
                                      [IG_EARLY_STOPPING_NEVER] = "never"};
  if (!word) return IG_OK;
  for (int i = 0; i < 3; i++) {
    if (strcmp(word, words[i]) != 0) continue;
    *out = (ig_early_stopping)i;
    return IG_OK;
  }
  return ig_fail(err, IG_ERROR_ARGUMENT,
                 "early_stopping: expected \"false\", \"true\" or \"never\", found '%.40s'", word);
}

// A prefix must leave room for what it comes before.
static ig_status check_prefix(const ig_translator *t, const ig_source_encoding *source,
                              ig_error *err) {
  ig_ids ids = {0};
  ig_encode_notes notes = {0};
  ig_status status = ig_tokenizer_encode_noted(
      source->tokenizer,
      &(ig_side_text){.side = IG_SIDE_SOURCE, .text = t->prefix, .length = t->prefix_length}, &ids,
      &notes, err);
  if (status == IG_OK && ids.count > (size_t)source->longest / 2)
    status = ig_fail(err, IG_ERROR_ARGUMENT,
                     "prefix: it has %zu tokens, more than half of the model's %d positions",
                     ids.count, source->longest);
  ig_ids_free(&ids);
  return status;
}

static ig_status take_prefix(ig_translator *t, const char *prefix, bool ids_in, ig_error *err) {
  if (!prefix || !*prefix) return IG_OK;
  if (ids_in) return ig_fail(err, IG_ERROR_ARGUMENT, "prefix: it is text, and ids are none");
  t->prefix_length = strlen(prefix);
  const ig_status status = ig_text_repair_refuse(prefix, t->prefix_length, err);
  if (status != IG_OK) return ig_fail_in(err, status, "prefix");
  t->prefix = ig_allocate_copy(prefix, t->prefix_length, err);
  if (!t->prefix) return IG_ERROR_MEMORY;
  for (int m = 0; m < ig_engine_members_of(t->engine)->models.count; m++)
    IG_TRY(check_prefix(t, &t->sources[m], err));
  return IG_OK;
}

// What a sentence is allowed to be, beside the options of the search.
static ig_status take_limits(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const float factor = o->max_length_factor;
  if (o->score_columns != IG_SCORE_COLUMNS_AUTO && o->score_columns != IG_SCORE_COLUMNS_SENTENCE &&
      o->score_columns != IG_SCORE_COLUMNS_TOKENS)
    return ig_fail(err, IG_ERROR_ARGUMENT, "score_columns: expected auto, sentence or tokens");
  if (!isfinite(factor) || factor < 0)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "max_length_factor: expected a number above 0 (0: any length), found %g",
                   (double)factor);
  t->max_length_factor = factor;
  IG_TRY(take_early_stopping(o->early_stopping, &t->decode.early_stopping, err));
  IG_TRY(take_prefix(t, o->prefix, o->ids_in, err));
  if (!o->bad_words) return IG_OK;
  const ig_bad_words_reading reading = {.path = o->bad_words,
                                        .tokenizer = o->ids_out ? NULL : t->sources[0].tokenizer,
                                        .options = &t->decode};
  IG_TRY(ig_bad_words_read(&reading, &t->bad_words, err));
  t->decode.bad_words = t->bad_words;
  return IG_OK;
}

// A first token that was forced stays the first.
static ig_status take_target_prefix(ig_translator *t, const ig_translator_options *o,
                                    ig_error *err) {
  ig_sentence_options *own = &t->decode.sentence;
  if (!o->target_prefix && o->alternatives == 0) return IG_OK;
  if (own->forced_bos >= 0) IG_TRY(ig_ids_append(&t->target_prefix, own->forced_bos, err));
  const size_t before = t->target_prefix.count;
  if (o->target_prefix) {
    const ig_status status =
        ig_bad_words_read_line(o->ids_out ? NULL : t->sources[0].tokenizer, t->decode.vocab_size,
                               o->target_prefix, &t->target_prefix, err);
    if (status != IG_OK) return ig_fail_in(err, status, "target_prefix");
  }
  if (t->target_prefix.count == before && o->alternatives == 0) return IG_OK;
  if (t->target_prefix.count >= (size_t)own->max_length)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "target_prefix: it has %zu tokens, and a translation at most %d",
                   t->target_prefix.count, own->max_length);
  own->prefix = t->target_prefix.ids;
  own->prefix_length = (int)t->target_prefix.count;
  return IG_OK;
}

// The alternatives are of a token that the search would choose, and each is a text of its own.
static ig_status take_alternatives(ig_translator *t, const ig_translator_options *o,
                                   ig_error *err) {
  const struct {
    const char *name;
    bool given;
  } others[] = {{"n_best above 1", o->n_best > 1},
                {"sampling", t->decode.sampling.on},
                {"a glossary", o->glossary != NULL},
                {"a draft", o->draft != NULL},
                {"on_token", o->on_token.write != NULL}};
  if (o->alternatives == 0) return IG_OK;
  if (o->alternatives < 2)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "alternatives: expected 2 or more (0: none), found %d: one is what is "
                   "translated without",
                   o->alternatives);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (others[i].given)
      return ig_fail(err, IG_ERROR_ARGUMENT, "alternatives and %s exclude each other",
                     others[i].name);
  t->alternatives = o->alternatives;
  t->decode.score_greedy = true;
  t->draft_tokens = 0;
  return ig_expansion_check(&t->decode, t->alternatives, err);
}

static ig_status set_up(ig_translator *t, const ig_translator_options *o, ig_error *err) {
  const ig_engine_members *members = ig_engine_members_of(t->engine);
  const ig_tokenizer *tokenizer = members->tokenizers[0];
  IG_TRY(ig_config_check_decodes(&members->models.list[0].model->config, "translation", err));
  if (!tokenizer && !(o->ids_in && o->ids_out))
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "ids_in, ids_out: a tokenizer is needed unless input and output are ids, and "
                   "the engine has none");
  t->longest_target = ig_members_longest(members);
  IG_TRY(take_sources(t, err));
  IG_TRY(take_options(t, o, err));
  IG_TRY(take_source_language(t, o->source_language, err));
  IG_TRY(take_target_language(t, o->target_language, err));
  IG_TRY(take_limits(t, o, err));
  IG_TRY(take_draft(t, o, err));
  IG_TRY(take_glossary(t, o, err));
  IG_TRY(ig_review_options_read(o, &ig_translator_first_model(t)->config, &t->review, err));
  IG_TRY(take_target_prefix(t, o, err));
  IG_TRY(take_alternatives(t, o, err));
  IG_TRY(ig_read_shortlist_open(members, o, &t->shortlist, err));
  t->on_token = o->on_token;
  if (o->on_token.write && t->decode.beam_size > 1)
    return ig_fail(err, IG_ERROR_ARGUMENT,
                   "on_token: beam search settles no token before its end: set beam_size to 1, or "
                   "draw one sample");
  t->batch_tokens = o->batch_tokens > 0 ? o->batch_tokens : BATCH_TOKENS;
  t->ids_in = o->ids_in;
  t->strict = o->strict;
  t->interrupter = o->interrupter;
  const int n_best = t->alternatives > 0 ? t->alternatives : t->decode.n_best;
  t->format = (ig_output_format){.tokenizer = o->ids_out ? NULL : tokenizer,
                                 .n_best = n_best,
                                 .score = n_best > 1 || t->review.scores,
                                 .token_scores = o->score_columns == IG_SCORE_COLUMNS_TOKENS,
                                 .length_penalty = t->decode.length_penalty,
                                 .prefix_length = t->decode.sentence.prefix_length,
                                 .token_log_probs = o->ids_in};
  t->stats.threads = ig_engine_threads(t->engine);
  return set_up_splitter(t, o, err);
}

ig_status ig_translator_open_on(ig_engine *engine, const ig_translator_options *options,
                                ig_translator **out, ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_translator_options defaults = ig_translator_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(engine, "engine", err));
  IG_TRY(check_counts(options, err));
  ig_translator *t = ig_allocate(1, sizeof *t, err);
  if (!t) return IG_ERROR_MEMORY;
  t->engine = engine;
  const ig_status status = set_up(t, options, err);
  if (status != IG_OK) {
    ig_translator_free(t);
    return status;
  }
  t->stats.load_seconds = ig_clock_seconds() - begin;
  *out = t;
  return IG_OK;
}

ig_status ig_translator_open_ensemble(const ig_ensemble *ensemble,
                                      const ig_translator_options *options, ig_translator **out,
                                      ig_error *err) {
  const double begin = ig_clock_seconds();
  const ig_translator_options defaults = ig_translator_options_default();
  if (!options) options = &defaults;
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(ensemble, "ensemble", err));
  IG_TRY(check_counts(options, err));
  ig_engine_options engine_options = ig_engine_options_default();
  engine_options.threads = options->threads;
  engine_options.workers = options->workers;
  engine_options.type = options->type;
  engine_options.draft = options->draft;
  engine_options.ids_only = options->ids_in && options->ids_out;
  ig_engine *engine;
  IG_TRY(ig_engine_open(ensemble, &engine_options, &engine, err));
  const ig_status status = ig_translator_open_on(engine, options, out, err);
  if (status != IG_OK) {
    ig_engine_free(engine);
    return status;
  }
  (*out)->owns_engine = true;
  (*out)->stats.load_seconds = ig_clock_seconds() - begin;
  return IG_OK;
}

ig_status ig_translator_open(const char *directory, const ig_translator_options *options,
                             ig_translator **out, ig_error *err) {
  IG_TRY(ig_fail_if_null(out, "out", err));
  *out = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  const ig_ensemble alone = {.members = &(ig_ensemble_member){.directory = directory}, .count = 1};
  return ig_translator_open_ensemble(&alone, options, out, err);
}

void ig_translator_free(ig_translator *t) {
  if (!t) return;
  ig_window_free(&t->window);
  ig_whole_line_free(&t->line);
  ig_output_line_free(&t->output);
  ig_sentences_free(t->splitter);
  ig_glossary_free(t->glossary);
  ig_read_shortlist_free(&t->shortlist);
  free(t->prefix);
  ig_ids_free(&t->target_prefix);
  free(t->bad_words.offsets);
  free(t->bad_words.ids);
  free(t->sentences);
  free(t->own_options);
  free(t->sources);
  if (t->owns_engine) ig_engine_free(t->engine);
  free(t);
}

ig_translate_stats ig_translator_stats(const ig_translator *translator) {
  return translator ? translator->stats : (ig_translate_stats){0};
}
