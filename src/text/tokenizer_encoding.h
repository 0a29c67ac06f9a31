// A text that becomes ids: what the kinds of tokenizers share of it. For the files
// text/tokenizer*.c alone.
#ifndef IG_TEXT_TOKENIZER_ENCODING_H
#define IG_TEXT_TOKENIZER_ENCODING_H
#include "text/tokenizer_parts.h"

// Words that the text has been cut into.
typedef struct ig_word_count {
  ig_ids *numbers;  // of the word of each id
  int words;        // so far
} ig_word_count;
typedef struct ig_tokenizer_encoding {
  const ig_tokenizer *tokenizer;
  const ig_tokenizer_side *side;
  const ig_sentencepiece_sampling *sampling;  // NULL: the best segmentation
  ig_ids *ids;
  const ig_piece_sink *unknown;  // NULL: nobody wants to know
  ig_encode_notes *notes;        // NULL: nobody wants them
  int language;                  // its token; 0: the tokenizer's own language of this side
  const char *text;              // the whole of it: places are counted from here
  ig_source_ranges *places;      // of the ids; NULL: nobody wants them
  size_t first_place;            // how many of these come before those of the text
  ig_word_count *words;          // NULL: nobody wants them
  bool bare;                     // without tokens before and after the text
} ig_tokenizer_encoding;

// Appends the ids of the text, and the tokens that belong beside it.
ig_status ig_tokenizer_encoding_encode(const ig_tokenizer *tokenizer,
                                       ig_tokenizer_encoding encoding, const char *text,
                                       size_t length, ig_error *err);
// The ids that follow are those of the next word.
void ig_tokenizer_encoding_begin_word(const ig_tokenizer_encoding *encoding);
// The place of a stretch of the text.
ig_source_range ig_tokenizer_encoding_place(const ig_tokenizer_encoding *encoding, const char *text,
                                            size_t length);
// Appends an id whatever its piece is, and its place.
ig_status ig_tokenizer_encoding_append(const ig_tokenizer_encoding *encoding, int id,
                                       ig_source_range place, ig_error *err);

// Appends the id of a piece or word, that of <unk> where the vocabulary lacks it.
ig_status ig_tokenizer_encoding_add_token(const ig_tokenizer_encoding *encoding, const char *token,
                                          size_t length, ig_source_range place, ig_error *err);
// As add_token, of a >>code<<.
ig_status ig_tokenizer_encoding_add_code(const ig_tokenizer_encoding *encoding, const char *code,
                                         size_t length, ig_error *err);
// Appends this id, that of <unk> or of a piece that the vocabulary has.
ig_status ig_tokenizer_encoding_add_id(const ig_tokenizer_encoding *encoding, int id,
                                       const char *piece, size_t length, ig_source_range place,
                                       ig_error *err);
// Appends <unk> for a piece that has no id, whatever the vocabulary says.
ig_status ig_tokenizer_encoding_add_unknown(const ig_tokenizer_encoding *encoding,
                                            const char *piece, size_t length, ig_source_range place,
                                            ig_error *err);
// Tells of a stretch of text that gets no id at all.
ig_status ig_tokenizer_encoding_tell_lost(const ig_tokenizer_encoding *encoding, const char *text,
                                          size_t length, ig_error *err);
// Cuts the text at added tokens, whose ids are appended; the stretches of text between them, none
// of which is empty, go to encode.
typedef ig_status (*ig_tokenizer_encoding_part)(const ig_tokenizer_encoding *encoding,
                                                const char *text, size_t length, ig_error *err);
ig_status ig_tokenizer_encoding_cut(const ig_tokenizer_encoding *encoding, const char *text,
                                    size_t length, ig_tokenizer_encoding_part encode,
                                    ig_error *err);
// The same as Hugging Face tokenizers does it, of a kind without normalization: tokens that are
// looked for in the normalized text after all others.
ig_status ig_tokenizer_encoding_match(const ig_tokenizer_encoding *encoding, const char *text,
                                      size_t length, ig_tokenizer_encoding_part encode,
                                      ig_error *err);
// The same of a kind that normalizes. The stretches of normalized text are borrowed, and may be
// empty; `begin` is where the text that was normalized begins in the source.
typedef ig_status (*ig_tokenizer_encoding_mapped)(const ig_tokenizer_encoding *encoding,
                                                  const ig_mapped_text *text, size_t begin,
                                                  ig_error *err);
ig_status ig_tokenizer_encoding_normalize(const ig_tokenizer_encoding *encoding, const char *text,
                                          size_t length, ig_tokenizer_encoding_mapped encode,
                                          ig_error *err);
#endif
