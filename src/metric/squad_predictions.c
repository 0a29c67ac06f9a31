#include "metric/squad_predictions.h"

#include <stdlib.h>

#include "base/allocate.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/report.h"
#include "io/json.h"
#include "io/json_numbers.h"

enum { IDS_TOLD = 10 };  // of each kind; of all of them the number is told

ig_status ig_squad_predictions_load(const char *path, const char *expected, json_t **out,
                                    ig_error *err) {
  char *text;
  size_t size;
  *out = NULL;
  IG_TRY(ig_file_load_stream(path, NULL, IG_FILE_MOST_BYTES, &text, &size, err));
  const ig_status status = ig_json_parse(text, size, path, out, err);
  free(text);
  if (status != IG_OK || json_is_object(*out)) return status;
  const char *found = ig_json_type_name(*out);
  json_decref(*out);
  *out = NULL;
  return ig_fail(err, IG_ERROR_FORMAT, "%s: expected a JSON object of %s by ids, found %s", path,
                 expected, found);
}

typedef struct prediction_reader {
  const char *path;
  const ig_reporter *reporter;
} prediction_reader;

static void tell_id(const prediction_reader *r, size_t *count, const char *what, const char *id) {
  if ((*count)++ < IDS_TOLD)
    ig_report(r->reporter, IG_LEVEL_WARNING, "%s: %s %s", r->path, what, id);
}

static void tell_count(const prediction_reader *r, size_t count, const char *what) {
  if (count > IDS_TOLD)
    ig_report(r->reporter, IG_LEVEL_WARNING, "%s: %zu %s in all", r->path, count, what);
}

static ig_status read_prediction(const prediction_reader *r, const char *id, const json_t *value,
                                 const char *null_text, const char **out, ig_error *err) {
  *out = json_is_null(value) ? null_text : json_string_value(value);
  if (*out && (json_is_null(value) || !ig_json_numbers_word(*out))) return IG_OK;
  return ig_fail(
      err, IG_ERROR_FORMAT, "%s: the prediction of question %s: expected text, found %s%s", r->path,
      id, ig_json_type_name(value),
      json_is_array(value) ? "; give the file of predictions, not that of n-best lists" : "");
}

static ig_status sort_predictions(ig_squad_predictions *p, const ig_squad *squad,
                                  const prediction_reader *r, const char *null_text,
                                  ig_error *err) {
  const char *id, *text;
  json_t *value;
  json_object_foreach(p->json, id, value) {
    const size_t at = ig_squad_find(squad, id);
    IG_TRY(read_prediction(r, id, value, null_text, &text, err));
    if (at == IG_SQUAD_NOWHERE) {
      tell_id(r, &p->unknown, "a prediction for a question that the reference does not have:", id);
      continue;
    }
    if (json_is_null(value)) tell_id(r, &p->empty, "the prediction is null: question", id);
    p->texts[at] = text;
  }
  // Questions of one id have one prediction.
  for (size_t i = 0; i < squad->count; i++) {
    p->texts[i] = p->texts[ig_squad_find(squad, squad->questions[i].id)];
    if (!p->texts[i])
      tell_id(r, &p->missing, "no prediction, which counts as wrong: question",
              squad->questions[i].id);
  }
  tell_count(r, p->unknown, "predictions for questions that the reference does not have");
  tell_count(r, p->empty, "predictions are null");
  tell_count(r, p->missing, "questions have no prediction");
  return IG_OK;
}

ig_status ig_squad_predictions_read(ig_squad_predictions *out, const ig_squad *squad,
                                    const char *path, const char *null_text,
                                    const ig_reporter *reporter, ig_error *err) {
  const prediction_reader reader = {path, reporter};
  json_t *json;
  *out = (ig_squad_predictions){0};
  IG_TRY(ig_squad_predictions_load(path, "texts", &json, err));
  out->json = json;
  out->texts = ig_allocate(squad->count, sizeof *out->texts, err);
  ig_status status = out->texts ? IG_OK : IG_ERROR_MEMORY;
  if (status == IG_OK) status = sort_predictions(out, squad, &reader, null_text, err);
  if (status != IG_OK) ig_squad_predictions_free(out);
  return status;
}

void ig_squad_predictions_free(ig_squad_predictions *p) {
  free(p->texts);
  json_decref(p->json);
  *p = (ig_squad_predictions){0};
}
