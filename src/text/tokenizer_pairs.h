// Texts for encoders, as transformers 5.23 gives them: tokens of one text or of two, each with its
// place and its word, and the special tokens beside them. Cutting a text that is too long is up to
// the caller: the ids of a pair are those of
//   frame.before, the first text, frame.between, the second text, frame.after.
//
// Only tokenizers that transformers takes from Hugging Face tokenizers know words and pairs: byte-
// level BPE, WordPiece, pieces with moved ids, and whatever a tokenizer.json says. The functions
// fail with IG_ERROR_UNSUPPORTED for others, and for those of a language.
#ifndef IG_TEXT_TOKENIZER_PAIRS_H
#define IG_TEXT_TOKENIZER_PAIRS_H
#include "text/tokenizer.h"
#include "text/tokenizer_frame.h"

typedef struct ig_text_tokens {
  ig_ids ids;
  ig_source_ranges places;  // bytes of the text, as ig_tokenizer_encode_placed
  // Which word each token belongs to, counted from 0: what the model cuts at once (word_ids of
  // transformers). BERT's are cut at white space and at every sign; those of SentencePiece at white
  // space alone, so that Chinese has long ones. A word may have no tokens.
  ig_ids words;
} ig_text_tokens;  // start from {0}; ig_tokenizer_pairs_free_tokens
void ig_tokenizer_pairs_free_tokens(ig_text_tokens *tokens);  // leaves {0}
// Replaces the tokens by those of a text, without special tokens beside it. It must be UTF-8
// without a NUL (IG_ERROR_FORMAT with the place of the first bad byte otherwise). After a failure
// there are no tokens.
ig_status ig_tokenizer_pairs_encode(const ig_tokenizer *tokenizer, const char *text, size_t length,
                                    ig_text_tokens *tokens, ig_error *err);
// The special tokens beside one text, and beside a pair. Replaces what *frame holds.
ig_status ig_tokenizer_pairs_single_frame(const ig_tokenizer *tokenizer, ig_tokenizer_frame *frame,
                                          ig_error *err);
ig_status ig_tokenizer_pairs_frame(const ig_tokenizer *tokenizer, ig_tokenizer_frame *frame,
                                   ig_error *err);
#endif
