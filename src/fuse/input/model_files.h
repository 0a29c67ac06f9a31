// The files of a model's directory beside its weights and config.json.
#ifndef IG_FUSE_INPUT_MODEL_FILES_H
#define IG_FUSE_INPUT_MODEL_FILES_H

// Names of the files that are copied unchanged if the tokenizer's model has them, up to NULL; the
// first is the donor's.
extern const char *const ig_companions[];
#endif
