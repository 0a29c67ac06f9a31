#include "embed/pooling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/path.h"
#include "io/json.h"
#include "model/arch/sentence_files.h"

typedef struct pooling_mode {
  const char *key;
  ig_pooling pooling;  // IG_POOLING_OF_MODEL: it is not built
} pooling_mode;

static const pooling_mode modes[] = {
    {"pooling_mode_mean_tokens", IG_POOLING_MEAN},
    {"pooling_mode_cls_token", IG_POOLING_FIRST},
    {"pooling_mode_max_tokens", IG_POOLING_MAX},
    {"pooling_mode_mean_sqrt_len_tokens", IG_POOLING_OF_MODEL},
    {"pooling_mode_weightedmean_tokens", IG_POOLING_OF_MODEL},
    {"pooling_mode_lasttoken", IG_POOLING_OF_MODEL},
};
enum { MODES = sizeof modes / sizeof *modes };

// Several modes would put several vectors side by side.
static ig_status read_modes(ig_json_object file, ig_pooling *out, ig_error *err) {
  int set = 0;
  for (int i = 0; i < MODES; i++) {
    bool on;
    IG_TRY(ig_json_bool(file, modes[i].key, false, &on, err));
    if (!on) continue;
    if (modes[i].pooling == IG_POOLING_OF_MODEL)
      return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: %s is not built", file.where, modes[i].key);
    *out = modes[i].pooling;
    set++;
  }
  if (set == 1) return IG_OK;
  return ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: expected one pooling_mode that is true, found %d",
                 file.where, set);
}

static ig_status read_pooling(const char *directory, ig_pooling *out, ig_error *err) {
  json_t *json;
  char *folder = ig_path_join(directory, "1_Pooling", err);
  if (!folder) return IG_ERROR_MEMORY;
  ig_status status = ig_json_load_in_if_exists(folder, "config.json", &json, err);
  if (status == IG_OK && json)
    status = read_modes((ig_json_object){json, "1_Pooling/config.json"}, out, err);
  json_decref(json);
  free(folder);
  return status;
}

static bool ends_in(const char *text, const char *end) {
  const size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

// The stages that a text goes through, one after the other.
static ig_status read_modules(const char *directory, ig_unit_length *out, ig_error *err) {
  char *path = ig_path_join(directory, "modules.json", err);
  json_t *list = NULL;
  if (!path) return IG_ERROR_MEMORY;
  ig_status status = IG_OK;
  if (ig_file_exists(path)) {
    status = ig_json_load(path, &list, err);
    *out = IG_UNIT_LENGTH_NO;
  }
  for (size_t i = 0; status == IG_OK && i < json_array_size(list); i++) {
    const char *type = json_string_value(json_object_get(json_array_get(list, i), "type"));
    if (!type)
      status = ig_fail(err, IG_ERROR_FORMAT, "%s: module %zu: type: expected a string", path, i);
    else if (ends_in(type, ".Normalize"))
      *out = IG_UNIT_LENGTH_YES;
    else if (!ends_in(type, ".Transformer") && !ends_in(type, ".Pooling"))
      status = ig_fail(err, IG_ERROR_UNSUPPORTED, "%s: module %zu: %s is not built", path, i, type);
  }
  json_decref(list);
  free(path);
  return status;
}

static ig_status read_length(const char *directory, int *out, ig_error *err) {
  json_t *json = NULL;
  const char *const *name = ig_sentence_files;
  for (; *name; name++) {
    IG_TRY(ig_json_load_in_if_exists(directory, *name, &json, err));
    if (json) break;
  }
  if (!json) return IG_OK;
  const ig_status status =
      ig_json_int((ig_json_object){json, *name}, "max_seq_length", 0, out, err);
  json_decref(json);
  return status;
}

ig_status ig_pooling_files_read(const char *directory, ig_pooling_files *out, ig_error *err) {
  *out = (ig_pooling_files){0};
  ig_status status = read_pooling(directory, &out->pooling, err);
  if (status == IG_OK) status = read_modules(directory, &out->unit_length, err);
  if (status == IG_OK) status = read_length(directory, &out->max_length, err);
  return status == IG_OK ? IG_OK : ig_fail_in(err, status, "%s", directory);
}

// The mean in doubles: its order of sums is that of the tokens, whatever is run beside them.
static double column_mean(int count, int d, const float *column) {
  double sum = 0;
  for (int r = 0; r < count; r++) sum += (double)column[(size_t)r * (size_t)d];
  return sum / count;
}

static float column_largest(int count, int d, const float *column) {
  float most = column[0];
  for (int r = 1; r < count; r++)
    if (column[(size_t)r * (size_t)d] > most) most = column[(size_t)r * (size_t)d];
  return most;
}

void ig_pooling_apply(ig_pooling pooling, int count, int d, const float *rows, float *vector) {
  for (int c = 0; c < d; c++) switch (pooling) {
      case IG_POOLING_FIRST: vector[c] = rows[c]; break;
      case IG_POOLING_MAX: vector[c] = column_largest(count, d, rows + c); break;
      default: vector[c] = (float)column_mean(count, d, rows + c);
    }
}

void ig_pooling_normalize(int d, float *vector) {
  double square = 0;
  for (int c = 0; c < d; c++) square += (double)vector[c] * (double)vector[c];
  const double length = sqrt(square), least = 1e-12;
  for (int c = 0; c < d; c++)
    vector[c] = (float)((double)vector[c] / (length > least ? length : least));
}
