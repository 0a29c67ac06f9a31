// Ingot's own kind of tokenizer, and choosing among descriptions.
#include "text/tokenizer_description.h"

#include <stddef.h>
#include <string.h>

const ig_tokenizer_description ig_tokenizer_description_words = {
    .kind = IG_TOKENIZER_WORDS,
    .class_names = (const char *const[]){"WhitespaceTokenizer", NULL},
    .files = {.vocabulary = "vocab.json", .target_vocabulary = "target_vocab.json"},
    .special = {"</s>", "<unk>", "<pad>"},
};

const ig_tokenizer_description ig_tokenizer_description_steps = {
    .kind = IG_TOKENIZER_STEPS,
    .class_names = (const char *const[]){"PreTrainedTokenizerFast", "TokenizersBackend", NULL},
    .special = {"</s>", "<unk>", "<pad>"},
};

const ig_tokenizer_description *ig_tokenizer_description_of_class(
    const ig_tokenizer_description *const *list, const char *class_name) {
  for (; *list; list++)
    for (const char *const *name = (*list)->class_names; *name; name++)
      if (strcmp(*name, class_name) == 0) return *list;
  return NULL;
}

const ig_tokenizer_description *ig_tokenizer_description_of_sentencepiece(
    const ig_tokenizer_description *const *list) {
  for (; *list; list++)
    if ((*list)->kind == IG_TOKENIZER_PIECES || (*list)->kind == IG_TOKENIZER_SHIFTED) return *list;
  return NULL;
}

const ig_tokenizer_description *ig_tokenizer_description_of_words(
    const ig_tokenizer_description *const *list) {
  for (; *list; list++)
    if ((*list)->kind == IG_TOKENIZER_WORDS) return *list;
  return NULL;
}
