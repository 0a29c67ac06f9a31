// The pages of a fusion: ig_report_page_write, of one that is carried out, and the public function
// ig_fuse_draw, of one that is done.
#include "fuse/report_page.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/fail.h"
#include "base/path_relation.h"
#include "fuse/page/found_page.h"
#include "fuse/preview/compare.h"
#include "fuse/record/fusion_note.h"
#include "fuse/record/provenance.h"
#include "ingot.h"

static ig_status end_page(ig_page *page, ig_status status, ig_error *err) {
  if (status == IG_OK) return ig_page_close(page, err);
  ig_page_abandon(page);
  return status;
}

// ---- of a fusion that is carried out ------------------------------------------

static ig_status write_page(const ig_fusion_plan *plan, const ig_comparisons *compared,
                            const json_t *record, const char *path, ig_error *err) {
  ig_page page;
  IG_TRY(ig_page_open(&page, path, "A fusion of models", err));
  ig_status status = ig_found_page_draw(&page, record, err);
  if (status == IG_OK) status = ig_compare_draw(&page, plan, compared, err);
  return end_page(&page, status, err);
}

ig_status ig_report_page_write(const ig_fusion_plan *plan, ig_pool *pool, const json_t *record,
                               const char *path, ig_error *err) {
  ig_comparisons compared;
  IG_TRY(ig_compare_plan(plan, pool, &compared, err));
  const ig_status status = write_page(plan, &compared, record, path, err);
  ig_compare_free(&compared);
  return status;
}

// ---- of one that is done -------------------------------------------------------

// The page takes the place of no file but a page, and of none that the directory holds.
static ig_status check_path(const char *directory, const char *path, ig_error *err) {
  struct stat file;
  bool found = false;
  if (stat(path, &file) == 0 && S_ISREG(file.st_mode))
    IG_TRY(ig_path_relation_find_entry(directory, &file, &found, err));
  if (!found) return ig_page_check_path(path, err);
  return ig_fail(err, IG_ERROR_ARGUMENT, "%s: the page would replace a file of %s", path,
                 directory);
}

static ig_status write_record(const json_t *record, const char *path, ig_error *err) {
  ig_page page;
  IG_TRY(ig_page_open(&page, path, "What a fusion found", err));
  return end_page(&page, ig_found_page_draw(&page, record, err), err);
}

ig_status ig_fuse_draw(const char *directory, const char *path, ig_error *err) {
  json_t *record = NULL;
  IG_TRY(ig_fail_if_null(directory, "directory", err));
  IG_TRY(ig_fail_if_null(path, "path", err));
  IG_TRY(check_path(directory, path, err));
  IG_TRY(ig_fusion_note_load(directory, &record, err));
  const ig_status status =
      ig_found_page_has(record)
          ? write_record(record, path, err)
          : ig_fail(err, IG_ERROR_ARGUMENT,
                    "%s: there is nothing to draw: expected a %s of learned or searched values",
                    directory, ig_provenance_name);
  json_decref(record);
  return status;
}
