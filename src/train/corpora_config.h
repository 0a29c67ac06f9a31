// The keys of a configuration that say which pairs are learned from, and where they are kept.
#ifndef IG_TRAIN_CORPORA_CONFIG_H
#define IG_TRAIN_CORPORA_CONFIG_H
#include "train/train_config.h"

// data.train and data.valid: files of sentences, a file of questions, or plain text. What is absent
// stays empty.
ig_status ig_corpora_config_read(const ig_yaml_node *data, ig_train_data *out, ig_error *err);
// data.filters, after data.train.
ig_status ig_corpora_config_read_filters(const ig_yaml_node *data, ig_train_data *out,
                                         ig_error *err);
// data.storage and its directory; after all other keys of the part data.
ig_status ig_corpora_config_read_storage(const ig_yaml_node *data, ig_train_data *out,
                                         ig_error *err);
void ig_corpora_config_free(ig_train_data *data);
#endif
