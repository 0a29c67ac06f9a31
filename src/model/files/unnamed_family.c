#include "model/files/unnamed_family.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/safetensors.h"
#include "model/arch/encoder_shared.h"
#include "model/arch/family.h"
#include "model/files/weights.h"

enum { MOST_FAMILIES = 64 };

typedef struct family_candidates {
  const ig_family *items[MOST_FAMILIES];
  int count;
} family_candidates;

static void keep_fitting(const ig_safetensors *file, family_candidates *out) {
  out->count = 0;
  for (const ig_family *const *f = ig_family_list(); *f && out->count < MOST_FAMILIES; f++)
    if (ig_weights_fit(*f, file)) out->items[out->count++] = *f;
}

// Whether the directory has the files of the family's own tokenizer.
static bool has_tokenizer_of(const char *directory, const ig_family *family) {
  if (!family->tokenizers) return false;
  const ig_tokenizer_files *files = &family->tokenizers[0]->files;
  const char *const names[] = {files->vocabulary, files->merges, files->source_model};
  bool any = false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (names[i] && !ig_file_exists_in(directory, names[i])) return false;
    any |= names[i] != NULL;
  }
  return any;
}

static void keep_those_with_tokenizers(const char *directory, family_candidates *c) {
  const family_candidates all = *c;
  c->count = 0;
  for (int i = 0; i < all.count; i++)
    if (has_tokenizer_of(directory, all.items[i])) c->items[c->count++] = all.items[i];
  if (c->count == 0) *c = all;
}

static ig_status refuse(const family_candidates *c, const char *where, ig_error *err) {
  char names[256] = "";
  for (int i = 0; i < c->count; i++) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", c->items[i]->model_type);
  }
  if (c->count == 0)
    return ig_fail(err, IG_ERROR_FORMAT,
                   "%s: model_type: found none, and the tensors are those of no family that this "
                   "version knows",
                   where);
  return ig_fail(err, IG_ERROR_FORMAT,
                 "%s: model_type: found none, and the tensors may be of %s: write the right one "
                 "into the file",
                 where, names);
}

static ig_status find_family(const char *directory, const char *where, const ig_safetensors *file,
                             const ig_family **out, ig_error *err) {
  family_candidates c;
  keep_fitting(file, &c);
  if (c.count > 1) keep_those_with_tokenizers(directory, &c);
  if (c.count != 1) return refuse(&c, where, err);
  *out = c.items[0];
  return IG_OK;
}

static ig_status set_text(json_t *json, const char *key, json_t *value, ig_error *err) {
  return json_object_set_new(json, key, value) == 0 ? IG_OK : ig_fail_memory(err);
}

// The one head whose output the file has. Outputs that may be of two heads say nothing.
static ig_head_kind find_head(const ig_family *family, const ig_safetensors *file) {
  ig_head_kind found = IG_HEAD_NONE;
  for (int head = IG_HEAD_SPAN; head <= IG_HEAD_MASKED_TOKENS; head++) {
    if (!ig_weights_have_output(family, file, (ig_head_kind)head)) continue;
    if (found != IG_HEAD_NONE) return IG_HEAD_NONE;
    found = (ig_head_kind)head;
  }
  return found;
}

static ig_status complete_of(const char *directory, const char *where, const ig_safetensors *file,
                             json_t *json, ig_error *err) {
  const ig_family *family = NULL;
  if (json_object_get(json, "model_type")) {
    if (ig_family_of(json, where, &family, NULL) != IG_OK) return IG_OK;
  } else {
    IG_TRY(find_family(directory, where, file, &family, err));
    IG_TRY(set_text(json, "model_type", json_string(family->model_type), err));
  }
  const ig_head_kind head = find_head(family, file);
  if (head == IG_HEAD_NONE || json_object_get(json, "architectures")) return IG_OK;
  char name[128];
  ig_encoder_shared_class_name(family->architecture, head, name, sizeof name);
  return set_text(json, "architectures", json_pack("[s]", name), err);
}

ig_status ig_unnamed_family_complete(const char *directory, const char *where, json_t *json,
                                     ig_error *err) {
  if (json_object_get(json, "model_type") && json_object_get(json, "architectures")) return IG_OK;
  ig_safetensors *file;
  ig_status status = ig_safetensors_open_with_absent(directory, &file, err);
  if (status == IG_ERROR_MEMORY) return status;
  if (status != IG_OK) return IG_OK;  // what is wrong with the weights is told where they are read
  status = complete_of(directory, where, file, json, err);
  ig_safetensors_close(file);
  return status;
}
