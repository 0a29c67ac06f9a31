// config.json of a model directory.
#ifndef IG_MODEL_FILES_CONFIG_FILE_H
#define IG_MODEL_FILES_CONFIG_FILE_H
#include "model/config.h"

// The options that the directory's config.json states; they are not checked yet.
ig_status ig_config_file_read(const char *directory, ig_config *out, ig_error *err);
#endif
