// What other programs that train models call the keys of a training configuration.
#ifndef IG_TRAIN_FOREIGN_KEYS_H
#define IG_TRAIN_FOREIGN_KEYS_H

typedef struct ig_foreign_key {
  // Separated by spaces; in small letters, without '_' and '-': any spelling of them is meant.
  const char *names;
  // The keys here, with their parts, separated by spaces: "model.encoder_layers
  // model.decoder_layers". NULL: there is none.
  const char *keys;
  const char *note;  // what is different, or why there is none; NULL: nothing is
} ig_foreign_key;

// Ends with NULL names. Where several rows have a name, the first one whose keys exist is meant:
// families of models call the same thing by different keys.
extern const ig_foreign_key ig_foreign_keys[];
#endif
