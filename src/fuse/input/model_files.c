#include "fuse/input/model_files.h"

#include <stddef.h>

const char *const ig_companions[] = {"generation_config.json",
                                     "tokenizer_config.json",
                                     "special_tokens_map.json",
                                     "tokenizer.json",
                                     "vocab.json",
                                     "target_vocab.json",
                                     "merges.txt",
                                     "source.spm",
                                     "target.spm",
                                     "sentencepiece.bpe.model",
                                     "spiece.model",
                                     "added_tokens.json",
                                     "preprocessor_config.json",
                                     NULL};
