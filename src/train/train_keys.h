// The keys that a training configuration can have, and the right one for a key that it cannot.
#ifndef IG_TRAIN_TRAIN_KEYS_H
#define IG_TRAIN_TRAIN_KEYS_H
#include "io/yaml.h"
#include "model/arch/family.h"

// The maps of a configuration.
typedef enum ig_train_part {
  IG_TRAIN_PART_ROOT,
  IG_TRAIN_PART_DATA,
  IG_TRAIN_PART_FILES,  // data.train, data.valid
  IG_TRAIN_PART_SENTENCEPIECE,
  IG_TRAIN_PART_WORDPIECE,
  IG_TRAIN_PART_SAMPLING,
  IG_TRAIN_PART_FILTERS,
  IG_TRAIN_PART_SCRIPT,
  IG_TRAIN_PART_MODEL,
  IG_TRAIN_PART_INIT,  // the model's part where it starts from another model
  IG_TRAIN_PART_ADAPTER,
  IG_TRAIN_PART_TRAIN,
  IG_TRAIN_PART_TEACHER,  // of a list: no key of it is meant anywhere else
} ig_train_part;

// Fails on a key that the part does not have, with the line and the key that is meant: the same one
// of another part, what other programs call by that name, or the nearest one. family: whose keys a
// model has; NULL: that of a configuration that names none.
ig_status ig_train_keys_check(const ig_yaml_node *map, ig_train_part part, const ig_family *family,
                              ig_error *err);
#endif
