#include "fuse/stage_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/writer.h"
#include "fuse/record/provenance.h"

void ig_stage_state_name(const char *kind, size_t index, char name[IG_STAGE_STATE_NAME]) {
  snprintf(name, IG_STAGE_STATE_NAME, "%s+%zu.json", kind, index);
}

ig_status ig_stage_state_identify(const ig_fusion_plan *plan, ig_hash_kind hashes,
                                  char identity[IG_HASH_TEXT], ig_error *err) {
  ig_provenance provenance;
  const ig_provenance_options options = {.hashes = hashes};
  ig_status status = ig_provenance_begin(plan, &options, &provenance, err);
  if (status == IG_OK) status = ig_provenance_fingerprint(&provenance, identity, err);
  ig_provenance_free(&provenance);
  return status;
}

// Whether the file is the state of this name, or one that was being written when a run was killed.
static bool is_state(const char *file, const char *state) {
  return strcmp(file, state) == 0 || ig_writer_is_temporary_of(file, state);
}

static ig_status remove_in(const char *directory, const char *name, ig_error *err) {
  char *path = ig_path_join(directory, name, err);
  if (!path) return IG_ERROR_MEMORY;
  const bool failed = unlink(path) != 0 && errno != ENOENT;
  const ig_status status = failed ? ig_fail_system(err, path, "remove") : IG_OK;
  free(path);
  return status;
}

ig_status ig_stage_state_forget(const char *directory, const char *kind, size_t index,
                                ig_error *err) {
  char name[IG_STAGE_STATE_NAME];
  ig_listing listing;
  ig_stage_state_name(kind, index, name);
  IG_TRY(ig_listing_read(directory, &listing, err));
  ig_status status = IG_OK;
  for (size_t i = 0; status == IG_OK && i < listing.count; i++)
    if (is_state(listing.names[i], name)) status = remove_in(directory, listing.names[i], err);
  ig_listing_free(&listing);
  return status;
}
