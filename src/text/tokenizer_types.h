// What a tokenizer is made of: for text/tokenizer.c and text/tokenizer_files.c alone.
#ifndef IG_TEXT_TOKENIZER_TYPES_H
#define IG_TEXT_TOKENIZER_TYPES_H
#include "text/sentencepiece.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

enum { IG_SPECIAL_EOS, IG_SPECIAL_UNK, IG_SPECIAL_PAD, IG_SPECIALS };

typedef struct ig_tokenizer_side {
  ig_vocabulary *vocabulary;
  ig_sentencepiece *spm;  // NULL: whitespace
  union {
    struct {
      int eos_id, unk_id, pad_id;  // pad -1: none
    };
    int special_ids[IG_SPECIALS];
  };
} ig_tokenizer_side;

struct ig_tokenizer {
  bool whitespace, shared;
  ig_vocabulary vocabularies[2];     // the second only where not shared
  ig_sentencepiece *spms[2];         // the second NULL: the source's for both
  ig_tokenizer_side source, target;  // borrow from the above
  char *special_text[IG_SPECIALS];   // "</s>", "<unk>", "<pad>"
  size_t special_length[IG_SPECIALS];
  char *source_lang, *target_lang;  // NULL: unknown
  int model_max_length;
};

// Calls token for each run of text between white space.
ig_status ig_whitespace_split(const char *text, size_t length,
                              ig_status (*token)(void *, const char *, size_t, ig_error *),
                              void *context, ig_error *err);
#endif
