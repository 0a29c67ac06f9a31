// config.json of a model directory.
#ifndef IG_MODEL_FILES_CONFIG_FILE_H
#define IG_MODEL_FILES_CONFIG_FILE_H
#include "model/arch/family.h"

// The options that the directory's config.json states, and the family that it names.
ig_status ig_config_file_read(const char *directory, ig_config *out, const ig_family **family,
                              ig_error *err);
#endif
