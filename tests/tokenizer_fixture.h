// The two kinds of tokenizer that directories of MarianMT hold, as src/model/arch/marian.c has
// them: tests of the rooms text and data may not include it.
#ifndef IG_TESTS_TOKENIZER_FIXTURE_H
#define IG_TESTS_TOKENIZER_FIXTURE_H
#include "text/tokenizer_description.h"

#include <stddef.h>

static const ig_tokenizer_description pieces_description = {
    .kind = IG_TOKENIZER_PIECES,
    .class_names = (const char *const[]){"MarianTokenizer", NULL},
    .files = {.source_model = "source.spm",
              .target_model = "target.spm",
              .vocabulary = "vocab.json",
              .target_vocabulary = "target_vocab.json"},
    .special = {"</s>", "<unk>", "<pad>"},
};
static const ig_tokenizer_description *const pieces_or_words[] = {
    &pieces_description, &ig_tokenizer_description_words, NULL};
#endif
