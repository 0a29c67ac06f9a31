// Tokenizers: text to ids and back. Immutable after creation: a handle may be shared by any number
// of threads.
//
// The kinds, and what a family of models says of them: text/tokenizer_description.h.
#ifndef IG_TEXT_TOKENIZER_H
#define IG_TEXT_TOKENIZER_H
#include <jansson.h>
#include <stddef.h>
#include "ingot/core.h"
#include "text/ids.h"
#include "text/source_ranges.h"
#include "text/tokenizer_description.h"

typedef struct ig_tokenizer ig_tokenizer;  // ig_tokenizer_free
typedef enum ig_side { IG_SIDE_SOURCE, IG_SIDE_TARGET } ig_side;

// The tokenizer of a model directory. Its tokenizer_config.json says which of the kinds that are
// offered (a NULL-terminated list of one or more) it is; the first one where it does not say. With
// separate_vocabs the two sides have a vocabulary each.
ig_status ig_tokenizer_load(const char *directory, const ig_tokenizer_description *const *offered,
                            ig_tokenizer **out, ig_error *err);
// A directory of another program, and what transformers would call its files. All is borrowed.
typedef struct ig_foreign_files {
  const char *directory;
  const json_t *made;     // an object: the content of JSON files by their names
  const json_t *renamed;  // an object: the names that files have, by those that they would have
} ig_foreign_files;
// As ig_tokenizer_load. A file that is neither made nor renamed is the directory's.
ig_status ig_tokenizer_load_foreign(const ig_foreign_files *files,
                                    const ig_tokenizer_description *const *offered,
                                    ig_tokenizer **out, ig_error *err);
// For a new run, from a SentencePiece model file: its ids as they are, <pad> after the last. It
// must have </s> and <unk>. target_model NULL: one model for both sides; otherwise two vocabularies
// (separate_vocabs) of which each gets its <pad>. The description must not be one of words.
ig_status ig_tokenizer_from_sentencepiece(const ig_tokenizer_description *description,
                                          const char *source_model, const char *target_model,
                                          ig_tokenizer **out, ig_error *err);
// Of words: ids in the order of the tokens; </s> 0, <unk> 1 and <pad> (last) are added where the
// list lacks them. target NULL: shared.
typedef struct ig_token_list {
  const char *const *tokens;
  size_t count;
} ig_token_list;
ig_status ig_tokenizer_from_tokens(const ig_token_list *source, const ig_token_list *target,
                                   ig_tokenizer **out, ig_error *err);
// Of words, from text files (.gz too): every token seen at least min_count times, most frequent
// first, ties in byte order; at most max_tokens (0: all).
typedef struct ig_corpus_tokens {
  const char *const *source_files, *const *target_files;
  size_t source_file_count;
  size_t target_file_count;  // 0: shared, from the source files alone
  // How each file holds its side's text; NULL: all are lines of text.
  const struct ig_text_form *source_forms, *target_forms;
  const char *const *symbols;  // tokens that there are in any case, however rare
  size_t symbol_count;
  size_t min_count, max_tokens;
} ig_corpus_tokens;
ig_status ig_tokenizer_from_corpus(const ig_corpus_tokens *corpus, ig_tokenizer **out,
                                   ig_error *err);
void ig_tokenizer_free(ig_tokenizer *tokenizer);

// Adds tokens at which text is cut wherever they stand, and which decoding keeps: with ids after
// all others, in the order of the list. A token that the tokenizer has already stays what it is,
// known [i] being true then, also for the second of two equal ones. Not thread-safe.
// IG_ERROR_UNSUPPORTED: the two sides have a vocabulary each, or transformers would give other ids.
ig_status ig_tokenizer_add_tokens(ig_tokenizer *tokenizer, const ig_token_list *tokens, bool *known,
                                  ig_error *err);
// Whether a text can be such a token. The message names the text and why not.
ig_status ig_tokenizer_check_token(const ig_tokenizer *tokenizer, const char *text, ig_error *err);

// Writes the tokenizer's files into an existing directory, each atomically. Those of a class
// of transformers are loadable by its AutoTokenizer beside a config.json.
ig_status ig_tokenizer_save(const ig_tokenizer *tokenizer, const char *directory, ig_error *err);

// Appends the ids of text and </s> to *ids; before them the token that begins every text, where the
// kind has one. Text must be UTF-8 (IG_ERROR_FORMAT with the offset of
// the first bad byte otherwise). A leading >>code<< is one token.
ig_status ig_tokenizer_encode_source(const ig_tokenizer *tokenizer, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err);
ig_status ig_tokenizer_encode_target(const ig_tokenizer *tokenizer, const char *text, size_t length,
                                     ig_ids *ids, ig_error *err);
// As encode, of a NUL-terminated text, with one of the n best segmentations drawn at random: a pure
// function of the text and *sampling (see text/sentencepiece.h).
struct ig_sentencepiece_sampling;
ig_status ig_tokenizer_sample(const ig_tokenizer *tokenizer, ig_side side, const char *text,
                              const struct ig_sentencepiece_sampling *sampling, ig_ids *ids,
                              ig_error *err);
// Calls the sink with each part of the text that encoding makes <unk>, in order, id being that of
// <unk> (-1: the part gets no id at all): characters without a piece one at a time; whole pieces
// and words, and a leading >>code<<, that the vocabulary lacks.
struct ig_piece_sink;
ig_status ig_tokenizer_find_unknown(const ig_tokenizer *tokenizer, ig_side side, const char *text,
                                    size_t length, const struct ig_piece_sink *sink, ig_error *err);
