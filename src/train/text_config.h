// The keys of a configuration whose data are plain text.
#ifndef IG_TRAIN_TEXT_CONFIG_H
#define IG_TRAIN_TEXT_CONFIG_H
#include "train/train_config.h"

// text: of data.train or data.valid; other keys beside it are errors. Absent: out->count 0. The
// caller frees out->paths.
ig_status ig_text_config_read_files(const ig_yaml_node *map, ig_text_files *out, ig_error *err);
// Whether text, its validation and an encoder come together, and no key is set that has no effect.
ig_status ig_text_config_check(const ig_train_config *config, const ig_yaml_node *data,
                               ig_error *err);
// data.wordpiece, of text that no model.init brings a tokenizer for.
ig_status ig_text_config_read_vocabulary(const ig_yaml_node *data, ig_train_data *out,
                                         ig_error *err);
// Of the part train: what is masked. Of other data than text such a key is an error.
ig_status ig_text_config_read_masking(const ig_yaml_node *train, ig_train_config *config,
                                      ig_error *err);
#endif
