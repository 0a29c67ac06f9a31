// config.json of a model directory.
#include "model/files/config_file.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/file.h"
#include "io/json.h"

// What a run of training writes is no model itself, but holds some; an adapter becomes one with its
// base.
static ig_status no_config(const char *directory, ig_error *err) {
  static const char *const within[][2] = {{"best", "best/config.json"},
                                          {"latest", "latest/config.json"}};
  for (size_t i = 0; i < sizeof within / sizeof *within; i++)
    if (ig_file_exists_in(directory, within[i][1]))
      return ig_fail(err, IG_ERROR_IO,
                     "%s: no model (config.json is missing), but there is one in %s/%s", directory,
                     directory, within[i][0]);
  if (ig_file_exists_in(directory, "adapter_config.json"))
    return ig_fail(err, IG_ERROR_UNSUPPORTED,
                   "%s: a LoRA adapter, no model: `ingot fuse` makes one of BASE+%s", directory,
                   directory);
  return IG_OK;
}

ig_status ig_config_file_read(const char *directory, ig_config *out, const ig_family **family,
                              ig_error *err) {
  char *path = ig_path_join(directory, "config.json", err);
  if (!path) return IG_ERROR_MEMORY;
  json_t *json = NULL;
  ig_status status = ig_file_exists(path) ? IG_OK : no_config(directory, err);
  if (status == IG_OK) status = ig_json_load_object(path, &json, err);
  if (status == IG_OK) status = ig_family_of(json, path, family, err);
  if (status == IG_OK) status = (*family)->from_json(json, path, out, err);
  json_decref(json);
  free(path);
  return status;
}
