// Chat templates: the text by which transformers makes one text of a conversation.
#ifndef IG_FUSE_INPUT_CHAT_TEMPLATES_H
#define IG_FUSE_INPUT_CHAT_TEMPLATES_H
#include "ingot/core.h"

// The template of a model: chat_template.jinja, or else the chat_template of tokenizer_config.json,
// of several the one named "default"; without white space around it. *out, which the caller frees,
// is NULL if the model has none.
ig_status ig_chat_templates_of(const char *directory, char **out, ig_error *err);
// Reads a template from a file.
ig_status ig_chat_templates_load(const char *path, char **out, ig_error *err);
#endif
