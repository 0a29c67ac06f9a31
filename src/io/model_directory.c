#include "io/model_directory.h"

#include "base/fail.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/name.h"

typedef struct model_file {
  const char *name;
  unsigned roles;
} model_file;

enum {
  CONFIG = IG_MODEL_DIRECTORY_ROLE_CONFIG,
  GENERATION = IG_MODEL_DIRECTORY_ROLE_GENERATION,
  WEIGHTS = IG_MODEL_DIRECTORY_ROLE_WEIGHTS,
  TOKENIZER = IG_MODEL_DIRECTORY_ROLE_TOKENIZER,
  KIND = IG_MODEL_DIRECTORY_ROLE_KIND,
  PIECES = IG_MODEL_DIRECTORY_ROLE_PIECES,
  WRITTEN = IG_MODEL_DIRECTORY_ROLE_WRITTEN,
};

// Whoever lists files, such as the record of a fusion, keeps this order.
static const model_file files[] = {
    {"config.json", CONFIG | WRITTEN},
    {"generation_config.json", GENERATION | WRITTEN},
    {"model.safetensors", WEIGHTS | WRITTEN},
    {"tokenizer_config.json", TOKENIZER | KIND | WRITTEN},
    {"special_tokens_map.json", TOKENIZER},
    {"tokenizer.json", TOKENIZER | PIECES | WRITTEN},
    {"vocab.json", TOKENIZER | PIECES | WRITTEN},
    {"target_vocab.json", TOKENIZER | PIECES | WRITTEN},
    {"merges.txt", TOKENIZER | WRITTEN},
    {"vocab.txt", TOKENIZER | WRITTEN},
    {"source.spm", TOKENIZER | WRITTEN},
    {"target.spm", TOKENIZER | WRITTEN},
    {"sentencepiece.bpe.model", TOKENIZER | WRITTEN},
    {"spiece.model", TOKENIZER | PIECES | WRITTEN},
    {"added_tokens.json", TOKENIZER},
    {"preprocessor_config.json", TOKENIZER},
    {"lex.s2t.bin", TOKENIZER},
    {"lex.s2t.bin.json", TOKENIZER},
};

const char *ig_model_directory_next(unsigned roles, size_t *at) {
  while (*at < sizeof files / sizeof *files) {
    const model_file *file = &files[*at];
    ++*at;
    if (file->roles & roles) return file->name;
  }
  return NULL;
}

// config.json, and weights that transformers reads.
static bool is_complete(const char *directory) {
  return ig_file_exists_in(directory, "config.json") &&
         (ig_file_exists_in(directory, "model.safetensors") ||
          ig_file_exists_in(directory, "model.safetensors.index.json") ||
          ig_file_exists_in(directory, "pytorch_model.bin") ||
          ig_file_exists_in(directory, "pytorch_model.bin.index.json"));
}

static bool is_archive(const char *name) {
  return ig_name_ends_with(name, ".npz") ||
         (ig_name_ends_with(name, ".bin") && strncmp(name, "model", 5) == 0);
}

ig_status ig_model_directory_refuse_archive(const char *directory, ig_error *err) {
  ig_listing listing;
  if (is_complete(directory) || !ig_file_exists_in(directory, ".")) return IG_OK;
  IG_TRY(ig_listing_read(directory, &listing, err));
  size_t i = 0;
  while (i < listing.count && !is_archive(listing.names[i])) i++;
  ig_status status = IG_OK;
  if (i < listing.count)
    status = ig_fail(err, IG_ERROR_UNSUPPORTED,
                     "%s: %s in place of config.json and weights: `ingot convert %s -o DIR` makes "
                     "a model directory of it, which is fused",
                     directory, listing.names[i], directory);
  ig_listing_free(&listing);
  return status;
}
