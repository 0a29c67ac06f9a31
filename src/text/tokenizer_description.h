// A kind of tokenizer as data: what its files are called, and how its ids come about. A family of
// models offers the descriptions of the kinds that its directories may hold.
#ifndef IG_TEXT_TOKENIZER_DESCRIPTION_H
#define IG_TEXT_TOKENIZER_DESCRIPTION_H

typedef enum ig_tokenizer_kind {
  // SentencePiece cuts the text, and a JSON vocabulary maps the pieces to ids. A leading >>code<<
  // is one token.
  IG_TOKENIZER_PIECES,
  // White space separates the tokens, and a JSON vocabulary maps them to ids.
  IG_TOKENIZER_WORDS,
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
  const char *vocabulary, *target_vocabulary;  // JSON: {"token": id}
} ig_tokenizer_files;

// Descriptions outlive the tokenizers that are made from them: they are constants of the program.
typedef struct ig_tokenizer_description {
  ig_tokenizer_kind kind;
  // The values of tokenizer_class that mean this kind, NULL-terminated. The first one is written.
  const char *const *class_names;
  ig_tokenizer_files files;
  // What the special tokens are called where tokenizer_config.json does not say.
  const char *special[IG_TOKENIZER_SPECIAL_COUNT];
} ig_tokenizer_description;

// Ingot's own kind, of data that are tokens already: vocab.json, and target_vocab.json where the
// sides differ.
extern const ig_tokenizer_description ig_tokenizer_description_words;

// Lists of descriptions are NULL-terminated. These give NULL where no description fits.
const ig_tokenizer_description *ig_tokenizer_description_of_class(
    const ig_tokenizer_description *const *list, const char *class_name);
// The first one of another kind than IG_TOKENIZER_WORDS.
const ig_tokenizer_description *ig_tokenizer_description_of_sentencepiece(
    const ig_tokenizer_description *const *list);
// The first one of IG_TOKENIZER_WORDS.
const ig_tokenizer_description *ig_tokenizer_description_of_words(
    const ig_tokenizer_description *const *list);
#endif
