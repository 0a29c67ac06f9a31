#include "fuse/run/make.h"

#include "base/fail.h"
#include "base/report.h"

static ig_status fill_directory(const ig_fusion_writing *w, ig_error *err) {
  if (w->staging->resumed)
    ig_report(w->reporter, IG_LEVEL_INFO, "going on with an unfinished fusion");
  IG_TRY(ig_fusion_product_of(w->plan->recipe)->write(w, err));
  const ig_staging *s = w->staging;
  IG_TRY(ig_provenance_name_files(w->provenance, s->written, s->written_count, err));
  return ig_provenance_save(w->provenance, s->directory, err);
}

ig_status ig_make_staged(ig_fusion_writing *w, const char *output, ig_staging *staging,
                         ig_error *err) {
  char fingerprint[IG_HASH_TEXT];
  *staging = (ig_staging){0};
  IG_TRY(ig_provenance_fingerprint(w->provenance, fingerprint, err));
  IG_TRY(ig_staging_open(output, fingerprint, w->plan->count, staging, err));
  w->staging = staging;
  const ig_status status = fill_directory(w, err);
  // These values cannot be fused, so that going on later would fail again.
  if (status == IG_ERROR_FORMAT) ig_staging_discard(staging);
  return status;
}

ig_status ig_make_directory(ig_fusion_writing *w, const char *output, ig_error *err) {
  ig_staging staging;
  ig_status status = ig_make_staged(w, output, &staging, err);
  if (status == IG_OK) status = ig_staging_commit(&staging, err);
  ig_staging_close(&staging);
  return status;
}
