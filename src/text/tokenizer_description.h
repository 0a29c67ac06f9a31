// A kind of tokenizer as data: what its files are called, and how its ids come about. A family of
// models offers the descriptions of the kinds that its directories may hold.
#ifndef IG_TEXT_TOKENIZER_DESCRIPTION_H
#define IG_TEXT_TOKENIZER_DESCRIPTION_H
#include <stdbool.h>

typedef enum ig_tokenizer_kind {
  // SentencePiece cuts the text, and a JSON vocabulary maps the pieces to ids. A leading >>code<<
  // is one token.
  IG_TOKENIZER_PIECES,
  // White space separates the tokens, and a JSON vocabulary maps them to ids.
  IG_TOKENIZER_WORDS,
  // The pieces of a SentencePiece model cut the text, as Hugging Face tokenizers does it, and their
  // ids, moved up, are the ids. One model serves both sides. Special pieces have the ids before and
  // after those of the model.
  IG_TOKENIZER_SHIFTED,
  // Byte-level BPE: the text's UTF-8 is cut into words, merges join its bytes, and a JSON
  // vocabulary maps the results to ids. It serves both sides.
  IG_TOKENIZER_BYTE_LEVEL,
  // Each byte of the text's UTF-8 is a token; there are no files. Special pieces have the ids
  // before and after those of the bytes.
  IG_TOKENIZER_BYTES,
  // Whatever tokenizer.json says, step by step. It serves both sides.
  IG_TOKENIZER_STEPS,
  // WordPiece: words between white space and signs are cut into the longest pieces, of which a
  // vocabulary has one a line. It serves both sides.
  IG_TOKENIZER_WORD_PIECES,
} ig_tokenizer_kind;

// The special tokens that every tokenizer has a name for.
typedef enum ig_tokenizer_special {
  IG_TOKENIZER_SPECIAL_EOS,
  IG_TOKENIZER_SPECIAL_UNK,
  IG_TOKENIZER_SPECIAL_PAD,
  IG_TOKENIZER_SPECIAL_COUNT,
} ig_tokenizer_special;

// The names of a tokenizer's files in a model directory. Those of the target are used where the
// two sides differ.
typedef struct ig_tokenizer_files {
  const char *source_model, *target_model;     // of SentencePiece
  const char *vocabulary, *target_vocabulary;  // JSON: {"token": id}; of WORD_PIECES lines
  const char *merges;                          // of IG_TOKENIZER_BYTE_LEVEL
} ig_tokenizer_files;

// Special pieces of IG_TOKENIZER_SHIFTED and IG_TOKENIZER_BYTES: one, or several that are numbered.
typedef struct ig_special_pieces {
  const char *text;  // "<pad>"; of numbered ones a format with one %d, "<unk_%d>"
  int first_id;      // after_pieces: counted from the first id after the model's or the bytes'
  int count;         // 0: one piece, whose text is no format
  int first_number;  // the lowest number
  int number_step;   // from the number of one piece to that of the next; may be negative
  bool after_pieces;
  const char *count_key;  // of tokenizer_config.json, which may hold another count; NULL: none may
  float score;            // of the pieces in a unigram model
  bool strips_left, strips_right;  // white space before it, after it, goes with the piece
  bool normalized;                 // it is looked for in the normalized text
  bool plain;                      // it is a piece of the vocabulary, and no special token
  const char *const *names;        // (NULL-terminated) of pieces without numbers, instead of text
} ig_special_pieces;

// How the text is prepared for the pieces of IG_TOKENIZER_SHIFTED: what transformers' class of the
// tokenizer says, whatever the model file does.
typedef struct ig_piece_preparation {
  // Before all else: two signs that quote become one, and accents and capitals go, unless
  // tokenizer_config.json says keep_accents, or no do_lower_case.
  bool folds;
  bool normalizes;    // by the model's table
  bool joins_spaces;  // two or more spaces become one
  // Where the model has no table: spaces are not joined; a line feed is a space.
  bool joins_by_table, replaces_lines;
  bool splits_at_white;  // white space separates words and is dropped; else a space is a piece's
} ig_piece_preparation;

