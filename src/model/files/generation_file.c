// Settings of the decoder from generation_config.json, or else from config.json.
#include "model/files/generation_file.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"

// The keys of transformers' GenerationConfig (5.23) that change the output.
static const char *const keys[] = {"max_length",
                                   "max_new_tokens",
                                   "min_length",
                                   "min_new_tokens",
                                   "early_stopping",
                                   "max_time",
                                   "stop_strings",
                                   "do_sample",
                                   "num_beams",
                                   "temperature",
                                   "top_k",
                                   "top_p",
                                   "min_p",
                                   "top_h",
                                   "typical_p",
                                   "epsilon_cutoff",
                                   "eta_cutoff",
                                   "repetition_penalty",
                                   "encoder_repetition_penalty",
                                   "length_penalty",
                                   "no_repeat_ngram_size",
                                   "bad_words_ids",
                                   "renormalize_logits",
                                   "forced_bos_token_id",
                                   "forced_eos_token_id",
                                   "remove_invalid_values",
                                   "exponential_decay_length_penalty",
                                   "suppress_tokens",
                                   "begin_suppress_tokens",
                                   "forced_decoder_ids",
                                   "sequence_bias",
                                   "token_healing",
                                   "guidance_scale",
                                   "watermarking_config",
                                   "num_return_sequences",
                                   "pad_token_id",
                                   "bos_token_id",
                                   "eos_token_id",
                                   "encoder_no_repeat_ngram_size",
                                   "decoder_start_token_id",
                                   "penalty_alpha",
                                   "dola_layers",
                                   "diversity_penalty",
                                   "num_beam_groups",
                                   "constraints",
                                   "force_words_ids"};

// Older BART models say "the first token is bos" by a key of their own.
static int force_first_token(const json_t *config, json_t *out) {
  json_t *bos = json_object_get(config, "bos_token_id");
  if (!bos || !json_is_true(json_object_get(config, "force_bos_token_to_be_generated"))) return 0;
  return json_object_set(out, "forced_bos_token_id", bos);
}

// A new reference; NULL: out of memory.
static json_t *pick_keys(const json_t *config) {
  json_t *out = json_object();
  int failed = !out;
  for (size_t i = 0; !failed && i < sizeof keys / sizeof *keys; i++) {
    json_t *value = json_object_get(config, keys[i]);
    if (value && !json_is_null(value)) failed = json_object_set(out, keys[i], value);
  }
  if (!failed) failed = force_first_token(config, out);
  if (!failed) return out;
  json_decref(out);
  return NULL;
}

static ig_status take_from_config(const char *directory, ig_model *m, ig_error *err) {
  json_t *config;
  IG_TRY(ig_json_load_in(directory, "config.json", &config, err));
  json_t *settings = pick_keys(config);
  if (settings) m->generation_config = ig_json_text(settings, 0);
  m->generation_in_config = true;
  json_decref(settings);
  json_decref(config);
  return m->generation_config ? IG_OK : ig_fail_memory_in(directory, err);
}

ig_status ig_generation_file_load(const char *directory, ig_model *m, ig_error *err) {
  char *path = ig_path_join(directory, "generation_config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  size_t size;
  const ig_status status = ig_file_exists(path)
                               ? ig_file_load(path, &m->generation_config, &size, err)
                               : take_from_config(directory, m, err);
  free(path);
  return status;
}
