// config.json of a model directory.
#ifndef IG_MODEL_FILES_CONFIG_FILE_H
#define IG_MODEL_FILES_CONFIG_FILE_H
#include "model/arch/foreign.h"
#include "model/config.h"
#include "text/tokenizer_description.h"

// The options that the directory's config.json states, or what another program wrote in its place
// (ig_foreign_open); they are not checked yet.
ig_status ig_config_file_read(const char *directory, const ig_foreign *foreign, ig_config *out,
                              ig_error *err);
// The same of a directory of which nothing else is asked.
ig_status ig_config_file_find(const char *directory, ig_config *out, ig_error *err);
// The path of the file that states them, for messages; for free().
char *ig_config_file_path(const char *directory, const ig_foreign *foreign, ig_error *err);
// The kinds of tokenizer that the family of the directory's model offers, for ig_tokenizer_load.
ig_status ig_config_file_tokenizers(const char *directory, const ig_foreign *foreign,
                                    const ig_tokenizer_description *const **out, ig_error *err);
#endif
