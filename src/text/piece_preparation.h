// The text that pieces of SentencePiece models are looked for in, as Hugging Face tokenizers
// prepares it: normalized, cut into words, and each space written as U+2581.
#ifndef IG_TEXT_PIECE_PREPARATION_H
#define IG_TEXT_PIECE_PREPARATION_H
#include "text/charsmap.h"
#include "text/tokenizer_description.h"

typedef struct ig_piece_preparer {
  const ig_piece_preparation *how;
  // Called for each word in order; a status other than IG_OK ends that and is returned. The
  // sources (length) are those of the word's bytes.
  ig_status (*word)(void *context, const char *word, const ig_source_range *sources, size_t length,
                    ig_error *err);
  void *context;
} ig_piece_preparer;
// Replaces the text by its normalized form.
ig_status ig_piece_preparation_normalize(const ig_piece_preparation *how,
                                         const ig_charsmap *charsmap, ig_mapped_text *text,
                                         ig_error *err);
// Cuts normalized text into words.
ig_status ig_piece_preparation_cut(const ig_piece_preparer *preparer, const ig_mapped_text *text,
                                   ig_error *err);
#endif
