// What an adapter that Ingot has trained says of the model that it was trained on: base_model.json,
// with that model's name and the hash of its files (io/model_hash.h). A file of its own, since PEFT
// warns of keys that it does not know. Adapters of others have none.
#ifndef IG_IO_LORA_BASE_H
#define IG_IO_LORA_BASE_H
#include "io/lora.h"

extern const char *const ig_lora_base_file;  // base_model.json

// *other: the name of the model that the adapter was trained on, for free(), if the hash is not
// that one's; else NULL.
ig_status ig_lora_base_compare(const char *directory, const char *hash, char **other,
                               ig_error *err);
// Notes the adapters that were trained neither on the model of the directory nor on that with the
// adapters before them. The model's files are hashed only if one of them has the file. Adapters of
// NULL say nothing.
ig_status ig_lora_base_note(const ig_lora_adapters *adapters, const char *directory,
                            ig_problems *notes, ig_error *err);
#endif
