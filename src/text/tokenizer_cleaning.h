// Spaces before signs and shortened words that tokenizers of older models print.
#ifndef IG_TEXT_TOKENIZER_CLEANING_H
#define IG_TEXT_TOKENIZER_CLEANING_H

// Leaves them out, in place: clean_up_tokenization of transformers 5.23.
void ig_tokenizer_cleaning_apply(char *text);
// The same of one token, as the decoder of WordPiece does it (decoders/wordpiece.rs).
void ig_tokenizer_cleaning_apply_to_token(char *token);
#endif