// The length of the >>code<< that begins the text, which encoding makes one token; 0: none.
size_t ig_tokenizer_code_length(const char *text, size_t length);
// The length of a >>code<< that only white space comes before, and its place: there it is text like
// any other, which its writer may not know. 0: none, or a tokenizer that looks for no such codes.
// The text may be no UTF-8.
size_t ig_tokenizer_late_code(const ig_tokenizer *tokenizer, const char *text, size_t length,
                              const char **code);
enum { IG_LATE_CODE = 40 };  // bytes, at most
// As encode, and what the side's vocabulary lacks of the text.
typedef struct ig_encode_notes {
  size_t known;    // pieces of the text itself that the vocabulary has: no code, special token or
                   // end, and more than white space
  size_t unknown;  // pieces that it lacks
  // The first of those, and the first >>code<< that it lacks; "": none. Cut to whole characters.
  char first_unknown[32], unknown_code[32];
  char late_code[IG_LATE_CODE + 1];  // ig_tokenizer_late_code; "": none
} ig_encode_notes;
typedef struct ig_side_text {
  ig_side side;
  const char *text;
  size_t length;
  int language;  // the id of its token (ig_tokenizer_find_language); 0: as the files say
} ig_side_text;
ig_status ig_tokenizer_encode_noted(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                    ig_ids *ids, ig_encode_notes *notes, ig_error *err);
// As encode, and the place of each id in the text: whole characters, those that its piece was made
// of. {0, 0}: the text has not made it (the end, a language). Places of several ids may overlap:
// the bytes of one character, a space that belongs to no word. Those of the tokenizers that
// transformers takes from Hugging Face tokenizers are its offsets, in bytes.
ig_status ig_tokenizer_encode_placed(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                     ig_ids *ids, ig_source_ranges *places, ig_error *err);
// As encode; the sink is called with the text of each <unk> among the ids, in their order: whole
// pieces, as ig_tokenizer_encode_noted counts them. With id -1 it is called for text that becomes
// no id at all.
ig_status ig_tokenizer_encode_unknown(const ig_tokenizer *tokenizer, const ig_side_text *text,
                                      ig_ids *ids, const struct ig_piece_sink *sink, ig_error *err);
// Target ids to text, special tokens skipped, as tokenizer.decode(ids, skip_special_tokens=True) of
// transformers. *out is malloc'ed for the caller to free().
ig_status ig_tokenizer_decode(const ig_tokenizer *tokenizer, const int *ids, size_t count,
                              char **out, ig_error *err);
// The same, with copies[i] (count), where it is not NULL, in the place of the piece of ids[i].
ig_status ig_tokenizer_decode_copying(const ig_tokenizer *tokenizer, const int *ids, size_t count,
                                      const char *const *copies, char **out, ig_error *err);

// Target ids that ig_tokenizer_decode leaves out though something should stand there: the unknown
// token, and ids without a piece.
size_t ig_tokenizer_count_lost(const ig_tokenizer *tokenizer, const int *ids, size_t count);
// Makes added tokens with ids from `limit` on text like any other: a model of so many ids has no
// rows for them. Returns how many there are, with their names in `names`: as many as fit, commas
// between them.
size_t ig_tokenizer_limit(ig_tokenizer *tokenizer, int limit, char *names, size_t size);
int ig_tokenizer_source_size(const ig_tokenizer *tokenizer);  // one more than the largest id
int ig_tokenizer_target_size(const ig_tokenizer *tokenizer);
bool ig_tokenizer_shared(const ig_tokenizer *tokenizer);  // one vocabulary for both sides
// Special ids of each side; pad -1: none (a vocab.json without <pad>).
int ig_tokenizer_pad_id(const ig_tokenizer *tokenizer, ig_side side);
int ig_tokenizer_eos_id(const ig_tokenizer *tokenizer, ig_side side);
int ig_tokenizer_unk_id(const ig_tokenizer *tokenizer, ig_side side);
// The id of the token that stands for a masked one; -1: none.
int ig_tokenizer_mask_id(const ig_tokenizer *tokenizer);
// NULL: no such id.
const char *ig_tokenizer_piece(const ig_tokenizer *tokenizer, ig_side side, int id);
// The same, and those pieces that no vocabulary lists; never NULL.
const char *ig_tokenizer_piece_of_id(const ig_tokenizer *tokenizer, ig_side side, int id);
// Is the id that of a token which stands for no text: an end, a beginning, a language, padding, an
// added token that is special? <unk> stands for some.
bool ig_tokenizer_is_special(const ig_tokenizer *tokenizer, ig_side side, int id);
// The languages that a multilingual tokenizer has tokens for, NULL-terminated; NULL: it has none.
const ig_tokenizer_languages *ig_tokenizer_languages_of(const ig_tokenizer *tokenizer);
// The id of a language's token. IG_ERROR_ARGUMENT, with the nearest code, if there is none.
ig_status ig_tokenizer_find_language(const ig_tokenizer *tokenizer, const char *code, int *id,
                                     ig_error *err);
// A code as tokenizer_config.json has it ("en", "eng_Latn"); NULL: it says nothing.
const char *ig_tokenizer_source_language(const ig_tokenizer *tokenizer);
const char *ig_tokenizer_target_language(const ig_tokenizer *tokenizer);
// Sets the codes that ig_tokenizer_save writes; NULL: a code stays as it is.
ig_status ig_tokenizer_set_languages(ig_tokenizer *tokenizer, const char *source,
                                     const char *target, ig_error *err);
ig_tokenizer_kind ig_tokenizer_kind_of(const ig_tokenizer *tokenizer);
#endif
