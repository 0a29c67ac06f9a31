#include "model/arch/sentence_files.h"

#include <stddef.h>

const char *const ig_sentence_files[] = {"sentence_bert_config.json",
                                         "sentence_roberta_config.json",
                                         "sentence_distilbert_config.json",
                                         "sentence_camembert_config.json",
                                         "sentence_albert_config.json",
                                         "sentence_xlm-roberta_config.json",
                                         NULL};
