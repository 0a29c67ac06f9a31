#include "metric/squad_odds.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "io/json.h"
#include "metric/squad_predictions.h"

static ig_status sort_odds(ig_squad_odds *odds, const ig_squad *squad, json_t *json,
                           const char *path, ig_error *err) {
  const char *id;
  json_t *value;
  json_object_foreach(json, id, value) {
    if (!json_is_number(value))
      return ig_fail(err, IG_ERROR_FORMAT, "%s: question %s: expected a number, found %s", path, id,
                     ig_json_type_name(value));
    const size_t at = ig_squad_find(squad, id);
    if (at == IG_SQUAD_NOWHERE) continue;
    odds->numbers[at] = json_number_value(value);
    odds->given[at] = true;
    odds->order[odds->count++] = at;
  }
  return IG_OK;
}

ig_status ig_squad_odds_read(ig_squad_odds *out, const ig_squad *squad, const char *path,
                             ig_error *err) {
  json_t *json;
  *out = (ig_squad_odds){0};
  IG_TRY(ig_squad_predictions_load(path, "numbers", &json, err));
  out->numbers = ig_allocate(squad->count, sizeof *out->numbers, err);
  out->given = out->numbers ? ig_allocate(squad->count, sizeof *out->given, err) : NULL;
  out->order = out->given ? ig_allocate(squad->count, sizeof *out->order, err) : NULL;
  const ig_status status = out->order ? sort_odds(out, squad, json, path, err) : IG_ERROR_MEMORY;
  json_decref(json);
  if (status != IG_OK) ig_squad_odds_free(out);
  return status;
}

void ig_squad_odds_free(ig_squad_odds *odds) {
  free(odds->numbers);
  free(odds->given);
  free(odds->order);
  *odds = (ig_squad_odds){0};
}
