// What a model directory asks of a decoder.
#ifndef IG_MODEL_FILES_GENERATION_FILE_H
#define IG_MODEL_FILES_GENERATION_FILE_H
#include "model/model.h"

// Sets the model's generation_config: the text of generation_config.json where that file exists,
// and nothing else. Otherwise, as transformers does (5.23, GenerationMixin.adjust_generation_fn),
// an object of the keys of config.json that belong there, which is where versions before 4.26 wrote
// them.
ig_status ig_generation_file_load(const char *directory, ig_model *model, ig_error *err);
#endif
