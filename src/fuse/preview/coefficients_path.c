#include "fuse/preview/coefficients_path.h"

#include "base/fail.h"
#include "base/path.h"
#include "base/path_relation.h"
#include "base/writer.h"
#include "fuse/preview/report_path.h"

// NULL: the stage writes none.
static const char *path_of(const ig_stage *stage) {
  const ig_learning *l = stage->recipe->learning;
  return l && l->data_count > 0 ? l->coefficients : NULL;
}

static ig_status check_writing(ig_stages *s, const char *path, ig_error *err) {
  ig_error why = {0};
  const ig_status status = ig_writer_check_named(path, &why);
  if (status == IG_ERROR_IO)
    return ig_problems_add(&s->problems, NULL, err, "learn.coefficients: %s", why.message);
  return status == IG_OK ? IG_OK : ig_fail(err, status, "learn.coefficients: %s", why.message);
}

static ig_status check_others(ig_stages *s, size_t index, ig_error *err) {
  const char *path = path_of(&s->stage[index]);
  bool same = false;
  for (size_t i = 0; !same && i < index; i++)
    if (path_of(&s->stage[i]))
      IG_TRY(ig_path_relation_is_within(path, path_of(&s->stage[i]), &same, err));
  if (!same) return IG_OK;
  return ig_problems_add(&s->problems, NULL, err,
                         "%s: the coefficients of two recipes would be written there", path);
}

ig_status ig_coefficients_path_check(ig_stages *s, const char *output, ig_error *err) {
  for (size_t i = 0; i < s->count; i++) {
    const char *path = path_of(&s->stage[i]);
    if (!path) continue;
    IG_TRY(ig_path_refuse_home(path, err));
    IG_TRY(check_writing(s, path, err));
    IG_TRY(check_others(s, i, err));
    if (output) IG_TRY(ig_report_path_check_output(s, "the coefficients", path, output, err));
  }
  return IG_OK;
}