// The languages of a multilingual model, each of which has a token.
typedef struct ig_tokenizer_languages {
  // As transformers calls them, in the order of their ids, NULL-terminated.
  const char *const *codes;
  // With one %s for the code: tokens that are added after the vocabulary. NULL: the codes are
  // tokens, and the special pieces bring them.
  const char *token_format;
  const char *default_source;  // where tokenizer_config.json names none
  bool ends_source;            // the source's token comes after the end token, else before the text
  const char *ends_source_key;  // of tokenizer_config.json, which may say so too; NULL: none may
  // The decoder starts with the target's token, else it is the first one that is generated.
  bool starts_target;
} ig_tokenizer_languages;

// A special token by the key of tokenizer_config.json that names it, and its text where none does.
typedef struct ig_named_token {
  const char *key, *text;
} ig_named_token;

// What stands between the two texts of a pair, and their token types.
typedef enum ig_pair_kind {
  IG_PAIR_ONE_END,   // the end token
  IG_PAIR_TWO_ENDS,  // the end token twice
  IG_PAIR_TYPES,     // the end token, and the second text with its end is of type 1
} ig_pair_kind;

// Descriptions outlive the tokenizers that are made from them: they are constants of the program.
typedef struct ig_tokenizer_description {
  ig_tokenizer_kind kind;
  // The values of tokenizer_class that mean this kind, NULL-terminated. The first one is written.
  const char *const *class_names;
  ig_tokenizer_files files;
  // What the special tokens are called where tokenizer_config.json does not say. The eos token is
  // appended to every text.
  const char *special[IG_TOKENIZER_SPECIAL_COUNT];
  const char *end_key;  // names the token after every text; NULL: "eos_token"
  // All special tokens in the order of their ids where the vocabulary lacks them; ends with a NULL
  // key. NULL: `special` and `begin` are all that have keys.
  const ig_named_token *named;
  // Further special tokens that the kind has, NULL-terminated; NULL: none.
  const char *const *more_special;
  // The token that is put before every text, and the key of tokenizer_config.json that may name
  // another one; NULL: none.
  const char *begin, *begin_key;
  // A piece of the model that the table of special pieces has too has the id of the table; the id
  // of any other one, and that of a byte, is its own plus shift.
  int shift;
  const char *shift_key;  // of tokenizer_config.json, which holds the shift; NULL: none does
  ig_piece_preparation preparation;
  // Of IG_TOKENIZER_SHIFTED and IG_TOKENIZER_BYTES.
  const ig_special_pieces *special_pieces;  // ends with a NULL text; NULL: none
  // NULL: none. tokenizer_config.json then names two of them by src_lang and tgt_lang, and a
  // leading >>code<< is text.
  const ig_tokenizer_languages *languages;
  ig_pair_kind pair;
  bool ends_once;  // a text that ends with the eos token gets no other one
} ig_tokenizer_description;

// Ingot's own kind, of data that are tokens already: vocab.json, and target_vocab.json where the
// sides differ.
extern const ig_tokenizer_description ig_tokenizer_description_words;

// The kind that every family offers besides: a class of transformers that does as its
// tokenizer.json says.
extern const ig_tokenizer_description ig_tokenizer_description_steps;

// Lists of descriptions are NULL-terminated. These give NULL where no description fits.
const ig_tokenizer_description *ig_tokenizer_description_of_class(
    const ig_tokenizer_description *const *list, const char *class_name);
// The first one whose pieces are SentencePiece's.
const ig_tokenizer_description *ig_tokenizer_description_of_sentencepiece(
    const ig_tokenizer_description *const *list);
// The first one of IG_TOKENIZER_WORDS.
const ig_tokenizer_description *ig_tokenizer_description_of_words(
    const ig_tokenizer_description *const *list);
#endif
