// A WordPiece vocabulary from text, as transformers' BertTokenizer reads it: the special tokens,
// the letters of the text, and the pieces that byte-pair encoding merges from them within words
// (Sennrich et al. 2016; Devlin et al. 2019, 3). Words are BERT's: normalized, ideographs and signs
// apart.
#ifndef IG_TEXT_WORD_PIECE_TRAINING_H
#define IG_TEXT_WORD_PIECE_TRAINING_H
#include "text/vocabulary.h"
#include "text/word_normalization.h"

typedef struct ig_word_piece_training {
  const char *const *files;  // text, .gz too
  size_t file_count;
  int vocab_size;  // at most; the special tokens count
  // Whether text becomes lower-case and loses its accents, which belongs to the tokenizer.
  bool lowercase, strip_accents;
} ig_word_piece_training;
enum { IG_WORD_PIECE_TRAINING_SPECIAL = 5 };  // [PAD], [UNK], [CLS], [SEP], [MASK]

typedef struct ig_word_piece_trained {
  // Of the normalized text. A letter that is kept is a piece as it stands and, unless it is always
  // a word of its own, one that goes on a word: text of such letters never becomes [UNK].
  size_t letters, kept_letters;
} ig_word_piece_trained;
// Letters are kept by falling count; those that occur fewer than ten times get at most three
// quarters of the vocabulary, and what merged pieces leave of the rest. *out, which starts from
// {0}, has the special tokens first, then letters by code point, then merged pieces, the most
// frequent first, then the letters that these left room for, by falling count. Lines that are no
// text are repaired without a word: whoever loads the corpus tells.
ig_status ig_word_piece_training_run(const ig_word_piece_training *training, ig_vocabulary *out,
                                     ig_word_piece_trained *trained, ig_error *err);
#endif
