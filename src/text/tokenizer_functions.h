// What a kind of tokenizer does: one table of functions for each kind, which has a file of its own.
// For the files text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_FUNCTIONS_H
#define IG_TEXT_TOKENIZER_FUNCTIONS_H
#include "text/tokenizer_encoding.h"
#include "text/tokenizer_parts.h"

typedef struct ig_tokenizer_functions {
  // Reads the kind's own keys of tokenizer_config.json, and refuses what it cannot ask of this
  // kind. NULL: there are none, and it can ask for anything.
  ig_status (*read_config)(ig_tokenizer *tokenizer, ig_json_object config, ig_error *err);
  // Reads vocabularies and models from a directory whose tokenizer_config.json has been read.
  ig_status (*load)(ig_tokenizer *tokenizer, const char *directory, ig_error *err);
  // Takes the SentencePiece models of a new run; target_model NULL: one for both sides. NULL: the
  // kind has no such models.
  ig_status (*take_models)(ig_tokenizer *tokenizer, const char *source_model,
                           const char *target_model, ig_error *err);
  // The ids of a valid text, without </s>.
  ig_status (*encode)(const ig_tokenizer_encoding *encoding, const char *text, size_t length,
                      ig_error *err);
  // Replaces a text by its normalized form, for kinds whose added tokens are Hugging Face's; NULL:
  // the kind has none.
  ig_status (*normalize)(const ig_tokenizer *tokenizer, ig_mapped_text *text, ig_error *err);
  // The text of pieces; *out is malloc'ed for the caller to free().
  ig_status (*decode)(const ig_tokenizer *tokenizer, const char *const *pieces, size_t count,
                      char **out, ig_error *err);
  // The piece of a target id that the vocabulary lacks; NULL: none. The function NULL: never one.
  const char *(*find_piece)(const ig_tokenizer *tokenizer, int id);
  // Writes the vocabularies and models into a directory.
  ig_status (*save)(ig_tokenizer *tokenizer, const char *directory, ig_error *err);
  // tokenizer_config.json without the special tokens and the added ones. NULL: out of memory.
  json_t *(*make_config)(const ig_tokenizer *tokenizer);
} ig_tokenizer_functions;

extern const ig_tokenizer_functions ig_tokenizer_functions_pieces;
extern const ig_tokenizer_functions ig_tokenizer_functions_words;
extern const ig_tokenizer_functions ig_tokenizer_functions_shifted;
extern const ig_tokenizer_functions ig_tokenizer_functions_byte_level;
extern const ig_tokenizer_functions ig_tokenizer_functions_bytes;
extern const ig_tokenizer_functions ig_tokenizer_functions_steps;
extern const ig_tokenizer_functions ig_tokenizer_functions_word_pieces;
// Those of the tokenizer's kind.
const ig_tokenizer_functions *ig_tokenizer_functions_of(const ig_tokenizer *tokenizer);

// ---- what several kinds share ----------------------------------------------

// The vocabularies that the description's files hold, of one side or of both.
ig_status ig_tokenizer_functions_load_vocabularies(ig_tokenizer *tokenizer, const char *directory,
                                                   ig_error *err);
ig_status ig_tokenizer_functions_save_vocabularies(ig_tokenizer *tokenizer, const char *directory,
                                                   ig_error *err);
// tokenizer_config.json of a kind that may have two vocabularies.
json_t *ig_tokenizer_functions_make_config(const ig_tokenizer *tokenizer);
// The keys of tokenizer_config.json that name the languages of source and target.
const char *const *ig_tokenizer_functions_language_keys(const ig_tokenizer *tokenizer);
// Adds the pad token after the last id of both sides: one id, as config.json has one pad_token_id.
// A vocabulary that has the token keeps its id.
ig_status ig_tokenizer_functions_add_pad(ig_tokenizer *tokenizer, const char *where, ig_error *err);
// A special token gets the name that the description gives it; all of them do.
ig_status ig_tokenizer_functions_name_special(ig_tokenizer *tokenizer, ig_tokenizer_special which,
                                              ig_error *err);
ig_status ig_tokenizer_functions_name_all_special(ig_tokenizer *tokenizer, ig_error *err);
// Fails if tokenizer_config.json asks for two vocabularies, of a kind that has one for both sides.
ig_status ig_tokenizer_functions_refuse_two_vocabularies(const ig_tokenizer *tokenizer,
                                                         ig_json_object config, ig_error *err);
// Fails if a segmentation is to be sampled, of a kind that has but one.
ig_status ig_tokenizer_functions_refuse_sampling(const ig_tokenizer_encoding *encoding,
                                                 ig_error *err);
// Room for all bytes of the pieces and a NUL, for the caller to free(). NULL: out of memory.
char *ig_tokenizer_functions_allocate_text(const char *const *pieces, size_t count, ig_error *err);
// The count of numbered special pieces, where tokenizer_config.json has another one.
ig_status ig_tokenizer_functions_read_count(ig_tokenizer *tokenizer, ig_json_object config,
                                            ig_error *err);
// Into a configuration that is written; NULL: out of memory, and config is freed.
json_t *ig_tokenizer_functions_add_count(const ig_tokenizer *tokenizer, json_t *config);
// Into the vocabulary, with the ids that the description gives them.
ig_status ig_tokenizer_functions_add_special_pieces(ig_tokenizer *tokenizer, ig_error *err);
// Encoding, normalizing and decoding by the tokenizer's steps and its model.
ig_status ig_tokenizer_functions_encode_steps(const ig_tokenizer_encoding *encoding,
                                              const char *text, size_t length, ig_error *err);
ig_status ig_tokenizer_functions_normalize_steps(const ig_tokenizer *tokenizer,
                                                 ig_mapped_text *text, ig_error *err);
ig_status ig_tokenizer_functions_decode_steps(const ig_tokenizer *tokenizer,
                                              const char *const *pieces, size_t count, char **out,
                                              ig_error *err);
// SentencePiece's model of one side, from and to a file.
ig_status ig_tokenizer_functions_load_model(ig_tokenizer *tokenizer, int side, const char *path,
                                            ig_error *err);
ig_status ig_tokenizer_functions_save_model(ig_tokenizer *tokenizer, int side, const char *path,
                                            ig_error *err);
// SentencePiece's pieces of a text, the best ones or a sample of them.
ig_status ig_tokenizer_functions_split(const ig_tokenizer_encoding *encoding, const char *text,
                                       size_t length, const ig_piece_sink *sink, ig_error *err);
// The text of pieces as SentencePiece joins them.
ig_status ig_tokenizer_functions_join(const ig_tokenizer *tokenizer, const char *const *pieces,
                                      size_t count, char **out, size_t *length, ig_error *err);
#endif
