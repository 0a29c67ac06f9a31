#include "model/arch/bart_shared.h"

#include "model/arch/bart_keys.h"

const ig_json_key ig_bart_shared_keys[] = {
    IG_JSON_KEY("vocab_size", INT, vocab_size),
    IG_BART_KEYS,
    IG_JSON_OPTION("tie_word_embeddings", BOOL, tied_output),
    IG_JSON_OPTION("init_std", FLOAT, init_std),
    IG_JSON_KEY("pad_token_id", ID, pad_id),
    IG_JSON_KEY("bos_token_id", ID, bos_id),
    IG_JSON_KEY("eos_token_id", IDS, eos_id),
    IG_JSON_KEY("decoder_start_token_id", ID, decoder_start_id),
    IG_JSON_KEY("forced_eos_token_id", IDS, forced_eos_id),
    {0},
};

const char ig_bart_shared_training_defaults[] =
    "{\"d_model\": 256, \"encoder_layers\": 3, \"decoder_layers\": 3, "
    "\"encoder_attention_heads\": 4, \"decoder_attention_heads\": 4, "
    "\"encoder_ffn_dim\": 1024, \"decoder_ffn_dim\": 1024, "
    "\"max_position_embeddings\": 512}";

ig_status ig_bart_shared_complete(const json_t *json, const char *where, ig_config *config,
                                  ig_error *err) {
  (void)json;
  (void)where;
  (void)err;
  ig_config_match_stacks(config);
  config->target_vocab_size = config->vocab_size;
  ig_config_untie_tables(config);
  return IG_OK;
}
